"""Bad input: every kind is reported with file, line, what is wrong and how to fix it; several are reported at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from rpmsim.scenario import check
from tests.unit.scenario.texts import END, diagnostics_of, edited, loaded

LEADS, NURTURE, LOST = "leads: 40 per week", "nurture: {share: 30%}", "lost: {share: rest, median: 60 days}"
STAFFED = "worked_by: {smb: ae, enterprise: ae_enterprise}"
HIRES = "hires: {2027-03: 2}"
CASES = YAML(typ="safe").load((Path(__file__).parent / "errors.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", CASES)
def test_bad_input(kind: str) -> None:
    case = CASES[kind]
    path, text = case["path"], edited(*case["edits"].items())
    reported = [
        diagnostic
        for diagnostic in diagnostics_of(text)
        if diagnostic.path == path and case["says"] in diagnostic.message
    ]
    assert reported, [str(diagnostic) for diagnostic in diagnostics_of(text)]
    diagnostic = reported[0]
    assert case["mend"] in diagnostic.fix, diagnostic.fix
    assert diagnostic.file == "plan.yaml"
    assert diagnostic.line is not None
    assert 1 <= diagnostic.line <= text.count("\n") + 1
    assert str(diagnostic).startswith(f"plan.yaml:{diagnostic.line}:{diagnostic.column}: {path}: ")


def test_all_errors_of_a_level_are_reported_at_once() -> None:
    form = edited(
        (LEADS, "leeds: 40"),
        ("{share: 30%}", "{share: 3 days}"),
        (HIRES, "hires: {soon: 2}"),
        (STAFFED, "worked_by: {smb: ae}"),
    )
    assert [diagnostic.path for diagnostic in diagnostics_of(form)] == [
        "channels.inbound.leeds",
        "stages.mql.to.nurture.share",
        "roles.ae_enterprise.hires.soon",
    ]
    meaning = edited(
        ("{share: 30%}", "{share: 90%}"),
        (STAFFED, "worked_by: {smb: ae}"),
        (HIRES, "hires: {2027-03: 20k}"),
        ("until: 2027-12", "until: 2099"),
    )
    assert [diagnostic.path for diagnostic in diagnostics_of(meaning)] == [
        "until",
        "stages.mql.to",
        "stages.opportunity.worked_by",
        "roles.ae_enterprise",
        "roles.ae_enterprise.hires.2027-03",
    ]


def test_positions_are_those_of_the_value() -> None:
    text = edited(("{share: 30%}", "{share: 130%}"))
    diagnostic = next(
        diagnostic for diagnostic in diagnostics_of(text) if diagnostic.path == "stages.mql.to.nurture.share"
    )
    line = text.splitlines()[(diagnostic.line or 0) - 1]
    assert line[(diagnostic.column or 0) - 1 :].startswith("130%")


@pytest.mark.parametrize(
    ("edit", "reported"),
    [
        ((LOST, "lost: {share: rest, after: 0 days}"), "takes 1 day"),
        ((NURTURE, "nurture: {share: 30%, clock: work}"), "no effect without a time"),
        (("{median: 8k, p90: 19k}", "{median: 8k, p90: 19k, term: 2 years}"), "`term` has no effect"),
        ((HIRES, "hires: {2028-03: 2}"), "a hire after the end"),
        ((HIRES, "hires: {2026-03: 2}"), "counts as present since 2026-03-01, in addition to `heads`"),
        ((END, "changes: {a: {from: 2026-07, segments.smb.amount: +5%}}"), "in force on the first day"),
        (("returns: 2\n", ""), "returns are not tracked"),
        (("{heads: 4, holds: 25 each}", "{holds: 25 each}"), "the role `ae` has no people"),
        (("name: Small", "name: Small #2"), "ends before ` #`"),
        ((END, "changes:"), "`changes` is empty"),
    ],
)
def test_what_is_surely_not_meant_is_warned_about(edit: tuple[str, str], reported: str) -> None:
    warnings = loaded(edit).warnings
    assert len(warnings) == 1
    assert reported in warnings[0]
    assert warnings[0].startswith("plan.yaml:")


def test_the_small_scenario_itself_is_without_warning() -> None:
    assert loaded().warnings == []


def test_errors_under_a_change_name_the_change() -> None:
    diagnostics = diagnostics_of(edited((END, "changes: {a: {from: 2027-07, stages.mql.to.nurture.share: 90%}}")))
    assert [diagnostic.path for diagnostic in diagnostics] == ["changes.a.stages.mql.to"]


def test_many_changes_of_a_large_plan_are_answered_before_each_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_CHANGED_VALUES", 300)
    text = edited(
        (END, f"changes: {{{', '.join(f'c{i}: {{from: 2027-07, segments.*.amount: +1%}}' for i in range(9))}}}")
    )
    (diagnostic,) = diagnostics_of(text)
    assert diagnostic.path == "changes"
    assert "9 changes of" in diagnostic.message
