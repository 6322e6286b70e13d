"""The calendar: work days, holidays, fiscal year, clocks."""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import FREE, MONTH_NAMES, MONTHS, WEEKDAYS, HolidayRegion, WorkDays, YearEnd
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import Date, Word

PATTERN_OF_WEEK = Either(
    scalar=Word({"work": "work"}, "`work`"),
    mapping=Named(Num(k.WEIGHT), "weights by weekday", re.compile("|".join(WEEKDAYS))),
)
OPEN_CLOSED = Word({"open": False, "closed": True}, "open or closed")
DATE_KEY = re.compile(r"\d{4}-\d\d-\d\d")

CLOCK = Record(
    "a clock",
    {
        "weekdays": Field(
            PATTERN_OF_WEEK,
            "Weight of each weekday (default 1), or `work`: 1 on the calendar's workdays, 0 on all others.",
            "{sat: 0, sun: 0}",
        ),
        "holidays": Field(
            OPEN_CLOSED,
            "Whether the clock stops on holidays. Default open; closed with `weekdays: work`.",
            "closed",
        ),
        "open": Field(
            WorkDays(),
            "In place of `weekdays`: a business calendar on which every open day is one whole day. It is not scaled, "
            "and closed on holidays unless `holidays: open`.",
            "Mon-Sat",
        ),
        "months": Field(
            Named(Num(k.WEIGHT), "factors by month, such as jan", re.compile("|".join(MONTHS))),
            "Factors on the days of a month (default 1).",
            "{aug: 0.5}",
        ),
        "dates": Field(
            Named(Num(k.WEIGHT), "weights by date, such as 2027-12-24", DATE_KEY, most=3000),
            "Weights of single days, in place of what the other keys give; they do not enter the scale.",
            "{2027-12-24: 0}",
        ),
        "closed_days": Field(
            Word({"pass": False, "wait": True}, "pass or wait"),
            "What a time of 0 days does that begins on a day on which the clock does not run: `pass` (default) ends it "
            "on that day, `wait` on the next day on which the clock runs.",
            "wait",
        ),
        "month_end": Field(
            ListOf(Num(k.WEIGHT), most=28),
            "Factors on the last days of a month, the last day first, for a month-end rush.",
            "[3, 1.5]",
        ),
        "quarter_end": Field(
            ListOf(Num(k.WEIGHT), most=28),
            "Factors on the last days of a quarter, the last day first, in addition to `month_end`.",
            "[2]",
        ),
    },
)
CALENDAR = Record(
    "the calendar",
    {
        "work": Field(WorkDays(), "Workdays: days and runs of days. Default: every day.", "Mon-Fri"),
        "holidays": Field(
            Either(
                HolidayRegion(),
                Named(FREE, "a map of dates", DATE_KEY, most=3000),
                ListOf(Date()),
            ),
            "Days off for everybody: the public holidays of a region, a list of dates, or dates with names.",
            "DE-BY",
        ),
        "fiscal_year_starts": Field(
            Word({w: i for i, name in enumerate(MONTH_NAMES, 1) for w in dict.fromkeys((name, name[:3]))}, "a month"),
            "Month in which the fiscal year begins. Default January.",
            "February",
        ),
        "fiscal_year_named": Field(
            Word({"start": "start", "end": "end"}, "start or end"),
            "Whether FY27 begins in 2027 (`start`, default) or ends in it (`end`).",
            "end",
        ),
        "fiscal_pattern": Field(
            Word({"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}, "a pattern of weeks"),
            "Weeks in the three months of a fiscal quarter, if the fiscal year has 52 or 53 whole weeks; a 53rd week "
            "belongs to its last month. With `fiscal_year_ends`.",
            "4-4-5",
        ),
        "fiscal_year_ends": Field(
            YearEnd(),
            "Day on which a fiscal year of whole weeks ends.",
            "last Saturday of January",
        ),
        "clocks": Field(
            Named(CLOCK, "clocks"),
            "Clocks for times, in addition to `calendar` (every day) and `work` (workdays). Weights are scaled to a "
            "mean of 1 over a year, except with `open`.",
            "{closing: {weekdays: work, month_end: [3, 1.5]}}",
        ),
    },
)
