"""The way from a history to a model: count, fit each part, and put the parts together."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.accept import Accepted, check_audit, check_stages
from rpmsim.calibration.actuals import actual_rows
from rpmsim.calibration.amounts import Amounts, fit_amounts
from rpmsim.calibration.arrivals import ArrivalFit, fit_arrivals
from rpmsim.calibration.calibration import ACTUALS, OPEN, OPENING, POSTERIOR, Calibration
from rpmsim.calibration.days_off import calendar_part, days_off
from rpmsim.calibration.due_stages import due_columns, with_dues
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.fit_stage import fit_stage
from rpmsim.calibration.gathering import LARGEST_AMOUNT, gather, since_taken_up
from rpmsim.calibration.hazards import record_weights
from rpmsim.calibration.horizon import default_end
from rpmsim.calibration.mix import channels_part
from rpmsim.calibration.model_text import merged, yaml_text
from rpmsim.calibration.open_records import MOST_ROWS, open_rows
from rpmsim.calibration.part import Finding, Part, Remark
from rpmsim.calibration.revision import fit_revision
from rpmsim.calibration.settings import DRAWS, HORIZON, SEED, Settings
from rpmsim.calibration.silence import without_silence
from rpmsim.calibration.size_classes import SizeClasses, if_used, size_odds, with_sizes
from rpmsim.calibration.sizes import Sizes
from rpmsim.calibration.staff import StaffFit, fit_staff
from rpmsim.calibration.stage_fit import StageFit
from rpmsim.calibration.stages_text import hazard_table, stages_part
from rpmsim.calibration.track_record import check_records, scored_forecasts, track_record
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.history import History, open_history
from rpmsim.history.recorded import recorded
from rpmsim.history.view import View
from rpmsim.model.plan import LONGEST_SPAN_DAYS

F64 = NDArray[np.float64]

Progress = Callable[[str], None]


def calibrate(
    history: History | str | os.PathLike[str],
    *,
    as_of: dt.date | None = None,
    until: dt.date | None = None,
    window: int | None = None,
    horizon: int = HORIZON,
    draws: int = DRAWS,
    seed: int = SEED,
    plug_in: bool = False,
    accept: Collection[str] = (),
    record: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit a model to a history, as it was known on a day.

    Parameters
    ----------
    history : History or path
        An open history, or the file of its mapping.
    as_of : date, optional
        Default: the last day of the history.
    until : date, optional
        Last day that the model simulates. Default: the end of the next quarter, at least ``horizon`` days ahead.
    window : int, optional
        Only the last so many days count; 0: the whole history. Default: chosen inside the history, for each stage.
    horizon : int
        Days ahead for which the past that counts is chosen.
    draws : int
        Parameter draws.
    seed : int
        Random seed.
    plug_in : bool
        Best estimates in place of draws. Bands are then too narrow.
    accept : collection of str
        Items of the audit that fail, and are accepted as they are; ``all`` for every one.
    record : mapping, optional
        The document of a backtest of this history. The model states how its forecasts fared, as far as their spans
        were over on the day of the calibration.
    progress : callable, optional
        Is called with what is done next.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        For a day outside the history, an audit that fails, a history without records, or a record that is not of it.

    Examples
    --------
    >>> calibration = rpmsim.calibrate("history.yaml")  # doctest: +SKIP
    >>> calibration.write(Path("models/history"))  # doctest: +SKIP
    """
    if not isinstance(history, History):
        with open_history(history) as opened:
            return calibrate(
                opened, as_of=as_of, until=until, window=window, horizon=horizon, draws=draws, seed=seed,
                plug_in=plug_in, accept=accept, record=record, progress=progress,
            )  # fmt: skip
    settings = Settings(horizon, window, draws, seed, plug_in)
    scored = [] if record is None else scored_forecasts(record, history.mapping.name, plug_in)
    report = progress or _silent
    if record is not None:
        check_records(record, history)
    check_stages(history)
    report("Auditing")
    accepted = check_audit(history, as_of, accept)
    report("Counting")
    evidence, staff = _counted(history, history.as_of(as_of), settings)
    if until is not None and until <= evidence.as_of:
        what = f"{until} is not after the day of the calibration, {evidence.as_of}"
        raise InputError([Diagnostic(str(history.mapping.path), None, None, "until", what, "choose a later day")])
    end = until or default_end(evidence.as_of, horizon)
    if (end - evidence.as_of).days > LONGEST_SPAN_DAYS:
        what = f"{end} is more than 30 years after {evidence.as_of}, and a model simulates no more"
        raise InputError([Diagnostic(str(history.mapping.path), None, None, "until", what, "choose an earlier day")])
    evidence, silence = without_silence(evidence)
    evidence, sizes = with_sizes(evidence)
    fits = _stages(evidence, settings, report)
    sizes = if_used(sizes, fits)
    fits, by_date = with_dues(evidence, fits, settings, partial(_random, settings))
    report("Fitting arrivals and amounts")
    arrivals = _arrivals(history, evidence, accepted, settings)
    amounts, revision = _amounts(evidence, sizes, settings)
    mix = channels_part(evidence, draws, _random(settings, "mix"))
    parts = [
        calendar_part(evidence),
        stages_part(evidence, fits),
        mix,
        arrivals.part,
        amounts.part,
        sizes.sizes.part,
        revision,
        staff.part,
    ]
    parts.append(Part(findings=[*silence, *_too_large(evidence), *by_date]))
    stated = track_record(scored, evidence.as_of)
    parts.append(Part({"track_record": Remark(stated, "How past forecasts fared, from a backtest")} if stated else {}))
    whole = _together(evidence, settings, end, fits, parts, arrivals, amounts, sizes.sizes, accepted)
    return replace(whole, track_record=stated)


def _silent(text: str) -> None:
    """Nobody listens."""


def _random(settings: Settings, part: str) -> np.random.Generator:
    """Random numbers of one part of the model, the same whatever the others need."""
    return np.random.default_rng([settings.seed, *part.encode()])


def _counted(history: History, view: View, settings: Settings) -> tuple[Evidence, StaffFit]:
    """What the view holds, with times from being taken up where staff are the limit."""
    evidence = gather(view)
    if evidence is None:
        what = f"has no record that began a stage by {view.as_of}"
        fix = "choose a later day, or map the dates on which records enter stages"
        raise InputError([Diagnostic(str(history.mapping.path), None, None, "as_of", what, fix)])
    names = {*evidence.channels.names, *evidence.segments.names, *evidence.targets}
    rng = _random(settings, "staff")
    staff = fit_staff(
        view, settings.draws, rng, segments=evidence.segment_of, taken=frozenset(names), closed=days_off(evidence)
    )
    if staff.counts_from_take_up:
        evidence = since_taken_up(evidence, staff.began, staff.counts_from_take_up)
    return replace(evidence, workdays=staff.workdays or evidence.workdays), staff


def _stages(evidence: Evidence, settings: Settings, report: Progress) -> list[StageFit]:
    """The stages that somebody leaves, with one weight for each record in all of them."""
    groups = int(evidence.spells.group.max(initial=0)) + 1
    shape = (settings.draws, groups)
    weights = np.ones(shape) if settings.plug_in else record_weights(*shape, _random(settings, "records"))
    closed = np.array(sorted(evidence.number(day) for day in days_off(evidence)), dtype=np.int64)
    fits = []
    for number, rule in enumerate(evidence.stages):
        report(f"Fitting {rule.name}")
        fit = fit_stage(evidence, number, weights, closed, settings, _random(settings, rule.name))
        if fit is not None:
            fits.append(fit)
    return fits


def _arrivals(history: History, evidence: Evidence, accepted: Accepted, settings: Settings) -> ArrivalFit:
    known = recorded(history.mapping)
    spans = []
    for into in evidence.into:
        span = known[evidence.stages[into].name]
        first = evidence.number(span.first) if span.first else 0
        last = evidence.number(span.last) if span.last else evidence.seen
        spans.append((max(first, 0), min(last, evidence.seen)))
    breaks = [day for day in accepted.breaks if not evidence.silent or evidence.number(day) + 7 <= evidence.seen]
    return fit_arrivals(
        evidence.arrivals, evidence.first, evidence.channels.names, draws=settings.draws,
        rng=_random(settings, "arrivals"), recorded=spans, breaks=breaks, holidays=days_off(evidence),
    )  # fmt: skip


def _amounts(evidence: Evidence, sizes: SizeClasses, settings: Settings) -> tuple[Amounts, Part]:
    wins, currency = evidence.wins, evidence.view.mapping.currency
    amounts = fit_amounts(
        wins.amount, wins.segment, evidence.segments.names, draws=settings.draws, rng=_random(settings, "amounts"),
        day=wins.day, entries=sizes.entries, currency=currency,
    )  # fmt: skip
    revision = fit_revision(wins.entry_amount, wins.amount, draws=settings.draws, rng=_random(settings, "revision"))
    return amounts, revision


def _too_large(evidence: Evidence) -> list[Finding]:
    if not evidence.too_large:
        return []
    what = f"{evidence.too_large:,} records have an amount above {LARGEST_AMOUNT:,.0f}, which a model does not take."
    what += " It is taken as not known."
    return [Finding("large amounts", "REVIEW", what, "Correct the amounts, or state them in thousands or millions.")]


def _best(path: str, drawn: F64) -> float:
    """One value for all draws: the median, but of shares the mean, as only means add up to no more than all."""
    is_share = ".share" in path or ".mix" in path
    return float(np.mean(drawn) if is_share else np.median(drawn))


def _together(
    evidence: Evidence,
    settings: Settings,
    end: dt.date,
    fits: list[StageFit],
    parts: list[Part],
    arrivals: ArrivalFit,
    amounts: Amounts,
    sizes: Sizes,
    accepted: Accepted,
) -> Calibration:
    """All parts as one model."""
    mapping = evidence.view.mapping
    draws = {path: drawn for part in parts for path, drawn in part.draws.items()}
    if settings.plug_in:
        draws = {path: np.full(settings.draws, _best(path, drawn)) for path, drawn in draws.items()}
    records = {path: n for part in parts for path, n in part.records.items()}
    texts = [part.text for part in parts]
    modelled = {name for text in texts for name in text.get("stages", {})}
    columns = due_columns(evidence, fits, size_odds(evidence, sizes))
    rows = open_rows(evidence, modelled, any("returns" in text for text in texts), columns)
    actuals = actual_rows(evidence)
    table = hazard_table(evidence, fits)
    top: dict[str, Any] = {
        "name": f"{mapping.name}, calibrated",
        "description": f"Calibrated on {mapping.name} as of {evidence.as_of}",
        "currency": mapping.currency,
        "as_of": evidence.as_of.isoformat(),
        "until": end.isoformat(),
    }
    if draws or table is not None:
        top["posterior"] = POSTERIOR
    files = {"open": OPEN} if 0 < len(rows) <= MOST_ROWS else {"opening": OPENING if rows else {}}
    if actuals:
        files["actuals"] = ACTUALS
    return Calibration(
        yaml_text(merged([top, *texts, files])), draws, records, table, rows, actuals,
        [*accepted.findings, *(finding for part in parts for finding in part.findings)], evidence, fits, settings,
        arrivals, amounts, f"{mapping.name}, as of {evidence.as_of}",
    )  # fmt: skip
