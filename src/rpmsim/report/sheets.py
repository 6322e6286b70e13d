"""The sheets of ``summary.xlsx`` as tables: which columns and rows each one has."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rpmsim.analysis.bands import QUANTILES, WORDS
from rpmsim.analysis.dictionary import METRICS
from rpmsim.report.all_numbers import COLUMN_MEANINGS, COLUMNS, summary_rows
from rpmsim.report.means import staff_notes
from rpmsim.report.pipeline_sheet import pipeline_sheet
from rpmsim.report.speed_sheet import cohorts_sheet, speed_sheet
from rpmsim.report.text import NOT_KEPT, headline_metric, longer_spans
from rpmsim.report.track_record import track_record_sentences

Document = Mapping[str, Any]
Row = Sequence[Any]
_DATES = ("first", "last")


@dataclass(frozen=True)
class Table:
    """A table of one sheet.

    Parameters
    ----------
    head : sequence of (str, str)
        Heading and kind of each column, of which some may be wider: ``text``, ``date``, ``number``, ``whole``,
        ``percent``, ``chance``, ``exact`` (percent with a decimal), ``ratio``.
    notes : sequence of str
        Lines below the table.
    row_kinds : sequence of str, optional
        Of each row, the kind that takes the place of ``number``: where rows have units of their own.
    """

    name: str
    head: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    widths: Mapping[int, int] | None = None
    row_kinds: Sequence[str] | None = None


def tables(document: Document, provenance: Mapping[str, Any]) -> Iterable[Table]:
    """Every sheet of the workbook but the chart, in order; those without rows are left out by who writes."""
    yield _forecast(document)
    yield _targets(document)
    yield _growth(document)
    yield _bridge(document)
    yield _deals(document)
    yield Table("Pipeline", *pipeline_sheet(document), {0: 22})
    yield Table("Speed", *speed_sheet(document), {0: 28, 2: 22})
    yield Table("Cohorts", *cohorts_sheet(document))
    yield _segments(document)
    yield _channels(document)
    yield _money(document)
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
    words = [f"{WORDS[key][0]} ({key})" if key in WORDS else key for key in keys]
    head = [("Period", "text"), ("State", "text"), ("From", "date"), ("To", "date")]
    head += [(word, kind) for word in words]
    head += [("Actuals to date", kind), ("Target", kind), ("Chance", "chance")]
    unit = document["currency"] if name == "bookings" else "deals"
    notes = [
        f"{name.capitalize()}, {unit}. {METRICS[name].definition}",
        "Quantiles of single periods do not add up to the quantile of a longer one. Means do.",
    ]
    return Table("Forecast", head, rows, notes, {0: 22})


def _targets(document: Document) -> Table:
    of_classes = document["class_targets"]
    head = [
        *([("Of", "text"), ("Name", "text")] if of_classes else []),
        ("Metric", "text"),
        ("Period", "text"),
        ("State", "text"),
        ("Target", "number"),
        ("Actual", "number"),
        ("To go", "number"),
        ("Chance", "chance"),
        ("Monte Carlo error of the chance", "exact"),
        ("Average shortfall if missed", "number"),
    ]
    keys = ["metric", "period", "state", "target", "actual", "to_go", "probability", "mc_error", "expected_miss"]
    if of_classes:
        keys = ["of", "name", *keys]
    rows = [[target.get(key) for key in keys] for target in (*document["targets"], *of_classes)]
    missing = any(target["state"] == "not kept" for target in of_classes)
    return Table("Targets", head, rows, [NOT_KEPT] if missing else [])


def _growth(document: Document) -> Table:
    keys = ("p10", "p50", "p80", "mean")
    head = [("Metric", "text"), ("Period", "text"), ("State", "text"), ("Compared with", "text"), ("Base", "text")]
    head += [(f"{WORDS[key][0]} ({key})" if key in WORDS else key, "percent") for key in keys]
    rows = [
        [entry[key] for key in ("metric", "period", "state", "against", "base", *keys)] for entry in document["growth"]
    ]
    return Table("Growth", head, rows)


def _bridge(document: Document) -> Table:
    """Means of what changed bookings: the effects add up to the change."""
    head = [("Period", "text"), ("State", "text"), ("Compared with", "text"), ("Base", "text")]
    head += [("Change of bookings", "whole"), ("of it, number of deals", "whole"), ("of it, average deal", "whole")]
    head += [("Replications without a deal in one period", "whole")]
    rows = [
        [entry[key] for key in ("period", "state", "against", "base")]
        + [entry[key]["mean"] for key in ("change", "logos", "average_deal")]
        + [entry["change"].get("undefined", 0)]
        for entry in document["growth_bridge"]
    ]
    notes = (
        f"Means over the replications, in {document['currency']}. Bookings are deals x average deal; each effect is "
        "taken at the mean of the other factor in the two periods. Replications without a deal in one of the two "
        "periods do not count."
    )
    return Table("Growth bridge", head, rows, [notes])


def _deals(document: Document) -> Table:
    head = [("Period", "text"), ("Deal", "text"), ("Label", "text"), ("Amount if won", "whole")]
    head += [("Chance of a win in the period", "chance"), ("Share of variance", "percent")]
    keys = ["period", "deal", "label", "amount", "chance", "share_of_variance"]
    if any(deal.get("expected_close") for deal in document["deals"]):
        head.append(("Expected close (CRM)", "text"))
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
        + [_mean(metrics[key]) if key in metrics else None for key, _, _ in used]
        for thing, metrics in things.items()
    ]
    first, last = (document["metrics"]["leads"]["periods"][i]["period"] for i in (0, -1))
    notes = [f"Means over {document['replications']:,} replications, {first} to {last}; all bands: sheet All numbers."]
    return Table(name, head, rows, notes, {0: 22})


def _mean(entry: Document) -> float | None:
    """The mean of a total; of percents the share, as a sheet writes it."""
    mean: float | None = entry["total"]["mean"]
    return mean / 100 if mean is not None and entry["unit"] == "percent" else mean


def _of_classes(document: Document) -> list[tuple[str, str, str]]:
    return [
        ("leads", "Leads", "whole"),
        ("wins", "Wins", "number"),
        ("leads_to_close", "Wins / leads", "exact"),
        ("bookings", f"Bookings, {document['currency']}", "whole"),
        ("average_deal", f"Average deal, {document['currency']}", "whole"),
    ]


def _segments(document: Document) -> Table:
    """Segments, and below them their groups."""
    segments = _totals(document, "segment", "Segments", _of_classes(document))
    groups = _totals(document, "group", "Segments", _of_classes(document))
    rows = [*segments.rows, *(["Group", *row[1:]] for row in groups.rows)]
    return Table("Segments", segments.head, rows, segments.notes, segments.widths)


def _channels(document: Document) -> Table:
    money = document["currency"]
    columns = [
        *_of_classes(document),
        ("sourced_share", "Share of bookings", "percent"),
        ("spend", f"Spend, {money}", "whole"),
        ("cost_per_lead", f"Spend per lead, {money}", "whole"),
        ("cost_per_opportunity", f"Spend per opportunity, {money}", "whole"),
        ("cost_per_win", f"Spend per win, {money}", "whole"),
        ("cac_by_channel", f"Cost per win, {money}", "whole"),
        ("roi_channel", "Return on cost", "ratio"),
    ]
    return _totals(document, "channel", "Channels", columns)


def _money(document: Document) -> Table:
    """Mean cost of every period: the sums, then what they are made of."""
    metrics = document["metrics"]
    if "total_cost" not in metrics:
        return Table("Money", (), ())
    names = [n for n in ("marketing_spend", "spend", "pay", "other_cost", "total_cost") if n in metrics]
    titles = {"spend": "Spend of channels", "pay": "Pay of roles", "other_cost": "Other cost"}
    columns = [(titles.get(name, name.replace("_", " ").capitalize()), "whole", metrics[name]) for name in names]
    columns += [("Wins", "number", metrics["wins"]), ("Cost / wins", "whole", metrics["cac_loaded"])]
    for of, metric, word in (("channel", "spend", "Spend"), ("role", "pay", "Pay"), ("cost", "other_cost", "Cost")):
        labels = document["labels"].get(of, {})
        columns += [
            (f"{word}: {labels.get(name, name)}", "whole", entries[metric])
            for name, entries in document[f"{of}s"].items()
            if metric in entries
        ]
    head = [("Period", "text"), ("State", "text"), ("From", "date"), ("To", "date")]
    head += [(title, kind) for title, kind, _ in columns]
    periods = metrics["total_cost"]["periods"]
    rows: list[Row] = []
    for i, period in enumerate(periods):
        state = "partial" if period["state"] != "whole" else "whole"
        days = (_day(period["first"]), _day(period["last"]))
        rows.append([period["period"], state, *days, *(_simulated(entry["periods"][i]) for _, _, entry in columns)])
    total = [entry["total"]["mean"] for _, _, entry in columns]
    rows.append(["Total", "simulated", _day(periods[0]["first"]), _day(periods[-1]["last"]), *total])
    notes = [
        f"Means over {document['replications']:,} replications, in {document['currency']}; simulated days only.",
        "Cost / wins is computed in each replication: its mean is not mean cost / mean wins.",
    ]
    return Table("Money", head, rows, notes)


def _simulated(entry: Document) -> float | None:
    """The mean of a period without actuals to date before the run."""
    mean = entry["mean"]
    return mean - entry["actual"] if mean is not None and entry.get("actual") is not None else mean


def _stages(document: Document) -> Table:
    columns = [
        ("entries", "Entered", "whole"),
        ("exits", "Left", "whole"),
        ("stock", "In stage at end", "number"),
        ("waiting", "of these, waiting", "number"),
        ("response_hours", "Mean response, hours", "number"),
        ("waiting_age_hours", "Waiting so far, hours", "number"),
        ("within_sla", "Within SLA", "percent"),
        ("gave_up", "Gave up", "number"),
        ("conversion_period", "Advanced / entered", "percent"),
    ]
    return _totals(document, "stage", "Stages", columns)


def _staff(document: Document) -> Table:
    columns = [
        ("heads", "People", "number"),
        ("utilisation", "Utilization of time", "percent"),
        ("prospecting_share", "Time on prospecting", "percent"),
        ("slot_utilisation", "Utilization of slots", "percent"),
        ("pay", f"Pay, {document['currency']}", "whole"),
    ]
    table = _totals(document, "role", "Staff", columns)
    return replace(table, notes=[*table.notes, *staff_notes(document)])


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
    rows = list(summary_rows(document))
    day = functools.cache(_day)
    for at in (COLUMNS.index(key) for key in _DATES):
        for row in rows:
            if row[at]:
                row[at] = day(row[at])
    units = COLUMNS.index("unit")
    of_unit = {document["currency"]: "whole", "share": "exact", "ratio": "ratio"}
    row_kinds = [of_unit.get(row[units], "number") for row in rows]
    head = [(key, kinds.get(key, "text")) for key in COLUMNS]
    return Table("All numbers", head, rows, (), {1: 20, 2: 18}, row_kinds)


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
        ["As of", _day(document["as_of"])],
        ["Until", _day(document["until"])],
        ["Currency", document["currency"]],
        ["Replications", document["replications"]],
        ["Seed", document["seed"]],
        ["Numbers given as ranges", document["ranged_numbers"]],
        *([["Track record", said]] if (said := track_record_sentences(document, headline_metric(document))) else []),
        ["Made at", provenance.get("created_at", "")],
        ["rpmsim", provenance.get("version", "")],
        *([f"Set: {path}", value] for path, value in provenance.get("overrides", {}).items()),
        *([f"Input: {file}", sha256] for file, sha256 in provenance.get("inputs", {}).items()),
    ]
    return Table("About", [("What", "text"), ("Value", "text")], rows, (), {0: 34, 1: 70})
