"""Baselines beside those of a backtest, on the same forecasts: the same ones uncorrected, and those of others."""

from __future__ import annotations

import datetime as dt
import sys
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np

from benchmarks.track_record_words import UNCORRECTED
from rpmsim import scores
from rpmsim.backtesting.baselines import baseline_means
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.known_at import known_at
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.past_errors import predictive_draws
from rpmsim.backtesting.targets import Target
from rpmsim.backtesting.work import BASELINE_DRAWS
from rpmsim.backtesting.worth import Measure, typical_deal
from rpmsim.history.history import History

Document = dict[str, Any]
Series = dict[str, np.ndarray]
Knowledge = dict[dt.date, Known]


def known_then(document: Document, history: History, targets: Collection[str]) -> tuple[Series, Knowledge]:
    """Daily totals of each target, and what was known at each origin.

    The totals are those of the whole history, of which a forecast may use the days up to its origin: the program ends
    if they were not then what they are now.
    """
    whole = Observed.of(history.as_of())
    assert whole is not None
    series = {name: whole.daily(Target(name)) for name in targets}  # type: ignore[arg-type]
    known = {}
    for text in sorted({row["origin"] for row in document["forecasts"]}):
        origin = dt.date.fromisoformat(text)
        then = Observed.of(history.as_of(origin))
        assert then is not None
        known[origin] = known_at(then, origin)
        for name, values in series.items():
            until = known[origin].last + 1
            if not np.array_equal(then.daily(Target(name))[:until], values[:until]):  # type: ignore[arg-type]
                sys.exit(f"{name} up to {origin} were not known then as they are now")
    return series, known


def measure_of(target: str) -> Measure | None:
    """What baselines of the pipeline count for a target."""
    return target if target in ("wins", "bookings") else None  # type: ignore[return-value]


def random_of(*about: object) -> np.random.Generator:
    """A generator of its own for each forecast."""
    return np.random.default_rng(zlib.crc32(" ".join(map(str, about)).encode()))


def uncorrected(now: float, target: str, horizon: int, known: Known, rng: np.random.Generator) -> np.ndarray:
    """Draws around an expected total as it is: no past errors correct it, and theory alone gives the spread."""
    return predictive_draws(
        now, np.empty(0), np.empty(0), horizon, typical_deal(known, measure_of(target)),
        whole=target != "bookings", draws=BASELINE_DRAWS, rng=rng,
    )  # fmt: skip


def add_uncorrected(document: Document, series: Series, known: Knowledge) -> None:
    """Score the backtest's own baselines without correction."""
    horizons = np.array(document["horizons"])
    for target, values in series.items():
        means = {
            origin: baseline_means(values[: of.last + 1], of, measure_of(target), np.array([of.last]), horizons)
            for origin, of in known.items()
        }
        for column, horizon in enumerate(document["horizons"]):
            for name in next(iter(means.values())):
                expected = {origin: float(of[name][0, column]) for origin, of in means.items() if name in of}
                score_uncorrected(document, target, horizon, name, expected, known)


def score_uncorrected(
    document: Document, target: str, horizon: int, name: str, expected: dict[dt.date, float], known: Knowledge
) -> None:
    """Score expected totals by origin as they are, if there is one for each forecast."""
    dates = [dt.date.fromisoformat(row["origin"]) for row in rows_of(document, target, horizon)]
    if all(np.isfinite(expected.get(origin, np.nan)) for origin in dates):
        draws = [
            uncorrected(expected[origin], target, horizon, known[origin], random_of(name, target, horizon, origin))
            for origin in dates
        ]
        score(document, target, horizon, name + UNCORRECTED, np.array(draws))


def rows_of(document: Document, target: str, horizon: int) -> list[Document]:
    """Forecasts of a target and horizon, by origin."""
    return [row for row in document["forecasts"] if row["target"] == target and row["horizon"] == str(horizon)]


def score(document: Document, target: str, horizon: int, name: str, draws: np.ndarray) -> None:
    """Add a baseline, of which there are draws for each forecast, as :mod:`rpmsim.backtesting.scoring` does it."""
    rows = rows_of(document, target, horizon)
    actual = np.array([row["actual"] for row in rows])
    low, high = scores.band(draws, 0.8)
    crps = scores.crps(draws, actual)
    for i, row in enumerate(rows):
        row["baselines"][name] = {
            "mean": float(draws[i].mean()), "p10": float(low[i]), "p90": float(high[i]), "crps": float(crps[i]),
        }  # fmt: skip
    times = np.array([row["origin"] for row in rows], dtype="datetime64[D]")
    own = np.array([row["crps"] for row in rows])
    rng = random_of(document["seed"], name, target, horizon)
    found = scores.skill(own, crps, times, -(-horizon // document["every"]), rng)
    document["targets"][target][str(horizon)]["skill"][name] = {
        **{key: value if np.isfinite(value) else None for key, value in found._asdict().items()},
        "crps": float(crps.mean()),
        "verdict": scores.skill_verdict(found.low, found.high, scores.effective_origins(times, horizon)),
    }
