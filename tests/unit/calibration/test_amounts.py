"""Amounts of wins: what is stated for which data, and unusual input."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.calibration.amount_families import GAMMA, LOGNORMAL, SWEEPS, draw_sizes, gamma_shape, sums_of
from rpmsim.calibration.amounts import Amounts, fit_amounts

DRAWS = 400


def fit(amount, segment=None, names=("all_deals",), seed=0, **kwargs) -> Amounts:  # type: ignore[no-untyped-def]
    amount = np.asarray(amount, dtype=float)
    segment = np.zeros(len(amount), dtype=int) if segment is None else np.asarray(segment)
    return fit_amounts(amount, segment, names, draws=DRAWS, rng=np.random.default_rng(seed), **kwargs)


def stated(found: Amounts, name: str = "all_deals"):  # type: ignore[no-untyped-def]
    return found.part.text["segments"][name]["amount"]


def verdicts(found: Amounts) -> set[str]:
    return {finding.verdict for finding in found.part.findings}


@pytest.mark.parametrize("amount", [[], [np.nan] * 5, [0, 0, 0], [-5, -10]])
def test_without_a_positive_amount_nothing_is_stated(amount: list[float]) -> None:
    found = fit(amount)
    assert not found.part.text
    assert not found.part.draws
    assert verdicts(found) == {"REVIEW"}


def test_equal_amounts_are_a_fixed_price() -> None:
    found = fit([4900.0] * 40)
    assert stated(found) == 4900
    assert not found.part.draws
    assert verdicts(found) == {"PASS"}


def test_one_win_has_a_wide_interval_around_it() -> None:
    found = fit([5000.0])
    assert set(stated(found)) == {"median", "p90"}
    low, high = np.quantile(found.mean["all_deals"], (0.05, 0.95))
    assert 1000 < low < 4000 < 8000 < high < 100_000
    assert verdicts(found) == {"REVIEW"}


def test_list_prices_are_a_table() -> None:
    rng = np.random.default_rng(1)
    prices = np.array([550.0, 1096.0, 4821.0, 26768.0])
    shares = [0.4, 0.3, 0.2, 0.1]
    found = fit(rng.choice(prices, 300, p=shares))
    assert stated(found) == {"table": "posterior"}
    for price, share in zip(prices, shares, strict=True):
        drawn = found.part.draws[f"segments.all_deals.amount.table.{price:.0f}"]
        assert abs(drawn.mean() - share) < 3 * np.sqrt(share * (1 - share) / 300)
        assert drawn.std() == pytest.approx(np.sqrt(share * (1 - share) / 300), rel=0.3)
    assert verdicts(found) == {"PASS"}


def test_lognormal_and_gamma_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    assert set(stated(fit(rng.lognormal(9, 1, 150)))) == {"median", "p90"}
    assert stated(fit(rng.gamma(0.7, 9000, 150)))["law"] == "gamma"


def test_two_kinds_of_deals_and_a_huge_one_are_a_table_with_the_observed_mean() -> None:
    rng = np.random.default_rng(3)
    for amount in (
        np.concatenate([rng.lognormal(7, 0.3, 160), rng.lognormal(11, 0.3, 40)]),
        np.append(rng.lognormal(9, 0.5, 300), 3e6),
    ):
        found = fit(amount)
        assert "table" in stated(found)
        assert found.mean["all_deals"].mean() == pytest.approx(amount.mean(), rel=0.1)
    assert any("largest win" in finding.what for finding in found.part.findings)


def test_credit_notes_and_zeros_lower_the_mean() -> None:
    rng = np.random.default_rng(4)
    positive = rng.lognormal(9, 0.6, 50)
    for others in (-positive[:5], np.zeros(10)):
        amount = np.concatenate([positive, others])
        found = fit(amount)
        assert found.mean["all_deals"].mean() == pytest.approx(amount.mean(), rel=0.06)
        assert verdicts(found) == {"REVIEW"}


def test_more_credit_notes_than_deals_is_a_failure() -> None:
    found = fit(np.concatenate([np.full(20, 100.0) + np.arange(20), np.full(20, -500.0)]))
    assert "FAIL" in verdicts(found)
    assert (found.mean["all_deals"] > 0).all()


def test_a_segment_without_amounts_takes_those_of_all() -> None:
    rng = np.random.default_rng(5)
    amount = np.append(rng.lognormal(9, 0.8, 100), [np.nan] * 10)
    found = fit(amount, [0] * 100 + [1] * 10, ("smb", "large"))
    assert np.median(found.mean["large"]) == pytest.approx(np.median(found.mean["smb"]), rel=0.05)
    assert any("Few wins with an amount: large (0)" in finding.what for finding in found.part.findings)
    assert any("10 of 110 wins have no amount" in finding.what for finding in found.part.findings)


def test_a_change_over_time_is_reported() -> None:
    rng = np.random.default_rng(6)
    day = np.arange(300)
    noise = 0.5 * rng.standard_normal(300)
    rising = fit(np.exp(9 + noise + day / 300), day=day)
    assert any("Amounts grew by a factor of 2." in finding.what for finding in rising.part.findings)
    assert verdicts(fit(np.exp(9 + noise), day=day)) == {"PASS"}


def test_the_currency_and_the_order_of_records_change_nothing() -> None:
    rng = np.random.default_rng(7)
    amount, segment = rng.lognormal(9, 0.8, 100), rng.integers(0, 2, 100)
    found = fit(amount, segment, ("a", "b"))
    yen = fit(amount * 150, segment, ("a", "b"))
    order = rng.permutation(100)
    shuffled = fit(amount[order], segment[order], ("a", "b"))
    for path, values in found.part.draws.items():
        np.testing.assert_allclose(yen.part.draws[path], values * 150, rtol=1e-9)
        np.testing.assert_allclose(shuffled.part.draws[path], values, rtol=1e-9)


def test_weights_count_as_the_records_they_are_worth() -> None:
    rng = np.random.default_rng(8)
    old, new = rng.lognormal(8, 0.5, 400), rng.lognormal(9, 0.5, 50)
    weight = np.append(np.full(400, 1e-6), np.ones(50))
    weighted, alone = fit(np.append(old, new), weight=weight), fit(new)
    for q in (0.1, 0.5, 0.9):
        both = [np.quantile(found.mean["all_deals"], q) for found in (weighted, alone)]
        assert both[0] == pytest.approx(both[1], rel=0.03)


def test_chains_have_reached_their_distribution() -> None:
    rng = np.random.default_rng(9)
    segment = np.repeat([0, 1, 2], [4, 25, 200])
    sums = sums_of(rng.lognormal(9, 0.9, 229), segment, np.ones(229), 3)
    for family in (LOGNORMAL, GAMMA):
        short, long = (draw_sizes(family, sums, 2000, np.random.default_rng(1), sweeps) for sweeps in (SWEEPS, 600))
        for q in (0.1, 0.5, 0.9):
            for a, b in ((short.place, long.place), (short.spread, long.spread)):
                # Four standard errors of a quantile of 2,000 draws, in standard deviations of the draws.
                away = (np.quantile(a, q, axis=0) - np.quantile(b, q, axis=0)) / b.std(axis=0)
                assert np.abs(away).max() < 4 * np.sqrt(2) * 1.8 / np.sqrt(2000)


def test_shape_of_a_gamma_distribution_solves_its_equation() -> None:
    from scipy import special

    shape = np.array([0.05, 0.3, 1.0, 7.0, 400.0])
    np.testing.assert_allclose(gamma_shape(np.log(shape) - special.digamma(shape)), shape, rtol=1e-6)
