"""Due dates on the way from a history to a model: found, decided, written, and simulated."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np

import rpmsim
from rpmsim.calibration.calibration import Calibration
from rpmsim.calibration.due_stages import dues_of
from rpmsim.calibration.fitting import calibrate
from rpmsim.calibration.gathering import gather
from rpmsim.history import open_history
from rpmsim.scenario import load_scenario
from tests.unit.calibration.booking_worlds import LOST, WON, both, far_ahead, world

FIRST, LAST = dt.date(2026, 1, 3), 400  # a Saturday, and then a Sunday
AS_OF = FIRST + dt.timedelta(LAST)
MAPPING = f"""\
as_of: {AS_OF}
stages: {{booking: {{kind: opportunity, to: [won, lost]}}}}
sources:
  b:
    file: bookings.csv
    shape: wide
    record: id
    created: booked
    amount: {{column: amount, known: created}}
    stages:
      booking: booked
      won: {{time: ended, where: {{state: in}}}}
      lost: {{time: ended, where: {{state: off}}}}
"""


def calibrated(folder: Path, line: str, **settings: int) -> Calibration:
    booked = world(np.random.default_rng(21), LAST + 100, 3.0, far_ahead)
    (folder / "bookings.csv").write_text(booked.csv(FIRST, LAST), encoding="utf-8")
    (folder / "history.yaml").write_text(MAPPING + f"    {line}\n", encoding="utf-8")
    with open_history(folder / "history.yaml") as history:
        return calibrate(history, draws=60, **settings)


def found(calibration: Calibration) -> list[tuple[str, str]]:
    return [(item.verdict, item.what) for item in calibration.findings if item.item == "due dates"]


def test_a_declared_date(tmp_path: Path) -> None:
    calibration = calibrated(tmp_path, "due: arrival")
    assert [verdict for verdict, _ in found(calibration)] == ["PASS"]
    fit = calibration.fits[0]
    assert fit.due is not None
    assert fit.pace is None
    with open_history(tmp_path / "history.yaml") as history:
        still = history.as_of().to_pandas("open").set_index("record")["due"]
    assert {row["id"]: row["due"] for row in calibration.open_rows} == {k: str(v)[:10] for k, v in still.items()}
    calibration.write(tmp_path)
    scenario = load_scenario(tmp_path / "model.yaml")
    won, lost = scenario.model.content.stages[0].outcomes
    assert won.offset is not None
    assert lost.offset is not None
    assert scenario.warnings == []
    with (tmp_path / "open.csv").open(encoding="utf-8") as file:
        assert all(row["due"] for row in csv.DictReader(file))


def test_an_attribute_of_dates_is_found_and_its_age_is_doubted(tmp_path: Path) -> None:
    """Without `known`, nothing says that arrivals are as old as the bookings: somebody should look."""
    exported = calibrated(tmp_path, "attributes: {arrival: arrival}")
    assert [verdict for verdict, _ in found(exported)] == ["PASS", "REVIEW"]
    assert "known from the export only" in found(exported)[1][1]
    stated = calibrated(tmp_path, "attributes: {arrival: {column: arrival, known: created}}")
    assert [verdict for verdict, _ in found(stated)] == ["PASS"]
    np.testing.assert_array_equal(stated.fits[0].hazards, exported.fits[0].hazards)


def test_a_date_that_is_declared_as_exported_is_not_used(tmp_path: Path) -> None:
    calibration = calibrated(tmp_path, "due: {column: arrival, known: export}")
    assert calibration.fits[0].due is None
    assert [verdict for verdict, _ in found(calibration)] == ["REVIEW"]
    assert all("due" not in row for row in calibration.open_rows)


def test_other_attributes_are_not_looked_at(tmp_path: Path) -> None:
    calibration = calibrated(tmp_path, "attributes: {state: state}")
    assert found(calibration) == []
    assert calibration.fits[0].due is None


def test_dates_of_an_earlier_day_are_those_known_then(tmp_path: Path) -> None:
    calibrated(tmp_path, "due: arrival")
    with open_history(tmp_path / "history.yaml") as history:
        evidence = gather(history.as_of(AS_OF - dt.timedelta(90)))
        assert evidence is not None
        (dues,) = dues_of(evidence)
        assert dues.known.max() <= evidence.last
        assert not dues.exported


def test_wins_and_cancellations_of_a_calibrated_history(tmp_path: Path) -> None:
    """The next four weeks and the next quarter, arrivals included, within their bands; and odds where ages matter."""
    booked = world(np.random.default_rng(33), LAST + 100, 5.0, both)
    (tmp_path / "bookings.csv").write_text(booked.csv(FIRST, LAST), encoding="utf-8")
    (tmp_path / "history.yaml").write_text(MAPPING + "    due: arrival\n", encoding="utf-8")
    with open_history(tmp_path / "history.yaml") as history:
        calibration = calibrate(history, draws=100, until=AS_OF + dt.timedelta(91))
    assert any(row["odds"] for row in calibration.open_rows)
    calibration.write(tmp_path)
    text = (tmp_path / "model.yaml").read_text(encoding="utf-8") + "report: {period: week}\n"
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    moves = rpmsim.simulate(load_scenario(tmp_path / "model.yaml"), 100, seed=1)["moves"].sum(["channel", "segment"])
    for outcome, name in ((WON, "won"), (LOST, "lost")):
        for days in (28, 91):
            counts = moves.sel(edge=f"booking->{name}").values[:, : days // 7].sum(axis=1)
            low, high = np.quantile(counts, [0.005, 0.995])
            assert low <= booked.count(outcome, LAST, days) <= high


def test_plug_in_has_one_set_of_hazards(tmp_path: Path) -> None:
    calibration = calibrated(tmp_path, "due: arrival", plug_in=True)
    assert calibration.fits[0].due is not None
    assert calibration.fits[0].hazards.std(axis=0).max() < 1e-12
