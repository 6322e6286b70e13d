"""Whether programs simulate the same: their means against a table, in standard errors."""

from __future__ import annotations

import numpy as np
from peers.workload import Totals

TABLE = {
    "bookings": (5_538_347, 568),
    "wins": (205.22, 0.014),
    "MQL": (21_570.48, 0.15),
    "nurture": (4_597.11, 0.07),
    "SAL": (2_191.72, 0.11),
    "SQL": (1_310.52, 0.07),
    "opportunity": (913.07, 0.05),
    "lost": (14_850.87, 0.05),
    "SDR wait": (31.383, 0.0005),
    "AE wait": (44.267, 0.0005),
}
"""Mean of a year and its standard error: 1,000,000 replications of an independent per-lead program in C++.

The standard error of the waits is that of their rounding."""

LARGEST = 4.0
"""Most standard errors of the ten measures that still pass for luck: chance exceeds it once in 1,600 comparisons."""
ENOUGH = 30
"""Replications from which on a program's own spread is used; of fewer, that of rpmsim."""

Row = dict[str, float]


def compare(totals: Totals, spreads: dict[str, float], tolerance: float = 0.0) -> dict[str, Row]:
    """By measure: mean, its standard error, the difference in per cent, and in standard errors.

    ``spreads`` are standard deviations between replications, for programs too slow to have their own. ``tolerance`` is
    the relative difference that a program has by its nature; only what goes beyond it is counted in standard errors.
    """
    result = {}
    for name, values in totals.by_measure().items():
        expected, table_error = TABLE[name]
        spread = values.std(ddof=1) if len(values) >= ENOUGH else spreads[name]
        error = float(np.hypot(spread / np.sqrt(len(values)), table_error))
        off = float(values.mean() - expected)
        beyond = np.sign(off) * max(0.0, abs(off) - tolerance * expected)
        result[name] = {
            "mean": float(values.mean()),
            "standard_error": error,
            "percent": 100 * off / expected,
            "in_errors": float(beyond / error),
        }
    return result


def agrees(rows: dict[str, Row]) -> bool:
    """Whether no measure is further off than luck explains."""
    return all(abs(row["in_errors"]) <= LARGEST for row in rows.values())


def spreads_of(totals: Totals) -> dict[str, float]:
    """Standard deviations between replications."""
    return {name: float(values.std(ddof=1)) for name, values in totals.by_measure().items()}
