"""Tables of distributions give the distributions."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from rpmsim.arrays.layout import GUIDE_BITS
from rpmsim.arrays.sampling_tables import QuantileRows, delay_table
from rpmsim.kernel import outcome as parts
from rpmsim.model.distributions import Distribution, cumulative_days, shape_of
from rpmsim.model.number import Number, median_of


@njit
def table_quantile(tables: object, row: int, u: float) -> float:
    return parts.table_quantile(tables, row, u)


def test_every_word_finds_its_delay() -> None:
    shape = shape_of(Distribution("lognormal", (("median", Number(12.0)), ("sigma", Number(0.8)))), median_of)
    cumulative = cumulative_days(shape, 1, 400)
    top, guide = delay_table(cumulative[None])
    words = np.random.default_rng(1).integers(0, 2**32, 50_000)
    expected = np.searchsorted(np.rint(cumulative * 2.0**32) - 1, words, side="left")
    found = np.searchsorted(top[0].astype(np.int64)[1:], words, side="left") + 1  # day 0 cannot be
    assert (np.minimum(expected, 400) == found).all()
    start = guide[0][words >> (32 - GUIDE_BITS)]
    assert (start <= found).all()
    assert (start >= 1).all()


def test_a_distribution_beyond_the_table_ends_in_its_last_entry() -> None:
    top, guide = delay_table(np.zeros((1, 5)))
    assert top[0, 5] == 2**32 - 1
    assert (guide == 5).all()


@pytest.mark.parametrize(
    ("distribution", "oracle"),
    [
        (
            Distribution("lognormal", (("median", Number(18000.0)), ("sigma", Number(0.9)))),
            stats.lognorm(0.9, scale=18000.0),
        ),
        (Distribution("gamma", (("mean", Number(500.0)), ("shape", Number(2.0)))), stats.gamma(2.0, scale=250.0)),
        (
            Distribution("weibull", (("scale", Number(40.0)), ("shape", Number(1.5)))),
            stats.weibull_min(1.5, scale=40.0),
        ),
    ],
)
def test_quantile_tables_are_within_a_ten_thousandth(distribution: Distribution, oracle: stats.rv_continuous) -> None:
    from rpmsim.kernel.bundle import Bundle

    rows = QuantileRows(1, median_of)
    rows.add(distribution)
    tables = rows.tables()
    bundle = type("Tables", (tuple,), {"_fields": tuple(tables)})(tables.values())
    for u in (1e-6, 0.001, 0.1, 0.5, 0.9, 0.999, 1 - 1e-6):
        assert table_quantile(Bundle(bundle), 0, u) == pytest.approx(oracle.ppf(u), rel=1e-4)
    assert tables["quantile_mean"][0] == pytest.approx(oracle.mean(), rel=1e-4)
    assert tables["quantile_variance"][0] == pytest.approx(oracle.var(), rel=1e-3)
