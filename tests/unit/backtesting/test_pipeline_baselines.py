"""The baselines of the pipeline, of cohorts and of life tables against plain loops and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from rpmsim.backtesting.baselines import BASELINES, baseline_means
from rpmsim.backtesting.known import NEVER, Known
from tests.unit.backtesting.known_worlds import as_of, daily, make_known, of_class
from tests.unit.backtesting.slow_baselines import SLOW, Slow

HORIZONS = np.array([3, 7, 20])


def means(known: Known, measure, origins: list[int], horizons=HORIZONS) -> dict:
    return baseline_means(daily(known, measure), known, measure, np.array(origins), np.asarray(horizons))


def conveyor(days: int = 203, age: int = 10, a_day: int = 2, amount: float = 5.0) -> Known:
    """Two records a day, each won at the same age for the same amount, in one stage until then."""
    begun = np.repeat(np.arange(days), a_day)
    won = np.where(begun + age < days, begun + age, NEVER)
    return Known(
        days - 1, 0, begun, won, won, np.where(won < NEVER, amount, np.nan), np.zeros_like(begun),
        np.arange(begun.size), begun, won, np.full(begun.size, amount), np.array([0.5]),
    )  # fmt: skip


@pytest.mark.parametrize("measure", ["wins", "bookings"])
@pytest.mark.parametrize(
    ("records", "days", "recorded"), [(60, 60, 0), (150, 100, 0), (150, 100, 41), (8, 30, 5), (90, 70, 69)]
)
def test_as_in_plain_loops_at_every_origin(measure, records: int, days: int, recorded: int) -> None:
    known = make_known(records, days, seed=records + recorded, recorded=recorded)
    origins = sorted({recorded, (recorded + days) // 2, days - 1})
    fast = means(known, measure, origins)
    for name, slow in SLOW.items():
        expected = [[slow(Slow(as_of(known, day), measure), int(h)) for h in HORIZONS] for day in origins]
        assert_allclose(fast[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("measure", ["wins", "bookings"])
def test_what_comes_after_an_origin_changes_nothing_there(measure) -> None:
    known = make_known(200, 120, seed=4)
    origins = [60, 74]
    before = means(known, measure, origins)
    rng = np.random.default_rng(9)

    def noise(when):
        return np.where(when > 74, np.where(rng.random(when.size) < 0.3, NEVER, rng.integers(75, 120, when.size)), when)

    won, late = noise(known.won), known.begun > 74
    poisoned = replace(
        known,
        begun=np.where(late, rng.integers(75, 120, known.begun.size), known.begun),
        won=won,
        ended=np.where(known.ended > 74, np.minimum(won, rng.integers(75, 120, won.size)), known.ended),
        amount=np.where(known.won <= 74, known.amount, 1e6),
        entered=np.where(known.entered > 74, 119, known.entered),
        until=noise(known.until),
        spell_amount=np.where(known.entered > 74, 1e6, known.spell_amount),
    )
    after = means(poisoned, measure, origins)
    for name in BASELINES:
        assert_allclose(after[name], before[name], rtol=1e-12, err_msg=name)
    assert not np.allclose(means(poisoned, measure, [110])["naive"], means(known, measure, [110])["naive"])


def test_everything_won_at_the_same_age_is_foreseen() -> None:
    known = conveyor()
    for name in ("life table, all history", "life table, last 56 days", "cohort average", "pipeline, calibrated rates"):
        horizons = [3, 10] if name.startswith("pipeline") else [3, 10, 28]
        assert_allclose(means(known, "wins", [202], horizons)[name], [[2.0 * h for h in horizons]], rtol=0.08)
        assert_allclose(means(known, "bookings", [202], horizons)[name], [[10.0 * h for h in horizons]], rtol=0.08)
    exact = means(known, "wins", [202], [3, 10, 28])
    assert_allclose(exact["life table, all history"], [[6.0, 20.0, 56.0]])
    assert_allclose(exact["life table, last 56 days"], [[6.0, 20.0, 56.0]])
    assert_allclose(exact["cohort average"], [[6.0, 20.0, 56.0]])


def test_losses_compete_with_wins_in_a_life_table() -> None:
    known = conveyor(a_day=2)
    half = np.arange(known.begun.size) % 2 == 0
    lost = replace(known, won=np.where(half, known.won, NEVER))
    assert_allclose(means(lost, "wins", [202], [28])["life table, all history"], [[28.0]])


def test_rates_of_a_crm_have_no_time_and_leads_no_rate() -> None:
    known = conveyor()
    assert_allclose(means(known, "wins", [202], [3, 28])["pipeline, CRM rates"], [[10.0, 10.0]])
    assert_allclose(means(known, "bookings", [202], [3, 28])["pipeline, CRM rates"], [[50.0, 50.0]])
    assert "pipeline, CRM rates" not in means(replace(known, default_rates=np.zeros(1)), "wins", [202])


def test_coverage_foresees_wins_of_leads_to_come() -> None:
    known = conveyor()
    assert means(known, "wins", [202], [28])["coverage ratio"] == pytest.approx(56.0, rel=0.05)


def test_wins_before_the_record_began_are_no_data() -> None:
    known = make_known(200, 120, seed=6, recorded=50)
    early = replace(known, won=np.where((known.begun < 20) & (known.ended < 50), known.ended, known.won))
    assert (early.won != known.won).any()
    assert_allclose(means(early, "wins", [119])["coverage ratio"], means(known, "wins", [119])["coverage ratio"])
    for name in ("life table, all history", "cohort average"):
        assert_allclose(means(early, "wins", [119])[name], means(known, "wins", [119])[name])


def test_a_class_is_forecast_from_its_records_alone() -> None:
    known = make_known(120, 80, seed=2)
    mask = np.random.default_rng(1).random(120) < 0.4
    part = of_class(known, mask)
    assert part.begun.size == mask.sum()
    assert_allclose(part.begun[part.record], known.begun[known.record[mask[known.record]]])
    whole, one, other = (means(k, "wins", [79]) for k in (known, part, of_class(known, ~mask)))
    assert_allclose(one["pipeline, CRM rates"] + other["pipeline, CRM rates"], whole["pipeline, CRM rates"])
    slow = Slow(part, "wins")
    assert_allclose(
        one["life table, all history"][0], [SLOW["life table, all history"](slow, int(h)) for h in HORIZONS]
    )
