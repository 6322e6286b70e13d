"""The fit of one stage: count, choose the past that counts, draw hazards, and see how classes differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.class_times import UNLIKELY, class_hazards, times_differ
from rpmsim.calibration.classes import Factors, Joint, factors_of, joint_classes, summed_by
from rpmsim.calibration.clocks import Clock, make_clock, month_end_of, open_days_of
from rpmsim.calibration.competing import hazards_of, odds_changed, together, with_end
from rpmsim.calibration.evidence import Evidence, Spells, moves_back
from rpmsim.calibration.hazards import Cause, Counted, causes_of, counted, drawn_hazards, mixed
from rpmsim.calibration.quarters import with_quarter
from rpmsim.calibration.recency import Choice, choose
from rpmsim.calibration.settings import Settings
from rpmsim.calibration.spread import drawn_level, drawn_pace, pace_of, shocks_of
from rpmsim.calibration.stage_fit import STAYING, StageFit, dimensions_of, later_than
from rpmsim.calibration.windows import ALL, Window
from rpmsim.history.mapping import StageRule
from rpmsim.model.cycle import KIND_ORDER, advances
from rpmsim.model.hazards import leaving_by_age

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

MISSING_BEFORE = 12.0
"""Exits that hazards let expect before the first one of an outcome: with so many, it was not recorded before."""
EARLY = 7
"""Days after the first one within which an outcome that comes first is not missing before."""
MOST_TIMES = 8
"""Classes of a dimension that may have times of their own."""
BEYOND = 730
"""Days for which a tail is carried on after the age of the oldest record."""


def fit_stage(
    evidence: Evidence, number: int, weights: F64, closed: I64, settings: Settings, rng: np.random.Generator
) -> StageFit | None:
    """Fit one stage.

    Parameters
    ----------
    evidence : Evidence
    number : int
        Of the stage.
    weights : array, shape (draws, groups)
        Of the records.
    closed : array of int
        Days on which clocks of open days do not run, such as holidays.
    settings : Settings
    rng : Generator

    Returns
    -------
    StageFit or None
        None if nobody was seen leaving.
    """
    spells = evidence.spells.where(evidence.spells.stage == number)
    if not (spells.outcome >= 0).any():
        return None
    rule = evidence.stages[number]
    clocks = _clocks(evidence, spells, closed)
    backward = set(np.flatnonzero(moves_back(evidence.view.mapping.stages)[evidence.targets.index(rule.name)]).tolist())
    causes = causes_of(spells, clocks, backward)
    spells, since = _recorded(spells, causes, evidence.seen)
    if since is not None:
        causes = causes_of(spells, clocks, backward)
    choice = _choice(spells, causes, evidence, settings)
    last = evidence.seen
    pick = rng.integers(len(choice.windows), size=len(weights))
    hazards = mixed(spells, causes, choice.windows, pick, weights, last)
    window = np.mean([w.weights(last) for w in choice.windows], axis=0)
    classes = joint_classes(dimensions_of(evidence, spells))
    (counts,) = counted(spells, causes, window, (classes.of, classes.count))
    means = [drawn_hazards(count, np.ones((1, classes.count)))[0] for count in counts]
    advancing = np.array([is_progress(evidence, rule, cause.outcome) for cause in causes])
    shock, shift = None, np.zeros(len(weights))
    if advancing.any() and not advancing.all():
        shock, shift = shocks_of(spells, causes, means, advancing, _quarters(evidence, spells)).drawn(len(weights), rng)
    shift = shift + drawn_level(choice.tried, choice.windows, advancing, settings.horizon, len(weights), rng)
    pace = None
    if max(cause.ages.starts[-1] for cause in causes) > 1:
        sunday = last - (evidence.date(last).weekday() + 1) % 7
        pace = drawn_pace(pace_of(spells, causes, sunday, choice.windows[0]), len(weights), rng)
    entries = np.bincount((spells.entered + evidence.first.weekday()) % 7, minlength=7) / len(spells)
    joint = _Joint(causes, entries, advancing, np.zeros_like(shift) if settings.plug_in else shift)
    starts, pooled = joint.of(hazards)
    oldest = int((last - spells.entered[spells.outcome < 0]).max(initial=0))
    joint = replace(joint, end=_end(starts, pooled, max(oldest, int(starts[-1])) + BEYOND + settings.horizon))
    starts, pooled = joint.of(hazards)
    seen = max(
        int(c.clock.age(spells.entered[left], spells.until[left]).max())
        for c in causes
        for left in [spells.outcome >= 0]
    )
    tail = later_than(pooled, starts, seen)
    fit = StageFit(
        rule, number, causes, advancing, spells, choice, starts, pooled, pace=pace, shock=shock, since=since, tail=tail,
        exits=np.array([window[spells.until[spells.outcome == cause.outcome]].sum() for cause in causes]),
    )  # fmt: skip
    fit = _with_classes(fit, evidence, classes, counts, means, settings, rng)
    return _with_times(fit, evidence, joint, classes, counts, hazards, means, window, weights)


@dataclass(frozen=True)
class _Joint:
    """How hazards of single outcomes become those of a stage: how far its level may be off, where its tail ends."""

    causes: list[Cause]
    entries: F64
    advancing: NDArray[np.bool_]
    shift: F64
    end: int | None = None

    def of(self, hazards: list[F64]) -> tuple[I64, F64]:
        """Ages, and hazards of shape (draws, outcomes, ages)."""
        starts, joint = together(self.causes, hazards, self.entries)
        if self.shift.any() and self.advancing.any() and not self.advancing.all():
            leaving = odds_changed(leaving_by_age(joint, starts), self.advancing, np.exp(self.shift))
            joint = hazards_of(leaving, starts, joint[:, :, -1].sum(axis=1))
        elif self.shift.any():
            joint = joint * np.exp(self.shift)[:, None, None]
            joint = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1.0)
        return (starts, joint) if self.end is None else with_end(starts, joint, self.end)


def _end(starts: I64, hazards: F64, age: int) -> int | None:
    """Age from which on nobody leaves: that given if anybody would be left then, and none if nobody would be."""
    left = (1.0 - np.minimum(hazards.sum(axis=1), 1.0)[:, -1]) ** (age - starts[-1])
    begins = 1.0 - leaving_by_age(hazards, starts)[:, :, :-1].sum(axis=(1, 2))
    return None if float((left * begins).mean()) < STAYING else age


def _clocks(evidence: Evidence, spells: Spells, closed: I64) -> dict[int, Clock]:
    first, result = evidence.first.weekday(), {}
    for outcome in np.unique(spells.outcome[spells.outcome >= 0]).tolist():
        ended = spells.where(spells.outcome == outcome)
        clock = make_clock(evidence, open_days_of(ended, first), closed)
        rush = month_end_of(ended, evidence, clock)
        clock = make_clock(evidence, clock.open_days, closed, rush) if rush else clock
        result[outcome] = with_quarter(evidence, spells, outcome, clock, closed)
    return result


def _recorded(spells: Spells, causes: list[Cause], last: int) -> tuple[Spells, int | None]:
    """Spells since all outcomes were recorded: none of an outcome although many were to be expected says it was not."""
    ones, one, first = np.ones(last + 1), np.zeros(len(spells), dtype=np.int64), int(spells.since.min())
    latest = 0
    for cause in causes:
        ended = spells.until[spells.outcome == cause.outcome]
        day = int(ended.min())
        if day <= first + EARLY:
            continue
        ((count,),) = counted(spells, [cause], ones, (one, 1))
        before = np.where(np.arange(last + 1) < day, 1.0, 0.0)
        ((early,),) = counted(spells, [cause], before, (one, 1))
        expected = float(drawn_hazards(count, np.ones((1, 1)))[0] @ early.at_risk[0])
        if expected > MISSING_BEFORE and len(ended) > MISSING_BEFORE:
            latest = max(latest, day)
    if not latest:
        return spells, None
    kept = spells.where(spells.until >= latest)
    return replace(kept, since=np.maximum(kept.since, latest)), latest


def _choice(spells: Spells, causes: list[Cause], evidence: Evidence, settings: Settings) -> Choice:
    if settings.window is None:
        return choose(spells, causes, evidence.seen, settings.horizon)
    return Choice([ALL if settings.window == 0 else Window(last=settings.window)])


def is_progress(evidence: Evidence, rule: StageRule, outcome: int) -> bool:
    """Whether an outcome counts as progress: as in the model, but also a later stage of the same kind, and any win."""
    target = evidence.view.mapping.stages[outcome]
    if target.kind == "nurture" or target.name == rule.name:
        return False
    if target.kind == rule.kind and target.kind in KIND_ORDER:
        return outcome > evidence.targets.index(rule.name)
    return target.kind == "won" or advances(rule.kind, target.kind)


def _quarters(evidence: Evidence, spells: Spells) -> I64:
    """Number of the calendar quarter in which each spell began."""
    dates = np.datetime64(evidence.first) + spells.entered
    months = dates.astype("datetime64[M]").astype(np.int64)
    quarters = months // 3
    return quarters - quarters.min(initial=int(quarters.min()))


def _with_classes(
    fit: StageFit,
    evidence: Evidence,
    classes: Joint,
    counts: list[Counted],
    means: list[F64],
    settings: Settings,
    rng: np.random.Generator,
) -> StageFit:
    """With factors of the classes of each dimension, each given those before it."""
    draws = len(fit.hazards)
    dimensions: dict[str, Factors] = {}
    drawn: dict[str, F64] = {}
    expected = np.stack([count.at_risk @ mean for count, mean in zip(counts, means, strict=True)])
    exits = np.stack([count.exits.sum(axis=1) for count in counts])
    for name, _, names in dimensions_of(evidence, fit.spells):
        place = classes.places[name]
        of_class = [np.stack([np.bincount(place, row, len(names)) for row in rows]) for rows in (exits, expected)]
        found = factors_of(of_class[0].astype(np.float64), of_class[1].astype(np.float64))
        if not found.any:
            continue
        dimensions[name] = found
        expected = expected * found.mean[:, place]
        drawn[name] = np.repeat(found.mean[None], draws, axis=0) if settings.plug_in else found.drawn(draws, rng)
    return replace(fit, dimensions=dimensions, class_factors=drawn)


def _with_times(
    fit: StageFit,
    evidence: Evidence,
    joint: _Joint,
    classes: Joint,
    counts: list[Counted],
    hazards: list[F64],
    means: list[F64],
    window: F64,
    weights: F64,
) -> StageFit:
    """With hazards of each class of the dimension by which times differ most, if they differ by any."""
    best, least = None, UNLIKELY
    for name, of, names in dimensions_of(evidence, fit.spells):
        if len(names) < 2 or len(names) > MOST_TIMES:
            continue
        factors = fit.dimensions[name].mean if name in fit.dimensions else np.ones((len(means), len(names)))
        chance = times_differ(summed_by(counts, classes.places[name], len(names)), means, factors)
        if chance < least:
            best, least = (name, of, len(names)), chance
    if best is None:
        return fit
    name, of, n = best
    own = []
    for c in range(n):
        here = np.flatnonzero(of == c)
        (by_group,) = counted(fit.spells.where(here), fit.causes, window, (fit.spells.group[here], weights.shape[1]))
        factor = fit.class_factors[name][:, :, c] if name in fit.class_factors else np.ones(fit.hazards.shape[:2])
        pairs = zip(by_group, hazards, strict=True)
        own.append(joint.of([class_hazards(k, h * factor[:, [j]], weights) for j, (k, h) in enumerate(pairs)])[1])
    return replace(fit, timed_by=name, class_hazards=np.stack(own, axis=1))
