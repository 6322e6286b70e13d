"""All numbers of a comparison as rows: what ``compare.csv`` and the sheet "All numbers" hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

_BAND = ("mean", "sd", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "mc_error")
_DIFFERENCE = ("mean", "sd", "p10", "p25", "p50", "p75", "p80", "p90", "mc_error")
COLUMNS = (
    "metric", "unit", "period", "scenario",
    *_BAND,
    *(f"difference_{key}" for key in _DIFFERENCE),
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
