"""A backtest as a whole: what came is counted right, nothing from later is used, and finished forecasts are kept."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rpmsim
from rpmsim.backtesting import record, work
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.store import Forecast, Store
from rpmsim.backtesting.targets import Target, targets_of
from rpmsim.errors import Diagnostic, InputError
from rpmsim.report.backtest_text import backtest_text
from tests.unit.backtesting.small import AS_OF, DAYS, FIRST, MAPPING, Row, rows_of, write

START = FIRST + dt.timedelta(120)
STAGES = ("lead", "offer", "won", "lost")
FEW: dict[str, Any] = {"horizons": [7, 14], "every": 14, "start": START, "replications": 100, "accept": ["all"]}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return rows_of()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Path:
    return write(tmp_path_factory.mktemp("history"), rows)


@pytest.fixture(scope="module")
def document(history: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return rpmsim.backtest(history, **FEW, jobs=1, folder=tmp_path_factory.mktemp("kept")).document


def came(rows: list[Row], stage: str, origin: dt.date, first: int, last: int, **where: str) -> list[Row]:
    """Events of a stage on the days from ``first`` to ``last`` after an origin."""
    low, high = (origin + dt.timedelta(day) for day in (first, last))
    return [
        row
        for row in rows
        if row["stage"] == stage
        and str(low) <= row["time"][:10] <= str(high)
        and all(row[key] == value for key, value in where.items())
    ]


def actual(document: dict[str, Any], target: str, horizon: str) -> dict[dt.date, float]:
    return {
        dt.date.fromisoformat(row["origin"]): row["actual"]
        for row in document["forecasts"]
        if (row["target"], row["horizon"]) == (target, horizon)
    }


def test_what_came_is_counted_in_every_span(document: dict[str, Any], rows: list[Row]) -> None:
    begun = {row["id"]: row["time"][:10] for row in rows if row["stage"] == "lead"}
    spans = {"7": (1, 7), "14": (1, 14), "8-14": (8, 14)}
    for horizon, (first, last) in spans.items():
        found = actual(document, "wins", horizon)
        assert list(found) == [START + dt.timedelta(14 * i) for i in range(len(found))]
        assert len(found) == (DAYS - 120 - last - 1) // 14 + 1
        for origin, value in found.items():
            won = came(rows, "won", origin, first, last)
            assert value == len(won)
            assert actual(document, "bookings", horizon)[origin] == pytest.approx(sum(float(w["amount"]) for w in won))
            assert actual(document, "leads", horizon)[origin] == len(came(rows, "lead", origin, first, last))
            assert actual(document, "offer->lost", horizon)[origin] == len(
                [r for r in came(rows, "lost", origin, first, last) if offered(rows, r["id"])]
            )
            assert actual(document, "channels.fair.wins", horizon)[origin] == len(
                came(rows, "won", origin, first, last, channel="fair")
            )
            opened = [row for row in won if begun[row["id"]] <= str(origin)]
            assert actual(document, "wins.open", horizon)[origin] == len(opened)
            assert actual(document, "wins.new", horizon)[origin] == len(won) - len(opened)


def offered(rows: list[Row], record: str) -> bool:
    return any(row["id"] == record and row["stage"] == "offer" for row in rows)


def test_forecasts_are_about_what_comes(document: dict[str, Any]) -> None:
    for target in ("wins", "bookings", "leads", "wins.open", "channels.web.leads"):
        scores = document["targets"][target]["14"]
        assert abs(scores["bias"]) < 0.35
        assert scores["origins"] == 5
        assert scores["effective_origins"] == 5
        assert scores["coverage"]["90"] >= 0.6
    assert set(document["targets"]["wins"]["14"]["skill"]) >= {"naive", "coverage ratio", "life table, all history"}
    assert document["targets"]["wins"]["8-14"]["skill"] == {}
    json.dumps(document, allow_nan=False)


def test_the_parts_make_the_whole(history: Path, tmp_path: Path) -> None:
    with rpmsim.open_history(history) as opened:
        whole = Observed.of(opened.as_of())
        assert whole is not None
        settings, store = Settings((7, 14), replications=50), Store(tmp_path, "key")
        work.work(opened, START, settings, list(targets_of(whole.evidence)), store)
    found = store.read(START)
    assert found is not None
    np.testing.assert_array_equal(found.draws["wins.open"] + found.draws["wins.new"], found.draws["wins"])
    assert (found.draws["wins.new"] >= 0).all()
    assert found.draws["wins.open"].any()
    by_channel = sum(found.draws[f"channels.{name}.bookings"] for name in ("web", "fair"))
    np.testing.assert_allclose(by_channel, found.draws["bookings"])
    assert (np.diff(found.draws["bookings"], axis=1) >= 0).all()


def test_the_future_changes_no_forecast(history: Path, rows: list[Row], tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    end = str(START + dt.timedelta(1))
    noise = [
        {
            "id": f"r{rng.integers(1, 900)}" if rng.random() < 0.5 else f"x{i}",
            "stage": str(rng.choice(["lead", "offer", "won", "lost"])),
            "channel": str(rng.choice(["web", "fair", "moon"])),
            "amount": str(rng.integers(1, 10**6)),
            "time": f"{START + dt.timedelta(int(rng.integers(1, DAYS - 120)))} 10:00",
        }
        for i in range(400)
    ]
    past = [row for row in rows if row["time"] < end]
    poisoned = write(tmp_path / "poisoned", past + sorted(noise, key=lambda row: row["time"]))
    found = []
    for path in (history, poisoned):
        store = Store(tmp_path / path.parent.name, "key")
        with rpmsim.open_history(path) as opened:
            targets = [Target("wins"), Target("bookings"), Target("leads"), Target("moves", ("offer", "lost")),
                       Target("wins", kind="channels", member="web"), Target("wins", part="open"),
                       Target("wins", part="new")]  # fmt: skip
            for back in (0, 21):
                origin = START - dt.timedelta(back)
                work.work(opened, origin, Settings((7, 28), replications=60), targets, store)
                found.append(store.path(origin).read_bytes())
    assert found[0] == found[2]
    assert found[1] == found[3]


def test_an_interrupted_backtest_goes_on_and_processes_change_nothing(
    history: Path, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def stop(finished: int, count: int, _: str) -> None:
        done.append(finished)
        if finished == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rpmsim.backtest(history, **FEW, jobs=1, folder=tmp_path, progress=stop)
    assert done == [0, 1, 2]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("origins/*/*.npz")}
    assert len(kept) == 2
    assert rpmsim.backtest(history, **FEW, jobs=2, folder=tmp_path).document == document
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    monkeypatch.setattr(record, "work_on_all", None)  # all is there: nothing is forecast again
    assert rpmsim.backtest(history, **FEW, folder=tmp_path).document == document


def test_a_history_that_is_open_finds_what_was_kept(
    history: Path, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rpmsim.open_history(history) as opened:
        assert rpmsim.backtest(opened, **FEW, jobs=1, folder=tmp_path).document == document
        monkeypatch.setattr(record, "work_on_all", None)
        assert rpmsim.backtest(opened, **FEW, folder=tmp_path).document == document
    assert rpmsim.backtest(history, **FEW, folder=tmp_path).document == document


def test_forecasts_of_another_history_or_with_other_settings_are_not_taken(history: Path, tmp_path: Path) -> None:
    keys = []
    for path, settings in (
        (history, Settings()),
        (history, Settings(plug_in=True)),
        (history, Settings(targets=("wins",), every=3)),
        (write(tmp_path / "other", rows_of()[:-1]), Settings()),
    ):
        with rpmsim.open_history(path) as opened:
            keys.append(record.key_of(opened, settings))
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"nothing"])
def test_a_damaged_file_is_no_forecast(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path, "0123456789abcdef")
    store.write(
        START, Forecast({"wins": np.ones((3, 2))}, {"wins": {"naive": np.zeros((2, 2))}}, {"a": [["web", "x"]]})
    )
    found = store.read(START)
    assert found is not None
    assert found.members == {"a": [("web", "x")]}
    np.testing.assert_array_equal(found.baselines["wins"]["naive"], np.zeros((2, 2)))
    store.path(START).write_bytes(damage)
    assert store.read(START) is None
    other = Store(tmp_path, "fedcba9876543210")
    other.write(START, Forecast({}, {}, {}, "why"))
    (tmp_path / "notes").mkdir()
    other.remove_others()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fedcba9876543210", "notes"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targets": ["wnis"]}, "wins"),
        ({"start": FIRST - dt.timedelta(1)}, "before the first record"),
        ({"start": AS_OF}, "choose a smaller horizon, or an earlier first day"),
        ({"start": None, "horizons": [180]}, "choose a smaller horizon"),
    ],
)
def test_what_cannot_be_done_is_said(history: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        rpmsim.backtest(history, **{**FEW, **changed}, jobs=1)


def test_only_what_is_asked_for_is_scored(history: Path, document: dict[str, Any], tmp_path: Path) -> None:
    found = rpmsim.backtest(history, **FEW, targets=["channels.web.wins", "wins"], jobs=1, folder=tmp_path).document
    assert list(found["targets"]) == ["channels.web.wins", "wins"]
    assert found["targets"]["wins"] == document["targets"]["wins"]


def test_draws_of_a_target_do_not_depend_on_the_others(history: Path, tmp_path: Path) -> None:
    few, more = [Target("leads")], [Target("wins"), Target("bookings"), Target("leads")]
    found = []
    for targets in (few, more):
        store = Store(tmp_path / str(len(targets)), "key")
        with rpmsim.open_history(history) as opened:
            work.work(opened, START, Settings((7,), replications=20), targets, store)
        kept = store.read(START)
        assert kept is not None
        found.append(kept)
    for name, draws in found[0].baselines["leads"].items():
        np.testing.assert_array_equal(draws, found[1].baselines["leads"][name])
    np.testing.assert_array_equal(found[0].draws["leads"], found[1].draws["leads"])


def test_a_model_without_a_way_to_win_forecasts_none(history: Path, tmp_path: Path) -> None:
    store = Store(tmp_path, "key")
    with rpmsim.open_history(history) as opened:
        work.work(opened, FIRST + dt.timedelta(2), Settings((7,), replications=20), [Target("wins")], store)
    found = store.read(FIRST + dt.timedelta(2))
    assert found is not None
    assert not found.draws["wins"].any()


def test_days_without_a_forecast_are_named_and_the_others_scored(
    history: Path, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = START + dt.timedelta(14)
    made = work.forecast

    def forecast(history: Any, origin: dt.date, *rest: Any, **options: Any) -> Any:
        if origin == START:
            raise InputError([Diagnostic("history.yaml", None, None, "stages", "is empty", "")])
        if origin == second:
            raise ValueError("shapes")
        return made(history, origin, *rest, **options)

    monkeypatch.setattr(work, "forecast", forecast)
    found = rpmsim.backtest(history, **FEW, jobs=1, folder=tmp_path).document
    assert found["not_forecast"] == {
        str(START): "stages: is empty",
        str(second): "a bug in rpmsim, not an error in the history: ValueError: shapes",
    }
    assert found["origins"] == document["origins"] - 2
    assert found["targets"]["wins"]["7"]["origins"] == document["targets"]["wins"]["7"]["origins"] - 2
    text = " ".join(backtest_text(found).split())
    assert f"No forecast from {START}: stages: is empty." in text


def wide(folder: Path, rows: list[Row]) -> Path:
    """The same history as a table of the last day, which does not say since when it knew an amount."""
    table: dict[str, Row] = {}
    for row in rows:
        record = table.setdefault(row["id"], {key: row[key] for key in ("id", "channel", "amount")})
        record |= {"stage": row["stage"], row["stage"]: row["time"]}
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "channel", "amount", "stage", *STAGES], restval="")
        writer.writeheader()
        writer.writerows(table.values())
    head = MAPPING[: MAPPING.index("sources:")]
    stages = ", ".join(f"{stage}: {stage}" for stage in STAGES)
    source = "{file: log.csv, shape: wide, record: id, channel: channel, amount: amount, current: stage, stages: {%s}}"
    path = folder / "history.yaml"
    path.write_text(f"{head}sources:\n  log: {source % stages}\n", encoding="utf-8")
    return path


def test_bookings_are_not_forecast_as_0_where_no_amount_was_known(rows: list[Row], tmp_path: Path) -> None:
    history = wide(tmp_path, rows)
    options = {**FEW, "start": AS_OF - dt.timedelta(20), "jobs": 1}
    found = rpmsim.backtest(history, **options).document
    assert {"wins", "leads"} <= set(found["targets"])
    assert not [name for name in found["targets"] if "bookings" in name]
    assert not found["not_forecast"]
    assert set(found["not_scored"]) == {"bookings"}
    text = " ".join(backtest_text(found).split())
    assert "No forecast of bookings: no amount was known on any of these days." in text
    with pytest.raises(InputError, match="bookings cannot be forecast"):
        rpmsim.backtest(history, **options, targets=["bookings"])


@pytest.mark.parametrize(
    ("raised", "wanted", "said"),
    [
        (ValueError("shapes"), RuntimeError, "no forecast from 1 days: a bug in rpmsim.*shapes"),
        (InputError([Diagnostic("a", None, None, "stages", "is empty", "")]), InputError, "nothing can be forecast"),
    ],
)
def test_a_record_without_a_forecast_is_none(
    history: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, wanted: type[Exception], said: str
) -> None:
    def forecast(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(work, "forecast", forecast)
    with pytest.raises(wanted, match=said):
        rpmsim.backtest(history, **{**FEW, "start": AS_OF - dt.timedelta(10)}, jobs=1)
