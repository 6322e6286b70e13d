from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from rpmsim.analysis import bands
from rpmsim.analysis.bands import QUANTILES, STATISTICS, error_of_mean, summarize


def of(values):
    return xr.DataArray(np.asarray(values, dtype=float), dims=("replication", "period")[: np.ndim(values)])


def test_statistics_are_numpys():
    values = np.random.default_rng(1).gamma(2.0, 3.0, (501, 3))
    found = summarize(of(values))
    assert list(found["statistic"].values) == list(STATISTICS)
    np.testing.assert_allclose(found.sel(statistic="mean"), values.mean(axis=0))
    np.testing.assert_allclose(found.sel(statistic="sd"), values.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.sel(statistic="mc_error"), values.std(axis=0, ddof=1) / np.sqrt(501))
    for name, q in QUANTILES.items():
        np.testing.assert_allclose(found.sel(statistic=name), np.quantile(values, q, axis=0))


def test_undefined_replications_are_left_out_and_counted():
    values = np.random.default_rng(2).normal(size=(200, 2))
    values[::3, 0] = np.nan
    values[:, 1] = np.nan
    known = values[~np.isnan(values[:, 0]), 0]
    found = summarize(of(values))
    assert found.sel(statistic="undefined").values.tolist() == [67.0, 200.0]
    np.testing.assert_allclose(found.sel(statistic="p90")[0], np.quantile(known, 0.9))
    np.testing.assert_allclose(found.sel(statistic="mc_error")[0], known.std(ddof=1) / np.sqrt(len(known)))
    assert np.isnan(found[:-1, 1]).all()


def test_one_replication_has_no_spread():
    found = summarize(of([[7.0]]))[:, 0]
    assert found.sel(statistic="p05") == found.sel(statistic="mean") == 7.0
    assert np.isnan(found.sel(statistic="sd"))
    assert np.isnan(found.sel(statistic="mc_error"))


def test_a_chunk_at_a_time_is_the_same(monkeypatch):
    values = of(np.random.default_rng(3).normal(size=(50, 40)))
    whole = summarize(values)
    monkeypatch.setattr(bands, "_CHUNK_VALUES", 150)
    np.testing.assert_array_equal(summarize(values), whole)


def test_replications_of_one_draw_count_once_where_they_are_equal():
    of_draw = np.random.default_rng(4).normal(size=25)
    draws = np.arange(1000) % 25
    assert error_of_mean(of_draw[draws], draws) == pytest.approx(of_draw.std(ddof=1) / 5.0)


def test_a_draw_for_each_replication_is_independence():
    values = np.random.default_rng(5).normal(size=400)
    shuffled = np.random.default_rng(6).permutation(400)
    assert error_of_mean(values, shuffled) == pytest.approx(error_of_mean(values))


def test_the_error_is_the_spread_of_the_mean_over_many_runs():
    """Draws of unlike size: 20 runs of 4,000; the mean of the estimates within 4 of its standard errors."""
    rng = np.random.default_rng(7)
    draws = np.arange(130) % 40  # some draws serve four replications, some three
    between = rng.normal(0.0, 1.0, (4000, 40))
    values = between[:, draws] + rng.normal(0.0, 1.0, (4000, 130))
    truth = values.mean(axis=1).var(ddof=1)
    estimates = (
        summarize(xr.DataArray(values.T, dims=("replication", "run")), draws).sel(statistic="mc_error").values ** 2
    )
    # a spread estimated from 4,000 means is itself known to a share of sqrt(2 / 4000)
    assert abs(estimates.mean() / truth - 1.0) < 4 * np.sqrt(2 / 4000)
    naive = (values.var(axis=1, ddof=1) / 130).mean()
    assert naive < 0.6 * truth


def test_one_draw_for_all_gives_the_error_of_chance_alone():
    values = np.random.default_rng(8).normal(size=100)
    assert error_of_mean(values, np.zeros(100, dtype=int)) == pytest.approx(error_of_mean(values))
