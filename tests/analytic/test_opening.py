"""Section 3, warm start: a lead that is a days old continues with the distribution given that it has not left."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rpmsim.model.plan import OpeningStock
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import LEAST_EVENTS, assert_agrees, errors_of_mean
from tests.analytic.visits import chances_of_days
from tests.reference.models import channel, delay, model, n, out, stage
from tests.reference.record import Record

SIZE = 2_000


@pytest.mark.parametrize("age", [0, 12, 45])
def test_open_leads_continue_from_their_age(sample: Sample, age: int) -> None:
    """Two outcomes of different speed and a share that stays: old leads are mostly those that never leave."""
    built = model(
        [
            stage(
                "deal",
                out("won", 0.5, delay("gamma", mean=14, shape=2)),
                out("lost", 0.3, delay("lognormal", median=9, sigma=1.0)),
                stays=n(0.2),
            )
        ],
        [channel("one", "deal", 0.001)],
        days=70,
        period="week",
        opening=(OpeningStock("deal", "one", "all", 40, age),),
    )
    won = 0.5 * chances_of_days(stats.gamma(2, scale=7).cdf, SIZE)
    lost = 0.3 * chances_of_days(stats.lognorm(s=1, scale=9).cdf, SIZE)
    left = 1 - won[: age + 1].sum() - lost[: age + 1].sum()
    arrays = sample(built, 5_000, 91)
    labels = Record(built).labels["edge"]
    weeks = Record(built).period_of_day
    for name, distribution in (("won", won), ("lost", lost)):
        by_day = distribution[age + 1 : age + 71] / left
        chance = np.array([by_day[weeks == w].sum() for w in range(weeks.max() + 1)])
        found = arrays["moves"][:, :, labels.index(("deal", name))].sum((2, 3)).astype(float)
        often = 40 * chance * len(found) > LEAST_EVENTS
        assert often.any()
        new = 0.02  # leads that arrive meanwhile, and their spread, are far below the error
        assert_agrees(name, errors_of_mean(found, 40 * chance, 40 * chance * (1 - chance) + new)[often])
