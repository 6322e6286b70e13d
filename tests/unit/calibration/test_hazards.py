"""Hazards of a stage: no bias from the prior, same-day exits, delayed entry, and a plain count as reference."""

import numpy as np
import pytest

from rpmsim.calibration.clocks import Clock
from rpmsim.calibration.competing import hazards_of, together
from rpmsim.calibration.evidence import NOT_LEFT
from rpmsim.calibration.exposure import Ages, exposed
from rpmsim.calibration.hazards import Cause, Counted, counted, drawn_hazards, record_weights
from rpmsim.calibration.stage_fit import median_times
from rpmsim.model.hazards import leaving_by_age
from tests.unit.calibration.spells import drawn_spells, every_day, lognormal_days, spells_of

DRAWS = 200


def causes(clock, ages, outcomes=(0, 1)):
    return [Cause(outcome, clock, ages) for outcome in outcomes]


def drawn(spells, causes, days, rng, draws=DRAWS, window=None):
    groups = int(spells.group.max()) + 1
    weights = record_weights(draws, groups, rng)
    window = np.ones(days) if window is None else window
    (counts,) = counted(spells, causes, window, (spells.group, groups))
    return [drawn_hazards(count, weights) for count in counts]


def shares(spells, causes, days, rng, draws=DRAWS):
    starts, hazards = together(causes, drawn(spells, causes, days, rng, draws), np.ones(7) / 7)
    return leaving_by_age(hazards, starts).sum(axis=2)


@pytest.mark.parametrize("n", [300, 1000])
def test_prior_leaves_no_bias_and_intervals_cover(n):
    """26 bins of a week, censored after half a year: flat priors would be too high by a fifth and more."""
    rng, ages, days = np.random.default_rng(5), Ages(np.arange(0, 182, 7)), 365
    clock = every_day(days + 400)
    truth = drawn_spells(
        rng,
        400_000,
        [0.2, 0.8],
        [lognormal_days(45, 0.8, 0), lognormal_days(60, 0.9, 0)],
        181,
        np.zeros(400_000, dtype=np.int64),
    )
    share = float((truth.outcome == 0).mean())
    errors, inside = [], 0
    for _ in range(150):
        entered = np.zeros(n, dtype=np.int64)
        spells = drawn_spells(
            rng, n, [0.2, 0.8], [lognormal_days(45, 0.8, 0), lognormal_days(60, 0.9, 0)], 181, entered
        )
        _starts, hazards = together(causes(clock, ages), drawn(spells, causes(clock, ages), 365, rng), np.ones(7) / 7)
        stay = np.cumprod(np.repeat(1 - hazards.sum(axis=1), 7, axis=1), axis=1)
        before = np.concatenate([np.ones((DRAWS, 1)), stay[:, :-1]], axis=1)
        rate = (before * np.repeat(hazards[:, 0], 7, axis=1)).sum(axis=1)
        errors.append(rate.mean() - share)
        low, high = np.quantile(rate, [0.1, 0.9])
        inside += low <= share <= high
    # An 80% interval covers 150 times with a standard error of 3.3 points.
    assert abs(np.mean(errors)) < 0.005
    assert 0.74 <= inside / 150 <= 0.86


def test_flat_prior_would_be_biased(monkeypatch):
    """The check above notices a prior that adds half an exit to each bin."""
    rng, ages = np.random.default_rng(5), Ages(np.arange(0, 182, 7))
    clock, errors = every_day(800), []
    for _ in range(30):
        spells = drawn_spells(
            rng,
            300,
            [0.2, 0.8],
            [lognormal_days(45, 0.8, 0), lognormal_days(60, 0.9, 0)],
            181,
            np.zeros(300, dtype=np.int64),
        )
        flat = []
        for cause in causes(clock, ages):
            ((counts,),) = counted(spells, [cause], np.ones(365), (spells.group, 300))
            flat.append(drawn_hazards(Counted(counts.exits + 0.5 / 300, counts.at_risk), np.ones((1, 300))))
        starts, hazards = together(causes(clock, ages), flat, np.ones(7) / 7)
        errors.append(leaving_by_age(hazards, starts)[0, 0].sum() - 0.2)
    assert np.mean(errors) > 0.015


def test_counts_equal_a_plain_count():
    """Exits and days at risk of a window, one record and one day at a time, on a clock of workdays."""
    rng, days = np.random.default_rng(2), 120
    clock = Clock((True,) * 5 + (False,) * 2, np.array([(d % 7) < 5 for d in range(days + 60)], dtype=float))
    spells = drawn_spells(rng, 80, [0.5, 0.5], [lognormal_days(6, 1.0, 0), lognormal_days(15, 0.7)], days - 1)
    since = np.minimum(spells.entered + rng.integers(0, 4, 80), spells.until)
    spells = spells_of(spells.entered, spells.until, spells.outcome, since)
    ages, window = Ages(np.array([0, 1, 2, 5, 9])), 0.5 ** (np.arange(days)[::-1] / 30.0)
    exits, at_risk = np.zeros(5), np.zeros(5)
    for i in range(80):
        for day in range(spells.since[i], spells.until[i] + 1):
            age = int(clock.weights[spells.entered[i] + 1 : day + 1].sum())
            bin_ = 0 if day == spells.entered[i] else int(ages.of(np.array([max(age, 1)]))[0])
            if day == spells.until[i] and spells.outcome[i] == 0:
                exits[bin_] += window[day]
            if day == spells.entered[i]:
                at_risk[0] += window[day]
            elif clock.weights[day]:
                at_risk[bin_] += window[day]
    ((result,),) = counted(spells, [Cause(0, clock, ages)], window, (spells.group, 80))
    np.testing.assert_allclose(result.exits.sum(axis=0), exits)
    np.testing.assert_allclose(result.at_risk.sum(axis=0), at_risk)
    np.testing.assert_allclose([days.sum() for days in exposed(spells, clock, ages, window)], at_risk)


def test_same_day_exits_survive():
    rng = np.random.default_rng(3)
    spells = drawn_spells(
        rng, 2000, [0.3, 0.7], [lambda r, n: np.zeros(n, dtype=np.int64), lognormal_days(5, 0.5)], 400
    )
    both = causes(every_day(900), Ages(np.array([0, 1, 3, 6, 10])))
    share = shares(spells, both, 401, rng).mean(axis=0)
    assert share[0] == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / 2000))


def test_order_of_records_does_not_matter():
    rng = np.random.default_rng(4)
    spells = drawn_spells(rng, 500, [0.4, 0.6], [lognormal_days(5, 1.0, 0), lognormal_days(9, 0.6)], 200)
    both, order = causes(every_day(600), Ages(np.array([0, 1, 2, 4, 8, 16]))), rng.permutation(500)
    mixed = spells_of(
        *(getattr(spells, name)[order] for name in ("entered", "until", "outcome")), record=spells.record[order]
    )
    one, other = (drawn(s, both, 201, np.random.default_rng(1)) for s in (spells, mixed))
    for left, right in zip(one, other, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12)


def test_delayed_entry():
    """Without the first 180 days of the log, hazards change by less than two standard errors in 19 of 20 bins."""
    rng = np.random.default_rng(6)
    spells = drawn_spells(rng, 6000, [0.3, 0.7], [lognormal_days(30, 0.7), lognormal_days(50, 0.8)], 720)
    both = causes(every_day(1300), Ages(np.array([0, 1, 5, 10, 20, 30, 45, 60, 90, 120, 180])))
    kept = spells.where(spells.until >= 180)
    late = spells_of(kept.entered, kept.until, kept.outcome, np.maximum(kept.since, 180), kept.record)
    whole, cut = (drawn(s, both, 721, np.random.default_rng(1)) for s in (spells, late))
    mean, other, error = (
        np.concatenate([f(values) for values in of])
        for f, of in (
            (lambda h: h.mean(axis=0), whole),
            (lambda h: h.mean(axis=0), cut),
            (lambda h: h.std(axis=0), cut),
        )
    )
    seen = mean > 1e-4  # nobody leaves on the first day
    assert np.mean(np.abs(mean - other)[seen] < 2 * error[seen]) >= 0.95
    # A fit that ignores that the early days are missing is wrong: those who left early are not there.
    ignored = drawn(spells_of(kept.entered, kept.until, kept.outcome, record=kept.record), both, 721, rng)
    assert (ignored[0].mean(axis=0)[5:8] < whole[0].mean(axis=0)[5:8]).all()


def test_shares_and_back():
    rng, starts = np.random.default_rng(7), np.array([0, 1, 3, 7, 20])
    hazards = rng.random((5, 3, 5)) * 0.1
    leaving = leaving_by_age(hazards, starts)
    np.testing.assert_allclose(leaving.sum(axis=(1, 2)), 1.0)
    np.testing.assert_allclose(hazards_of(leaving, starts, hazards[:, :, -1].sum(axis=1)), hazards, atol=1e-12)


def test_outcomes_on_different_clocks():
    """One outcome on workdays, one every day: shares equal those of records that are followed one by one."""
    rng, n = np.random.default_rng(8), 40_000
    work = Clock((True,) * 5 + (False,) * 2, np.ones(10))
    daily = every_day(10)
    h_won, h_lost = 0.06, 0.04
    both = [Cause(0, work, Ages(np.array([0, 1]))), Cause(1, daily, Ages(np.array([0, 1])))]
    hazards = [np.array([[0.0, h_won]]), np.array([[0.0, h_lost]])]
    entries = np.array([1, 0, 0, 0, 1, 0, 0]) / 2
    starts, joint = together(both, hazards, entries)
    share = leaving_by_age(joint, starts)[0, 0].sum()
    won = 0
    weekday = rng.choice([0, 4], n)
    left = np.ones(n, dtype=bool)
    for day in range(1, 400):
        runs = (weekday + day) % 7 < 5
        u = rng.random(n)
        wins = left & runs & (u < h_won)
        losses = left & ~wins & (u >= h_won * runs) & (u < h_won * runs + h_lost)
        won += wins.sum()
        left &= ~(wins | losses)
    assert share == pytest.approx(won / n, abs=3 * np.sqrt(0.25 / n))


def test_median_time():
    starts = np.arange(0, 400)
    days = np.arange(400)
    mass = np.diff(np.concatenate([[0.0], 1 - np.exp(-np.maximum(days + 0.5 - 0.5, 0) / 20)]))
    left = 1 - np.cumsum(mass) + mass
    hazards = np.divide(mass, left, out=np.zeros(400), where=left > 0)[None, None, :]
    # An exponential time, rounded: the median is 20 log 2.
    assert median_times(hazards, starts)[0, 0] == pytest.approx(20 * np.log(2) + 0.0, abs=0.51)


def test_nobody_left_is_censored():
    spells = spells_of([0, 5], [20, 20], [NOT_LEFT, NOT_LEFT])
    cause = Cause(0, every_day(300), Ages(np.array([0])))
    ((result,),) = counted(spells, [cause], np.ones(21), (spells.group, 2))
    assert result.exits.sum() == 0
    assert result.at_risk.sum() == 21 + 16
