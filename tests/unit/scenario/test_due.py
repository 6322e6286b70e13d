"""Due dates in the language: what may be stated, and what is refused with its place and a fix."""

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import Scenario, load_scenario_text

PLAN = """\
name: Orders
as_of: 2026-12-31
until: 2027-06
segments: {smb: {amount: 1k}, big: {amount: 9k}}
channels: {web: {leads: 4 per week, into: order, mix: {smb: 50%, big: rest}}}
stages:
  order:
    due: {median: {smb: 30 days, big: 45 days}, p90: 90 days}
    to:
      won: {share: 70%, by: due, offset: {table: {smb: {-3 days: 1, 5 days: 2}, big: {2 weeks: 1}}}}
      lost: {share: rest, by: due, offset: {mean: -6 days to -2 days, sd: 4 days}}
open: {d1: {stage: order, entered: 2026-12-01, channel: web, segment: big, due: 2027-02-01}}
"""


def load(*edits: tuple[str, str]) -> Scenario:
    text = PLAN
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load_scenario_text(text, "plan.yaml")


def test_what_is_stated() -> None:
    scenario = load()
    won, lost = scenario.model.content.stages[0].outcomes
    assert [case.points for _, case in won.offset.cases] == [((-3.0, 1.0), (5.0, 2.0)), ((14.0, 1.0),)]
    mean, sd = (number for _, number in lost.offset.parameters)
    assert (lost.offset.family, mean.low, mean.mid, mean.high, sd.mid) == ("normal", -6.0, -4.0, -2.0, 4.0)
    big = dict(won.delay.cases)["big"].distribution
    assert (big.family, big.parts[0].parameters[0][1].mid, big.parts[1].points) == ("due", 45.0, ((14.0, 1.0),))
    assert scenario.warnings == []
    assert load_scenario_text(scenario.resolved_text()).model == scenario.model


def test_dates_are_moved() -> None:
    scenario = load(("p90: 90 days}", "p90: 90 days, moved: -7 days}"))
    assert str(scenario.model.open_deals[0].due) == "2027-01-25"
    assert dict(scenario.model.content.stages[0].outcomes[0].delay.cases)["smb"].distribution.shift == -7


def test_a_relative_value_changes_the_time_to_the_date() -> None:
    text = (
        load()
        .resolved_text()
        .replace("name: Orders", "name: Orders\nchanges: {q2: {from: 2027-Q2, stages.order.due: x2}}")
    )
    delay = load_scenario_text(text).model.changes[0].content.stages[0].outcomes[0].delay
    assert dict(delay.cases)["big"].distribution.parts[0].parameters[0][1].mid == 90.0


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("due: 2027-02-01", "due: 2026-11-30"), "open.d1.due: due on 2026-11-30, before it entered on 2026-12-01"),
        (
            ("lost: {share: rest, by: due,", "lost: {share: rest,"),
            "lost.offset: an `offset` without a due date",
        ),
        (
            ("lost: {share: rest, by: due,", "lost: {share: rest, by: due, clock: work,"),
            "`clock` on an outcome",
        ),
        (("lost: {share: rest, by: due,", "lost: {share: rest, by: due, median: 9 days,"), "`median` on an outcome"),
        (("mean: -6 days to -2 days, sd: 4 days", "mean: -6 days"), "an offset of `mean`; state `mean` and `sd`"),
        (
            ("    due: {median: {smb: 30 days, big: 45 days}, p90: 90 days}\n", ""),
            "not stated when new leads are due",
        ),
        (("by: due, offset: {table", "by: age, offset: {table"), "`due`"),
        (("due: 2027-02-01", "due: soon"), "soon"),
        (("due: 2027-02-01", "due: 2127-02-01"), "open.d1.due: due on 2127-02-01, more than 30 years after 2026-12-31"),
        (("{2 weeks: 1}", "{2 workdays: 1}"), "wrong unit"),
        (("{2 weeks: 1}", "{9000 days: 1}"), "at least -20 years and at most 20 years"),
    ],
)
def test_errors(edit: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(edit)
    assert message in str(caught.value)
    assert all(d.fix and d.line for d in caught.value.diagnostics)


def test_warnings() -> None:
    plain = (
        (
            "won: {share: 70%, by: due, offset: {table: {smb: {-3 days: 1, 5 days: 2}, big: {2 weeks: 1}}}}",
            "won: {share: 70%}",
        ),
        (
            "lost: {share: rest, by: due, offset: {mean: -6 days to -2 days, sd: 4 days}}",
            "lost: {share: rest, after: 9 days}",
        ),
    )
    warnings = " ".join(load(*plain).warnings)
    assert "1 of 1 open deals have a due date, and no outcome runs by it" in warnings
    assert "nothing runs by the due date" in warnings


def test_a_dated_deal_is_never_too_old() -> None:
    assert load(("entered: 2026-12-01", "entered: 2019-12-01")).warnings == []


def test_old_leads_leave_by_at_most_all_of_them_a_day() -> None:
    won, lost = "won: {share: 70%,", "lost: {share: rest,"
    both = (won, f"{won} beyond: {{smb: 60% per day, big: 5% per day}},"), (lost, f"{lost} beyond: 50% per day,")
    with pytest.raises(
        InputError, match=r"to: leads older than the times leave by 110% per day for smb; .*lower a `bey"
    ):
        load(*both)
    assert load(both[0], (lost, f"{lost} beyond: 40% per day,")).warnings == []


def test_a_time_of_the_outcome_in_place_of_the_due_time_of_the_stage() -> None:
    """Leads without a date take it, on any clock; the offset is for those with one."""
    scenario = load(
        ("    due: {median: {smb: 30 days, big: 45 days}, p90: 90 days}\n", ""),
        ("won: {share: 70%,", "won: {share: 70%, median: 50 days,"),
        ("lost: {share: rest,", "lost: {share: rest, after: 9 workdays, pace: 20%,"),
    )
    won, lost = scenario.model.content.stages[0].outcomes
    assert won.delay.distribution.family == "lognormal"
    assert (lost.delay.clock, lost.pace.sigma.mid, lost.offset.family) == ("work", 0.2, "normal")
    assert scenario.warnings == []
    assert load_scenario_text(scenario.resolved_text()).model == scenario.model
