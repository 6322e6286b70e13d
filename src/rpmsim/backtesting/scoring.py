"""What the record of a target says: how often bands held, how far off the middle was, and who was better."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim import scores
from rpmsim.backtesting.cases import Case
from rpmsim.backtesting.combination import combination
from rpmsim.backtesting.settings import Settings

F64 = NDArray[np.float64]

LEVELS = (50, 80, 90)
QUANTILES = (5, 10, 20, 25, 50, 75, 80, 90, 95)
REACHED = (0.8, 1.0, 1.2)
"""Targets of which the chance is judged, as parts of what came in as many days before the origin."""
BINS = 5


def scored(case: Case, settings: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores of a case, and one row for each forecast.

    Parameters
    ----------
    case : Case
    settings : Settings
        With the days between origins.

    Returns
    -------
    dict, list of dict
        Parts of the document that :func:`rpmsim.backtest` gives.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(f"{case.target.name} {case.horizon}".encode())])
    draws = _defined(case.draws)
    crps = scores.crps(draws, case.actual)
    places = scores.pit(draws, case.actual, rng)
    mean, quantiles = draws.mean(axis=1), np.quantile(draws, np.array(QUANTILES) / 100, axis=1)
    at = dict(zip(QUANTILES, quantiles, strict=True))
    effective = scores.effective_origins(case.dates, case.days)
    bands = {level: scores.band(draws, level / 100) for level in LEVELS}
    inside = {level: scores.covered(*band, case.actual) for level, band in bands.items()}
    count = len(case.origins)
    held = {level: float(of.sum()) for level, of in inside.items()}
    fair = {level: _inside(places, level) for level in LEVELS}
    block = max(1, -(-case.days // (settings.every or 1)))
    others = {name: _method(of, case.actual) for name, of in case.baselines.items()}
    skills = {name: _skill(crps, of["crps"], case, block, rng) for name, of in others.items()}
    document = {
        "unit": None,
        "origins": count,
        "effective_origins": effective,
        "crps": float(crps.mean()),
        "pinball": _pinball(quantiles.T, case.actual),
        "coverage": {str(level): held[level] / count for level in LEVELS},
        "inside": {str(level): int(held[level]) for level in LEVELS},
        "inside_by_pit": {str(level): int(fair[level]) for level in LEVELS},
        "width": {str(level): float((band[1] - band[0]).mean()) for level, band in bands.items()},
        "coverage_interval": {
            str(level): dict(
                zip(("low", "high"), scores.coverage_interval(fair[level] / count * effective, effective), strict=True)
            )
            for level in LEVELS
        },
        "bias": float(scores.bias(mean, case.actual)),
        "wape": float(scores.wape(at[50], case.actual)),
        "pit": _pit(places, effective),
        "reach": _reach(case, draws),
        "skill": skills,
        "conformal": _conformal(case, bands, settings) if settings.conformal else None,
        "combination": combination(case, block, effective, rng),
        "verdict": scores.bands_verdict(fair[80], count, effective, 0.8),
    }
    chance = np.where(np.isnan(case.before), np.nan, (draws >= case.before[:, None]).mean(axis=1))
    rows = [
        {
            "origin": str(origin),
            "target": case.target.name,
            "horizon": case.horizon,
            **{f"p{q:02d}": float(at[q][i]) for q in QUANTILES},
            "mean": float(mean[i]),
            "actual": float(case.actual[i]),
            "crps": float(crps[i]),
            "pit": float(places[i]),
            "before": float(case.before[i]),
            "chance": float(chance[i]),
            "reached": None if math.isnan(case.before[i]) else bool(case.actual[i] >= case.before[i]),
            "baselines": {
                name: {key: float(values[i]) for key, values in of.items()}
                for name, of in others.items()
                if np.isfinite(of["crps"][i])
            },
        }
        for i, origin in enumerate(case.origins)
    ]
    return document, rows


def _defined(draws: F64) -> F64:
    """Draws without those that are not defined (a wait in which nobody is taken up), the others in their place."""
    if np.isfinite(draws).all():
        return draws
    result = draws.copy()
    for row in result:
        known = row[np.isfinite(row)]
        row[:] = np.resize(known, len(row)) if len(known) else 0.0
    return result


def _inside(places: F64, level: int) -> float:
    """How many randomized PIT values are in the middle: as many as bands promise, however small the counts are.

    Both ends of a band belong to it, so that bands of small counts hold more often than they say.
    """
    return float((np.abs(places - 0.5) <= level / 200).sum())


def _pinball(quantiles: F64, actual: F64) -> dict[str, float]:
    found = scores.pinball(quantiles, np.array(QUANTILES) / 100, actual)
    found = found if found.ndim == 1 else found.mean(axis=0)
    return {f"{q:02d}": float(value) for q, value in zip(QUANTILES, found, strict=True)}


def _method(draws: F64, actual: F64) -> dict[str, F64]:
    """Mean, ends of the 80% band and CRPS of a baseline by origin; NaN at origins without draws."""
    known = np.isfinite(draws).all(axis=1)
    result = {name: np.full(len(actual), np.nan) for name in ("mean", "p10", "p90", "crps")}
    result["mean"][known] = draws[known].mean(axis=1)
    result["p10"][known], result["p90"][known] = scores.band(draws[known], 0.8)
    result["crps"][known] = scores.crps(draws[known], actual[known])
    return result


def _skill(crps: F64, other: F64, case: Case, block: int, rng: np.random.Generator) -> dict[str, Any]:
    """Skill at the origins that the baseline has."""
    known = np.isfinite(other)
    effective = scores.effective_origins(case.dates[known], case.days)
    found = scores.skill(crps, other, case.dates, block, rng)
    verdict = scores.skill_verdict(found.low, found.high, effective)
    return {**found._asdict(), "crps": float(other[known].mean()), "origins": int(known.sum()), "verdict": verdict}


def _pit(places: F64, effective: int) -> dict[str, Any]:
    band = scores.pit_band(max(effective, 1))
    return {
        "values": places.tolist(),
        "at": band.at.tolist(),
        "low": band.low.tolist(),
        "high": band.high.tolist(),
        "inside": band.holds(places),
    }


def _reach(case: Case, draws: F64) -> dict[str, Any] | None:
    """How good the chances of reaching a target were: as much as in as many days before, a fifth less, a fifth more."""
    known = case.before > 0  # where nothing came before, any number is as much
    if not known.any():
        return None
    targets = case.before[known, None] * np.array(REACHED)
    chance = (draws[known][:, :, None] >= targets[:, None, :]).mean(axis=1)
    happened = (case.actual[known, None] >= targets).astype(np.float64)
    climate = happened.mean(axis=0)
    return {
        "brier": float(scores.brier(chance, happened).mean()),
        "brier_climate": float((climate * (1 - climate)).mean()),
        "reliability": [row._asdict() for row in scores.reliability(chance, happened, BINS)],
    }


def _conformal(case: Case, bands: Mapping[int, tuple[F64, F64]], settings: Settings) -> dict[str, Any] | None:
    """How often bands held that were widened by the record before each origin."""
    days = case.dates
    result: dict[str, Any] = {"coverage": {}, "n": {}, "width": {}}
    for level, (low, high) in bands.items():
        held, widths = [], []
        for i, day in enumerate(days):
            past = days + np.timedelta64(case.last, "D") <= day
            separate = scores.effective_origins(days[past], case.days) if past.any() else 0
            amount = None
            if separate:
                amount = scores.conformal_stretch(
                    np.maximum(low[past], 0.0), np.maximum(high[past], 0.0), case.actual[past], level / 100, separate
                )
            if amount is not None:
                wide = scores.conformal_band(max(low[i], 0.0), max(high[i], 0.0), amount)
                held.append(float(scores.covered(*wide, case.actual[i])))
                widths.append(float(wide[1] - wide[0]))
        result["coverage"][str(level)] = float(np.mean(held)) if held else None
        result["width"][str(level)] = float(np.mean(widths)) if held else None
        result["n"][str(level)] = len(held)
    return result
