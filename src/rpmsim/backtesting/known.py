"""What was known at an origin, as arrays: records, their spells in open stages, and the rates that a CRM assumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEVER", "Known"]

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

NEVER = 1 << 40
"""The day of what has not happened by the origin: after every other day, with room to add a horizon."""


@dataclass(frozen=True)
class Known:
    """The records of an as-of view. Day 0 is the first day of the history; nothing is later than the origin.

    Parameters
    ----------
    last : int
        The day of the origin, at whose end forecasts are made.
    recorded : int
        The first day from which wins and moves were recorded. Days before it are no data.
    begun : ndarray of int64, shape (records,)
        The day on which each record was created, not before 0.
    won : ndarray of int64, shape (records,)
        The day of its first win; `NEVER` if it has none.
    ended : ndarray of int64, shape (records,)
        The day of its win or loss; `NEVER` if it is open. A record that had left before `recorded`, on whatever day,
        must not be open here: it would count as one that never wins.
    amount : ndarray of float64, shape (records,)
        The amount of a won record as known at the win, in the currency; NaN if unknown or not won.
    stage, record, entered, until : ndarray of int64, shape (spells,)
        The spells in open stages: stage, record, the day on which it was entered, and the day on which it was left
        (`NEVER` if the record is still there). A record is in the stage at the end of the days from `entered` to the
        day before `until`.
    spell_amount : ndarray of float64, shape (spells,)
        The amount known when the stage was entered; NaN if unknown.
    default_rates : ndarray of float64, shape (stages,)
        The win rate that a CRM assumes by stage; 0 for stages before an opportunity.
    """

    last: int
    recorded: int
    begun: I64
    won: I64
    ended: I64
    amount: F64
    stage: I64
    record: I64
    entered: I64
    until: I64
    spell_amount: F64
    default_rates: F64
