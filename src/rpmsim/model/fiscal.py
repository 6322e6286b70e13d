"""Fiscal years of whole weeks: 52 or 53 of them, in months of 4 and 5 weeks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

Days = tuple[dt.date, dt.date]
"""First and last day, both inside."""


@dataclass(frozen=True)
class FiscalWeeks:
    """How a fiscal year of whole weeks runs.

    Parameters
    ----------
    pattern : tuple of int
        Weeks of the three months of each quarter: 4, 4, 5. A 53rd week belongs to the last month of the year.
    rule : {"last", "nearest"}
        Whether the year ends on the last such weekday of ``month``, or on the one nearest to the end of ``month``.
    weekday : int
        Monday is 0.
    month : int
        1 to 12.
    """

    pattern: tuple[int, int, int]
    rule: Literal["last", "nearest"]
    weekday: int
    month: int

    def end(self, year: int) -> dt.date:
        """Last day of the fiscal year that ends at the end of ``month`` of a year (or some days behind it)."""
        last = dt.date(year + self.month // 12, self.month % 12 + 1, 1) - dt.timedelta(1)
        back = (last.weekday() - self.weekday) % 7
        return last + dt.timedelta(7 - back if self.rule == "nearest" and back > 3 else -back)

    def year_of(self, day: dt.date) -> int:
        """The year in which the fiscal year that holds a day ends, by its month."""
        return next(year for year in (day.year - 1, day.year, day.year + 1) if day <= self.end(year))

    def months(self, year: int) -> tuple[Days, ...]:
        """The twelve months of the fiscal year that ends in a year."""
        first, last = self.end(year - 1) + dt.timedelta(1), self.end(year)
        starts = [first + dt.timedelta(7 * weeks) for weeks in accumulate((0, *self.pattern * 4))][:12]
        return tuple(zip(starts, [*(start - dt.timedelta(1) for start in starts[1:]), last], strict=True))
