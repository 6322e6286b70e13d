"""Types of days, months and other periods: a map by month or day, and the label of a period."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rpmsim.scenario.schema.reading import TableForm
from rpmsim.text.nodes import Mapping, Node, Path, Scalar
from rpmsim.text.schema.base import Reading, Type
from rpmsim.text.schema.scalars import YEARS, parse_date

_PERIOD = re.compile(
    r"\d{4}|\d{4}-(0[1-9]|1[0-2])|\d{4}-Q[1-4]|\d{4}-W(0[1-9]|[1-4]\d|5[0-3])|FY\d\d|FY\d\d-Q[1-4]|FY\d\d-P(0[1-9]|1[0-2])"
)


@dataclass(frozen=True)
class Dated(Type):
    """A map by month or day."""

    inner: Type
    noun: str = "a map by month"
    days: bool = True
    table: TableForm = ""

    def hint(self) -> str:
        """The form."""
        return "`{2027-03: ...}`"

    def step(self, key: str) -> Type | None:
        """Every date leads to the same type."""
        return self.inner

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """What stands under any date."""
        return [((), self.inner)]

    def _brief(self) -> str:
        return f"{self.inner.brief()}, by month or day"

    def read(self, node: Node, path: Path, reading: Reading) -> list[tuple[dt.date, Any]] | None:
        """Read the rows, in order of date."""
        if not isinstance(node, Mapping):
            self._refuse(node, path, reading)
            return None
        rows = []
        for key, item in node.items.items():
            day = parse_month_or_date(key)
            if day is None or (day.day != 1 and not self.days):
                what, fix = ("a month or date", "`2027-03` or `2027-03-15`") if self.days else ("a month", "`2027-03`")
                reading.form.error(node.marks[key], (*path, key), f"`{key}` is not {what}", f"write {fix}")
                continue
            rows.append((day, self.inner.read(item, (*path, key), reading)))
        return sorted(rows, key=lambda row: row[0])


@dataclass(frozen=True)
class PeriodLabel(Type):
    """A week, month, quarter or (fiscal) year, or a day; which days it has depends on the calendar."""

    days: bool = True
    noun: str = "a date or period"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read the label."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        if is_period_label(node.text) or (self.days and parse_date(node.text)):
            return node.text
        reading.form.error(node.mark, path, f"`{node.text}` is not {self.noun}", f"write {self.hint()}")
        return None

    def hint(self) -> str:
        """Examples."""
        return (
            "`2027-01-31`, " if self.days else ""
        ) + "`2027-01`, `2027-Q1`, `2027-W30`, `2027`, `FY27`, `FY27-Q1` or `FY27-P01`"


def is_period_label(text: str) -> bool:
    """Whether a text has the form of a period label."""
    return bool(_PERIOD.fullmatch(text)) and (text.startswith("FY") or int(text[:4]) in YEARS)


def parse_month_or_date(text: str) -> dt.date | None:
    """A day, or the first day of a month written as 2027-03, or None."""
    return parse_date(f"{text}-01") if re.fullmatch(r"\d{4}-\d{2}", text) else parse_date(text)
