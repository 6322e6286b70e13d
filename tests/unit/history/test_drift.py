"""Slow changes are found, healthy histories are left in peace, and each stage is watched on its own."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.typing import NDArray

from rpmsim.history.audit.breaks import volume_breaks
from rpmsim.history.audit.drift import steps_of, trend_of
from tests.unit.history.conftest import Write
from tests.unit.history.test_selection import items_of


def weeks(rng: np.random.Generator, size: int, cut: float) -> NDArray[np.float64]:
    """Counts that are overdispersed, drift from week to week, have a season, and fall by ``cut`` little by little."""
    drift = np.zeros(size)
    for i in range(1, size):
        drift[i] = 0.9 * drift[i - 1] + rng.normal(0, 0.03)
    season = 1 + 0.1 * np.sin(2 * np.pi * (np.arange(size) / 52.18 + rng.random()))
    mean = 120 * np.exp(drift) * season * (1 - cut * np.arange(size) / size)
    return rng.negative_binomial(25, 25 / (25 + mean)).astype(float)


@pytest.mark.parametrize(("size", "false", "found"), [(52, 0.05, 0.5), (104, 0.03, 0.9)])
def test_trends_of_healthy_and_of_falling_volume(size: int, false: float, found: float) -> None:
    """Within one year a season cannot be distinguished from a trend, so that fewer are found and more are false."""
    rng = np.random.default_rng(11)
    ones = np.ones(size)

    def rate(cut: float) -> float:
        trends = [trend_of(weeks(rng, size, cut), ones, False) for _ in range(200)]
        return sum(trend is not None and trend.sure() for trend in trends) / 200

    assert rate(0.0) <= false
    assert rate(0.4) >= found


def test_trends_of_a_share() -> None:
    rng = np.random.default_rng(12)
    trials = rng.poisson(70, 60).astype(float)

    def rate(end: float) -> float:
        chance = np.linspace(0.4, end, 60)
        trends = [trend_of(rng.binomial(trials.astype(int), chance).astype(float), trials, True) for _ in range(200)]
        return sum(trend is not None and trend.sure() for trend in trends) / 200

    assert rate(0.4) == 0.0
    assert rate(0.2) == 1.0


def test_the_fitted_levels_are_those_of_an_exact_trend() -> None:
    counts = 200 * np.exp(-0.5 * (np.arange(40) + 0.5) / 40)
    trend = trend_of(counts, np.ones(40), False)
    assert trend is not None
    assert trend.before == pytest.approx(200)
    assert trend.after == pytest.approx(200 * np.exp(-0.5))


def test_a_campaign_is_no_change_of_level_and_a_lasting_step_is_one() -> None:
    rng = np.random.default_rng(13)
    ones = np.ones(80)
    usual = np.full(80, 100.0)
    campaign, step = usual.copy(), usual.copy()
    campaign[30:38] = 200
    step[50:] = 60
    for mean, expected in ((campaign, []), (step, [50])):
        counts = rng.poisson(mean).astype(float)
        assert len(volume_breaks(counts)) >= 1
        found = steps_of(counts, ones, False)
        assert len(found) == len(expected)
        assert all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))


FUNNEL = """\
as_of: 2027-12-31
stages: {mql: {kind: mql, enters: yes}, sal: {kind: sal}, opportunity: {kind: opportunity}}
sources:
  crm:
    {file: crm.csv, shape: wide, record: id,
     stages: {mql: mql, sal: sal, opportunity: opportunity, won: won, lost: lost}}
"""


def funnel(seed: int, falls_to: float) -> str:
    """MQL to SAL 50%, falling over two years to a part of it; ever more SALs go on, so that wins do not fall."""
    rng = np.random.default_rng(seed)
    lines = ["id,mql,sal,opportunity,won,lost"]
    for i in range(9000):
        part = rng.random()
        day = dt.date(2026, 1, 1) + dt.timedelta(int(730 * part))
        falls = 1 - (1 - falls_to) * part
        at = [day]
        for share, wait in ((0.5 * falls, 4.0), (0.35 / falls, 8.0), (0.4, 20.0)):
            if rng.random() >= share:
                break
            at.append(at[-1] + dt.timedelta(1 + int(rng.exponential(wait))))
        ended = at[-1] + dt.timedelta(int(rng.exponential(15.0)))
        shown = [str(d) if d <= dt.date(2027, 12, 31) else "" for d in at] + [""] * (4 - len(at))
        lines.append(",".join([str(i), *shown, "" if len(at) == 4 or ended > dt.date(2027, 12, 31) else str(ended)]))
    return "\n".join(lines) + "\n"


def test_a_stage_that_converts_less_and_less_is_named_though_wins_do_not_show_it(written: Write) -> None:
    items = items_of(written(FUNNEL, crm__csv=funnel(1, 0.5)))
    changes = items["changes of conversion by stage"]["numbers"]["changes"]
    found = {change["stage"]: change for change in changes}
    assert found.keys() == {"mql", "sal"}
    assert found["mql"]["before"] / found["mql"]["after"] > 1.4
    assert items["conversion"]["status"] == items["volume"]["status"] == "PASS"


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_funnel_has_no_change(seed: int, written: Write) -> None:
    items = items_of(written(FUNNEL, crm__csv=funnel(seed, 1.0)))
    assert items["conversion by stage"]["status"] == "PASS"
    assert items["conversion by stage"]["numbers"]["examined"] == ["mql", "sal", "opportunity"]
    assert items["conversion"]["status"] == items["volume"]["status"] == "PASS"


def test_weeks_in_which_the_next_stage_was_not_recorded_are_left_out(written: Write) -> None:
    begins = "2026-09-01"
    header, *rows = funnel(4, 1.0).splitlines()
    cells = [row.split(",") for row in rows]
    late = [[a, b, c if c >= begins else "", d, e, f] for a, b, c, d, e, f in cells]
    text = "\n".join([header, *(",".join(row) for row in late)]) + "\n"
    stated = FUNNEL.replace("shape: wide,", "shape: wide, recorded_from: {sal: 2026-09-01},")
    assert items_of(written(stated, crm__csv=text))["conversion by stage"]["status"] == "PASS"
    assert "changes of conversion by stage" in items_of(written(FUNNEL, crm__csv=text))
