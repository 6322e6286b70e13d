"""The log of a replication: what becomes of which leads, in the order in which it is decided.

It is kept only where leads are followed one by one (``frame.follows``); :mod:`rpmsim.kernel.lives` makes lives of it.
"""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.compiled import rare_part, small_part

FIELDS = 9
"""Entries of a record: kind, stage, class, day of landing, day of take-up, day of leaving, edge, leads, listed deal."""

KIND, STAGE, CLASS, LANDED, BEGUN, ENDED, EDGE, COUNT, DEAL = range(FIELDS)

OPEN = 0
"""Leads that are in a stage at the start, since the day of landing."""
ARRIVED = 1
"""Leads come over a source edge, on the day of leaving."""
LEFT = 2
"""A lead begins a stage; the edge is -1, or the day of leaving beyond the span, where it does not leave it."""
GAVE_UP = 3
"""Leads that have waited since the day of landing leave without being taken up."""
BANDED = 4
"""Leads of a class that land get a size band: the entry of the edge is their new class."""
TAKEN_BACK = 5
"""Moves of leads are undone, as a leaver held them: over the edge on the day of leaving (-1: they were to stay). On the
day of take-up they land over the edge in the entry of the landing, or in the queue of their stage (-1)."""
ANSWERED = 6
"""Leads are taken up on the day of landing; the entry of the take-up is how many minutes they had waited."""
BOOKED = 7
"""What leads of a class that are won bring on the day of leaving: the entry of the leads is the sum in cents. It is
below 0 where the win of a listed deal is undone."""


@small_part
def note(frame, work, kind, stage, lead_class, landed, begun, ended, edge, count, deal):
    """Append a record of one lead or more, where leads are followed."""
    if frame.follows == 1:
        _append(work, kind, stage, lead_class, landed, begun, ended, edge, count, deal)


@rare_part
def _append(work, kind, stage, lead_class, landed, begun, ended, edge, count, deal):
    """Append a record; where the log is full, only count it: the caller then makes it larger and starts again."""
    n = work.log_length[0]
    work.log_length[0] = n + 1
    if n < len(work.log):
        work.log[n, KIND] = kind
        work.log[n, STAGE] = stage
        work.log[n, CLASS] = lead_class
        work.log[n, LANDED] = landed
        work.log[n, BEGUN] = begun
        work.log[n, ENDED] = ended
        work.log[n, EDGE] = edge
        work.log[n, COUNT] = count
        work.log[n, DEAL] = deal


@rare_part
def note_start(frame, work):
    """Begin the log with what is open at the start."""
    work.log_length[0] = np.int64(0)
    for i in range(len(frame.stock_stage)):
        if work.stock_count[i] > 0:
            stage, day = frame.stock_stage[i], frame.stock_day[i]
            note(frame, work, OPEN, stage, frame.stock_class[i], day, day, day, -1, work.stock_count[i], -1)
    for deal in range(len(frame.deal_stage)):
        day = frame.deal_day[deal]
        note(frame, work, OPEN, work.deal_stage[deal], work.deal_class[deal], day, day, day, -1, 1, deal)
