"""Whatever is in a file, it is read or answered: no other exception, and each error names file, line and fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpmsim.errors import InputError
from rpmsim.scenario import Scenario, load_scenario, load_scenario_text
from tests.unit.scenario.texts import SMALL

SHIPPED = Path(__file__).parents[2] / "scenarios"
TEXTS = (
    SMALL,
    *((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8") for name in ("reference", "smb", "enterprise")),
)
TOKENS = (
    "+20%", "-20%", "x1.1", "odds x2", "+5 points", "0", "-1", "1e9", "1e-9", "NaN", "null", "~", "", "rest", "*",
    '"*"', "{}", "[]", "[1, 2]", "{a: 1}", "{value: 1}", "{low: 1, high: 2}", "20% to 26%", "26% to 20%",
    "0% to 100%", "5 workdays", "3 hours", "1,5", "18k", "2.4M", "yes", "no", "won", "lost", "mql", "smb", "other",
    "2027-03", "2027-03-01", "9999-12-31", "0001-01-01", "FY27", "FY99-Q4", "2027-Q5", "2027-W53", "x0", "x-1",
    "100%", "101%", "1", "{smb: 1}", "{other: 5%}", "{smb: {inbound: 5%, other: 1%}, other: rest}", "&a b", "*a",
    "<<", "!!str x", "#", '"', "'", ": ", "- ", "? ", "|", ">", "%", "@", "`", "\t", "ü", "\u2028", "漢", "\x00",
    "a.b.c", "stages.*.shock", "1e400", "{0: 5%, 1: 6%, 2+: 7%}", "{power: 1}", "{after: 1 day, to: lost}",
    "{median: 1}", "{table: {3 days: 20%}}", "here", "deadline", "per day", "each", "first in", "returning",
    "nobody", "{from: 2027-02, segments.*.amount: +5%}", "{from: 2027-02, stages: null}",
    "{from: 2027-02, stages.mql: null}", "{from: 2027-02, roles.*: {pay: 1 per month}}",
    "{from: 9999-12, stages.*.shock: 5%}", "0.0000000001", "1" * 50, "id,stage\\n", "FY00", "{2027-03: +1}",
    "open.csv",
)  # fmt: skip
PATHS = (
    "roles.sdr.heads", "roles.*.heads", "stages.mql.to.nurture.share", "stages.*.to.*.share", "stages.*.to.*.time",
    "until", "stages.mql.to.opportunity.share.smb", "segments.*.amount", "segments.smb.amount.median",
    "channels.*.change", "returns", "channels.inbound.leads", "channels.inbound.mix", "stages.mql.worked_by",
    "stages.mql.response.odds", "stages.nurture", "calendar.work", "calendar.holidays", "roles.sdr.hires.2027-03",
    "roles.sdr.ramp", "roles.sdr.ramp.2", "changes.a", "changes.a.from", "changes.a.stages.mql.shock", "grades",
    "bands", "open", "opening", "targets.wins.2027", "name", "as_of", "stages.mql.odds.grade",
    "stages.opportunity.to.won.median.smb", "*", "a.b", "", "stages.mql.to", "costs.x", "revision",
)  # fmt: skip
VALUE = re.compile(r"(?<=: )[^,{}\[\]\n#]+")
KEY = re.compile(r"[a-z_]+(?=:)")
NUMBER = re.compile(r"\d+")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid file after one to four slips of the pen."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from(SLIPS))(draw, text)
    return text


def _delete_line(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    del lines[draw(st.integers(0, len(lines) - 1))]
    return "\n".join(lines)


def _repeat_line(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    lines.insert(draw(st.integers(0, len(lines))), lines[draw(st.integers(0, len(lines) - 1))])
    return "\n".join(lines)


def _indent(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    i = draw(st.integers(0, len(lines) - 1))
    lines[i] = " " * draw(st.integers(0, 8)) + lines[i].lstrip()
    return "\n".join(lines)


def _cut(draw: st.DrawFn, text: str) -> str:
    i = draw(st.integers(0, len(text)))
    return text[:i] + text[i + draw(st.integers(1, 6)) :]


def _insert(draw: st.DrawFn, text: str) -> str:
    i = draw(st.integers(0, len(text)))
    return text[:i] + draw(st.sampled_from(TOKENS)) + text[i:]


def _other_value(draw: st.DrawFn, text: str) -> str:
    return _replace(draw, text, VALUE, draw(st.sampled_from(TOKENS)))


def _other_number(draw: st.DrawFn, text: str) -> str:
    return _replace(draw, text, NUMBER, draw(st.sampled_from(("0", "1", "-5", "99999999", "0.5", "1e5", ""))))


def _swap_keys(draw: st.DrawFn, text: str) -> str:
    keys = KEY.findall(text)
    return _replace(draw, text, KEY, draw(st.sampled_from(keys))) if keys else text


def _replace(draw: st.DrawFn, text: str, pattern: re.Pattern[str], new: str) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = draw(st.sampled_from(found))
    return text[: match.start()] + new + text[match.end() :]


SLIPS = (_delete_line, _repeat_line, _indent, _cut, _insert, _other_value, _other_value, _other_number, _swap_keys)


def read_or_answered(read: Callable[[], Scenario], *files: str, lines: bool = True) -> Scenario | None:
    """Read; a refusal must name one of the files, and a fix; what is read must repeat from its own text."""
    try:
        scenario = read()
    except InputError as caught:
        diagnostics = caught.diagnostics
    else:
        again = load_scenario_text(scenario.resolved_text(), "resolved")
        assert again.model == scenario.model
        assert again.resolved_text() == scenario.resolved_text()
        return scenario
    assert diagnostics
    for diagnostic in diagnostics:
        assert diagnostic.file.startswith(files), diagnostic
        assert (diagnostic.line or 0) >= 1 or not lines, diagnostic
        assert diagnostic.message, diagnostic
        assert diagnostic.fix, diagnostic
    return None


@settings(max_examples=400)
@given(mutated())
def test_slips_of_the_pen(text: str) -> None:
    read_or_answered(lambda: load_scenario_text(text, "plan.yaml"), "plan.yaml")


@settings(max_examples=150)
@given(lines=st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(TOKENS)), min_size=1, max_size=4))
def test_what_ifs_of_any_content(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]]) -> None:
    folder = tmp_path_factory.mktemp("plan", numbered=True)
    (folder / "base.yaml").write_text(SMALL, encoding="utf-8")
    text = "".join(f'"{path}": {value}\n' for path, value in lines)
    (folder / "plan.yaml").write_text(f"extends: base.yaml\n{text}", encoding="utf-8")
    read_or_answered(lambda: load_scenario(folder / "plan.yaml"), str(folder))


@settings(max_examples=150)
@given(overrides=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(TOKENS), min_size=1, max_size=3))
def test_overrides_of_any_content(tmp_path_factory: pytest.TempPathFactory, overrides: dict[str, str]) -> None:
    path = tmp_path_factory.getbasetemp() / "plan.yaml"
    path.write_text(SMALL, encoding="utf-8")
    read_or_answered(lambda: load_scenario(path, overrides), str(path), "--set", lines=False)


@settings(max_examples=100)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_files_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    assert read_or_answered(lambda: load_scenario(path), str(path), lines=False) is None


@settings(max_examples=100)
@given(position=st.integers(0, len(SMALL.encode())), data=st.binary(min_size=1, max_size=4))
def test_single_bytes_that_go_wrong(tmp_path_factory: pytest.TempPathFactory, position: int, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "torn.yaml"
    good = SMALL.encode()
    path.write_bytes(good[:position] + data + good[position:])
    read_or_answered(lambda: load_scenario(path), str(path), lines=False)
