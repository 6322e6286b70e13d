"""Exits that follow the months of the quarter: found where they do, with the right factors, and made up nowhere."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from rpmsim.calibration.clocks import EVERY_DAY, WORKWEEK, clock_names, make_clock, months_of
from rpmsim.calibration.competing import together
from rpmsim.calibration.exposure import Ages
from rpmsim.calibration.hazards import Cause
from rpmsim.calibration.quarter_effect import quarter_effect
from rpmsim.calibration.quarters import effect_of, with_quarter
from rpmsim.model.hazards import leaving_by_age
from tests.unit.calibration.spells import spells_of

FIRST = dt.date(2024, 11, 18)
NONE = np.zeros(0, dtype=np.int64)
WIN, LOSS = 0, 1
PATTERN = np.log([0.65, 1.0, 1.35])


def evidence_of(last):
    return SimpleNamespace(first=FIRST, last=last, seen=last)


def lived(rng, leads, wins, losses):
    """Spells of records that, from their first day on, leave each day by chance; chances by day, shape (days,)."""
    days = len(leads)
    entered = np.repeat(np.arange(days), rng.poisson(leads))
    until, outcome = np.full(len(entered), days - 1), np.full(len(entered), -1)
    for day in range(1, days):
        here = np.flatnonzero((outcome < 0) & (entered < day) & (entered > day - 400))
        slow = np.where(day - entered[here] < 20, 0.5, 1.0)  # hazards depend on the age
        draw = rng.random(len(here))
        won, lost = draw < wins[day] * slow, draw > 1.0 - losses[day]
        for number, left in ((WIN, won), (LOSS, lost & ~won)):
            until[here[left]], outcome[here[left]] = day, number
    return spells_of(entered, until, outcome)


def by_month(evidence, days, log):
    """A factor for each day, from log factors by month since January 1970."""
    return np.exp(np.asarray(log)[months_of(evidence, np.arange(days))])


def test_a_pattern_is_found_and_its_factors_are_right():
    """Wins wait for the end of the quarter, losses for the beginning of the next one; each has its own factors."""
    rng = np.random.default_rng(1)
    days = 1000
    evidence = evidence_of(days - 1)
    place = months_of(evidence, np.arange(days)) % 3
    true = {WIN: np.exp(PATTERN), LOSS: np.array([1.4, 0.8, 0.8])}
    errors = []
    for _ in range(6):
        spells = lived(rng, np.full(days, 4.0), 0.012 * true[WIN][place], 0.02 * true[LOSS][place])
        for outcome, factors in true.items():
            clock = with_quarter(evidence, spells, outcome, make_clock(evidence, EVERY_DAY, NONE), NONE)
            assert clock.quarter == pytest.approx(factors / factors.mean(), rel=0.15)
            left = effect_of(evidence, spells, outcome, make_clock(evidence, EVERY_DAY, NONE, (), tuple(factors)))
            errors += (left.log / np.sqrt(np.diag(left.covariance))).tolist()
    # Of 36 errors, two thirds of them independent: a chi-squared variate of 24 degrees of freedom, within 4 sd.
    assert np.mean(np.square(errors)) == pytest.approx(1.0, abs=4 * np.sqrt(2 / 24))
    assert np.mean(np.abs(errors) < 1.96) > 0.8


def test_leads_that_come_at_the_beginning_of_a_quarter_are_not_a_pattern():
    """Their ages make exits frequent later in the quarter; the hazards by age explain that."""
    rng = np.random.default_rng(2)
    days = 1000
    evidence = evidence_of(days - 1)
    leads = np.array([12.0, 3.0, 1.0])[months_of(evidence, np.arange(days)) % 3]
    spells = lived(rng, leads, np.full(days, 0.02), np.full(days, 0.02))
    exits = np.bincount(months_of(evidence, spells.until[spells.outcome == WIN]) % 3)
    assert exits.max() > 1.3 * exits.min()
    clock = make_clock(evidence, EVERY_DAY, NONE)
    assert with_quarter(evidence, spells, WIN, clock, NONE) is clock


SEASON = {7: -0.6, 11: -0.6}


def _level(rng, kind, months):
    """Log level of months that has nothing to do with quarters."""
    if kind == "restless":
        return 0.25 * rng.standard_normal(months)
    if kind == "growth":
        return 0.04 * np.arange(months) + 0.1 * rng.standard_normal(months)
    if kind == "season":
        return np.array([SEASON.get(m % 12, 0.3 * np.sin(m * np.pi / 6)) for m in range(months)])
    if kind == "change":
        return np.where(np.arange(months) < months // 2, 0.0, 0.7) + 0.1 * rng.standard_normal(months)
    if kind == "batch":
        return np.where(np.arange(months) == months - 4, 1.3, 0.05 * rng.standard_normal(months))
    return np.zeros(months)


@pytest.mark.parametrize("kind", ["plain", "restless", "growth", "season", "change", "batch"])
def test_no_pattern_is_made_up(kind):
    """Twenty histories of one to two and a half years each, of two outcomes; one in 40 may have a pattern."""
    rng = np.random.default_rng(3)
    found = 0
    for number in range(20):
        days = (400, 900)[number % 2]
        evidence = evidence_of(days - 1)
        first = int(months_of(evidence, np.zeros(1, dtype=np.int64))[0])
        log = np.zeros(first + 40)
        log[first:] = _level(rng, kind, first + 40)[first:] if kind == "season" else _level(rng, kind, 40)
        level = by_month(evidence, days, log - log[first : first + days // 30].mean())
        growing = np.linspace(2.0, 6.0, days) if kind == "growth" else np.full(days, 4.0)
        spells = lived(rng, growing, np.minimum(0.015 * level, 0.4), np.minimum(0.02 * level, 0.4))
        clock = make_clock(evidence, EVERY_DAY, NONE)
        for outcome in (WIN, LOSS):
            assert effect_of(evidence, spells, outcome, clock) is not None
            found += with_quarter(evidence, spells, outcome, clock, NONE) is not clock
    assert found <= 1


@pytest.mark.parametrize(("months", "season"), [(9, 0.0), (14, 0.0), (36, 0.0), (14, 0.25), (36, 0.25)])
def test_the_chance_is_one(months, season):
    """Months that differ, levels that move, years with seasons: small chances are as rare as they say, or rarer."""
    rng = np.random.default_rng(4)
    number = np.arange(months)
    chances = []
    for _ in range(300):
        level = np.cumsum(0.05 * rng.standard_normal(months)) + 0.1 * rng.standard_normal(months)
        level += (season * rng.standard_normal(12))[number % 12]
        chances.append(quarter_effect(number, rng.poisson(60 * np.exp(level)), np.full(months, 60.0)).chance)
    for chance in (0.2, 0.05, 0.01):
        assert np.mean(np.array(chances) < chance) < chance + 3 * np.sqrt(chance / 300)


def test_one_quarter_makes_no_pattern():
    """However large it is; and with fewer than three quarters, nothing is looked for."""
    log = np.zeros(12)
    log[3:6] = [-1.5, 0.0, 1.5]
    found = quarter_effect(np.arange(12), 1000 * np.exp(log), np.full(12, 1000.0))
    assert found.chance > 0.05
    rng = np.random.default_rng(5)
    days = 240
    evidence = evidence_of(days - 1)
    factor = np.exp(PATTERN)[months_of(evidence, np.arange(days)) % 3]
    spells = lived(rng, np.full(days, 20.0), 0.02 * factor, np.full(days, 0.02))
    assert effect_of(evidence, spells, WIN, make_clock(evidence, EVERY_DAY, NONE)) is None


def test_small_differences_are_left_alone():
    """Even those that are certain: weeks differ by more."""
    rng = np.random.default_rng(6)
    days = 900
    evidence = evidence_of(days - 1)
    factor = np.array([0.93, 1.0, 1.07])[months_of(evidence, np.arange(days)) % 3]
    spells = lived(rng, np.full(days, 60.0), 0.02 * factor, np.full(days, 0.02))
    clock = make_clock(evidence, EVERY_DAY, NONE)
    assert effect_of(evidence, spells, WIN, clock).chance < 0.001
    assert with_quarter(evidence, spells, WIN, clock, NONE) is clock


def test_the_effect_is_that_of_a_closed_form():
    """With equal counts, and no other spread than chance, factors are means, and their variance that of means."""
    log = np.array([-0.3, 0.1, 0.2])
    found = quarter_effect(np.arange(12), 10_000 * np.exp(np.tile(log, 4)) - 0.5, np.full(12, 10_000.0) - 0.5)
    assert found.log == pytest.approx(log, abs=1e-9)
    variance = 1e-4 / 4
    np.testing.assert_allclose(found.covariance, variance * (np.eye(3) - 1 / 3), atol=1e-12)
    assert found.f == pytest.approx((log**2).sum() / 2 / variance, rel=1e-6)
    np.testing.assert_allclose(found.shrunk, log * (1 - 1 / found.f))


def test_shares_are_those_of_records_that_enter_in_any_month():
    """Where only one outcome waits for the end of quarters: against every fifth day of three years."""
    evidence = evidence_of(729)
    clocks = [make_clock(evidence, EVERY_DAY, NONE, (), factors) for factors in ((0.5, 1.0, 1.5), (1.5, 0.75, 0.75))]
    causes = [Cause(j, clock, Ages(np.array([0, 1, 20, 60]))) for j, clock in enumerate(clocks)]
    rates = np.array([0.02, 0.03])
    starts, hazards = together(causes, [np.array([[0.0, *[rate] * 3]]) for rate in rates], np.full(7, 1 / 7))
    entered = np.arange(0, 3 * 365, 5)
    left, leaving = np.ones(len(entered)), np.zeros((2, len(starts)))
    for day in range(1, 700):
        for j, clock in enumerate(clocks):
            place = np.searchsorted(starts, np.maximum(clock.age(entered, entered + day), 1), side="right") - 1
            out = left * clock.weights[entered + day] * rates[j] / len(entered)
            leaving[j] += np.bincount(place, out, len(starts))
        left = left * (1.0 - rates @ [clock.weights[entered + day] for clock in clocks])
    found = leaving_by_age(hazards, starts)[0]
    np.testing.assert_allclose(found.sum(axis=1), leaving.sum(axis=1), atol=0.001)
    np.testing.assert_allclose(found, leaving, atol=0.01)
    assert abs(leaving[0].sum() - 0.4) > 0.005  # the share if months were alike


def test_clocks_of_other_factors_have_other_names():
    evidence = evidence_of(700)
    one, other = (make_clock(evidence, WORKWEEK, NONE, (), factors) for factors in ((0.7, 1.0, 1.3), (1.2, 0.9, 0.9)))
    ends = [make_clock(evidence, EVERY_DAY, NONE, factors) for factors in ((3.0,), (2.0, 1.5))]
    names = clock_names([one, other, one, *ends], WORKWEEK)
    assert list(names.values()) == ["work_quarter", "work_quarter_2", "month_end", "month_end_2"]
    both = make_clock(evidence, WORKWEEK, NONE, (2.0,), (0.7, 1.0, 1.3))
    assert both.name == "work_month_end_quarter"
    assert list(both.text) == ["weekdays", "months", "month_end"]
    assert (both.text["months"]["jan"], both.text["months"]["dec"]) == (0.7, 1.3)
