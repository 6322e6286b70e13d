"""From moves by day to counts by period, channel and segment; and the amounts that could not be drawn earlier."""

from __future__ import annotations

from rpmsim.kernel.amount import won_amount
from rpmsim.kernel.arrivals import seek
from rpmsim.kernel.compiled import part
from rpmsim.kernel.purposes import LATE_AMOUNT
from rpmsim.kernel.random import U32, next_unit


@part
def fold_kernel(frame, work, out, n):
    """Add up ``moved`` by period and cell, and run the stocks on: opening + moves in - moves out."""
    edges = len(frame.edge_to)
    days = frame.days
    day = 0
    while day < days:
        period = frame.period_of[day]
        work.fold[:] = 0
        while day < days and frame.period_of[day] == period:
            for e in range(edges):
                for k in range(frame.classes):
                    work.fold[e, k] += work.moved[day, e, k]
            day += 1
        for e in range(edges):
            for k in range(frame.classes):
                out.moves[n, period, e, frame.cell_of[k]] += work.fold[e, k]
    for period in range(frame.periods):
        for stage in range(len(frame.stage_hash)):
            for cell in range(frame.cells):
                before = out.stock[n, period - 1, stage, cell] if period > 0 else frame.opening_stock[stage, cell]
                out.stock[n, period, stage, cell] = before
        for e in range(edges):
            for cell in range(frame.cells):
                count = out.moves[n, period, e, cell]
                out.stock[n, period, frame.edge_to[e], cell] += count
                if frame.edge_from[e] >= 0:
                    out.stock[n, period, frame.edge_from[e], cell] -= count


@part
def late_amounts_kernel(frame, tables, work, out, n, replication, key0, key1):
    """Amounts of wins over edges from which leavers may have taken leads back; one draw for each win in order."""
    for e in range(len(frame.edge_to)):
        if frame.edge_late_amount[e] == 0:
            continue
        for k in range(frame.classes):
            seek(
                work.state,
                0,
                replication,
                frame.stage_hash[frame.edge_from[e]] ^ U32(LATE_AMOUNT),
                frame.class_hash[k],
                key0,
                key1,
            )
            for day in range(frame.days):
                for _ in range(work.moved[day, e, k]):
                    word = U32(next_unit(work.state) * 4294967295.0)
                    cents = won_amount(frame, tables, k, -1, day, word)
                    out.bookings[n, frame.period_of[day], frame.cell_of[k]] += cents
