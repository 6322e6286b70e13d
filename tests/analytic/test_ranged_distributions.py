"""In each draw of ranges a distribution has the median and the p90 of the draw, and `parameter_value` holds them."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.model.distributions import LEAST_SPREAD, Z_P90, Distribution, cdf, in_order, mean, quantile, shape_of
from rpmsim.model.number import Number
from rpmsim.scenario.load import load_scenario_text

DRAWS = 24

PLAN = """
as_of: 2026-12-31
until: 2027-02
segments:
  ranged: {{amount: {{median: 20k to 40k, p90: {p90}}}}}
channels: {{web: {{leads: 900 per day, into: lead}}}}
stages: {{lead: {{to: {{won: {{share: 100%}}}}}}}}
"""


def drawn(median: Number, p90: Number, family: str) -> tuple[np.ndarray, np.ndarray, Distribution]:
    """Values of both numbers in many draws, as a distribution uses them."""
    distribution = Distribution(family, (("median", median), ("p90", p90)))  # type: ignore[arg-type]
    z = np.random.default_rng(5).standard_normal((2, 400))
    value = in_order(lambda number: number.at(z[int(number.name == "p90")]), [distribution])
    return np.broadcast_to(value(median), 400), np.broadcast_to(value(p90), 400), distribution


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
@pytest.mark.parametrize(
    ("median", "p90"),
    [
        (Number(14, 10, 20, "positive", "median"), Number(40)),
        (Number(14, 10, 20, "positive", "median"), Number(45, 30, 60, "positive", "p90")),
        (Number(14), Number(45, 30, 60, "positive", "p90")),
        (Number(14, 6, 30, "positive", "median"), Number(20, 12, 40, "positive", "p90")),
        (Number(14), Number(17, 14.5, 25, "positive", "p90")),
    ],
)
def test_both_numbers_hold_in_each_draw(median: Number, p90: Number, family: str) -> None:
    middle, high, distribution = drawn(median, p90, family)
    given = {median: middle, p90: high}
    shape = shape_of(distribution, given.__getitem__)
    assert quantile(shape, np.full(400, 0.5)) == pytest.approx(middle, rel=1e-6)
    assert quantile(shape, np.full(400, 0.9)) == pytest.approx(high, rel=1e-6)
    assert cdf(shape, high) == pytest.approx(np.full(400, 0.9), abs=1e-6)
    assert (high >= middle * LEAST_SPREAD * (1 - 1e-12)).all()


def test_only_draws_that_are_upside_down_move() -> None:
    median, p90 = Number(14, 6, 30, "positive", "median"), Number(20, 12, 40, "positive", "p90")
    middle, high, _ = drawn(median, p90, "lognormal")
    z = np.random.default_rng(5).standard_normal((2, 400))
    as_drawn, top = median.at(z[0]), p90.at(z[1])
    upside_down = as_drawn > top / LEAST_SPREAD
    assert 20 < upside_down.sum() < 200
    assert (high == top).all()
    assert (middle[~upside_down] == as_drawn[~upside_down]).all()
    assert middle[upside_down] == pytest.approx(top[upside_down] / LEAST_SPREAD)


@pytest.mark.parametrize("p90", ["90k", "60k to 120k", "30k to 50k"])
def test_amounts_have_the_mean_of_what_parameter_value_states(p90: str) -> None:
    forecast = rpmsim.simulate(load_scenario_text(PLAN.format(p90=p90)), DRAWS, seed=3)
    values = forecast["parameter_value"].to_series().unstack()
    median = values["segments.ranged.amount.median"].to_numpy()
    high = values["segments.ranged.amount.p90"].to_numpy() if "to" in p90 else np.full(DRAWS, 90e3)
    assert (high > median).all()
    sigma = np.log(high / median) / Z_P90
    expected = median * np.exp(sigma**2 / 2)
    wins = forecast["moves"].sel(edge="lead->won").sum(["period", "channel", "segment"]).to_numpy()
    found = forecast["bookings"].sum(["period", "channel", "segment"]).to_numpy() / wins
    error = expected * np.sqrt(np.expm1(sigma**2) / wins)
    z = (found - expected) / np.maximum(error, expected * 1e-5)
    assert np.abs(z).max() < 4.2  # of 24 draws: once in 1,500 such tests
    assert found != pytest.approx(found.mean(), rel=0.02)


def test_a_number_of_two_distributions_has_one_value() -> None:
    median = Number(20, 10, 40, "positive", "median")
    distributions = [Distribution("lognormal", (("median", median), ("p90", Number(high)))) for high in (30.0, 25.0)]
    value = in_order(lambda number: number.at(2.5), distributions)
    assert value(median) == pytest.approx(25.0 / LEAST_SPREAD)
    assert float(mean(shape_of(distributions[1], value))) == pytest.approx(25.0, rel=2e-3)
    assert value(Number(30.0)) == 30.0
