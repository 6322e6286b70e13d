"""A company whose wins wait for the end of the quarter: the calibration sees it, and forecasts its months right.

The history is made lead by lead by the plain simulator; forecasts are the engine's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import rpmsim
from rpmsim import metrics
from rpmsim.calibration import Calibration, calibrate
from rpmsim.generate import generate_history
from rpmsim.generate.history import SECONDS_PER_DAY
from rpmsim.generate.mess import cut
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export

AS_OF = dt.date(2026, 9, 30)
WINS, LOSSES = (0.6, 1.0, 1.4), (1.5, 0.75, 0.75)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SEEDS = range(3)


def scenario(wins: tuple[float, ...], losses: tuple[float, ...]) -> str:
    """Two years and three months of a company, of which the last three months are to be forecast."""
    months = [", ".join(f"{name}: {factors[i % 3]}" for i, name in enumerate(MONTHS)) for factors in (wins, losses)]
    return f"""
name: Quarters
as_of: 2024-09-30
until: 2026-12-31
calendar:
  clocks:
    closing: {{months: {{{months[0]}}}}}
    cleaning: {{months: {{{months[1]}}}}}
segments: {{all: {{amount: 1k}}}}
channels: {{web: {{leads: 15 per day, into: deal}}}}
stages:
  deal:
    kind: opportunity
    to:
      won: {{share: 40%, median: 40 days, p90: 90 days, clock: closing}}
      lost: {{share: rest, median: 50 days, p90: 140 days, clock: cleaning}}
opening: {{}}
"""


@dataclass(frozen=True)
class Forecast:
    """Wins of the three months after a calibration: as they came, shape (3,), and by replication, shape (n, 3)."""

    calibration: Calibration
    came: NDArray[np.int64]
    wins: NDArray[np.float64]


def forecast_of(seed: int, folder: Path) -> Forecast:
    """Make a company, calibrate what it knew on a day, and forecast the rest."""
    path = folder / "company.yaml"
    path.write_text(scenario(WINS, LOSSES), encoding="utf-8")
    model = rpmsim.load_scenario(path).model
    history = generate_history(model, seed)
    won = [visit.entered for record in history.records for visit in record.visits if visit.stage == "won"]
    days = [model.first_day + dt.timedelta(second // SECONDS_PER_DAY) for second in won]
    came = [sum((day.year, day.month) == (2026, month) for day in days) for month in (10, 11, 12)]
    cut(history, AS_OF, model.first_day)
    write_export(shape_of("events", history), folder, "csv")
    with rpmsim.open_history(folder / "history.yaml") as opened:
        calibration = calibrate(opened, accept=["all"], until=model.until, draws=200)
    calibration.write(folder / "model")
    result = rpmsim.simulate(rpmsim.load_scenario(folder / "model" / "model.yaml"), 400, seed=seed)
    return Forecast(calibration, np.array(came), metrics.wins(result).to_numpy())


@pytest.fixture(scope="module")
def forecasts(tmp_path_factory: pytest.TempPathFactory) -> list[Forecast]:
    return [forecast_of(seed, tmp_path_factory.mktemp("company")) for seed in SEEDS]


def test_both_outcomes_have_their_own_months(forecasts: list[Forecast]) -> None:
    for forecast in forecasts:
        (fit,) = forecast.calibration.fits
        clocks = {forecast.calibration.evidence.targets[cause.outcome]: cause.clock for cause in fit.causes}
        assert clocks["won"].quarter == pytest.approx(WINS, rel=0.15)
        assert clocks["lost"].quarter == pytest.approx(LOSSES, rel=0.15)
        document = forecast.calibration.document()
        assert set(document["stage_facts"][fit.rule.name]["clock"].values()) == {"quarter", "quarter_2"}
        assert any(finding["item"] == "months of the quarter" for finding in document["health"])


def test_months_are_forecast_right(forecasts: list[Forecast]) -> None:
    """What comes triples from the first to the last month of a quarter, and so do the forecasts."""
    came = np.array([forecast.came for forecast in forecasts])
    middle = np.array([np.median(forecast.wins, axis=0) for forecast in forecasts])
    assert came[:, 2].sum() > 2 * came[:, 0].sum()
    error = np.log(middle.sum(axis=0) / came.sum(axis=0))
    # Poisson counts of all companies, and factors that are known by some 5% in each.
    assert (np.abs(error) < 4 * np.sqrt(1 / came.sum(axis=0) + 0.05**2 / len(came))).all()
    low, high = np.quantile([forecast.wins for forecast in forecasts], [0.05, 0.95], axis=1)
    assert ((low <= came) & (came <= high)).sum() >= came.size - 3  # of nine, fewer than six with a chance of 0.8%
