"""Fitted stages as the scenario states them, with the draws that it refers to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.clocks import Clock, Key, clock_names, weekday_text
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.fewer_ages import coarser, fewer_ages
from rpmsim.calibration.part import Part, Remark
from rpmsim.calibration.stage_fit import StageFit, clocks_of, dimensions_of
from rpmsim.model.cycle import advances
from rpmsim.posterior import HazardTable

F64 = NDArray[np.float64]

DRAWN = "posterior"

MOST_VALUES, LEAST_AGES = 30_000_000, 8
"""Hazards in a file, at most: with more stages and classes, bins of ages are put together, down to these."""


def stages_part(evidence: Evidence, fits: list[StageFit]) -> Part:
    """The stages of the model.

    Parameters
    ----------
    evidence : Evidence
    fits : list of StageFit
        In the order of the stages.

    Returns
    -------
    Part
        Shares by class as values; other shares and all times come from :func:`hazard_table`.
    """
    part = Part()
    stages: dict[str, Any] = {}
    returns = any("returns" in fit.dimensions for fit in fits)
    if returns:
        part.text["returns"] = "1"
    names = clock_names(clocks_of(fits), evidence.workdays)
    for fit in fits:
        stages[fit.rule.name] = _stage(evidence, fit, returns, names, part)
    targets = {evidence.targets[cause.outcome] for fit in fits for cause in fit.causes}
    fitted = {fit.rule.name for fit in fits}
    for number, rule in enumerate(evidence.stages):
        if rule.name in fitted or not (rule.name in targets or number in evidence.into):
            continue
        stages[rule.name] = Remark({"kind": rule.kind, "stays": "100%"}, "Nobody was seen leaving.")
    part.text["stages"] = stages
    calendar = calendar_text(clocks_of(fits), evidence.workdays)
    if calendar:
        part.text["calendar"] = calendar
    return part


def calendar_text(clocks: list[Clock], workdays: tuple[bool, ...]) -> dict[str, Any]:
    """The workdays, if a clock runs on them, and the other clocks, as the scenario states them."""
    result: dict[str, Any] = {}
    if not all(workdays) and any(clock.open_days == workdays for clock in clocks):
        result["work"] = weekday_text(workdays)
    names, stated = clock_names(clocks, workdays), {clock.key: clock.stated(workdays) for clock in clocks}
    own = {name: stated[key] for key, name in names.items() if name not in ("work", "calendar")}
    if own:
        result["clocks"] = own
    return result


def _stage(evidence: Evidence, fit: StageFit, returns: bool, clocks: dict[Key, str], part: Part) -> Any:
    text: dict[str, Any] = {"kind": fit.rule.kind}
    path = f"stages.{fit.rule.name}"
    for key, sigma, every in (("pace", fit.pace, "week"), ("shock", fit.shock, "quarter")):
        if sigma is not None:
            text[key] = {"sigma": DRAWN, "every": every}
            part.draws[f"{path}.{key}.sigma"] = sigma
            part.records[f"{path}.{key}.sigma"] = len(fit.spells)
    rest = _rest(fit, evidence)
    outcomes: dict[str, Any] = {}
    for j, cause in enumerate(fit.causes):
        name = evidence.targets[cause.outcome]
        outcome: dict[str, Any] = {
            "share": "rest" if j == rest else _share(evidence, fit, j, part),
            "time": _time(evidence, fit),
        }
        if cause.least:
            outcome["least"] = "1 day"
            if returns:
                outcome["returning"] = "yes"
        if not cause.clock.is_calendar:
            outcome["clock"] = clocks[cause.clock.key]
        usual = advances(fit.rule.kind, evidence.view.mapping.stages[cause.outcome].kind)
        if usual != bool(fit.advancing[j]):
            outcome["advances"] = "yes" if fit.advancing[j] else "no"
        if fit.due is not None:
            outcome |= fit.due.text[name]
        outcomes[name] = outcome
    text["to"] = outcomes
    if fit.stays:
        text["stays"] = {"share": "rest" if rest is None else _share(evidence, fit, None, part)}
    return Remark(text, _remark(fit, evidence))


def _remark(fit: StageFit, evidence: Evidence) -> str:
    left = int((fit.spells.outcome >= 0).sum())
    return f"{len(fit.spells):,} records, {left:,} of them left; past that counts: {fit.choice.name}"


def _rest(fit: StageFit, evidence: Evidence) -> int | None:
    """The outcome that takes what is left, so that a scenario can change any other share.

    That is a loss if there is one; else staying, if somebody stays; else the most frequent outcome.
    """
    kinds = [evidence.view.mapping.stages[cause.outcome].kind for cause in fit.causes]
    lost = [j for j, kind in enumerate(kinds) if kind == "lost"]
    if lost:
        return lost[0]
    return None if fit.stays else int(fit.exits.argmax())


def _time(evidence: Evidence, fit: StageFit) -> Any:
    """The time of all, or a map by the classes that have their own."""
    names = {name: names for name, _, names in dimensions_of(evidence, fit.spells)}
    return dict.fromkeys(names[fit.timed_by], DRAWN) if fit.timed_by else DRAWN


def _share(evidence: Evidence, fit: StageFit, j: int | None, part: Part) -> Any:
    """The share of an outcome (None: of those who stay), one for all, or a map by class with draws of its own."""
    used = [
        (name, of, names)
        for name, of, names in dimensions_of(evidence, fit.spells)
        if name in fit.dimensions or name == fit.timed_by
    ]
    if not used and j is not None:
        return DRAWN  # as the hazards have it
    part_of = "stays" if j is None else f"to.{evidence.targets[fit.causes[j].outcome]}"
    path = f"stages.{fit.rule.name}.{part_of}.share"
    return _by_class(fit, j, used, {}, np.ones(len(fit.spells), dtype=bool), path, part)


def _by_class(
    fit: StageFit,
    j: int | None,
    used: list[tuple[str, NDArray[np.int64], tuple[str, ...]]],
    numbers: dict[str, int],
    here: NDArray[np.bool_],
    path: str,
    part: Part,
) -> Any:
    """A map by the classes of the dimensions that are left, with draws for each."""
    if not used:
        shares = fit.class_shares(numbers)
        part.draws[path] = np.clip(1.0 - shares.sum(axis=1), 0.0, 1.0) if j is None else shares[:, j]
        part.records[path] = int(here.sum())
        return DRAWN
    (dimension, of, names), *others = used
    return {
        name: _by_class(fit, j, others, numbers | {dimension: i}, here & (of == i), f"{path}.{name}", part)
        for i, name in enumerate(names)
    }


def hazard_table(evidence: Evidence, fits: list[StageFit]) -> HazardTable | None:
    """Hazards of all stages by one set of ages; None without a stage that anybody leaves."""
    if not fits:
        return None
    ages = np.unique(np.concatenate([fit.starts for fit in fits]))
    outcomes = [name for i, name in enumerate(evidence.targets) if any(c.outcome == i for f in fits for c in f.causes)]
    of_class = {name: names for fit in fits[:1] for name, _, names in dimensions_of(evidence, fit.spells)}
    classes = list(dict.fromkeys(["all", *(name for fit in fits if fit.timed_by for name in of_class[fit.timed_by])]))
    cells = len(fits[0].hazards) * len(fits) * len(outcomes) * len(classes)
    if cells * len(ages) > MOST_VALUES:
        ages = fewer_ages(fits, ages, max(MOST_VALUES // cells, LEAST_AGES))
        fits = [coarser(fit, ages) for fit in fits]
    shape = (len(fits[0].hazards), len(fits), len(outcomes), len(classes), len(ages))
    values = np.zeros(shape, dtype=np.float32)
    records = np.full((len(fits), len(classes)), -1, dtype=np.int64)
    for i, fit in enumerate(fits):
        at = np.searchsorted(fit.starts, ages, side="right") - 1
        of_stage = [("all", fit.hazards, len(fit.spells))]
        if fit.class_hazards is not None:
            of = next(of for name, of, _ in dimensions_of(evidence, fit.spells) if name == fit.timed_by)
            of_stage += [
                (name, fit.class_hazards[:, c], int((of == c).sum())) for c, name in enumerate(of_class[fit.timed_by])
            ]
        for name, hazards, count in of_stage:
            c = classes.index(name)
            records[i, c] = count
            for j, cause in enumerate(fit.causes):
                values[:, i, outcomes.index(evidence.targets[cause.outcome]), c] = hazards[:, j][:, at]
    return HazardTable(ages, tuple(fit.rule.name for fit in fits), tuple(outcomes), tuple(classes), values, records)
