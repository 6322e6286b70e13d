"""The calendar of a scenario, and period labels to days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rpmsim.model.calendar import Calendar, Clock, Period, PeriodKind, add_months, named_year, period_of
from rpmsim.model.fiscal import FiscalWeeks
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.language.calendar import CALENDAR
from rpmsim.scenario.schema.special import MONTHS
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Path, Scalar, find
from rpmsim.text.public_holidays import public_holidays
from rpmsim.text.schema.base import Reading
from rpmsim.text.schema.scalars import parse_date

WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendar_of(record: dict[str, Any], years: range, place: Place) -> Calendar:
    """The calendar, with the holidays of a region looked up for the years.

    It is also asked for where the file has errors of form; what could not be read is None, and left out.
    """
    work = record.get("work") or (True,) * 7
    holidays = _holidays(record.get("holidays"), years, place)
    clocks = tuple(_clock(name, clock or {}, work, place) for name, clock in (record.get("clocks") or {}).items())
    calendar = Calendar(work, holidays, clocks=clocks, **_fiscal_checked(record, place))
    for clock in clocks:
        _check_clock(clock, calendar, years, place)
    return calendar


def _check_clock(clock: Clock, calendar: Calendar, years: range, place: Place) -> None:
    """Report a clock that takes a name that is taken, or never runs."""
    path = ("calendar", "clocks", clock.name)
    if clock.name in ("calendar", "work"):
        place.error(path, f"the clock `{clock.name}` already exists", "give it another name")
    elif not all(calendar.runs(clock, year) for year in years):
        place.error(path, "a clock without an open day", "give a weekday or month a weight above 0")


def fiscal_calendar(trees: list[Mapping]) -> Calendar:
    """The fiscal year that the first of some trees states, before they are merged; no holidays, no work days."""
    keys = [key for key in CALENDAR.fields if key.startswith("fiscal")]
    stated: dict[str, Any] = {}
    for key in keys:
        node = next((n for tree in trees if (n := find(tree, ("calendar", key))) is not None), None)
        if isinstance(node, Scalar) and not node.is_null:
            stated[key] = CALENDAR.fields[key].type.read(node, ("calendar", key), Reading(Complaints(), Complaints()))
    return Calendar(**fiscal_of(stated))


def fiscal_of(record: dict[str, Any]) -> dict[str, Any]:
    """What a calendar states of the fiscal year, as fields of the model's calendar."""
    weeks = None
    if record.get("fiscal_pattern") and record.get("fiscal_year_ends"):
        weeks = FiscalWeeks(record["fiscal_pattern"], *record["fiscal_year_ends"])
    return {
        "fiscal_year_starts": weeks.month % 12 + 1 if weeks else record.get("fiscal_year_starts") or 1,
        "fiscal_year_named": record.get("fiscal_year_named") or "start",
        "fiscal_weeks": weeks,
    }


def _fiscal_checked(record: dict[str, Any], place: Place) -> dict[str, Any]:
    """The fiscal year, with what contradicts itself reported."""
    fields = fiscal_of(record)
    stated = record.get("fiscal_year_starts")
    if stated and fields["fiscal_weeks"] and stated != fields["fiscal_year_starts"]:
        place.error(
            ("calendar", "fiscal_year_starts"),
            "the fiscal year does not begin in the month after the one in which it ends",
            "remove the line: `fiscal_year_ends` already states it",
        )
    for key, other, fix in (
        ("fiscal_pattern", "fiscal_year_ends", "write `fiscal_year_ends: last Saturday of January`"),
        ("fiscal_year_ends", "fiscal_pattern", "write `fiscal_pattern: 4-4-5`"),
    ):
        if record.get(key) and not record.get(other):
            place.error(("calendar", key), f"`{key}` without `{other}`", fix)
    return fields


def _clock(name: str, record: dict[str, Any], work: tuple[bool, ...], place: Place) -> Clock:
    weekdays, closed = week_of(record, work)
    whole_days = record.get("open") is not None
    if whole_days:
        weekdays = tuple(float(is_open) for is_open in record["open"])
        closed = bool(record.get("holidays", True))
        _check_whole_days(record, ("calendar", "clocks", name), place)
    return Clock(
        name,
        weekdays,
        closed,
        months=tuple((MONTHS.index(key) + 1, weight) for key, weight in _weights(record, "months").items()),
        dates=tuple((day, weight) for day, weight in _dates(record, name, place).items()),
        month_end=tuple(weight.mid for weight in record.get("month_end") or () if weight),
        quarter_end=tuple(weight.mid for weight in record.get("quarter_end") or () if weight),
        normalized=not whole_days,
        waits=bool(record.get("closed_days")),
    )


def _check_whole_days(record: dict[str, Any], path: Path, place: Place) -> None:
    """Report what keeps a clock with `open` from counting whole days."""
    for key in ("weekdays", "month_end", "quarter_end"):
        if key in record:
            place.error(
                (*path, key),
                f"`{key}` on a clock that counts whole days",
                f"remove `{key}`, or state the days as `weekdays` in place of `open`",
            )
    for key in ("months", "dates"):
        for name, weight in _weights(record, key).items():
            if weight not in (0.0, 1.0):
                place.error(
                    (*path, key, name),
                    f"a weight of {weight:g} on a clock that counts whole days",
                    "write 0 (closed) or 1 (open), or state the days as `weekdays` in place of `open`",
                )


def _weights(record: dict[str, Any], key: str) -> dict[str, float]:
    return {name: weight.mid for name, weight in (record.get(key) or {}).items() if weight is not None}


def _dates(record: dict[str, Any], name: str, place: Place) -> dict[dt.date, float]:
    """Weights by day; a date that does not exist is reported."""
    result = {}
    for key, weight in _weights(record, "dates").items():
        day = parse_date(key)
        if day is None:
            place.error(("calendar", "clocks", name, "dates", key), f"there is no day {key}", "write year-month-day")
        else:
            result[day] = weight
    return result


def week_of(record: dict[str, Any], work: tuple[bool, ...]) -> tuple[tuple[float, ...], bool]:
    """Weights of Monday to Sunday, and whether holidays weigh nothing: of a clock and of a channel alike.

    `weekdays: work` means the calendar's open days, and so no holidays, unless `holidays` says otherwise.
    """
    weekdays = record.get("weekdays")
    closed = record.get("holidays")
    return week_weights(weekdays, work), weekdays == "work" if closed is None else bool(closed)


def week_weights(stated: Any, work: tuple[bool, ...]) -> tuple[float, ...]:
    """Weights of Monday to Sunday."""
    if stated is None:
        return (1.0,) * 7
    if stated == "work":
        return tuple(float(is_open) for is_open in work)
    return tuple(weight.mid if (weight := stated.get(day)) else 1.0 for day in WEEKDAY_NAMES)


def _holidays(stated: Any, years: range, place: Place) -> tuple[dt.date, ...]:
    if stated is None:
        return ()
    if isinstance(stated, list):
        return tuple(sorted({day for day in stated if day is not None}))
    if isinstance(stated, dict):
        days = {key: parse_date(key) for key in stated}
        for key, day in days.items():
            if day is None:
                place.error(("calendar", "holidays", key), f"there is no day {key}", "write year-month-day")
        return tuple(sorted(day for day in days.values() if day is not None))
    return tuple(holiday_names(stated, years, place))


def holiday_names(region: str, years: range, place: Place) -> dict[dt.date, str]:
    """Public holidays of a region in some years, by date."""
    found = public_holidays(region, years)
    if found is None:
        place.error(
            ("calendar", "holidays"),
            f"no holidays are known for `{region}`",
            "write a region such as `DE-BY` or `US`, or list the dates",
        )
    return found or {}


def period_days(label: str, calendar: Calendar) -> Period | None:
    """First and last day of a period by its label, or of a day; None if there is no such period."""
    day = parse_date(label)
    if day is not None:
        return Period(label, day, day)
    try:
        kind, first = _kind_and_first(label, calendar)
        period = period_of(first, kind, calendar)
    except (ValueError, OverflowError):
        return None
    return period if period.label == label else None


def _kind_and_first(label: str, calendar: Calendar) -> tuple[PeriodKind, dt.date]:
    head, _, tail = label.partition("-")
    if head.startswith("FY") and calendar.fiscal_weeks is not None:
        return _of_weeks(2000 + int(head[2:]), tail, calendar, calendar.fiscal_weeks)
    if head.startswith("FY"):
        year, start = 2000 + int(head[2:]), calendar.fiscal_year_starts
        if calendar.fiscal_year_named == "end" and start > 1:
            year -= 1
        first = dt.date(year, start, 1)
        if tail.startswith("P"):
            return "fiscal_month", add_months(first, int(tail[1:]) - 1)
        return ("fiscal_quarter", add_months(first, 3 * (int(tail[1:]) - 1))) if tail else ("fiscal_year", first)
    if not tail:
        return "year", dt.date(int(head), 1, 1)
    if tail.startswith("Q"):
        return "quarter", dt.date(int(head), 3 * int(tail[1:]) - 2, 1)
    if tail.startswith("W"):
        return "week", dt.date.fromisocalendar(int(head), int(tail[1:]), 1)
    return "month", dt.date(int(head), int(tail), 1)


def _of_weeks(named: int, tail: str, calendar: Calendar, weeks: FiscalWeeks) -> tuple[PeriodKind, dt.date]:
    """Kind and first day of a period of a fiscal year of whole weeks."""
    ends = next(year for year in (named, named + 1) if named_year(year, calendar) == named)
    kind: PeriodKind = "fiscal_month" if tail.startswith("P") else "fiscal_quarter" if tail else "fiscal_year"
    at = (int(tail[1:]) - 1) * (1 if kind == "fiscal_month" else 3) if tail else 0
    return kind, weeks.months(ends)[at][0]
