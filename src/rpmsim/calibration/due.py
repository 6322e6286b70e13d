"""Dates known in advance: whether records of a stage leave by their date, and what the model needs to simulate it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.due_choice import HORIZON, Choice, choose, doubts, lead_window
from rpmsim.calibration.due_hazards import Clock, Hazards, binned, fit, seen
from rpmsim.calibration.due_spells import DueSpells, cells_of
from rpmsim.calibration.due_times import (
    Leads,
    Offsets,
    ahead,
    by_age_bins,
    lead_times,
    new_leads,
    offsets,
)
from rpmsim.calibration.part import Finding
from rpmsim.calibration.windows import ALL, Window

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

ITEM = "due dates"

PAST_DAYS = 400
"""Days after the date that an offset table covers."""

LEAST_EXITS = 20
"""Exits of records without a date, from which on these have times of their own."""

LEAST_ODDS = 0.02
"""Odds of an open record that differ from 1 by less are not stated."""


@dataclass(frozen=True)
class DueFit:
    """How records of a stage leave by a date that is known in advance.

    Parameters
    ----------
    outcomes : tuple of str
    findings : list of Finding
        What was found, also where the date is not used.
    choice : Choice, optional
        Scores at past origins.
    text : dict of str to dict
        What the scenario says of each outcome, beside its share and time: ``by``, ``offset`` and ``beyond``.
    chances : array, shape (draws, outcomes, ages)
        Chance that a new lead leaves for each outcome on each day; empty if the date is not used.
    name : str
        Attribute of the dates.
    """

    outcomes: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)
    choice: Choice | None = None
    text: dict[str, dict[str, Any]] = field(default_factory=dict)
    chances: F64 = field(default_factory=lambda: np.zeros((0, 0, 0)))
    name: str = "due"
    _hazards: Hazards | None = None
    _offsets: Offsets | None = None
    _advances: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    @property
    def used(self) -> bool:
        """Whether the date is used: it predicts better than the age."""
        return self.chances.size > 0

    def hazards(self, starts: I64) -> F64:
        """Hazards by age of new leads for a posterior, shape (draws, outcomes, bins).

        Parameters
        ----------
        starts : array of int, shape (bins,)
            First age of each bin.
        """
        return by_age_bins(self.chances, starts)

    def odds(self, to_go: I64, age: I64) -> F64:
        """Factors on the odds of open records with a date, shape (records,); 1 where the offsets say it all.

        They make the chance of advancing that of the hazards where these depend on more than the days to go.

        Parameters
        ----------
        to_go, age : array of int, shape (records,)
            On the day after the data: days to go (below 0 after the date), and days in the stage.
        """
        assert self._hazards is not None
        assert self._offsets is not None
        up = self._advances
        if self._hazards.plain or not 0 < up.sum() < len(up) or not len(to_go):
            return np.ones(len(to_go))
        distinct, of = np.unique(np.stack([to_go, age]), axis=1, return_inverse=True)
        wanted = ahead(self._hazards, distinct[0], distinct[1], int(distinct[0].max(initial=0)) + PAST_DAYS).T
        stated = self.shares.mean(axis=0)[:, None] * self._offsets.after(distinct[0])
        ratio = [some[up].sum(axis=0) / np.maximum(some[~up].sum(axis=0), 1e-12) for some in (wanted, stated)]
        known = (stated[up].sum(axis=0) > 0) & (stated[~up].sum(axis=0) > 0)
        factor = np.where(known, np.clip(ratio[0] / np.maximum(ratio[1], 1e-12), 1e-3, 1e3), 1.0)
        return np.where(np.abs(factor - 1.0) < LEAST_ODDS, 1.0, factor)[of.ravel()]

    @property
    def shares(self) -> F64:
        """Share of each outcome of new leads, shape (draws, outcomes)."""
        return np.asarray(self.chances.sum(axis=2))


def fit_due(
    stage: str,
    outcomes: Sequence[str],
    advances: Sequence[bool],
    spells: DueSpells,
    last: int,
    draws: int,
    rng: np.random.Generator,
    *,
    windows: Sequence[Window] = (ALL,),
    assumed: bool = False,
) -> DueFit:
    """Fit how the records of a stage leave by their date, if they do.

    The hazards of all outcomes by days to go (and by age, where that predicts better), with delayed entry and right
    censoring, say how open records leave: these run by offsets from their date. Integrated over the lead times of new
    records, they say when these leave, which have no date in the model. Whether the date is used at all is decided by
    the log score of the 28 days from past origins on.

    Parameters
    ----------
    stage : str
    outcomes : sequence of str
        Stages that may follow.
    advances : sequence of bool
        Which of them effects on conversion favor.
    spells : DueSpells
        Of this stage, by :func:`rpmsim.calibration.due_spells.with_dates`.
    last : int
        The last day of the data.
    draws : int
    rng : Generator
    windows : sequence of Window
        How much each past day may count, the simplest first; the score decides.
    assumed : bool
        Whether the dates are only known from the last day's export, and it is assumed that they were known when the
        stage was entered.

    Returns
    -------
    DueFit
    """
    names = tuple(outcomes)
    if np.isnan(spells.due).all():
        return DueFit(names)
    doubt = doubts(spells, len(names), last, assumed)
    if doubt:
        return DueFit(names, [_refused(stage, doubt)])
    choice = choose(spells, len(names), last, windows)
    if choice is None:
        return DueFit(names, [_refused(stage, "the history is too short to see whether records leave by it")])
    findings = [_scored(stage, names, choice)]
    if not choice.better:
        return DueFit(names, findings, choice)
    findings += _remarks(stage, spells, last, assumed)
    return _fitted(names, np.array(advances, dtype=bool), spells, last, draws, rng, choice, findings, windows)


def _fitted(
    outcomes: tuple[str, ...],
    advances: NDArray[np.bool_],
    spells: DueSpells,
    last: int,
    draws: int,
    rng: np.random.Generator,
    choice: Choice,
    findings: list[Finding],
    windows: Sequence[Window],
) -> DueFit:
    counts = binned(cells_of(spells, len(outcomes), 0, last, choice.window))
    hazards = seen(counts, fit(counts, choice.clocks), choice.clocks)
    chances = _chances(fit(counts, choice.clocks, draws, rng), spells, last, choice.window, windows, draws, rng)
    open_days = spells.due[(spells.outcome < 0) & (spells.until == last)] - last - 1
    longest = int(max(np.nanmax(open_days, initial=0), counts.bins.longest))
    dated: list[Clock] = ["due"] * len(outcomes)
    by_days = seen(counts, fit(counts, dated), dated)
    table = offsets(by_days, chances.mean(axis=0).sum(axis=1), longest, PAST_DAYS)
    text = {name: _text(table, j) for j, name in enumerate(outcomes)}
    return DueFit(outcomes, findings, choice, text, chances, "due", hazards, table, advances)


def _chances(
    hazards: Hazards,
    spells: DueSpells,
    last: int,
    window: Window,
    windows: Sequence[Window],
    draws: int,
    rng: np.random.Generator,
) -> F64:
    """When new leads leave: those that come with a date by their lead times, the others by age."""
    new = spells.where(spells.since == spells.entered)
    dated = ~np.isnan(new.lead)
    recent = lead_window(new.entered[dated], new.lead[dated].astype(np.int64), last, windows)
    weight = recent.weights(last)[new.entered]
    if not weight[dated].any():
        weight = np.ones(len(new))
    some = dated & (weight > 0)
    leads = lead_times(new.lead[some].astype(np.int64), weight[some], draws, rng)
    ages = int(leads.days.max()) + PAST_DAYS
    chances = new_leads(hazards, leads, ages)
    undated = spells.where(np.isnan(spells.lead))
    if (undated.outcome >= 0).sum() < LEAST_EXITS:
        return chances
    undated = replace(undated, due=undated.entered.astype(np.float64))
    cells = cells_of(undated, chances.shape[1], 0, last, window)
    by_age = fit(binned(cells), ["age"] * chances.shape[1], draws, rng)
    without = weight[~dated].sum() / weight.sum()
    at_once = Leads(np.zeros(1, dtype=np.int64), np.ones((draws, 1)))
    return (1.0 - without) * chances + without * new_leads(by_age, at_once, ages)


def _text(table: Offsets, outcome: int) -> dict[str, Any]:
    """What the scenario says of an outcome."""
    weights = zip(table.days.tolist(), table.weights[outcome].tolist(), strict=True)
    rows = {f"{day} days": text for day, weight in weights if (text := _percent(weight)) != "0%"}
    beyond = f"{_percent(table.tail[outcome])} per day"
    return {"by": "due", "offset": {"table": rows or {"0 days": "100%"}}, "beyond": beyond}


def _percent(value: float) -> str:
    text = f"{100 * value:.3e}"
    digits = max(0, 3 - int(text.partition("e")[2]))
    return f"{100 * value:.{min(digits, 10)}f}".rstrip("0").rstrip(".") + "%" if digits else f"{100 * value:.0f}%"


def _scored(stage: str, outcomes: tuple[str, ...], choice: Choice) -> Finding:
    """What past origins say about the date."""
    origins = len(choice.gain)
    by_date, by_age = (np.abs(some - choice.came).sum(axis=0).sum() for some in choice.expected)
    days = f"{HORIZON} days from {origins} past day{'s' if origins > 1 else ''} on"
    if not choice.better:
        what = f"{stage}: the date does not forecast the {days} better than the age, so it is not used"
        return Finding(ITEM, "PASS", what)
    words = {"due": "the days until the date", "age": "the age", "both": "the days until the date and the age"}
    runs = ", ".join(f"{name} by {words[clock]}" for name, clock in zip(outcomes, choice.clocks, strict=True))
    what = (
        f"{stage}: the date forecasts the {days} better than the age ({runs}); of {choice.came.sum():,.0f} exits of "
        f"records that were open, counts by the date were wrong by {by_date:,.0f} in all, by age by {by_age:,.0f}"
    )
    return Finding(ITEM, "PASS", what)


def _refused(stage: str, doubt: str) -> Finding:
    to_do = "provide its history (each date since it was known), or state since when it has been known"
    return Finding(ITEM, "REVIEW", f"{stage}: the date is not used: {doubt}", to_do)


def _remarks(stage: str, spells: DueSpells, last: int, assumed: bool) -> list[Finding]:
    """What an analyst should know about the dates that are used."""
    found = []
    still = spells.where((spells.outcome < 0) & (spells.until == last))
    if assumed:
        what = f"{stage}: the dates are known from the export only, and assumed to be older than the records' exits"
        found.append(Finding(ITEM, "REVIEW", what, "write `due: {column: ..., known: created}` if they never change"))
    missing, overdue = (
        np.isnan(still.lead).mean() if len(still) else 0.0,
        np.mean(still.due < last) if len(still) else 0.0,
    )
    if missing > 0.05:
        what = f"{stage}: {missing:.0%} of the open records have no date, and run by their age"
        found.append(Finding(ITEM, "REVIEW", what, "complete the dates"))
    if overdue > 0.05:
        what = f"{stage}: the date of {overdue:.0%} of the open records has passed"
        found.append(Finding(ITEM, "REVIEW", what, "close them, or correct their dates"))
    return found
