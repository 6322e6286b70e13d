"""The rows of a table as the map that could have been written inline: by month, date, period, name, or currency."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from itertools import pairwise

from rpmsim.model.calendar import Calendar, add_months
from rpmsim.scenario.moved_rows import factor_of, moved_key, multiplied, shift_months
from rpmsim.scenario.open_records import open_records, opening_stock, without_parentheses
from rpmsim.scenario.quarters import as_months, is_quarter
from rpmsim.scenario.schema.periods import is_period_label, parse_month_or_date
from rpmsim.scenario.table_columns import columns_of, plain_heading
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar
from rpmsim.text.quantity import (
    QuantityError,
    Relative,
    parse_quantity,
    parse_relative,
)
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.scalars import parse_date
from rpmsim.text.sheet import Sheet, is_error

PEOPLE_COLUMNS = ("name", "role", "segment", "start", "end", "pay", "pay_per_month", "pay_per_year", "label")

Key = Callable[[str], str | None]
"""Reads the first cell of a row as a key; None where it is none."""


@dataclass(frozen=True)
class Origin:
    """What a scenario says of a table: for which place, and how its numbers are to be read.

    Parameters
    ----------
    path : Path
        The place, such as ``channels.inbound.leads``.
    about : mapping of str to Scalar
        What stands beside ``table``: ``column``, ``shift``, ``change``, ``scale``, ``role``, ``segment``.
    schema : Type or None
        Of the place.
    calendar : Calendar
        For fiscal quarters.
    """

    path: Path
    about: MappingType[str, Scalar]
    complaints: Complaints
    schema: Type | None = None
    calendar: Calendar = field(default_factory=Calendar)

    def months(self, rows: Mapping) -> Mapping:
        """The rows with every quarter written as its months."""
        return as_months(rows, self.schema, self.path, self.calendar, self.complaints)

    def error(self, mark: Mark, message: str, fix: str, key: str = "") -> None:
        """Report an error of a cell."""
        self.complaints.error(mark, (*self.path, key) if key else self.path, message, fix)

    def adapted(self, rows: Mapping) -> Mapping:
        """The rows moved by ``shift`` and multiplied by ``scale`` and ``change``."""
        months = self._shift()
        factors = [factor for factor in (self._factor("scale"), self._factor("change")) if factor is not None]
        result = Mapping({}, {}, rows.mark)
        for key, node in rows.items.items():
            moved = moved_key(key, months) if months else key
            result.put(moved, self._times(node, factors, moved), rows.marks[key])
        return result

    def _times(self, node: Node, factors: list[tuple[Relative, Mark]], key: str) -> Node:
        if not isinstance(node, Scalar):
            return node
        try:
            return multiplied(node, factors)
        except QuantityError as error:
            self.error(node.mark, error.message, error.fix, key)
            return node

    def _shift(self) -> int:
        """Months by which the table moves."""
        stated = self.about.get("shift")
        if stated is None:
            return 0
        months = shift_months(stated.text)
        if months is None:
            self.error(stated.mark, f"`{stated.text}` is not a number of months", "write `shift: 1 year`", "shift")
        return months or 0

    def _factor(self, word: str) -> tuple[Relative, Mark] | None:
        stated = self.about.get(word)
        if stated is None:
            return None
        example = {"change": "`change: +8%`", "scale": "`scale: 1000`"}[word]
        try:
            factor = factor_of(stated.text, bare=word == "scale")
        except QuantityError as error:
            self.error(stated.mark, error.message, error.fix, word)
            return None
        if factor is None:
            self.error(stated.mark, f"`{stated.text}` is not one factor", f"write {example}", word)
            return None
        return factor, stated.mark


def month_label(text: str) -> str | None:
    """A month, as such or as its first or last day (spreadsheets turn 2027-03 into a day)."""
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return text if parse_month_or_date(text) else None
    if is_quarter(text):
        return text
    day = parse_date(text)
    if day is None:
        return None
    return f"{day:%Y-%m}" if day.day == 1 or (day + dt.timedelta(1)).day == 1 else None


def date_label(text: str) -> str | None:
    """A month, a quarter or a day; the first day of a month is the month."""
    if is_quarter(text):
        return text
    day = parse_month_or_date(text)
    return None if day is None else f"{day:%Y-%m}" if day.day == 1 else text


def period_label(text: str) -> str | None:
    """A period; the first day of a month is the month."""
    return text if is_period_label(text) else month_label(text)


def by_month(sheet: Sheet, origin: Origin) -> Mapping:
    """Numbers by month, without a gap."""
    found = origin.months(_column(sheet, origin, month_label, "a month", "`2027-03`", blank="fault"))
    months = sorted(found.items)
    for before, after in pairwise(months):
        expected = f"{add_months(dt.date.fromisoformat(f'{before}-01'), 1):%Y-%m}"
        if after != expected:
            origin.error(
                found.marks[after],
                f"{expected} is missing: {before} is followed by {after}",
                "add the month, with 0 if there is nothing",
                expected,
            )
    return origin.adapted(found)


def by_date(sheet: Sheet, origin: Origin) -> Mapping:
    """Numbers by month or day; a row without a number states nothing."""
    rows = _column(sheet, origin, date_label, "a month or date", "`2027-03` or `2027-03-15`")
    return origin.adapted(origin.months(rows))


def by_period(sheet: Sheet, origin: Origin) -> Mapping:
    """Numbers by period; a row without a number states nothing."""
    return origin.adapted(_column(sheet, origin, period_label, "a period", "`2027-03`, `2027-Q1` or `FY27`"))


def _column(sheet: Sheet, origin: Origin, key_of: Key, what: str, example: str, blank: str = "skip") -> Mapping:
    """The map of a table's first column to the one that is meant."""
    mark = sheet.header[0].mark
    result = Mapping({}, {}, mark)
    column = _which_column(sheet, origin)
    if column is None:
        return result
    if not sheet.rows:
        origin.error(mark, "no rows below the heading", f"the first column contains {what} such as {example}")
    seen: dict[str, int] = {}
    for row in sheet.rows:
        label, value = row[0], row[column]
        key = key_of(label.text)
        if key is None:
            said = f"`{label.text[:60]}` is not {what}" if label.text else f"a row without {what}"
            origin.error(label.mark, said, f"write {example} in the first column")
        elif key in seen:
            origin.error(label.mark, f"{key} appears twice, first in row {seen[key]}", "keep one of them", key)
        elif is_error(value.text):
            origin.error(value.mark, f"the cell contains the error `{value.text}`", "fix the formula", key)
        elif value.text:
            seen[key] = label.mark.line
            result.put(key, value, label.mark)
            _is_number(value, origin, key)
        elif blank == "fault":
            seen[key] = label.mark.line
            result.put(key, replace(value, text="0"), label.mark)
            origin.error(value.mark, f"no number for {key}", "write one, or 0 if there is nothing", key)
    return result


def _is_number(value: Scalar, origin: Origin, key: str, signed: bool = False) -> None:
    try:
        if parse_relative(value.text, signed) is not None:
            origin.error(value.mark, f"`{value.text}` is negative, or a relative value", "write the number itself", key)
        else:
            parse_quantity(value.text)
    except QuantityError as error:
        origin.error(value.mark, error.message, error.fix, key)


def _which_column(sheet: Sheet, origin: Origin) -> int | None:
    """The column that is stated, or headed by the name of what it is about, by what it counts, or ``value``."""
    headings = [plain_heading(cell.text) for cell in sheet.header]
    stated = origin.about.get("column")
    wanted = (stated.text,) if stated else (*origin.path[-2:], "value")
    for name in wanted:
        if plain_heading(name) in headings[1:]:
            return headings.index(plain_heading(name), 1)
    there = [cell.text for cell in sheet.header[1:] if cell.text]
    if stated:
        origin.error(stated.mark, f"{sheet.label} has no column `{stated.text}`", nearest(stated.text, there), "column")
        return None
    listed = ", ".join(f"`{name}`" for name in there[:20]) or "none"
    origin.error(
        sheet.header[0].mark,
        f"no column has the heading `{origin.path[-2] if len(origin.path) > 1 else 'value'}`",
        f"the columns after the first are {listed}: rename one of them, or write `column:` next to `table:`",
    )
    return None


def people(sheet: Sheet, origin: Origin) -> Mapping:
    """People by name: those of the role at whose place the table stands, or of the one that is stated."""
    result = Mapping({}, {}, sheet.header[0].mark)
    columns = columns_of(sheet, PEOPLE_COLUMNS, ("name",), origin.path, origin.complaints)
    if columns is None:
        return result
    wanted = {
        "role": origin.about["role"].text if "role" in origin.about else origin.path[-2],
        "segment": origin.about["segment"].text if "segment" in origin.about else "",
    }
    for row in sheet.rows:
        cells = {name: row[i] for name, i in columns.items() if row[i].text}
        for unit in ("per month", "per year"):
            stated = cells.pop(f"pay_{unit.replace(' ', '_')}", None)
            if stated is not None:
                cells["pay"] = replace(stated, text=f"{stated.text} {unit}")
        if any(
            name in columns and word and (name not in cells or cells[name].text.lower() != word.lower())
            for name, word in wanted.items()
        ):
            continue
        name = cells.get("name")
        if name is None:
            origin.error(row[0].mark, "a person without a name", "write the name")
        elif name.text in result.items:
            first = result.marks[name.text].line
            origin.error(name.mark, f"`{name.text}` appears twice, first in row {first}", "keep one of them")
        else:
            about: dict[str, Node] = {key: cell for key, cell in cells.items() if key not in ("name", "role")}
            result.put(name.text, Mapping(about, {key: cells[key].mark for key in about}, name.mark), name.mark)
    if not result.items:
        listed = " and ".join(f"{name} `{word}`" for name, word in wanted.items() if word and name in columns)
        fix = "state its name in the table: `team: {table: people.csv, role: AE}`"
        origin.error(result.mark, f"no row belongs to the {listed}" if listed else "no rows below the heading", fix)
    return result


def actuals(sheet: Sheet, origin: Origin) -> Mapping:
    """Actuals to date, by metric and period."""
    result = Mapping({}, {}, sheet.header[0].mark)
    known = ("period", "metric", "value", "currency", "note")
    columns = columns_of(sheet, known, known[:3], origin.path, origin.complaints)
    if columns is None:
        return result
    for row in sheet.rows:
        label, metric, value = (row[columns[name]] for name in ("period", "metric", "value"))
        if "currency" in columns and row[columns["currency"]].text and value.text:
            value = replace(value, text=f"{value.text} {row[columns['currency']].text}")
        period = period_label(label.text)
        if period is None:
            origin.error(label.mark, f"`{label.text[:60]}` is not a period", "write `2027-01`, `2027-Q1` or `FY27-Q1`")
            continue
        if not metric.text:
            origin.error(metric.mark, f"no metric for {period}", "write leads, wins or bookings")
            continue
        rows = result.items.get(metric.text.lower())
        if not isinstance(rows, Mapping):
            rows = Mapping({}, {}, metric.mark)
            result.put(metric.text.lower(), rows, metric.mark)
        key = f"{metric.text.lower()}.{period}"
        if period in rows.items:
            first = rows.marks[period].line
            origin.error(label.mark, f"{period} appears twice, first in row {first}", "keep one of them", key)
        elif not value.text:
            origin.error(value.mark, f"no value for {period}", "write one, or remove the row", key)
        elif is_error(value.text):
            origin.error(value.mark, f"the cell contains the error `{value.text}`", "fix the formula", key)
        else:
            value = without_parentheses(value)
            rows.put(period, value, label.mark)
            _is_number(value, origin, key, signed=True)
    for metric_name, rows in list(result.items.items()):
        assert isinstance(rows, Mapping)
        result.items[metric_name] = origin.adapted(rows)
    return result


def rates(sheet: Sheet, origin: Origin) -> Mapping:
    """Rates by currency."""
    result = Mapping({}, {}, sheet.header[0].mark)
    known = ("currency", "rate", "note")
    columns = columns_of(sheet, known, known[:2], origin.path, origin.complaints)
    for row in sheet.rows if columns else ():
        assert columns is not None
        currency, rate = row[columns["currency"]], row[columns["rate"]]
        if currency.text in result.items:
            first = result.marks[currency.text].line
            origin.error(currency.mark, f"`{currency.text}` appears twice, first in row {first}", "keep one of them")
        elif not currency.text or not rate.text:
            origin.error(currency.mark, "a row without a currency or a rate", "write both, such as `USD,0.92`")
        else:
            result.put(currency.text, rate, currency.mark)
    return result


def deals(sheet: Sheet, origin: Origin) -> Listing:
    """Open records."""
    return open_records(sheet, origin.path, origin.complaints)


def stock(sheet: Sheet, origin: Origin) -> Mapping:
    """Opening stock by stage."""
    return opening_stock(sheet, origin.path, origin.complaints)


ROWS: MappingType[str, Callable[[Sheet, Origin], Node]] = {
    "months": by_month,
    "dates": by_date,
    "periods": by_period,
    "people": people,
    "deals": deals,
    "stock": stock,
    "actuals": actuals,
    "rates": rates,
}
"""How each form of a table is read."""
