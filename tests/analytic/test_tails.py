"""Leads that are older than the distributions of their stage leave by constant hazards, whoever draws them."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.model.tails import tail_hazards
from rpmsim.scenario import load_scenario_text

PLAN = """\
as_of: 2026-12-31
until: 2027-04
segments: {smb: {amount: 1k}}
channels: {web: {leads: 0 per week, into: deal}}
stages:
  deal:
    to:
      won: {share: 30%, table: [1 day, 10 days, 20 days, 31 days]}
      lost: {share: rest, table: [1 day, 10 days, 20 days, 31 days]}
"""
DAYS = np.array([31, 28, 31, 30])
"""Days of the months that are simulated."""
WON, LOST = 0.003, 0.007


def with_tail(text: str) -> str:
    """The plan with a stated tail."""
    for name, chance in (("won", WON), ("lost", LOST)):
        text = text.replace(f"{name}: {{", f"{name}: {{beyond: {100 * chance}% per day, ")
    return text


def moves(text: str, count: int, *, listed: bool = False, age: int = 200, odds: float = 1.0) -> np.ndarray:
    """Moves to won and lost by month of leads of one age, shape (replications, months, 2)."""
    rows = f"opening: {{deal: [{{channel: web, segment: smb, age: {age} days, count: {count}}}]}}\n"
    if listed:
        each = f"stage: deal, entered: 2026-06-14, channel: web, segment: smb, odds: x{odds}"
        rows = "open:\n" + "".join(f"  d{i}: {{{each}}}\n" for i in range(count))
    found = rpmsim.simulate(load_scenario_text(text + rows), 300, seed=3)["moves"].sum(["channel", "segment"])
    return np.asarray(found.sel(edge=["deal->won", "deal->lost"]).transpose("replication", "period", "edge"))


def geometric(count: float, won: float, lost: float, first: int = 0) -> np.ndarray:
    """Expected moves to won and lost by month, of leads that begin to leave so by day ``first``."""
    ends = np.maximum(np.concatenate([[0], np.cumsum(DAYS)]) - first, 0)
    left = (1 - won - lost) ** ends
    return count * np.outer(left[:-1] - left[1:], [won, lost]) / (won + lost)


def assert_means(found: np.ndarray, expected: np.ndarray, count: int) -> None:
    """Means agree within five standard errors of binomial counts."""
    share = expected / count
    error = np.sqrt(count * share * (1 - share) / len(found))
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error + 1e-9).all()


@pytest.mark.parametrize(("count", "listed"), [(100, False), (5000, False), (60, True)])
def test_a_stated_tail_is_geometric(count: int, listed: bool) -> None:
    found = moves(with_tail(PLAN), count, listed=listed)
    assert_means(found, geometric(count, WON, LOST), count)
    leaving = 1 - (1 - WON - LOST) ** DAYS.sum()
    assert found.sum(axis=(1, 2)).var() == pytest.approx(count * leaving * (1 - leaving), rel=0.35)


@pytest.mark.parametrize("count", [100, 5000])
@pytest.mark.parametrize("stays", ["", "    stays: {share: 20%}\n"])
def test_without_a_statement_old_leads_leave_as_the_last_ones_of_the_distribution(count: int, stays: str) -> None:
    shares = np.array([[0.3, 0.5 if stays else 0.7]])
    law = np.cumsum(np.bincount([1, 10, 20, 31], minlength=40)) / 4.0
    won, lost = tail_hazards(shares, np.array([[law, law]]))[0]
    found = moves(PLAN + stays, count)
    assert_means(found, geometric(count, won, lost), count)
    assert found[:, 0].sum() < 0.99 * found.sum()  # not all in the first month
    # Half have left by day 10, and nine in ten by day 31.
    leaving = shares.sum()
    by_hand = leaving * 0.75 / sum(1 - leaving * law[day - 1] for day in range(10, 32))
    assert won + lost == pytest.approx(by_hand)


def test_leads_of_a_lesser_age_are_not_affected() -> None:
    np.testing.assert_array_equal(moves(PLAN, 100, age=30), moves(with_tail(PLAN), 100, age=30))
    # On the next day all are gone, by their shares.
    assert moves(PLAN, 100, age=30)[:, 0].sum() == 300 * 100
    assert moves(PLAN, 100, age=31)[:, 0].sum() < 0.98 * 300 * 100


def test_the_odds_of_a_deal_change_its_outcome_and_not_its_time() -> None:
    plain, likelier = moves(with_tail(PLAN), 60, listed=True), moves(with_tail(PLAN), 60, listed=True, odds=3.0)
    np.testing.assert_array_equal(plain.sum(axis=2), likelier.sum(axis=2))
    share = WON / (WON + LOST)
    expected = 3 * share / (1 - share + 3 * share)
    ended = likelier.sum()
    assert likelier[..., 0].sum() / ended == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / ended))


def test_a_change_that_shortens_the_times_of_open_leads_leaves_no_one_behind() -> None:
    # From March 1 on, all times are a tenth: leads of 200 days that have not left are older than the new times, too.
    times = "table: [100 days, 400 days]"
    text = with_tail(PLAN.replace("table: [1 day, 10 days, 20 days, 31 days]", times))
    text += "changes: {quick: {from: 2027-03-01, affects: open, stages.deal.to.*.time: x0.1}}\n"
    found = moves(text, 2000)
    assert found[:, :2].sum() == 0  # between 100 and 400 days nobody leaves
    assert_means(found[:, 2:], geometric(2000, WON, LOST, first=59)[2:], 2000)


def test_a_tail_that_is_drawn() -> None:
    text = PLAN.replace("won: {", "won: {beyond: 0.1% to 0.9% per day, ").replace(
        "lost: {", "lost: {beyond: 0.5% per day, "
    )
    first = moves(text, 2000)
    low, high = np.sort(first.sum(axis=1)[:, 0])[[15, -15]]
    assert low < 300 < 800 < high  # the share that is won in four months differs between draws
    assert moves(text, 2000).tobytes() == first.tobytes()


def test_outcomes_without_a_stated_tail_have_none() -> None:
    found = moves(PLAN.replace("lost: {", "lost: {beyond: 1% per day, "), 1000)
    assert found[..., 0].sum() == 0
    assert_means(found[..., 1], geometric(1000, 0.0, 0.01)[:, 1], 1000)
