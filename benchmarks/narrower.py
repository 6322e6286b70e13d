"""What uncertainty of parameters and of arrivals is worth: the same forecasts without one of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rpmsim import scores
from rpmsim.backtesting.forecast import model_at, totals
from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.targets import Target
from rpmsim.history.history import History
from rpmsim.model.number import Number

HORIZON = 28

Document = dict[str, Any]
Width = dict[str, float]


def poisson(document: Document, history: History, targets: tuple[str, ...], kept: Path) -> dict[str, Width]:
    """Bands of 28 days with Poisson arrivals, by target, beside those of a backtest.

    Every forecast is that of the backtest, with the same parameters, except for arrivals. It is kept as quantiles of
    the origin, under the backtest's key.
    """
    rows = {(row["origin"], row["target"]): row for row in document["forecasts"] if row["horizon"] == str(HORIZON)}
    found: dict[str, list[tuple[float, float]]] = {}
    for origin in sorted({origin for origin, _ in rows}):
        file = kept / f"{origin}.json"
        if not file.exists():
            kept.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(_bands(document, history, dt.date.fromisoformat(origin))), encoding="utf-8")
        for target, band in json.loads(file.read_text(encoding="utf-8")).items():
            found.setdefault(target, []).append(tuple(band))
    in_order = sorted(rows.items())
    return {name: _beside([row for (_, of), row in in_order if of == name], found[name]) for name in targets}


def plug_in(document: Document, other: Document, targets: tuple[str, ...]) -> dict[str, Width]:
    """Bands of 28 days of a backtest with best estimates in place of parameter draws, beside those with them."""

    def rows(of: Document, target: str) -> list[Document]:
        return [row for row in of["forecasts"] if row["target"] == target and row["horizon"] == str(HORIZON)]

    return {
        name: _beside(rows(document, name), [(row["p10"], row["p90"]) for row in rows(other, name)]) for name in targets
    }


def _beside(rows: list[Document], bands: list[tuple[float, float]]) -> Width:
    """Mean width of the 80% band relative to that of the backtest, and how many of them hold what came."""
    width = np.mean([high - low for low, high in bands]) / np.mean([row["p90"] - row["p10"] for row in rows])
    inside = sum(low <= row["actual"] <= high for row, (low, high) in zip(rows, bands, strict=True))
    return {"width": float(width), "inside": inside, "of": len(rows)}


def _bands(document: Document, history: History, origin: dt.date) -> dict[str, tuple[float, float]]:
    """The 80% band of each target: leads of a day vary no more than chance does, and weeks do not drift."""
    settings = Settings((HORIZON,), replications=document["replications"], seed=document["seed"])
    model = model_at(history, origin, settings)
    steady = {"dispersion": Number(0.0), "drift_sigma": Number(0.0)}
    channels = tuple(replace(channel, **steady) for channel in model.content.channels)
    model = replace(model, content=replace(model.content, channels=channels))
    targets = [Target("wins"), Target("bookings"), Target("leads")]
    found = totals(model, settings, targets, settings.replications, None)
    return {name: tuple(float(end) for end in scores.band(draws[:, 0], 0.8)) for name, draws in found.items()}
