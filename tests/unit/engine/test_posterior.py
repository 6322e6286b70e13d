"""Runs of a scenario whose numbers come from a posterior."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import rpmsim
from rpmsim.arrays.compile import ParameterDraws, compile_model
from rpmsim.engine.block import MOST_BLOCK, TABLE_BYTES, block_size
from rpmsim.model.hazards import conditional, shares
from rpmsim.posterior import write_posterior
from tests.unit.posterior.test_scenarios import AGES, DRAWS, PLAN, draws, hazards

RANGES = """\
name: Ranges
as_of: 2026-12-31
until: 2027-03
segments: {smb: {amount: {median: 8k to 9k, p90: 19k to 30k}}, big: {amount: {mean: 40k to 60k, sd: 20k}}}
channels:
  web: {leads: 40 per week to 50 per week, mix: {smb: 60% to 70%, big: rest}, dispersion: 0.02 to 0.1,
    drift: {sigma: 5% to 10%, phi: 0.9}}
  ads:
    {spend: 9k per month, current: {spend: 8k per month, leads: 30 per month}, elasticity: 0.3 to 0.6, mix: {smb: 100%}}
stages:
  mql:
    worked_by: sdr
    response: {time: {median: 2 hours to 3 hours}, odds: x0.7 to x0.9 per day waited}
    shock: 5% to 15%
    to:
      opportunity: {share: {smb: 20% to 26%, big: 30% to 40%}, median: 10 days to 14 days, p90: 12 days to 30 days}
      lost: {share: rest, median: 5 workdays to 7 workdays}
  opportunity:
    worked_by: ae
    to:
      won: {share: {value: 30%, low: 25%, high: 36%}, mean: 30 days to 40 days, sd: 20 days}
      lost: {share: rest, law: gamma, mean: 30 days to 35 days, shape: 2}
roles:
  sdr:
    {heads: 3, handles: 6 per day each to 9 per day each, leaves: 2% to 4% per month,
      backfill: {median: 20 days to 30 days}}
  ae: {heads: 4, holds: 20 to 25 each, ramp: [30%, 50% to 60%], tenure: 2 months, pay: 5k to 6k per month}
opening: {opportunity: [{channel: web, segment: smb, age: 9 days, count: 20}]}
"""
TAKEN = (
    ("median: 8k to 9k, p90: 19k to 30k", "median: posterior, p90: posterior"),
    ("mean: 40k to 60k", "mean: posterior"),
    ("leads: 40 per week to 50 per week", "leads: posterior per week"),
    ("smb: 60% to 70%", "smb: posterior"),
    ("0.02 to 0.1", "posterior"),
    ("5% to 10%, phi", "posterior, phi"),
    ("0.3 to 0.6", "posterior"),
    ("median: 2 hours to 3 hours", "median: posterior hours"),
    ("x0.7 to x0.9 per day waited", "posterior per day waited"),
    ("5% to 15%", "posterior"),
    ("smb: 20% to 26%, big: 30% to 40%", "smb: posterior, big: posterior"),
    ("median: 10 days to 14 days, p90: 12 days to 30 days", "median: posterior days, p90: posterior days"),
    ("median: 5 workdays to 7 workdays", "median: posterior workdays"),
    ("{value: 30%, low: 25%, high: 36%}", "posterior"),
    ("mean: 30 days to 40 days", "mean: posterior"),
    ("mean: 30 days to 35 days", "mean: posterior"),
    ("6 per day each to 9 per day each", "posterior per day each"),
    ("2% to 4% per month", "posterior per month"),
    ("median: 20 days to 30 days", "median: posterior"),
    ("20 to 25 each", "posterior each"),
    ("50% to 60%", "posterior"),
    ("5k to 6k per month", "posterior per month"),
)
SETTINGS = {"replications": 120, "seed": 5}


def same(one: xr.Dataset, other: xr.Dataset) -> bool:
    assert set(one.variables) == set(other.variables)
    return all(one[name].equals(other[name]) for name in one.variables)


def test_ranges_and_their_draws_in_a_posterior_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "ranges.yaml").write_text(RANGES, encoding="utf-8")
    ranges = rpmsim.simulate(tmp_path / "ranges.yaml", **SETTINGS)
    values = ranges["parameter_value"]
    assert values.sizes == {"draw": 120, "parameter": len(TAKEN) + 3}
    posterior = {str(path): values.sel(parameter=path).values for path in values["parameter"].values}
    write_posterior(tmp_path / "posterior.nc", posterior)
    text = RANGES + "posterior: posterior.nc\n"
    for old, new in TAKEN:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    assert " to " not in text.replace("to:", "")
    (tmp_path / "drawn.yaml").write_text(text, encoding="utf-8")
    drawn = rpmsim.simulate(tmp_path / "drawn.yaml", **SETTINGS)
    assert same(ranges, drawn)
    # A change of a range moves its ends, and of draws each of them: the same thing.
    overrides = ["stages.mql.to.opportunity.time=x1.25", "channels.*.change=+10%", "segments.*.amount=+8%"]
    one, other = (
        rpmsim.simulate(rpmsim.load_scenario(tmp_path / name, overrides), **SETTINGS)
        for name in ("ranges.yaml", "drawn.yaml")
    )
    np.testing.assert_allclose(one["parameter_value"], other["parameter_value"], rtol=1e-12)
    xr.testing.assert_equal(one["moves"], other["moves"])


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    write_posterior(tmp_path / "posterior.nc", draws(), hazards())
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path / "plan.yaml"


def test_the_bytes_do_not_depend_on_threads_and_blocks(plan: Path) -> None:
    whole = rpmsim.simulate(plan, 90, seed=2)
    assert same(whole, rpmsim.simulate(plan, 90, seed=2, threads=1, block=7))
    part = rpmsim.simulate(plan, 20, seed=2, first=50)
    for name in ("moves", "bookings", "stock"):
        np.testing.assert_array_equal(part[name], whole[name][50:70])


def test_replication_r_uses_draw_r_modulo_the_draws(plan: Path) -> None:
    whole = rpmsim.simulate(plan, DRAWS + 30, seed=2)
    assert whole.sizes["draw"] == DRAWS
    np.testing.assert_array_equal(whole["parameter_draw"], np.arange(DRAWS + 30) % DRAWS)
    leads = whole["parameter_value"].sel(parameter="channels.web.leads")
    np.testing.assert_array_equal(leads, draws()["channels.web.leads"])
    # A range beside it is drawn for each replication, and the posterior's draws stay where they are.
    beside = rpmsim.load_scenario(plan, ["stages.opportunity.to.won.share=20% to 30%"])
    mixed = rpmsim.simulate(beside, DRAWS + 30, seed=2)
    assert mixed.sizes["draw"] == DRAWS + 30
    both = mixed["parameter_value"].sel(parameter="channels.web.leads")
    np.testing.assert_array_equal(both, np.resize(leads, DRAWS + 30))
    assert len(np.unique(mixed["parameter_value"].sel(parameter="stages.opportunity.to.won.share"))) == DRAWS + 30
    few = rpmsim.simulate(plan, 30, seed=2, draws=4)
    np.testing.assert_array_equal(few["parameter_draw"], np.arange(30) % 4)


def test_tables_are_those_by_hand(plan: Path) -> None:
    scenario = rpmsim.load_scenario(plan, ["stages.mql.to.opportunity.share=odds x1.3", "stages.mql.to.*.time=x1.5"])
    program = compile_model(scenario.model)
    numbers = np.array([3, 17, DRAWS + 5])
    tables = program.tables(ParameterDraws(numbers, np.zeros((3, len(program.parameters)))))
    for lead, (channel, segment) in enumerate((c.channel, c.segment) for c in program.classes.leads):
        assert channel == "web"
        values = hazards().values[numbers % DRAWS][:, 0, :, ("all", "smb", "big").index(segment)]
        p = shares(values, AGES)[:, 0]
        rows = tables.share_row[:, 0, lead]
        np.testing.assert_allclose(tables.share_advance[rows], 1.3 * p / (1 - p + 1.3 * p), atol=2e-12)
        for outcome, number in ((0, 0), (1, 2)):
            by_hand = np.diff(conditional(values, AGES, number, np.arange(600)), prepend=0.0)
            days = np.floor(1.5 * np.arange(600) + 0.5).astype(int)
            expected = np.cumsum([np.bincount(days, weights=row)[:300] for row in by_hand], axis=1)
            size = tables.distribution_size
            for row, line in zip(tables.distribution_row[:, 0, outcome, lead], expected, strict=True):
                found = tables.distribution_top[row * size : row * size + 150].astype(float)
                np.testing.assert_allclose(found / 2**32, line[:150], atol=1e-8)


def test_blocks_bound_the_memory_of_tables(plan: Path) -> None:
    small = compile_model(rpmsim.load_scenario(plan).model)
    assert block_size(small) == MOST_BLOCK
    large = compile_model(rpmsim.load_scenario(plan, ["until=2046"]).model)
    assert 1 <= block_size(large) * large.draw_bytes <= TABLE_BYTES
