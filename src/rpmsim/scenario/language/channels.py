"""Channels: where leads come from."""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.language.calendar import OPEN_CLOSED, PATTERN_OF_WEEK
from rpmsim.scenario.language.distributions import BATCH_DISTRIBUTION
from rpmsim.scenario.schema.quantities import Num, RestOr
from rpmsim.scenario.schema.special import FREE, MONTHS, ByMonth, GradeMix
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import Date, Ref, Word

DRIFT = Record(
    "a drift",
    {
        "sigma": Field(Num(k.SIGMA), "Weekly step of the log level: how much the level of demand drifts.", "4%"),
        "phi": Field(
            Num(k.PERSISTENCE), "How much of the drift persists from week to week; 1 (default) is a random walk.", "0.9"
        ),
        "shared": Field(Num(k.SHARE), "Share of the step's variance that all channels have in common.", "50%"),
        "now": Field(
            Num(k.EFFECT),
            "Level on the last day of the data relative to the stated level, from which the drift goes on. Default x1.",
            "x1.12",
        ),
    },
)
CHANNEL = Record(
    "a channel",
    {
        "kind": Field(
            Word({w: w for w in ("marketing", "sales", "partner", "customer", "other")}, "a kind of channel"),
            "Who is responsible for the channel; marketing metrics use this. Default marketing.",
            "partner",
            dated=False,
        ),
        "label": Field(FREE, "Display name.", "Paid search", dated=False),
        "into": Field(
            Ref("stage"),
            "Stage that its leads enter. Can be omitted only if exactly one stage is not reached from another one "
            "(except from nurture).",
            "mql",
            dated=False,
        ),
        "leads": Field(
            ByMonth(Num(k.LEADS), Num(k.LEADS_IN_MONTH)),
            "Expected leads per day, week, month, quarter or year, before trend, pattern and changes; or a table by "
            "month, as a map or a CSV or XLSX file. With `made_by`, per head: `20 per month each`.",
            "40 per week",
        ),
        "shift": Field(
            Num(k.SHIFT),
            "Moves the table of leads in time, for example to use last year's leads for this year. In a what-if, it "
            "moves the parent's table: `+1 quarter`.",
            "1 year",
        ),
        "scale": Field(
            Num(k.SCALE),
            "Factor on the table of leads, such as 1000 if it is in thousands. In a what-if, it multiplies the "
            "parent's rows.",
            "1000",
        ),
        "change": Field(
            Num(k.CHANGE),
            "Factor on the leads; a change in a what-if multiplies that of the parent. Default x1.",
            "+8%",
        ),
        "growth": Field(
            Num(k.GROWTH),
            "Growth in the first month; the growth in each later month is `damping` times that of the month before.",
            "2% per month",
        ),
        "growth_from": Field(
            Date(),
            "Day from which growth counts. Default: the first day of the run; if a what-if moves `as_of`, the first "
            "day of the parent that states the leads.",
            "2027-02-01",
        ),
        "damping": Field(Num(k.DAMPING), "1 means that growth never slows down. Default 0.9.", "0.9"),
        "months": Field(
            Either(
                mapping=Named(Num(k.WEIGHT), "factors by month", re.compile("|".join(MONTHS))),
                listing=ListOf(Num(k.WEIGHT)),
            ),
            "Seasonality: a factor for each month (default 1), or a list of twelve; scaled to a mean of 1.",
            "{jul: 0.8, aug: 0.6}",
        ),
        "weekdays": Field(PATTERN_OF_WEEK, "Weight of each weekday, or `work`: on workdays only.", "work"),
        "holidays": Field(
            OPEN_CLOSED, "Whether leads come on holidays. Default open; closed with `weekdays: work`.", "closed"
        ),
        "dispersion": Field(
            Num(k.DISPERSION),
            "Alpha of the negative binomial: the variance of a day's leads is mean + alpha x mean squared. "
            "Default 0 (Poisson).",
            "0.04",
            dated=False,
        ),
        "batch": Field(
            BATCH_DISTRIBUTION,
            "Leads come in groups, such as lists from events: how many leads a group has, rounded to whole leads. The "
            "expected number of leads stays as stated. Default: one by one.",
            "{median: 6, p90: 20}",
            dated=False,
        ),
        "drift": Field(
            DRIFT,
            "How the level of demand drifts from week to week.",
            "{sigma: 4%, phi: 0.9, shared: 50%}",
            dated=False,
        ),
        "mix": Field(
            Named(RestOr(Num(k.SHARE)), "shares by segment"),
            "Share of the leads by segment. Can be omitted if there is only one segment.",
            "{smb: 90%, enterprise: rest}",
        ),
        "grades": Field(
            GradeMix(), "Share of the leads by quality grade, for all leads or by segment.", "{hot: 20%, cold: rest}"
        ),
        "spend": Field(
            ByMonth(Num(k.MONEY_PER_MONTH), Num(k.MONEY_IN_MONTH)),
            "Money spent on the channel, constant or by month. With `current`, spend drives the leads; otherwise it is "
            "only a cost.",
            "60k per month",
        ),
        "current": Field(
            Record(
                "the current state",
                {
                    "spend": Field(Num(k.MONEY_PER_MONTH), "Current spend.", "60k per month"),
                    "leads": Field(Num(k.LEADS_PER_MONTH), "Leads from the current spend.", "150 per month"),
                },
            ),
            "Current spend and the leads it brings: the starting point from which spend drives leads.",
            "{spend: 60k per month, leads: 150 per month}",
        ),
        "elasticity": Field(
            Num(k.ELASTICITY), "Percent more leads for one percent more spend, at the current spend.", "0.4 to 0.6"
        ),
        "carry_over": Field(
            Num(k.WEEKLY_SHARE),
            "Share of the effect of spend that carries over to the next week. Default 20%.",
            "20% per week",
        ),
        "made_by": Field(
            Ref("role"), "Role that creates these leads in the time that its queues leave free.", "sdr", dated=False
        ),
    },
)
