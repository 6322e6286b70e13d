"""The language as a table: every key, its type, what it means and an example.

Reading, merging, the JSON Schema and the reference all follow this one table.
"""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.special import (
    ANY_TEXT,
    FREE,
    MONTHS,
    WEEKDAYS,
    ByMonth,
    ChangeBlock,
    Decay,
    Effects,
    GradeMix,
    HolidayRegion,
    NotYet,
    Stretch,
    WorkDays,
)
from rpmsim.scenario.schema import (
    YES_NO,
    ByClass,
    Date,
    Dated,
    Either,
    Field,
    ListOf,
    Named,
    Num,
    PeriodLabel,
    Record,
    Ref,
    RestOr,
    Table,
    Type,
    Word,
    is_period_label,
)

SCALED_BY_RELATIVE = ("median", "p90", "mean", "sd", "scale", "after", "value", "table")
LAW_KEYS = ("median", "p90", "sigma", "mean", "sd", "shape", "scale", "law", "table", "after", "value")
GOES_WITH: dict[str, tuple[str, ...]] = {
    "median": ("p90", "sigma"), "p90": ("median",), "sigma": ("median",), "mean": ("sd", "shape"), "sd": ("mean",),
    "shape": ("mean", "scale"), "scale": ("shape",), "table": (), "after": (), "value": (),
}
"""Which keys of a law may stand together; stating one of them in a what-if takes the parent's others away."""


def _law(kind: k.Kind, fixed: str, by_class: bool, unit: str) -> dict[str, Field]:
    def num(inner: k.Kind) -> Type:
        return ByClass(Num(inner)) if by_class else Num(inner)

    fixed_doc = {"after": "A fixed time.", "value": "A fixed value."}[fixed]
    return {
        "median": Field(num(kind), f"The median{unit}: half of all cases lie below. Alone, it gives a lognormal law with sigma 0.8.", kind.examples[0]),
        "p90": Field(num(kind), f"The 90 % point{unit}: nine in ten cases lie below. With `median`.", kind.examples[-1]),
        "sigma": Field(num(k.SIGMA), "Standard deviation of the logarithm, with `median` (lognormal).", "0.6"),
        "mean": Field(num(kind), f"The mean{unit}; with `sd`, or for a gamma law with `sd` or `shape`.", kind.examples[0]),
        "sd": Field(num(kind), f"The standard deviation{unit}; with `mean`.", kind.examples[0]),
        "shape": Field(num(k.SHAPE), "Shape of a gamma law (with `mean`) or of a weibull law (with `scale`).", "2"),
        "scale": Field(num(kind), "Scale of a weibull law, with `shape`.", kind.examples[0]),
        "law": Field(Word({w: w for w in ("lognormal", "gamma", "weibull", "fixed")}, "a law"), "The law's family; lognormal where not stated.", "gamma"),
        "table": Field(Table(kind, k.WEIGHT), "Values and their weights, or a list of values: the law itself, from data.", f"{{{kind.examples[0]}: 20%, {kind.examples[-1]}: 80%}}"),
        fixed: Field(num(kind), fixed_doc, kind.examples[0]),
    }


TIME_LAW = Record("a time law", _law(k.DELAY, "after", False, " of this time"), bare="after", scaled=SCALED_BY_RELATIVE)
HOURS_LAW = Record("a law of hours", _law(k.HOURS, "after", True, " of this time"), bare="after", scaled=SCALED_BY_RELATIVE)
REVISION_LAW = Record("a law of the revision", _law(k.EFFECT, "value", False, " of this factor"), bare="value", scaled=SCALED_BY_RELATIVE)
AMOUNT = Record("an amount", {
    **_law(k.MONEY, "value", False, " of this amount"),
    "per": Field(Word({w: w for w in ("total", "year", "month")}, "total, year or month"),
                 "What the amount counts: the whole contract (default), a year of it, or a month.", "year", dated=False),
    "term": Field(Num(k.MONTHS), "Length of the contract; bookings of an amount per year or month are amount times term. Default 12 months.", "24 months"),
}, bare="value", scaled=SCALED_BY_RELATIVE)

_PATTERN_OF_WEEK = Either(
    scalar=Word({"work": "work"}, "`work`"),
    mapping=Named(Num(k.WEIGHT), "weights by weekday", re.compile("|".join(WEEKDAYS))))
_OPEN_CLOSED = Word({"open": False, "closed": True}, "open or closed")
_MONTH_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")

CLOCK = Record("a clock", {
    "weekdays": Field(_PATTERN_OF_WEEK, "Weight of each weekday (1 where not stated), or `work`: 1 on the calendar's work days, 0 on the others.",
                      "{sat: 0, sun: 0}"),
    "holidays": Field(_OPEN_CLOSED, "Whether the clock stands still on holidays. Default open.", "closed"),
    "month_end": Field(ListOf(Num(k.WEIGHT), most=28), "Factors on the last days of a month, the last day first: a rush.", "[3, 1.5]"),
    "quarter_end": Field(ListOf(Num(k.WEIGHT), most=28), "Factors on the last days of a quarter, the last day first, besides `month_end`.", "[2]"),
})
CALENDAR = Record("the calendar", {
    "work": Field(WorkDays(), "Days on which staff work. Default every day.", "Mon-Fri"),
    "holidays": Field(Either(HolidayRegion(), Named(FREE, "a map of dates", re.compile(r"\d{4}-\d\d-\d\d"), most=3000), ListOf(Date())),
                      "Days on which nobody works: a region's public holidays, a list of dates, or dates with their names.", "DE-BY"),
    "fiscal_year_starts": Field(Word({w: i for i, name in enumerate(_MONTH_NAMES, 1) for w in dict.fromkeys((name, name[:3]))}, "a month"),
                                "Month in which the fiscal year begins. Default January.", "February"),
    "fiscal_year_named": Field(Word({"start": "start", "end": "end"}, "start or end"),
                               "Whether FY27 begins in 2027 (`start`, default) or ends in it (`end`).", "end"),
    "clocks": Field(Named(CLOCK, "clocks"), "Clocks on which a time may run, beside `calendar` (every day) and `work` (open days). "
                    "Weights are scaled to a mean of 1 over a year.", "{closing: {weekdays: work, month_end: [3, 1.5]}}"),
})

DRIFT = Record("a drift", {
    "sigma": Field(Num(k.SIGMA), "Weekly step of the log level: how much the level of demand wanders.", "4%"),
    "phi": Field(Num(k.PERSISTENCE), "How much of the level is kept from week to week; 1 (default) is a random walk.", "0.9"),
    "shared": Field(Num(k.SHARE), "Share of the step's variance that all channels have in common.", "50%"),
})
CHANNEL = Record("a channel", {
    "kind": Field(Word({w: w for w in ("marketing", "sales", "partner", "customer", "other")}, "a kind of channel"),
                  "Who is behind it; metrics of marketing look at this. Default marketing.", "partner", dated=False),
    "label": Field(FREE, "What people read.", "Paid search", dated=False),
    "into": Field(Ref("stage"), "Stage that its leads enter. May be left out only if exactly one stage has no way into it.", "mql", dated=False),
    "leads": Field(ByMonth(Num(k.LEADS), Num(k.LEADS_IN_MONTH)),
                   "Expected leads: so many in every day, week, month, quarter or year, before trend, pattern and changes; or a map by month. "
                   "With `made_by`, per head: `20 per month each`.", "40 per week"),
    "change": Field(Num(k.CHANGE), "Factor on the leads; a what-if's change multiplies the parent's. Default x1.", "+8%"),
    "growth": Field(Num(k.GROWTH), "Growth in the first month; each further month's growth is `damping` times the one before.", "2% per month"),
    "damping": Field(Num(k.DAMPING), "1 is growth that never tires. Default 0.9.", "0.9"),
    "months": Field(Either(mapping=Named(Num(k.WEIGHT), "factors by month", re.compile("|".join(MONTHS))), listing=ListOf(Num(k.WEIGHT))),
                    "Season: a factor for each month (1 where not stated), or twelve of them; scaled to a mean of 1.", "{jul: 0.8, aug: 0.6}"),
    "weekdays": Field(_PATTERN_OF_WEEK, "Weight of each weekday, or `work`: on open days only.", "work"),
    "holidays": Field(_OPEN_CLOSED, "Whether no leads come on holidays. Default open.", "closed"),
    "dispersion": Field(Num(k.DISPERSION), "Alpha of the negative binomial: the variance of a day's leads is mean + alpha x mean squared. Default 0 (Poisson).", "0.04"),
    "drift": Field(DRIFT, "How the level of demand wanders from week to week.", "{sigma: 4%, phi: 0.9, shared: 50%}"),
    "mix": Field(Named(RestOr(Num(k.SHARE)), "shares by segment"), "Share of the leads by segment. May be left out if there is one segment.",
                 "{smb: 90%, enterprise: rest}"),
    "grades": Field(GradeMix(), "Share of the leads by quality grade, alike or by segment.", "{hot: 20%, cold: rest}"),
    "spend": Field(ByMonth(Num(k.MONEY_PER_MONTH), Num(k.MONEY_IN_MONTH)),
                   "Money spent on the channel. With `current` it drives the leads, else it is only a cost.", "60k per month"),
    "current": Field(Record("the current state", {
        "spend": Field(Num(k.MONEY_PER_MONTH), "What is spent today.", "60k per month"),
        "leads": Field(Num(k.LEADS_PER_MONTH), "The leads that it brings today.", "150 per month"),
    }), "Spend and leads of today: the point from which spend drives leads.", "{spend: 60k per month, leads: 150 per month}"),
    "elasticity": Field(Num(k.ELASTICITY), "Per cent more leads for one per cent more spend, at the current spend.", "0.4 to 0.6"),
    "carry_over": Field(Num(k.WEEKLY_SHARE), "Share of the effect of spend that carries over to the next week. Default 20%.", "20% per week"),
    "made_by": Field(Ref("role"), "Role that makes these leads in the time that its queues leave free.", "sdr", dated=False),
})

_RESPONSE_LOAD = Record("an effect of load on the response", {
    "time": Field(Num(k.PER_ITEM), "Factor on the response time for each open item per head above the limit.", "x1.02 per open item each"),
    "above": Field(Num(k.ITEMS), "Open items per head up to which there is no effect. Default 0.", "30"),
})
RESPONSE = Record("a response", {
    "time": Field(HOURS_LAW, "Hours until a lead that is taken up on the day it came is answered; each further day adds 24.", "{median: 2 hours, p90: 9 hours}"),
    "odds": Field(Decay(Num(k.PER_DAY_WAITED)), "How the odds of advancing fall with the wait: a factor for every 24 hours, or "
                  "`{power: 0.25}`: (hours / 5 minutes) to the power -0.25, flat below 5 minutes and above 48 hours.", "x0.8 per day waited"),
    "probability": Field(Decay(Num(k.PER_DAY_WAITED)), "As `odds`, but on the probability of advancing.", "x0.95 per day waited"),
    "sla": Field(ByClass(Num(k.HOURS)), "Limit that is counted as answered in time.", "24 hours"),
    "load": Field(_RESPONSE_LOAD, "How the desk's load lengthens the response.", "{time: x1.02 per open item each, above: 30}"),
})
QUEUE = Record("a queue", {
    "order": Field(Word({"first in": "first_in", "last in": "last_in", "deadline": "deadline"}, "an order"),
                   "Who is taken up first: `first in` (default), `last in`, or `deadline` (day of arrival plus `response.sla`).", "last in", dated=False),
    "priority": Field(ListOf(Ref("class"), most=100), "Class names (channels, segments, grades, bands, `returning`) in the order in which they are served; the others come last.",
                      "[hot, returning]", dated=False),
    "ties": Field(ListOf(Ref("class"), most=100), "As `priority`, among leads of one rank and day. Left out: at random.", "[returning, inbound]", dated=False),
}, bare="order")

OUTCOME = Record("an outcome", {
    "share": Field(ByClass(RestOr(Num(k.SHARE))), "Share of the leads that begin the stage and leave it this way, or `rest`.", "20% to 26%"),
    **_law(k.DELAY, "after", True, " of the time that it takes"),
    "time": Field(Stretch(), "In a what-if: changes the whole time, whatever its law, and keeps the share.", "x0.8"),
    "least": Field(Num(k.LEAST_DAYS), "Fewest days that it takes. Default 1; 0 where no time is stated.", "0 days"),
    "clock": Field(Ref("clock"), "Clock on which the time runs: `calendar` (default), `work`, or one of `calendar.clocks`.", "work", dated=False),
    "advances": Field(YES_NO, "Whether effects on conversion favour this outcome. Where not stated, the kinds of the stages decide.", "yes", dated=False),
    "returning": Field(YES_NO, "Whether the move raises the lead's return count.", "yes", dated=False),
})
STAGE = Record("a stage", {
    "label": Field(FREE, "What people read.", "Qualified", dated=False),
    "kind": Field(Word({w: w for w in ("anonymous", "lead", "mql", "sal", "sql", "opportunity", "won", "lost", "nurture", "customer", "other")}, "a kind of stage"),
                  "What it is in the revenue cycle, so that metrics find it. Default: its name if that is a kind, else other.", "opportunity", dated=False),
    "worked_by": Field(ByClass(Ref("role", ("nobody",))), "Role that takes its leads up; they wait in a queue for it. May differ by class; `nobody` where nobody does.",
                       "{smb: ae, enterprise: ae_enterprise}", dated=False),
    "work": Field(ByClass(Num(k.HOURS_EACH)), "Hours of work per lead, for a role whose day is counted in hours.", "2 hours"),
    "response": Field(RESPONSE, "How fast staff answer, and what waiting does.", "{time: 2 hours, odds: x0.8 per day waited, sla: 24 hours}"),
    "queue": Field(QUEUE, "Order in which waiting leads are taken up.", "first in"),
    "load": Field(Record("an effect of load", {
        "odds": Field(Num(k.PER_ITEM), "Factor on the odds of advancing for each open item per head above the limit.", "x0.98 per open item each"),
        "above": Field(Num(k.ITEMS), "Open items per head up to which there is no effect. Default 0.", "40"),
    }), "How load lowers quality.", "{odds: x0.98 per open item each, above: 40}"),
    "gives_up": Field(Record("giving up", {
        "share": Field(Num(k.DAILY_SHARE), "Share of the waiting leads that give up on each day.", "2% per day"),
        "to": Field(Ref("stage"), "Where they go.", "lost", dated=False),
    }), "Leads that tire of waiting.", "{share: 2% per day, to: lost}"),
    "timeout": Field(Record("a time-out", {
        "after": Field(Num(k.SPAN), "Days since the lead began the stage.", "120 days"),
        "to": Field(Ref("stage"), "Where those go that have not left.", "lost", dated=False),
    }), "The end of patience with leads that do not move.", "{after: 120 days, to: lost}"),
    "stays": Field(Record("a share that stays", {
        "share": Field(ByClass(RestOr(Num(k.SHARE))), "Share that never leaves, or `rest`.", "10%"),
    }, bare="share"), "Leads that never leave the stage.", "{share: 10%}"),
    "odds": Field(Effects(), "Factors on the odds of advancing, by class.", "{returns: {1: x0.7, 2+: x0.5}}"),
    "stretch": Field(Effects(), "Factors on all times, by class.", "{band: {large: x1.3}}"),
    "shock": Field(Num(k.SIGMA), "Sigma of a shock to the log odds of advancing that all leads of a quarter share.", "10%"),
    "amount": Field(Word({"here": True}, "`here`"), "`here`: leads that enter get their size band here.", "here", dated=False),
    "to": Field(Named(OUTCOME, "outcomes by stage", most=50), "The ways out.", "{won: {share: 25%, median: 50 days}, lost: {share: rest}}"),
})

PERSON = Record("a person", {
    "label": Field(FREE, "What people read.", "Ana", dated=False),
    "start": Field(Date(), "First day; left out: long ago.", "2026-03-01", dated=False),
    "end": Field(Date(), "Last day; left out: open.", "2027-09-30", dated=False),
    "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per month, in place of the role's.", "6k per month", dated=False),
})
ROLE = Record("a role", {
    "label": Field(FREE, "What people read.", "SDRs", dated=False),
    "heads": Field(Num(k.HEADS), "People at the start, beside those of `team`; a fraction works part time.", "6", dated=False),
    "tenure": Field(Num(k.MONTHS), "How long each of these heads is already there. Left out: past the ramp.", "8 months", dated=False),
    "team": Field(Named(PERSON, "people by name", ANY_TEXT, most=5000), "People by name.", "{ana: {start: 2026-03-01}}", dated=False),
    "hires": Field(Dated(Num(k.HEADS)), "Seats that are opened, by month or day. A what-if's `+2` adds to the parent's.", "{2027-03: 2}", dated=False),
    "time_to_fill": Field(TIME_LAW, "Time from opening a seat to its first day. Left out: hires start on their date.", "{median: 45 days, p90: 80 days}"),
    "backfill": Field(TIME_LAW, "Time until a leaver's seat is filled again. Left out: never.", "{median: 64 days, p90: 90 days}"),
    "ramp": Field(Either(mapping=Named(Num(k.SHARE), "shares by month of tenure", re.compile(r"[1-9]\d?"), most=60), listing=ListOf(Num(k.SHARE), most=60)),
                  "Share of full capacity in the first, second ... month of tenure; full afterwards.", "[30%, 70%, 100%]"),
    "leaves": Field(Num(k.MONTHLY_SHARE), "Chance that a person leaves within a month.", "3% per month"),
    "handles": Field(Num(k.HANDLES), "Throughput per ramped head and open day, in leads or in hours (stages then say `work`).", "9 per day each"),
    "holds": Field(Num(k.HOLDS), "Most open items per ramped head: a lead holds its slot until it leaves the stage.", "25 each"),
    "leavers_items": Field(Ref("stage", ("colleagues", "queue")), "Where a leaver's open items go: `colleagues` (default), back to the `queue`, or a stage.", "queue", dated=False),
    "serves": Field(ListOf(Ref("stage"), most=200), "Its stages in the order in which they are served. Left out: most downstream first.", "[opportunity, mql]", dated=False),
    "pay": Field(Num(k.MONEY_PER_MONTH), "Cost per head.", "5.5k per month"),
    "works": Field(Word({"calendar": False, "every day": True}, "`calendar` or `every day`"), "Whether the role keeps to the calendar's work days (default) or works every day.",
                   "every day", dated=False),
})
SEGMENT = Record("a segment", {
    "label": Field(FREE, "What people read.", "Mid-market", dated=False),
    "group": Field(FREE, "Gathers segments for reporting.", "europe", dated=False),
    "amount": Field(AMOUNT, "Size of a deal. A bare number is fixed.", "{median: 18k, p90: 45k}"),
})
COST = Record("a cost", {
    "kind": Field(Word({w: w for w in ("tools", "services", "overhead", "other")}, "a kind of cost"), "What it is for. Default other.", "tools", dated=False),
    "per_month": Field(Num(k.MONEY_PER_MONTH), "The same in every month.", "4k per month"),
    "months": Field(Dated(Num(k.MONEY_IN_MONTH)), "In single months or on single days, besides `per_month`.", "{2027-03: 20k}"),
}, bare="per_month")

CONTENT: dict[str, Field] = {
    "segments": Field(Named(SEGMENT, "segments"), "Kinds of buyers: by size, region, product.", "{smb: {amount: {median: 8k, p90: 19k}}}"),
    "channels": Field(Named(CHANNEL, "channels"), "Where leads come from.", "{inbound: {leads: 40 per week}}"),
    "stages": Field(Named(STAGE, "stages"), "The stages of the revenue cycle and the ways out of each. `won` and `lost` need not be declared.",
                    "{mql: {to: {opportunity: {share: 20%, median: 12 days}, lost: {share: rest}}}}"),
    "roles": Field(Named(ROLE, "roles"), "Who works, how much one person can do, and how people come and go.", "{sdr: {heads: 6, handles: 9 per day each}}"),
    "costs": Field(Named(COST, "costs"), "Costs beside spend and pay.", "{crm: {kind: tools, per_month: 4k}}"),
}
OPEN_DEAL = Record("an open deal", {
    "id": Field(FREE, "Its number in the CRM; in a map, the key.", "006A1"),
    "stage": Field(Ref("stage"), "Stage in which it is.", "opportunity"),
    "entered": Field(Date(), "Day on which it began the stage (or, waiting, its queue).", "2026-12-10"),
    "channel": Field(Ref("channel"), "Where it came from.", "inbound"),
    "segment": Field(Ref("segment"), "What kind of buyer.", "smb"),
    "amount": Field(Num(k.MONEY), "Its amount; left out: drawn as for any other.", "340k"),
    "odds": Field(Num(k.EFFECT), "Factor on its odds of advancing.", "x1.2"),
    "waiting": Field(YES_NO, "Whether it still waits to be taken up.", "no"),
    "grade": Field(Ref("grade"), "Its quality grade.", "hot"),
    "returns": Field(Num(k.RETURNS), "How often it has returned.", "0"),
    "label": Field(FREE, "What people read.", "Borg AG"),
})
OPENING = Record("opening stock", {
    "channel": Field(Ref("channel"), "Where they came from.", "inbound"),
    "segment": Field(Ref("segment"), "What kind of buyer.", "smb"),
    "grade": Field(Ref("grade"), "Their quality grade.", "hot"),
    "returns": Field(Num(k.RETURNS), "How often they have returned.", "1"),
    "band": Field(Ref("band"), "Their size band, from the stage with `amount: here` on.", "large"),
    "age": Field(Num(k.WHOLE_DAYS), "Days since they began the stage.", "12 days"),
    "wait": Field(Num(k.WHOLE_DAYS), "Days for which they have waited to be taken up, in place of `age`.", "3 days"),
    "count": Field(Num(k.COUNT), "How many.", "30"),
})
CHANGE = ChangeBlock(Record("a dated change", {
    "from": Field(PeriodLabel(), "First day of the change: a date, or the first day of a period.", "2027-07"),
    "phase": Field(Num(k.WHOLE_DAYS), "Days over which it is phased in. Default 0.", "60 days"),
    "affects": Field(Word({"new": False, "open": True}, "new or open"),
                     "`new` (default): leads that begin a stage from then on. `open`: also leads whose end would fall after it.", "open"),
}), CONTENT)

SCENARIO = Record("a scenario", {
    "extends": Field(FREE, "The scenario on which this one builds: a path relative to this file, inside the folder of the file that is run.", "base.yaml"),
    "name": Field(FREE, "Name of the scenario. Default: the file's name.", "FY27 plan"),
    "label": Field(FREE, "What people read, in any script.", "Plan FY27"),
    "description": Field(FREE, "What it is about.", "Two more SDRs in March"),
    "status": Field(FREE, "Where it stands: draft, proposed, approved.", "draft"),
    "approved_by": Field(FREE, "Who approved it. Not inherited.", "Ana"),
    "currency": Field(FREE, "Three letters. Default EUR.", "EUR"),
    "as_of": Field(Date(), "Last day of the data: the simulation begins on the next one.", "2026-12-31"),
    "until": Field(PeriodLabel(), "Last simulated day: a date, or the last day of a period.", "FY27"),
    "calendar": Field(CALENDAR, "Work days, holidays, fiscal year, clocks.", "{work: Mon-Fri, holidays: DE-BY}"),
    "report": Field(Record("the report", {
        "period": Field(Word({w: w for w in ("month", "week", "quarter", "year", "fiscal_quarter", "fiscal_year")}, "a kind of period"),
                        "Length of a reporting period. Default month.", "fiscal_quarter"),
    }), "How results are told.", "{period: week}"),
    "targets": Field(Record("targets", {
        metric: Field(Named(Num(k.TARGET), "values by period", re.compile(r"[\dFYQW-]+")), f"{doc} to reach, by period.", "{2027-Q1: 100, FY27: 500}")
        for metric, doc in {"leads": "Leads", "wins": "Wins", "bookings": "Bookings"}.items()
    }), "What is to be reached; the forecast states the probability of each.", "{bookings: {FY27: 11.5M}}"),
    "grades": Field(Named(Record("a grade", {"label": Field(FREE, "What people read.")}), "grades", most=20),
                    "Quality grades of leads (intent, score bands), best first.", "{hot: {}, cold: {}}"),
    "bands": Field(Named(Record("a band", {
        "label": Field(FREE, "What people read.", "Above 100k"),
        "below": Field(Num(k.MONEY), "Amounts in the band lie below this; the last band has no limit.", "10k"),
    }), "size bands", most=20), "Size bands of deals, small to large.", "{small: {below: 10k}, large: {}}"),
    "returns": Field(Num(k.RETURNS), "Returns that are counted: with 2, a lead has returned 0, 1, or 2+ times. Default 0: not counted.", "2"),
    **CONTENT,
    "changes": Field(Named(CHANGE, "dated changes", most=100), "What changes on a day: values by path, as in a what-if.",
                     "{price: {from: 2027-07, segments.*.amount: +5%}}"),
    "open": Field(Either(None, Named(OPEN_DEAL, "open deals", ANY_TEXT, most=20_000), ListOf(OPEN_DEAL, most=20_000)),
                  "Open records, simulated one by one: a CSV file (id, stage, entered, channel, segment, amount ...), its text, or a map by id.",
                  "{acme: {stage: opportunity, entered: 2026-12-10, channel: inbound, segment: smb, amount: 40k}}"),
    "revision": Field(REVISION_LAW, "Law of the factor between an open deal's amount and its amount when won.", "{median: 0.95, p90: 1.25}"),
    "opening": Field(Named(ListOf(OPENING, most=20_000), "opening stock by stage"), "Leads that are in a stage at the start, by class and age.",
                     "{nurture: [{channel: inbound, segment: smb, age: 30 days, count: 120}]}"),
    "actuals": Field(NotYet("actuals", "take the line away; what happened before `as_of` is not needed for the forecast"),
                     "What has happened so far. Not read yet.", "actuals.csv"),
})
NOT_INHERITED = ("extends", "name", "label", "description", "status", "approved_by", "owner", "source", "date", "note")
"""Keys of the top that speak about one file; a scenario that extends it does not take them over."""

assert is_period_label("FY27-Q1")
