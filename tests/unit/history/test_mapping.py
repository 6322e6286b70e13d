"""Errors of a mapping are reported with file, line and column; its pages are fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.history import load_mapping
from rpmsim.history.language import HISTORY
from rpmsim.history.reference import BEGIN, renewed, schema_text
from tests.unit.history.conftest import Write
from tests.unit.scenario.test_pages import document, matches

TOP = Path(__file__).parents[3]
RENEW = "python -m rpmsim.history.reference docs/reference/history.md scenarios/history.schema.json"
GOOD = """\
as_of: 2027-03-31
time_zone: Europe/Berlin
stages:
  lead: {enters: yes, names: [New, Open], to: [deal, lost]}
  deal: {kind: opportunity, names: Proposal}
tables:
  teams: {file: teams.csv, key: agent}
sources:
  leads:
    file: leads.csv
    shape: events
    record: id
    stage: stage
    time: time
    joins: {teams: agent}
    channel: {column: source, values: {Web: website}, other: other}
links:
  - {file: links.csv, from: {lead: id}, to: {deal: deal}}
"""


def diagnostics_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as error:
        load_mapping(path)
    return [str(diagnostic) for diagnostic in error.value.diagnostics]


def test_defaults(written: Write) -> None:
    mapping = load_mapping(
        written(GOOD.replace("links:\n  - {file: links.csv, from: {lead: id}, to: {deal: deal}}\n", ""))
    )
    assert [(rule.name, rule.kind, rule.names, rule.to, rule.enters) for rule in mapping.stages] == [
        ("lead", "lead", ("New", "Open"), ("deal", "lost"), True),
        ("deal", "opportunity", ("Proposal",), ("won", "lost"), False),
        ("won", "won", ("won",), (), False),
        ("lost", "lost", ("lost",), (), False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "diagnostic"),
    [
        ("as_of: 2027-03-31\n", "", r"history\.yaml:1:1: as_of: `as_of` is missing"),
        ("as_of: 2027-03-31", "as_of: 31.3.2027", r":1:8: as_of: `31\.3\.2027` is not a date"),
        ("Europe/Berlin", "Europe/Berln", r":2:12: time_zone: expected a time zone, not `Europe/Berln`"),
        ("shape: events", "shape: event", r":11:12: sources\.leads\.shape: `event` is not a shape"),
        ("    time: time\n", "", r"sources\.leads: `time` is missing; the shape `events` needs it"),
        ("record: id", "recrod: id", r":12:5: .*unknown key `recrod` in a source; did you mean `record`\?"),
        ("to: [deal, lost]", "to: [deel, lost]", r":4:48: stages\.lead\.to\.0: there is no stage `deel`; did"),
        ("names: Proposal", "names: [Proposal, new]", r"stages\.deal\.names: `new` is a name of two stages"),
        ("joins: {teams: agent}", "joins: {team: agent}", r"sources\.leads\.joins\.team: there is no table `team`"),
        ("file: leads.csv", "file: /etc/leads.csv", r"`/etc/leads\.csv` is not a relative path"),
        ("time: time", "time: time\n    old: x", r"sources\.leads\.old: `old` has no effect with the shape `events`"),
        ("file: leads.csv", "file: leads.db", r"a database needs either `query` or `table`"),
        ("file: leads.csv", "url: postgresql://x/y\n    file: a.csv", "either `file` or `url` is required"),
        ("from: {lead: id}, ", "", r"links\.0: `from` is missing"),
        ("time: time", "time: time\n    dates: nonsense", r"expected a way to write dates, not `nonsense`"),
        ("sources:", "sources: []\nx:", r"expected sources, not a list"),
    ],
)  # fmt: skip
def test_errors_have_their_place(old: str, new: str, diagnostic: str, written: Write) -> None:
    assert old in GOOD
    found = diagnostics_of(written(GOOD.replace(old, new, 1)))
    assert any(re.search(diagnostic, reported) for reported in found), found


def test_the_page_and_the_schema_are_fresh() -> None:
    page = (TOP / "docs" / "reference" / "history.md").read_text(encoding="utf-8")
    assert BEGIN in page
    assert page == renewed(page), f"renew it: {RENEW}"
    stored = (TOP / "scenarios" / "history.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text(), f"renew it: {RENEW}"


def test_every_key_has_help() -> None:
    page = renewed(BEGIN)
    for key, field in HISTORY.fields.items():
        assert f"| `{key}` |" in page
        assert field.doc.endswith(".")


@pytest.mark.parametrize("path", sorted((TOP / "benchmarks" / "histories").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_are_valid_and_fit_the_schema(path: Path) -> None:
    import json

    load_mapping(path)
    schema = json.loads(schema_text())
    assert matches(document(path.read_text(encoding="utf-8")), schema, schema)
