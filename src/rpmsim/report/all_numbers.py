"""All numbers of a summary as rows: what ``summary.csv`` and the sheet "All numbers" hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rpmsim.analysis.bands import QUANTILES

Document = Mapping[str, Any]

STATISTICS = ("mean", "sd", *QUANTILES, "mc_error", "undefined")
COLUMN_MEANINGS: Mapping[str, str] = {
    "of": "What the row describes: `whole`, `channel`, `segment`, `group` (of segments), `stage`, `role` or `cost`.",
    "name": "Its name; empty for the whole.",
    "metric": "Name of the metric, as defined above.",
    "unit": "Unit of the numbers of the row.",
    "span": "`period` (a reporting period), `longer` (a year, or the period of a target), `total` (the simulated days) "
    "or `total+actual` (the total including actuals to date, so that it is the sum of the periods). Filter by this "
    "column before adding up rows.",
    "period": "Label of the period; empty for the total.",
    "first": "First day of the period.",
    "last": "Last day of the period (inclusive).",
    "state": "`whole`; `partial` if some of its days are missing; `actual+simulated` if actuals to date are included; "
    "`actual` if the period is over.",
    "actual": "Actuals to date in the period; they are included in the statistics of the row.",
    "mean": "Mean of the replications.",
    "sd": "Standard deviation of the replications.",
    **{
        key: f"{value:.0%} quantile: {1 - value:.0%} of the replications lie above." for key, value in QUANTILES.items()
    },
    "mc_error": "Monte Carlo standard error of the mean: how precise the computation is, not how good the forecast is.",
    "undefined": "Number of replications in which the denominator of a ratio is zero; empty if there are none.",
}
COLUMNS = tuple(COLUMN_MEANINGS)
"""Columns, in their order, with what they hold; an empty cell is undefined."""


def summary_rows(document: Document) -> Iterator[list[Any]]:
    """One row for each metric and period, and for each metric's total: values in the order of :data:`COLUMNS`."""
    own = ("of", "name", "metric", "unit", "span")
    assert COLUMNS[: len(own)] == own
    rest = COLUMNS[len(own) :]
    for of, name, metric, entry in _entries(document):
        unit = entry["unit"]
        for span, period in _periods(entry):
            get = period.get
            yield [of, name, metric, unit, span, *[get(key) for key in rest]]


def _entries(document: Document) -> Iterator[tuple[str, str, str, Document]]:
    for metric, entry in document["metrics"].items():
        yield "whole", "", metric, entry
    for of in ("channel", "segment", "group", "stage", "role", "cost"):
        for name, metrics in document[f"{of}s"].items():
            for metric, entry in metrics.items():
                yield of, name, metric, entry


def _periods(entry: Document) -> Iterator[tuple[str, Document]]:
    yield from (("period", period) for period in entry.get("periods", ()))
    yield from (("longer", span) for span in entry.get("spans", ()))
    yield "total", entry["total"]
    if "total_with_actual" in entry:
        yield "total+actual", {"state": "actual+simulated", **entry["total_with_actual"]}
