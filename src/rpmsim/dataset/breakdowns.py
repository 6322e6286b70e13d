"""By what times and ages are given in a forecast that measures them: statistics, parts of the business, cycles, ages.

Medians do not add up, so what is measured lead by lead is stored for the whole and for every channel, segment and group
of segments.
"""

from __future__ import annotations

from typing import NamedTuple

from rpmsim.model.money import groups_of
from rpmsim.model.plan import Model

STATISTICS = ("mean", "median", "p90")

CYCLES = ("marketing_cycle", "sales_cycle", "cycle_time")
"""From lead to opportunity, from opportunity to win, from lead to win."""


class AgeBand(NamedTuple):
    """Ages from a first day up to that of the next band."""

    first: int
    label: str


AGE_BANDS = (
    AgeBand(0, "0-7 days"),
    AgeBand(8, "8-14 days"),
    AgeBand(15, "15-30 days"),
    AgeBand(31, "31-60 days"),
    AgeBand(61, "61-90 days"),
    AgeBand(91, "91-180 days"),
    AgeBand(181, "181-365 days"),
    AgeBand(366, "over 365 days"),
)


class Breakdown(NamedTuple):
    """A part of the business: ``kind`` is all, channel, segment or group; ``name`` is that of the part."""

    kind: str
    name: str

    @property
    def label(self) -> str:
        """Kind and name, as the forecast names it."""
        return f"{self.kind} {self.name}".strip()


def breakdowns_of(model: Model) -> tuple[Breakdown, ...]:
    """The whole, then channels, segments and groups of segments, each in the order of the scenario."""
    content = model.content
    return (
        Breakdown("all", ""),
        *(Breakdown("channel", channel.name) for channel in content.channels),
        *(Breakdown("segment", segment.name) for segment in content.segments),
        *(Breakdown("group", name) for name in groups_of(content.segments)),
    )
