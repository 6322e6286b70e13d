"""Days, business clocks and reporting periods.

Days are numbered from the day after ``as_of``, which is day 0; earlier days are negative.
"""

from __future__ import annotations

import calendar as _calendar
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.fiscal import FiscalWeeks

PeriodKind = Literal["week", "month", "quarter", "year", "fiscal_month", "fiscal_quarter", "fiscal_year"]
Every = Literal["day", "week", "month", "quarter"]
"""How often a random effect is drawn."""
CLOCKS = ("calendar", "work")
"""Clocks that every scenario has: all days, and open days."""


@dataclass(frozen=True)
class Clock:
    """Weights of days, on which a delay runs.

    Parameters
    ----------
    weekdays : tuple of float
        Weight of Monday to Sunday.
    holidays : bool
        Whether the calendar's holidays weigh nothing.
    months : tuple of (int, float)
        Factors on the days of a month, 1 to 12.
    dates : tuple of (date, float)
        Weights of single days, in place of what all else gives.
    month_end, quarter_end : tuple of float
        Factors on the last days of a month or quarter on which the clock runs, the last one first: where a
        month ends on a weekend, the rush falls on the Friday.
    normalized : bool
        Whether the weights are scaled to a mean of 1 over a year, ``dates`` aside. Clocks that count whole days are
        not: 5 workdays are five open days.
    waits : bool
        Whether a delay of 0 days that begins on a day without weight ends on the next day that has one.
    """

    name: str
    weekdays: tuple[float, ...] = (1.0,) * 7
    holidays: bool = False
    months: tuple[tuple[int, float], ...] = ()
    dates: tuple[tuple[dt.date, float], ...] = ()
    month_end: tuple[float, ...] = ()
    quarter_end: tuple[float, ...] = ()
    normalized: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Calendar:
    """When people work, how the fiscal year runs, and the clocks.

    Parameters
    ----------
    work : tuple of bool
        Open on Monday to Sunday.
    holidays : tuple of date
        Closed days inside and around the horizon, resolved (a region's list is looked up when the
        scenario is read, and the dates used are part of the provenance).
    fiscal_year_starts : int
        Month, 1 to 12.
    fiscal_year_named : {"start", "end"}
        Whether FY27 begins or ends in 2027.
    fiscal_weeks : FiscalWeeks or None
        Where the fiscal year has whole weeks; ``fiscal_year_starts`` is then the month after its last one.
    clocks : tuple of Clock
        Further clocks by name, beside "calendar" (every day weighs 1) and "work".
    """

    work: tuple[bool, ...] = (True,) * 7
    holidays: tuple[dt.date, ...] = ()
    fiscal_year_starts: int = 1
    fiscal_year_named: Literal["start", "end"] = "start"
    fiscal_weeks: FiscalWeeks | None = None
    clocks: tuple[Clock, ...] = ()

    @property
    def is_fiscal(self) -> bool:
        """Whether the fiscal year is another one than the calendar's."""
        return self.fiscal_year_starts != 1 or self.fiscal_weeks is not None

    def is_open(self, day: dt.date) -> bool:
        """Whether staff work on the day."""
        return self.work[day.weekday()] and day not in self._closed

    @property
    def _closed(self) -> frozenset[dt.date]:
        return frozenset(self.holidays)

    def clock(self, name: str) -> Clock:
        """The clock of that name."""
        if name == "calendar":
            return Clock("calendar")
        if name == "work":
            return Clock("work", tuple(float(x) for x in self.work), holidays=True)
        return next(clock for clock in self.clocks if clock.name == name)

    def weights(self, name: str, first: dt.date, days: int) -> list[float]:
        """Weights of ``days`` days from ``first`` on, in the named clock."""
        clock = self.clock(name)
        closed = self._closed if clock.holidays else frozenset()
        scale = 1.0
        if clock.normalized:
            # A year that does not depend on who asks: the first whole one of the holidays, where there are any.
            start = dt.date(min(self.holidays).year if self.holidays else first.year, 1, 1)
            every_year = _weights(replace(clock, dates=()), closed)
            scale = 365.0 / sum(every_year(start + dt.timedelta(i)) for i in range(365))
        weight = _weights(clock, closed)
        return [scale * weight(first + dt.timedelta(i)) for i in range(days)]

    def runs(self, clock: Clock, year: int) -> bool:
        """Whether a clock has a day in a year that weighs something: on its own, and with its single days."""
        closed = self._closed if clock.holidays else frozenset()
        days = [dt.date(year, 1, 1) + dt.timedelta(i) for i in range(365)]
        return all(any(map(_weights(each, closed), days)) for each in (clock, replace(clock, dates=())))

    def counts_whole_days(self, name: str) -> bool:
        """Whether all weights of a clock are 0 or 1, so that it counts days."""
        return not self.clock(name).normalized


def _weights(clock: Clock, closed: frozenset[dt.date]) -> Callable[[dt.date], float]:
    """Weight of any day on a clock, before it is scaled."""
    single, months = dict(clock.dates), dict(clock.months)
    most = max(len(clock.month_end), len(clock.quarter_end))

    def without_ends(day: dt.date) -> float:
        if day in single:
            return single[day]
        return 0.0 if day in closed else clock.weekdays[day.weekday()] * months.get(day.month, 1.0)

    def weight(day: dt.date) -> float:
        plain = without_ends(day)
        if plain == 0.0 or day in single or most == 0:
            return plain
        left = 0
        for i in range(1, _calendar.monthrange(day.year, day.month)[1] - day.day + 1):
            left += without_ends(day + dt.timedelta(i)) > 0.0
            if left == most:
                return plain
        if left < len(clock.month_end):
            plain *= clock.month_end[left]
        if day.month % 3 == 0 and left < len(clock.quarter_end):
            plain *= clock.quarter_end[left]
        return plain

    return weight


@dataclass(frozen=True)
class Period:
    """A reporting period: label, first and last day, both inside it."""

    label: str
    first: dt.date
    last: dt.date


def period_numbers(first: dt.date, days: int, every: Every) -> NDArray[np.int64]:
    """Number of the day, week (of its Monday), month or quarter that each of some days is in, whatever the span."""
    ordinals = first.toordinal() + np.arange(days)
    if every == "day":
        return ordinals
    if every == "week":
        return ordinals - (ordinals - 1) % 7
    months = (np.datetime64(first, "D") + np.arange(days)).astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return months if every == "month" else months // 3


def period_number(day: dt.date, every: Every) -> int:
    """Number of the day, week, month or quarter that holds a day."""
    return int(period_numbers(day, 1, every)[0])


def add_months(day: dt.date, months: int) -> dt.date:
    """First day of the month that lies ``months`` after the month of ``day``."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def period_of(day: dt.date, kind: PeriodKind, calendar: Calendar) -> Period:
    """The period of the kind that holds the day; FY27 begins in 2027 unless named by its end."""
    if kind == "week":
        first = day - dt.timedelta(day.weekday())
        year, week, _ = first.isocalendar()
        return Period(f"{year}-W{week:02d}", first, first + dt.timedelta(6))
    if kind == "month":
        first = day.replace(day=1)
        return Period(f"{day:%Y-%m}", first, add_months(first, 1) - dt.timedelta(1))
    fiscal = kind.startswith("fiscal")
    if fiscal and calendar.fiscal_weeks is not None:
        return _period_of_weeks(day, kind, calendar, calendar.fiscal_weeks)
    start = calendar.fiscal_year_starts if fiscal else 1
    length = LENGTHS[kind]
    offset = (day.month - start) % 12
    year_first = add_months(day, -offset)
    first = add_months(year_first, offset // length * length)
    last = add_months(first, length) - dt.timedelta(1)
    year = year_first.year
    if fiscal and calendar.fiscal_year_named == "end":
        year = (add_months(year_first, 12) - dt.timedelta(1)).year
    label = f"FY{year % 100:02d}" if fiscal else f"{year}"
    return Period(label + _part(length, offset // length), first, last)


LENGTHS: Mapping[str, int] = {
    "month": 1, "quarter": 3, "year": 12, "fiscal_month": 1, "fiscal_quarter": 3, "fiscal_year": 12
}  # fmt: skip
"""Months of each kind of period but the week."""


def _part(length: int, number: int) -> str:
    """What stands behind the year: nothing for the whole of it, a quarter, or a month."""
    return {12: "", 3: f"-Q{number + 1}", 1: f"-P{number + 1:02d}"}[length]


def _period_of_weeks(day: dt.date, kind: PeriodKind, calendar: Calendar, weeks: FiscalWeeks) -> Period:
    """The fiscal period that holds the day, where the year has whole weeks."""
    year = weeks.year_of(day)
    months = weeks.months(year)
    at = next(i for i, (_, last) in enumerate(months) if day <= last)
    length = LENGTHS[kind]
    part = at // length
    return Period(
        f"FY{named_year(year, calendar) % 100:02d}{_part(length, part)}",
        months[part * length][0],
        months[part * length + length - 1][1],
    )


def named_year(ends: int, calendar: Calendar) -> int:
    """The year by which a fiscal year is named that ends in a year."""
    begins = ends if calendar.fiscal_year_starts == 1 else ends - 1
    return ends if calendar.fiscal_year_named == "end" else begins


def year_before(period: Period, kind: PeriodKind, calendar: Calendar) -> Period:
    """The same period a year before: of fiscal years of weeks, the one of the same number."""
    weeks = calendar.fiscal_weeks
    if kind == "week":
        return period_of(period.first - dt.timedelta(364), kind, calendar)
    if weeks is None or not kind.startswith("fiscal"):
        return period_of(add_months(period.first, -12), kind, calendar)
    year = weeks.year_of(period.first)
    at = next(i for i, (first, _) in enumerate(weeks.months(year)) if first == period.first)
    return period_of(weeks.months(year - 1)[at][0], kind, calendar)


def periods(first: dt.date, last: dt.date, kind: PeriodKind, calendar: Calendar) -> tuple[Period, ...]:
    """All periods of the kind that hold a day from ``first`` to ``last``, whole, in order."""
    result = []
    day = first
    while day <= last:
        period = period_of(day, kind, calendar)
        result.append(period)
        day = period.last + dt.timedelta(1)
    return tuple(result)
