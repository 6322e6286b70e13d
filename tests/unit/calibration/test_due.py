"""Whether due dates are used, and forecasts of worlds of bookings with a known truth, played by the engine."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration.due import DueFit, fit_due
from rpmsim.calibration.due_choice import lead_window
from rpmsim.calibration.due_spells import DueSpells, with_dates
from rpmsim.calibration.windows import ALL, Window
from rpmsim.posterior import HazardTable
from rpmsim.scenario import load_scenario
from tests.unit.calibration.booking_worlds import LOST, WON, Chance, World, both, far_ahead, when_new, world

LAST = 420
AS_OF = dt.date(2027, 1, 3)  # a Sunday
STARTS = np.unique(np.concatenate([np.arange(30), np.arange(30, 90, 3), np.arange(90, 800, 10)]))
WEEKS = 13


def fitted(spells: DueSpells, seed: int = 1, assumed: bool = False) -> DueFit:
    rng = np.random.default_rng(seed)
    return fit_due("booking", ["won", "lost"], [True, False], spells, LAST, 100, rng, assumed=assumed)


def written(folder: Path, fit: DueFit, spells: DueSpells, per_day: float) -> Path:
    """A model as a calibration writes it."""
    table = HazardTable(STARTS, ("booking",), fit.outcomes, ("all",), fit.hazards(STARTS)[:, None, :, None])
    rpmsim.write_posterior(folder / "posterior.nc", hazards=table)
    still = spells.where((spells.outcome < 0) & (spells.until == LAST))
    odds = fit.odds((still.due - LAST - 1).astype(np.int64), LAST + 1 - still.entered)
    rows = ["id,stage,entered,channel,segment,due,odds"]
    for i in range(len(still)):
        entered, due = (AS_OF + dt.timedelta(int(day) - LAST) for day in (still.entered[i], still.due[i]))
        rows.append(f"b{i},booking,{entered},web,guests,{due},x{odds[i]:.6g}")
    to = {name: {"share": "posterior", "time": "posterior"} | text for name, text in fit.text.items()}
    model = {
        "name": "Bookings",
        "as_of": str(AS_OF),
        "until": str(AS_OF + dt.timedelta(7 * WEEKS)),
        "posterior": "posterior.nc",
        "report": {"period": "week"},
        "segments": {"guests": {"amount": "1k"}},
        "channels": {"web": {"leads": f"{per_day} per day", "into": "booking"}},
        "stages": {"booking": {"kind": "opportunity", "to": to}},
        "open": "open.csv",
    }
    path = folder / "model.yaml"
    path.write_text(json.dumps(model, indent=1), encoding="utf-8")
    (folder / "open.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def forecast(folder: Path, fit: DueFit, spells: DueSpells, per_day: float) -> dict[int, np.ndarray]:
    """Summed exits by week, shape (replications, weeks), of each outcome."""
    scenario = load_scenario(written(folder, fit, spells, per_day))
    assert scenario.warnings == []
    moves = rpmsim.simulate(scenario, 100, seed=1)["moves"].sum(["channel", "segment"])
    return {j: moves.sel(edge=f"booking->{name}").values.cumsum(axis=1) for j, name in ((WON, "won"), (LOST, "lost"))}


@pytest.mark.parametrize(
    ("cancels", "clocks"), [(far_ahead, ["due"]), (when_new, ["age", "both"]), (both, ["due", "both"])]
)
def test_forecasts_of_wins_and_cancellations(tmp_path: Path, cancels: Chance, clocks: list[str]) -> None:
    """Bias within its standard error, and 80% bands that hold about as often as they say."""
    errors: dict[tuple[int, int], list[float]] = {}
    inside = []
    for seed in range(4):
        booked = world(np.random.default_rng([seed, 17]), LAST + 7 * WEEKS + 1, 4.0, cancels)
        spells = booked.spells(LAST)
        fit = fitted(spells)
        assert fit.used
        assert fit.choice is not None
        assert fit.choice.clocks[WON] == "due"
        assert fit.choice.clocks[LOST] in clocks
        found = forecast(tmp_path, fit, spells, 4.0)
        for outcome in (WON, LOST):
            for weeks in (2, 4, 13):
                counts, came = found[outcome][:, weeks - 1], booked.count(outcome, LAST, 7 * weeks)
                errors.setdefault((outcome, weeks), []).append((counts.mean() - came) / counts.std())
                low, high = np.quantile(counts, [0.1, 0.9])
                inside.append(low <= came <= high)
    for standardized in errors.values():
        assert abs(np.mean(standardized)) < 3.5 / np.sqrt(len(standardized))
    assert np.mean(inside) > 0.6


def world_of(seed: int) -> World:
    return world(np.random.default_rng([seed, 3]), LAST + 1, 4.0, far_ahead)


def test_ages_predict_worse() -> None:
    choice = fitted(world_of(1).spells(LAST)).choice
    assert choice is not None
    assert choice.better
    assert (choice.gain > 0).all()
    by_date, by_age = (((some - choice.came) ** 2).sum() for some in choice.expected)
    assert by_date < by_age


@pytest.mark.parametrize("noise", ["none", "some", "much"])
def test_a_date_that_says_little_is_not_used(noise: str) -> None:
    """Records leave by their age; the date is a guess that has nothing to do with it, or everything."""
    rng = np.random.default_rng(5)
    booked = world_of(2)
    end = booked.entered + rng.gamma(2.0, 20.0, len(booked.entered)).astype(np.int64)
    guess = {
        "none": booked.entered + rng.integers(0, 90, len(end)),
        "much": booked.entered + 30,
        "some": np.maximum(end + rng.normal(0.0, 5.0, len(end)).astype(np.int64), booked.entered),
    }[noise]
    spells = replace(booked, end=end, due=guess).spells(LAST)
    fit = fitted(spells)
    assert fit.used == (noise == "some")
    if not fit.used:
        assert [finding.verdict for finding in fit.findings] == ["PASS"]
        assert fit.text == {}


def leaking(seed: int, on: str) -> DueSpells:
    """A CRM whose close date is an estimate until the close, and is then overwritten."""
    rng = np.random.default_rng(seed)
    booked = world_of(seed)
    end = booked.entered + rng.lognormal(np.log(45.0), 0.7, len(booked.entered)).astype(np.int64)
    outcome = (rng.random(len(end)) < 0.6).astype(np.int64)
    spells = replace(booked, end=end, outcome=outcome).spells(LAST)
    estimate = spells.entered + rng.choice([30, 60, 90], len(spells))
    overwritten = (spells.outcome >= 0) if on == "close" else spells.outcome == WON
    return replace(spells, due=np.where(overwritten, spells.until, estimate).astype(np.float64))


@pytest.mark.parametrize("on", ["close", "win"])
@pytest.mark.parametrize("assumed", [False, True])
def test_dates_that_were_overwritten_are_not_used(on: str, assumed: bool) -> None:
    fit = fitted(leaking(4, on), assumed=assumed)
    assert not fit.used
    assert [finding.verdict for finding in fit.findings] == ["REVIEW"]
    assert "overwritten" in fit.findings[0].what


@pytest.mark.parametrize("before", [0, 1])
def test_dates_that_are_put_right_just_before_the_end_are_not_used(before: int) -> None:
    """Each close date is a guess, and the true day is typed in on the day of the close, or on the day before."""
    rng = np.random.default_rng(14)
    booked = world_of(14)
    end = booked.entered + rng.lognormal(np.log(45.0), 0.7, len(booked.entered)).astype(np.int64)
    spells = replace(booked, end=end).spells(LAST)
    ended = spells.outcome >= 0
    record = np.concatenate([spells.record, spells.record[ended]])
    known = np.concatenate([spells.entered, spells.until[ended] - before])
    due = np.concatenate([spells.entered + rng.choice([30, 60, 90], len(spells)), spells.until[ended]])
    fit = fitted(with_dates(spells, record, known, due))
    assert not fit.used


def test_renewals_that_all_end_on_their_date_are_used() -> None:
    """Nobody is still there after the date: it was not written later."""
    rng = np.random.default_rng(8)
    booked = world_of(8)
    outcome = (rng.random(len(booked.due)) < 0.2).astype(np.int64)
    spells = replace(booked, end=booked.due, outcome=outcome).spells(LAST)
    assert fitted(spells).used


def test_dates_of_open_records_alone_are_not_used() -> None:
    spells = world_of(6).spells(LAST)
    fit = fitted(replace(spells, due=np.where(spells.outcome < 0, spells.due, np.nan)))
    assert not fit.used
    assert "only of 0% of those that have left" in fit.findings[0].what


def test_records_without_a_date_have_times_of_their_own() -> None:
    """Half of the records have no date, and are won at once."""
    rng = np.random.default_rng(9)
    spells = world_of(9).spells(LAST)
    no_date = rng.random(len(spells)) < 0.5
    spells = replace(
        spells,
        due=np.where(no_date, np.nan, spells.due),
        until=np.where(no_date, spells.entered, spells.until),
        outcome=np.where(no_date, WON, spells.outcome),
    )
    fit = fitted(spells)
    assert fit.used
    at_once = fit.chances.mean(axis=0)[WON, 0]
    assert at_once == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(len(spells)) + 0.01)


def test_dates_in_the_past_and_far_ahead_do_no_harm() -> None:
    spells = world_of(10).spells(LAST)
    due = spells.due.copy()
    due[::50] = spells.entered[::50] - 5
    due[1::50] = spells.entered[1::50] + 5000
    fit = fitted(replace(spells, due=due))
    assert fit.used
    assert np.isfinite(fit.chances).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_handful_of_records(count: int) -> None:
    fit = fitted(world_of(11).spells(LAST).where(np.arange(count)))
    assert not fit.used
    assert fit.outcomes == ("won", "lost")


@pytest.mark.parametrize("last", [20, 40, 70, 100])
def test_a_log_of_some_weeks_that_begins_in_the_middle(last: int) -> None:
    spells = world_of(3).spells(LAST)
    spells = spells.where(spells.until >= 300)
    moved = {name: getattr(spells, name) - 300 for name in ("entered", "due", "until")}
    spells = replace(spells, **moved, since=np.maximum(spells.since - 300, 0)).as_of(last)
    fit = fit_due("booking", ["won", "lost"], [True, False], spells, last, 50, np.random.default_rng(1))
    assert np.isfinite(fit.chances).all()


def test_lead_times_of_late_count_where_they_have_changed() -> None:
    """For a hundred days, bookings have come 60 days ahead in place of 20; without a change, all of them count."""

    def changed(rng: np.random.Generator, entered: np.ndarray) -> np.ndarray:
        return rng.poisson(np.where(entered > LAST - 100, 60, 20))

    def same(rng: np.random.Generator, entered: np.ndarray) -> np.ndarray:
        return rng.poisson(np.full(len(entered), 20))

    windows = (ALL, Window(56), Window(28))
    for leads, mean, chosen in ((changed, 60.0, windows[1:]), (same, 20.0, windows[:1])):
        booked = world(np.random.default_rng(15), LAST + 1, 6.0, far_ahead, leads)
        lead = booked.due - booked.entered
        assert lead_window(booked.entered, lead, LAST, windows) in chosen
        rng = np.random.default_rng(1)
        fit = fit_due("b", ["won", "lost"], [True, False], booked.spells(LAST), LAST, 50, rng, windows=windows)
        won = fit.chances[:, WON].mean(axis=0)
        time = (won * np.arange(len(won))).sum() / won.sum()
        assert time == pytest.approx(mean, abs=0.2 * mean)


def test_same_input_same_numbers() -> None:
    spells = world_of(12).spells(LAST)
    first, second = fitted(spells, 3), fitted(spells, 3)
    np.testing.assert_array_equal(first.chances, second.chances)
    assert first.text == second.text


def test_a_log_that_begins_late_says_the_same() -> None:
    """Delayed entry: bookings before the first recorded day count from then on only."""
    booked = world_of(13)
    whole, late = (fitted(booked.spells(LAST, first)).shares[:, WON] for first in (0, 120))
    assert abs(whole.mean() - late.mean()) < 2 * np.hypot(whole.std(), late.std())
