"""The variables of a forecast as a table: dims, units and meaning of each.

A block is what the engine hands over for some replications: the columns ``block_name`` and ``divisor`` say how
a variable is made from it (minutes become hours, cents become currency).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Part = Literal["pipeline", "speed", "cohorts"]
"""What is measured only where it is asked for, as it costs time and room."""
PARTS: tuple[Part, ...] = get_args(Part)

Kind = Literal["count", "index", "real", "single"]
"""``count``: int32, or int64 where the compiled bound needs it. ``index``: int32. ``real``: float64. ``single``:
float32."""

CURRENCY = "currency"
"""Stands for the scenario's currency in ``units``."""


@dataclass(frozen=True)
class Variable:
    """One variable of the forecast dataset.

    Parameters
    ----------
    dims : tuple of str
        A variable with the dim ``replication`` comes in blocks, the others once.
    units : str
        :data:`CURRENCY` stands for the scenario's currency.
    block_name : str
        Name of the engine's array; the variable's own where empty.
    divisor : float
        The stored value is the engine's divided by it.
    part : str
        The part of the measurement that must be asked for; of what is in every forecast, empty.
    """

    name: str
    dims: tuple[str, ...]
    kind: Kind
    units: str
    long_name: str
    block_name: str = ""
    divisor: float = 1.0
    part: Part | Literal[""] = ""

    @property
    def source(self) -> str:
        """Name of the engine's array."""
        return self.block_name or self.name

    @property
    def in_blocks(self) -> bool:
        """Whether the variable is written block by block of replications."""
        return "replication" in self.dims


_CLASS = ("channel", "segment")
_BY_CLASS = ("replication", "period", *_CLASS)
_BY_STAGE = ("replication", "period", "stage")
_BY_ROLE = ("replication", "period", "role")

VARIABLES: tuple[Variable, ...] = (
    Variable("moves", ("replication", "period", "edge", *_CLASS), "count", "leads", "leads that took the edge"),
    Variable("stock", (*_BY_STAGE, *_CLASS), "count", "leads", "leads in the stage at the end of the period"),
    Variable(
        "waiting",
        _BY_STAGE,
        "count",
        "leads",
        "leads in the stage at the end of the period that nobody has taken up yet",
    ),
    Variable(
        "waiting_hours",
        _BY_STAGE,
        "real",
        "hours",
        "hours that the leads waiting at the end of the period have waited so far, summed",
        block_name="waiting_minutes",
        divisor=60.0,
    ),
    Variable("bookings", ("replication", "period", *_CLASS), "real", CURRENCY, "amounts won", divisor=100.0),
    Variable("taken_up", _BY_STAGE, "count", "leads", "leads taken up by staff"),
    Variable(
        "wait_hours",
        _BY_STAGE,
        "real",
        "hours",
        "hours that the leads taken up had waited, summed",
        block_name="wait_minutes",
        divisor=60.0,
    ),
    Variable("within_sla", _BY_STAGE, "count", "leads", "leads taken up within the SLA of the stage"),
    Variable("gave_up", _BY_STAGE, "count", "leads", "leads that gave up waiting"),
    Variable("head_days", _BY_ROLE, "real", "person days", "people present, summed over days"),
    Variable("capacity", _BY_ROLE, "real", "leads or hours", "ramped throughput available"),
    Variable("capacity_used", _BY_ROLE, "real", "leads or hours", "ramped throughput used"),
    Variable(
        "prospecting",
        _BY_ROLE,
        "real",
        "leads or hours",
        "ramped throughput spent on creating leads (made_by)",
    ),
    Variable("slot_days", _BY_ROLE, "real", "slot days", "slots of the people present, summed over days"),
    Variable("slot_days_used", _BY_ROLE, "real", "slot days", "slots used, summed over days"),
    Variable("spend", ("replication", "period", "channel"), "real", CURRENCY, "spend of the channel", divisor=100.0),
    Variable("pay", _BY_ROLE, "real", CURRENCY, "pay of the role", divisor=100.0),
    Variable("other_cost", ("replication", "period", "cost"), "real", CURRENCY, "other cost", divisor=100.0),
    Variable(
        "deal_bookings",
        ("replication", "deal"),
        "real",
        CURRENCY,
        "amount of the listed deal, 0 if it is not won",
        block_name="deal_cents",
        divisor=100.0,
    ),
    Variable(
        "deal_period",
        ("replication", "deal"),
        "index",
        "1",
        "number of the period in which the listed deal is won, counted from 1; 0 if it is not won",
    ),
    Variable("parameter_draw", ("replication",), "index", "1", "parameter draw that the replication used"),
    Variable("opening_stock", ("stage", *_CLASS), "count", "leads", "leads in the stage before the first day"),
    Variable(
        "parameter_value", ("draw", "parameter"), "real", "as the parameter", "values of the numbers given as ranges"
    ),
    Variable(
        "target_to_go",
        ("replication", "period"),
        "real",
        CURRENCY,
        "bookings target of the period, or of the shortest longer one that holds it, still to go at its start",
        part="pipeline",
    ),
    Variable(
        "pipeline_value",
        _BY_CLASS,
        "real",
        CURRENCY,
        "amounts of the opportunities open at the end of the period",
        divisor=100.0,
        part="pipeline",
    ),
    Variable(
        "pipeline_weighted",
        _BY_CLASS,
        "real",
        CURRENCY,
        "the same, each amount times the chance of being won",
        divisor=100.0,
        part="pipeline",
    ),
    Variable(
        "pipeline_closing",
        _BY_CLASS,
        "real",
        CURRENCY,
        "amounts of the opportunities open at the start of the period that can close by the end of its target",
        divisor=100.0,
        part="pipeline",
    ),
    Variable("wins_open", _BY_CLASS, "count", "deals", "wins of records that were open at the start", part="pipeline"),
    Variable(
        "bookings_open",
        _BY_CLASS,
        "real",
        CURRENCY,
        "amounts won of records that were open at the start",
        divisor=100.0,
        part="pipeline",
    ),
    *(
        Variable(f"{name}{ending}", (*dims, "breakdown", "statistic"), "single", units, long_name, part="speed")
        for name, dim, units, long_name in (
            ("time_in_stage", "stage", "days", "days that the leads that came to the stage in the period stay in it"),
            ("cycle_days", "cycle", "days", "days from one milestone to another, by the period of the first one"),
            ("response_time", "stage", "hours", "hours that the leads taken up in the period had waited"),
        )
        for ending, dims in (("", ("replication", "period", dim)), ("_total", ("replication", dim)))
    ),
    Variable(
        "lead_age",
        (*_BY_STAGE, "breakdown", "statistic"),
        "single",
        "days",
        "days since the leads in the stage at the end of the period came to it",
        part="speed",
    ),
    Variable(
        "lead_age_count",
        (*_BY_STAGE, "age_band", "channel"),
        "count",
        "leads",
        "leads in the stage at the end of the period, by age",
        part="speed",
    ),
    Variable(
        "waiting_time",
        (*_BY_STAGE, "statistic"),
        "single",
        "hours",
        "hours that the leads waiting at the end of the period have waited so far",
        part="speed",
    ),
    Variable(
        "cohort_moves",
        ("replication", "period", "edge", *_CLASS),
        "count",
        "leads",
        "leads that came to the stage in the period and took the edge later, until the last day",
        part="cohorts",
    ),
    Variable(
        "stay_days",
        ("replication", "period", "edge", *_CLASS),
        "count",
        "lead days",
        "days that these leads were in the stage, summed",
        part="cohorts",
    ),
    Variable(
        "cohort_final",
        (*_BY_STAGE, *_CLASS),
        "single",
        "leads",
        "leads that came to the stage in the period and advance from it in the end (estimate)",
        part="cohorts",
    ),
    Variable(
        "cycle_begun",
        ("replication", "period", "cycle", *_CLASS),
        "count",
        "leads",
        "leads that came to the first milestone in the period",
        part="cohorts",
    ),
    Variable(
        "cycle_done",
        ("replication", "period", "cycle", *_CLASS),
        "count",
        "leads",
        "of these, leads that came to the second milestone, until the last day",
        part="cohorts",
    ),
    Variable(
        "cohort_reached",
        ("replication", "period", "periods_later", "stage", "channel"),
        "count",
        "leads",
        "leads created in the period that first come to the stage so many periods later",
        part="cohorts",
    ),
)


def variables_of(measure: Sequence[str] = ()) -> tuple[Variable, ...]:
    """Variables of a forecast in which these parts are measured."""
    return tuple(variable for variable in VARIABLES if not variable.part or variable.part in measure)
