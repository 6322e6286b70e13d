"""Changes of process, what is not identified, what is forgotten, what a robot closes."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.history.audit.breaks import STRIKING, factor
from rpmsim.history.audit.drift import steps_of, trend_of
from rpmsim.history.audit.evidence import Evidence, date_of, listed
from rpmsim.history.audit.item import Item, passed
from rpmsim.history.audit.selection import arrivals_end, without_open
from rpmsim.history.audit.weeks import HORIZONS, first_monday, weekly
from rpmsim.history.recorded import Recorded

SURE = 1e-6


def since(evidence: Evidence, window: Recorded) -> float:
    """First day since 1970 from which on records are complete."""
    start = float(np.min(evidence.created))
    return start if window.first is None else max(start, (window.first - date_of(0)).days)


def volume(evidence: Evidence) -> Item:
    """Breaks in the number of new records a week."""
    if without_open(evidence):
        return passed("volume", "not examined: open records are missing")
    return _level_item("volume", evidence, *volume_series(evidence))


def volume_series(evidence: Evidence) -> tuple[int, NDArray[np.float64], NDArray[np.float64], list[int]]:
    """First Monday, records by week, none, and where the level changes."""
    first = first_monday(since(evidence, evidence.stated_arrivals)) if evidence.created.size else 0
    counts = weekly(evidence.created, first, arrivals_end(evidence))
    return (
        first,
        counts,
        np.ones_like(counts),
        [] if without_open(evidence) else steps_of(counts, np.ones_like(counts), False),
    )


def conversion(evidence: Evidence) -> Item:
    """Breaks in the share of a week's records that are won within a fixed time."""
    if without_open(evidence):
        return passed("conversion", "not examined: open records are missing")
    horizon, first, wins, records, breaks = conversion_series(evidence)
    if not horizon:
        return passed("conversion", "too few wins to look for changes")
    item = _level_item("conversion", evidence, first, wins, records, breaks)
    item.numbers["horizon_days"] = horizon
    item.finding = item.finding.replace("conversion", f"share won within {horizon} days")
    return item


def conversion_series(
    evidence: Evidence,
) -> tuple[int, int, NDArray[np.float64], NDArray[np.float64], list[int]]:
    """Horizon in days (0: too few wins), first Monday, wins and records by week of creation, and breaks.

    Weeks of which wins were not recorded throughout the horizon are left out.
    """
    nothing = np.zeros(0)
    won = np.isfinite(evidence.won)
    if won.sum() < 30:
        return 0, 0, nothing, nothing, []
    typical = float(np.quantile((evidence.won - evidence.created)[won], 0.75))
    span = evidence.last_day - float(evidence.created.min())
    horizon = next((h for h in HORIZONS if h >= typical), HORIZONS[-1])
    horizon = min(horizon, max(7, int(span // 3)))
    window = evidence.common([*(i for i, rule in enumerate(evidence.stages) if rule.enters), *evidence.numbers("won")])
    wins_end = evidence.common(evidence.numbers("won")).last
    first = first_monday(since(evidence, window))
    last = min(evidence.last_day, (wins_end - date_of(0)).days if wins_end else evidence.last_day) - horizon
    last = min(last, arrivals_end(evidence))
    in_time = won & (evidence.won - evidence.created <= horizon)
    records = weekly(evidence.created, first, last)
    wins = weekly(evidence.created[in_time], first, last)
    if len(records) < 8:
        return 0, first, nothing, nothing, []
    return (
        horizon,
        first,
        wins,
        records,
        [] if without_open(evidence) else steps_of(wins, records, True),
    )


def _level_item(
    name: str, evidence: Evidence, first: int, counts: NDArray[np.float64], base: NDArray[np.float64], breaks: list[int]
) -> Item:
    edges = [0, *breaks, len(counts)]
    levels = [float(counts[a:b].sum() / max(base[a:b].sum(), 1.0)) for a, b in itertools.pairwise(edges)]
    changes: list[dict[str, Any]] = []
    for week, before, after in zip(breaks, levels[:-1], levels[1:], strict=True):
        if factor(before, after) >= STRIKING:
            changes.append({"week_of": str(date_of(first + 7 * week)), "before": before, "after": after})
    trend = None if changes else trend_of(counts, base, name != "volume")
    slow = trend if trend is not None and trend.sure() else None
    numbers = {"changes": changes, "first_week": str(date_of(first)), "weeks": len(counts)}
    if trend is not None:
        numbers["trend"] = {"before": trend.before, "after": trend.after, "standard_errors": trend.errors}
    if not changes and not slow:
        return passed(name, f"no lasting step and no trend in the {name} of {len(counts)} weeks", **numbers)
    form = "{:,.1f} a week" if name == "volume" else "{:.1%}"
    todo = "something changed then: fit on records after the last change, or give recent records more weight"
    if slow:
        last = date_of(first + 7 * (len(counts) - 1))
        finding = (
            f"the {name} drifts slowly from {form.format(slow.before)} in the week of {date_of(first)} to "
            f"{form.format(slow.after)} in that of {last}"
        )
        todo = "there is no single step: give recent records more weight, or state the trend in the scenario"
    else:
        shown = "; ".join(
            f"{c['week_of']} from {form.format(c['before'])} to {form.format(c['after'])}" for c in changes
        )
        finding = f"the {name} changes its level in the week of {shown}"
    return Item(f"changes of {name}", "REVIEW", finding, todo, numbers)


def identified(evidence: Evidence) -> Item:
    """Stages whose outcome the records cannot say: nobody is lost, or hardly anybody leaves."""
    lost = evidence.numbers("lost")
    ways: dict[int, dict[int, int]] = {}
    for (a, b), n in evidence.moves.items():
        ways.setdefault(a, {})[b] = n
    visited = {
        stage: (n, left)
        for stage, n, left in evidence.query(f'SELECT stage, count(*), count("left") FROM {evidence.log} GROUP BY 1')
    }
    rule_of = evidence.stages
    core = [s for s in visited if s not in evidence.ends and rule_of[s].kind not in ("nurture", "other", "customer")]
    no_loss = [s for s in core if not any(ways.get(s, {}).get(end) for end in lost) and visited[s][1] >= 1]
    few = [s for s in core if visited[s][1] < 20]
    dead = [s for s in core if visited[s][0] >= 20 and visited[s][1] == 0]
    numbers = {
        "exits": {rule_of[s].name: {rule_of[b].name: n for b, n in ways.get(s, {}).items()} for s in core},
        "without_losses": [rule_of[s].name for s in no_loss],
        "few_exits": [rule_of[s].name for s in few],
    }
    some_lost = any(b in lost for _, b in evidence.moves)
    if not some_lost:
        finding = "no record is ever lost: every open record may still convert, and the share that never will is not "
        finding += "identified by losses"
        todo = (
            "record losses, or state in the scenario when a record counts as lost; until then the tail is an assumption"
        )
        return Item("identification", "FAIL", finding, todo, numbers)
    names = ", ".join(rule_of[s].name for s in no_loss if s not in few)
    if names or dead:
        finding = (
            f"no record is lost from {names}"
            if names
            else f"no record leaves {', '.join(rule_of[s].name for s in dead)}"
        )
        todo = "are losses recorded elsewhere, or later? The share that stays forever is not identified there"
        return Item("identification", "REVIEW", finding, todo, numbers)
    if without_open(evidence):
        finding = "open records are missing from the export: how many take longer or stay forever is not identified"
        return Item("identification", "REVIEW", finding, "export open records too, see `open records`", numbers)
    if few:
        finding = f"fewer than 20 records ever left {', '.join(rule_of[s].name for s in few)}"
        return Item(
            "identification", "REVIEW", finding, "pool the stage with the next one, or assume its distribution", numbers
        )
    return passed("identification", "every stage has losses and exits enough to be fitted", **numbers)


def zombies(evidence: Evidence) -> Item:
    """Open deals far older in their stage than any that ever left it."""
    rows = evidence.query(
        f"""
        WITH stayed AS (
            SELECT stage, date_diff('day', entered, "left") AS days FROM {evidence.log} WHERE "left" IS NOT NULL
        ), gone AS (
            SELECT stage, quantile_cont(days, 0.995) AS slow, max(days) AS longest, count(*) AS exits
            FROM stayed
            GROUP BY 1
        ), still_there AS (
            SELECT stage, date_diff('day', entered, {_exits_end(evidence)}) - 1 AS age FROM {evidence.log}
            WHERE
                outcome IS NULL AND NOT undated AND {_exits_recorded(evidence)}
                AND stage NOT IN ({listed(evidence.ends)})
        )
        SELECT
            s.stage, count(*), count(*) FILTER (s.age > greatest(1.5 * g.slow, 7)), max(s.age), max(g.slow),
            max(g.longest)
        FROM still_there s JOIN gone g ON g.stage = s.stage
        WHERE g.exits >= 50
        GROUP BY 1
        ORDER BY 1
        """
    )
    table = {}
    striking = []
    for stage, open_, dead, oldest, slow, longest in rows:
        name = evidence.stages[stage].name
        table[name] = {
            "open": open_,
            "zombies": dead,
            "oldest_days": oldest,
            "slow_days": slow,
            "longest_days": longest,
        }
        if dead >= 5 and dead / open_ > 0.02:
            text = f"{dead:,} of {open_:,} open in {name} are up to {oldest:,} days old, though 995 in 1,000 of those "
            striking.append(f"{text}that left did so within {slow:,.0f} days and the slowest after {longest:,}")
    if not striking:
        return passed("zombies", "no stage has records much older than any that left it", stages=table)
    todo = "they will not close by themselves: close them in the CRM, or leave them out of the opening"
    return Item("zombies", "REVIEW", "; ".join(striking), todo, {"stages": table})


def _exits(evidence: Evidence) -> dict[int, Recorded]:
    """For each stage, the days on which all of the moves out of it that were ever made would have been recorded."""
    return {a: evidence.common([b for x, b in evidence.moves if x == a]) for a, _ in evidence.moves}


def _exits_recorded(evidence: Evidence) -> str:
    """Of records that came to a stage earlier, nobody knows whether they are still there."""
    firsts = [(stage, window.first) for stage, window in _exits(evidence).items() if window.first]
    return " AND ".join(f"NOT (stage = {stage} AND entered < TIMESTAMP '{day}')" for stage, day in firsts) or "true"


def _exits_end(evidence: Evidence) -> str:
    """The moment until which moves out of a stage were recorded."""
    lasts = [(stage, window.last) for stage, window in _exits(evidence).items() if window.last]
    cases = " ".join(f"WHEN {stage} THEN TIMESTAMP '{day + dt.timedelta(1)}'" for stage, day in lasts)
    end = f"TIMESTAMP '{evidence.end}'"
    return f"least({end}, CASE stage {cases} ELSE {end} END)" if cases else end


def expiry(evidence: Evidence) -> Item:
    """Days of age on which a robot closes records."""
    rows = evidence.query(
        f"""
        SELECT stage, outcome, date_diff('day', CAST(entered AS DATE), CAST("left" AS DATE)) AS age, count(*)
        FROM {evidence.log}
        WHERE "left" IS NOT NULL
        GROUP BY 1, 2, 3
        """
    )
    series: dict[tuple[int, int], dict[int, int]] = {}
    for stage, outcome, age, count in rows:
        series.setdefault((stage, outcome), {})[age] = count
    found: list[dict[str, Any]] = []
    for (stage, outcome), counts in sorted(series.items()):
        total = sum(counts.values())
        for age, count in sorted(counts.items()):
            if age < 5 or count < 30 or count < 0.02 * total:
                continue
            around = float(np.mean([counts.get(age + k, 0) for k in (-6, -5, -4, -3, 3, 4, 5, 6)]))
            beside = max(counts.get(age + k, 0) for k in (-2, -1, 1, 2))
            if (
                count > 4 * max(around, 1.0)
                and count > 2.5 * beside
                and special.gammainc(count, max(around, 1.0)) < SURE
            ):
                names = evidence.stages[stage].name, evidence.stages[outcome].name
                found.append({"from": names[0], "to": names[1], "age_days": age, "moves": count, "usual": around})
    if not found:
        return passed("expiry", "no age at which many records leave at the same time")
    found.sort(key=lambda f: -int(str(f["moves"])))
    shown = "; ".join(
        f"{f['from']} to {f['to']} after {f['age_days']} days ({f['moves']:,}, {f['usual']:.0f} on the days around)"
        for f in found[:5]
    )
    todo = "a rule closes them: use a table of days or a timeout, because no smooth distribution fits such a spike"
    return Item("expiry", "REVIEW", shown, todo, {"spikes": found})
