"""Amounts of deals and costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number


@dataclass(frozen=True)
class Amount:
    """Size of a deal, drawn with the draw that decides the win.

    ``per`` says what the distribution counts: the total contract value, a year of it or a month of it; bookings are
    the value times ``term_months`` where it is a year or a month.
    """

    distribution: Distribution
    per: Literal["total", "year", "month"] = "total"
    term_months: Number = Number(12.0)


@dataclass(frozen=True)
class Segment:
    """A kind of buyer; ``group`` gathers segments for reporting."""

    name: str
    label: str = ""
    group: str = ""
    amount: Amount | None = None


def groups_of(segments: Iterable[Segment]) -> dict[str, list[str]]:
    """Names of the segments of each group, in their order; segments without a group are in none."""
    result: dict[str, list[str]] = {}
    for segment in segments:
        if segment.group:
            result.setdefault(segment.group, []).append(segment.name)
    return result


@dataclass(frozen=True)
class Band:
    """A size band: amounts below ``below`` (None: no limit) and not below the band before it; currency."""

    name: str
    below: float | None


@dataclass(frozen=True)
class Cost:
    """A cost beside spend and pay (tools, services, overhead), per month or on dates; currency."""

    name: str
    kind: str
    per_month: Number = Number(0.0)
    by_month: tuple[tuple[dt.date, Number], ...] = ()
