"""Where each value comes from, and one text that repeats the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.model.number import Number
from rpmsim.scenario import Leaf, Scenario, load_scenario, load_scenario_text
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import END, SMALL, edited

SHIPPED = sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml"))


def leaf(scenario: Scenario, path: str) -> Leaf:
    return next(leaf for leaf in scenario.leaves() if leaf.path == path)


def test_file_and_line_of_a_value(what_if: WhatIf) -> None:
    scenario = what_if("\nroles.sdr.heads: 7")
    assert (Path(leaf(scenario, "roles.sdr.heads").file).name, leaf(scenario, "roles.sdr.heads").line) == (
        "level1.yaml",
        3,
    )
    inherited = leaf(scenario, "roles.sdr.handles")
    assert (inherited.text, Path(inherited.file).name, inherited.line) == ("9 per day each", "level0.yaml", 29)


def test_every_step_of_a_relative_value(what_if: WhatIf) -> None:
    scenario = what_if("stages.mql.to.nurture.share: +10%", overrides={"stages.*.to.nurture.share": "+2 points"})
    stated = leaf(scenario, "stages.mql.to.nurture.share")
    assert stated.text == "35%"
    assert [(step.text, Path(step.mark.file).name, step.mark.line) for step in stated.chain] == [
        ("30%", "level0.yaml", 20),
        ("+10%", "level1.yaml", 2),
        ("+2 points", "--set stages.*.to.nurture.share=+2 points", 0),
    ]
    assert stated.line is None


def test_history_comes_from_the_nearest_map() -> None:
    scenario = load_scenario_text(
        edited(
            ("name: Small", "name: Small\nowner: Ana\nsource: CRM"),
            ("nurture: {share: 30%}", "nurture: {share: {value: 30%, source: survey, note: weak}, date: 2026-10-30}"),
        )
    )
    near, far = leaf(scenario, "stages.mql.to.nurture.share.value"), leaf(scenario, "roles.sdr.heads")
    assert (near.owner, near.source, near.date, near.note) == ("Ana", "survey", "2026-10-30", "weak")
    assert (far.owner, far.source, far.date, far.note) == ("Ana", "CRM", "", "")


def test_every_value_is_reported_once(what_if: WhatIf) -> None:
    paths = [leaf.path for leaf in what_if("roles.*.heads: +1").leaves()]
    assert len(paths) == len(set(paths))
    assert {"name", "as_of", "roles.ae_enterprise.hires.2027-03", "roles.sdr.ramp.2"} <= set(paths)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_resolved_text_of_a_shipped_scenario_gives_the_same_model(path: Path) -> None:
    scenario = load_scenario(path)
    again = load_scenario_text(scenario.resolved_text(), "resolved")
    assert again.model == scenario.model
    assert again.resolved_text() == scenario.resolved_text()


@pytest.mark.parametrize(
    "text",
    [
        "stages.*.shock: 5% to 15%",
        "stages.mql.to.opportunity.share: +20%",
        "stages.*.to.lost.median: 5 to 9 days\nsegments.*.amount: +3.3333%",
        "stages.opportunity.to.won.share: odds x0.95",
        "changes: {a: {from: 2027-07, segments.*.amount: +5%, roles.sdr: {leaves: 1% to 5% per year, backfill: null}}}",
        "channels.*.change: +1% to +3%",
        "roles: {sdr: {team: {'null': {}, \"Ana: B\": {start: 2026-01-01}, \"#x\": {}, 'yes': {}}}}",
        'label: "a: b # c, {d} \\"e\\" \\\\"\ndescription: |\n  two\n  lines',
        "segments.smb.label: 'null'\nsegments.enterprise.label: '  spaces  '",
        "stages.mql.to.nurture.share: {low: 20%, high: 40%, draw: demand}",
        "stages.mql.to.nurture.share: {value: 20% to 26%, owner: Ana}",
        (
            "open: {a: {stage: nurture, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot, "
            """label: "x, 'y' \\"z\\""}}"""
        ),
        "opening: {nurture: [{channel: inbound, segment: smb, grade: hot, age: 30 days, count: 120}]}",
        "calendar.holidays: US",
        "stages.opportunity.to.lost: {table: {3 days: 20%, 10.5 days: 80%}}",
    ],
)
def test_the_resolved_text_needs_no_other_file(what_if: WhatIf, text: str) -> None:
    scenario = what_if(text, overrides={"roles.sdr.heads": "+1"})
    resolved = scenario.resolved_text()
    again = load_scenario_text(resolved, "resolved")
    assert again.model == scenario.model
    assert again.resolved_text() == resolved
    assert "extends" not in resolved


def test_a_shared_parameter_stays_shared_in_the_resolved_text() -> None:
    scenario = load_scenario_text(SMALL + "roles.*.leaves: 2% to 4% per month\n")
    again = load_scenario_text(scenario.resolved_text())
    leaves = {role.leaves_per_month for role in again.model.content.roles}
    assert {number.name for number in leaves if number.ranged} == {"roles.*.leaves"}
    assert Number(0.03) in leaves


def test_holidays_are_written_as_the_dates_that_were_used() -> None:
    text = load_scenario_text(edited(("work: Mon-Fri,", "work: Mon-Fri, holidays: DE-BY,"))).resolved_text()
    assert "DE-BY" not in text
    assert "2027-05-06" in text


def test_open_records_are_inlined(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(
        "id,stage,entered,channel,segment,grade\na,nurture,2026-12-01,inbound,smb,hot\n"
    )
    (tmp_path / "plan.yaml").write_text(edited((END, "open: deals.csv")))
    scenario = load_scenario(tmp_path / "plan.yaml")
    assert "deals.csv" not in scenario.resolved_text()
    assert load_scenario_text(scenario.resolved_text()).model == scenario.model
