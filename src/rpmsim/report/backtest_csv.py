"""All forecasts of a backtest as a table: what ``backtest.csv`` holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

OWN = "rpmsim"
"""The method whose rows have all columns; the others are baselines."""
_KEYS = ("origin", "target", "horizon")
_OF_METHOD = ("mean", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "crps", "pit", "chance", "reached")
COLUMNS = (*_KEYS, "method", "actual", *_OF_METHOD)
"""Columns of ``backtest.csv``; an empty cell is not known. ``reached`` is 1 or 0."""


def backtest_csv(document: Document) -> str:
    """One row for each forecast and method; see :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(document))
    return out.getvalue()


def _rows(document: Document) -> Iterator[list[Any]]:
    for forecast in document["forecasts"]:
        for method, own in ((OWN, forecast), *(forecast.get("baselines") or {}).items()):
            values = [(own or {}).get(key) for key in _OF_METHOD]
            row = [*(forecast[key] for key in _KEYS), method, forecast.get("actual"), *values]
            yield [int(value) if isinstance(value, bool) else value for value in row]
