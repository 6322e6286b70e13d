"""The tables of measured times are those of the stored results."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks import track_record_page
from rpmsim.backtesting.baselines import BASELINES

TOP = Path(__file__).parents[2]
STORED = TOP / "benchmarks" / "results"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return json.loads((STORED / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    sys.path.insert(0, str(TOP / "benchmarks"))
    try:
        import tables
    finally:
        sys.path.remove(str(TOP / "benchmarks"))
    return tables


def test_readme_holds_the_table_of_the_stored_results(tables: ModuleType, results: dict[str, Any]) -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    assert tables.with_table(readme, results) == readme


def test_page_is_that_of_the_stored_results(tables: ModuleType, results: dict[str, Any]) -> None:
    assert (STORED / "results.md").read_text(encoding="utf-8") == tables.page(results)


def test_what_was_timed_was_compared_first(results: dict[str, Any]) -> None:
    assert set(results["times"]) == set(results["agreement"])
    assert {"rpmsim", "SimPy", "Ciw", "NumPy", "Numba loop"} <= set(results["times"])


def test_results_come_from_a_whole_run(results: dict[str, Any]) -> None:
    assert not results["quick"]


def test_the_page_of_calibrations_holds_the_stored_recovery() -> None:
    stored = json.loads((STORED / "recovery.json").read_text(encoding="utf-8"))
    inside, of = stored["inside"]["all parameters"]
    page = (TOP / "docs" / "background" / "calibration.md").read_text(encoding="utf-8")
    assert f"Over {stored['companies']} such companies, {inside} of {of} intervals of 95% hold the truth" in page
    assert f"{inside / of:.0%} of {of} intervals" in (TOP / "docs" / "recovery.svg").read_text(encoding="utf-8")
    assert abs(inside / of - 0.95) < 3 * (0.95 * 0.05 / of) ** 0.5


def test_the_page_of_the_error_budget_is_that_of_the_stored_results() -> None:
    from benchmarks import error_budget

    stored = json.loads((STORED / "error_budget.json").read_text(encoding="utf-8"))
    assert (STORED / "error_budget.md").read_text(encoding="utf-8") == error_budget.page(stored)
    for rows in stored.values():
        crps = {(row["horizon"], row["way"]): row["crps"] for row in rows}
        assert all(crps[horizon, "both"] < crps[horizon, "as a backtest"] for horizon in error_budget.HORIZONS)


def test_readme_has_the_error_budget() -> None:
    stored = json.loads((STORED / "error_budget.json").read_text(encoding="utf-8"))
    readme = " ".join((TOP / "README.md").read_text(encoding="utf-8").split())

    def off(history: str, way: str) -> str:
        crps = {row["way"]: row["crps"] for row in stored[history] if row["horizon"] == 28}
        return f"{1 - crps[way] / crps['as a backtest']:.0%}"

    arrivals, stages = off("bpic2012", "arrivals"), off("bpic2012", "shares and times")
    assert f"would take {arrivals} off the CRPS of wins over 28 days, and shares and times {stages};" in readme
    arrivals, stages = off("olist", "arrivals"), off("olist", "shares and times")
    assert f"on olist, arrivals {arrivals}, and shares and times {stages}," in readme


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads((STORED / "track_record.json").read_text(encoding="utf-8"))


def test_track_record_is_that_of_the_stored_results(record: dict[str, Any]) -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    assert track_record_page.with_table(readme, record) == readme
    assert (STORED / "track_record.md").read_text(encoding="utf-8") == track_record_page.page(record)


def test_readme_says_which_aims_are_reached(record: dict[str, Any]) -> None:
    """Its sentences below the table, in the order of the text."""
    cells = {name: history["targets"] for name, history in record["histories"].items()}
    tables = ("naive", "life table, all history", "life table, last 56 days")
    for target in ("wins", "bookings"):
        assert min(cells["bpic2012"][target]["14"]["baselines"][name]["value"] for name in tables) >= 0.2
    assert cells["bpic2012"]["bookings"]["28"]["baselines"]["seasonal naive"]["value"] < 0
    assert cells["olist"]["wins"]["14"]["baselines"]["naive"]["value"] < 0
    last = cells["olist"]["wins"]["28"]
    assert f"{last['bias']:.0%}" == "-29%"
    assert abs(last["inside"]["80"] / last["origins"] - 0.5) < 0.05


def test_track_record_has_all_methods(record: dict[str, Any]) -> None:
    series = {"naive", "seasonal naive", "drift", "damped smoothing", "AutoETS", "AutoARIMA", "Theta"}
    for history in record["histories"].values():
        for target, cells in history["targets"].items():
            for cell in cells.values():
                expected = series if target == "leads" else series | set(BASELINES)
                assert set(cell["baselines"]) == expected


def test_track_record_holds_no_record(record: dict[str, Any]) -> None:
    """Its licence is not ours: scores only, no list that could be one of days or deals."""

    def lists(value: object) -> list[list[object]]:
        if isinstance(value, dict):
            return [found for item in value.values() for found in lists(item)]
        return [value] if isinstance(value, list) else []

    assert all(found == record["histories"]["olist"]["horizons"] for found in lists(record))
