"""The part ``pipeline`` of a measurement: what is open and what it is worth, and whose wins were open on day 0.

Of each replication it is read from the lives of its leads what is open when, and what they brought; what that is worth,
by the prices and shares of the replication's draw, is added block by block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.compile import Program
from rpmsim.arrays.layout import I64, Tables
from rpmsim.engine.pipeline_worth import Worth
from rpmsim.model.to_go import targets_to_go

if TYPE_CHECKING:
    from rpmsim.kernel.lives import Visits


class Found(NamedTuple):
    """What one replication holds; N snapshots: before the first day, and at the end of each period."""

    open: I64  # [N, stages of opportunities, K] without listed deals
    deal_stage: I64  # [N, deals] number among the stages of opportunities, -1: not open there
    deal_class: I64  # [N, deals]
    wins: I64  # [P, cells] of leads that were there on day 0
    cents: I64  # [P, cells] what they brought


@dataclass(frozen=True)
class Pipeline:
    """Measures the pipeline of a program."""

    program: Program

    @cached_property
    def stages(self) -> I64:
        """Stages of opportunities."""
        return np.flatnonzero([stage.kind == "opportunity" for stage in self.program.model.content.stages])

    @cached_property
    def snapshots(self) -> I64:
        """Day before the first one, and last day of each period."""
        frame = self.program.frame
        return np.array([-1, *np.flatnonzero(np.diff([*frame.period_of, frame.periods]))], dtype=np.int64)

    @cached_property
    def listed(self) -> range:
        """Numbers that the lives have given to listed deals; leads of smaller ones were there on day 0, too."""
        frame = self.program.frame
        first = int(frame.stock_count[frame.stock_band <= 0].sum())
        return range(first, first + len(frame.deal_stage))

    def find(self, log: I64, visits: Visits) -> Found:
        """Read the lives of one replication.

        Parameters
        ----------
        log : ndarray of int64, shape (records, FIELDS)
        visits : Visits
        """
        from rpmsim.kernel.lives import HANDED_BACK

        whole = visits.edge != HANDED_BACK  # the rest of a stay that was handed back begins where it did
        lead, stage, lead_class, entered, left, edge = (
            getattr(visits, name)[whole] for name in ("lead", "stage", "lead_class", "entered", "left", "edge")
        )
        place = np.full(len(self.program.frame.stage_hash), -1)
        place[self.stages] = np.arange(len(self.stages))
        here = place[stage] >= 0
        deal = (lead >= self.listed.start) & (lead < self.listed.stop)
        some = here & ~deal
        count = self._open(place[stage[some]], lead_class[some], entered[some], left[some])
        deal_stage = np.full((len(self.snapshots), len(self.listed)), -1)
        deal_class = np.zeros_like(deal_stage)
        for i in np.flatnonzero(here & deal):
            rows = (self.snapshots >= entered[i]) & (self.snapshots < left[i])
            deal_stage[rows, lead[i] - self.listed.start] = place[stage[i]]
            deal_class[rows, lead[i] - self.listed.start] = lead_class[i]
        won = (edge >= 0) & (left < self.program.frame.days)
        won[won] = self.program.frame.edge_won[edge[won]] == 1
        return Found(count, deal_stage, deal_class, *self._won(log, lead[won], lead_class[won], left[won]))

    def _open(self, place: I64, lead_class: I64, entered: I64, left: I64) -> I64:
        """Leads in stages of opportunities at each snapshot, by class."""
        shape = (len(self.snapshots) + 1, len(self.stages), self.program.frame.classes)
        change = np.zeros(shape, dtype=np.int64)
        np.add.at(change, (np.searchsorted(self.snapshots, entered), place, lead_class), 1)
        np.add.at(change, (np.searchsorted(self.snapshots, left), place, lead_class), -1)
        return np.cumsum(change, axis=0)[:-1]

    def _won(self, log: I64, lead: I64, lead_class: I64, day: I64) -> tuple[I64, I64]:
        """Wins of leads that were there on day 0, and what they brought.

        What leads of a class bring on a day is known together; where some of them came later, by number of leads.
        """
        from rpmsim.kernel.log import BOOKED, CLASS, COUNT, DEAL, ENDED, KIND

        frame = self.program.frame
        wins = np.zeros((frame.periods, frame.cells), dtype=np.int64)
        cents = np.zeros_like(wins)
        opening = lead < self.listed.stop
        np.add.at(wins, (frame.period_of[day[opening]], frame.cell_of[lead_class[opening]]), 1)
        booked = log[log[:, KIND] == BOOKED]
        listed = booked[booked[:, DEAL] >= 0]
        np.add.at(cents, (frame.period_of[listed[:, ENDED]], frame.cell_of[listed[:, CLASS]]), listed[:, COUNT])
        others = booked[booked[:, DEAL] < 0]
        keys, where = np.unique(others[:, ENDED] * frame.classes + others[:, CLASS], return_inverse=True)
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, where, others[:, COUNT])
        unlisted = (lead < self.listed.start) | (lead >= self.listed.stop)
        key = day[unlisted] * frame.classes + lead_class[unlisted]
        won = np.bincount(np.searchsorted(keys, key), minlength=len(keys) + 1)[: len(keys)]
        own = key[lead[unlisted] < self.listed.start]
        opened = np.bincount(np.searchsorted(keys, own), minlength=len(keys) + 1)[: len(keys)]
        part = np.where(opened == won, total, np.rint(total * (opened / np.maximum(won, 1)))).astype(np.int64)
        np.add.at(cents, (frame.period_of[keys // frame.classes], frame.cell_of[keys % frame.classes]), part)
        return wins, cents

    def arrays(self, tables: Tables, rows: I64, found: list[Found], bookings: I64) -> dict[str, NDArray[Any]]:
        """The arrays of a block.

        Parameters
        ----------
        tables : Tables
            Of the block's parameter draws.
        rows : ndarray of int64, shape (replications,)
            Row of the tables for each replication.
        found : list of Found
        bookings : ndarray of int64, shape (replications, periods, cells)
            In cents.
        """
        program = self.program
        worth = Worth(program, tables, self.snapshots, self.stages)
        cents = np.stack(
            [
                worth.cents(int(row), one.open, one.deal_stage, one.deal_class)
                for row, one in zip(rows, found, strict=True)
            ]
        )
        classes = (len(program.classes.channels), len(program.classes.segments))

        def by_class(values: I64) -> I64:
            return values.reshape(*values.shape[:-1], *classes)

        return {
            "pipeline_value": by_class(cents[:, 0, 1:]),
            "pipeline_weighted": by_class(cents[:, 1, 1:]),
            "pipeline_closing": by_class(cents[:, 2, :-1]),
            "target_to_go": targets_to_go(program.model, program.periods, bookings.sum(axis=2) / 100.0),
            "wins_open": by_class(np.stack([one.wins for one in found])),
            "bookings_open": by_class(np.stack([one.cents for one in found])),
        }
