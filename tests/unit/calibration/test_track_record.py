"""The track record of a model, from a backtest that may be anything."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration import track_record as module
from rpmsim.calibration.track_record import Scored, check_records, read_backtest, scored_forecasts, track_record
from rpmsim.errors import InputError
from tests.unit.backtesting.small import FIRST, rows_of, write

D = dt.date
END = D(2027, 12, 31)


def row(**other: Any) -> dict[str, Any]:
    """A forecast of ten wins, which came."""
    usual = {"target": "wins", "horizon": "28", "origin": "2027-03-01", "p10": 6, "p90": 14.5, "actual": 10}
    return {"p05": 4, "p50": 10, "crps": 1.2, **usual, **other}


def document(*rows: Any, **other: Any) -> dict[str, Any]:
    return {"history": "crm", "plug_in": False, "targets": {}, "forecasts": list(rows), **other}


def refused(record: Any, **asked: Any) -> str:
    with pytest.raises(InputError) as caught:
        scored_forecasts(record, "crm", file="b.json", **asked)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.file == "b.json"
    assert "`rpmsim backtest`" in diagnostic.fix
    return f"{diagnostic.path}: {diagnostic.message}"


@pytest.mark.parametrize(("actual", "inside"), [(5.999, False), (6, True), (10, True), (14.5, True), (14.6, False)])
def test_both_ends_of_the_band_belong_to_it(actual: float, inside: bool) -> None:
    assert scored_forecasts(document(row(actual=actual)), "crm") == [Scored("wins", 28, D(2027, 3, 1), inside)]


def test_other_targets_periods_and_unknown_results_do_not_count() -> None:
    rows = [
        row(target="wins.open", p10="?"),
        row(target="stages.mql.wait_hours"),
        row(horizon="15-28"),
        *(row(origin=f"2027-03-0{i + 1}", **{key: None}) for i, key in enumerate(("p10", "p90", "actual"))),
    ]
    assert scored_forecasts(document(*rows), "crm") == []
    assert track_record([], END) == {}


def test_the_longest_horizon_that_was_over_by_then_is_stated() -> None:
    days = [D(2027, 1, 4) + dt.timedelta(7 * i) for i in range(20)]
    rows = [
        row(target=target, horizon=str(horizon), origin=str(day), actual=10 if i % 4 else 99)
        for target in ("leads", "wins")
        for horizon in (7, 28)
        for i, day in enumerate(days)
    ]
    rng = np.random.default_rng(1)
    scored = scored_forecasts(document(*(rows[i] for i in rng.permutation(len(rows)))), "crm")
    found = track_record(scored, END)
    assert list(found) == ["wins", "leads"]
    assert found["wins"] == {
        "days": 28, "forecasts": 20, "inside": 15, "separate": 5, "from": "2027-01-04", "to": "2027-05-17",
    }  # fmt: skip
    earlier = track_record(scored, days[3] + dt.timedelta(28))["wins"]
    assert (earlier["days"], earlier["forecasts"], earlier["inside"], earlier["separate"]) == (7, 7, 5, 7)
    few = track_record([one for one in scored if one.days == 28], days[3] + dt.timedelta(28))["wins"]
    assert (few["days"], few["forecasts"], few["inside"], few["separate"]) == (28, 4, 3, 1)
    assert (earlier["to"], few["to"]) == (str(days[6]), str(days[3]))
    before = track_record(scored, days[0] + dt.timedelta(27))["wins"]
    assert (before["days"], before["forecasts"], before["to"]) == (7, 3, str(days[2]))
    assert track_record(scored, days[0] + dt.timedelta(6)) == {}


def test_a_later_result_changes_nothing() -> None:
    as_of = D(2027, 4, 15)
    rows = [row(origin=str(D(2027, 1, 1) + dt.timedelta(3 * i))) for i in range(60)]
    noise = [
        one | {"actual": 1e9, "p10": None} if D.fromisoformat(one["origin"]) + dt.timedelta(28) > as_of else one
        for one in rows
    ]
    stated = [track_record(scored_forecasts(document(*some), "crm"), as_of) for some in (rows, noise)]
    assert stated[0] == stated[1]
    assert noise != rows


def test_spans_that_do_not_overlap_are_counted_as_by_trying_all_choices() -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        days = int(rng.integers(1, 9))
        origins = sorted(int(day) for day in rng.choice(30, int(rng.integers(1, 9)), replace=False))
        most = max(
            len(some)
            for size in range(1, len(origins) + 1)
            for some in itertools.combinations(origins, size)
            if all(b - a >= days for a, b in itertools.pairwise(some))
        )
        scored = [Scored("wins", days, D(2027, 1, 1) + dt.timedelta(day), True) for day in origins]
        assert track_record(scored, END)["wins"]["separate"] == most


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ([], ": is not the document of a backtest"),
        (None, ": is not the document of a backtest"),
        ({}, "history: is missing"),
        (document(history=None), "history: is null"),
        (document(history=["crm"]), "history: is a list"),
        (document(history="old crm" * 50), "history: this is a backtest of `old crmold"),
        (document(plug_in="no"), 'plug_in: is "no"'),
        ({"history": "crm"}, "forecasts: is missing"),
        (document(forecasts={}), "forecasts: is a map, not a list"),
        (document(row(), None), "forecasts.1: is not a forecast"),
        (document({}), "forecasts.0.target: is missing"),
        (document(row(target=5)), "forecasts.0.target: is 5"),
        (document(row(horizon=28)), "forecasts.0.horizon: is 28, not a text"),
        (document(row(horizon="0")), "forecasts.0.horizon: `0` is not from 1 to"),
        (document(row(horizon="9" * 5000)), "forecasts.0.horizon: `9999"),
        (document(row(origin=None)), "forecasts.0.origin: is null"),
        (document(row(origin="2027-02-30")), "forecasts.0.origin: `2027-02-30` is not a date"),
        (document(row(origin="9999-12-31")), "forecasts.0.origin: `9999-12-31` is not a date"),
        (document(row(p10="6")), 'forecasts.0.p10: is "6", not a finite number'),
        (document(row(p10=True)), "forecasts.0.p10: is true"),
        (document(row(p90=[14])), "forecasts.0.p90: is a list"),
        (document(row(actual=float("nan"))), "forecasts.0.actual: is nan"),
        (document(row(actual=float("inf"))), "forecasts.0.actual: is inf"),
        (document(row(actual=10**4000)), "forecasts.0.actual: is a huge number"),
        (document({k: v for k, v in row().items() if k != "actual"}), "forecasts.0.actual: is missing"),
        (document(row(p10=15)), "forecasts.0: p10, 15, is above p90, 14.5"),
        (document(row(), row(actual=3)), "forecasts.1: wins, 28 days ahead of 2027-03-01, appears twice"),
    ],
)  # fmt: skip
def test_what_is_no_backtest_of_this_history_is_refused(record: Any, said: str) -> None:
    message = refused(record)
    assert message.startswith(said)
    assert len(message) < 250


@pytest.mark.parametrize("fixed", [False, True])
def test_bands_of_draws_and_of_best_estimates_are_not_mixed(fixed: bool) -> None:
    assert len(scored_forecasts(document(row(), plug_in=fixed), "crm", fixed)) == 1
    assert "--plug-in" in refused(document(row(), plug_in=fixed), plug_in=not fixed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b'{"history": "crm", "forecasts": [', "is not JSON"),
        (b'{"history": "\xff"}', "is not JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": [-Infinity]}', "-Infinity is no number"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "is not JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "is nested too deeply"),
        (b'{"a":' * 200_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_not_json_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "backtest.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_backtest(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_file_of_any_size_or_kind_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "backtest.json"
    path.write_text(json.dumps(document(row(actual=1e9, p90=1e9))), encoding="utf-8")
    assert scored_forecasts(read_backtest(path), "crm")[0].inside
    monkeypatch.setattr(module, "LARGEST_FILE", 100)
    with pytest.raises(InputError, match="larger than 100 bytes; check that it is the right file"):
        read_backtest(path)
    for other in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError, match=other.name):
            read_backtest(other)


def test_a_record_of_another_history_of_the_same_name_is_refused(tmp_path: Path) -> None:
    day = str(FIRST + dt.timedelta(60))
    with rpmsim.open_history(write(tmp_path, rows_of())) as history:
        count = sum(row["stage"] == "lead" and row["time"][:10] <= day for row in rows_of())
        check_records({"records": {"by": day, "count": count}}, history)
        check_records({"records": {"by": day, "count": count + 3}}, history)
        check_records({}, history)
        for records in ({"by": day, "count": 2 * count}, {"by": day, "count": 0}):
            with pytest.raises(InputError, match="another history of this name"):
                check_records({"records": records}, history)
        for records in (3, {}, {"by": "soon", "count": 3}, {"by": day, "count": None}):
            with pytest.raises(InputError, match="records"):
                check_records({"records": records}, history)
