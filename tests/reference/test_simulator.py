"""The plain simulator itself: conservation on random models, and the table of an independent program."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from rpmsim.model.plan import Model
from tests.reference.models import reference_model
from tests.reference.record import simulate_once
from tests.reference.strategies import models


@settings(max_examples=25)
@given(models())
def test_leads_are_conserved(model: Model) -> None:
    record = simulate_once(model, np.random.default_rng(1))
    moves, stock = record.arrays["moves"].sum(0), record.arrays["stock"]
    for i, stage in enumerate(record.labels["stage"]):
        come = sum(moves[e] for e, edge in enumerate(record.labels["edge"]) if edge[1] == stage)
        gone = sum(moves[e] for e, edge in enumerate(record.labels["edge"]) if edge[0] == stage)
        assert np.array_equal(record.arrays["opening_stock"][i] + come - gone, stock[-1, i])
    assert (stock >= 0).all()
    assert (record.arrays["waiting"] <= stock.sum((2, 3))).all()


def test_reference_workload_agrees_with_the_table() -> None:
    """Means and spreads between replications of a million replications of another program."""
    expected = {
        "won": (205.22, 13.7),
        "mql": (21_570.48, 153.2),
        "nurture": (4_597.11, 66.3),
        "sal": (2_191.72, 106.6),
        "sql": (1_310.52, 67.6),
        "opportunity": (913.07, 49.8),
        "lost": (14_850.87, 53.8),
    }
    replications = 4
    totals = dict.fromkeys(expected, 0.0)
    for r in range(replications):
        record = simulate_once(reference_model(), np.random.default_rng([9, r]))
        for e, (_, target) in enumerate(record.labels["edge"]):
            totals[target] += record.arrays["moves"][:, e].sum() / replications
    for stage, (mean, sd) in expected.items():
        assert abs(totals[stage] - mean) < 3.5 * sd / replications**0.5, stage
