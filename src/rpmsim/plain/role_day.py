"""What a role can do on one day, in time and in slots (model, section 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MICRO = 1_000_000
"""Time is counted in millionths of a lead or an hour."""


@dataclass(slots=True)
class RoleDay:
    """What a role can do on a day, and at its end what it did.

    Parameters
    ----------
    heads, ramped, pay_per_month : float
        Of the people present.
    budget, time : float
        Time of the whole day and what is left of it, in millionths; infinite without a throughput limit.
    share : float
        Open items that can be held on average; infinite without a limit.
    slots : float
        Open items that can be held today.
    load : float
        Open items of last evening for each ramped head.
    held : int
        Open items in the evening.
    prospecting : float
        Time in which leads were made.
    """

    open: bool
    heads: float
    ramped: float
    pay_per_month: float
    budget: float
    share: float
    slots: float
    load: float
    time: float = field(init=False)
    held: int = 0
    prospecting: float = 0.0

    def __post_init__(self) -> None:
        self.time = self.budget

    def free(self, held: int) -> float:
        """Share of the day that the queues leave free."""
        used = 0.0
        if math.isfinite(self.budget):
            used = 1.0 - self.time / self.budget if self.budget > 0 else 1.0
        if math.isfinite(self.share):
            used = max(used, held / self.share if self.share > 0.0 else 1.0)
        return max(0.0, 1.0 - used)


def slots_today(share: float, debt: float) -> float:
    """Open items that a role can hold: the next whole number, unless the fraction was used too much before."""
    if math.isinf(share):
        return math.inf
    whole = math.floor(share + 1e-9)
    return whole + 1 if share > whole + 1e-9 and debt <= 1e-6 else whole


def slot_debt(debt: float, share: float, held: int) -> float:
    """Item-days that were used beyond the fraction of a slot, after one more day; at most one day is saved up."""
    if math.isinf(share):
        return 0.0
    whole = math.floor(share + 1e-9)
    fraction = share - whole if share > whole + 1e-9 else 0.0
    return max(debt + min(held, math.ceil(share - 1e-9)) - share, -fraction)
