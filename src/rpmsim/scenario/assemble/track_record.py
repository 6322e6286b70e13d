"""The track record that a scenario states, metric by metric."""

from __future__ import annotations

from typing import Any

from rpmsim.model.plan import TrackRecord
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.language.scenario import TRACK_RECORD

_REQUIRED = ("days", "forecasts", "inside", "separate", "from", "to")


def track_record_of(stated: dict[str, Any], place: Place) -> tuple[TrackRecord, ...]:
    """The entries that say everything, headline metrics first; of the others, what they lack is reported."""
    result = []
    for metric in ("bookings", "wins", "leads"):
        entry = stated.get(metric)
        if entry is None:
            continue
        missing = [key for key in _REQUIRED if entry.get(key) is None]
        for key in missing:
            fix = f"write `{key}: {TRACK_RECORD.fields[key].example}`"
            place.error(("track_record", metric), f"a track record without `{key}`", fix)
        if not missing:
            days, forecasts, inside, separate = (int(entry[key].mid) for key in _REQUIRED[:4])
            dates = (entry["from"], entry["to"])
            result.append(TrackRecord(metric, days, forecasts, inside, separate, *dates, bool(entry.get("inherited"))))
    return tuple(result)
