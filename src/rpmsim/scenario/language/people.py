"""Roles and people."""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.language.distributions import TIME_DISTRIBUTION
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import ANY_TEXT, FREE
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import Date, Ref, Word

PERSON = Record(
    "a person",
    {
        "label": Field(FREE, "Display name.", "Ana", dated=False),
        "segment": Field(
            Ref("segment"),
            "Segment that the person works for; it must be one that the role works for.",
            "enterprise",
            dated=False,
        ),
        "start": Field(Date(), "First day. Default: long ago.", "2026-03-01", dated=False),
        "end": Field(Date(), "Last day. Default: none.", "2027-09-30", dated=False),
        "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per month, instead of the role's.", "6k per month", dated=False),
    },
)
ROLE = Record(
    "a role",
    {
        "label": Field(FREE, "Display name.", "SDRs", dated=False),
        "heads": Field(
            Num(k.HEADS),
            "People at the start, in addition to `team`; a fraction is a part-time person.",
            "6",
            dated=False,
        ),
        "tenure": Field(
            Num(k.TENURE),
            "How long each of these heads has been there. Default: past the ramp.",
            "8 months",
            dated=False,
        ),
        "team": Field(
            Named(PERSON, "people by name", ANY_TEXT, most=5000, table="people"),
            "People by name, or a table of them (name, role, segment, start, end, and pay, pay per month or pay per "
            "year): the rows whose role is this one. "
            "If the table uses other names: `{table: people.xlsx, role: AE, segment: enterprise}`.",
            "people.csv",
            dated=False,
        ),
        "hires": Field(
            Dated(Num(k.HEADS), table="dates"),
            "Seats that are opened, by month or day. In a what-if, `+2` adds to the parent's.",
            "{2027-03: 2}",
            dated=False,
        ),
        "departures": Field(
            Dated(Num(k.PEOPLE), table="dates"),
            "People who leave for good, by month or day (their first day away). First `heads` leave, then hires; "
            "people in `team` have their own `end`. Their seats close and are not filled again.",
            "{2027-07: 2}",
            dated=False,
        ),
        "time_to_fill": Field(
            TIME_DISTRIBUTION,
            "Time from opening a seat to the hire's first day. Default: hires start on their date.",
            "{median: 45 days, p90: 80 days}",
        ),
        "backfill": Field(
            TIME_DISTRIBUTION,
            "Time until a leaver's seat is filled again. Default: never.",
            "{median: 64 days, p90: 90 days}",
        ),
        "ramp": Field(
            Either(
                mapping=Named(Num(k.SHARE), "shares by month of tenure", re.compile(r"[1-9]\d?"), most=60),
                listing=ListOf(Num(k.SHARE), most=60),
            ),
            "Share of full capacity in the first, second ... month of tenure; full capacity afterwards.",
            "[30%, 70%, 100%]",
        ),
        "leaves": Field(Num(k.MONTHLY_SHARE), "Chance that a person leaves within a month.", "3% per month"),
        "handles": Field(
            Num(k.HANDLES),
            "Throughput per ramped head and workday, in leads or in hours (stages then state `work`).",
            "9 per day each",
        ),
        "holds": Field(
            Num(k.HOLDS),
            "Maximum of open items per ramped head: a lead occupies its slot until it leaves the stage.",
            "25 each",
        ),
        "leavers_items": Field(
            Ref("stage", ("colleagues", "queue")),
            "Where a leaver's open items go: `colleagues` (default), back to the `queue`, or a stage.",
            "queue",
            dated=False,
        ),
        "serves": Field(
            ListOf(Ref("stage"), most=200),
            "Its stages in the order in which they are served. Default: most downstream first.",
            "[opportunity, mql]",
            dated=False,
        ),
        "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per head.", "5.5k per month"),
        "works": Field(
            Word({"calendar": False, "every day": True}, "`calendar` or `every day`"),
            "Whether the role works on the calendar's workdays (default) or every day.",
            "every day",
            dated=False,
        ),
    },
)
