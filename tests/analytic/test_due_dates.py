"""Outcomes that run by a due date, against convolutions and conditional probabilities by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy import stats

import rpmsim
from rpmsim.scenario import load_scenario_text

PLAN = """\
as_of: 2026-12-31
until: 2027-06
segments: {smb: {amount: 1k}}
channels: {web: {leads: 4 per day, into: order}}
stages:
  order:
    due: {median: 30 days, p90: 60 days}
    to:
      won: {share: 70%, by: due, offset: {-3 days: 10%, 0 days: 60%, 5 days: 30%}}
      lost: {share: rest, by: due, offset: {mean: -6 days, sd: 4 days}}
opening: {}
"""
PLAN = PLAN.replace("offset: {-3", "offset: {table: {-3").replace("5 days: 30%}}", "5 days: 30%}}}")
FIRST = dt.date(2027, 1, 1)
DAYS = np.array([31, 28, 31, 30, 31, 30])
EDGES = ["order->won", "order->lost"]
SIZE = 400


def by_day(values: np.ndarray) -> np.ndarray:
    """Probabilities of whole days, from cumulative ones between them."""
    return np.diff(values, prepend=0.0)


def lead_time() -> np.ndarray:
    """Probabilities of 0, 1, ... days from the beginning of the stage to the due date."""
    sigma = np.log(2.0) / stats.norm.ppf(0.9)
    return by_day(stats.lognorm(sigma, scale=30.0).cdf(np.arange(SIZE) + 0.5))


def offsets() -> tuple[dict[int, float], dict[int, float]]:
    """Probabilities of days from the due date on, of wins and of losses."""
    days = np.arange(-30, 19)
    normal = stats.norm(-6.0, 4.0)
    weights = normal.cdf(days + 0.5) - normal.cdf(days - 0.5)
    return {-3: 0.1, 0: 0.6, 5: 0.3}, dict(zip(days.tolist(), weights.tolist(), strict=True))


def convolved(until: np.ndarray, after: dict[int, float]) -> np.ndarray:
    """Probabilities of 0, 1, ... days in the stage, at least one."""
    result = np.zeros(2 * SIZE)
    for day, weight in after.items():
        for d, p in enumerate(until):
            result[max(1, d + day)] += p * weight
    return result[:SIZE]


def monthly(values: np.ndarray) -> np.ndarray:
    return np.array([part.sum() for part in np.split(values[: DAYS.sum()], np.cumsum(DAYS)[:-1])])


def test_new_leads_end_by_the_convolution() -> None:
    found = rpmsim.simulate(load_scenario_text(PLAN), 1500, seed=2)["moves"].sum(["channel", "segment"])
    for edge, share, after in zip(EDGES, (0.7, 0.3), offsets(), strict=True):
        ends = np.convolve(np.full(DAYS.sum(), 4.0 * share), convolved(lead_time(), after))
        mean = found.sel(edge=edge).mean("replication").values
        expected = monthly(ends)
        assert (np.abs(mean - expected) < 5 * np.sqrt(expected / 1500)).all()  # Poisson
        assert found.sel(edge=edge).var("replication").values[-1] == pytest.approx(expected[-1], rel=0.2)


def deals(*due: int, entered: str = "2026-12-10") -> str:
    """Listed deals by their due dates, in days from the first simulated one."""
    rows = (
        f"  d{i}: {{stage: order, entered: {entered}, channel: web, segment: smb, due: {FIRST + dt.timedelta(day)}}}\n"
        for i, day in enumerate(due)
    )
    return PLAN.replace("4 per day", "0 per day").replace("opening: {}\n", "open:\n" + "".join(rows))


@pytest.mark.parametrize("due", [40, 3, -2])
def test_listed_deals_end_around_their_date_given_that_they_are_open(due: int) -> None:
    found = rpmsim.simulate(load_scenario_text(deals(*[due] * 60)), 300, seed=2)["moves"].sum(["channel", "segment"])
    by_edge = np.zeros((2, DAYS.sum()))
    for i, (share, after) in enumerate(zip((0.7, 0.3), offsets(), strict=True)):
        for day, weight in after.items():
            if due + day >= 0:
                by_edge[i, due + day] += share * weight
    by_edge /= by_edge.sum()
    for edge, line in zip(EDGES, by_edge, strict=True):
        share = monthly(line)
        mean = found.sel(edge=edge).mean("replication").values / 60
        assert (np.abs(mean - share) < 5 * np.sqrt(share * (1 - share) / 18_000) + 1e-12).all()


def test_dates_that_are_moved_move_every_end_by_as_many_days() -> None:
    text = deals(*range(30, 60)) + "report: {period: week}\n"
    before, after = (
        rpmsim.simulate(load_scenario_text(text.replace("p90: 60 days}", f"p90: 60 days, moved: {moved} days}}")), 100)
        for moved in (0, 28)
    )
    ends = before["moves"].sum(["channel", "segment"]).sel(edge=EDGES).values
    later = after["moves"].sum(["channel", "segment"]).sel(edge=EDGES).values
    np.testing.assert_array_equal(ends[:, :-4], later[:, 4:])
    assert ends.sum() == later.sum() == 100 * 30


def test_new_leads_are_due_later_too() -> None:
    moved = PLAN.replace("p90: 60 days}", "p90: 60 days, moved: 15 days}")
    before, after = (
        rpmsim.simulate(load_scenario_text(text + "report: {period: week}\n"), 50)["moves"].sel(edge="order->won")
        for text in (PLAN, moved)
    )
    total, later = (found.sum(["channel", "segment"]).values.cumsum(axis=1) for found in (before, after))
    assert (later[:, 3:] <= total[:, 1:-2]).all()  # lead by lead, 15 days later: not earlier than two weeks later
    assert (later[:, 3:] >= total[:, :-3]).all()


def test_a_deal_brings_its_date_to_a_later_stage() -> None:
    text = (
        deals(40, 50).replace("stage: order,", "stage: quote,")
        + "stages.quote.to.order: {share: 100%, after: 5 days}\n"
    )
    found = rpmsim.simulate(load_scenario_text(text), 200)["moves"].sum(["channel", "segment"])
    ends = found.sel(edge=EDGES).sum("edge").values
    assert ends[:, 0].sum() < 0.2 * ends.sum()  # without its date, most would be over in January
    assert ends[:, :3].sum() == ends.sum() == 400


def test_a_deal_long_past_its_date_leaves_by_the_tail() -> None:
    text = deals(*[-60] * 50, entered="2026-09-01").replace("share: 70%,", "share: 70%, beyond: 1% per day,")
    found = rpmsim.simulate(load_scenario_text(text), 300, seed=1)["moves"].sum(["channel", "segment"])
    left = 0.99 ** np.concatenate([[0], np.cumsum(DAYS)])
    share = left[:-1] - left[1:]
    mean = found.sel(edge="order->won").mean("replication").values / 50
    assert (np.abs(mean - share) < 5 * np.sqrt(share * (1 - share) / 15_000)).all()
    assert found.sel(edge="order->lost").sum() == 0


def test_an_offset_may_reach_far_beyond_the_run() -> None:
    text = deals(30, 40).replace("mean: -6 days, sd: 4 days", "mean: 7300 days, sd: 4 days")
    ends = rpmsim.simulate(load_scenario_text(text), 50)["moves"].sum(["channel", "segment", "period"]).sel(edge=EDGES)
    assert ends.sel(edge="order->lost").sum() == 0
    assert 0.5 < ends.sel(edge="order->won").mean() / 2 < 0.9


TIMES = (
    PLAN.replace("    due: {median: 30 days, p90: 60 days}\n", "")
    .replace("won: {share: 70%,", "won: {share: 70%, table: {12 days: 50%, 40 days: 50%},")
    .replace("lost: {share: rest,", "lost: {share: rest, after: 9 workdays,")
)
"""Leads without a date take the times of the outcomes; the offsets are for deals that have one."""


def test_leads_without_a_date_take_the_time_of_the_outcome() -> None:
    times = "won: {share: 70%, table: {12 days: 50%, 40 days: 50%}}", "lost: {share: rest, after: 9 workdays}"
    plain = PLAN.split("    due:")[0] + f"    to:\n      {times[0]}\n      {times[1]}\n"
    found, expected = (rpmsim.simulate(load_scenario_text(text), 20, seed=2)["moves"] for text in (TIMES, plain))
    np.testing.assert_array_equal(found.values, expected.values)


def test_deals_with_a_date_run_by_it_beside_leads_with_a_time() -> None:
    def only(text: str) -> str:
        return text.replace("4 per day", "0 per day").replace("share: 70%,", "share: 70%, beyond: 1% per day,")

    dated = deals(40, 3, -2, 90, -60, entered="2026-09-01")
    rows = "open:\n" + dated.split("open:\n")[1]
    found, expected = (
        rpmsim.simulate(load_scenario_text(only(text)), 200, seed=2)["moves"] for text in (TIMES + rows, dated)
    )
    np.testing.assert_array_equal(found.values, expected.values)
