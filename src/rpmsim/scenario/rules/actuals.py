"""Assumptions against actuals to date: nothing is forbidden, but far outside the history is worth a second look."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.actuals import actual_between
from rpmsim.model.arrivals import Channel, carried_spend, expected_per_day
from rpmsim.model.calendar import Period, PeriodKind, add_months, period_of, periods
from rpmsim.model.number import median_of
from rpmsim.model.plan import Model
from rpmsim.scenario.assemble.place import Place

FAR = 1.5
"""Above this many times the best period, or below the worst by it, an assumption is reported (D: our judgment)."""
_WORDS = {"fiscal_month": "month", "fiscal_quarter": "quarter", "fiscal_year": "year"}

Best = tuple[float, Period]


def check_against_history(model: Model, place: Place) -> None:
    """Targets and leads lie near what the actuals, or a table of leads, have seen."""
    _targets(model, place)
    fiscal = model.calendar.is_fiscal
    quarter: PeriodKind = "fiscal_quarter" if fiscal else "quarter"
    run = [p for p in periods(model.first_day, model.until, quarter, model.calendar) if p.first > model.as_of]
    run = [period for period in run if period.last <= model.until]
    past = _past(model, "leads", quarter)
    total = np.zeros(model.days)
    for channel in model.content.channels:
        if channel.made_by:
            continue
        by_day = _expected(model, channel)
        total = total + by_day
        if len(channel.by_month) >= 3:
            own = _of_table(channel)
            there = {month for month, _ in channel.by_month}
            whole = [p for p in run if all(add_months(p.first, i) in there for i in range(3))]
            _report(whole, model, by_day, own, place, ("channels", channel.name, "leads"), "its table")
    makes = any(channel.made_by for channel in model.content.channels)
    _report(run, model, total, past, place, ("channels",), "the actuals", only_above=makes)


def _targets(model: Model, place: Place) -> None:
    for target in model.targets:
        period = Period(target.period, target.first, target.last)
        kinds: tuple[PeriodKind, ...] = (
            "month", "quarter", "fiscal_month", "fiscal_quarter", "year", "fiscal_year", "week"
        )  # fmt: skip
        kind = next((k for k in kinds if period_of(period.first, k, model.calendar) == period), None)
        past = _past(model, target.metric, kind) if kind else []
        if past and target.value > FAR * (best := max(past, key=_value))[0] > 0:
            word = _WORDS.get(kind or "", kind or "")
            place.warn(
                ("targets", target.metric, target.period),
                f"{target.value / best[0]:.1f} times the best {word} so far ({best[1].label}: {best[0]:,.12g})",
                "check it, or explain the difference in a note",
            )


def _past(model: Model, metric: str, kind: PeriodKind) -> list[Best]:
    """Values of the whole periods of a kind that have happened; of a single one nothing is concluded."""
    firsts = [actual.first for actual in model.actuals if actual.metric == metric]
    if not firsts:
        return []
    known = [
        (value, period)
        for period in periods(min(firsts), model.as_of, kind, model.calendar)
        if period.last <= model.as_of
        and (value := actual_between(model.actuals, metric, period.first, period.last)) is not None
    ]
    return known if len(known) > 1 or kind in ("year", "fiscal_year") else []


def _expected(model: Model, channel: Channel) -> NDArray[np.float64]:
    """Expected leads of each simulated day, at the middle of ranges, dated changes included."""
    changes = [change for change in model.changes if change.start > model.as_of]
    starts = [(change.start - model.first_day).days for change in changes]
    later = [next(c for c in change.content.channels if c.name == channel.name) for change in changes]
    versions = [channel, *later]

    def blended(by_content: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        result = by_content[0]
        for start, values in zip(starts, by_content[1:], strict=True):
            result = np.concatenate([result[:start], values[start:]])
        return result

    carried = None
    if any(one.spend is not None for one in versions):
        dates = [model.first_day + dt.timedelta(day) for day in range(model.days)]
        carried = carried_spend(versions, blended, dates, median_of)
    return blended(
        [
            np.asarray(expected_per_day(one, model.calendar, model.first_day, model.days, median_of, carried))
            for one in versions
        ]
    )


def _of_table(channel: Channel) -> list[Best]:
    """Sums of all three months in a row of a channel's table, each reported as the months that it counts."""
    rows = sorted((month, number.mid) for month, number in channel.by_month)
    found = []
    for i in range(len(rows) - 2):
        first, last = rows[i][0], rows[i + 2][0]
        if (last.year - first.year) * 12 + last.month - first.month == 2:
            label = f"{first:%Y-%m} to {last:%Y-%m}"
            found.append((sum(value for _, value in rows[i : i + 3]), Period(label, first, last)))
    return found


def _value(pair: Best) -> float:
    return pair[0]


def _report(
    run: list[Period],
    model: Model,
    by_day: NDArray[np.float64],
    past: list[Best],
    place: Place,
    path: tuple[str, ...],
    where: str,
    only_above: bool = False,
) -> None:
    """Warn of the quarter that lies farthest above the best one, or below the worst."""
    if not past or not run:
        return
    offsets = [((p.first - model.first_day).days, (p.last - model.first_day).days) for p in run]
    expected = [(float(by_day[a : b + 1].sum()), p) for (a, b), p in zip(offsets, run, strict=True)]
    high, low = max(expected, key=_value), min(expected, key=_value)
    best, worst = max(past, key=_value), min(past, key=_value)
    if best[0] > 0 and high[0] > FAR * best[0]:
        place.warn(
            path,
            f"{high[0]:,.0f} leads expected in {high[1].label}, {high[0] / best[0]:.1f} times the best quarter so far "
            f"in {where} ({best[1].label}: {best[0]:,.0f})",
            "check it, or explain the difference in a note",
        )
    elif not only_above and low[0] < worst[0] / FAR:
        place.warn(
            path,
            f"{low[0]:,.0f} leads expected in {low[1].label}, {low[0] / worst[0]:.1f} times the worst quarter so far "
            f"in {where} ({worst[1].label}: {worst[0]:,.0f})",
            "check it, or explain the difference in a note",
        )
