"""The numbers of scenarios/reference.yaml, and what every program on it returns.

The conventions that all programs share: days 0 to 364; a delay is max(1, floor(X + 0.5)) days; on a day come first the
leads whose delay ends, then new leads of the first channel, then of the second; a lead can be worked on the day on
which it comes; an event on day 365 or later is not counted; counts are by calendar month of the event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAYS = 365
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH_OF_DAY: tuple[int, ...] = tuple(month for month, days in enumerate(MONTH_DAYS) for _ in range(days))

LEADS_A_DAY = (40.0, 15.0)
P_SAL = (0.35, 0.5)
DECAY_A_DAY = 0.05
P_NURTURE = 0.3
P_BACK = 0.4
P_SQL = 0.6
P_OPPORTUNITY = 0.7
P_WON = 0.25
DESK_A_DAY = 48
SLOTS = 160

SAL_MEAN, SQL_MEAN, OPPORTUNITY_MEAN = 5.0, 10.0, 12.0
"""Means in days of gamma laws of shape 2: from MQL to SAL, from SAL on, from SQL on."""
NURTURE = (45.0, 0.8)
CLOSING = (50.0, 0.6)
AMOUNT = (18_000.0, 0.9)
"""Median and sigma of lognormal laws."""

BOOKINGS, WON, MQL, NURTURED, SAL, SQL, OPPORTUNITY, LOST = range(8)
MEASURES = ("bookings", "wins", "MQL", "nurture", "SAL", "SQL", "opportunity", "lost")
WAITS = ("SDR wait", "AE wait")


class Totals(NamedTuple):
    """Results of replications.

    ``monthly`` (replications, measures, 12): bookings and entries of stages; ``waits`` (replications, 2): mean days
    that the leads taken up had waited for an SDR and for an AE.
    """

    monthly: NDArray[np.float64]
    waits: NDArray[np.float64]

    def by_measure(self) -> dict[str, NDArray[np.float64]]:
        """Yearly numbers by name, one for each replication."""
        year = self.monthly.sum(2)
        named = {name: year[:, i] for i, name in enumerate(MEASURES)}
        return named | {name: self.waits[:, i] for i, name in enumerate(WAITS)}


def no_totals(replications: int) -> Totals:
    """Zeros to be filled."""
    return Totals(np.zeros((replications, len(MEASURES), 12)), np.zeros((replications, 2)))
