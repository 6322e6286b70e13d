"""Metrics of speed and cohorts: where they are split, totalled and reported."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim import metrics
from rpmsim.analysis.summary import summary
from rpmsim.engine import run

# A group has the name of a segment that is not in it.
PLAN = """
name: Parts
as_of: 2026-12-31
until: 2027-06-30
currency: EUR
segments:
  small: {group: large}
  middle: {group: large}
  large: {}
channels:
  web: {kind: marketing, into: lead, leads: 300 per month, mix: {small: 50%, middle: 20%, large: rest}}
  phone: {kind: sales, into: lead, leads: 100 per month, mix: {small: 100%}}
stages:
  lead:
    kind: lead
    to:
      deal: {share: {small: 60%, other: 30%}, median: 5, p90: 20}
      lost: {share: rest, median: 8}
  deal:
    kind: opportunity
    to:
      won: {share: 40%, median: {small: 10, other: 30}}
      lost: {share: rest, median: 20}
"""


@pytest.fixture(scope="module")
def scenario():
    return rpmsim.load_scenario_text(PLAN)


@pytest.fixture(scope="module")
def forecast(scenario):
    return run(scenario, 30, seed=4, measure=("speed", "cohorts")).forecast


@pytest.fixture(scope="module")
def document(scenario, forecast):
    return summary(forecast, scenario.model)


def test_a_group_has_its_own_times_and_not_those_of_the_segment_of_its_name(forecast, document):
    stored = forecast["cycle_days_total"].sel(cycle="cycle_time", statistic="median")
    for part, entry in (("group large", document["groups"]["large"]), ("segment large", document["segments"]["large"])):
        values = stored.sel(breakdown=part).values
        assert entry["cycle_time"]["total"]["mean"] == pytest.approx(values.mean(), rel=1e-6)
    groups, segments = document["groups"]["large"], document["segments"]["large"]
    assert groups["cycle_time"]["total"]["mean"] < segments["cycle_time"]["total"]["mean"] - 5


def test_shares_of_groups_are_those_of_their_segments_together(forecast, document):
    done, begun = (forecast[name].sel(cycle="sales_cycle").sum(["period", "channel"]) for name in
                   ("cycle_done", "cycle_begun"))  # fmt: skip
    own = ["small", "middle"]
    expected = (done.sel(segment=own).sum("segment") / begun.sel(segment=own).sum("segment")).values
    assert document["groups"]["large"]["win_rate"]["total"]["mean"] == pytest.approx(expected.mean(), rel=1e-6)


def test_channels_and_segments_add_up_to_the_whole(forecast):
    for name in ("cycle_begun", "cycle_done"):
        whole = forecast[name].sum(["channel", "segment"])
        assert whole.equals(forecast[name].sum("channel").sum("segment"))
    for cycle in ("cycle_time", "sales_cycle"):
        whole = forecast["cycle_begun"].sel(cycle=cycle).sum(["period", "channel", "segment"])
        assert (whole > 0).all()
    np.testing.assert_array_equal(
        metrics.leads(forecast, by=["channel"]), forecast["cycle_begun"].sel(cycle="cycle_time").sum("segment")
    )
    aged = forecast["lead_age_count"].sel(stage=["lead", "deal"]).sum("age_band")
    np.testing.assert_array_equal(aged, forecast["stock"].sel(stage=["lead", "deal"]).sum("segment"))


def test_the_mean_of_the_whole_lies_between_those_of_the_channels(forecast):
    whole = metrics.time_in_stage_mean.total(forecast).sel(stage="lead")
    parts = metrics.time_in_stage_mean.total(forecast, by=["channel"]).sel(stage="lead")
    assert parts.dims == ("replication", "channel")
    assert ((parts.min("channel") <= whole + 1e-4) & (whole <= parts.max("channel") + 1e-4)).all()


def test_a_total_is_of_all_leads_and_an_age_the_last_one(forecast):
    assert (metrics.time_in_stage.total(forecast) == forecast["time_in_stage_total"].sel(
        statistic="median", breakdown="all")).sel(stage="lead").all()  # fmt: skip
    last = forecast["lead_age"].isel(period=-1).sel(statistic="p90", breakdown="all", stage="deal")
    np.testing.assert_array_equal(metrics.lead_age_p90.total(forecast).sel(stage="deal"), last)


def test_times_are_given_where_leads_leave(document):
    assert {name for name, entry in document["stages"].items() if "time_in_stage" in entry} == {"lead", "deal"}
    assert "response_hours_median" not in document["stages"]["lead"]  # nobody works it
    assert {"conversion_cohort", "conversion_in_the_end", "conversion_gap"} <= document["stages"]["deal"].keys()
    assert {"marketing_cycle", "sales_cycle_p90", "leads_to_close_cohort"} <= document["metrics"].keys()
    assert {"cycle_time", "win_rate"} <= document["channels"]["web"].keys()


def test_they_are_absent_where_they_were_not_requested(scenario):
    usual = summary(run(scenario, 3).forecast, scenario.model)
    assert "cycle_time" not in usual["metrics"]
    assert "time_in_stage" not in usual["stages"]["lead"]


def test_a_triangle_grows_with_age_and_ends_with_the_run(forecast):
    triangle = metrics.cohort_triangle(forecast, "won")
    assert triangle.dims == ("replication", "period", "periods_later")
    for month in range(6):
        row = triangle.isel(period=month).values
        assert np.isnan(row[:, 6 - month :]).all()
        assert (np.diff(row[:, : 6 - month], axis=1) >= 0).all()
    last = triangle.isel(period=0, periods_later=-1) * 100
    np.testing.assert_allclose(last, metrics.leads_to_close_cohort(forecast).isel(period=0))
    by_channel = metrics.cohort_triangle(forecast, "won", ("channel",))
    assert by_channel.dims == ("replication", "period", "periods_later", "channel")
    with pytest.raises(ValueError, match="by channel, not by segment"):
        metrics.cohort_triangle(forecast, "won", ("segment",))


def test_times_cannot_be_split_by_both_at_once(forecast):
    with pytest.raises(ValueError, match="cycle_time is split by channel or segment, not by channel and segment"):
        metrics.cycle_time(forecast, by=["channel", "segment"])
