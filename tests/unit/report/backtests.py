"""Documents of backtests, made up: what report code reads, from usual to absurd."""

from __future__ import annotations

import copy
import datetime as dt
import math
from typing import Any

import numpy as np

LONG = "channels.Enterprise renewals by partner and reseller, EMEA and APAC 2027.bookings"
SCRIPT = "channels.顧客獲得チャネル 二〇二七年度 改訂版 リード増加.wins"
HOSTILE = "channels.a|b <img src=x> `c` *d* [e](http://f) $g$\n# h\x1b[31m.wins"
BASELINES = (
    "naive", "seasonal naive", "drift", "damped exponential smoothing", "weighted pipeline, CRM rates",
    "weighted pipeline, own rates", "coverage ratio", "cohort average", "life table", "life table, last 56 days",
)  # fmt: skip
TARGETS = {"wins": 4.0, "bookings": 80_000.0, "leads": 30.0, "mql->sal": 12.0, "wins.open": 2.5}
"""Means of a week."""
QUANTILES = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
FIRST = dt.date(2027, 1, 4)


def backtest(
    *,
    origins: int = 24,
    horizons: tuple[str, ...] = ("7", "14", "28", "15-28"),
    targets: dict[str, float] | None = None,
    baselines: tuple[str, ...] = BASELINES,
    every: int = 7,
    spread: float = 1.0,
    **other: Any,
) -> dict[str, Any]:
    """A document whose bands are ``spread`` times as wide as they should be; ``other`` replaces entries."""
    rng = np.random.default_rng(20270104)
    levels = TARGETS if targets is None else targets
    forecasts: list[dict[str, Any]] = []
    scored: dict[str, dict[str, Any]] = {}
    for name, level in levels.items():
        unit = "EUR" if name.endswith("bookings") else "leads" if name == "leads" else "deals"
        scored[name] = {}
        for horizon in horizons:
            own = _forecasts(rng, name, level, horizon, origins, every, spread)
            scored[name][horizon] = _scores(rng, own, unit, horizon, every, () if "-" in horizon else baselines)
            forecasts += own
    document: dict[str, Any] = {
        "history": "Acme CRM",
        "currency": "EUR",
        "first_origin": FIRST.isoformat(),
        "last_origin": _day(every * (origins - 1)),
        "until": _day(every * (origins - 1) + 28),
        "horizons": [int(horizon) for horizon in horizons if "-" not in horizon],
        "every": every,
        "replications": 1000,
        "seed": 1,
        "plug_in": False,
        "version": "0.1.0",
        "targets": scored,
        "forecasts": forecasts,
    }
    return document | other


def _forecasts(
    rng: np.random.Generator, name: str, level: float, horizon: str, origins: int, every: int, spread: float
) -> list[dict[str, Any]]:
    """Gamma-Poisson outcomes, or gamma ones of amounts, and the quantiles of 201 draws."""
    first, last = _ends(horizon)
    rows = []
    for i in range(origins):
        mean = level * (last - first + 1) / 7 * (1 + 0.3 * np.sin(i / 5))
        draws = _outcomes(rng, mean, 202, amounts=level > 1000)
        actual, draws = draws[0], mean + spread * (draws[1:] - mean)
        below, same = float((draws < actual).mean()), float((draws == actual).mean())
        quantiles = dict(zip(QUANTILES, np.quantile(draws, list(QUANTILES.values())).tolist(), strict=True))
        rows.append(
            {
                "origin": _day(every * i),
                "target": name,
                "horizon": horizon,
                **quantiles,
                "mean": float(draws.mean()),
                "actual": float(actual),
                "crps": float(np.abs(draws - actual).mean() - np.sort(draws) @ np.arange(-200, 201, 2) / 201**2),
                "pit": below + float(rng.random()) * same,
                "chance": float((draws >= 1.1 * mean).mean()),
                "reached": bool(actual >= 1.1 * mean),
                "baselines": {"naive": {"mean": mean, "p10": 0.5 * mean, "p90": 2 * mean, "crps": 0.3 * mean}},
            }
        )
    return rows


def _outcomes(rng: np.random.Generator, mean: float, count: int, amounts: bool) -> Any:
    rates = rng.gamma(16.0, mean / 16.0, count)
    return rates if amounts else rng.poisson(rates).astype(float)


def _scores(
    rng: np.random.Generator,
    rows: list[dict[str, Any]],
    unit: str,
    horizon: str,
    every: int,
    baselines: tuple[str, ...],
) -> dict[str, Any]:
    columns = {
        key: np.array([row[key] for row in rows], float) for key in (*QUANTILES, "mean", "actual", "crps", "pit")
    }
    actual, count = columns["actual"], len(rows)
    bands = {"50": ("p25", "p75"), "80": ("p10", "p90"), "90": ("p05", "p95")}
    held = {key: (columns[a] <= actual) & (actual <= columns[b]) for key, (a, b) in bands.items()}
    first, last = _ends(horizon)
    effective = max(count * every // max(last - first + 1, every), 1)
    share = float(held["80"].mean())
    half = 1.645 * math.sqrt(share * (1 - share) / effective + 0.02 / effective)
    low, high = max(share - half, 0.0), min(share + half, 1.0)
    crps = float(columns["crps"].mean())
    total = float(actual.sum())
    return {
        "unit": unit,
        "origins": count,
        "effective_origins": effective,
        "crps": crps,
        "pinball": {key[1:]: 0.1 * crps for key in QUANTILES},
        "coverage": {key: float(values.mean()) for key, values in held.items()},
        "inside": {key: int(values.sum()) for key, values in held.items()},
        "width": {key: float((columns[b] - columns[a]).mean()) for key, (a, b) in bands.items()},
        "coverage_interval": {"80": {"low": low, "high": high}},
        "bias": float(columns["mean"].sum() / total - 1) if total else None,
        "wape": float(np.abs(columns["mean"] - actual).sum() / total) if total else None,
        "pit": _pit(columns["pit"], effective),
        "reach": {
            "brier": 0.15,
            "brier_climate": 0.21,
            "reliability": [{"forecast": 0.12, "observed": 0.1, "n": 10}, {"forecast": 0.4, "observed": 0.5, "n": 14}],
        },
        "skill": {name: _skill(rng, i, crps) for i, name in enumerate(baselines)},
        "conformal": None,
        "combination": None,
        "verdict": "too narrow" if high < 0.8 else "too wide" if low > 0.8 else
                   "bands hold" if high - low < 0.2 else "cannot tell",
    }  # fmt: skip


def _pit(values: Any, effective: int) -> dict[str, Any]:
    at = np.linspace(0, 1, 21)
    half = 1.36 * np.sqrt(at * (1 - at) * 2.6 / effective)
    low, high = np.maximum(at - half, 0), np.minimum(at + half, 1)
    share = (values[:, None] <= at).mean(axis=0)
    return {
        "values": values.tolist(),
        "at": at.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "inside": bool(((low <= share) & (share <= high)).all()),
    }


def _skill(rng: np.random.Generator, i: int, crps: float) -> dict[str, Any]:
    value = 0.5 - 0.05 * i + float(rng.normal(0, 0.05))
    half = 0.12 + 0.02 * i
    verdict = "better" if value > half else "worse" if value < -half else "cannot tell"
    return {"value": value, "low": value - half, "high": value + half, "crps": crps / (1 - value), "verdict": verdict}


def _ends(horizon: str) -> tuple[int, int]:
    first, _, last = horizon.rpartition("-")
    return int(first or 1), int(last)


def _day(days: int) -> str:
    return (FIRST + dt.timedelta(days)).isoformat()


def emptied(document: Any) -> Any:
    """The document with null in the place of every number of its targets and forecasts."""

    def empty(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inner if key in ("origin", "target", "horizon", "unit") else empty(inner)
                    for key, inner in value.items()}  # fmt: skip
        return [empty(inner) for inner in value] if isinstance(value, list) else None

    document = copy.deepcopy(document)
    return document | {key: empty(document[key]) for key in ("targets", "forecasts")}


def with_holes(document: Any) -> Any:
    """The document with null in the place of every fifth number, and of some whole entries."""
    places = iter(range(10**9))

    def holed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            nothing = key in ("pit", "reach", "coverage_interval", "width", "skill") and next(places) % 4 == 0
            return None if nothing else {inner: holed(own, inner) for inner, own in value.items()}
        if isinstance(value, list):
            return [holed(own) for own in value]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return None if number and next(places) % 5 == 0 else value

    document = copy.deepcopy(document)
    return document | {key: holed(document[key]) for key in ("targets", "forecasts")}


FEWER = ("7", "28", "15-28")
CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "narrow": {"spread": 0.3},
    "wide": {"spread": 3.0, "origins": 100},
    "one_origin": {"horizons": FEWER, "origins": 1},
    "two_origins": {"horizons": FEWER, "origins": 2},
    "one_horizon": {"horizons": ("28",)},
    "one_period": {"horizons": ("15-28",)},
    "many_horizons": {
        "horizons": ("7", "14", "21", "28", "56", "91", "8-14", "15-28", "29-56", "57-91"),
        "origins": 30,
    },
    "one_target": {"targets": {"wins": 4.0}},
    "two_targets": {"horizons": FEWER, "targets": {"wins": 4.0, "leads": 30.0}},
    "no_main_target": {"horizons": FEWER, "targets": {"mql->sal": 12.0, "stages.Demo.wait_hours": 30.0}},
    "many_origins": {
        "horizons": FEWER,
        "origins": 200,
        "every": 3,
        "targets": {"wins": 4.0, "bookings": 8e4, "leads": 30.0},
    },
    "many_targets": {"targets": TARGETS | {f"channels.Channel {i}.wins": 1.0 for i in range(55)}, "horizons": ("28",)},
    "long": {
        "horizons": FEWER,
        "targets": {"wins": 4.0, LONG: 9e4, f"{LONG} b": 9e4},
        "baselines": (LONG, f"{LONG} b"),
        "history": LONG,
    },
    "script": {"horizons": FEWER, "targets": {"wins": 4.0, SCRIPT: 3.0}, "baselines": (SCRIPT,), "history": SCRIPT},
    "hostile": {
        "horizons": FEWER,
        "targets": {"wins": 4.0, HOSTILE: 3.0},
        "baselines": (HOSTILE, "b"),
        "history": HOSTILE,
    },
    "no_baselines": {"horizons": FEWER, "baselines": ()},
    "many_baselines": {"horizons": FEWER, "baselines": tuple(f"life table of the last {i} days" for i in range(1, 31))},
    "huge": {"horizons": FEWER, "targets": {"wins": 5e8, "bookings": 7e13, "leads": 4e9}},
    "tiny": {"horizons": FEWER, "targets": {"wins": 0.02, "bookings": 0.5, "leads": 0.1}},
    "zeros": {"horizons": FEWER, "targets": {"wins": 0.0, "bookings": 0.0, "leads": 0.0}},
    "plug_in": {"plug_in": True},
    "nothing": {"targets": {}},
}
"""Options of :func:`backtest` by what they are."""
DOCUMENTS: dict[str, Any] = {
    **{name: lambda options=options: backtest(**options) for name, options in CASES.items()},
    "all_null": lambda: emptied(backtest()),
    "holes": lambda: with_holes(backtest()),
    "holes_of_one": lambda: with_holes(backtest(origins=1, horizons=FEWER)),
}
"""What makes each document."""
