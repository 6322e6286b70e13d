"""The whole scenario: its top level, dated changes, and what is there at the start."""

from __future__ import annotations

import re

from rpmsim.scenario import kinds as k
from rpmsim.scenario.kind import Kind
from rpmsim.scenario.language.calendar import CALENDAR
from rpmsim.scenario.language.channels import CHANNEL
from rpmsim.scenario.language.distributions import REVISION_DISTRIBUTION
from rpmsim.scenario.language.money import COST, SEGMENT
from rpmsim.scenario.language.people import ROLE
from rpmsim.scenario.language.stages import STAGE
from rpmsim.scenario.schema.periods import PeriodLabel
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import ANY_TEXT, FREE, ChangeBlock
from rpmsim.text.schema.base import NAME
from rpmsim.text.schema.maps import Either, Field, ListOf, Named, Record
from rpmsim.text.schema.scalars import YES_NO, Date, Ref, Word

CONTENT: dict[str, Field] = {
    "segments": Field(
        Named(SEGMENT, "segments"),
        "Kinds of buyers, by size, region or product.",
        "{smb: {amount: {median: 8k, p90: 19k}}}",
    ),
    "channels": Field(Named(CHANNEL, "channels"), "Where leads come from.", "{inbound: {leads: 40 per week}}"),
    "stages": Field(
        Named(STAGE, "stages"),
        "The stages of the revenue cycle and their outcomes. `won` and `lost` need not be declared.",
        "{mql: {to: {opportunity: {share: 20%, median: 12 days}, lost: {share: rest}}}}",
    ),
    "roles": Field(
        Named(ROLE, "roles"),
        "Teams: how many people, how much one person can do, hiring and attrition.",
        "{sdr: {heads: 6, handles: 9 per day each}}",
    ),
    "costs": Field(Named(COST, "costs"), "Costs other than spend and pay.", "{crm: {kind: tools, per_month: 4k}}"),
}
OPEN_DEAL = Record(
    "an open deal",
    {
        "id": Field(FREE, "Its ID in the CRM; in a map, the key.", "006A1"),
        "stage": Field(Ref("stage"), "Current stage.", "opportunity"),
        "entered": Field(Date(), "Day on which it began the stage (if waiting: entered the queue).", "2026-12-10"),
        "channel": Field(Ref("channel"), "Channel it came from.", "inbound"),
        "segment": Field(Ref("segment"), "Segment of the buyer.", "smb"),
        "amount": Field(
            Num(k.DEAL_MONEY),
            "Its amount, below 0 for a credit note or a reduction. Default: drawn like any other amount.",
            "340k",
        ),
        "odds": Field(Num(k.EFFECT), "Factor on its odds of advancing.", "x1.2"),
        "waiting": Field(YES_NO, "Whether it is still waiting to be taken up.", "no"),
        "grade": Field(Ref("grade"), "Its quality grade.", "hot"),
        "returns": Field(Num(k.RETURNS), "How often it has returned.", "0"),
        "label": Field(FREE, "Display name.", "Borg AG"),
        "due": Field(
            Date(),
            "A date that is known in advance (arrival, start of the contract), for outcomes that run `by: due`.",
            "2027-02-15",
        ),
        "expected_close": Field(
            Date(),
            "Expected close date in the CRM. It is stored and shown with the forecast, so that it can be scored later; "
            "nothing in the simulation depends on it.",
            "2027-03-31",
        ),
    },
)
OPENING = Record(
    "opening stock",
    {
        "channel": Field(Ref("channel"), "Channel they came from.", "inbound"),
        "segment": Field(Ref("segment"), "Segment of the buyer.", "smb"),
        "grade": Field(Ref("grade"), "Their quality grade.", "hot"),
        "returns": Field(Num(k.RETURNS), "How often they have returned.", "1"),
        "band": Field(Ref("band"), "Their size band, from the stage with `amount: here` on.", "large"),
        "age": Field(Num(k.WHOLE_DAYS), "Days since they began the stage.", "12 days"),
        "wait": Field(Num(k.WHOLE_DAYS), "Days they have been waiting to be taken up, instead of `age`.", "3 days"),
        "count": Field(Num(k.COUNT), "How many.", "30"),
    },
)
CHANGE = ChangeBlock(
    Record(
        "a dated change",
        {
            "from": Field(PeriodLabel(), "First day of the change: a date, or the first day of a period.", "2027-07"),
            "phase": Field(Num(k.WHOLE_DAYS), "Days over which it is phased in. Default 0.", "60 days"),
            "affects": Field(
                Word({"new": False, "open": True}, "new or open"),
                "`new` (default): leads that begin the stage after the change. `open`: also leads in the stage.",
                "open",
            ),
        },
    ),
    CONTENT,
)


_GROUP = re.compile(r"[^.]+")
"""A group has no section of its own: its name is any text."""
_TARGETS = {"money": k.TARGET_MONEY, "count": k.TARGET}


def _of_classes(section: str, names: str) -> Field:
    """Targets of each channel, segment or group."""
    of = _by_period("to reach, by period.", "{2027-Q1: 100, FY27: 500}", **_TARGETS)
    return Field(
        Named(Record(f"targets of a {section}", of), f"targets by {section}", _GROUP if section == "group" else NAME),
        f"Targets of each {section}: the name of the {section}, then as for the whole company.",
        f"{{{names}: {{bookings: {{FY27: 2M}}}}}}",
    )


_PERIODS = ("month", "week", "quarter", "year", "fiscal_month", "fiscal_quarter", "fiscal_year")


def _by_period(what: str, example: str, money: Kind, count: Kind) -> dict[str, Field]:
    """Fields of the metrics that are stated by period."""
    return {
        metric: Field(
            Named(
                Num(money if metric == "bookings" else count),
                "values by period",
                re.compile(r"[\dFYQWP-]+"),
                table="periods",
            ),
            f"{metric.capitalize()} {what}",
            example,
        )
        for metric in ("leads", "wins", "bookings")
    }


TRACK_RECORD = Record(
    "the track record of a metric",
    {
        "days": Field(Num(k.DAYS_AHEAD), "Days ahead: each forecast is of the total over so many days.", "28"),
        "forecasts": Field(Num(k.FORECASTS), "Number of forecasts.", "24"),
        "inside": Field(Num(k.INSIDE), "How many results fell inside the 8-in-10 band, p10 to p90.", "19"),
        "separate": Field(
            Num(k.FORECASTS), "How many of the forecasts are for days that do not overlap, at most.", "6"
        ),
        "from": Field(Date(), "Day on which the first forecast was made.", "2026-06-02"),
        "to": Field(Date(), "Day on which the last one was made.", "2026-11-10"),
        "inherited": Field(
            YES_NO,
            "Whether the forecasts are of a scenario that this one extends. Stated by `rpmsim` itself, never by hand.",
            "yes",
        ),
    },
)


SCENARIO = Record(
    "a scenario",
    {
        "extends": Field(
            FREE,
            "The scenario that this one extends: a path relative to this file, in the folder of the file that is run, "
            "or below it.",
            "base.yaml",
        ),
        "name": Field(FREE, "Name of the scenario. Default: the file's name.", "FY27 plan"),
        "label": Field(FREE, "Display name, in any script.", "Plan FY27"),
        "description": Field(FREE, "What the scenario is about.", "Two more SDRs in March"),
        "frozen": Field(
            Record(
                "the seal of a frozen scenario",
                {
                    "sha256": Field(FREE, "Hash of the rest of the file.", ""),
                    "version": Field(FREE, "Version of rpmsim that froze it.", "0.1.0"),
                    "at": Field(FREE, "When.", ""),
                    "replications": Field(Num(k.COUNT), "Replications of the run.", "2000"),
                    "seed": Field(Num(k.SEED), "Random seed of the run.", "20270101"),
                    "draws": Field(Num(k.COUNT), "Parameter draws of the run.", "2000"),
                    "keep": Field(
                        Word({w: w for w in ("summary", "classes", "full")}, "a detail"), "What is stored.", "classes"
                    ),
                    "files": Field(
                        ListOf(
                            Record(
                                "a file that was read",
                                {
                                    "file": Field(FREE, "Path relative to the scenario's folder.", "leads.csv"),
                                    "sha256": Field(FREE, "Hash of the file."),
                                },
                            )
                        ),
                        "Files that were read.",
                    ),
                    "set": Field(
                        ListOf(
                            Record(
                                "a value that was set",
                                {
                                    "path": Field(FREE, "Where.", "roles.sdr.heads"),
                                    "value": Field(FREE, "What.", "+2"),
                                },
                            )
                        ),
                        "Values changed with `--set`.",
                    ),
                },
            ),
            "Written by `rpmsim freeze`, never by hand; not inherited.",
            "{sha256: 0f3a..., seed: 20270101}",
        ),
        "status": Field(FREE, "Status of the scenario: draft, proposed, approved.", "draft"),
        "approved_by": Field(FREE, "Who approved it. Not inherited.", "Ana"),
        "currency": Field(FREE, "Currency of amounts without a currency, three letters. Default EUR.", "EUR"),
        "rates": Field(
            Named(Num(k.RATE), "rates by currency", re.compile(r"[A-Z]{3}"), table="rates"),
            "Value of one unit of each other currency in `currency`, for the whole plan; amounts can then be written "
            "as `20k USD`. A table has the columns currency, rate.",
            "{USD: 0.92, GBP: 1.17}",
        ),
        "posterior": Field(
            Record(
                "a posterior",
                {
                    "file": Field(FREE, "The file, in the folder of the scenario or below.", "posterior.nc"),
                    "sha256": Field(FREE, "Hash that the file must have. Written by `rpmsim freeze`."),
                },
                bare="file",
            ),
            "A file of joint parameter draws. A number given as `posterior` takes its values from it.",
            "posterior.nc",
        ),
        "as_of": Field(Date(), "Last day of the data. The simulation begins on the next day.", "2026-12-31"),
        "until": Field(PeriodLabel(), "Last simulated day: a date, or the last day of a period.", "FY27"),
        "calendar": Field(CALENDAR, "Workdays, holidays, fiscal year, clocks.", "{work: Mon-Fri, holidays: DE-BY}"),
        "report": Field(
            Record(
                "the report",
                {
                    "period": Field(
                        Word(
                            {w: w for w in _PERIODS},
                            "a kind of period",
                        ),
                        "Length of a reporting period. Default month.",
                        "fiscal_quarter",
                    ),
                    "currency": Field(
                        FREE, "Currency of all results, converted with `rates`. Default `currency`.", "USD"
                    ),
                },
            ),
            "How results are reported.",
            "{period: week}",
        ),
        "targets": Field(
            Record(
                "targets",
                _by_period("to reach, by period.", "{2027-Q1: 100, FY27: 500}", **_TARGETS)
                | {
                    "segments": _of_classes("segment", "smb"),
                    "groups": _of_classes("group", "europe"),
                    "channels": _of_classes("channel", "website"),
                },
            ),
            "Numbers to reach. The forecast reports the chance of reaching each one.",
            "{bookings: {FY27: 11.5M}}",
        ),
        "grades": Field(
            Named(Record("a grade", {"label": Field(FREE, "Display name.")}), "grades", most=20),
            "Quality grades of leads (intent, score bands), best first.",
            "{hot: {}, cold: {}}",
        ),
        "bands": Field(
            Named(
                Record(
                    "a band",
                    {
                        "label": Field(FREE, "Display name.", "Above 100k"),
                        "below": Field(
                            Num(k.MONEY), "Upper limit of the amounts in the band; the last band has none.", "10k"
                        ),
                    },
                ),
                "size bands",
                most=20,
            ),
            "Size bands of deals, small to large.",
            "{small: {below: 10k}, large: {}}",
        ),
        "returns": Field(
            Num(k.RETURNS),
            "Number of returns that are tracked: with 2, a lead has returned 0, 1, or 2+ times. Default 0: not "
            "tracked.",
            "2",
        ),
        **CONTENT,
        "changes": Field(
            Named(CHANGE, "dated changes", most=100),
            "Values that change on a date, by path, as in a what-if.",
            "{price: {from: 2027-07, segments.*.amount: +5%}}",
        ),
        "open": Field(
            Either(
                None, Named(OPEN_DEAL, "open deals", ANY_TEXT, most=20_000), ListOf(OPEN_DEAL, most=20_000), "deals"
            ),
            "Open deals, simulated one by one: a CSV or XLSX file (id, stage, entered, channel, segment, amount "
            "...), the text of a CSV, or a map by id.",
            "{acme: {stage: opportunity, entered: 2026-12-10, channel: inbound, segment: smb, amount: 40k}}",
        ),
        "revision": Field(
            REVISION_DISTRIBUTION,
            "Distribution of the factor between an open deal's amount and its amount when won.",
            "{median: 0.95, p90: 1.25}",
        ),
        "opening": Field(
            Named(ListOf(OPENING, most=20_000), "opening stock by stage", table="stock"),
            "Leads in each stage at the start, by class and age: by stage, or a CSV or XLSX file (stage, channel, "
            "segment, age, wait, count ...).",
            "{nurture: [{channel: inbound, segment: smb, age: 30 days, count: 120}]}",
        ),
        "actuals": Field(
            Record(
                "actuals to date",
                _by_period(
                    "by period, up to `as_of` at most; below 0 if credit notes or corrections exceed the rest.",
                    "{2026: 430, 2027-01: 41}",
                    k.ACTUAL_MONEY,
                    k.ACTUAL,
                ),
                table="actuals",
            ),
            "Actuals of last year and to date: a table (period, metric, value) or a map. A period that contains "
            "`as_of` counts up to `as_of`.",
            "actuals.csv",
        ),
        "track_record": Field(
            Named(TRACK_RECORD, "track records of leads, wins or bookings", re.compile("leads|wins|bookings")),
            "How past forecasts fared against what came. Written by `rpmsim calibrate` from a backtest; it is reported "
            "with the forecast, and nothing in the simulation depends on it.",
            "{wins: {days: 28, forecasts: 24, inside: 19, separate: 6, from: 2026-06-02, to: 2026-11-10}}",
        ),
    },
)
NOT_INHERITED = (
    "frozen",
    "extends",
    "name",
    "label",
    "description",
    "status",
    "approved_by",
    "owner",
    "source",
    "date",
    "note",
)
"""Keys of the top that speak about one file; a scenario that extends it does not take them over."""
