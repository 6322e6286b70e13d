"""Cells to values, in SQL: times, amounts, words; what cannot be read becomes NULL and is found beside the value."""

from __future__ import annotations

import re

from rpmsim.history import sql
from rpmsim.history.dates import CLOCKS, FIRST
from rpmsim.history.doubtful_amounts import FORMS
from rpmsim.history.mapping import Attribute, Where

YEARS = (1, 9999)
"""Years that are times at all; which of them stand for an empty cell is found later, see `placeholders`."""
SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD"}
BLANKS = "\u00a0\u202f "
"""No-break and narrow blanks, which stand between thousands as well as plain ones."""
NUMBER = rf"^([0-9]+|[0-9]{{1,3}}([,'{BLANKS}][0-9]{{3}})*)(\.[0-9]+)?$"
MONEY = rf"^[-(]?\s*([€£¥$]|[A-Z]{{3}})?\s*-?\s*([0-9][0-9.,'{BLANKS}]*)\s*([€£¥$]|[A-Z]{{3}})?\s*\)?$"
MOST_DIGITS = 15
"""Digits that a number with a floating point keeps: those of ids of more digits are lost."""


def as_text(cell: str, type_: str) -> str:
    """A cell as text: whole numbers without a point, and those of too many digits in the form of :data:`ROUNDED`."""
    if type_ in ("DOUBLE", "FLOAT"):
        whole = f"CAST(CAST({cell} AS BIGINT) AS VARCHAR)"
        digits = (
            f"CASE WHEN abs({cell}) < 1e{MOST_DIGITS} THEN {whole} ELSE format('{{:.15E}}', CAST({cell} AS DOUBLE)) END"
        )
        return f"CASE WHEN {cell} = trunc({cell}) THEN {digits} WHEN isfinite({cell}) THEN CAST({cell} AS VARCHAR) END"
    if type_.startswith("DECIMAL"):
        whole = f"CAST(CAST({cell} AS HUGEINT) AS VARCHAR)"
        return f"CASE WHEN {cell} = trunc({cell}) THEN {whole} ELSE CAST({cell} AS VARCHAR) END"
    return f"CAST({cell} AS VARCHAR)"


ROUNDED = r"[0-9](\.[0-9]+)?[eE]\+[0-9]+"
"""An id that a spreadsheet took for a number and rounded, such as 1.234567890123457E+17."""


def _meant(value: str) -> str:
    """The meaning of a written value; an empty one is that nothing is known."""
    return sql.text(value) if value else "NULL"


class Cells:
    """Expressions over the columns of one source.

    Parameters
    ----------
    types : dict of str to str
        Type of each column.
    joined : dict of str to str
        SQL alias of each table that attributes look up in.
    dates : tuple of str
        How times are written; the first form that fits a cell holds.
    time_zone, days_in : str
        The zone of times without an offset, and the zone in which days are counted.
    decimal : str
        What separates decimals.
    """

    def __init__(
        self,
        types: dict[str, str],
        joined: dict[str, str],
        dates: tuple[str, ...] = ("iso",),
        time_zone: str = "UTC",
        days_in: str = "UTC",
        decimal: str = ".",
    ) -> None:
        self._types, self._joined, self._dates, self._decimal = types, joined, dates, decimal
        self._zone, self._days_in = time_zone, days_in

    def raw(self, column: str) -> str:
        """The cell as text without blanks around it; an empty one is NULL."""
        return f"nullif(trim({as_text(self._column(column), self._types.get(column, 'VARCHAR'))}), '')"

    def time(self, column: str) -> str:
        """The time in the zone in which days are counted."""
        type_ = self._types.get(column, "VARCHAR")
        cell = self._column(column)
        if type_.startswith("TIMESTAMP WITH"):
            value = f"timezone({sql.text(self._days_in)}, {cell})"
        elif type_.startswith(("TIMESTAMP", "DATE")):
            value = self._local(f"CAST({cell} AS TIMESTAMP)", date_only=type_ == "DATE")
        else:
            value = self._parsed(self.raw(column))
        return f"CASE WHEN year({value}) BETWEEN {YEARS[0]} AND {YEARS[1]} THEN {value} END"

    def has_offset(self, column: str) -> str:
        """Whether the time is written with its offset."""
        return self._offset_in(self.raw(column))

    def amount(self, column: str) -> str:
        """The amount as a decimal number of its own currency."""
        if self._types.get(column, "VARCHAR") != "VARCHAR":
            return f"TRY_CAST({self._column(column)} AS DECIMAL(18, 2))"
        raw = self.raw(column)
        digits = f"trim(regexp_extract({raw}, {sql.text(MONEY)}, 2))"
        if self._decimal == ",":
            digits = f"replace(replace({digits}, '.', ' '), ',', '.')"
        plain = f"regexp_replace({digits}, '[,''{BLANKS}]', '', 'g')"
        sign = f"CASE WHEN contains({raw}, '-') OR starts_with({raw}, '(') THEN -1 ELSE 1 END"
        number = f"{sign} * TRY_CAST({plain} AS DECIMAL(18, 2))"
        textual = f"CASE WHEN regexp_matches({digits}, {sql.text(NUMBER)}) THEN {number} END"
        return textual if self._decimal == "," else f"coalesce(TRY_CAST({raw} AS DECIMAL(18, 2)), {textual})"

    def amount_form(self, column: str) -> str:
        """Which of :data:`rpmsim.history.doubtful_amounts.FORMS` an amount is written in, or NULL."""
        if self._types.get(column, "VARCHAR") != "VARCHAR":
            return "CAST(NULL AS VARCHAR)"
        digits = f"trim(regexp_extract({self.raw(column)}, {sql.text(MONEY)}, 2))"
        cases = " ".join(f"WHEN regexp_matches({digits}, {sql.text(form)}) THEN {sql.text(n)}" for n, form in FORMS)
        return f"CASE {cases} END"

    def sign(self, column: str, currency: str) -> str:
        """The currency that the cell itself names, or NULL."""
        if self._types.get(column, "VARCHAR") != "VARCHAR":
            return "NULL"
        found = f"nullif(regexp_extract({self.raw(column)}, '([€£¥$]|[A-Z]{{3}})', 1), '')"
        dollar = currency if currency.endswith("D") else "USD"
        cases = " ".join(f"WHEN {sql.text(s)} THEN {sql.text(dollar if s == '$' else c)}" for s, c in SIGNS.items())
        return f"CASE WHEN {found} IS NULL THEN NULL ELSE CASE {found} {cases} ELSE {found} END END"

    def word(self, attribute: Attribute) -> str:
        """The value of an attribute after its value map or size bands."""
        raw = self.raw(attribute.column)
        value = raw
        if attribute.below:
            number = f"TRY_CAST({raw} AS DOUBLE)"
            cases = " ".join(
                f"WHEN {number} < {limit!r} THEN {sql.text(band)}"
                for band, limit in sorted(attribute.below, key=lambda b: b[1])
            )
            other = _meant(attribute.other or "")
            value = f"CASE {cases} WHEN {number} IS NOT NULL THEN {other} END"
        elif attribute.values:
            cases = " ".join(
                f"WHEN {sql.text(written.strip().lower())} THEN {_meant(m)}" for written, m in attribute.values
            )
            other = raw if attribute.other is None else _meant(attribute.other)
            value = f"CASE WHEN {raw} IS NULL THEN NULL ELSE CASE lower({raw}) {cases} ELSE {other} END END"
            value = f"CAST({value} AS VARCHAR)"
        return f"coalesce({value}, {sql.text(attribute.missing)})" if attribute.missing else value

    def fits(self, where: Where) -> str:
        """Whether a row has the wanted values in all columns."""
        return " AND ".join(self._one_of(column, values) for column, values in where) or "true"

    def fits_any(self, where: Where) -> str:
        """Whether a row has one of the values in any column."""
        return " OR ".join(self._one_of(column, values) for column, values in where) or "false"

    def _one_of(self, column: str, values: tuple[str, ...]) -> str:
        cell = f"lower(coalesce({self.raw(column)}, ''))"
        tests = []
        for value in values:
            lowered = value.strip().lower()
            if "*" in lowered:
                escaped = lowered.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
                tests.append(f"{cell} LIKE {sql.text(escaped)} ESCAPE '\\'")
            else:
                tests.append(f"{cell} = {sql.text(lowered)}")
        return f"({' OR '.join(tests) or 'false'})"

    def _column(self, column: str) -> str:
        if column in self._types:
            return f"r.{sql.name(column)}"
        table, _, rest = column.partition(".")
        return f"{self._joined[table]}.{sql.name(rest)}"

    def _local(self, stamp: str, date_only: bool = False) -> str:
        if date_only or self._zone == self._days_in:
            return stamp
        return f"timezone({sql.text(self._days_in)}, timezone({sql.text(self._zone)}, {stamp}))"

    def _offset_in(self, raw: str) -> str:
        signs = " OR ".join(f"substr({raw}, -{place}, 1) IN ('+', '-')" for place in (6, 5, 3))
        return f"(length({raw}) > 13 AND contains({raw}, ':') AND (right({raw}, 1) IN ('Z', 'z', 'C') OR {signs}))"

    def _parsed(self, raw: str) -> str:
        """The time in a cell, in the first of the stated forms that fits; ISO also stands beside day or month first."""
        forms = list(self._dates)
        if "iso" not in forms and any(form in FIRST for form in forms):
            forms.append("iso")
        read = [self._in_form(raw, form) for form in forms]
        return read[0] if len(read) == 1 else f"coalesce({', '.join(read)})"

    def _in_form(self, raw: str, form: str) -> str:
        if form in ("seconds", "milliseconds"):
            factor = 1_000_000 if form == "seconds" else 1_000
            number = f"TRY_CAST({raw} AS DOUBLE)"
            inside = f"abs({number}) < {7.3e15 / factor!r}"
            moment = f"CASE WHEN {inside} THEN make_timestamp(CAST({number} * {factor} AS BIGINT)) END"
            return f"timezone({sql.text(self._days_in)}, timezone('UTC', {moment}))"
        if form == "excel":
            number = f"TRY_CAST({raw} AS DOUBLE)"
            days = f"CASE WHEN {number} BETWEEN 1 AND 109575 THEN round({number} * 86400) END"
            return f"TIMESTAMP '1899-12-30' + to_seconds({days})"
        if form == "iso":
            with_offset = f"TRY_CAST(replace({raw}, ' UTC', 'Z') AS TIMESTAMPTZ)"
            return f"""CASE
                WHEN NOT regexp_matches({raw}, '^[0-9]{{4}}') THEN NULL
                WHEN {self._offset_in(raw)} THEN timezone({sql.text(self._days_in)}, {with_offset})
                WHEN length({raw}) <= 10 THEN TRY_CAST({raw} AS TIMESTAMP)
                ELSE {self._local(f"TRY_CAST({raw} AS TIMESTAMP)")}
            END"""
        if form not in FIRST:
            written = f"try_strptime({raw}, {sql.text(form)})"
            return written if not re.search("%[HIcXs]", form) else self._local(written)
        forms = [day + clock for day in FIRST[form] for clock in CLOCKS]
        written = f"try_strptime({raw}, [{sql.texts(forms)}])"
        return f"CASE WHEN contains({raw}, ':') THEN {self._local(written)} ELSE {written} END"
