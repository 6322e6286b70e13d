"""Dims without an entry are out of a user's way, and back where they are needed."""

from __future__ import annotations

import pytest

import rpmsim
from rpmsim.analysis.summary import summary
from rpmsim.dataset import open_file, variable_hashes, with_empty
from rpmsim.metrics import METRICS

BARE = """
name: bare
as_of: 2026-12-31
until: 2027-02-28
segments: {all: {}}
channels: {web: {leads: 20 per month}}
stages:
  lead: {to: {won: {share: 50%, median: 5 days, p90: 9 days}, lost: {share: rest, median: 5 days, p90: 9 days}}}
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    scenario = rpmsim.load_scenario_text(BARE)
    path = tmp_path_factory.mktemp("bare") / "forecast.nc"
    rpmsim.simulate(scenario, 4, seed=1, path=path).close()
    return scenario, path


def test_a_forecast_has_no_dim_without_an_entry(bare):
    scenario, path = bare
    in_memory = rpmsim.simulate(scenario, 4, seed=1)
    with rpmsim.open_forecast(path) as stored:
        for forecast in (in_memory, stored):
            assert min(forecast.sizes.values()) > 0
            assert set(forecast.dims) == {"replication", "period", "edge", "stage", "channel", "segment"}
            assert len(forecast[["waiting", "bookings"]].to_dataframe()) > 0
        assert variable_hashes(stored) == variable_hashes(in_memory)


def test_what_was_left_out_comes_back_as_the_file_holds_it(bare):
    _, path = bare
    with open_file(path) as whole, rpmsim.open_forecast(path) as forecast:
        assert 0 in whole.sizes.values()
        back = with_empty(forecast)
        for variable in whole.data_vars:
            assert back[variable].dims == whole[variable].dims
            assert back[variable].dtype == whole[variable].dtype


def test_metrics_and_the_summary_take_either_form(bare):
    scenario, path = bare
    with open_file(path) as whole, rpmsim.open_forecast(path) as forecast:
        assert summary(forecast, scenario.model) == summary(whole, scenario.model)
        for metric in (metric for metric in METRICS.values() if not metric.needs):
            assert metric.total(forecast).equals(metric.total(whole))


def test_a_closed_forecast_lets_go_of_its_file(bare, tmp_path):
    _, path = bare
    forecast = rpmsim.open_forecast(path)
    forecast.close()
    path.rename(tmp_path / "moved.nc").rename(path)
