"""The counts behind scenarios/olist.yaml: the estimates on histories made here, and the file against the export."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def counts() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import olist_counts
    finally:
        sys.path.remove(str(BENCHMARKS))
    return olist_counts


@pytest.fixture(scope="module")
def distribution(counts: ModuleType) -> ModuleType:
    return sys.modules["olist_forecast"]


def made_history(
    distribution: ModuleType, share: float, median: float, sigma: float, per_day: int, first: int
) -> object:
    """Leads from day ``first`` on, won by a known distribution; wins before the window are not recorded."""
    rng = np.random.default_rng(7)
    last = distribution.number(distribution.AS_OF)
    contact = np.repeat(np.arange(first, last + 1), per_day)
    delay = np.floor(median * np.exp(sigma * rng.standard_normal(len(contact))) + 0.5)
    delay[rng.random(len(contact)) > share] = 10**6
    day = np.searchsorted(distribution.WORKDAYS, distribution.WORKDAYS[contact] + delay)
    won = np.where(delay == 0, contact, day)
    recorded = won >= distribution.START
    channel = rng.integers(0, len(distribution.CHANNELS), len(contact))
    gone = recorded | (won > last)
    return distribution.History(contact[gone], channel[gone], np.where(won > last, 10**6, won)[gone])


def test_delayed_entry_finds_the_distribution_though_early_wins_were_never_recorded(distribution: ModuleType) -> None:
    history = made_history(
        distribution, share=0.2, median=12.0, sigma=0.9, per_day=60, first=distribution.number(distribution.WINDOW) - 60
    )
    exposure = distribution.expose(history, np.ones(len(history.won), dtype=bool))
    share, median, sigma = distribution.fit_distribution(exposure.wins.sum((0, 1)), exposure.risk.sum((0, 1)))
    # Some 1,300 wins: a standard error of 3% in the share and 4% in the median.
    assert share == pytest.approx(0.2, rel=0.09)
    assert median == pytest.approx(12.0, rel=0.12)
    assert sigma == pytest.approx(0.9, rel=0.12)
    naive = exposure.wins.sum() / len(history.won)
    assert naive < 0.2 * 0.91  # what a count of wins by leads would have said


def test_wins_on_the_day_of_contact_count_on_closed_days_too(distribution: ModuleType) -> None:
    sunday = distribution.START + 6
    history = distribution.History(np.array([sunday, sunday]), np.array([0, 0]), np.array([sunday, 10**6]))
    exposure = distribution.expose(history, np.array([True, True]))
    assert exposure.wins[0, 0, 0] == 1
    assert exposure.risk[0, 0, 0] == 2
    assert exposure.risk[1, 0, 1:6].tolist() == [1] * 5  # Monday to Friday of the next week
    assert exposure.risk[0].sum() == 2


def test_expected_wins_of_old_and_new_leads_add_up_to_the_share(distribution: ModuleType) -> None:
    channels = len(distribution.CHANNELS)
    flat = np.ones((7, channels))
    fitted = distribution.Fit(
        np.full(channels, 0.3),
        np.zeros(channels),
        1.0,
        0.3,
        np.full(channels, 70.0),
        np.zeros(channels),
        flat,
        0.01,
        0.0,
        0.0,
        0.0,
    )
    last = distribution.number(distribution.AS_OF) - 70
    one_open = distribution.History(np.array([last]), np.array([0]), np.array([10**6]))
    old, new = distribution.expected_wins(fitted, one_open, last, 6, 1.0)
    assert old.sum() == pytest.approx(
        0.3 * (1 - distribution.delay_cdf(1.0, 0.3)[0]) / (1 - 0.3 * distribution.delay_cdf(1.0, 0.3)[0])
    )
    assert new[0].sum(1) == pytest.approx(np.full(channels, 21.0), rel=1e-3)
    assert new[3, :, :3].sum() == 0  # no wins before the lead comes
    odds, _ = distribution.expected_wins(fitted, one_open, last, 6, 2.0)
    assert odds.sum() > old.sum()


def test_later_days_do_not_change_an_earlier_origin(distribution: ModuleType) -> None:
    """Poisoned future: what happens after the origin may not enter its forecast."""
    history = made_history(
        distribution, share=0.2, median=8.0, sigma=1.0, per_day=30, first=distribution.number(distribution.COHORT)
    )
    weeks, last = 8, distribution.START + 8 * 7 - 1
    later = history.contact > last
    poisoned = distribution.History(
        history.contact, np.where(later, 0, history.channel), np.where(history.won > last, last + 1, history.won)
    )
    everyone = np.ones(len(history.won), dtype=bool)
    clean, spoilt = (
        distribution.predict(distribution.fit(distribution.expose(one, everyone), weeks, 3.0), one, last, 4, draws=200)
        for one in (history, poisoned)
    )
    assert (clean == spoilt).all()


def test_crps_of_a_sure_forecast_is_the_error(distribution: ModuleType) -> None:
    assert distribution.crps(np.full((50, 1), 3.0), np.array([5.0])) == pytest.approx([2.0])
    spread = np.array([[0.0], [1.0]])
    assert distribution.crps(spread, np.array([0.5])) == pytest.approx([0.5 - 0.5])  # E|x-y| less half of E|x-x'|, fair


def test_file_is_what_the_export_gives(counts: ModuleType, distribution: ModuleType) -> None:
    if not (counts.EXPORT / "closed_deals.csv").exists():
        pytest.skip(f"the Olist export is not in {counts.EXPORT}")
    history = counts.read(counts.EXPORT)
    exposure = distribution.expose(history, history.contact >= distribution.number(distribution.COHORT))
    text = counts.scenario_text(history, exposure, distribution.choose(history, exposure))
    assert counts.TARGET.read_text(encoding="utf-8") == text


def test_open_leads_are_all_leads_less_the_won(counts: ModuleType) -> None:
    if not (counts.EXPORT / "closed_deals.csv").exists():
        pytest.skip(f"the Olist export is not in {counts.EXPORT}")
    rows = counts.opening(counts.read(counts.EXPORT))
    assert sum(count for _, _, count in rows) == 6000 - 423
    assert max(age for _, age, _ in rows) > 270
