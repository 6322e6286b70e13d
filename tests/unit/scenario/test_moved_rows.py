"""What-ifs over tables: a table replaces a table, rows merge by the months of the plan, plans move in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import Scenario, load_scenario, load_scenario_text

PLAN = """\
as_of: 2026-12-31
until: 2027-12
segments: {all: {amount: 1k}}
channels: {web: {leads: leads.csv, shift: 1 year, scale: 10, into: lead}}
stages:
  lead: {worked_by: sdr, to: {deal: {share: 20%}, lost: {share: rest}}}
  deal: {worked_by: ae, to: {won: {share: 50%, after: 9}, lost: {share: rest}}}
roles: {sdr: {heads: 3, handles: 9 per day each, hires: hires.csv}, ae: {heads: 1, holds: 9 each}}
costs: {fair: {months: {2027-03: 5k, 2027-06: 7k}}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    months = [f"{year}-{month:02d}" for year in (2026, 2027) for month in range(1, 13)]
    (tmp_path / "leads.csv").write_text(
        "month,web\n" + "".join(f"{m},{i + 1}\n" for i, m in enumerate(months[:12])), encoding="utf-8"
    )
    (tmp_path / "new.csv").write_text(
        "month,web\n" + "".join(f"{m},{100 + i}\n" for i, m in enumerate(months[12:])), encoding="utf-8"
    )
    (tmp_path / "hires.csv").write_text("month,sdr\n2027-02,1\n2027-05,2\n", encoding="utf-8")
    (tmp_path / "later.csv").write_text("month,sdr\n2027-08,1\n", encoding="utf-8")
    (tmp_path / "base.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path


def what_if(plan: Path, text: str) -> Scenario:
    (plan / "what_if.yaml").write_text(f"extends: base.yaml\n{text}\n", encoding="utf-8")
    return load_scenario(plan / "what_if.yaml")


def leads_of(scenario: Scenario) -> dict[str, float]:
    return {f"{month:%Y-%m}": number.mid for month, number in scenario.model.content.channels[0].by_month}


def hires_of(scenario: Scenario) -> dict[str, float]:
    return {f"{day:%Y-%m-%d}": number.mid for day, number in scenario.model.content.roles[0].hires}


def test_a_table_in_a_what_if_replaces_the_parents_with_its_shift_and_scale(plan: Path) -> None:
    base = leads_of(load_scenario(plan / "base.yaml"))
    assert (base["2027-01"], base["2027-12"], len(base)) == (10, 120, 12)
    new = what_if(plan, "channels: {web: {leads: new.csv}}")
    assert leads_of(new) == {f"2027-{i:02d}": 99 + i for i in range(1, 13)}
    assert new.warnings == []
    scaled = what_if(plan, "channels: {web: {leads: new.csv, scale: 2, shift: -1 month}}")
    assert leads_of(scaled)["2027-01"] == 202
    assert hires_of(what_if(plan, "roles: {sdr: {hires: later.csv}}")) == {"2027-08-01": 1}
    inline = what_if(plan, "channels: {web: {leads: {table: {2027-01: 5}}}}")
    assert leads_of(inline) == {"2027-01": 5}


def test_rows_of_a_what_if_are_months_of_the_plan(plan: Path) -> None:
    found = leads_of(what_if(plan, "channels: {web: {leads: {2027-03: 500}}}"))
    assert (found["2027-02"], found["2027-03"], found["2027-04"], len(found)) == (20, 500, 40, 12)


def test_a_second_table_replaces_the_first_ones_through_several_levels(plan: Path) -> None:
    what_if(plan, "channels: {web: {leads: new.csv}}")
    (plan / "third.yaml").write_text(
        "extends: what_if.yaml\nchannels: {web: {leads: {2027-02: +1}}}\n", encoding="utf-8"
    )
    found = leads_of(load_scenario(plan / "third.yaml"))
    assert (found["2027-01"], found["2027-02"]) == (100, 102)
    again = load_scenario(plan / "third.yaml", ["channels.web.leads=leads.csv", "channels.web.shift=1 year"])
    assert leads_of(again) == {f"2027-{i:02d}": i for i in range(1, 13)}


def test_a_plan_is_moved_in_one_line(plan: Path) -> None:
    assert hires_of(what_if(plan, "roles: {sdr: {hires: {shift: +1 quarter}}}")) == {"2027-05-01": 1, "2027-08-01": 2}
    assert hires_of(what_if(plan, "roles: {'*': {hires: {shift: -1 month}}}")) == {"2027-01-01": 1, "2027-04-01": 2}
    mixed = what_if(plan, "roles: {sdr: {hires: {shift: 1 month, 2027-06: 4}}}")
    assert hires_of(mixed) == {"2027-03-01": 1, "2027-06-01": 4}
    moved = leads_of(what_if(plan, "channels: {web: {shift: +1 quarter}}"))
    assert (moved["2027-04"], "2027-03" in moved) == (10, False)
    costs = what_if(plan, "costs: {fair: {months: {shift: 1 month}}}").model.content.costs[0].by_month
    assert [f"{month:%Y-%m}" for month, _ in costs] == ["2027-04", "2027-07"]
    by_set = load_scenario(plan / "base.yaml", ["roles.sdr.hires.shift=+1 quarter"])
    assert hires_of(by_set) == {"2027-05-01": 1, "2027-08-01": 2}
    text = by_set.resolved_text()
    assert hires_of(load_scenario_text(text)) == hires_of(by_set)
    assert leads_of(load_scenario_text(text)) == leads_of(load_scenario(plan / "base.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "roles: {sdr: {hires: {shift: 3 days}}}",
            "what_if.yaml:2:30: roles.sdr.hires.shift: `3 days` is not a number of",
        ),
        ("roles: {ae: {hires: {shift: 1}}}", "no rows to move"),
        (
            "channels: {web: {leads: 40 per week, shift: 1 year}}",
            "channels.web.shift: `shift` without a table of leads",
        ),
        ("channels: {web: {scale: 2 to 3}}", "channels.web.scale"),
        (
            "channels: {web: {leads: {value: 9 per week, owner: Ana}, shift: 1 year}}",
            "`shift` without a table of leads",
        ),
        ("channels: {web: {leads: {table: new.csv, shift: 9999 years}}}", "`9999 years` is not a number of months"),
    ],
)
def test_a_move_that_moves_nothing_is_answered(plan: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        what_if(plan, text)
    assert message in str(caught.value)


def test_rows_that_remain_are_warned_about(plan: Path) -> None:
    doubled = what_if(plan, "roles: {sdr: {hires: {2027-03: 1, 2027-07: 2}}}")
    (warning,) = doubled.warnings
    assert "the parent's rows (2027-02, 2027-05) stay, and these are added to them" in warning
    for meant in ("{2027-03: +1}", "{2027-02: 3}", "{2027-02: null, 2027-05: null, 2027-09: 1}"):
        assert what_if(plan, f"roles: {{sdr: {{hires: {meant}}}}}").warnings == []
