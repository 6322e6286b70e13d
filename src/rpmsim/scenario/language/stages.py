"""Stages: what may happen to a lead, who takes it up, what waiting does."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from rpmsim.model.calendar import Every
from rpmsim.scenario import kinds as k
from rpmsim.scenario.kind import Kind
from rpmsim.scenario.language.distributions import HOURS_DISTRIBUTION, SCALED_BY_RELATIVE, distribution_fields
from rpmsim.scenario.schema.quantities import ByClass, Num, RestOr, Table, TableByClass
from rpmsim.scenario.schema.special import FREE, ClassName, Decay, Effects, NumberRecord, PosteriorTime
from rpmsim.text.schema.maps import Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import YES_NO, Ref, Word

_RESPONSE_LOAD = Record(
    "an effect of load on the response",
    {
        "time": Field(
            Num(k.PER_ITEM),
            "Factor on the response time for each open item per head above the limit.",
            "x1.02 per open item each",
        ),
        "above": Field(Num(k.ITEMS), "Open items per head up to which there is no effect. Default 0.", "30"),
    },
)
RESPONSE = Record(
    "a response",
    {
        "time": Field(
            HOURS_DISTRIBUTION,
            "Hours until a response if the lead is taken up on the day it came; each further day adds 24.",
            "{median: 2 hours, p90: 9 hours}",
        ),
        "odds": Field(
            Decay(Num(k.PER_DAY_WAITED)),
            "How waiting lowers the odds of advancing: a factor per 24 hours, or `{power: 0.25}`: (hours / 5 minutes) "
            "to the power -0.25, flat below 5 minutes and above 48 hours.",
            "x0.8 per day waited",
        ),
        "probability": Field(
            Decay(Num(k.PER_DAY_WAITED)), "As `odds`, but on the probability of advancing.", "x0.95 per day waited"
        ),
        "sla": Field(ByClass(Num(k.HOURS)), "SLA: a response within this time counts as in time.", "24 hours"),
        "load": Field(
            _RESPONSE_LOAD,
            "How the role's load lengthens the response time.",
            "{time: x1.02 per open item each, above: 30}",
        ),
    },
)
QUEUE = Record(
    "a queue",
    {
        "order": Field(
            Word({"first in": "first_in", "last in": "last_in", "deadline": "deadline"}, "an order"),
            "Which lead is taken up first: `first in` (default), `last in`, or `deadline` (arrival plus "
            "`response.sla`).",
            "last in",
            dated=False,
        ),
        "priority": Field(
            ListOf(ClassName(), most=100),
            "Class names (channels, segments, grades, bands, `returning`) in the order in which they are served; "
            "the others come last.",
            "[hot, returning]",
            dated=False,
        ),
        "ties": Field(
            ListOf(ClassName(), most=100),
            "Like `priority`, among leads of the same rank and day. Default: at random.",
            "[returning, inbound]",
            dated=False,
        ),
    },
    bare="order",
)

EVERY = Field(
    Word({w: w for w in get_args(Every)}, "day, week, month or quarter"),
    "How often it is drawn: every `day`, `week` (from Monday on), `month` or `quarter`.",
    "week",
    dated=False,
)
NUMBER = ("sigma", "value", "low", "high")


def _random_effect(noun: str, kind: Kind, doc: str, example: str, every: str) -> NumberRecord:
    """A spread that all leads of a stage share, drawn anew for every period of a kind."""
    fields = {"sigma": Field(Num(kind), doc, example), "every": replace(EVERY, doc=f"{EVERY.doc} Default {every}.")}
    return NumberRecord(noun, fields, bare="sigma", scaled=NUMBER)


SHOCK = _random_effect("a shock", k.SIGMA, "Standard deviation of the shock to the log odds.", "10%", "quarter")
PACE = _random_effect("a pace", k.PACE, "Standard deviation of the logarithm of the speed.", "15%", "week")
OFFSET = Record(
    "an offset from a due date",
    {
        "mean": Field(ByClass(Num(k.OFFSET_DAYS)), "The mean of a normal distribution, with `sd`.", "1 day"),
        "sd": Field(ByClass(Num(k.SPAN)), "The standard deviation, with `mean`.", "5 days"),
        "table": Field(
            TableByClass(Table(k.OFFSET_DAYS, k.WEIGHT)),
            "Days with weights, or a list of days: an empirical distribution, from data.",
            "{-2 days: 10%, 0 days: 70%, 5 days: 20%}",
        ),
        "days": Field(ByClass(Num(k.OFFSET_DAYS)), "A fixed number of days.", "2 days"),
    },
    bare="days",
)
DUE = Record(
    "a due date",
    {
        **distribution_fields(k.DELAY, "after", True, " of the time from the beginning of the stage to the due date"),
        "moved": Field(
            Num(k.OFFSET_DAYS),
            "Days by which all due dates move, those of open deals and those of new leads.",
            "30 days",
            dated=False,
        ),
    },
    bare="after",
    scaled=SCALED_BY_RELATIVE,
)
OUTCOME = Record(
    "an outcome",
    {
        "share": Field(
            ByClass(RestOr(Num(k.SHARE))),
            "Share of the leads beginning the stage that take this outcome, or `rest`.",
            "20% to 26%",
        ),
        **distribution_fields(k.DELAY, "after", True, " of the time that it takes"),
        "time": Field(
            ByClass(PosteriorTime()),
            "`posterior`: the time as it is in the posterior. In a what-if, `x0.8` changes the whole time, whatever "
            "its distribution, and keeps the share.",
            "posterior",
        ),
        "by": Field(
            Word({"due": True}, "`due`"),
            "`due`: it runs by the due date, and ends on it or as stated in `offset`. Leads without a date of their "
            "own get one by the `due` of the stage, or if it states none, take the time of the outcome.",
            "due",
            dated=False,
        ),
        "offset": Field(
            OFFSET,
            "Days from the due date to this outcome, negative for days before it. Default: on the due date.",
            "{mean: 1 day, sd: 5 days}",
        ),
        "least": Field(Num(k.LEAST_DAYS), "Minimum number of days. Default 1; 0 if no time is stated.", "0 days"),
        "clock": Field(
            Ref("clock"),
            "Clock on which the time runs: `calendar` (default), `work`, or one of `calendar.clocks`.",
            "work",
            dated=False,
        ),
        "pace": Field(
            PACE,
            "As on a stage, for this outcome alone and in place of the stage's. With `every: day` and a large sigma, "
            "many leads leave on the same day.",
            "{sigma: 150%, every: day}",
        ),
        "beyond": Field(
            ByClass(Num(k.DAILY_SHARE)),
            "Chance per day of this outcome for leads that are older than the times of all outcomes allow. If one "
            "outcome states it, the others have none unless they do, too. Default: as fast as the last leads left.",
            "0.5% per day",
        ),
        "advances": Field(
            YES_NO,
            "Whether effects on conversion favor this outcome. By default, the kinds of the stages decide.",
            "yes",
            dated=False,
        ),
        "returning": Field(YES_NO, "Whether the move increases the lead's return count.", "yes", dated=False),
    },
)
STAGE = Record(
    "a stage",
    {
        "label": Field(FREE, "Display name.", "Qualified", dated=False),
        "kind": Field(
            Word(
                {
                    w: w
                    for w in (
                        "anonymous",
                        "lead",
                        "mql",
                        "sal",
                        "sql",
                        "opportunity",
                        "won",
                        "lost",
                        "nurture",
                        "customer",
                        "other",
                    )
                },
                "a kind of stage",
            ),
            "What the stage is in the revenue cycle; metrics use this. Default: its name if that is a kind, otherwise "
            "other.",
            "opportunity",
            dated=False,
        ),
        "worked_by": Field(
            ByClass(Ref("role", ("nobody",))),
            "Role that works its leads; they wait in a queue for it. `nobody` for classes that are not worked.",
            "{smb: ae, enterprise: ae_enterprise}",
            dated=False,
        ),
        "work": Field(
            ByClass(Num(k.HOURS_EACH)), "Hours of work per lead, for a role whose `handles` is in hours.", "2 hours"
        ),
        "response": Field(
            RESPONSE,
            "How fast staff respond, and the effect of waiting.",
            "{time: 2 hours, odds: x0.8 per day waited, sla: 24 hours}",
        ),
        "queue": Field(QUEUE, "Order in which waiting leads are taken up.", "first in"),
        "load": Field(
            Record(
                "an effect of load",
                {
                    "odds": Field(
                        Num(k.PER_ITEM),
                        "Factor on the odds of advancing for each open item per head above the limit.",
                        "x0.98 per open item each",
                    ),
                    "above": Field(
                        Num(k.ITEMS), "Open items per head up to which there is no effect. Default 0.", "40"
                    ),
                },
            ),
            "How load lowers conversion.",
            "{odds: x0.98 per open item each, above: 40}",
        ),
        "gives_up": Field(
            Record(
                "giving up",
                {
                    "share": Field(
                        Num(k.DAILY_SHARE), "Share of the waiting leads that give up each day.", "2% per day"
                    ),
                    "to": Field(Ref("stage"), "Stage they move to.", "lost", dated=False),
                },
            ),
            "Waiting leads that give up.",
            "{share: 2% per day, to: lost}",
        ),
        "timeout": Field(
            Record(
                "a timeout",
                {
                    "after": Field(Num(k.SPAN), "Days since the lead began the stage.", "120 days"),
                    "to": Field(Ref("stage"), "Stage that leads still in the stage move to.", "lost", dated=False),
                },
            ),
            "Moves leads that have been in the stage too long.",
            "{after: 120 days, to: lost}",
        ),
        "due": Field(
            DUE,
            "Due date of new leads, for outcomes that run `by: due`: the time from the beginning of the stage to it.",
            "{median: 30 days, p90: 60 days}",
        ),
        "stays": Field(
            Record(
                "a share that stays",
                {
                    "share": Field(ByClass(RestOr(Num(k.SHARE))), "Share that never leaves, or `rest`.", "10%"),
                },
                bare="share",
            ),
            "Leads that never leave the stage.",
            "{share: 10%}",
        ),
        "odds": Field(Effects(), "Factors on the odds of advancing, by class.", "{returns: {1: x0.7, 2+: x0.5}}"),
        "stretch": Field(Effects(), "Factors on all times, by class.", "{band: {large: x1.3}}"),
        "shock": Field(
            SHOCK,
            "A shock to the log odds of advancing that all leads share which begin the stage in the same quarter (or "
            "week or month).",
            "10%",
        ),
        "pace": Field(
            PACE,
            "A random speed, with a mean of 1, at which the times of all leads in the stage run in the same week (or "
            "day, month or quarter).",
            "{sigma: 15%, every: week}",
        ),
        "amount": Field(
            Word({"here": True}, "`here`"),
            "`here`: leads get their size band when they enter this stage.",
            "here",
            dated=False,
        ),
        "to": Field(
            Named(OUTCOME, "outcomes by stage", most=50),
            "Outcomes: the stages that may follow.",
            "{won: {share: 25%, median: 50 days}, lost: {share: rest}}",
        ),
    },
)
