"""Channels, segments and groups by period, and their targets: sums inside replications, against the dataset itself."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from rpmsim.analysis import flow
from rpmsim.analysis.summary import summary
from rpmsim.model.plan import Actual, Target

D = dt.date


def grouped(model, *names):
    """The model with its segments in groups, in their order."""
    segments = tuple(
        dataclasses.replace(segment, group=name) for segment, name in zip(model.content.segments, names, strict=True)
    )
    return dataclasses.replace(model, content=dataclasses.replace(model.content, segments=segments))


def of_segment(dataset, name):
    """Bookings of a segment by replication and period."""
    return dataset["bookings"].sum("channel").sel(segment=name).values


def test_channels_and_segments_by_period_are_the_datasets(make_forecast):
    model, dataset, _ = make_forecast(60)
    document = summary(dataset, model)
    for of in ("channel", "segment"):
        assert list(document[f"{of}s"]) == dataset[of].values.tolist()
        leads, wins = (metric(dataset, [of]) for metric in (flow.leads, flow.wins))
        for name, metrics in document[f"{of}s"].items():
            for i, period in enumerate(metrics["leads"]["periods"]):
                values = leads.sel({of: name}).isel(period=i).values
                assert period["period"] == f"2027-{i + 1:02d}"
                assert period["p10"] == pytest.approx(np.quantile(values, 0.1), rel=1e-8)
            sums = [metric.sel({of: name}).sum("period").values for metric in (wins, leads)]
            ratio = np.divide(100.0 * sums[0], sums[1], out=np.full(60, np.nan), where=sums[1] > 0)
            assert metrics["leads_to_close"]["total"]["mean"] == pytest.approx(np.nanmean(ratio), rel=1e-8)
        of_all = sum(metrics["leads"]["total"]["mean"] for metrics in document[f"{of}s"].values())
        assert of_all == pytest.approx(document["metrics"]["leads"]["total"]["mean"])
    for metrics in document["channels"].values():
        spend = metrics["spend"]["total"]["mean"]
        assert spend == pytest.approx(sum(period["mean"] for period in metrics["spend"]["periods"]))
        assert {"cac_by_channel", "roi_channel", "sourced_share", "average_deal"} <= set(metrics)


def test_a_ratio_of_nothing_is_undefined_and_counted(make_forecast):
    model, dataset, _ = make_forecast(30, scale=0.0)
    smb = summary(dataset, model)["segments"][dataset["segment"].values[0]]
    assert smb["leads_to_close"]["total"] == {
        key: None for key in smb["leads_to_close"]["total"] if key != "undefined"
    } | {"undefined": 30}


def test_a_group_is_the_sum_of_its_segments_in_each_replication(make_forecast):
    model, dataset, _ = make_forecast(80)
    one = summary(dataset, grouped(model, "all", "all"))
    assert one["groups"]["all"]["bookings"]["total"]["p10"] == one["metrics"]["bookings"]["total"]["p10"]
    assert one["groups"]["all"]["leads"]["periods"][3]["p90"] == one["metrics"]["leads"]["periods"][3]["p90"]
    two = summary(dataset, grouped(model, "", "big ones"))
    last = dataset["segment"].values[-1]
    assert list(two["groups"]) == ["big ones"]
    assert two["groups"]["big ones"]["wins"] == two["segments"][last]["wins"]


def test_targets_of_classes_add_the_periods_of_each_replication(make_forecast):
    model, dataset, _ = make_forecast(200)
    first, last = dataset["segment"].values.tolist()
    quarter = of_segment(dataset, last)[:, 3:6].sum(axis=1)
    level = float(np.quantile(quarter, 0.3)) + 1.0
    channel = dataset["channel"].values[0]
    targets = (
        Target("bookings", "2027", D(2027, 1, 1), D(2027, 12, 31), level, "segment", last),
        Target("bookings", "2027-Q2", D(2027, 4, 1), D(2027, 6, 30), level, "segment", last),
        Target("leads", "2027-Q1", D(2027, 1, 1), D(2027, 3, 31), 1.0, "channel", channel),
        Target("wins", "2027", D(2027, 1, 1), D(2027, 12, 31), 1e9, "group", "both"),
    )
    model = dataclasses.replace(grouped(model, "both", "both"), class_targets=targets)
    found = summary(dataset, model)["class_targets"]
    assert [(t["name"], t["period"]) for t in found] == [
        (last, "2027-Q2"), (last, "2027"), (channel, "2027-Q1"), ("both", "2027")
    ]  # fmt: skip
    assert found[0]["probability"] == pytest.approx((quarter >= level).mean())
    assert found[0]["expected_miss"] == pytest.approx((level - quarter)[quarter < level].mean(), rel=1e-6)
    assert found[2]["probability"] == 1.0
    assert found[3]["probability"] == 0.0
    assert first not in {t["name"] for t in found}


def test_a_run_without_classes_says_so(make_forecast):
    model, dataset, _ = make_forecast(20, layout={"keep": "summary"})
    target = Target("wins", "2027", D(2027, 1, 1), D(2027, 12, 31), 5.0, "segment", model.content.segments[0].name)
    (found,) = summary(dataset, dataclasses.replace(model, class_targets=(target,)))["class_targets"]
    assert (found["state"], found["probability"]) == ("not kept", None)


def test_a_target_whose_period_has_begun_has_no_chance(make_forecast):
    model, dataset, _ = make_forecast(20, as_of=D(2027, 2, 10))
    name = model.content.segments[0].name
    targets = tuple(
        Target("wins", label, first, last, 1.0, "segment", name)
        for label, first, last in (
            ("2027-Q1", D(2027, 1, 1), D(2027, 3, 31)),
            ("2027-Q2", D(2027, 4, 1), D(2027, 6, 30)),
        )
    )
    actuals = (Actual("wins", "2027", D(2027, 1, 1), D(2027, 2, 10), 4.0),)
    found = summary(dataset, dataclasses.replace(model, class_targets=targets, actuals=actuals))["class_targets"]
    assert [(t["state"], t["probability"] is None) for t in found] == [("partial", True), ("whole", False)]


def test_the_total_with_actuals_is_the_sum_of_the_periods(make_forecast):
    model, dataset, _ = make_forecast(20, as_of=D(2027, 2, 10))
    actuals = tuple(
        Actual(metric, "2027-02", D(2027, 2, 1), D(2027, 2, 10), 40.0) for metric in ("leads", "wins", "bookings")
    )
    metrics = summary(dataset, dataclasses.replace(model, actuals=actuals))["metrics"]
    for name in ("leads", "wins", "bookings"):
        periods = sum(period["mean"] for period in metrics[name]["periods"])
        assert metrics[name]["total_with_actual"]["mean"] == pytest.approx(periods, rel=1e-6)
        assert metrics[name]["total_with_actual"]["mean"] - 40 == pytest.approx(
            metrics[name]["total"]["mean"], rel=1e-6
        )
