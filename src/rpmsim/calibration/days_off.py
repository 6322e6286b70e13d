"""Public holidays of the region that the mapping states."""

from __future__ import annotations

import datetime as dt
from functools import cache

from rpmsim.calibration.clocks import AHEAD
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.part import Part
from rpmsim.text.public_holidays import public_holidays


def days_off(evidence: Evidence) -> frozenset[dt.date]:
    """Public holidays from the first day of the history to some years after it; none if no region is stated."""
    region = evidence.view.mapping.holidays
    if not region:
        return frozenset()
    return _holidays(region, evidence.first.year, evidence.date(evidence.last + AHEAD).year)


@cache
def _holidays(region: str, first: int, last: int) -> frozenset[dt.date]:
    return frozenset(public_holidays(region, range(first, last + 1)) or {})


def calendar_part(evidence: Evidence) -> Part:
    """The region in the calendar of the model."""
    region = evidence.view.mapping.holidays
    return Part({"calendar": {"holidays": region}} if region else {})
