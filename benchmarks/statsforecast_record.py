"""The models of statsforecast beside the baselines of a backtest: the same data, past errors, forecasts and scores."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from rpmsim import scores
from rpmsim.backtesting.known import Known
from rpmsim.backtesting.known_at import known_at
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.past_errors import earlier_origins, predictive_draws
from rpmsim.backtesting.targets import Target
from rpmsim.backtesting.work import BASELINE_DRAWS
from rpmsim.backtesting.worth import Measure, typical_deal
from rpmsim.history.history import History

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "statsforecast_baselines.py"
PYTHON = HERE.parent / "out" / "statsforecast" / "bin" / "python"
"""Of the environment that statsforecast.txt describes."""

Document = dict[str, Any]
Series = dict[str, np.ndarray]
Knowledge = dict[dt.date, Known]


def add(document: Document, history: History, targets: Collection[str], python: Path, kept: Path) -> str:
    """Add the models to the skills and the forecasts of a backtest's document.

    Expected totals become draws as those of other baselines do: by the errors of the same model at earlier origins.

    Parameters
    ----------
    document : dict
        Of :func:`rpmsim.backtest`; it is changed.
    history : History
        That of the backtest.
    targets : collection of str
        Names.
    python : path
        Of the environment with statsforecast.
    kept : path
        Folder where totals are kept for the next time.

    Returns
    -------
    str
        Version of statsforecast.
    """
    series, known = _known_then(document, history, targets)
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
    return str(found["version"])


def _known_then(document: Document, history: History, targets: Collection[str]) -> tuple[Series, Knowledge]:
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
    """Score a model that could be fitted at all origins, as :mod:`rpmsim.backtesting.scoring` does it."""
    rows = [row for row in document["forecasts"] if row["target"] == target and row["horizon"] == str(horizon)]
    then = [known[dt.date.fromisoformat(row["origin"])] for row in rows]
    if any(np.isnan(expected[of.last]) for of in then):
        return
    draws = np.array([_draws(target, horizon, model, expected, series, of) for of in then])
    actual, own = (np.array([row[key] for row in rows]) for key in ("actual", "crps"))
    (low, high), crps = scores.band(draws, 0.8), scores.crps(draws, actual)
    for i, row in enumerate(rows):
        row["baselines"][model] = {
            "mean": float(draws[i].mean()), "p10": float(low[i]), "p90": float(high[i]), "crps": float(crps[i]),
        }  # fmt: skip
    dates = np.array([row["origin"] for row in rows], dtype="datetime64[D]")
    rng = _random(document["seed"], model, target, horizon)
    found = scores.skill(own, crps, dates, -(-horizon // document["every"]), rng)
    document["targets"][target][str(horizon)]["skill"][model] = {
        **{key: value if np.isfinite(value) else None for key, value in found._asdict().items()},
        "crps": float(crps.mean()),
        "verdict": scores.skill_verdict(found.low, found.high, scores.effective_origins(dates, horizon)),
    }


def _draws(
    target: str, horizon: int, model: str, expected: dict[int, float], series: np.ndarray, known: Known
) -> np.ndarray:
    """Draws around a total, with the spread of the errors at earlier origins, and their bias where that helps."""
    earlier = earlier_origins(known.last, known.recorded, horizon)
    total = np.concatenate([[0.0], np.cumsum(series)])
    measure: Measure | None = target if target in ("wins", "bookings") else None  # type: ignore[assignment]
    return predictive_draws(
        expected[known.last],
        np.array([expected[int(day)] for day in earlier]),
        total[earlier + horizon + 1] - total[earlier + 1],
        horizon,
        typical_deal(known, measure),
        whole=target != "bookings",
        draws=BASELINE_DRAWS,
        rng=_random(model, target, horizon, known.last),
    )


def _random(*about: object) -> np.random.Generator:
    """A generator of its own for each forecast."""
    return np.random.default_rng(zlib.crc32(" ".join(map(str, about)).encode()))
