"""Each stage's conversion by the week in which it was entered: steps and slow changes that wins do not show yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.history.audit.breaks import factor, levels_of
from rpmsim.history.audit.drift import Trend, steps_of, trend_of
from rpmsim.history.audit.evidence import Evidence, date_of
from rpmsim.history.audit.item import Item, passed
from rpmsim.history.audit.selection import without_open
from rpmsim.history.audit.weeks import HORIZONS, first_monday, weekly

LEAST_ENTRIES = 200
LEAST_ADVANCES = 50
STRIKING = 1.5
"""Factor between two levels, from which on a step is reported; more than for all records, as there are many stages."""
SURE_TREND, SLOW = 3.75, 1.4
"""The same of trends."""
NOT_FORWARD = ("lost", "nurture", "other", "customer")
MATTERS = 0.05
"""Share of the advances that a next stage must have, for the days on which it was recorded to matter."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StageSeries:
    """How many records that entered a stage in a week went on to a later stage within ``horizon`` days."""

    stage: str
    horizon: int
    first: int
    advances: Array
    entries: Array


def stage_conversion(evidence: Evidence) -> Item:
    """Steps and slow changes in the conversion of each stage."""
    name = "conversion by stage"
    if without_open(evidence):
        return passed(name, "not examined: open records are missing")
    changes: list[dict[str, Any]] = []
    examined = []
    for number in range(len(evidence.stages)):
        series = stage_series(evidence, number)
        if series is not None:
            examined.append(series.stage)
            changes += _changes(series)
    numbers = {"changes": changes, "examined": examined}
    if not changes:
        shown = f"of {len(examined)} stages" if examined else "is not examined: too few records, or too short a period"
        said = f"the conversion {shown} has neither a lasting step nor a trend" if examined else f"conversion {shown}"
        return passed(name, said, **numbers)
    shown = "; ".join(_shown(change) for change in changes)
    todo = "something changed there: fit the stage on recent records, or state the change in the scenario"
    return Item("changes of conversion by stage", "REVIEW", shown, todo, numbers)


def _shown(change: dict[str, Any]) -> str:
    what = f"the share that advances from {change['stage']} within {change['horizon_days']} days"
    levels = f"from {change['before']:.1%} to {change['after']:.1%}"
    if change["kind"] == "trend":
        return f"{what} drifts slowly {levels} between {change['week_of']} and {change['until']}"
    return f"{what} changes in the week of {change['week_of']} {levels}"


def _changes(series: StageSeries) -> list[dict[str, Any]]:
    """Steps that are sure and large, or else a trend."""
    advances, entries = series.advances, series.entries
    breaks = steps_of(advances, entries, True)
    edges = [0, *breaks, len(entries)]
    base = {"stage": series.stage, "horizon_days": series.horizon}
    found = []
    for i, at in enumerate(breaks, 1):
        before, after = (levels_of(advances, entries, *edges[k : k + 2]) for k in (i - 1, i))
        if factor(before, after) >= STRIKING:
            found.append(base | {"kind": "step", "week_of": _week(series, at), "before": before, "after": after})
    trend: Trend | None = None if found else trend_of(advances, entries, True)
    if trend is not None and trend.sure(SURE_TREND, SLOW):
        ends = {"week_of": _week(series, 0), "until": _week(series, len(entries) - 1)}
        found.append(base | {"kind": "trend", **ends, "before": trend.before, "after": trend.after})
    return found


def _week(series: StageSeries, week: int) -> str:
    return str(date_of(series.first + 7 * week))


def stage_series(evidence: Evidence, stage: int) -> StageSeries | None:
    """The weeks of a stage, all observed equally long; None for too few.

    Left out are the last weeks, of which the horizon is not over, those on which the stage or the next ones were not
    recorded, and the first ones: of records that the export does not know from their beginning only the fast ones
    are there.
    """
    if evidence.stages[stage].kind in ("won", "lost", "nurture", "customer"):
        return None
    later = [
        i
        for i, rule in enumerate(evidence.stages)
        if rule.kind == "won" or (i > stage and rule.kind not in NOT_FORWARD)
    ]
    entered, created, advanced, nearest = _days(evidence, stage, later)
    delay = (advanced - entered)[np.isfinite(advanced)]
    if len(entered) < LEAST_ENTRIES or len(delay) < LEAST_ADVANCES:
        return None
    typical = float(np.quantile(delay, 0.75))
    horizon = next((h for h in HORIZONS if h >= typical), HORIZONS[-1])
    taken = np.bincount(nearest[nearest >= 0], minlength=len(evidence.stages))
    following = [i for i in later if taken[i] >= MATTERS * len(delay)]
    if (entered == created).all() and all(evidence.stages[i].kind == "won" for i in following):
        return None  # the conversion of all records, which is examined as such
    window = evidence.common([stage, *following])
    first = float(created.min()) + float(np.quantile(entered - created, 0.9))
    first = max(first, _day(window.first, first))
    last = min(evidence.last_day, _day(evidence.common(following).last, evidence.last_day)) - horizon
    last = min(last, _day(evidence.common([stage]).last, last))
    monday = first_monday(first)
    entries = weekly(entered, monday, int(last))
    advances = weekly(entered[advanced - entered <= horizon], monday, int(last))
    if entries.sum() < LEAST_ENTRIES or advances.sum() < LEAST_ADVANCES:
        return None
    return StageSeries(evidence.stages[stage].name, horizon, monday, advances, entries)


def _days(evidence: Evidence, stage: int, later: list[int]) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Of each record that entered a stage: days of entry, of creation, of its first advance, and to which stage."""
    columns = ", ".join(f"s{i}" for i in later)
    rows = evidence.con.execute(
        f"SELECT s{stage} AS entered, created, {columns} FROM {evidence.firsts} WHERE s{stage} IS NOT NULL"
    ).fetchnumpy()
    entered, created = (np.ma.getdata(rows[key]).astype(np.float64) for key in ("entered", "created"))
    advanced = np.full(len(entered), np.inf)
    nearest = np.full(len(entered), -1, dtype=np.int64)
    for i in later:
        days = np.ma.filled(np.ma.asarray(rows[f"s{i}"]).astype(np.float64), np.inf)
        sooner = (days >= entered) & (days < advanced)
        advanced[sooner], nearest[sooner] = days[sooner], i
    return entered, created, advanced, nearest


def _day(date: dt.date | None, default: float) -> float:
    return default if date is None else float((date - date_of(0)).days)
