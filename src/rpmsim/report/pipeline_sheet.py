"""The sheet of the pipeline: what is open at the end of every period, and what comes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rpmsim.report.sheet import Sheet

Document = Mapping[str, Any]

_COLUMNS = (
    ("pipeline_count", "Open deals", "number"),
    ("pipeline_value", "Value", "whole"),
    ("pipeline_weighted", "Weighted value", "whole"),
    ("pipeline_coverage", "Coverage, median", "ratio"),
    ("wins_open", "Wins from open records", "number"),
    ("wins_new", "Wins from new leads", "number"),
    ("bookings_open", "Bookings from open records", "whole"),
    ("bookings_new", "Bookings from new leads", "whole"),
    ("marketing_sourced_pipeline_count", "Open deals sourced by marketing", "number"),
    ("marketing_sourced_pipeline", "Value sourced by marketing", "whole"),
    ("marketing_sourced_pipeline_share", "Share of value sourced by marketing", "percent"),
    ("marketing_sourced_wins", "Wins sourced by marketing", "number"),
    ("marketing_sourced_bookings", "Bookings sourced by marketing", "whole"),
    ("marketing_sourced_share", "Share of bookings sourced by marketing", "percent"),
)
_BY_MEDIAN = ("pipeline_coverage",)
"""What has no useful mean: in some replications next to nothing is to go."""
_REQUESTED = "wins_open"
"""Only there if the pipeline was measured, whether deals have amounts or not."""


def pipeline_sheet(document: Document) -> Sheet:
    """Means of every period and in total (of coverage, medians).

    The total of what is open at the end of a period is that at the end of the run.
    """
    metrics = document["metrics"]
    if _REQUESTED not in metrics:
        return Sheet()
    used = [
        (title, kind, metrics[name], "p50" if name in _BY_MEDIAN else "mean")
        for name, title, kind in _COLUMNS
        if name in metrics
    ]
    labels = document["labels"].get("channel", {})
    used += [
        (f"Value: {labels.get(name, name)}", "whole", entries["pipeline_value"], "mean")
        for name, entries in document["channels"].items()
        if "pipeline_value" in entries
    ]
    head = [("Period", "text"), ("State", "text"), ("From", "date"), ("To", "date")]
    head += [(title, kind) for title, kind, _, _ in used]
    rows = []
    periods = metrics[_REQUESTED]["periods"]
    for i, period in enumerate(periods):
        days = [dt.date.fromisoformat(period[key]) for key in ("first", "last")]
        rows.append([period["period"], period["state"], *days, *(entry["periods"][i][key] for *_, entry, key in used)])
    whole = [dt.date.fromisoformat(periods[i][key]) for i, key in ((0, "first"), (-1, "last"))]
    rows.append(["Total, or at the end", "simulated", *whole, *(entry["total"][key] for *_, entry, key in used)])
    means = f"Means over {document['replications']:,} replications, in {document['currency']}; simulated days only."
    notes = [
        f"{means} All bands: sheet All numbers.",
        "Open deals and their values are those at the end of the period; coverage is that at its start.",
        "Coverage is a median, because its mean is large if next to nothing is still to go in some replications.",
        "Coverage and shares are computed in each replication: their mean is not a ratio of the means.",
        "Replications in which they are undefined are left out.",
    ]
    return Sheet(head, rows, notes)
