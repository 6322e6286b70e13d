"""Today's pipeline: the open records as the scenario lists them, one by one or, if they are very many, as counts."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from rpmsim.calibration.evidence import Evidence

MOST_ROWS = 20_000
"""Rows that a table of a scenario has at most."""

COUNTED = ("stage", "channel", "segment", "returns")
"""Columns by which records are counted, beside their age."""


def open_rows(
    evidence: Evidence, stages: set[str], with_returns: bool, extra: dict[str, list[str]] | None = None
) -> list[dict[str, str]]:
    """Open records of the stages of the model, in the order of their IDs.

    Parameters
    ----------
    evidence : Evidence
    stages : set of str
        Stages of the model; records in others are left out.
    with_returns : bool
        Whether records that were moved back before are a class of their own.
    extra : dict of str to list of str, optional
        Further columns, by name, for all open records of the evidence.

    Returns
    -------
    list of dict
        With the keys of open deals: id, stage, entered, channel, segment, amount and the further ones.
    """
    columns, rows = evidence.open_records, []
    with_waiting = bool(columns["waiting"].any())
    with_amount = bool(np.isfinite(columns["amount"]).any()) if len(columns["amount"]) else False
    for i in range(len(columns["number"])):
        stage = evidence.stages[int(columns["stage"][i])].name
        if stage not in stages:
            continue
        row = {
            "id": str(columns["record"][i]),
            "stage": stage,
            "entered": evidence.date(columns["entered"][i]).isoformat(),
            "channel": evidence.channels.names[int(columns["channel"][i])],
            "segment": evidence.segments.names[int(columns["segment"][i])],
        }
        if with_amount:
            amount = columns["amount"][i]
            row["amount"] = f"{amount:.2f}" if np.isfinite(amount) and amount != 0 else ""
        if with_returns:
            row["returns"] = str(int(columns["returns"][i]))
        if with_waiting:
            row["waiting"] = "yes" if columns["waiting"][i] else "no"
        for name, values in (extra or {}).items():
            row[name] = values[i]
        rows.append(row)
    return rows


def counted_rows(evidence: Evidence, rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The same records as counts by stage, class and age; high ages are rounded until the table fits.

    Returns
    -------
    list of dict
        With the columns of an opening table; ``wait`` in place of ``age`` for records that wait for staff.
    """
    listed = list(rows)
    ages = np.array([(evidence.as_of - dt.date.fromisoformat(row["entered"])).days for row in listed])
    width = 1.0
    while True:
        rounded = (
            ages
            if width == 1.0
            else np.where(ages > 0, width ** np.floor(np.log(np.maximum(ages, 1)) / np.log(width)), 0)
        )
        counts = Counter(
            (
                *(row.get(name, "") for name in COUNTED),
                "" if row.get("waiting") == "yes" else f"{age} days",
                f"{age} days" if row.get("waiting") == "yes" else "",
            )
            for row, age in zip(listed, rounded.astype(np.int64).tolist(), strict=True)
        )
        if len(counts) <= MOST_ROWS:
            break
        width = width * 1.05
    names = [*COUNTED, "age", "wait"]
    return [{**dict(zip(names, key, strict=True)), "count": str(count)} for key, count in sorted(counts.items())]


def table_text(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """The text of a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
