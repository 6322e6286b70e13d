"""What follows from hazards by days to go, against their products by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.due_hazards import Bins, Hazards
from rpmsim.calibration.due_times import Leads, ahead, by_age_bins, lead_times, new_leads, offsets
from rpmsim.model.hazards import conditional, shares

LONGEST, PAST = 60, 5
TO_GO = LONGEST - np.arange(LONGEST + PAST + 1)


def hazards(draws: int = 0, by_age: bool = False) -> Hazards:
    """Two outcomes: one on the date or soon after, one before it."""
    rng = np.random.default_rng(5)
    by_days = np.stack([np.where(TO_GO == 0, 0.7, np.where(TO_GO < 0, 0.3, 1e-4)), np.where(TO_GO > 0, 0.02, 0.05)])
    age = np.ones((2, 31))
    if by_age:
        age[1] = np.where(np.arange(31) < 10, 3.0, 1.0)
    parts = [by_days, age]
    if draws:
        parts = [part * rng.uniform(0.8, 1.0, (draws, 2, 1)) ** (i == 0) for i, part in enumerate(parts)]
    bins = Bins(LONGEST, np.arange(len(TO_GO)), np.arange(31))
    return Hazards(bins, *parts)


def one_by_one(of: Hazards, to_go: int, age: int, days: int, draw: tuple[int, ...] = ()) -> np.ndarray:
    """Chance of each outcome on each day, day by day."""
    left, result = 1.0, np.zeros((2, days))
    for day in range(days):
        d = int(np.clip(LONGEST - (to_go - day), 0, len(TO_GO) - 1))
        a = min(age + day, 30)
        chance = of.by_days[(*draw, slice(None), d)] * of.by_age[(*draw, slice(None), a)]
        result[:, day] = left * chance
        left *= 1.0 - chance.sum()
    return result


@pytest.mark.parametrize("by_age", [False, True])
def test_new_leads_are_a_mixture_over_lead_times(by_age: bool) -> None:
    of = hazards(3, by_age)
    weights = np.random.default_rng(2).dirichlet(np.ones(4), 3)
    leads = Leads(np.array([0, 3, 25, 60]), weights)
    found = new_leads(of, leads, 70)
    for draw in range(3):
        each = zip(leads.days.tolist(), weights[draw], strict=True)
        expected = sum(weight * one_by_one(of, lead, 0, 70, (draw,)) for lead, weight in each)
        np.testing.assert_allclose(found[draw], expected, rtol=1e-9, atol=1e-12)


def test_open_records_go_on_from_their_age_and_days_to_go() -> None:
    of = hazards(by_age=True)
    to_go, age = np.array([40, 2, 0, -3]), np.array([5, 70, 9, 30])
    found = ahead(of, to_go, age, 66)
    expected = [one_by_one(of, *row, 66).sum(axis=1) for row in zip(to_go, age, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_lead_times_keep_their_mean_and_weights() -> None:
    rng = np.random.default_rng(4)
    lead, weight = rng.integers(0, 400, 5000), rng.choice([0.5, 2.0], 5000)
    leads = lead_times(lead, weight, 2000, rng)
    assert len(leads.days) <= 48
    np.testing.assert_allclose(leads.weights.sum(axis=1), 1.0)
    mean = np.average(lead, weights=weight)
    means = leads.weights @ leads.days
    error = np.sqrt(np.average((lead - mean) ** 2, weights=weight) * (weight**2).sum()) / weight.sum()
    assert means.mean() == pytest.approx(mean, abs=0.5)
    assert means.std() == pytest.approx(error, rel=0.1)


@pytest.mark.parametrize("shares_", [(0.6, 0.4), (0.9, 0.1), (0.2, 0.8)])
def test_offsets_say_of_open_records_what_hazards_say(shares_: tuple[float, float]) -> None:
    """With any shares of new leads: the engine weighs each outcome by its share and by what is left of its offsets."""
    of, given = hazards(), np.array(shares_)
    table = offsets(of, given, LONGEST, 400)
    np.testing.assert_allclose(table.weights.sum(axis=1), 1.0, atol=1e-9)
    for to_go in (60, 33, 12, 10, 4, 1, 0, -1, -4):
        weight = given * table.after(np.array([to_go]))[:, 0]
        expected = one_by_one(of, to_go, 0, 500).sum(axis=1)
        near = 1e-6 if to_go <= 10 else 0.04  # farther away, one row stands for several days
        np.testing.assert_allclose(weight / weight.sum(), expected / expected.sum(), atol=near)
        if to_go <= 10:
            by_day = given[:, None] * table.weights / weight.sum()
            for day, chance in enumerate(one_by_one(of, to_go, 0, 8).T):
                np.testing.assert_allclose(by_day[:, table.days == day - to_go].sum(axis=1), chance, atol=1e-6)


def test_hazards_by_age_give_the_chances_back() -> None:
    chances = new_leads(hazards(4), Leads(np.array([3, 30, 50]), np.full((4, 3), 1 / 3)), 460)
    starts = np.arange(300)
    found = by_age_bins(chances, starts)
    np.testing.assert_allclose(shares(found, starts), chances.sum(axis=-1), atol=1e-4)
    cumulative = conditional(found, starts, 0, np.arange(100))
    expected = np.cumsum(chances[:, 0], axis=-1)[..., :100] / chances[:, 0].sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(cumulative, expected, atol=1e-4)
    wide = np.array([0, 10, 40, 70])
    np.testing.assert_allclose(shares(by_age_bins(chances, wide), wide), chances.sum(axis=-1), atol=0.01)
