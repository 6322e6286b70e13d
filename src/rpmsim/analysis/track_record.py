"""The track record of a forecast, as a part of its document."""

from __future__ import annotations

from typing import Any

from rpmsim.model.plan import Model


def track_record(model: Model) -> list[dict[str, Any]]:
    """How past forecasts fared, one entry a metric, as plain values; empty where the scenario does not state it."""
    return [
        {
            "metric": record.metric,
            "days": record.days,
            "forecasts": record.forecasts,
            "inside": record.inside,
            "separate": record.separate,
            "from": record.first.isoformat(),
            "to": record.last.isoformat(),
            "inherited": record.inherited,
        }
        for record in model.track_record
    ]
