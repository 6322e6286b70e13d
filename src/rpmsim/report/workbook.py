"""``summary.xlsx``: one sheet for each table of a run, numbers as numbers, and what the words mean."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rpmsim.analysis.bands import QUANTILES, WORDS
from rpmsim.analysis.dictionary import METRICS
from rpmsim.report.rows import COLUMN_MEANINGS, COLUMNS, summary_rows
from rpmsim.report.text import headline_metric, longer_spans

Document = Mapping[str, Any]
Row = Sequence[Any]

_FORMATS = {
    "text": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "number": {"num_format": "#,##0.##"},
    "whole": {"num_format": "#,##0"},
    "percent": {"num_format": "0.0%"},
}
_WIDTHS = {"text": 16, "date": 11, "number": 13, "whole": 13, "percent": 10}
_ALIGNED = {"text": "left", "date": "right", "number": "right", "whole": "right", "percent": "right"}
_LINE_POINTS = 15
_WRAPPED_ABOVE = 40
_DATES = ("first", "last")
MOST_ROWS = 1_000_000
"""A sheet holds 1,048,576."""


@dataclass(frozen=True)
class Table:
    """A table of one sheet.

    Parameters
    ----------
    head : sequence of (str, str)
        Heading and kind of each column, of which some may be wider: ``text``, ``date``, ``number``, ``whole``,
        ``percent``.
    notes : sequence of str
        Lines below the table.
    """

    name: str
    head: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    widths: Mapping[int, int] | None = None


def workbook(document: Document, provenance: Mapping[str, Any], chart_png: Callable[[], bytes]) -> bytes:
    """The workbook of a run.

    Parameters
    ----------
    document : mapping
        The summary document.
    provenance : mapping
        For the sheet that says what the numbers rest on.
    chart_png : callable
        Gives the chart, for a sheet of its own, when all else is there.

    Returns
    -------
    bytes
        An XLSX file; the same for the same run.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        created = provenance.get("created_at")
        book.set_properties(
            {
                "title": document["label"],
                "created": dt.datetime.fromisoformat(created) if created else dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
            }
        )
        formats = {kind: book.add_format({**style, "valign": "top"}) for kind, style in _FORMATS.items()}
        style = {"bold": True, "bg_color": "#e8eef5", "bottom": 1, "text_wrap": True, "valign": "bottom"}
        headings = {kind: book.add_format(style | {"align": _ALIGNED[kind]}) for kind in _FORMATS}
        note = book.add_format({"italic": True, "font_color": "#5f6368"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        tables = [table for table in _tables(document, provenance) if table.rows]
        for table in tables:
            _write(book.add_worksheet(table.name), table, formats, headings, note, wrapped)
            if table.name == "Forecast":
                chart = book.add_worksheet("Chart")
                chart.hide_gridlines(2)
                chart.set_landscape()
                chart.fit_to_pages(1, 1)
        image = {"image_data": io.BytesIO(chart_png()), "x_scale": 0.45, "y_scale": 0.45}
        chart.insert_image(0, 0, "bands.png", image | {"description": "Forecast as bands"})
    return out.getvalue()


def _write(
    sheet: Any, table: Table, formats: Mapping[str, Any], headings: Mapping[str, Any], note: Any, wrapped: Any
) -> None:
    for column, (title, kind) in enumerate(table.head):
        width = (table.widths or {}).get(column, _WIDTHS[kind])
        sheet.set_column(column, column, width, formats[kind])  # also of cells that hold nothing
        sheet.write_string(0, column, title, headings[kind])
    sheet.set_row(0, 2 * _LINE_POINTS)
    for number, row in enumerate(table.rows[:MOST_ROWS], 1):
        for column, (value, (_, kind)) in enumerate(zip(row, table.head, strict=True)):
            if value is None or value == "":
                continue
            width = (table.widths or {}).get(column, 0)
            wide = width > _WRAPPED_ABOVE and isinstance(value, str)
            _put(
                sheet,
                number,
                column,
                value,
                wrapped if wide else formats["date" if isinstance(value, dt.date) else kind],
            )
            if wide and len(value) > width:
                sheet.set_row(number, _LINE_POINTS * math.ceil(1.1 * len(value) / width))
    last = min(len(table.rows), MOST_ROWS)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(table.head) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for i, text in enumerate(table.notes):
        sheet.write_string(last + 2 + i, 0, text, note)


def _put(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    """A number as a number, a day as a day, and text never as a formula."""
    if isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), style)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value), style)


def _tables(document: Document, provenance: Mapping[str, Any]) -> Iterable[Table]:
    yield _forecast(document)
    yield _targets(document)
    yield _growth(document)
    yield _deals(document)
    yield _channels(document)
    yield _stages(document)
    yield _staff(document)
    yield _all_numbers(document)
    yield _definitions()
    yield _about(document, provenance)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _forecast(document: Document) -> Table:
    name = headline_metric(document)
    metric = document["metrics"][name]
    targets = {t["period"]: t for t in document["targets"] if t["metric"] == name}
    kind = "whole" if name == "bookings" else "number"
    keys = ("p10", "p25", "p50", "p75", "p80", "p90", "mean")
    rows = []
    for entry in (*metric["periods"], *longer_spans(metric)):
        target = targets.get(entry["period"], {})
        rows.append(
            [
                entry.get("title", entry["period"]),
                entry["state"],
                _day(entry["first"]),
                _day(entry["last"]),
                *(entry[key] for key in keys),
                entry.get("actual"),
                target.get("target"),
                target.get("probability"),
            ]
        )
    words = [f"{key}: {WORDS[key][0]}" if key in WORDS else key for key in keys]
    head = [("Period", "text"), ("State", "text"), ("From", "date"), ("To", "date")]
    head += [(word, kind) for word in words]
    head += [("of it actual", kind), ("Target", kind), ("Chance", "percent")]
    unit = document["currency"] if name == "bookings" else "deals"
    notes = [
        f"{name.capitalize()}, {unit}. {METRICS[name].definition}",
        "Quantiles of single periods do not add up to the quantile of a longer one; means do.",
    ]
    return Table("Forecast", head, rows, notes, {0: 22})


def _targets(document: Document) -> Table:
    head = [
        ("Metric", "text"),
        ("Period", "text"),
        ("State", "text"),
        ("Target", "number"),
        ("Actual", "number"),
        ("To go", "number"),
        ("Chance", "percent"),
        ("Error of the chance", "percent"),
        ("Short by, when missed", "number"),
    ]
    keys = ("metric", "period", "state", "target", "actual", "to_go", "probability", "mc_error", "expected_miss")
    return Table("Targets", head, [[target.get(key) for key in keys] for target in document["targets"]])


def _growth(document: Document) -> Table:
    keys = ("p10", "p50", "p80", "mean")
    head = [("Metric", "text"), ("Period", "text"), ("State", "text"), ("Against", "text"), ("Base", "text")]
    head += [(f"{key}: {WORDS[key][0]}" if key in WORDS else key, "percent") for key in keys]
    rows = [
        [entry[key] for key in ("metric", "period", "state", "against", "base", *keys)] for entry in document["growth"]
    ]
    return Table("Growth", head, rows)


def _deals(document: Document) -> Table:
    head = [("Period", "text"), ("Deal", "text"), ("Label", "text"), ("Amount, if won", "whole")]
    head += [("Chance to be won in it", "percent"), ("Share of its variance", "percent")]
    keys = ["period", "deal", "label", "amount", "chance", "share_of_variance"]
    if any(deal.get("expected_close") for deal in document["deals"]):
        head.append(("Expected close, in the CRM", "text"))
        keys.append("expected_close")
    notes = ["Listed deals with at least 5% of the variance of the period's bookings; at most five for each period."]
    return Table("Deals", head, [[deal[key] for key in keys] for deal in document["deals"]], notes, {2: 24})


def _totals(document: Document, of: str, name: str, columns: Sequence[tuple[str, str, str]]) -> Table:
    """Means of the totals, a row for each channel, stage or role."""
    things = document[f"{of}s"]
    used = [column for column in columns if any(column[0] in metrics for metrics in things.values())]
    head = [(of.capitalize(), "text"), ("Name", "text"), *((title, kind) for _, title, kind in used)]
    rows = [
        [document["labels"].get(of, {}).get(thing, thing), thing]
        + [metrics[key]["total"]["mean"] if key in metrics else None for key, _, _ in used]
        for thing, metrics in things.items()
    ]
    first, last = (document["metrics"]["leads"]["periods"][i]["period"] for i in (0, -1))
    notes = [f"Means over {document['replications']:,} replications, {first} to {last}; all bands: sheet All numbers."]
    return Table(name, head, rows, notes, {0: 22})


def _channels(document: Document) -> Table:
    money = document["currency"]
    columns = [
        ("leads", "Leads", "whole"),
        ("wins", "Wins", "number"),
        ("bookings", f"Bookings, {money}", "whole"),
        ("sourced_share", "Share of bookings", "percent"),
        ("cac_by_channel", f"Cost per win, {money}", "whole"),
    ]
    return _totals(document, "channel", "Channels", columns)


def _stages(document: Document) -> Table:
    columns = [
        ("entries", "Moved in", "whole"),
        ("exits", "Moved out", "whole"),
        ("stock", "There at the end", "number"),
        ("waiting", "of them waiting", "number"),
        ("response_hours", "Mean wait, hours", "number"),
        ("within_sla", "Within limit", "percent"),
        ("gave_up", "Gave up", "number"),
        ("conversion_period", "Advanced / entered", "percent"),
    ]
    return _totals(document, "stage", "Stages", columns)


def _staff(document: Document) -> Table:
    columns = [
        ("heads", "People", "number"),
        ("utilisation", "of their time used", "percent"),
        ("slot_utilisation", "of their slots used", "percent"),
    ]
    return _totals(document, "role", "Staff", columns)


def _all_numbers(document: Document) -> Table:
    kinds = {
        "first": "date",
        "last": "date",
        "undefined": "whole",
        "actual": "number",
        "mean": "number",
        "sd": "number",
    }
    kinds |= dict.fromkeys((*QUANTILES, "mc_error"), "number")
    rows = [
        [_day(value) if key in _DATES and value else value for key, value in ((key, row.get(key)) for key in COLUMNS)]
        for row in summary_rows(document)
    ]
    return Table("All numbers", [(key, kinds.get(key, "text")) for key in COLUMNS], rows, (), {1: 20, 2: 18})


def _definitions() -> Table:
    head = [("Name", "text"), ("Unit", "text"), ("Meaning", "text")]
    rows = [[metric.name, metric.unit, metric.definition] for metric in METRICS.values()]
    rows += [[key, "", meaning] for key, meaning in COLUMN_MEANINGS.items()]
    return Table("Definitions", head, rows, (), {0: 20, 1: 14, 2: 110})


def _about(document: Document, provenance: Mapping[str, Any]) -> Table:
    rows: list[Row] = [
        ["Scenario", document["label"]],
        ["Status", document["status"]],
        ["Approved by", document["approved_by"]],
        ["Known up to", _day(document["as_of"])],
        ["Simulated until", _day(document["until"])],
        ["Currency", document["currency"]],
        ["Replications", document["replications"]],
        ["Seed", document["seed"]],
        ["Numbers given as ranges", document["ranged_numbers"]],
        ["Made at", provenance.get("created_at", "")],
        ["rpmsim", provenance.get("version", "")],
        *([f"Set: {path}", value] for path, value in provenance.get("overrides", {}).items()),
        *([f"Input: {file}", sha256] for file, sha256 in provenance.get("inputs", {}).items()),
    ]
    return Table("About", [("What", "text"), ("Value", "text")], rows, (), {0: 34, 1: 70})
