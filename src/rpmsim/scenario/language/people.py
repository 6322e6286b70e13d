"""Roles and people."""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.language.laws import TIME_LAW
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import ANY_TEXT, FREE
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import Date, Ref, Word

PERSON = Record(
    "a person",
    {
        "label": Field(FREE, "What people read.", "Ana", dated=False),
        "segment": Field(
            Ref("segment"),
            "Kind of buyer for which the person works; the role must work for it.",
            "enterprise",
            dated=False,
        ),
        "start": Field(Date(), "First day; left out: long ago.", "2026-03-01", dated=False),
        "end": Field(Date(), "Last day; left out: open.", "2027-09-30", dated=False),
        "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per month, in place of the role's.", "6k per month", dated=False),
    },
)
ROLE = Record(
    "a role",
    {
        "label": Field(FREE, "What people read.", "SDRs", dated=False),
        "heads": Field(
            Num(k.HEADS), "People at the start, beside those of `team`; a fraction works part time.", "6", dated=False
        ),
        "tenure": Field(
            Num(k.TENURE),
            "How long each of these heads is already there. Left out: past the ramp.",
            "8 months",
            dated=False,
        ),
        "team": Field(
            Named(PERSON, "people by name", ANY_TEXT, most=5000, table="people"),
            "People by name, or a table of them (name, role, segment, start, end, and pay, pay per month or pay per "
            "year): the rows whose role is this one. "
            "Where the table has other words: `{table: people.xlsx, role: AE, segment: enterprise}`.",
            "people.csv",
            dated=False,
        ),
        "hires": Field(
            Dated(Num(k.HEADS), table="dates"),
            "Seats that are opened, by month or day. A what-if's `+2` adds to the parent's.",
            "{2027-03: 2}",
            dated=False,
        ),
        "departures": Field(
            Dated(Num(k.PEOPLE), table="dates"),
            "People who leave for good, by month or day: their first day away. First those of `heads` go, then hires; "
            "people of `team` have an `end` of their own. Their seats close: nobody is searched for.",
            "{2027-07: 2}",
            dated=False,
        ),
        "time_to_fill": Field(
            TIME_LAW,
            "Time from opening a seat to its first day. Left out: hires start on their date.",
            "{median: 45 days, p90: 80 days}",
        ),
        "backfill": Field(
            TIME_LAW, "Time until a leaver's seat is filled again. Left out: never.", "{median: 64 days, p90: 90 days}"
        ),
        "ramp": Field(
            Either(
                mapping=Named(Num(k.SHARE), "shares by month of tenure", re.compile(r"[1-9]\d?"), most=60),
                listing=ListOf(Num(k.SHARE), most=60),
            ),
            "Share of full capacity in the first, second ... month of tenure; full afterwards.",
            "[30%, 70%, 100%]",
        ),
        "leaves": Field(Num(k.MONTHLY_SHARE), "Chance that a person leaves within a month.", "3% per month"),
        "handles": Field(
            Num(k.HANDLES),
            "Throughput per ramped head and open day, in leads or in hours (stages then say `work`).",
            "9 per day each",
        ),
        "holds": Field(
            Num(k.HOLDS), "Most open items per ramped head: a lead holds its slot until it leaves the stage.", "25 each"
        ),
        "leavers_items": Field(
            Ref("stage", ("colleagues", "queue")),
            "Where a leaver's open items go: `colleagues` (default), back to the `queue`, or a stage.",
            "queue",
            dated=False,
        ),
        "serves": Field(
            ListOf(Ref("stage"), most=200),
            "Its stages in the order in which they are served. Left out: most downstream first.",
            "[opportunity, mql]",
            dated=False,
        ),
        "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per head.", "5.5k per month"),
        "works": Field(
            Word({"calendar": False, "every day": True}, "`calendar` or `every day`"),
            "Whether the role keeps to the calendar's work days (default) or works every day.",
            "every day",
            dated=False,
        ),
    },
)
