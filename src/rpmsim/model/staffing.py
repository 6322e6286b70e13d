"""People: who works, how much one person can do, how they come and go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number


@dataclass(frozen=True)
class Person:
    """A named member of the team: present from ``start`` (None: long before) to ``end`` (None: open), both inside.

    ``segment`` is the kind of buyer for which the person works, empty where the role decides.
    """

    name: str
    start: dt.date | None = None
    end: dt.date | None = None
    pay_per_month: Number | None = None
    segment: str = ""


@dataclass(frozen=True)
class Role:
    """A role with finite time.

    Parameters
    ----------
    heads : Number
        Opening heads, beside the people of ``team``; fractions are a part-time head.
    tenure_months : Number or None
        Tenure of each opening head at the start; None: past the ramp.
    team : tuple of Person
        Named people.
    hires : tuple of (date, Number)
        Heads whose search begins on the day; they start when it is filled.
    departures : tuple of (date, Number)
        People who leave for good, and their first day away, which is not before the first simulated day. Seats close
        in their order: opening heads, then hires, of those whose person is there; named people do not count.
    time_to_fill, backfill : Distribution or None
        Days from opening a seat to its first day. ``time_to_fill`` None: hires start on their date.
        ``backfill`` None: leavers are not replaced.
    ramp : tuple of Number
        Share of full capacity in month 1, 2, ... of tenure; full afterwards.
    leaves_per_month : Number
        Monthly chance of leaving.
    per_day : Number or None
        Throughput per ramped head and open day: leads, or hours where ``in_hours``.
    in_hours : bool
        Whether ``per_day`` counts hours (stages then say how many a lead needs).
    holds : Number or None
        Most open items per ramped head.
    leavers_items : str
        "colleagues", "queue", or the name of a stage.
    order : tuple of str
        Stages in the order in which they are served; empty: most downstream first.
    pay_per_month : Number
        Cost per head and month, currency.
    works_every_day : bool
        Whether the role ignores the calendar's closed days.
    """

    name: str
    label: str = ""
    heads: Number = Number(0.0)
    tenure_months: Number | None = None
    team: tuple[Person, ...] = ()
    hires: tuple[tuple[dt.date, Number], ...] = ()
    departures: tuple[tuple[dt.date, Number], ...] = ()
    time_to_fill: Distribution | None = None
    backfill: Distribution | None = None
    ramp: tuple[Number, ...] = ()
    leaves_per_month: Number = Number(0.0)
    per_day: Number | None = None
    in_hours: bool = False
    holds: Number | None = None
    leavers_items: str = "colleagues"
    order: tuple[str, ...] = ()
    pay_per_month: Number = Number(0.0)
    works_every_day: bool = False


DAYS_PER_MONTH = 365.25 / 12
"""Days in a month of tenure."""
