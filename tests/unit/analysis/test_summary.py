from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest

from rpmsim.analysis.summary import summary
from rpmsim.analysis.sums import Sums
from rpmsim.dataset import open_forecast, save
from rpmsim.model.plan import Target

D = dt.date
STATISTICS = {"mean", "sd", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "mc_error"}


@pytest.fixture(scope="module")
def forecast(make_forecast):
    return make_forecast(300)


def without_amounts(model):
    segments = tuple(dataclasses.replace(segment, amount=None) for segment in model.content.segments)
    return dataclasses.replace(model, content=dataclasses.replace(model.content, segments=segments))


def test_the_document_is_the_contracts(forecast):
    model, dataset, blocks = forecast
    document = summary(dataset, model, {"prepare_s": 0.5, "simulate_s": 1.5})
    json.dumps(document, allow_nan=False)
    assert document["scenario"] == "plan"
    assert (document["as_of"], document["until"]) == ("2026-12-31", "2027-12-31")
    assert (document["replications"], document["seed"], document["currency"]) == (300, 7, "EUR")
    assert document["timing"] == {"prepare_s": 0.5, "simulate_s": 1.5}
    for name in ("leads", "wins", "bookings"):
        metric = document["metrics"][name]
        assert set(metric["total"]) == STATISTICS
        assert [p["period"] for p in metric["periods"]] == [f"2027-{m:02d}" for m in range(1, 13)]
        assert all(set(p) == STATISTICS | {"period", "state", "first", "last"} for p in metric["periods"])
    assert document["metrics"]["bookings"]["unit"] == "EUR"
    booked = blocks["bookings"].sum(axis=(1, 2, 3)) / 100
    total = document["metrics"]["bookings"]["total"]
    assert total["mean"] == pytest.approx(booked.mean(), rel=1e-8)
    assert total["p10"] == pytest.approx(np.quantile(booked, 0.1), rel=1e-8)
    january = document["metrics"]["bookings"]["periods"][0]
    assert january["p90"] == pytest.approx(np.quantile(blocks["bookings"][:, 0].sum(axis=(1, 2)) / 100, 0.9), rel=1e-8)
    mql = document["stages"]["mql"]
    waited = blocks["wait_minutes"].sum(axis=1)[:, 2] / blocks["taken_up"].sum(axis=1)[:, 2] / 60
    assert mql["response_hours"]["total"]["mean"] == pytest.approx(waited.mean())
    assert mql["stock"]["total"]["mean"] == pytest.approx(blocks["stock"][:, -1, 2].sum(axis=(1, 2)).mean())
    assert "waiting" not in document["stages"]["won"]
    assert "within_sla" not in document["stages"]["opportunity"]
    assert set(document["roles"]["ae"]) == {"heads", "pay", "slot_days", "slot_days_used", "slot_utilisation"}
    assert document["worked_by"] == {"mql": ["sdr"], "opportunity": ["ae"]}
    assert document["busiest_role"]["role"] == "sdr"
    assert document["labels"]["stage"]["mql"] == "Qualified leads"


def test_targets_are_of_their_own_periods(forecast):
    model, dataset, blocks = forecast
    quarter, year, wins = summary(dataset, model)["targets"]
    first = blocks["bookings"][:, :3].sum(axis=(1, 2, 3)) / 100
    model = dataclasses.replace(
        model, targets=(dataclasses.replace(model.targets[0], value=float(np.median(first)) + 1.0),)
    )
    (entry,) = summary(dataset, model)["targets"]
    assert entry["probability"] == 0.5
    missed = entry["target"] - first[first < entry["target"]]
    assert entry["expected_miss"] == pytest.approx(missed.mean())
    assert (quarter["metric"], quarter["period"], quarter["state"]) == ("bookings", "2027-Q1", "whole")
    assert (year["probability"], year["expected_miss"]) == (1.0, None)
    assert wins["metric"] == "wins"


def test_targets_that_the_horizon_does_not_cover(make_forecast):
    targets = (
        Target("wins", "2027", D(2027, 1, 1), D(2027, 12, 31), 100.0),
        Target("wins", "2029", D(2029, 1, 1), D(2029, 12, 31), 100.0),
    )
    model, dataset, _ = make_forecast(20, until=D(2027, 6, 30), targets=targets)
    part, none = summary(dataset, model)["targets"]
    assert part["state"] == "partial"
    assert 0.0 <= part["probability"] <= 1.0
    assert (none["state"], none["probability"], none["mc_error"]) == ("outside", None, None)


def test_years_follow_the_scenarios_calendar(make_forecast):
    from rpmsim.model.calendar import Calendar

    model, dataset, _ = make_forecast(10, until=D(2028, 12, 31), targets=())
    spans = summary(dataset, model)["metrics"]["wins"]["spans"]
    assert [(s["period"], s["state"]) for s in spans] == [("2027", "whole"), ("2028", "whole")]
    fiscal = Calendar(fiscal_year_starts=2)
    model, dataset, _ = make_forecast(10, until=D(2028, 12, 31), targets=(), calendar=fiscal)
    spans = summary(dataset, model)["metrics"]["wins"]["spans"]
    assert [(s["period"], s["first"], s["last"]) for s in spans] == [("FY27", "2027-02-01", "2028-01-31")]


def test_without_amounts_bookings_are_not_reported(forecast):
    model, dataset, _ = forecast
    document = summary(dataset, without_amounts(model))
    assert {"bookings", "average_deal"}.isdisjoint(document["metrics"])
    assert "sourced_share" not in document["channels"]["web"]
    assert "wins" in document["metrics"]


def test_exact_numbers_make_replications_independent(make_forecast):
    model, dataset, _ = make_forecast(300)
    drawn = summary(dataset, model)["metrics"]["leads"]["total"]
    model, dataset, _ = make_forecast(300, layout={"parameters": ()})
    exact = summary(dataset, model)
    assert (exact["draws"], exact["ranged_numbers"]) == (0, 0)
    total = exact["metrics"]["leads"]["total"]
    assert total["mc_error"] == pytest.approx(total["sd"] / np.sqrt(300))
    assert drawn["mc_error"] > 1.5 * total["mc_error"]


def test_a_file_a_summary_and_one_replication(make_forecast, tmp_path):
    model, dataset, _ = make_forecast(40, until=D(2027, 4, 30))
    document = summary(dataset, model)
    save(dataset, tmp_path / "f.nc")
    with open_forecast(tmp_path / "f.nc") as stored:
        assert summary(stored, model) == document
    model, dataset, _ = make_forecast(1, until=D(2027, 4, 30))
    one = summary(dataset, model)
    json.dumps(one, allow_nan=False)
    assert one["metrics"]["wins"]["total"]["mc_error"] is None


def test_totals_only(make_forecast):
    model, dataset, _ = make_forecast(40)
    whole = summary(dataset, model)
    model, dataset, _ = make_forecast(40, layout={"keep": "summary"})
    small = summary(dataset, model)
    assert {name: set(metrics) for name, metrics in small["channels"].items()} == {
        name: {"spend"} for name in whole["channels"]
    }
    assert small["segments"] == small["groups"] == {}
    assert small["metrics"]["leads"] == whole["metrics"]["leads"]
    assert small["metrics"]["bookings"]["total"] == pytest.approx(whole["metrics"]["bookings"]["total"])
    assert small["stages"] == whole["stages"]


@pytest.mark.parametrize("keep", ["classes", "summary"])
def test_sums_gathered_while_it_is_simulated_are_those_of_the_forecast(make_forecast, keep):
    model, dataset, _ = make_forecast(40, layout={"keep": keep})
    expected = summary(dataset, model)
    sums = Sums()
    for rows in (slice(0, 16), slice(16, 32), slice(32, 40)):
        sums.see({name: array[rows].values for name, array in dataset.data_vars.items()}, dataset)
    without = dataset if keep == "summary" else dataset.assign(moves=dataset["moves"] * 0)
    assert summary(without, model, sums=sums) == expected


def test_sums_grow_with_the_forecast_and_beyond_32_bits(make_forecast):
    _, dataset, _ = make_forecast(40)
    small, big = ({name: array[:20].values for name, array in dataset.data_vars.items()} for _ in range(2))
    big["moves"] = np.full_like(big["moves"], 2**30)
    sums = Sums()
    sums.see(small, dataset.isel(replication=slice(20)))
    assert sums.totals(dataset.isel(replication=slice(20)))["moves"].dtype == np.int32
    sums.see(big, dataset)
    found = sums.totals(dataset)["moves"]
    np.testing.assert_array_equal(found[:20], dataset["moves"][:20].sum(["channel", "segment"]))
    assert (found[20:] == 2**30 * dataset.sizes["channel"] * dataset.sizes["segment"]).all()


def test_undefined_ratios_are_null_and_counted(make_forecast):
    model, dataset, _ = make_forecast(50, scale=0.02)
    periods = summary(dataset, model)["metrics"]["average_deal"]["periods"]
    assert any(p.get("undefined", 0) > 0 for p in periods)
    assert all(p["mean"] is not None for p in periods if p.get("undefined", 0) < 50)
    assert all(p["mean"] is None for p in periods if p.get("undefined", 0) == 50)
