"""The track record of a forecast in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

NONE = (
    "Track record: none. `rpmsim backtest HISTORY.yaml` makes one, and the next `rpmsim calibrate HISTORY.yaml` states "
    "it in the model."
)
BUILT_ON = " of the model that this scenario builds on"


def track_record_sentences(document: Document, headline: str) -> str:
    """How past forecasts of the headline metric and of leads fared.

    Parameters
    ----------
    document : mapping
        The summary document.
    headline : {"bookings", "wins"}
        Where it has no record, wins stand for bookings.

    Returns
    -------
    str
        One or two sentences. Where a calibrated model has no record, which commands make one; empty for a scenario
        that no calibration made.
    """
    records = {record["metric"]: record for record in document["track_record"]}
    first = records.get(headline) or records.get("wins")
    shown = [record for record in (first, records.get("leads")) if record is not None]
    if not shown:
        return NONE if document.get("posterior") else ""
    whose = BUILT_ON if any(record["inherited"] for record in shown) else ""
    said = [_sentence(record) for record in shown]
    return f"Track record{whose}: {' '.join([said[0], *(f'{text[:1].upper()}{text[1:]}' for text in said[1:])])}"


def _sentence(record: Document) -> str:
    count, days, inside = record["forecasts"], record["days"], record["inside"]
    made = f"from {record['from']} to {record['to']}" if count > 1 else f"on {record['from']}"
    forecasts = f"{count:,} forecasts" if count > 1 else "1 forecast"
    ahead = f"{days:,} days" if days > 1 else "1 day"
    return (
        f"of {forecasts} of {record['metric']} {ahead} ahead made {made}, {inside:,} fell inside the 8-in-10 band "
        f"(8 in 10 would be {0.8 * count:,.0f}){_overlap(record)}."
    )


def _overlap(record: Document) -> str:
    """Forecasts of common days share their chance: how many share none."""
    count, separate = record["forecasts"], record["separate"]
    if count == 1:
        return ""
    if separate == count:
        return "; their spans do not overlap"
    return f"; {separate:,} of the spans do not overlap" if separate > 1 else "; all of the spans overlap"
