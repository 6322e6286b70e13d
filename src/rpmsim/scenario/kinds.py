"""The kinds of numbers that the language knows. Bounds are wide: they catch slips, not opinions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rpmsim.scenario.kind import LONGEST_DELAY_DAYS, Convert, Kind

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12


def _monthly(periods: float) -> Callable[[float], float]:
    """Chance per month of what has a chance per so many months."""
    return lambda p: 1.0 - (1.0 - p) ** (1.0 / periods)


_MONEY_UNITS: dict[str, Convert] = {
    "per month": 1.0,
    "per year": 1 / 12,
    "per quarter": 1 / 3,
    "per week": DAYS_PER_MONTH / 7,
    "per day": DAYS_PER_MONTH,
}
_DELAY_UNITS: dict[str, Convert] = {
    "day": 1.0,
    "workday": 1.0,
    "week": 7.0,
    "month": DAYS_PER_MONTH,
    "year": DAYS_PER_YEAR,
    "hour": 1 / 24,
}
_EACH: tuple[str, ...] = ("day", "week", "month", "quarter", "year")

SHARE = Kind("a share", "share", percent=True, needs_percent=True, most=1.0, examples=("20%", "20% to 26%"))
DELAY = Kind(
    "a time",
    "positive",
    _DELAY_UNITS,
    "day",
    most=LONGEST_DELAY_DAYS,
    keeps_unit=True,
    examples=("12 days", "5 workdays", "2 weeks"),
)
SPAN = Kind(
    "a number of days",
    "positive",
    {k: v for k, v in _DELAY_UNITS.items() if k not in ("workday", "hour")},
    "day",
    most=LONGEST_DELAY_DAYS,
    examples=("60 days", "3 months"),
)
LEAST_DAYS = Kind(
    "a number of days",
    "positive",
    {"day": 1.0},
    "day",
    most=365,
    whole=True,
    ranged=False,
    examples=("0 days", "1 day"),
)
WHOLE_DAYS = Kind(
    "a number of days",
    "positive",
    {k: v for k, v in _DELAY_UNITS.items() if k in ("day", "week")},
    "day",
    most=LONGEST_DELAY_DAYS,
    whole=True,
    ranged=False,
    examples=("12 days",),
)
HOURS = Kind(
    "a number of hours",
    "positive",
    {"hour": 1.0, "minute": 1 / 60, "day": 24.0, "week": 168.0},
    "hour",
    most=8766,
    examples=("2 hours", "30 minutes"),
)
MONTHS = Kind(
    "a number of months",
    "positive",
    {"month": 1.0, "year": 12.0, "quarter": 3.0, "week": 7 / DAYS_PER_MONTH, "day": 1 / DAYS_PER_MONTH},
    "month",
    most=600,
    examples=("8 months", "2 years"),
)
TERM = replace(MONTHS, asks=("months", "years"))
TENURE = replace(MONTHS, ranged=False)
MONEY = Kind("an amount of money", "positive", most=1e12, money=True, examples=("18k", "2.4M"))
MONEY_PER_MONTH = Kind(
    "money per month",
    "positive",
    _MONEY_UNITS,
    "per month",
    asks=("per month", "per year"),
    most=1e12,
    money=True,
    examples=("60k per month",),
)
COST_PER_MONTH = replace(MONEY_PER_MONTH, asks=())
"""Behind the key `per_month`, which states the unit."""
MONEY_IN_MONTH = Kind(
    "money in the month", "positive", {"per month": 1.0}, "per month", most=1e12, money=True, examples=("60k",)
)
LEADS = Kind(
    "a number of leads",
    "positive",
    {**{f"per {u}": 1.0 for u in _EACH}, **{f"per {u} each": 1.0 for u in _EACH}},
    "per month",
    asks=("per month", "per week"),
    most=1e12,
    counts=True,
    keeps_unit=True,
    examples=("40 per week", "20 per month each"),
)
LEADS_IN_MONTH = Kind(
    "a number of leads in the month",
    "positive",
    {"per month": 1.0},
    "per month",
    most=1e12,
    counts=True,
    examples=("410",),
)
LEADS_PER_MONTH = Kind(
    "a number of leads per month",
    "positive",
    {
        "per month": 1.0,
        "per year": 1 / 12,
        "per quarter": 1 / 3,
        "per week": DAYS_PER_MONTH / 7,
        "per day": DAYS_PER_MONTH,
    },
    "per month",
    asks=("per month", "per week"),
    most=1e12,
    counts=True,
    examples=("150 per month",),
)
HEADS = Kind(
    "a number of heads",
    "positive",
    {"head": 1.0, "people": 1.0},
    "",
    most=10_000,
    ranged=False,
    counts=True,
    examples=("6",),
)
PEOPLE = replace(HEADS, noun="a number of people", whole=True, examples=("2",))
HANDLES = Kind(
    "work per day",
    "positive",
    {"per day each": 1.0, "per day": 1.0, "hour per day each": 1.0, "hour per day": 1.0},
    "per day each",
    asks=("per day each", "hours per day each"),
    most=1e9,
    above_zero=True,
    counts=True,
    keeps_unit=True,
    examples=("9 per day each", "6 hours per day each"),
)
HOLDS = Kind(
    "a number of open items",
    "positive",
    {"each": 1.0},
    "each",
    most=1e9,
    above_zero=True,
    counts=True,
    examples=("25 each",),
)
MONTHLY_SHARE = Kind(
    "a share per month",
    "share",
    {"per month": 1.0, "per quarter": _monthly(3), "per year": _monthly(12)},
    "per month",
    asks=("per month", "per year"),
    percent=True,
    needs_percent=True,
    most=1.0,
    examples=("3% per month",),
)
DAILY_SHARE = Kind(
    "a share per day",
    "share",
    {"per day": 1.0, "per week": _monthly(7)},
    "per day",
    asks=("per day", "per week"),
    percent=True,
    needs_percent=True,
    most=1.0,
    examples=("2% per day",),
)
WEEKLY_SHARE = Kind(
    "a share kept per week",
    "share",
    {"per week": 1.0},
    "per week",
    percent=True,
    needs_percent=True,
    most=0.99,
    examples=("20% per week",),
)
GROWTH = Kind(
    "growth per month",
    "real",
    {"per month": 1.0},
    "per month",
    asks=("per month",),
    percent=True,
    least=-0.9,
    most=1.0,
    signed=True,
    examples=("2% per month", "-1% per month"),
)
SHIFT = Kind(
    "a number of months",
    "real",
    {"month": 1.0, "quarter": 3.0, "year": 12.0},
    "month",
    least=-1200,
    most=1200,
    whole=True,
    signed=True,
    ranged=False,
    examples=("1 year", "-3 months"),
)
SCALE = Kind("a factor", "positive", percent=True, most=1e9, above_zero=True, examples=("1000", "50%"))
CHANGE = Kind("a change of the rate", "positive", most=1e6, factor="composes", examples=("+8%", "-20%", "x1.1"))
OFFSET_DAYS = Kind(
    "a number of days from a date on",
    "real",
    {"day": 1.0, "week": 7.0},
    "day",
    least=-LONGEST_DELAY_DAYS,
    most=LONGEST_DELAY_DAYS,
    signed=True,
    examples=("3 days", "-2 days"),
)
POSTERIOR_TIME = Kind("a time from the posterior", "positive", examples=("posterior", "posterior x0.8"))
EFFECT = Kind("a factor", "positive", most=1e3, above_zero=True, factor="value", examples=("x0.8", "x0.7 to x0.9"))
PER_DAY_WAITED = Kind(
    "a factor per day waited",
    "positive",
    {"per day waited": 1.0},
    "per day waited",
    most=1.0,
    above_zero=True,
    factor="value",
    examples=("x0.8 per day waited",),
)
PER_ITEM = Kind(
    "a factor per open item",
    "positive",
    {"per open item each": 1.0},
    "per open item each",
    most=10.0,
    above_zero=True,
    factor="value",
    examples=("x0.98 per open item each",),
)
POWER = Kind("a power", "positive", most=5.0, examples=("0.25", "0.1 to 0.4"))
SIGMA = Kind("a spread on the log scale", "positive", percent=True, most=10.0, examples=("0.8", "4%"))
PACE = replace(SIGMA, noun="a spread of the speed on the log scale", most=2.0, examples=("15%", "10% to 20%"))
SHAPE = Kind("a shape", "positive", most=1e4, above_zero=True, examples=("2",))
BATCH_SIZE = Kind(
    "a number of leads in a batch", "positive", {"lead": 1.0}, "lead", most=1e4, above_zero=True, examples=("4", "15")
)
DISPERSION = Kind("a dispersion", "positive", most=100.0, examples=("0.04",))
PERSISTENCE = Kind("a persistence", "real", percent=True, most=1.0, examples=("0.9",))
DAMPING = Kind("a damping factor", "real", percent=True, most=1.0, examples=("0.9",))
ELASTICITY = Kind("an elasticity", "share", percent=True, most=1.0, above_zero=True, examples=("0.4 to 0.6",))
WEIGHT = Kind("a weight", "positive", percent=True, most=1e6, ranged=False, examples=("1", "0.5", "20%"))
HOURS_EACH = Kind(
    "hours of work",
    "positive",
    {"hour": 1.0, "minute": 1 / 60, "hour per lead": 1.0},
    "hour",
    most=1e4,
    above_zero=True,
    examples=("2 hours",),
)
ITEMS = Kind("a number of open items", "positive", {"each": 1.0}, "", most=1e6, examples=("40",))
COUNT = Kind("a count", "positive", most=1e9, whole=True, ranged=False, counts=True, examples=("30",))
DAYS_AHEAD = replace(WHOLE_DAYS, noun="a number of days ahead", least=1.0, examples=("28 days",))
INSIDE = Kind("a number of forecasts", "positive", most=1e6, whole=True, ranged=False, examples=("24",))
FORECASTS = replace(INSIDE, least=1.0)
SEED = Kind("a seed", "positive", most=2.0**63, whole=True, ranged=False, examples=("20270101",))
RETURNS = Kind("a number of returns", "positive", most=10, whole=True, ranged=False, examples=("2",))
RATE = Kind("a rate", "positive", most=1e9, above_zero=True, ranged=False, examples=("0.92",))
TARGET_MONEY = Kind("an amount to reach", "positive", most=1e15, ranged=False, money=True, examples=("2.2M",))
TARGET = Kind("a number to reach", "positive", most=1e15, ranged=False, examples=("2.2M", "290"))
ACTUAL_MONEY = Kind(
    "an amount that was booked", "real", least=-1e15, most=1e15, signed=True, ranged=False, money=True,
    examples=("2.2M", "-20k"),
)  # fmt: skip
ACTUAL = Kind(
    "a number that was counted", "real", least=-1e15, most=1e15, signed=True, ranged=False, examples=("290", "-3")
)
DEAL_MONEY = Kind(
    "an amount of money", "real", least=-1e12, most=1e12, signed=True, ranged=False, money=True,
    examples=("340k", "-12k"),
)  # fmt: skip
