"""The days of a model: the simulated ones, those before that open leads reach back to, and what each belongs to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.calendar import Period, add_months, periods
from rpmsim.model.plan import Change, Content, Model


@dataclass(frozen=True)
class Span:
    """Days of a model.

    Parameters
    ----------
    first : date
        Day 0.
    days, history : int
        Simulated days; days before day 0 that open leads reach back to.
    periods : tuple of Period
        Periods of the results: the reporting periods that hold a simulated day, or the days.
    reporting : tuple of Period
        The reporting periods in any case.
    contents : tuple of Content
        The base and the content after each dated change that starts inside the span.
    starts, phases : tuple of int
        First day and days of phasing in of each content; the base starts before everything.
    opens : tuple of bool
        Whether the change redraws open leads.
    """

    first: dt.date
    days: int
    history: int
    periods: tuple[Period, ...]
    reporting: tuple[Period, ...]
    contents: tuple[Content, ...]
    starts: tuple[int, ...]
    phases: tuple[int, ...]
    opens: tuple[bool, ...]

    @classmethod
    def of(cls, model: Model, by_day: bool = False) -> Span:
        """Days of a model; changes of one day count as one, the last of them holding all."""
        first = model.first_day
        reporting = tuple(periods(first, model.until, model.period, model.calendar))
        opened = [stock.days for stock in model.opening] + [
            (model.as_of - deal.entered).days for deal in model.open_deals
        ]
        changes: dict[dt.date, Change] = {
            change.start: change for change in model.changes if change.start <= model.until
        }
        kept = sorted(changes.values(), key=lambda change: change.start)
        return cls(
            first=first,
            days=model.days,
            history=max(opened, default=0) + 1,
            periods=_days(first, model.days) if by_day else reporting,
            reporting=reporting,
            contents=(model.content, *(change.content for change in kept)),
            starts=(-(10**6), *((change.start - first).days for change in kept)),
            phases=(0, *(change.phase_days for change in kept)),
            opens=(False, *(change.affects_open for change in kept)),
        )

    def in_force(self, content: int, day: int) -> bool:
        """Whether a content holds for leads that begin on a day; one that redraws open leads has done so by day 0."""
        start = self.starts[content]
        redrawn = self.opens[content] and start + self.phases[content] <= 0
        return start <= day or redrawn

    def date(self, day: int) -> dt.date:
        """Date of a day."""
        return self.first + dt.timedelta(day)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Dates of the simulated days."""
        return tuple(self.date(day) for day in range(self.days))

    @cached_property
    def month_days(self) -> NDArray[np.float64]:
        """Days of the month that each simulated day is in."""
        return np.array([float((add_months(day, 1) - day.replace(day=1)).days) for day in self.dates])

    @cached_property
    def blends(self) -> tuple[tuple[int, int, slice, NDArray[np.float64]], ...]:
        """Runs of days with the same content before and after: these two, the days, and the latter's weight by day."""
        days = [self.content_at(day) for day in range(self.days)]
        ends = [day for day in range(1, self.days) if days[day][:2] != days[day - 1][:2]]
        return tuple(
            (*days[low][:2], slice(low, high), np.array([weight for _, _, weight in days[low:high]]))
            for low, high in pairwise([0, *ends, self.days])
        )

    def content_at(self, day: int) -> tuple[int, int, float]:
        """Content before and after the change that is latest on a day, and the weight of the latter."""
        latest = max(i for i, start in enumerate(self.starts) if start <= day)
        phase = self.phases[latest]
        if phase > 0 and day < self.starts[latest] + phase:
            return latest - 1, latest, (day - self.starts[latest]) / phase
        return latest, latest, 0.0


def _days(first: dt.date, count: int) -> tuple[Period, ...]:
    dates = [first + dt.timedelta(i) for i in range(count)]
    return tuple(Period(date.isoformat(), date, date) for date in dates)


def versions_of(stage_name: str, span: Span) -> list[int]:
    """Numbers of the contents in which the stage differs from the content before (the first one is the base)."""
    stages = [next(s for s in content.stages if s.name == stage_name) for content in span.contents]
    return [0] + [i for i in range(1, len(stages)) if stages[i] != stages[i - 1]]
