"""Mean amounts of classes, against closed forms."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from rpmsim.arrays.compile import compile_model
from rpmsim.arrays.deal_values import values_on
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Band, Segment
from rpmsim.model.number import Number
from rpmsim.model.plan import Change, Model
from tests.reference.models import channel, days, distribution, model, n, out, stage

SIGMA = 0.8
LOGNORMAL = distribution("lognormal", median=100.0, sigma=SIGMA)
MEAN = 100.0 * math.exp(SIGMA**2 / 2)


def priced(amount: Amount | None, **more: object) -> Model:
    return model(
        [stage("deal", out("won", 0.4, days(10)), out("lost", None, days(7)), kind="opportunity",
               amount_here="bands" in more)],
        [channel("web", "deal", 1.0)],
        segments=[Segment("all", amount=amount)],
        **more,
    )  # fmt: skip


def values(made: Model, day: int = 0) -> np.ndarray:
    program = compile_model(made)
    return values_on(program.frame, program.middle, day)[0]


def test_the_mean_counts_the_term_and_is_nothing_without_amounts() -> None:
    assert values(priced(Amount(LOGNORMAL)))[0] == pytest.approx(MEAN, rel=1e-3)
    assert values(priced(Amount(LOGNORMAL, "year", n(36))))[0] == pytest.approx(3 * MEAN, rel=1e-3)
    assert values(priced(Amount(LOGNORMAL, "month", n(6))))[0] == pytest.approx(6 * MEAN, rel=1e-3)
    assert values(priced(None))[0] == 0.0


def test_prices_are_those_of_the_day_and_phased_in_along_a_straight_line() -> None:
    before = priced(Amount(LOGNORMAL))
    dearer = priced(Amount(distribution("lognormal", median=150.0, sigma=SIGMA))).content
    start = before.first_day + dt.timedelta(10)
    made = dataclasses.replace(before, changes=(Change("dearer", start, dearer, phase_days=20),))
    for day, factor in ((9, 1.0), (20, 1.25), (30, 1.5), (50, 1.5)):
        assert values(made, day)[0] == pytest.approx(factor * MEAN, rel=1e-3), day


def test_the_mean_inside_a_band_is_the_partial_expectation() -> None:
    bands = (Band("small", 100.0), Band("middle", 400.0), Band("large", None))
    made = priced(Amount(LOGNORMAL), bands=bands)
    found = dict(zip((lead.band for lead in compile_model(made).classes.leads), values(made), strict=True))

    def inside(low: float, high: float) -> float:
        # of ln X ~ N(ln 100, s): E[X; X < x] = mean x Phi((ln x - ln 100) / s - s)
        places = [
            (math.log(x / 100.0) / SIGMA if 0 < x < math.inf else math.copysign(math.inf, x - 1)) for x in (low, high)
        ]
        part = np.diff(stats.norm.cdf([place - SIGMA for place in places]))[0]
        return float(MEAN * part / np.diff(stats.norm.cdf(places))[0])

    assert found["small"] == pytest.approx(inside(0.0, 100.0), rel=2e-3)
    assert found["middle"] == pytest.approx(inside(100.0, 400.0), rel=2e-3)
    assert found["large"] == pytest.approx(inside(400.0, math.inf), rel=2e-3)
    assert found[""] == pytest.approx(MEAN, rel=1e-3)


def test_draws_have_their_own_means() -> None:
    from rpmsim.engine.block import drawn_in
    from rpmsim.engine.settings import Run

    ranged = Number(100.0, 60.0, 170.0, "positive", "amount")
    shape = Distribution("lognormal", (("median", ranged), ("sigma", n(SIGMA))))
    program = compile_model(priced(Amount(shape)))
    drawn = drawn_in(program, np.arange(3), Run())
    found = values_on(program.frame, program.tables(drawn), 0)[:, 0]
    expected = program.parameter_values(drawn)[:, 0] * math.exp(SIGMA**2 / 2)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
