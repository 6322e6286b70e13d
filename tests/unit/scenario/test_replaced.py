"""Tables, shifts and quarters in what-ifs: what replaces, what merges, what moves, and what is warned about."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.model.arrivals import Channel
from rpmsim.scenario import Scenario, load_scenario, load_scenario_text
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import SMALL, edited

LAST_YEAR = "month,inbound\n" + "".join(f"2026-{m:02d},{100 + m}\n" for m in range(1, 13))
NEW = "month,inbound\n" + "".join(f"2027-{m:02d},{500 + m}\n" for m in range(1, 13))
BASE = edited(("leads: 40 per week", "leads: last.csv, shift: 1 year, scale: 2"))


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "last.csv").write_text(LAST_YEAR, encoding="utf-8")
    (tmp_path / "new.csv").write_text(NEW, encoding="utf-8")
    return tmp_path


def inbound(scenario: Scenario) -> Channel:
    return scenario.model.content.channels[0]


def leads(scenario: Scenario) -> list[float]:
    return [number.mid for _, number in inbound(scenario).by_month]


def hires(scenario: Scenario, role: int = 2) -> dict[str, float]:
    return {day.isoformat(): heads.mid for day, heads in scenario.model.content.roles[role].hires}


@pytest.mark.parametrize(
    "stated",
    ["new.csv", "{table: new.csv}", "{table: {" + ", ".join(f"2027-{m:02d}: {500 + m}" for m in range(1, 13)) + "}}"],
)
def test_a_table_replaces_the_parents_with_its_shift_and_scale(tables: Path, what_if: WhatIf, stated: str) -> None:
    scenario = what_if(f"channels: {{inbound: {{leads: {stated}}}}}", base=BASE)
    assert leads(scenario) == [float(500 + m) for m in range(1, 13)]
    assert [day.year for day, _ in inbound(scenario).by_month] == [2027] * 12
    assert scenario.warnings == []


def test_a_table_replaces_over_several_levels_and_by_set(tables: Path, what_if: WhatIf) -> None:
    between = "channels: {inbound: {change: +10%}}"
    assert leads(what_if(between, "channels.*.mix: {smb: 50%, enterprise: rest}", base=BASE))[0] == 202.0
    scenario = what_if(between, "note: x", base=BASE, overrides={"channels.inbound.leads": "new.csv"})
    assert leads(scenario)[0] == 501.0
    assert len(scenario.warnings) == 1
    assert "the parent's `change` x1.1 also applies to the new table" in scenario.warnings[0]
    assert what_if(between, "channels: {inbound: {leads: {2027-03: 9}}}", base=BASE).warnings == []


def test_a_rate_replaces_the_parents_table_with_its_shift(tables: Path, what_if: WhatIf) -> None:
    channel = inbound(what_if("channels: {inbound: {leads: 30 per week}}", base=BASE))
    assert channel.rate is not None
    assert (channel.rate.mid, channel.by_month) == (30.0, ())


def test_a_table_with_a_shift_of_its_own_does_not_take_the_parents(tables: Path, what_if: WhatIf) -> None:
    scenario = what_if("channels: {inbound: {leads: last.csv, shift: +1 year}}", base=BASE)
    assert [day.year for day, _ in inbound(scenario).by_month] == [2027] * 12
    assert leads(scenario)[0] == 101.0


def test_a_table_in_a_dated_change_replaces_and_survives_freezing(tables: Path, what_if: WhatIf) -> None:
    scenario = what_if("changes: {more: {from: 2027-07, channels.inbound.leads: new.csv}}", base=BASE)
    after = scenario.model.changes[0].content.channels[0]
    assert [number.mid for _, number in after.by_month] == [float(500 + m) for m in range(1, 13)]
    again = load_scenario_text(scenario.resolved_text(), "again.yaml")
    assert again.model.changes == scenario.model.changes


@pytest.mark.parametrize("stated", ['"month,ae_enterprise\\n2027-04,1\\n"', "{table: {2027-04: 1}}"])
def test_a_table_of_hires_replaces(what_if: WhatIf, stated: str) -> None:
    assert hires(what_if(f"roles: {{ae_enterprise: {{hires: {stated}}}}}")) == {"2027-04-01": 1.0}


def test_rows_outside_the_run_are_warned_about(tables: Path, what_if: WhatIf) -> None:
    scenario = what_if("channels: {inbound: {leads: {2028-03: 500, 2028-04: 500}}}", base=BASE)
    assert "2028-03 and 2028-04 are outside the run, 2027-01-01 to 2027-12-31" in scenario.warnings[0]


def test_other_tables_replace_as_well(what_if: WhatIf) -> None:
    base = edited(
        ("{heads: 4, holds: 25 each}", "{team: {ana: {}, bo: {}}, holds: 25 each}"),
        ("name: Small", "name: Small\nactuals: {bookings: {2026-11: 1M, 2026-12: 2M}, wins: {2026-12: 9}}"),
    )
    scenario = what_if(
        'actuals: "period,metric,value\\n2026-12,bookings,3M\\n"',
        'roles: {ae: {team: "name\\ncy\\n"}}',
        "targets: {bookings: {table: {2027-Q1: 1M}}}",
        base=base,
    )
    assert [(actual.metric, actual.period, actual.value) for actual in scenario.model.actuals] == [
        ("bookings", "2026-12", 3e6)
    ]
    assert [person.name for person in scenario.model.content.roles[1].team] == ["cy"]
    assert [target.period for target in scenario.model.targets] == ["2027-Q1"]


@pytest.mark.parametrize("path", ["roles.ae_enterprise.hires.shift", "roles.*.hires.shift"])
@pytest.mark.parametrize(("shift", "then"), [("+1 quarter", "2027-06-01"), ("-1 month", "2027-02-01")])
def test_a_shift_moves_the_parents_hires(what_if: WhatIf, path: str, shift: str, then: str) -> None:
    assert hires(what_if(f'"{path}": {shift}')) == {then: 2.0}
    assert hires(what_if("note: x", overrides={path: shift})) == {then: 2.0}


def test_a_shift_adds_to_the_parents_and_rows_beside_it_are_laid_on_top(tables: Path, what_if: WhatIf) -> None:
    scenario = what_if("channels: {inbound: {shift: +1 quarter}}", base=BASE)
    assert inbound(scenario).by_month[0][0].isoformat() == "2027-04-01"
    assert leads(scenario)[0] == 202.0
    moved = what_if("channels: {inbound: {leads: {shift: +1 quarter}}}", base=BASE)
    assert inbound(moved).by_month == inbound(scenario).by_month
    both = what_if("roles: {ae_enterprise: {hires: {shift: +1 quarter, 2027-03: 1}}}")
    assert hires(both) == {"2027-03-01": 1.0, "2027-06-01": 2.0}


def test_a_shift_in_a_dated_change(tables: Path, what_if: WhatIf) -> None:
    scenario = what_if("changes: {later: {from: 2027-07, channels.inbound.leads.shift: +1 month}}", base=BASE)
    after = scenario.model.changes[0].content.channels[0].by_month
    assert [number.mid for _, number in after] == leads(scenario)
    assert after[0][0].isoformat() == "2027-02-01"
    assert load_scenario_text(scenario.resolved_text(), "again.yaml").model.changes == scenario.model.changes


def test_quarters_stand_where_months_do(tmp_path: Path, what_if: WhatIf) -> None:
    scenario = what_if(
        "calendar: {fiscal_year_starts: February}\n"
        "channels: {inbound: {leads: {2027-Q1: 300, FY27-Q2: 330 to 360}, spend: {2027-Q4: 30k}}}\n"
        "roles: {sdr: {hires: {FY27-Q4: 2}}}\n"
        "costs: {fair: {months: {2027-Q2: 9k}}}"
    )
    months = {f"{day:%m}": number for day, number in inbound(scenario).by_month}
    assert [months[m].mid for m in ("01", "02", "03")] == [100.0] * 3
    assert [(months[m].low, months[m].high) for m in ("05", "06", "07")] == [(110.0, 120.0)] * 3
    assert len({months[m].name for m in ("05", "06", "07")}) == 1
    assert [number.mid for _, number in inbound(scenario).spend_by_month] == [10_000.0] * 3
    assert hires(scenario, 0) == {"2027-11-01": 2.0}
    assert sum(amount.mid for _, amount in scenario.model.content.costs[0].by_month) == 9_000.0


def test_quarters_in_files_and_relative_to_the_parents_months(tmp_path: Path, what_if: WhatIf) -> None:
    (tmp_path / "q.csv").write_text("quarter,inbound\n2027-Q1,300\n2027-Q2,600\n", encoding="utf-8")
    scenario = what_if(
        "channels: {inbound: {leads: q.csv}}", "channels.inbound.leads: {2027-Q2: +10%}\nroles.sdr.hires.2027-Q3: +1"
    )
    assert leads(scenario) == pytest.approx([100.0, 100.0, 100.0, 220.0, 220.0, 220.0])
    assert hires(scenario, 0) == {"2027-07-01": 1.0}


def test_a_quarter_and_one_of_its_months_is_one_too_many(what_if: WhatIf) -> None:
    with pytest.raises(InputError, match="2027-05 appears twice"):
        what_if("channels: {inbound: {leads: {2027-Q2: 300, 2027-05: 100}}}")


def test_the_new_start_of_a_what_if_carries_what_parents_state(what_if: WhatIf) -> None:
    base = edited(
        ("leads: 40 per week", "leads: 40 per week, growth: 2% per month"),
        ("{heads: 4, holds: 25 each}", "{heads: 4, holds: 25 each, tenure: 2 months}"),
    )
    scenario = what_if(
        "as_of: 2027-04-30\nactuals: {bookings: {2027-01: 100k, 2027-02: 150k, 2027-03: 200k, 2027-04: 100k}}",
        base=base.replace("opening: {}\n", "")
        + "open: {a: {stage: opportunity, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot}}\n"
        + "opening: {mql: [{channel: inbound, segment: smb, grade: hot, age: 3 days, count: 9}]}\n"
        + "changes: {price: {from: 2027-03, segments.smb.amount: +10%}}\n",
    )
    model = scenario.model
    assert str(inbound(scenario).growth_from) == "2027-01-01"
    tenure = model.content.roles[1].tenure_months
    assert tenure is not None
    assert tenure.mid * 30.4375 == pytest.approx(61 + 120, abs=0.6)
    assert model.changes[0].start < model.first_day
    assert [warning.split(": ")[1] for warning in scenario.warnings] == ["as_of", "as_of"]
    assert "the open deals are still the parent's" in scenario.warnings[0]
    assert "the opening of mql is still the parent's" in scenario.warnings[1]
    record = "stage: mql, channel: inbound, segment: smb, grade: hot"
    half = what_if(
        f"as_of: 2027-04-30\ntargets: null\nopen: {{b: {{{record}, entered: 2027-04-01}}}}",
        base=f"{SMALL}open: {{a: {{{record}, entered: 2026-12-01}}}}\n",
    )
    assert "1 of 2 open deals are" in half.warnings[0]


def test_past_targets_are_results_or_asked_for(what_if: WhatIf) -> None:
    text = "as_of: 2027-04-30\ntargets: {bookings: {2027-Q1: 400k, 2027: null}}\n"
    known = what_if(text + "actuals: {bookings: {2027-Q1: 450k}}")
    assert [target.period for target in known.model.targets] == ["2027-Q1"]
    assert known.warnings == []
    assert "state the bookings from 2027-01-01 to 2027-03-31 in `actuals`" in what_if(text).warnings[0]


def test_files_of_a_what_if_lie_beside_it(tables: Path) -> None:
    (tables / "base.yaml").write_text(BASE, encoding="utf-8")
    (tables / "child.yaml").write_text("extends: base.yaml\nchannels.*.weekdays: work\n", encoding="utf-8")
    scenario = load_scenario(tables / "child.yaml", ["channels.inbound.leads=new.csv"])
    assert leads(scenario)[:2] == [501.0, 502.0]
