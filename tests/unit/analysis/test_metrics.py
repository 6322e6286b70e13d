"""Metrics against sums written out in plain Python, one replication and period at a time."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.analysis import cost, dictionary, flow, revenue, staffing
from rpmsim.analysis.sums import Sums
from rpmsim.dataset import open_forecast, save, store


@pytest.fixture(scope="module")
def forecast(make_forecast):
    return make_forecast(30, scale=2.0)


def moved(dataset, blocks, wanted):
    """Sum over classes of the edges for which ``wanted(from, to)`` holds."""
    n, p = blocks["moves"].shape[:2]
    result = np.zeros((n, p), dtype=int)
    for edge, (a, b) in enumerate(zip(dataset["from"].values, dataset["to"].values, strict=True)):
        if wanted(a, b):
            result += blocks["moves"][:, :, edge].sum(axis=(2, 3))
    return result


def test_leads_are_neither_visitors_nor_lost_visitors(forecast):
    _, dataset, blocks = forecast
    edges = {("source", "mql"), ("anonymous", "lead")}
    np.testing.assert_array_equal(flow.leads(dataset), moved(dataset, blocks, lambda a, b: (a, b) in edges))


def test_wins_bookings_and_deals(forecast):
    _, dataset, blocks = forecast
    won = moved(dataset, blocks, lambda a, b: b == "won")
    money = blocks["bookings"].sum(axis=(2, 3)) / 100
    np.testing.assert_array_equal(flow.wins(dataset), won)
    np.testing.assert_allclose(revenue.bookings(dataset), money)
    assert revenue.bookings(dataset).attrs["units"] == "EUR"
    deal = revenue.average_deal(dataset).values
    np.testing.assert_allclose(deal[won > 0], money[won > 0] / won[won > 0])
    assert np.isnan(deal[won == 0]).all()
    np.testing.assert_allclose(revenue.average_deal.total(dataset), money.sum(axis=1) / won.sum(axis=1))


def test_flows_of_stages(forecast):
    _, dataset, blocks = forecast
    for i, stage in enumerate(dataset["stage"].values):
        into = moved(dataset, blocks, lambda a, b, s=stage: b == s)
        out = moved(dataset, blocks, lambda a, b, s=stage: a == s)
        np.testing.assert_array_equal(flow.entries(dataset).sel(stage=stage), into)
        np.testing.assert_array_equal(flow.exits(dataset).sel(stage=stage), out)
        stock = flow.stock(dataset).sel(stage=stage)
        np.testing.assert_array_equal(stock, blocks["stock"][:, :, i].sum(axis=(2, 3)))
        opening = int(blocks["opening_stock"][i].sum())
        np.testing.assert_array_equal(opening + np.cumsum(into - out, axis=1), stock)
        np.testing.assert_array_equal(flow.stock.total(dataset).sel(stage=stage), stock[:, -1])


def test_conversion_is_of_the_advancing_edges(forecast):
    _, dataset, blocks = forecast
    onward = moved(dataset, blocks, lambda a, b: (a, b) == ("mql", "opportunity"))
    into = moved(dataset, blocks, lambda a, b: b == "mql")
    found = flow.conversion_period(dataset).sel(stage="mql").values
    np.testing.assert_allclose(found[into > 0], (onward / np.maximum(into, 1))[into > 0])
    total = flow.conversion_period.total(dataset).sel(stage="mql")
    np.testing.assert_allclose(total, onward.sum(axis=1) / into.sum(axis=1))


def test_leads_to_close_is_in_percent(forecast):
    _, dataset, _ = forecast
    total = flow.leads_to_close.total(dataset)
    np.testing.assert_allclose(total, 100 * flow.wins.total(dataset) / flow.leads.total(dataset))
    assert total.attrs["units"] == "percent"


def test_splits_add_up(forecast):
    _, dataset, _ = forecast
    for metric in (flow.leads, flow.wins, revenue.bookings, flow.entries, flow.stock):
        split = metric(dataset, by=("channel", "segment"))
        assert {"channel", "segment"} < set(split.dims)
        np.testing.assert_allclose(split.sum(["channel", "segment"]), metric(dataset))
    with pytest.raises(ValueError, match="cac_simple is not split by channel"):
        cost.cac_simple(dataset, by=("channel",))


def test_response(forecast):
    _, dataset, blocks = forecast
    taken, minutes = blocks["taken_up"].sum(axis=1), blocks["wait_minutes"].sum(axis=1)
    some = taken > 0
    np.testing.assert_allclose(staffing.response_hours.total(dataset).values[some], (minutes[some] / 60 / taken[some]))
    within = staffing.within_sla.total(dataset)
    np.testing.assert_allclose(within.sel(stage="mql"), (blocks["within_sla"].sum(axis=1) / taken)[:, 2])
    assert np.isnan(within.sel(stage="opportunity")).all()  # it states no limit
    gave_up = blocks["gave_up"].sum(axis=1)
    np.testing.assert_allclose(
        staffing.response_rate.total(dataset).values[some], (taken / np.maximum(taken + gave_up, 1))[some]
    )


def test_use_of_staff_and_who_is_busiest(forecast):
    _, dataset, blocks = forecast
    use = staffing.utilisation.total(dataset)
    sums = {name: blocks[name].sum(axis=1) for name in ("capacity", "capacity_used", "slot_days", "slot_days_used")}
    np.testing.assert_allclose(use.sel(role="sdr"), sums["capacity_used"][:, 0] / sums["capacity"][:, 0])
    assert np.isnan(use.sel(role="ae")).all()  # no throughput limit
    busiest = staffing.busiest_role(dataset)
    assert (busiest.role, busiest.limit) == ("sdr", "time")
    assert busiest.share == pytest.approx(float(use.sel(role="sdr").mean()))
    full = dataset.assign(slot_days_used=dataset["slot_days"])
    assert staffing.busiest_role(full)[:2] == ("ae", "slots")
    np.testing.assert_allclose(staffing.heads(dataset)[:, 0, 0], 150 / 31)
    nobody = dataset.assign(capacity=0 * dataset["capacity"], slot_days=0 * dataset["slot_days"])
    assert staffing.busiest_role(nobody) is None


def test_costs_of_a_customer(forecast):
    _, dataset, blocks = forecast
    wins = flow.wins.total(dataset).values
    marketing = blocks["spend"][:, :, :2].sum(axis=(1, 2)) / 100
    everything = sum(blocks[name].sum(axis=(1, 2)) for name in ("spend", "pay", "other_cost")) / 100
    np.testing.assert_allclose(cost.cac_simple.total(dataset), marketing / wins)
    np.testing.assert_allclose(cost.cac_loaded.total(dataset), everything / wins)
    by_channel = cost.cac_by_channel.total(dataset) * flow.wins.total(dataset, ("channel",))
    np.testing.assert_allclose(by_channel.sum("channel"), everything)  # nothing is lost in the sharing out
    booked = revenue.bookings.total(dataset, ("channel",))
    np.testing.assert_allclose(cost.roi_channel.total(dataset), booked / by_channel - 1.0)


def test_sourced_shares_are_of_the_whole(forecast):
    _, dataset, _ = forecast
    total = revenue.sourced_share.total(dataset)
    np.testing.assert_allclose(total.sum("channel"), 1.0)
    booked = revenue.bookings.total(dataset, ("channel",))
    np.testing.assert_allclose(total, booked / booked.sum("channel"))


def test_reading_a_file_in_small_blocks_gives_the_same(forecast, tmp_path, monkeypatch):
    _, dataset, _ = forecast
    save(dataset, tmp_path / "forecast.nc")
    monkeypatch.setattr(store.row_blocks, "__defaults__", (50_000,))
    with open_forecast(tmp_path / "forecast.nc") as stored:
        small = Sums.of(stored).totals(stored)
        usual = [metric for metric in dictionary.METRICS.values() if not metric.needs]
        for metric in usual:
            np.testing.assert_allclose(metric.total(stored), metric.total(dataset), err_msg=metric.name)
        for metric in usual:
            if metric in (*dictionary.BY_CHANNEL, *dictionary.SOURCED):
                continue
            np.testing.assert_allclose(metric(small), metric(dataset), err_msg=metric.name)
        assert not stored["moves"].variable._in_memory
    assert small["moves"].dims == ("replication", "period", "edge")


def test_every_metric_is_defined_in_words():
    for name, metric in dictionary.METRICS.items():
        assert metric.name == name
        assert len(metric.definition) > 15
        assert metric.definition.endswith(".")
        assert metric.unit
    assert dictionary.define("wins").startswith("wins (deals): Deals won")


def test_the_definition_travels_with_the_values(forecast):
    _, dataset, _ = forecast
    assert flow.leads(dataset).attrs["definition"] == flow.leads.definition
    assert flow.leads(dataset).name == "leads"


def test_sums_beyond_32_bits(forecast):
    _, dataset, _ = forecast
    big = dataset.assign(moves=dataset["moves"] * 0 + 2**30)
    assert big["moves"].dtype == np.int32
    classes = dataset.sizes["channel"] * dataset.sizes["segment"]
    assert (flow.wins(big) == classes * 2**30).all()
    assert (Sums.of(big).totals(big)["moves"] == classes * 2**30).all()
    assert Sums.of(dataset).totals(dataset)["moves"].dtype == np.int32
