"""All numbers of a comparison as rows: what ``compare.csv`` and the sheet "All numbers" hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rpmsim.analysis.bands import REPORTED
from rpmsim.comparison.paired import SHOWN

Document = Mapping[str, Any]

COLUMNS = (
    "metric", "unit", "period", "scenario",
    *REPORTED,
    *(f"difference_{key}" for key in SHOWN),
    "probability_better", "probability_same", "variance_saved",
)  # fmt: skip
"""Columns of ``compare.csv``; those of differences are empty for the baseline."""


def rows(document: Document) -> Iterator[dict[str, Any]]:
    """One row for each metric, period and scenario."""
    for metric, spans in document["metrics"].items():
        for period, entries in spans.items():
            for scenario, entry in entries.items():
                head = {"metric": metric, "unit": document["units"][metric], "period": period, "scenario": scenario}
                change = {f"difference_{key}": value for key, value in entry.get("difference", {}).items()}
                rest = {key: entry.get(key) for key in ("probability_better", "probability_same", "variance_saved")}
                row = head | entry["value"] | change | rest
                yield {key: row.get(key) for key in COLUMNS}
