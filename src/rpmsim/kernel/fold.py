"""What is known when all moves are: stocks, and the amounts that could not be drawn earlier."""

from __future__ import annotations

import math

from rpmsim.kernel.amount import class_amount
from rpmsim.kernel.compiled import part
from rpmsim.kernel.purposes import LATE_AMOUNT
from rpmsim.kernel.random import next_unit, seek


@part
def fold_kernel(frame, work, out):
    """Run the stocks on, opening + moves in - moves out, and round pay to cents."""
    for period in range(frame.periods):
        for stage in range(len(frame.stage_hash)):
            for cell in range(frame.cells):
                before = out.stock[period - 1, stage, cell] if period > 0 else frame.opening_stock[stage, cell]
                out.stock[period, stage, cell] = before
        for e in range(len(frame.edge_to)):
            for cell in range(frame.cells):
                count = out.moves[period, e, cell]
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
            out.pay[period, role] = math.floor(cents + 0.5)


@part
def late_amounts_kernel(frame, tables, work, out):
    """Amounts of wins over edges from which leavers may have taken leads back; one draw for each win in order."""
    for e in range(len(frame.edge_to)):
        late = frame.edge_late[e]
        if late < 0 or frame.edge_won[e] == 0:
            continue
        for k in range(frame.classes):
            purpose = frame.stage_hash[frame.edge_from[e]] ^ LATE_AMOUNT
            seek(work.state, 0, purpose, frame.class_hash[k], work.key)
            for day in range(frame.days):
                for _ in range(work.late[day, late, k]):
                    cents = class_amount(frame, tables, k, day, next_unit(work.state))
                    out.bookings[frame.period_of[day], frame.cell_of[k]] += cents
