"""Size bands: made where size acts and not elsewhere, and right for bookings."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration.amounts import fit_amounts
from rpmsim.calibration.size_effect import ADVANCED, OPEN, SizedSpells
from rpmsim.calibration.sizes import LIMITS, Bands, fit_size

SEGMENTS, STAGES = 3, ("sql", "opportunity")
LAST = 540


def world(rng: np.random.Generator, n: int, odds: float = 0.0, speed: float = 0.0) -> tuple[SizedSpells, np.ndarray]:
    """Spells of records in two stages, and the amounts of wins; log odds and log speed change with log amount."""
    segment = rng.integers(0, SEGMENTS, n)
    away = rng.standard_normal(n)
    amount = np.exp(9 + 0.8 * segment + away)
    there, day, parts = np.arange(n), rng.integers(0, LAST, n), []
    for stage in range(len(STAGES)):
        share = 1 / (1 + np.exp(0.85 - odds * away[there]))
        advances = rng.random(len(there)) < share
        age = np.rint(rng.lognormal(3, 0.8, len(there)) * np.exp(-speed * away[there])).astype(np.int64)
        left = day + age <= LAST
        zero = np.zeros(len(there), dtype=np.int64)
        end = np.where(left, advances.astype(np.int64), OPEN)
        columns = zero + stage, segment[there], day, zero, np.minimum(age, LAST - day), end, amount[there]
        parts.append(columns)
        on = end == ADVANCED
        there, day = there[on], (day + age)[on]
    return SizedSpells(*(np.concatenate(column) for column in zip(*parts, strict=True))), amount[there]


def fit(spells: SizedSpells):  # type: ignore[no-untyped-def]
    return fit_size(spells, stages=STAGES, segments=SEGMENTS)


def fires(n: int, worlds: int, **effect: float) -> float:
    found = [fit(world(np.random.default_rng(seed), n, **effect)[0]) for seed in range(worlds)]
    return float(np.mean([sizes.bands is not None for sizes in found]))


def test_false_alarms_are_rare() -> None:
    # 1.5% of 400 are 6; the chance of more than 11 is 1%.
    assert fires(400, 400) <= 11 / 400


def test_effects_on_outcome_and_on_speed_are_found() -> None:
    assert fires(3000, 20, odds=0.3) >= 0.9
    assert fires(1000, 20, speed=0.3) >= 0.9


def test_bands_are_few_round_and_filled() -> None:
    spells, _ = world(np.random.default_rng(1), 6000, odds=0.4)
    found = fit(spells)
    bands = found.bands
    assert bands is not None
    assert bands.stage == 0
    assert 2 <= len(bands.names) <= 3
    assert found.part.text["stages"] == {"sql": {"amount": "here"}}
    assert set(bands.limits / 10 ** np.floor(np.log10(bands.limits))) <= set(LIMITS)
    entered = spells.amount[spells.stage == 0]
    assert (np.bincount(bands.of(entered)) > 0.1 * len(entered)).all()
    assert bands.slope == pytest.approx(0.4, abs=3 * bands.slope_sd + 0.1)
    assert bands.slope_sd < 0.08


def test_odds_of_open_records_are_those_of_their_class_on_average() -> None:
    spells, _ = world(np.random.default_rng(2), 6000, odds=0.4)
    bands = fit(spells).bands
    assert bands is not None
    here = spells.stage == 0
    odds = bands.odds(spells.amount[here], spells.segment[here])
    assert np.log(odds).mean() == pytest.approx(0.0, abs=0.01)
    assert np.corrcoef(np.log(odds), np.log(spells.amount[here]))[0, 1] > 0.1
    assert bands.odds(np.array([np.nan, 0.0]), np.array([0, 0])).tolist() == [1.0, 1.0]


def test_bookings_by_band_are_right_where_large_deals_are_rarely_won() -> None:
    rng = np.random.default_rng(3)
    n = 40_000
    amount = rng.lognormal(9, 1, n)
    won = rng.random(n) < 1 / (1 + np.exp(1 + 0.8 * (np.log(amount) - 9)))
    limits = np.array([5000.0, 15_000.0])
    bands = Bands(0, ("small", "medium", "large"), limits, 0.0, 0.1, np.zeros((1, 3)))
    zero = np.zeros(n, dtype=np.int64)
    spells = SizedSpells(zero, zero, zero, zero, zero, won.astype(np.int64), amount)
    entries = bands.entries(spells, 1, amount[won])
    found = fit_amounts(amount[won], zero[won], ("all",), draws=200, rng=rng, entries=entries)
    values = np.array([float(path.rsplit("table.", 1)[1]) for path in found.part.draws])
    weights = np.stack(list(found.part.draws.values()), axis=1)
    # As the engine: a band by the whole distribution, a win by its band, an amount from the band's part.
    band = bands.of(values)
    rate = np.array([won[bands.of(amount) == b].mean() for b in range(3)])
    expected = (weights * values * rate[band]).sum(axis=1).mean()
    assert expected == pytest.approx((amount * won).mean(), rel=0.01)
    # Amounts of all that enter, or of all wins, would be wrong by far.
    assert abs((amount.mean() * won.mean()) / (amount * won).mean() - 1) > 0.4


def test_a_weak_effect_gives_odds_and_no_bands() -> None:
    spells, _ = world(np.random.default_rng(6), 60_000, odds=0.07)
    found = fit(spells)
    assert found.bands is not None
    assert not found.bands.divide
    assert not found.part.text
    assert found.bands.slope == pytest.approx(0.07, abs=3 * found.bands.slope_sd)
    odds = found.bands.odds(np.exp([8.0, 10.0]), np.zeros(2, dtype=np.int64))
    assert odds[1] / odds[0] == pytest.approx(np.exp(2 * found.bands.slope))


@pytest.mark.parametrize("known", ["none", "few", "constant", "three", "one day", "zero"])
def test_unusual_input_gives_no_bands(known: str) -> None:
    rng = np.random.default_rng(4)
    spells, _ = world(rng, 3 if known == "three" else 500)
    amount = spells.amount
    if known in ("none", "few"):
        amount = np.where(rng.random(len(amount)) < (0.0 if known == "none" else 0.3), amount, np.nan)
    if known in ("constant", "zero"):
        amount = np.full(len(amount), 5000.0 if known == "constant" else 0.0)
    until = spells.since if known == "one day" else spells.until
    found = fit(SizedSpells(*(spells.stage, spells.segment, spells.entered, spells.since, until, spells.end, amount)))
    assert found.bands is None
    assert found.part.findings
    assert not found.part.text


def test_the_engine_books_what_records_with_bands_bring(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    n, zero = 30_000, np.zeros(30_000, dtype=np.int64)
    amount = rng.lognormal(9, 1, n)
    won = rng.random(n) < 1 / (1 + np.exp(0.5 + 0.8 * (np.log(amount) - 9)))
    bands = Bands(0, ("small", "medium", "large"), np.array([5000.0, 15_000.0]), 0.0, 0.1, np.zeros((1, 3)))
    spells = SizedSpells(zero, zero, zero, zero, zero, won.astype(np.int64), amount)
    entries = bands.entries(spells, 1, amount[won])
    part = fit_amounts(amount[won], zero[won], ("all_deals",), draws=50, rng=rng, entries=entries).part
    rpmsim.write_posterior(tmp_path / "posterior.nc", part.draws)
    share = {name: f"{100 * won[bands.of(amount) == i].mean():.3f}%" for i, name in enumerate(bands.names)}
    text = f"""
        posterior: posterior.nc
        as_of: 2026-12-31
        until: 2027-03
        bands: {{small: {{below: 5000}}, medium: {{below: 15000}}, large: {{}}}}
        segments: {{all_deals: {part.text["segments"]["all_deals"]}}}
        channels: {{web: {{leads: 30 per day, mix: {{all_deals: rest}}}}}}
        stages: {{opportunity: {{amount: here, to: {{won: {{share: {share}}}, lost: {{share: rest}}}}}}}}
        opening: {{}}
    """
    (tmp_path / "plan.yaml").write_text(textwrap.dedent(text).replace("'", ""), encoding="utf-8")
    dataset = rpmsim.simulate(rpmsim.load_scenario(tmp_path / "plan.yaml"), replications=200)
    bookings = dataset["bookings"].values.reshape(200, -1).sum(axis=1)
    expected = (amount * won).mean() * 30 * 90
    error = bookings.std() / np.sqrt(200)
    assert error < 0.01 * expected
    assert bookings.mean() == pytest.approx(expected, abs=0.015 * expected + 3 * error)
