"""Stages that nobody works from some day on, although leads go on coming."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.distributions import Distribution, quantile, shape_of
from rpmsim.model.graph import Pair, leaves
from rpmsim.model.number import median_of
from rpmsim.model.plan import Model
from rpmsim.model.reach import for_pair
from rpmsim.model.staffing import DAYS_PER_MONTH, Role
from rpmsim.scenario.rules.look import Look

LONGEST_GAP_DAYS = 31
LONGEST_END_DAYS = 7
"""A gap that long is reported: a month of leads that wait for the next person, or a week at the end of the run."""


def check_presence(look: Look) -> None:
    """Warn of days on which a stage has nobody, of whom it needs one; a role without people is reported before."""
    reported: set[tuple[str, str]] = set()
    for stage in look.content.stages:
        gaps: dict[tuple[int, int, bool], list[tuple[str, str]]] = {}
        for pair in sorted(look.pairs[stage.name]):
            for name in leaves(for_pair(stage.worked_by, pair)):
                role = next((role for role in look.content.roles if role.name == name), None)
                gap = None if role is None else _gap(role, pair, look.model)
                if gap is not None and name is not None:
                    gaps.setdefault(gap, []).append((name, pair[1]))
        for (first, last, certain), found in gaps.items():
            roles = sorted({name for name, _ in found})
            if all((stage.name, name) in reported for name in roles):
                continue
            reported.update((stage.name, name) for name in roles)
            segments = sorted({segment for _, segment in found})
            everyone = {pair[1] for pair in look.pairs[stage.name]}
            whom = "" if set(segments) == everyone else f" for {', '.join(segments)}"
            day = look.model.first_day + dt.timedelta(first)
            end = look.model.first_day + dt.timedelta(last)
            until = f" to {end}" if end < look.model.until else ""
            often = "" if certain else " in at least half of all replications, because leavers are not replaced"
            look.place.warn(
                ("roles", roles[0]),
                f"from {day}{until} nobody works {stage.name}{whom}{often}: leads that enter then have to wait",
                "add `hires` or `backfill`, or state another role in `worked_by` (`nobody` if leads move on without "
                "staff)",
            )


def _gap(role: Role, pair: Pair, model: Model) -> tuple[int, int, bool] | None:
    """First and last day without anybody, and whether that is sure: the end of the run, else the longest gap."""
    sure, likely = _people(role, pair[1], model)
    if not sure.any():
        return None
    for present, certain in ((sure, True), (likely, False)):
        turns = np.flatnonzero(np.diff(np.concatenate([[True], present, [True]]).astype(np.int8)))
        gaps = [(int(first), int(end) - 1) for first, end in zip(turns[::2], turns[1::2], strict=True)]
        if gaps and gaps[-1][1] == model.days - 1 and gaps[-1][1] - gaps[-1][0] + 1 >= LONGEST_END_DAYS:
            return *gaps[-1], certain
        long = [gap for gap in gaps if gap[1] - gap[0] + 1 >= LONGEST_GAP_DAYS]
        if long:
            return *max(long, key=lambda gap: gap[1] - gap[0]), certain
    return None


def _people(role: Role, segment: str, model: Model) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Days on which somebody may be there, and on which somebody is there in half of the replications or more."""
    days = np.arange(model.days)
    sure = np.zeros(model.days, dtype=bool)
    nobody = np.ones(model.days)
    replaced = None if role.backfill is None else _median(role.backfill)
    leaving = 0.0 if replaced is not None else role.leaves_per_month.mid

    def add(start: int, end: int, heads: float) -> None:
        there = (days >= start) & (days <= end)
        sure[there] = True
        months = np.maximum(days - max(start, 0), 0) / DAYS_PER_MONTH
        stays = np.where(there, (1.0 - leaving) ** months, 0.0)
        nobody[:] *= (1.0 - stays) ** np.ceil(heads)

    if role.heads.mid > 0:
        add(-1, model.days, role.heads.mid)
    for person in role.team:
        if person.segment in ("", segment):
            start = -1 if person.start is None else (person.start - model.first_day).days
            end = model.days if person.end is None else (person.end - model.first_day).days
            add(start, end, 1.0)
            if replaced is not None and end < model.days:
                add(end + 1 + max(1, round(replaced)), model.days, 1.0)
    fill = 0.0 if role.time_to_fill is None else _median(role.time_to_fill)
    for day, heads in role.hires:
        if heads.mid > 0:
            add((day - model.first_day).days + round(fill), model.days, heads.mid)
    return sure, nobody <= 0.5


def _median(distribution: Distribution) -> float:
    """Median of a distribution at the middle of its ranges."""
    stated = dict(distribution.parameters)
    if "median" in stated or "value" in stated:
        return (stated.get("median") or stated["value"]).mid
    return float(quantile(shape_of(distribution, median_of), np.array(0.5)))
