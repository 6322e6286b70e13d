"""Spend per lead, opportunity, win and entry of a stage: what is divided by what, by hand and in every file."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim import metrics
from rpmsim.analysis.summary import summary
from rpmsim.engine import run


@pytest.fixture(scope="module")
def scenario():
    return rpmsim.load_scenario("scenarios/base.yaml")


@pytest.fixture(scope="module")
def forecast(scenario):
    return run(scenario, 12, seed=6).forecast


@pytest.fixture(scope="module")
def document(scenario, forecast):
    return summary(forecast, scenario.model)


def test_a_fixed_spend_over_fixed_leads():
    """30,000 a month for 300 leads: 100 a lead. All become opportunities the next day; 1 in 4 is won."""
    plan = rpmsim.load_scenario_text("""
        name: Fixed
        as_of: 2026-12-31
        until: 2027-12-31
        currency: USD
        segments: {all: {amount: 1000}}
        channels: {web: {kind: marketing, into: lead, leads: 300 per month, spend: 30k per month}}
        stages:
          lead: {kind: lead, to: {deal: {share: 100%, after: 0 days}}}
          deal: {kind: opportunity, to: {won: {share: 25%, median: 1, p90: 2}, lost: {share: rest, median: 1}}}
        """)
    forecast = rpmsim.simulate(plan, 200, seed=1)
    leads = metrics.leads.total(forecast).values
    np.testing.assert_allclose(metrics.cost_per_lead.total(forecast), 360_000 / leads, rtol=1e-9)
    opened = metrics.opportunities.total(forecast).values
    np.testing.assert_allclose(metrics.cost_per_opportunity.total(forecast), 360_000 / opened, rtol=1e-9)
    assert ((leads - opened >= 0) & (leads - opened < 30)).all()  # those of the last day come a day later
    np.testing.assert_allclose(metrics.cost_per_win.total(forecast), 360_000 / metrics.wins.total(forecast), rtol=1e-9)
    assert metrics.cost_per_lead.total(forecast).mean() == pytest.approx(100, rel=0.01)
    assert metrics.cost_per_win.total(forecast).mean() == pytest.approx(400, rel=0.02)
    per_stage = metrics.cost_per_entry.total(forecast)
    np.testing.assert_allclose(per_stage.sel(stage="won"), metrics.cost_per_win.total(forecast))


def test_channels_weighted_by_their_counts_are_the_whole(forecast):
    for metric, count in (
        (metrics.cost_per_lead, metrics.leads),
        (metrics.cost_per_opportunity, metrics.opportunities),
        (metrics.cost_per_win, metrics.wins),
    ):
        parts = metric.total(forecast, by=["channel"]) * count.total(forecast, by=["channel"])
        whole = metric.total(forecast) * count.total(forecast)
        spend = metrics.spend.total(forecast, by=["channel"])
        never = count.total(forecast, by=["channel"]) == 0  # undefined there, but the money is spent
        np.testing.assert_allclose(
            parts.fillna(0).sum("channel") + spend.where(never, 0).sum("channel"), whole, rtol=1e-9
        )


def test_new_opportunities_come_from_outside(forecast):
    moves = forecast["moves"].sum(["channel", "segment", "period"])
    kinds = dict(zip(forecast["stage"].values, forecast["stage_kind"].values, strict=True))
    expected = sum(
        moves.sel(edge=edge)
        for edge, left, to in zip(*(forecast[name].values for name in ("edge", "from", "to")), strict=True)
        if kinds[to] == "opportunity" and kinds.get(left) != "opportunity"
    )
    np.testing.assert_array_equal(metrics.opportunities.total(forecast), expected)


def test_the_summary_has_them_by_channel_and_stage(document):
    assert {"cost_per_lead", "cost_per_opportunity", "cost_per_win"} <= document["metrics"].keys()
    assert {"cost_per_lead", "cost_per_win", "cac_by_channel"} <= document["channels"]["paid"].keys()
    assert "cost_per_entry" in document["stages"]["mql"]
    assert "cost_per_lead" not in next(iter(document["segments"].values()))  # spend is by channel
    channels = [entry["spend"]["total"]["mean"] for entry in document["channels"].values()]
    assert sum(channels) == pytest.approx(document["metrics"]["spend"]["total"]["mean"])
    roles = [entry["pay"]["total"]["mean"] for entry in document["roles"].values()]
    assert sum(roles) == pytest.approx(document["metrics"]["pay"]["total"]["mean"])
    costs = [entry["other_cost"]["total"]["mean"] for entry in document["costs"].values()]
    assert sum(costs) == pytest.approx(document["metrics"]["other_cost"]["total"]["mean"])
    for key in ("spend", "pay", "other_cost"):
        months = [entry["mean"] for entry in document["metrics"][key]["periods"]]
        assert sum(months) == pytest.approx(document["metrics"][key]["total"]["mean"])


def test_the_return_of_marketing_is_that_of_its_channels_together(forecast, document):
    marketing = forecast["channel_kind"].values == "marketing"
    assert 0 < marketing.sum() < len(marketing)
    booked = forecast["bookings"].sum(["period", "segment"]).values[:, marketing].sum(axis=1)
    wins = metrics.wins.total(forecast, by=["channel"]).values[:, marketing]
    each = metrics.cac_by_channel.total(forecast).values[:, marketing]
    assert (wins > 0).all()
    cost = (each * wins).sum(axis=1)
    np.testing.assert_allclose(metrics.roi_marketing.total(forecast), (booked - cost) / cost, rtol=1e-9)
    assert document["metrics"]["roi_marketing"]["total"]["mean"] == pytest.approx(
        ((booked - cost) / cost).mean(), rel=1e-6
    )
