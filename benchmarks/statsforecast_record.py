"""The models of statsforecast beside the other baselines of a backtest: totals of their environment to scored draws."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.more_baselines import Knowledge, Series, measure_of, random_of, rows_of, score, score_uncorrected
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.past_errors import earlier_origins, predictive_draws
from rpmsim.backtesting.work import BASELINE_DRAWS
from rpmsim.backtesting.worth import typical_deal

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "statsforecast_baselines.py"
PYTHON = HERE.parent / "out" / "statsforecast" / "bin" / "python"
"""Of the environment that statsforecast.txt describes."""

Document = dict[str, Any]


def add(document: Document, series: Series, known: Knowledge, python: Path, kept: Path) -> str:
    """Add the models to the skills and the forecasts of a backtest's document.

    Expected totals become draws as those of other baselines do: by the errors of the same model at earlier origins, or
    uncorrected.

    Parameters
    ----------
    document : dict
        Of :func:`rpmsim.backtest`; it is changed.
    series, known
        Daily totals by target, and what was known at each origin.
    python : path
        Of the environment with statsforecast.
    kept : path
        Folder where totals are kept for the next time.

    Returns
    -------
    str
        Version of statsforecast.
    """
    recorded = {of.recorded for of in known.values()}
    if len(recorded) > 1:
        sys.exit("the first recorded day is not the same at all origins: fits cannot be shared")
    horizons = document["horizons"]
    days = sorted({int(day) for of in known.values() for h in horizons for day in _fitted(of, h)})
    task = {name: {"values": of.tolist(), "recorded": min(recorded), "days": days} for name, of in series.items()}
    found = _totals({"horizons": horizons, "series": task}, python, kept)
    for name, values in series.items():
        for model, rows in found["totals"][name].items():
            means = np.array([row if row is not None else [np.nan] * len(horizons) for row in rows])
            for column, horizon in enumerate(horizons):
                expected = dict(zip(days, means[:, column].tolist(), strict=True))
                _score(document, name, horizon, model, expected, values, known)
                now = {origin: expected[of.last] for origin, of in known.items()}
                score_uncorrected(document, name, horizon, model, now, known)
    return str(found["version"])


def _fitted(known: Known, horizon: int) -> np.ndarray:
    """The origin and the earlier ones."""
    return np.append(earlier_origins(known.last, known.recorded, horizon), known.last)


def _totals(task: Document, python: Path, kept: Path) -> Document:
    """What the models expect, from an earlier run if that was of the same days and programs."""
    text = json.dumps(task)
    program = PROGRAM.read_bytes() + (HERE / "statsforecast.txt").read_bytes()
    file = kept / f"{hashlib.sha256(text.encode() + program).hexdigest()[:16]}.json"
    if not file.exists():
        done = subprocess.run([python, PROGRAM], input=text, stdout=subprocess.PIPE, text=True, check=True)
        kept.mkdir(parents=True, exist_ok=True)
        file.write_text(done.stdout, encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8"))


def _score(
    document: Document,
    target: str,
    horizon: int,
    model: str,
    expected: dict[int, float],
    series: np.ndarray,
    known: Knowledge,
) -> None:
    """Score a model that could be fitted at all origins."""
    of = [known[dt.date.fromisoformat(row["origin"])] for row in rows_of(document, target, horizon)]
    if not any(np.isnan(expected[then.last]) for then in of):
        draws = [
            _draws(target, horizon, expected, series, then, random_of(model, target, horizon, then.last)) for then in of
        ]
        score(document, target, horizon, model, np.array(draws))


def _draws(
    target: str, horizon: int, expected: dict[int, float], series: np.ndarray, known: Known, rng: np.random.Generator
) -> np.ndarray:
    """Draws around a total, with the bias and spread of the errors at earlier origins."""
    earlier = earlier_origins(known.last, known.recorded, horizon)
    total = np.concatenate([[0.0], np.cumsum(series)])
    return predictive_draws(
        expected[known.last],
        np.array([expected[int(day)] for day in earlier]),
        total[earlier + horizon + 1] - total[earlier + 1],
        horizon,
        typical_deal(known, measure_of(target)),
        whole=target != "bookings",
        draws=BASELINE_DRAWS,
        rng=rng,
    )
