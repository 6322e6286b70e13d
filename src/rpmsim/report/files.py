"""The files of a run beside ``forecast.nc``: the summary as JSON and as a table, and the chart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.analysis.bands import QUANTILES
from rpmsim.dataset import provenance, variable_hashes
from rpmsim.report.charts import bands_chart

if TYPE_CHECKING:
    import xarray as xr

Document = Mapping[str, Any]

STATISTICS = ("mean", "sd", *QUANTILES, "mc_error", "undefined")
COLUMNS = ("of", "name", "metric", "unit", "span", "period", "first", "last", "state", "actual", *STATISTICS)
"""Columns of ``summary.csv``.

``of`` is what the row is about: ``whole``, ``channel``, ``stage`` or ``role``, and ``name`` which one. ``span`` is
``period`` (a reporting period), ``longer`` (a year, or the period of a target) or ``total``: filter by it before adding
up. ``actual`` is the part that has happened and is in the statistics.
Then follow the statistics of ``run --json``; an empty cell is undefined.
"""


def write_results(folder: Path, document: Document, dataset: xr.Dataset) -> None:
    """Write ``run.json``, ``summary.csv``, ``bands.svg`` and ``bands.png`` into a folder.

    Parameters
    ----------
    folder : Path
        An existing folder; that it appears whole or not at all is its owner's business.
    document : mapping
        The summary document of the run.
    dataset : xarray.Dataset
        The forecast; its hashes and its provenance go into ``run.json``.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    chart = bands_chart(document)
    (folder / "run.json").write_text(run_json(document, dataset), encoding="utf-8")
    (folder / "summary.csv").write_text(summary_csv(document), encoding="utf-8", newline="")
    (folder / "bands.svg").write_text(chart.svg, encoding="utf-8")
    (folder / "bands.png").write_bytes(chart.png)


def run_json(document: Document, dataset: xr.Dataset) -> str:
    """The document of ``run --json``, with the hash of every variable and the provenance."""
    whole = {**document, "variable_hashes": variable_hashes(dataset), "provenance": provenance(dataset)}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def summary_csv(document: Document) -> str:
    """All numbers of the document as a table, one row for each metric and period; see :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for of, name, metric, entry in _entries(document):
        for period in _periods(entry):
            row = {"of": of, "name": name, "metric": metric, "unit": entry["unit"], **period}
            writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()


def _entries(document: Document) -> Iterator[tuple[str, str, str, Document]]:
    for metric, entry in document["metrics"].items():
        yield "whole", "", metric, entry
    for of in ("channel", "stage", "role"):
        for name, metrics in document[f"{of}s"].items():
            for metric, entry in metrics.items():
                yield of, name, metric, entry


def _periods(entry: Document) -> Iterator[dict[str, Any]]:
    yield from ({"span": "period", **period} for period in entry.get("periods", ()))
    yield from ({"span": "longer", **span} for span in entry.get("spans", ()))
    yield {"span": "total", **entry["total"]}
