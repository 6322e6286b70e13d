"""Histories like the shipped sample: what is identified lies inside its 95% interval as often as it should.

`scenarios/sample_history` is one draw of `scenarios/enterprise.yaml` with the usual mess. One history has too few
numbers to judge intervals by, so the same generator makes more, with other seeds. Looked at is what the scenario states
as a plain number. Not identified from 11 months of this export are: times of losses (the mess moves their dates to the
end of the month), what nurture leads to (120 days and more), shares that people's load, size or an action plan change,
times of stages that wait for an AE, and levels with a season or growth.
"""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim import metrics
from rpmsim.calibration import Calibration, calibrate
from rpmsim.generate import generate_history
from rpmsim.generate.mess import USUAL, cut, make_mess
from rpmsim.generate.shapes import shape_of
from rpmsim.generate.write import write_export

TOP = Path(__file__).parents[2]
AS_OF = dt.date(2027, 12, 31)
SEEDS = range(7, 13)
WEEKS_PER_MONTH = 365.25 / 12 / 7

SHARES = {
    "meeting to discovery": {"outbound": 0.26, "partner": 0.50, "inbound": 0.40, "events": 0.36},
    "contract to won": {"": 0.65},
}
MEDIAN_DAYS = {"engaged to meeting": 12.0, "meeting to discovery": 14.0, "meeting to nurture": 30.0}
NORDICS = {"inbound": 0.40, "events": 0.50, "outbound": 0.40, "partner": 0.60}
HOURS = {"median": 4.0, "p90": 20.0}
LEADS_PER_WEEK = {"partner": 14.0 / WEEKS_PER_MONTH}


def calibration_of(seed: int, folder: Path) -> Calibration:
    """Of an export as `rpmsim generate scenarios/enterprise.yaml --mess usual --as-of 2027-12-31` writes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rpmsim.ScenarioWarning)
        model = rpmsim.load_scenario(TOP / "scenarios" / "enterprise.yaml").model
    history = generate_history(model, seed)
    make_mess(history, USUAL, seed)
    cut(history, AS_OF, model.first_day)
    write_export(shape_of("events", history), folder, "csv")
    with rpmsim.open_history(folder / "history.yaml") as opened:
        return calibrate(opened, accept=["all"], draws=400)


def compared(calibration: Calibration) -> dict[str, tuple[float, np.ndarray]]:
    """The truth and the draws of each number."""
    values: dict[str, np.ndarray] = dict(calibration.values)
    result: dict[str, tuple[float, np.ndarray]] = {}
    for fit in calibration.fits:
        for j, cause in enumerate(fit.causes):
            move = f"{fit.rule.name} to {calibration.evidence.targets[cause.outcome]}"
            values[move] = fit.shares[:, j]
            if move in MEDIAN_DAYS:
                result[f"{move}, days"] = MEDIAN_DAYS[move], fit.median_days()[:, j]
    for move, by_class in SHARES.items():
        stage, outcome = move.split(" to ")
        for name, truth in by_class.items():
            found = of_class(calibration, f"stages.{stage}.to.{outcome}.share.", name)
            result[f"{move}, {name}"] = truth, values[move] if found is None else found
    for channel, truth in NORDICS.items():
        path = f"channels.{channel}.mix."
        nordics = values.get(f"{path}nordics")
        result[f"{path}nordics"] = truth, 1.0 - values[f"{path}dach"] if nordics is None else nordics
    for name, truth in HOURS.items():
        if (drawn := values.get(f"stages.engaged.response.time.{name}")) is not None:  # only if a queue is seen
            result[f"response {name}"] = truth, drawn
    for channel, truth in LEADS_PER_WEEK.items():
        result[f"leads of {channel}"] = truth, values[f"channels.{channel}.leads"]
    return result


pytestmark = pytest.mark.filterwarnings("ignore::rpmsim.ScenarioWarning")


def of_class(calibration: Calibration, path: str, name: str) -> np.ndarray | None:
    """Draws of the share of a class, whatever other classes are distinguished beside it: weighted by their records."""
    paths = [p for p in calibration.values if p.startswith(path) and name in p.removeprefix(path).split(".")]
    if not name or not paths:
        return None
    weights = np.array([calibration.records[p] for p in paths], dtype=float)
    return np.average([calibration.values[p] for p in paths], axis=0, weights=weights)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bool]]:
    """Whether the 95% interval holds the truth, by number and seed."""
    result: dict[str, list[bool]] = {}
    for seed in SEEDS:
        for name, (truth, drawn) in compared(calibration_of(seed, tmp_path_factory.mktemp("export"))).items():
            low, high = np.quantile(drawn, (0.025, 0.975))
            result.setdefault(name, []).append(bool(low <= truth <= high))
    return result


def test_intervals_hold_the_truth_as_often_as_they_should(held: dict[str, list[bool]]) -> None:
    every = np.concatenate([np.array(of, dtype=float) for of in held.values()])
    error = np.sqrt(0.95 * 0.05 / len(every))
    assert len(every) >= 80
    assert abs(every.mean() - 0.95) < 3 * error, {name: of for name, of in held.items() if not all(of)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The calibrated sample."""
    folder = tmp_path_factory.mktemp("model")
    with rpmsim.open_history(TOP / "scenarios" / "sample_history" / "history.yaml") as opened:
        calibrate(opened, accept=["bulk edits"], draws=50, until=dt.date(2028, 12, 31)).write(folder)
    return folder / "model.yaml"


@pytest.mark.parametrize("stage_to", ["engaged.to.meeting", "discovery.to.solution", "solution.to.contract"])
def test_a_plan_changes_one_share_in_one_line(stage_to: str, model: Path) -> None:
    plan = model.with_name("plan.yaml")
    plan.write_text(f"extends: model.yaml\nname: Plan\nstages.{stage_to}.share: odds x1.3\n", encoding="utf-8")
    wins = [float(metrics.wins.total(rpmsim.simulate(str(path), 50, seed=1)).mean()) for path in (model, plan)]
    assert wins[1] > wins[0]


def test_no_number_is_missed_again_and_again(held: dict[str, list[bool]]) -> None:
    # four misses of six have a chance of 1 in 11,000 at 95%
    assert [name for name, of in held.items() if sum(of) < len(of) - 3] == []
