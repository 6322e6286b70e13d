"""Which past counts: all of it where nothing has changed, the last weeks where the process has."""

import numpy as np
import pytest

from rpmsim.calibration.clocks import EVERY_DAY, Clock
from rpmsim.calibration.exposure import Ages, ages_of
from rpmsim.calibration.hazards import Cause
from rpmsim.calibration.recency import choose, crps_of, expected_exits, forecasts
from rpmsim.calibration.windows import ALL, Window
from tests.unit.calibration.spells import drawn_spells, every_day, lognormal_days, spells_of

LAST = 500


def causes_of(spells):
    clock = every_day(LAST + 1600)
    ages = ages_of(spells, clock)
    return [Cause(0, clock, ages), Cause(1, clock, ages)]


def stationary(rng, n=2500):
    return drawn_spells(rng, n, [0.25, 0.75], [lognormal_days(12, 0.8), lognormal_days(20, 0.8)], LAST)


def test_the_whole_history_counts_where_nothing_has_changed():
    whole = 0
    for seed in range(20):
        spells = stationary(np.random.default_rng(seed))
        whole += choose(spells, causes_of(spells), LAST, 28).windows[-1] == ALL
    assert whole >= 15


def test_recent_weeks_count_where_the_process_has_changed():
    """The share that is won has doubled 90 days ago: the shares of the last weeks are found."""
    rng = np.random.default_rng(3)
    before, after = (
        drawn_spells(rng, 2500, [share, 1 - share], [lognormal_days(6, 0.6), lognormal_days(8, 0.6)], LAST, entered)
        for share, entered in ((0.2, rng.integers(0, LAST - 90, 2500)), (0.45, rng.integers(LAST - 90, LAST, 2500)))
    )
    columns = [np.concatenate([getattr(s, name) for s in (before, after)]) for name in ("entered", "until", "outcome")]
    spells = spells_of(*columns)
    choice = choose(spells, causes_of(spells), LAST, 28)
    assert choice.windows[-1].days <= 112
    assert choice.tried is not None


def test_few_records_leave_no_choice():
    spells = stationary(np.random.default_rng(1), 60)
    assert choose(spells, causes_of(spells), LAST, 28).windows == [ALL]


def test_expected_exits_equal_a_sum_over_records():
    """Forecast of 10 days at an origin, one record and one day at a time."""
    rng = np.random.default_rng(5)
    spells = stationary(rng, 300)
    causes = causes_of(spells)
    hazards = [rng.random((1, len(cause.ages))) * 0.05 for cause in causes]
    origin, horizon, expected = 400, 10, np.zeros(2)
    for i in range(300):
        there = spells.since[i] <= origin < spells.until[i]
        came = origin < spells.entered[i] <= origin + horizon
        if not (there or came):
            continue
        left = 1.0
        for day in range(max(origin + 1, spells.entered[i]), origin + horizon + 1):
            age = day - spells.entered[i]
            rates = [h[0, c.ages.of(np.array([age]))[0]] for h, c in zip(hazards, causes, strict=True)]
            expected += left * np.array(rates)
            left *= 1 - sum(rates)
    np.testing.assert_allclose(expected_exits(spells, causes, hazards, origin, horizon)[0], expected)


def test_origins_see_nothing_later():
    """A forecast does not change if what came after it does."""
    rng = np.random.default_rng(6)
    spells = stationary(rng)
    causes = causes_of(spells)
    one = forecasts(spells, causes, LAST, 28, (Window(56), ALL), 1)
    origin = one.origins[0]
    late = (spells.entered <= origin) & (spells.until > origin)
    other = spells_of(spells.entered, np.where(late, LAST, spells.until), np.where(late, 1, spells.outcome))
    again = forecasts(other, causes, LAST, 28, (Window(56), ALL), 1)
    np.testing.assert_allclose(again.expected, one.expected)
    assert not np.allclose(again.observed, one.observed)


@pytest.mark.parametrize(
    ("window", "name"), [(ALL, "all"), (Window(28), "half-life 28 days"), (Window(last=90), "last 90 days")]
)
def test_windows(window, name):
    weights = window.weights(364)
    assert window.name == name
    assert weights[-1] == 1
    assert weights[364 - 28] == (0.5 if window.half_life else 1)
    assert weights[0] == pytest.approx(0 if window.last else 0.5 ** (364 / 28) if window.half_life else 1)


def test_weights_of_a_clock_count():
    """On a day of weight 3, three times as many leave; on closed days, nobody does."""
    clock = Clock(EVERY_DAY, np.tile([1.0, 0.0, 3.0], 200), (3.0,))
    spells = spells_of(np.zeros(100), np.full(100, 50), np.full(100, -1))
    cause = Cause(0, clock, Ages(np.array([0, 1])))
    exits = [expected_exits(spells, [cause], [np.array([[0.0, 0.01]])], day - 1, 1)[0, 0] for day in (30, 31, 32)]
    np.testing.assert_allclose(exits, [1.0, 0.0, 3.0])


def test_a_short_history_takes_turns():
    """Too few origins to say that the whole history is as good as any part: some draws of each."""
    rng, last = np.random.default_rng(8), 85
    spells = drawn_spells(rng, 1500, [0.3, 0.7], [lognormal_days(5, 0.6), lognormal_days(8, 0.6)], last)
    clock = every_day(last + 1600)
    causes = [Cause(outcome, clock, ages_of(spells, clock)) for outcome in (0, 1)]
    choice = choose(spells, causes, last, 28)
    assert len(choice.windows) > 1
    assert choice.windows[-1] == ALL
    assert choice.name.endswith("days, or all")


def test_scores_of_normal_forecasts():
    """The closed form equals the mean absolute error less half the mean difference of two draws."""
    rng = np.random.default_rng(9)
    mean, seen = np.array([40.0]), np.array([47.0])
    sd = np.sqrt(mean + (0.1 * mean) ** 2 + 0.25)
    one, two = mean + sd * rng.standard_normal((2, 400_000))
    score = np.abs(one - seen).mean() - np.abs(one - two).mean() / 2
    assert crps_of(mean, seen)[0] == pytest.approx(score, rel=0.01)
