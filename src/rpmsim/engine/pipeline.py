"""The part ``pipeline`` of a measurement: what is open and what it is worth, and whose wins were open on day 0.

Of each replication it is read from the lives of its leads what is open when, and what they brought; then it is valued
by the prices and shares of the replication's draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.compile import Program
from rpmsim.arrays.frame import last_days
from rpmsim.arrays.layout import I64, Tables
from rpmsim.engine.outputs import by_class
from rpmsim.engine.pipeline_worth import Worth
from rpmsim.model.to_go import targets_to_go

if TYPE_CHECKING:
    from rpmsim.kernel.lives import Visits


class Pipeline:
    """Measures the pipeline in a block of replications.

    Parameters
    ----------
    program : Program
    tables : Tables
        Of the block's parameter draws.
    """

    def __init__(self, program: Program, tables: Tables) -> None:
        frame = program.frame
        self._program = program
        self._stages = np.flatnonzero([stage.kind == "opportunity" for stage in program.model.content.stages])
        self._snapshots = np.array(
            [-1, *last_days(frame)], dtype=np.int64
        )  # before the first day, and at the end of each period
        # Numbers that the lives give to listed deals; leads of smaller ones were there on day 0, too.
        first = int(frame.stock_count[frame.stock_band <= 0].sum())
        self._listed = range(first, first + len(frame.deal_stage))
        self._worth = Worth(program, tables, self._snapshots, self._stages)
        self._open_cents: list[I64] = []
        self._won_open: list[tuple[I64, I64]] = []

    def see(self, row: int, log: I64, visits: Visits) -> None:
        """Measure the next replication.

        Parameters
        ----------
        row : int
            Row of the tables.
        log : ndarray of int64, shape (records, FIELDS)
        visits : Visits
            From :func:`rpmsim.kernel.lives.lives_of`.
        """
        from rpmsim.kernel.lives import HANDED_BACK

        frame = self._program.frame
        whole = visits.edge != HANDED_BACK  # the rest of a stay that was handed back begins where it did
        lead, stage, lead_class, entered, left, edge = (
            getattr(visits, name)[whole] for name in ("lead", "stage", "lead_class", "entered", "left", "edge")
        )
        place = np.full(len(frame.stage_hash), -1)
        place[self._stages] = np.arange(len(self._stages))
        here = place[stage] >= 0
        deal = (lead >= self._listed.start) & (lead < self._listed.stop)
        some = here & ~deal
        count = self._open(place[stage[some]], lead_class[some], entered[some], left[some])
        deal_stage = np.full((len(self._snapshots), len(self._listed)), -1)
        deal_class = np.zeros_like(deal_stage)
        for i in np.flatnonzero(here & deal):
            rows = (self._snapshots >= entered[i]) & (self._snapshots < left[i])
            deal_stage[rows, lead[i] - self._listed.start] = place[stage[i]]
            deal_class[rows, lead[i] - self._listed.start] = lead_class[i]
        self._open_cents.append(self._worth.cents(row, count, deal_stage, deal_class))
        won = (edge >= 0) & (left < frame.days)
        won[won] = frame.edge_won[edge[won]] == 1
        self._won_open.append(self._won(log, lead[won], lead_class[won], left[won]))

    def arrays(self, bookings: I64) -> dict[str, NDArray[Any]]:
        """The arrays of the block.

        Parameters
        ----------
        bookings : ndarray of int64, shape (replications, periods, cells)
            In cents.
        """
        program = self._program
        cents = np.stack(self._open_cents)

        return {
            "pipeline_value": by_class(program, cents[:, 0, 1:]),
            "pipeline_weighted": by_class(program, cents[:, 1, 1:]),
            "pipeline_closing": by_class(program, cents[:, 2, :-1]),
            "target_to_go": targets_to_go(program.model, program.periods, bookings.sum(axis=2) / 100.0),
            "wins_open": by_class(program, np.stack([wins for wins, _ in self._won_open])),
            "bookings_open": by_class(program, np.stack([booked for _, booked in self._won_open])),
        }

    def _open(self, place: I64, lead_class: I64, entered: I64, left: I64) -> I64:
        """Leads in stages of opportunities at each snapshot, by class."""
        shape = (len(self._snapshots) + 1, len(self._stages), self._program.frame.classes)
        change = np.zeros(shape, dtype=np.int64)
        np.add.at(change, (np.searchsorted(self._snapshots, entered), place, lead_class), 1)
        np.add.at(change, (np.searchsorted(self._snapshots, left), place, lead_class), -1)
        return np.cumsum(change, axis=0)[:-1]

    def _won(self, log: I64, lead: I64, lead_class: I64, day: I64) -> tuple[I64, I64]:
        """Wins of leads that were there on day 0, and what they brought.

        What leads of a class bring on a day is known together; where some of them came later, by number of leads.
        """
        from rpmsim.kernel.log import BOOKED, CLASS, COUNT, DEAL, ENDED, KIND

        frame = self._program.frame
        wins = np.zeros((frame.periods, frame.cells), dtype=np.int64)
        cents = np.zeros_like(wins)
        opening = lead < self._listed.stop
        np.add.at(wins, (frame.period_of[day[opening]], frame.cell_of[lead_class[opening]]), 1)
        booked = log[log[:, KIND] == BOOKED]
        listed = booked[booked[:, DEAL] >= 0]
        np.add.at(cents, (frame.period_of[listed[:, ENDED]], frame.cell_of[listed[:, CLASS]]), listed[:, COUNT])
        others = booked[booked[:, DEAL] < 0]
        keys, where = np.unique(others[:, ENDED] * frame.classes + others[:, CLASS], return_inverse=True)
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, where, others[:, COUNT])
        unlisted = (lead < self._listed.start) | (lead >= self._listed.stop)
        key = day[unlisted] * frame.classes + lead_class[unlisted]
        won = np.bincount(np.searchsorted(keys, key), minlength=len(keys) + 1)[: len(keys)]
        own = key[lead[unlisted] < self._listed.start]
        opened = np.bincount(np.searchsorted(keys, own), minlength=len(keys) + 1)[: len(keys)]
        part = np.where(opened == won, total, np.rint(total * (opened / np.maximum(won, 1)))).astype(np.int64)
        np.add.at(cents, (frame.period_of[keys // frame.classes], frame.cell_of[keys % frame.classes]), part)
        return wins, cents
