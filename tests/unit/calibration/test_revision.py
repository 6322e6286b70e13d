"""Factors between amounts of open records and those at the win."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.revision import fit_revision

DRAWS = 400


def pairs(rng: np.random.Generator, n: int, median: float = 0.9, sigma: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    before = rng.lognormal(9, 1, n)
    return before, before * median * np.exp(sigma * rng.standard_normal(n))


def fit(before, after, seed=0, **kwargs):  # type: ignore[no-untyped-def]
    return fit_revision(
        np.asarray(before, float), np.asarray(after, float), draws=DRAWS, rng=np.random.default_rng(seed + 10**6)
    )


def test_bookings_of_open_records_are_right_on_average() -> None:
    before, after = pairs(np.random.default_rng(1), 5000)
    part = fit(before, after)
    mean = part.draws["revision.mean"]
    assert part.text == {"revision": {"mean": "posterior", "sd": "posterior"}}
    assert mean.mean() * before.sum() == pytest.approx(after.sum(), rel=0.003)
    # Of a lognormal factor the standard deviation is mean sqrt(exp(sigma^2) - 1).
    assert np.median(part.draws["revision.sd"]) == pytest.approx(
        0.9 * np.exp(0.045) * np.sqrt(np.expm1(0.09)), rel=0.05
    )


def test_intervals_cover_the_true_mean_factor() -> None:
    truth = 0.9 * np.exp(0.3**2 / 2)
    for n in (25, 60, 300):
        covered = []
        for seed in range(400):
            low, high = np.quantile(
                fit(*pairs(np.random.default_rng(seed), n), seed).draws["revision.mean"], (0.1, 0.9)
            )
            covered.append(low <= truth <= high)
        assert 0.72 <= np.mean(covered) <= 0.86, n  # 2.5 standard errors around 77%; large amounts are few


def test_few_pairs_or_equal_amounts_give_no_revision() -> None:
    rng = np.random.default_rng(2)
    assert not fit(*pairs(rng, 19)).text
    same = rng.lognormal(9, 1, 100)
    assert not fit(same, same).text
    unknown = np.full(100, np.nan)
    assert not fit(unknown, same).text
    assert not fit(same, unknown).text
    assert not fit([], []).text
    assert not fit(np.zeros(30), same[:30]).text


def test_placeholders_are_left_out_and_reported() -> None:
    before, after = pairs(np.random.default_rng(3), 200)
    with_placeholders = np.concatenate([before, np.ones(20)])
    part = fit(with_placeholders, np.concatenate([after, np.full(20, 10_000.0)]))
    assert [f.verdict for f in part.findings] == ["REVIEW", "PASS"]
    assert np.median(part.draws["revision.mean"]) == pytest.approx(after.sum() / before.sum(), rel=0.05)
