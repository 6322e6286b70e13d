"""What follows from hazards by days to go, against their products by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibrate.due_hazards import Bins, Hazards
from rpmsim.calibrate.due_times import Leads, ahead, by_age_bins, new_leads, offsets
from rpmsim.model.hazards import conditional, shares

LONGEST, PAST = 60, 5
TO_GO = LONGEST - np.arange(LONGEST + PAST + 1)


def hazards(draws: int = 0, kinds: int = 1, by_age: bool = False) -> Hazards:
    """Two outcomes: one on the date or soon after, one before it."""
    rng = np.random.default_rng(5)
    by_days = np.stack([np.where(TO_GO == 0, 0.7, np.where(TO_GO < 0, 0.3, 1e-4)), np.where(TO_GO > 0, 0.02, 0.05)])
    age = np.ones((2, 31))
    if by_age:
        age[1] = np.where(np.arange(31) < 10, 3.0, 1.0)
    kind = np.ones((2, kinds))
    kind[1, 1:] = 1.5
    parts = [by_days, age, kind]
    if draws:
        parts = [part * rng.uniform(0.8, 1.0, (draws, 2, 1)) ** (i == 0) for i, part in enumerate(parts)]
    bins = Bins(LONGEST, np.arange(len(TO_GO)), np.arange(31))
    return Hazards(bins, *parts)


def one_by_one(of: Hazards, to_go: int, age: int, kind: int, days: int, draw: tuple[int, ...] = ()) -> np.ndarray:
    """Chance of each outcome on each day, day by day."""
    left, result = 1.0, np.zeros((2, days))
    for day in range(days):
        d = int(np.clip(LONGEST - (to_go - day), 0, len(TO_GO) - 1))
        a = min(age + day, 30)
        chance = np.array(
            [of.by_days[(*draw, j, d)] * of.by_age[(*draw, j, a)] * of.by_kind[(*draw, j, kind)] for j in (0, 1)]
        )
        result[:, day] = left * chance
        left *= 1.0 - chance.sum()
    return result


@pytest.mark.parametrize("by_age", [False, True])
def test_new_leads_are_a_mixture_over_lead_times(by_age: bool) -> None:
    of = hazards(3, 2, by_age)
    weights = np.random.default_rng(2).dirichlet(np.ones(4), (3, 2))
    leads = Leads(np.array([0, 3, 25, 60]), weights)
    found = new_leads(of, leads, 70)
    for draw in range(3):
        for kind in range(2):
            expected = sum(
                weight * one_by_one(of, lead, 0, kind, 70, (draw,))
                for lead, weight in zip(leads.days.tolist(), weights[draw, kind], strict=True)
            )
            np.testing.assert_allclose(found[draw, kind], expected, rtol=1e-5, atol=1e-8)


def test_open_records_go_on_from_their_age_and_days_to_go() -> None:
    of = hazards(kinds=2, by_age=True)
    to_go, age, kind = np.array([40, 2, 0, -3]), np.array([5, 70, 9, 30]), np.array([0, 1, 1, 0])
    found = ahead(of, to_go, age, kind, 66)
    expected = [one_by_one(of, *row, 66).sum(axis=1) for row in zip(to_go, age, kind, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("shares_", [(0.6, 0.4), (0.9, 0.1), (0.2, 0.8)])
def test_offsets_say_of_open_records_what_hazards_say(shares_: tuple[float, float]) -> None:
    """With any shares of new leads: the engine weighs each outcome by its share and by what is left of its offsets."""
    of, given = hazards(), np.array(shares_)
    table = offsets(of, given, LONGEST, 400)
    np.testing.assert_allclose(table.weights.sum(axis=1), 1.0, atol=1e-9)
    for to_go in (60, 33, 12, 10, 4, 1, 0, -1, -4):
        weight = given * table.after(np.array([to_go]))[:, 0]
        expected = one_by_one(of, to_go, 0, 0, 500).sum(axis=1)
        near = 1e-6 if to_go <= 10 else 0.04  # farther away, one row stands for several days
        np.testing.assert_allclose(weight / weight.sum(), expected / expected.sum(), atol=near)
        if to_go <= 10:
            by_day = given[:, None] * table.weights / weight.sum()
            for day, chance in enumerate(one_by_one(of, to_go, 0, 0, 8).T):
                np.testing.assert_allclose(by_day[:, table.days == day - to_go].sum(axis=1), chance, atol=1e-6)


def test_hazards_by_age_give_the_chances_back() -> None:
    chances = new_leads(hazards(4), Leads(np.array([3, 30, 50]), np.full((4, 1, 3), 1 / 3)), 460)
    starts = np.arange(300)
    found = by_age_bins(chances, starts)
    np.testing.assert_allclose(shares(found, starts), chances.sum(axis=-1), atol=1e-4)
    cumulative = conditional(found, starts, 0, np.arange(100))
    expected = np.cumsum(chances[:, :, 0], axis=-1)[..., :100] / chances[:, :, 0].sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(cumulative, expected, atol=1e-4)
    wide = np.array([0, 10, 40, 70])
    np.testing.assert_allclose(shares(by_age_bins(chances, wide), wide), chances.sum(axis=-1), atol=0.01)
