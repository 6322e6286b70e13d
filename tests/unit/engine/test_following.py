"""Following every lead changes nothing in the forecast, and what is measured adds up with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim import metrics
from rpmsim.dataset import PARTS, variable_hashes, variables_of
from rpmsim.engine import run
from rpmsim.engine.following import follow_block
from rpmsim.errors import InputError

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.yaml"))
FOLLOWED = PARTS


@pytest.fixture(scope="module")
def base():
    return rpmsim.simulate("scenarios/base.yaml", 4, seed=5, measure=FOLLOWED)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_forecast_is_the_same_to_the_byte(path):
    scenario = rpmsim.load_scenario(path)
    usual = variable_hashes(run(scenario, 5, seed=3).forecast)
    found = variable_hashes(run(scenario, 5, seed=3, measure=FOLLOWED).forecast)
    assert {name: found[name] for name in usual} == usual


def test_busy_days_drawn_as_counts_too():
    """base.yaml has more than 512 visitors of a class on some days."""
    scenario = rpmsim.load_scenario("scenarios/base.yaml")
    usual = variable_hashes(run(scenario, 2, seed=5).forecast)
    found = variable_hashes(run(scenario, 2, seed=5, measure=FOLLOWED).forecast)
    assert {name: found[name] for name in usual} == usual


def test_threads_blocks_and_a_short_log_change_nothing(monkeypatch):
    scenario = rpmsim.load_scenario(GOLDEN[1])
    usual = variable_hashes(run(scenario, 6, measure=FOLLOWED, threads=1, block=6).forecast)
    assert variable_hashes(run(scenario, 6, measure=FOLLOWED, threads=2, block=1).forecast) == usual
    monkeypatch.setattr("rpmsim.engine.threads.log_rows", lambda program: 10)
    assert variable_hashes(run(scenario, 6, measure=FOLLOWED, threads=1).forecast) == usual


def test_too_many_leads_to_follow_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr("rpmsim.engine.following.MOST_RECORDS", 50)
    with pytest.raises(InputError, match="too many to follow leads one by one") as caught:
        rpmsim.simulate(GOLDEN[1], 2, measure=("speed",))
    assert "run without `measure`" in str(caught.value)
    assert follow_block.__name__ == "follow_block"


def test_ages_add_up_to_what_is_in_the_stage(base):
    open_stages = [s for s, kind in zip(base["stage"].values, base["stage_kind"].values, strict=True)
                   if kind not in ("won", "lost")]  # fmt: skip
    aged = base["lead_age_count"].sel(stage=open_stages).sum("age_band")
    np.testing.assert_array_equal(aged, base["stock"].sel(stage=open_stages).sum("segment"))


def test_moves_of_cohorts_and_of_what_was_there_add_up_to_the_moves(base):
    """Over the run, a stage's moves are those of its cohorts, and those of leads that were there at the start."""
    moves, cohorts = (base[name].sum("period") for name in ("moves", "cohort_moves"))
    within = base["from"].values != "source"
    others = (moves - cohorts)[:, within]
    assert (others >= 0).all()
    opening = base["opening_stock"]
    for stage in opening["stage"].values:
        own = others[:, base["from"].values[within] == stage].sum("edge")
        assert (own <= opening.sel(stage=stage)).all(), stage


def test_cohorts_of_creation_are_the_leads(base):
    np.testing.assert_array_equal(base["cycle_begun"].sel(cycle="cycle_time").sum(["channel", "segment"]),
                                  metrics.leads(base))  # fmt: skip
    won = base["cohort_reached"].sel(stage="won").sum(["periods_later", "channel"])
    np.testing.assert_array_equal(won, base["cycle_done"].sel(cycle="cycle_time").sum(["channel", "segment"]))


def test_means_are_those_of_the_forecast(base):
    """Mean response and waiting times, which the kernel sums up, against those of the leads followed one by one."""
    found = base["response_time"].isel(breakdown=0).sel(statistic="mean")
    np.testing.assert_allclose(found, metrics.response_hours(base), rtol=1e-6)
    found = base["waiting_time"].sel(statistic="mean")
    np.testing.assert_allclose(found, metrics.waiting_age_hours(base), rtol=1e-6)


def test_conversion_in_the_end_is_at_least_that_until_now_and_at_most_with_all_who_are_open(base):
    until_now, finally_ = metrics.conversion_cohort(base), metrics.conversion_in_the_end(base)
    gone = base["cohort_moves"].groupby("from").sum().sum(["channel", "segment"])
    for stage in set(gone["from"].values) - {"source"}:
        open_share = 1 - gone.sel({"from": stage}) / metrics.entries(base).sel(stage=stage)
        low, middle = until_now.sel(stage=stage), finally_.sel(stage=stage)
        assert ((middle >= low - 1e-6) | np.isnan(low)).all()
        assert ((middle <= low + open_share + 1e-6) | np.isnan(low)).all()


def test_the_variables_of_a_part_are_there_alone():
    scenario = rpmsim.load_scenario(GOLDEN[2])
    forecast = run(scenario, 2, measure=("speed",)).forecast
    assert set(forecast.data_vars) == {variable.name for variable in variables_of(("speed",))}
