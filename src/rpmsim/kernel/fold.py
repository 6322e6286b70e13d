"""What is known when all moves are: stocks, and the amounts that could not be drawn earlier."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.arrays.layout import MOST_CENTS
from rpmsim.kernel.amount import amount_sum, book
from rpmsim.kernel.compiled import part
from rpmsim.kernel.log import BOOKED, note
from rpmsim.kernel.purposes import LATE_AMOUNT
from rpmsim.kernel.random import seek


@part
def fold_kernel(frame, work, out):
    """Run the stocks on, opening + moves in - moves out, and round pay to cents."""
    edges = len(frame.edge_to)
    for period in range(frame.periods):
        for stage in range(len(frame.stage_hash)):
            for cell in range(frame.cells):
                before = out.stock[period - 1, stage, cell] if period > 0 else frame.opening_stock[stage, cell]
                out.stock[period, stage, cell] = before
        for e in range(edges):
            for cell in range(frame.cells):
                count = out.moves[(period * edges + e) * frame.cells + cell]
                out.stock[period, frame.edge_to[e], cell] += count
                if frame.edge_from[e] >= 0:
                    out.stock[period, frame.edge_from[e], cell] -= count
    for role in range(len(frame.role_hash)):
        day = 0
        for period in range(frame.periods):
            cents = 0.0
            while day < frame.days and frame.period_of[day] == period:
                cents += work.pay[role, day]
                day += 1
            if cents >= MOST_CENTS:
                work.too_much[0] = -1
                cents = 0.0
            out.pay[period, role] = math.floor(cents + 0.5)


@part
def late_amounts_kernel(frame, tables, work, out):
    """Amounts of wins that could not be drawn when the leads began: of counts, and where leavers may take leads back.

    Wins of a period on the same prices are drawn together, in the order of their days.
    """
    for e in range(len(frame.edge_to)):
        late = frame.edge_late[e]
        if late < 0 or frame.edge_won[e] == 0:
            continue
        for k in range(frame.classes):
            purpose = frame.stage_hash[frame.edge_from[e]] ^ LATE_AMOUNT
            seek(work.state, 0, purpose, frame.class_hash[k], work.key)
            day = 0
            while day < frame.days:
                last = frame.alike_until[day]
                wins = np.int64(0)
                for d in range(day, last + 1):
                    wins += work.late[late, k, d]
                if wins > 0 and frame.by_day == 0:
                    cents = amount_sum(frame, tables, work, k, day, wins)
                    book(frame, work, out, day, k, cents)
                elif wins > 0:
                    _amounts_by_day(frame, tables, work, out, late, k, day, last, wins)
                day = last + 1


@part
def _amounts_by_day(frame, tables, work, out, late, k, first, last, wins):
    """The amounts that are drawn together for days that nothing distinguishes, day by day."""
    at_once = wins > frame.exact_amounts
    total = np.int64(0)
    if at_once:
        total = amount_sum(frame, tables, work, k, first, wins)
    for day in range(first, last + 1):
        here = np.int64(work.late[late, k, day])
        if here == 0:
            continue
        if not at_once:
            cents = amount_sum(frame, tables, work, k, day, here)
        else:
            cents = np.int64(math.floor(total * (here / wins) + 0.5))
        total -= cents
        wins -= here
        book(frame, work, out, day, k, cents)
        note(frame, work, BOOKED, -1, k, day, day, day, -1, cents, -1)
