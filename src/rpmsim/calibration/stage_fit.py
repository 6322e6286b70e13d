"""The fit of one stage: where its records go, how fast, how classes differ, and how sure all of this is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.class_times import UNLIKELY, class_hazards, times_differ
from rpmsim.calibration.classes import Factors, Joint, factors_of, joint_classes, summed_by
from rpmsim.calibration.clocks import Clock, make_clock, month_end_of, open_days_of
from rpmsim.calibration.competing import hazards_of, leaving_by_age, odds_changed, together, with_end
from rpmsim.calibration.due import DueFit
from rpmsim.calibration.evidence import Evidence, Spells
from rpmsim.calibration.hazards import Cause, Counted, causes_of, counted, drawn_hazards, mixed
from rpmsim.calibration.recency import Choice, choose
from rpmsim.calibration.settings import Settings
from rpmsim.calibration.spread import drawn_level, drawn_pace, pace_of, shocks_of
from rpmsim.calibration.windows import ALL, Window
from rpmsim.history.mapping import StageRule
from rpmsim.model.cycle import KIND_ORDER

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

MISSING_BEFORE = 12.0
"""Exits that hazards let expect before the first one of an outcome: with so many, it was not recorded before."""
EARLY = 7
"""Days after the first one within which an outcome that comes first is not missing before."""
STAYING = 1e-4
"""Share of the records that is left in a stage in the end, from which on the model says so."""
MOST_TIMES = 8
"""Classes of a dimension that may have times of their own."""
RETURNS = ("0", "1+")
"""Classes by the number of times that a record has been moved back."""
BEYOND = 730
"""Days for which a tail is carried on after the age of the oldest record."""


@dataclass(frozen=True)
class StageFit:
    """What was fitted for a stage.

    Parameters
    ----------
    rule : StageRule
    number : int
        Of the stage in the evidence.
    causes : list of Cause
    advancing : array of bool, shape (outcomes,)
    spells : Spells
        At risk since all outcomes were recorded.
    choice : Choice
        The windows.
    starts : array of int, shape (ages,)
    hazards : array, shape (draws, outcomes, ages)
        Of all classes together.
    dimensions : dict of str to Factors
        ``segment``, ``band``, ``returns`` and ``channel``, where classes differ.
    class_factors : dict of str to array, shape (draws, outcomes, classes)
    timed_by : str
        Dimension whose classes have times of their own; empty if all have the same.
    class_hazards : array, shape (draws, classes, outcomes, ages), optional
        Hazards of these classes.
    pace, shock : array, shape (draws,), optional
        Sigmas.
    exits : array, shape (outcomes,)
        Records behind each outcome, weighted by the window.
    since : int, optional
        Day from which on an outcome was recorded, if that was found out here.
    tail : float
        Share of the records leaving that does so after the age of the last exit that was seen.
    due : DueFit, optional
        How records leave by a date that is known in advance, if they do.
    """

    rule: StageRule
    number: int
    causes: list[Cause]
    advancing: NDArray[np.bool_]
    spells: Spells
    choice: Choice
    starts: I64
    hazards: F64
    dimensions: dict[str, Factors] = field(default_factory=dict)
    class_factors: dict[str, F64] = field(default_factory=dict)
    timed_by: str = ""
    class_hazards: F64 | None = None
    pace: F64 | None = None
    shock: F64 | None = None
    exits: F64 = field(default_factory=lambda: np.zeros(0))
    since: int | None = None
    tail: float = 0.0
    due: DueFit | None = None

    @property
    def leaving(self) -> F64:
        """Share leaving by age, shape (draws, outcomes, ages)."""
        return leaving_by_age(self.hazards, self.starts)

    @property
    def shares(self) -> F64:
        """Share of each outcome in the end, shape (draws, outcomes)."""
        return np.asarray(self.leaving.sum(axis=2))

    @property
    def stays(self) -> bool:
        """Whether some records never leave."""
        return float((1.0 - self.shares.sum(axis=1)).mean()) > STAYING

    def class_shares(self, numbers: dict[str, int]) -> F64:
        """Share of each outcome for one class, given by its number in each dimension; shape (draws, outcomes)."""
        hazards, factor = self.hazards, np.ones(self.hazards.shape[:2])
        for name, number in numbers.items():
            if name == self.timed_by and self.class_hazards is not None:
                hazards = self.class_hazards[:, number]
            elif name in self.class_factors:
                factor = factor * self.class_factors[name][:, :, number]
        hazards = hazards * factor[:, :, None]
        hazards = hazards / np.maximum(hazards.sum(axis=1, keepdims=True), 1.0)
        return np.minimum(leaving_by_age(hazards, self.starts).sum(axis=2), 1.0)  # above 1 by rounding

    def median_days(self) -> F64:
        """Median time of each outcome in days of its clock, shape (draws, outcomes); NaN where it never comes."""
        return median_times(self.hazards, self.starts)


def fewer_ages(fits: list[StageFit], ages: I64, most: int) -> I64:
    """Those ages that part the exits of all stages most evenly, with the first and last of each stage.

    Parameters
    ----------
    fits : list of StageFit
    ages : array of int
        First ages of all bins.
    most : int
        About how many are kept.
    """
    exits = np.zeros(len(ages))
    for fit in fits:
        leaving = fit.leaving.sum(axis=1).mean(axis=0)
        exits += np.bincount(np.searchsorted(ages, fit.starts), leaving / max(leaving.sum(), 1e-12), len(ages))
    ends = [a for fit in fits for a in (0, 1, int(fit.starts[-1])) if a in ages]
    until = np.cumsum(exits) - exits
    inner = ages[np.unique(np.searchsorted(until, np.linspace(0, until[-1], max(most - len(set(ends)), 2))))]
    return np.unique(np.concatenate([inner, ends]).astype(np.int64))


def coarser(fit: StageFit, ages: I64) -> StageFit:
    """The same shares of records leaving, by fewer bins of ages."""

    def joined(hazards: F64) -> F64:
        leaving = leaving_by_age(hazards, fit.starts)
        at = np.searchsorted(ages, fit.starts, side="right") - 1
        result = np.zeros((*leaving.shape[:2], len(ages)))
        for i, bin_ in enumerate(at):
            result[:, :, bin_] += leaving[:, :, i]
        return hazards_of(result, ages, hazards[:, :, -1].sum(axis=1))

    own = fit.class_hazards
    classes = None if own is None else np.stack([joined(own[:, c]) for c in range(own.shape[1])], axis=1)
    return replace(fit, starts=ages, hazards=joined(fit.hazards), class_hazards=classes)


def later_than(hazards: F64, starts: I64, age: int) -> float:
    """Share of the records leaving that does so after an age, on average over the draws."""
    leaving = leaving_by_age(hazards, starts).sum(axis=1)
    stay = 1.0 - np.minimum(hazards.sum(axis=1), 1.0)
    width = np.append(np.diff(starts), 10**9).astype(np.float64)
    inside = np.clip(age + 1 - starts, 0.0, width)
    through = 1.0 - stay**width
    part = np.divide(stay**inside - stay**width, through, out=np.zeros_like(stay), where=through > 0)
    total = leaving.sum(axis=1)
    return float(np.divide((leaving * part).sum(axis=1), total, out=np.zeros_like(total), where=total > 0).mean())


def median_times(hazards: F64, starts: I64) -> F64:
    """Median time of each outcome, shape (draws, outcomes), between whole days; NaN where it never comes."""
    leaving = leaving_by_age(hazards, starts)
    until = np.cumsum(leaving, axis=2)
    whole = until[:, :, -1]
    half = whole / 2
    at = (until < half[:, :, None] * (1 - 1e-12)).sum(axis=2).clip(0, len(starts) - 1)
    before = np.take_along_axis(until - leaving, at[:, :, None], axis=2)[:, :, 0]
    here = np.take_along_axis(leaving, at[:, :, None], axis=2)[:, :, 0]
    part = np.divide(half - before, here, out=np.zeros_like(half), where=here > 0).clip(0.0, 1.0)
    rate = np.minimum(np.take_along_axis(hazards.sum(axis=1), at, axis=1), 1.0 - 1e-12)
    width = np.append(np.diff(starts), 10**9)[at]
    through = 1.0 - (1.0 - rate) ** width
    inside = np.log1p(-part * through) / np.minimum(np.log1p(-rate), -1e-300)
    return np.where(whole > 0, np.maximum(starts[at] - 0.5 + inside, 0.0), np.nan)


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
    causes = causes_of(spells, clocks, _backward(evidence, rule))
    spells, since = _recorded(spells, causes, evidence.seen)
    if since is not None:
        causes = causes_of(spells, clocks, _backward(evidence, rule))
    choice = _choice(spells, causes, evidence, settings)
    last = evidence.seen
    pick = rng.integers(len(choice.windows), size=len(weights))
    hazards = mixed(spells, causes, choice.windows, pick, weights, last)
    window = np.mean([w.weights(last) for w in choice.windows], axis=0)
    classes = joint_classes(dimensions_of(evidence, spells))
    (counts,) = counted(spells, causes, window, (classes.of, classes.count))
    means = [drawn_hazards(count, np.ones((1, classes.count)))[0] for count in counts]
    advancing = np.array([advances(evidence, rule, cause.outcome) for cause in causes])
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
        result[outcome] = make_clock(evidence, clock.open_days, closed, rush) if rush else clock
    return result


def _backward(evidence: Evidence, rule: StageRule) -> set[int]:
    """Outcomes that lead back to the stage or to one before it."""
    place = evidence.targets.index(rule.name)
    ends = {i for i, r in enumerate(evidence.view.mapping.stages) if r.kind in ("won", "lost")}
    return {i for i in range(place + 1) if i not in ends}


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


def advances(evidence: Evidence, rule: StageRule, outcome: int) -> bool:
    """Whether an outcome counts as progress: a win, or a later stage that is neither lost nor parked."""
    target = evidence.view.mapping.stages[outcome]
    if target.kind in ("lost", "nurture") or target.name == rule.name:
        return False
    if target.kind == "won" or rule.kind in ("nurture", "other"):
        return True
    if target.kind == "other":
        return False
    here, there = KIND_ORDER.index(rule.kind), KIND_ORDER.index(target.kind)
    return there > here if there != here else outcome > evidence.targets.index(rule.name)


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


def dimensions_of(evidence: Evidence, spells: Spells) -> list[tuple[str, I64, tuple[str, ...]]]:
    """Dimensions by which records may differ: name, class of each spell, names of the classes."""
    sized = bool(evidence.band_names) and len(spells) > 0 and int(spells.stage[0]) >= evidence.band_stage
    return [
        ("segment", spells.segment, evidence.segments.names),
        ("band", spells.band, evidence.band_names if sized else ("",)),
        ("returns", spells.returns, RETURNS),
        ("channel", spells.channel, evidence.channels.names),
    ]
