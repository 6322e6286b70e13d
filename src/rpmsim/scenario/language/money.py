"""Segments with their amounts, and costs."""

from __future__ import annotations

from rpmsim.scenario import kinds as k
from rpmsim.scenario.language.distributions import SCALED_BY_RELATIVE, distribution_fields
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import Num
from rpmsim.scenario.schema.special import FREE
from rpmsim.text.schema.maps import Field, Record
from rpmsim.text.schema.scalars import Word

AMOUNT = Record(
    "an amount",
    {
        **distribution_fields(k.MONEY, "value", False, " of this amount", drawn_table=True),
        "per": Field(
            Word({w: w for w in ("total", "year", "month")}, "total, year or month"),
            "What the amount refers to: the whole contract (default), a year, or a month.",
            "year",
            dated=False,
        ),
        "term": Field(
            Num(k.TERM),
            "Length of the contract; for an amount per year or month, bookings are amount times term. Default 12 "
            "months.",
            "24 months",
        ),
    },
    bare="value",
    scaled=SCALED_BY_RELATIVE,
)

SEGMENT = Record(
    "a segment",
    {
        "label": Field(FREE, "Display name.", "Mid-market", dated=False),
        "group": Field(FREE, "Combines segments for reporting.", "europe", dated=False),
        "amount": Field(AMOUNT, "Size of a deal. A bare number is fixed.", "{median: 18k, p90: 45k}"),
    },
)
COST = Record(
    "a cost",
    {
        "kind": Field(
            Word({w: w for w in ("tools", "services", "overhead", "other")}, "a kind of cost"),
            "Kind of cost. Default other.",
            "tools",
            dated=False,
        ),
        "per_month": Field(Num(k.COST_PER_MONTH), "Cost in every month.", "4k per month"),
        "months": Field(
            Dated(Num(k.MONEY_IN_MONTH), table="dates"),
            "Cost in single months or on single days, in addition to `per_month`.",
            "{2027-03: 20k}",
        ),
    },
    bare="per_month",
    alone=Num(k.MONEY_PER_MONTH),
)
