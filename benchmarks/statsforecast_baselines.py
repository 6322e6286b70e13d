"""AutoETS, AutoARIMA and Theta of statsforecast on daily totals: expected totals of the days after many days.

    python benchmarks/statsforecast_baselines.py < series.json > totals.json

Runs in an environment of its own (benchmarks/statsforecast.txt); benchmarks/track_record.py starts it. It reads

    {"horizons": [7, 14], "series": {NAME: {"values": [a total a day], "recorded": first day, "days": [days]}}}

and writes for each series, model and day the expected totals of the days 1 to each horizon after that day, at least 0,
from models with a season of seven days that are fitted to the days from `recorded` up to that day and to no later one.
A model that cannot be fitted gives null. Fits are shared: a day that is needed by several forecasts is fitted once.
"""

from __future__ import annotations

import json
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from statsforecast.models import AutoARIMA, AutoETS, Theta

SEASON = 7
PROCESSES = 2
MODELS = {"AutoETS": AutoETS, "AutoARIMA": AutoARIMA, "Theta": Theta}
"""With their defaults: AutoARIMA searches stepwise, and approximates the likelihood of long series only."""


def main() -> None:
    """Fit all models on all days."""
    task = json.load(sys.stdin)
    work = [(name, day) for name, about in task["series"].items() for day in about["days"]]
    totals: dict[str, dict[str, list[Any]]] = {name: {model: [] for model in MODELS} for name in task["series"]}
    with ProcessPoolExecutor(PROCESSES) as pool:
        samples = [task["series"][name]["values"][task["series"][name]["recorded"] : day + 1] for name, day in work]
        for (name, _), found in zip(work, pool.map(partial(_expected, task["horizons"]), samples), strict=True):
            for model, values in found.items():
                totals[name][model].append(values)
    json.dump({"version": version("statsforecast"), "totals": totals}, sys.stdout)


def _expected(horizons: list[int], sample: list[float]) -> dict[str, list[float] | None]:
    """Expected totals by model."""
    warnings.simplefilter("ignore")
    result: dict[str, list[float] | None] = {}
    for name, model in MODELS.items():
        try:
            ahead = model(season_length=SEASON).forecast(y=np.array(sample, dtype=np.float64), h=max(horizons))["mean"]
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError) as error:
            print(f"{name} on {len(sample)} days: {error}", file=sys.stderr)
            result[name] = None
            continue
        until = np.cumsum(ahead)[np.array(horizons) - 1]
        result[name] = np.maximum(until, 0.0).tolist() if np.isfinite(until).all() else None
    return result


if __name__ == "__main__":
    main()
