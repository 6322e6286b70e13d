"""Section 5: what the arrivals of a channel must be in the mean, and how they vary and move together."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from rpmsim.arrays import layout
from rpmsim.model.calendar import Calendar
from rpmsim.model.distributions import Distribution
from rpmsim.model.plan import Model
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, assert_distribution, errors_of_covariance, errors_of_mean
from tests.reference.features import FEATURES
from tests.reference.models import channel, days, model, n, out, stage
from tests.reference.record import Record


def come(built: Model, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Arrivals by replication, period and channel."""
    edges = [e for e, (source, _) in enumerate(Record(built).labels["edge"]) if source == "source"]
    return arrays["moves"][:, :, edges].sum((2, 4)).astype(float)


def into_a_stage(*channels: object, **more: object) -> Model:
    return model([stage("deal", out("won", 0.5, days(2)), out("lost", None, days(2)))], list(channels), **more)  # type: ignore[arg-type]


def test_a_rate_is_met_exactly_in_every_whole_unit(sample: Sample) -> None:
    """Whatever the weekdays and holidays do inside it, and up to factors that are stated besides."""
    week = (3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    closed = tuple(dt.date(2027, 1, 1) + dt.timedelta(d) for d in (0, 3, 4, 40))
    months = (2.0, 1.0, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1)
    options = {"weekday_pattern": week, "closed_on_holidays": True}
    table = tuple((dt.date(2027, m, 1), n(40 * m)) for m in range(1, 5))
    built = into_a_stage(
        channel("monthly", "deal", 90, "month", **options),
        channel("seasonal", "deal", 90, "month", month_pattern=months, change=n(0.5), **options),
        channel("quarterly", "deal", 300, "quarter"),
        dataclasses.replace(channel("listed", "deal", 0, **options), rate=None, by_month=table),
        days=120,
        calendar=Calendar((True,) * 5 + (False,) * 2, closed),
    )
    found = come(built, sample(built, 4_000, 71))
    factors = np.array(months[:4]) / (sum(months) / 12)
    lengths = np.array([31, 28, 31, 30])
    exact = np.stack(
        [np.full(4, 90.0), 45 * factors, np.append(300 * lengths[:3] / 90, 300 * 30 / 91), 40 * np.arange(1, 5)], 1
    )
    assert_agrees("means", errors_of_mean(found, exact, exact))
    assert_agrees("variances", errors_of_covariance(found, found, exact, exact + 2 * exact**2))


def test_a_week_has_its_rate(sample: Sample) -> None:
    built = into_a_stage(
        channel("weekly", "deal", 21, "week", weekday_pattern=(0.0, 1.0, 1.0, 5.0, 1.0, 1.0, 0.0)),
        as_of=dt.date(2027, 1, 3),
        days=35,
        period="week",
    )
    found = come(built, sample(built, 4_000, 72))
    assert_agrees("means", errors_of_mean(found, np.full((5, 1), 21.0), np.full((5, 1), 21.0)))


def test_trend_fades_month_by_month(sample: Sample) -> None:
    """Growth 20% damped by a half: the level tends to 1.4; a day is read on the line of its month."""
    built = into_a_stage(
        channel("growing", "deal", 5, "day", growth_per_month=n(0.2), damping=n(0.5)), days=150, period="week"
    )
    found = come(built, sample(built, 4_000, 73))[:, :, 0]
    months = np.arange(150) / (365.25 / 12)
    whole = np.floor(months).astype(int)
    level = 1 + 0.2 * (2 * (1 - 0.5**whole) + (months - whole) * 0.5**whole)
    weeks = Record(built).period_of_day
    exact = np.array([5 * level[weeks == w].sum() for w in range(found.shape[1])])
    assert_agrees("means", errors_of_mean(found, exact, exact))


def test_drift_and_dispersion_have_their_moments(sample: Sample) -> None:
    """Weekly counts: mean as without drift, variances and covariances of a log-normal AR(1) and a gamma mixture."""
    phi, shared = np.array([0.9, 1.0]), 0.7
    sigma, alpha = np.array([0.15, 0.2]), np.array([0.8, 0.0])
    built = into_a_stage(
        *(
            channel(
                f"c{i}",
                "deal",
                4,
                dispersion=n(alpha[i]),
                drift_sigma=n(sigma[i]),
                drift_phi=n(phi[i]),
                drift_shared=n(shared),
            )
            for i in range(2)
        ),
        as_of=dt.date(2027, 1, 3),
        days=42,
        period="week",
    )
    found = come(built, sample(built, 20_000, 74))
    mean = 28.0
    assert_agrees("means", errors_of_mean(found, np.full((6, 2), mean)))

    def level_covariance(i: int, j: int, v: int, w: int) -> float:
        """Of the log levels of channels i and j in weeks v <= w, counted from 1."""
        steps = sum(phi[i] ** (v - k) * phi[j] ** (w - k) for k in range(1, v + 1))
        return sigma[i] * sigma[j] * (1 if i == j else shared) * steps

    errors = []
    for i in range(2):
        for v in range(1, 7):
            square = math.exp(level_covariance(i, i, v, v))
            exact = mean + mean**2 * (square - 1) + alpha[i] * 7 * 4**2 * square
            errors.append(float(errors_of_covariance(found[:, v - 1, i], found[:, v - 1, i], np.array(exact))))
            for j, w in ((i, v + 2), (1 - i, v), (1 - i, v + 1)):
                if w <= 6:
                    exact = mean**2 * (math.exp(level_covariance(i, j, v, w)) - 1)
                    errors.append(float(errors_of_covariance(found[:, v - 1, i], found[:, w - 1, j], np.array(exact))))
    assert_agrees("covariances", np.array(errors))


def test_a_stated_level_fades_week_by_week(sample: Sample) -> None:
    """The mean of week w is the stated one times now ** phi ** w; variances are as from the stated level."""
    now, phi, sigma = np.array([1.6, 0.5, 1.6]), np.array([0.7, 1.0, 0.5]), np.array([0.2, 0.1, 0.0])
    built = into_a_stage(
        *(
            channel(f"c{i}", "deal", 4, drift_sigma=n(sigma[i]), drift_phi=n(phi[i]), drift_now=n(now[i]))
            for i in range(3)
        ),
        as_of=dt.date(2027, 1, 3),
        days=42,
        period="week",
    )
    found = come(built, sample(built, 20_000, 78))
    weeks = np.arange(1, 7)[:, None]
    mean = 28.0 * now ** (phi**weeks)
    assert_agrees("means", errors_of_mean(found, mean))
    variance = np.array(
        [[sum(phi[i] ** (2 * k) for k in range(w)) * sigma[i] ** 2 for i in range(3)] for w in weeks[:, 0]]
    )
    exact = mean + mean**2 * np.expm1(variance)
    errors = [errors_of_covariance(found[:, :, i], found[:, :, i], exact[:, i]) for i in range(3)]
    assert_agrees("variances", np.array(errors))


def test_a_day_inside_the_week_is_the_first_step(sample: Sample) -> None:
    """From a Wednesday on: the first step is taken at once, the next on Monday."""
    level = channel("c", "deal", 40, drift_phi=n(0.6), drift_now=n(2.0))
    built = into_a_stage(level, as_of=dt.date(2027, 1, 5), days=12, period="week")
    found = come(built, sample(built, 4_000, 79))[:, :, 0]
    exact = np.array([5 * 40 * 2**0.6, 7 * 40 * 2**0.36])
    assert_agrees("means", errors_of_mean(found, exact, exact))


SIZES = {
    "fixed": (Distribution("fixed", (("value", n(4)),)), {4: 1.0}),
    "listed": (Distribution("table", points=((1.0, 3.0), (2.4, 1.0), (30.0, 1.0))), {1: 0.6, 2: 0.2, 30: 0.2}),
    "gamma": (Distribution("gamma", (("mean", n(3)), ("sd", n(4)))), None),
    "lognormal": (Distribution("lognormal", (("median", n(5)), ("p90", n(12)))), None),
}


def chances_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of a batch and their chances, from the distributions of another library."""
    listed = SIZES[name][1]
    if listed is not None:
        return np.array(list(listed)), np.array(list(listed.values()))
    law = {
        "gamma": stats.gamma((3 / 4) ** 2, scale=16 / 3),
        "lognormal": stats.lognorm(math.log(2.4) / stats.norm.ppf(0.9), scale=5),
    }[name]
    sizes = np.arange(1, 20_000)
    at_most = law.cdf(sizes + 0.5)
    return sizes, np.diff(at_most, prepend=0.0)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("split", [512, 0])
def test_batches_keep_the_mean_and_widen_the_counts(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, name: str, split: int
) -> None:
    """Variance m E(S^2) / E(S) + alpha m^2 a day; without dispersion, the chance of no lead is that of no batch."""
    monkeypatch.setattr(layout, "SPLIT_ABOVE", split)
    sizes, chances = chances_of(name)
    first, second = float(sizes @ chances), float(sizes**2 @ chances)
    rate, alpha = 3.0, 0.5
    built = into_a_stage(
        channel("plain", "deal", rate, batch=SIZES[name][0]),
        channel("wide", "deal", rate, batch=SIZES[name][0], dispersion=n(alpha)),
        days=21,
        period="week",
        as_of=dt.date(2027, 1, 3),
    )
    found = come(built, sample(built, 20_000, 80))
    mean = np.full((3, 2), 7 * rate)
    variance = mean * second / first + np.array([0.0, 7 * alpha * rate**2])
    assert_agrees("means", errors_of_mean(found, mean, variance))
    assert_agrees("variances", errors_of_covariance(found, found, variance))
    nothing = math.exp(-7 * rate / first)
    rare = np.full(3, nothing * (1 - nothing))
    assert_agrees("weeks without a lead", errors_of_mean(found[:, :, 0] == 0, np.full(3, nothing), rare))


def test_sizes_of_batches_have_their_chances(sample: Sample) -> None:
    """Of a channel with few batches: the count of a day with leads is one batch, nearly always."""
    built = into_a_stage(
        channel("rare", "deal", 0.02 * 1.8, batch=Distribution("table", points=((1.0, 3.0), (2.0, 1.0), (4.0, 1.0)))),
        days=30,
        period="month",
    )
    found = come(built, sample(built, 40_000, 81))[:, 0, 0].astype(int)
    batches = stats.poisson(30 * 0.02)
    one = np.zeros(40)
    one[[1, 2, 4]] = [0.6, 0.2, 0.2]
    chances, several = np.zeros(40), np.zeros(40)
    several[0] = 1.0
    for count in range(12):
        chances += batches.pmf(count) * several
        several = np.convolve(several, one)[:40]
    assert_distribution("leads", found, chances[:20])


def test_spend_moves_leads_along_a_saturating_curve(sample: Sample) -> None:
    """Once carry-over has passed, leads follow the Hill curve: doubling at elasticity a half gives a third more."""
    built = FEATURES["spend"]()
    paid = built.content.channels[0]
    assert paid.spend is not None
    doubled = dataclasses.replace(paid.spend, per_month=n(40_000), by_month=(), carry_over=n(0.1))
    calm = dataclasses.replace(paid, name="calm", spend=dataclasses.replace(paid.spend, by_month=()))
    channels = (dataclasses.replace(paid, spend=doubled), calm)
    built = dataclasses.replace(built, content=dataclasses.replace(built.content, channels=channels))
    found = come(built, sample(built, 3_000, 75))
    assert_agrees("calm", errors_of_mean(found[:, :3, 1], np.full(3, 120.0)))
    assert_agrees("doubled", errors_of_mean(found[:, 1:3, 0], np.full(2, 160.0)))
