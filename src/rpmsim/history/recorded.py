"""Which days of a stage were recorded at all: what lies outside is missing, not absent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rpmsim.history.mapping import Days, HistoryMapping, Source


@dataclass(frozen=True)
class Recorded:
    """First and last day on which entries of a stage were recorded; ``None``: as far as the records go."""

    first: dt.date | None = None
    last: dt.date | None = None


def recorded(mapping: HistoryMapping) -> dict[str, Recorded]:
    """What the sources state as ``recorded_from`` and ``recorded_until``, for each stage of the mapping.

    Where several sources state a day for one stage, the shorter time holds: only in it are all of them complete.

    Parameters
    ----------
    mapping : HistoryMapping

    Returns
    -------
    dict of str to Recorded
    """
    result = {}
    for rule in mapping.stages:
        firsts = [day for source in mapping.sources for day in _stated(source, source.recorded_from, rule.name)]
        lasts = [day for source in mapping.sources for day in _stated(source, source.recorded_until, rule.name)]
        result[rule.name] = Recorded(max(firsts, default=None), min(lasts, default=None))
    return result


def _stated(source: Source, days: Days, stage: str) -> list[dt.date]:
    """Days stated for a stage; one for the whole source counts for the stages that the source has."""
    own = {time.stage for time in source.stages} | {source.starts}
    whole = source.shape != "wide" or "current" in source.columns or stage in own
    return [day for name, day in days if name == stage or (name == "*" and whole and source.shape != "work")]
