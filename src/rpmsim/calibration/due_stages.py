"""Stages whose records leave by a date: the dates of a history, the fit of each stage, the columns of open records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.class_codes import table_name
from rpmsim.calibration.clocks import EVERY_DAY, make_clock
from rpmsim.calibration.due import ITEM, DueFit, fit_due
from rpmsim.calibration.due_spells import DueSpells, with_dates
from rpmsim.calibration.evidence import Evidence, Spells
from rpmsim.calibration.part import Finding
from rpmsim.calibration.settings import Settings
from rpmsim.calibration.stage_fit import StageFit
from rpmsim.calibration.windows import ALL, Window
from rpmsim.history import sql
from rpmsim.history.dues import DUE
from rpmsim.history.view_tables import query

I64 = NDArray[np.int64]

WINDOWS = (ALL, Window(224), Window(112), Window(56))
"""Half-lives that are compared for a fit by dates, the longest first."""

EXPORTED_SHARE = 0.9
"""Share of the dates known from the last day's export alone, from which on this is how the attribute is known."""

BEFORE = -(10**6)
"""A day before everything."""

FINE_DAYS, WIDER = 21, 1.08
"""Ages with a bin of their own, and how much wider later bins become from one to the next."""


@dataclass(frozen=True)
class Dues:
    """The dates of an attribute; arrays of shape (dates,).

    Parameters
    ----------
    name : str
        ``due``, or that of an attribute whose values are dates.
    record, known, due : array of int
        Number of the record, day on which the date was known first, and the date as a numbered day.
    exported : bool
        Whether they are known from the last day's export alone. If the mapping does not say so of a date that it
        declares, it is assumed that they are as old as their records.
    """

    name: str
    record: I64
    known: I64
    due: I64
    exported: bool

    @property
    def assumed(self) -> bool:
        """Whether nothing says since when they have been known."""
        return self.exported and self.name != DUE


def dues_of(evidence: Evidence) -> list[Dues]:
    """All attributes that are dates, the declared one first."""
    view, day0 = evidence.view, sql.day(evidence.first)
    exported = sql.end_of(view.as_of) + " - INTERVAL 1 MICROSECOND"
    columns = view.con.execute(f"""
        SELECT
            d.name, c.number AS record,
            CAST(date_diff('day', {day0}, CAST(d.known AS DATE)) AS BIGINT) AS known,
            CAST(date_diff('day', {day0}, d.due) AS BIGINT) AS due,
            d.known >= {exported} AS exported
        FROM ({query(view, "dues")}) d JOIN {table_name("codes", view)} c ON c.record = d.record
        ORDER BY d.name <> '{DUE}', d.name, c.number, d.known
    """).fetchnumpy()
    names = np.asarray(columns["name"]).astype(str)
    result = []
    for name in dict.fromkeys(names.tolist()):
        here = names == name
        record, known, due = (np.asarray(columns[key][here], dtype=np.int64) for key in ("record", "known", "due"))
        exported_here = np.asarray(columns["exported"][here], dtype=bool)
        dues = Dues(name, record, known, due, float(exported_here.mean()) >= EXPORTED_SHARE)
        result.append(replace(dues, known=np.where(exported_here, BEFORE, known)) if dues.assumed else dues)
    return result


def with_dues(
    evidence: Evidence, fits: list[StageFit], settings: Settings, random: Callable[[str], np.random.Generator]
) -> tuple[list[StageFit], list[Finding]]:
    """Stages with a fit by dates where it predicts better than the age.

    Parameters
    ----------
    evidence : Evidence
    fits : list of StageFit
    settings : Settings
    random : function of str to Generator
        Random numbers for a part of the model.

    Returns
    -------
    fits : list of StageFit
        Those by dates have calendar days as their clock, no pace, and the hazards of new leads.
    findings : list of Finding
    """
    every = dues_of(evidence)
    result, findings = [], []
    for fit in fits:
        found = [(dues, _fit(evidence, fit, dues, settings, random(f"due {fit.rule.name}"))) for dues in every]
        used = [(dues, due) for dues, due in found if due.used]
        if used:
            dues, due = max(used, key=lambda pair: float(pair[1].choice.gain.mean()) if pair[1].choice else 0.0)
            fit = _by_date(evidence, fit, replace(due, name=dues.name), settings)
        shown = [fit.due] if fit.due else [due for dues, due in found if dues.name == DUE]
        findings += [finding for due in shown for finding in due.findings]
        result.append(fit)
    return result, findings


def _fit(evidence: Evidence, fit: StageFit, dues: Dues, settings: Settings, rng: np.random.Generator) -> DueFit:
    names = tuple(evidence.targets[cause.outcome] for cause in fit.causes)
    if dues.exported and not dues.assumed:
        what = f"{fit.rule.name}: the date is not used: it is known from the export only, and may have been overwritten"
        to_do = "write `due: {column: ..., known: created}` if it never changes, or provide its history"
        return DueFit(names, [Finding(ITEM, "REVIEW", what, to_do)])
    spells = spells_with(fit.spells, [cause.outcome for cause in fit.causes], dues)
    windows: tuple[Window, ...] = WINDOWS
    if settings.window is not None:
        windows = (ALL,) if settings.window == 0 else (Window(last=settings.window),)
    return fit_due(
        fit.rule.name, names, fit.advancing.tolist(), spells, evidence.seen, settings.draws, rng, windows=windows,
        assumed=dues.assumed,
    )  # fmt: skip


def spells_with(spells: Spells, outcomes: list[int], dues: Dues) -> DueSpells:
    """Spells of one stage, with outcomes numbered in the order of the stage, and with the dates in force."""
    number = np.full(max([*outcomes, -1]) + 2, -1)
    number[outcomes] = np.arange(len(outcomes))
    plain = DueSpells(
        spells.record, number[spells.outcome], spells.entered, spells.since, spells.until, np.full(len(spells), np.nan)
    )
    return with_dates(plain, dues.record, dues.known, dues.due)


def _by_date(evidence: Evidence, fit: StageFit, due: DueFit, settings: Settings) -> StageFit:
    """The stage with the times of new leads that the dates imply."""
    ages = due.chances.shape[2]
    starts = np.arange(min(FINE_DAYS, ages))
    while starts[-1] < ages - 1:
        starts = np.append(starts, max(int(starts[-1] * WIDER), starts[-1] + 1))
    starts = starts[starts < ages]
    hazards = due.hazards(starts)
    if settings.plug_in:
        hazards = np.broadcast_to(hazards.mean(axis=0), hazards.shape)
    clock = make_clock(evidence, EVERY_DAY, np.zeros(0, dtype=np.int64))
    left = fit.spells.outcome >= 0
    oldest = int((fit.spells.until - fit.spells.entered)[left].max())
    return replace(
        fit,
        timed_by="",
        class_hazards=None,
        causes=[replace(cause, clock=clock) for cause in fit.causes],
        starts=starts,
        hazards=hazards,
        pace=None,
        tail=float(due.chances[:, :, oldest + 1 :].sum(axis=(1, 2)).mean()),
        due=due,
    )


def due_columns(evidence: Evidence, fits: list[StageFit], odds: NDArray[np.float64]) -> dict[str, list[str]]:
    """The columns ``due`` and ``odds`` of all open records, as far as there is anything to say.

    Parameters
    ----------
    evidence : Evidence
    fits : list of StageFit
    odds : array, shape (records,)
        Factors for other reasons, by which those of dates are multiplied.
    """
    columns, odds = evidence.open_records, odds.copy()
    number, entered, last = columns["number"], columns["entered"], evidence.last
    by_date = {fit.number: fit.due for fit in fits if fit.due is not None}
    due_text = [""] * len(number)
    every = {dues.name: dues for dues in dues_of(evidence)} if by_date else {}
    for name in dict.fromkeys(fit.name for fit in by_date.values()):
        day = _last_dates(every[name], len(evidence.spells.record), number)
        for i in np.flatnonzero(~np.isnan(day) & (day >= entered)).tolist():
            due_text[i] = (evidence.first + dt.timedelta(int(day[i]))).isoformat()
        for stage, fit in by_date.items():
            here = (columns["stage"] == stage) & ~np.isnan(day) & (day >= entered)
            if fit.name == name and here.any():
                odds[here] *= fit.odds((day[here] - last - 1).astype(np.int64), last + 1 - entered[here])
    result = {"due": due_text} if any(due_text) else {}
    if (odds != 1.0).any():
        result["odds"] = [f"x{factor:.5g}" if factor != 1.0 else "" for factor in odds.tolist()]
    return result


def _last_dates(dues: Dues, most: int, number: I64) -> NDArray[np.float64]:
    """The last known date of each record, NaN where there is none."""
    result = np.full(max(int(number.max(initial=0)), int(dues.record.max(initial=0)), most) + 1, np.nan)
    result[dues.record] = dues.due  # in the order in which they were known
    return result[number]
