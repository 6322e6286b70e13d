"""The shipped scenarios: they load, what-ifs stay short, and no number of an example comes from nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rpmsim.model.number import numbers_in
from rpmsim.model.plan import Model
from rpmsim.scenario import load_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
COMPANIES = ("base", "smb", "enterprise")
SOURCED = ("segments", "channels", "stages", "roles", "costs")
RANGE = re.compile(r"^\S+ to \S+")


def written(path: Path) -> dict[str, Any]:
    """The file as it stands, every scalar as text."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


WHAT_IFS = [path for path in FILES if "extends" in written(path)]


def model_of(name: str) -> Model:
    return load_scenario(FOLDER / f"{name}.yaml").model


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_loads_without_a_warning(path: Path) -> None:
    scenario = load_scenario(path)
    assert not scenario.warnings
    assert scenario.model.days > 0


@pytest.mark.parametrize("path", WHAT_IFS, ids=lambda path: path.stem)
def test_what_if_is_a_few_lines_and_changes_something(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and line.lstrip()[0] != "#"]
    assert len(lines) < 20
    parent = load_scenario(path.parent / str(written(path)["extends"]))
    child = load_scenario(path)
    assert (child.model.content, child.model.changes) != (parent.model.content, parent.model.changes)


def test_what_ifs_asked_for_are_there() -> None:
    expected = {"leads_down_20", "hire_two_sdrs", "ae_hiring_freeze", "faster_response", "q3_campaign"}
    assert expected <= {path.stem for path in WHAT_IFS}


def ranges_without_source(value: Any, path: str = "", sourced: bool = False) -> Iterator[str]:
    """Paths of ranges for which neither their own map nor one around it names a source."""
    if isinstance(value, dict):
        sourced = sourced or "source" in value
        if "low" in value and not sourced:
            yield path
        for name, item in value.items():
            yield from ranges_without_source(item, f"{path}.{name}", sourced)
    elif isinstance(value, str) and RANGE.match(value) and not sourced and not path.endswith((".source", ".note")):
        yield path


@pytest.mark.parametrize("name", COMPANIES)
def test_every_assumption_of_a_company_has_a_source(name: str) -> None:
    document = written(FOLDER / f"{name}.yaml")
    assert list(ranges_without_source({key: document[key] for key in SOURCED})) == []
    bare = [f"{part}.{item}" for part in SOURCED for item, value in document[part].items() if "source" not in value]
    assert bare == []


def test_the_walk_for_sources_can_fail() -> None:
    assert list(ranges_without_source({"stages": {"mql": {"share": "20% to 26%"}}})) == [".stages.mql.share"]


def test_base_is_the_company_that_its_header_describes() -> None:
    model = model_of("base")
    content = model.content
    assert len(content.stages) == 12
    assert len(content.channels) == 5
    assert len(content.segments) == 3
    assert [role.name for role in content.roles] == ["sdr", "ae", "ae_enterprise"]
    assert [c.name for c in content.channels if c.made_by] == ["outbound"]
    assert [c.name for c in content.channels if c.spend is not None] == ["paid"]
    assert (model.until.year - model.as_of.year) * 12 + model.until.month - model.as_of.month == 24
    named = {number.name for number in numbers_in(content) if number.ranged}
    assert 8 <= len(named) <= 24
    assert model.opening
    assert {target.metric for target in model.targets} == {"wins", "bookings"}
