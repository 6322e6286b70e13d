"""Public holidays of a region."""

from __future__ import annotations

import datetime as dt
import re

REGION = re.compile(r"[A-Z]{2}(-[A-Za-z0-9]{1,6})?")
"""A country, or a country and a part of it."""


def public_holidays(region: str, years: range) -> dict[dt.date, str] | None:
    """Public holidays of a region in some years, by date; None if none are known for it.

    Parameters
    ----------
    region : str
        Such as ``US`` or ``DE-BY``.
    years : range
    """
    import holidays  # takes a tenth of a second, which a file without a region need not wait for

    country, _, part = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        return None
    return {day: str(name) for day, name in sorted(found.items())}
