"""Generator and engine simulate the same scenario: the same distribution of every move and of bookings."""

from __future__ import annotations

import math
import os
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from rpmsim.generate import History, generate_history
from rpmsim.model.plan import Model
from tests.reference.features import FEATURES

PLAYS = int(os.environ.get("RPMSIM_GENERATOR_PLAYS", "60"))
FAMILY = 1e-3
"""Chance that a correct generator fails for one model, over all of its edges together."""
LEAST_EVENTS = 40

QUICK = (
    "classes",
    "stage_shock",
    "timeouts",
    "change_open",
    "opening",
    "money",
    "first_in",
    "leavers_to_queue",
    "made_leads",
)


def moves_of(history: History) -> Counter[str]:
    """Moves that happened in the simulated time, by edge."""
    found: Counter[str] = Counter()
    for record in history.records:
        before = "source"
        for visit in record.visits:
            if visit.entered >= 0:
                found[f"{before}->{visit.stage}"] += 1
            before = visit.stage
    return found


def won_of(history: History) -> float:
    """What was won in the simulated time."""
    won = {name for name, kind in history.stages if kind == "won"}
    return sum(
        float(next(a.value for a in reversed(record.amounts) if a.at <= visit.entered))
        for record in history.records
        for visit in record.visits
        if visit.stage in won and visit.entered >= 0 and record.amounts and record.amounts[0].at <= visit.entered
    )


def disagreements(model: Model, plays: int, seed: int) -> list[str]:
    """Quantities whose means differ by more than chance explains."""
    from rpmsim.engine import simulate

    many = 10 * plays
    dataset = simulate(model, many, seed=seed, draws=many)
    edges = [str(edge) for edge in dataset["edge"].values]
    engine = dataset["moves"].values.sum((1, 3, 4)).astype(float)
    histories = [generate_history(model, seed * 100_000 + i, drawn=True) for i in range(plays)]
    counted = [moves_of(history) for history in histories]
    assert set().union(*counted) <= set(edges)
    pairs = {edge: (engine[:, i], np.array([float(c[edge]) for c in counted])) for i, edge in enumerate(edges)}
    pairs["bookings"] = (dataset["bookings"].values.sum((1, 2, 3)), np.array([won_of(h) for h in histories]))
    limit = stats.norm.isf(FAMILY / 2 / len(pairs))
    found = []
    for name, (a, b) in pairs.items():
        if b.sum() < LEAST_EVENTS or np.ptp(a) == 0.0:
            continue
        error = (b.mean() - a.mean()) / math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        if abs(error) > limit:
            found.append(f"{name}: {b.mean():.6g} instead of {a.mean():.6g} ({error:+.1f} s.e.)")
    return found


@pytest.mark.parametrize("name", QUICK if PLAYS == 60 else tuple(FEATURES))
def test_generator_agrees_with_the_engine(name: str) -> None:
    assert disagreements(FEATURES[name](), PLAYS, seed=7) == []
