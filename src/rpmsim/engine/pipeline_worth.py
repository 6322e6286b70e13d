"""What open opportunities are worth: by the prices, shares and due dates of a draw, at each snapshot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.chances import chances_on
from rpmsim.arrays.compile import Program
from rpmsim.arrays.deal_values import values_on
from rpmsim.arrays.layout import F64, I64, NO_DUE, Tables
from rpmsim.model.to_go import target_of

MOST_ODDS = 32
"""Deals whose chances are found together."""


class Worth:
    """Values and chances of open opportunities, for the parameter draws of a block.

    Parameters
    ----------
    program : Program
    tables : Tables
        Of the draws.
    snapshots : ndarray of int64, shape (N,)
        Day before the first one, and last day of each period.
    stages : ndarray of int64
        Stages of opportunities.
    """

    def __init__(self, program: Program, tables: Tables, snapshots: I64, stages: I64) -> None:
        self._program, self._frame, self._tables, self._stages = program, program.frame, tables, stages
        frame = self._frame
        self._days = np.maximum(snapshots, 0)  # what is open before the first day is valued as on it
        self._value = np.stack([values_on(frame, tables, day) for day in self._days], axis=1)  # [G, N, K]
        self._chance = self._chances(np.ones(1), np.arange(frame.classes))[:, :, 0]  # [G, N, stages, K]
        self._rank = np.array([np.sum(frame.cell_of[:k] == cell) for k, cell in enumerate(frame.cell_of)])
        self._with_odds = np.flatnonzero(frame.deal_odds != 1.0)
        self._deal_chance = self._of_deals()
        self._can_close = self._closing()

    def cents(self, row: int, count: I64, deal_stage: I64, deal_class: I64) -> I64:
        """What is open in a replication, in cents.

        Parameters
        ----------
        row : int
            Row of the tables.
        count : ndarray of int64, shape (N, stages, K)
            Leads without listed deals.
        deal_stage, deal_class : ndarray of int64, shape (N, deals)
            Where each listed deal is (-1: not open), and its class.

        Returns
        -------
        ndarray of int64, shape (3, N, cells)
            Unweighted, times the chance of being won, and what can close in the period that follows the snapshot (or by
            the end of its target, where that is longer).
        """
        value, chance = self._value[row % len(self._value)], self._chance[row % len(self._chance)]
        worth = np.zeros((3, *value.shape[:1], self._frame.cells))
        by_class = count.sum(axis=1) * value
        for kind, values in enumerate((by_class, (count * chance).sum(axis=1) * value, by_class)):
            for of_class, cell in zip(values.T, self._frame.cell_of, strict=True):
                worth[kind, :, cell] += of_class
        snapshot, deal = np.nonzero(deal_stage >= 0)
        stage, k = deal_stage[snapshot, deal], deal_class[snapshot, deal]
        own = self._frame.deal_cents[deal] / 100.0
        amount = np.where(np.isnan(own), value[snapshot, k], own)
        won = chance[snapshot, stage, k]
        listed = np.searchsorted(self._with_odds, deal)
        special = np.flatnonzero(np.isin(deal, self._with_odds))
        of_deals = self._deal_chance[row % len(self._deal_chance)]
        won[special] = of_deals[snapshot[special], listed[special], stage[special], self._rank[k[special]]]
        closing = self._can_close[snapshot, deal, stage, k]
        for kind, values in enumerate((amount, amount * won, amount * closing)):
            np.add.at(worth[kind], (snapshot, self._frame.cell_of[k]), values)
        return np.rint(worth * 100.0).astype(np.int64)

    def _chances(self, odds: F64, own: I64) -> F64:
        """Chances at the snapshots, shape (draws, N, odds, stages, own classes)."""
        frame = self._frame
        known: dict[bytes, F64] = {}
        result = []
        for day in self._days:
            versions = frame.version_at[:, day + frame.history]
            phased = (day - frame.version_start[versions] < frame.version_phase[versions]).any()
            key = versions.tobytes() + (bytes(f"day {day}", "ascii") if phased else b"")
            if key not in known:
                known[key] = chances_on(frame, self._tables, int(day), odds, own)[:, :, self._stages]
            result.append(known[key])
        return np.stack(result, axis=1)

    def _of_deals(self) -> F64:
        """Chances of listed deals with odds of their own, shape (draws, N, those deals, stages, classes of a cell)."""
        frame = self._frame
        draws, snapshots, stages, _ = self._chance.shape
        result = np.zeros((draws, snapshots, len(self._with_odds), stages, int(self._rank.max(initial=0)) + 1))
        cells = frame.cell_of[frame.deal_class[self._with_odds]]
        for cell in np.unique(cells):
            own = np.flatnonzero(frame.cell_of == cell)
            at = np.flatnonzero(cells == cell)
            for first in range(0, len(at), MOST_ODDS):
                some = at[first : first + MOST_ODDS]
                found = self._chances(frame.deal_odds[self._with_odds[some]], own)
                result[:, :, some, :, : len(own)] = found
        return result

    def _closing(self) -> F64:
        """1 where a listed deal can close in the period after a snapshot, shape (N, deals, stages, K).

        Only a due date can rule it out: of a deal that is won by its date alone, that comes after the last day.
        """
        frame, model, periods = self._frame, self._program.model, self._program.periods
        result = np.ones((len(self._days), len(frame.deal_stage), len(self._stages), frame.classes))
        dated = np.flatnonzero(frame.deal_due != NO_DUE)
        leads = self._leads_to_a_win()
        for n, period in enumerate(periods if len(dated) else ()):
            target = target_of(model, period)
            last = ((period.last if target is None else target.last) - model.first_day).days
            for i, stage in enumerate(self._stages):
                version = frame.version_at[stage, self._days[n] + frame.history]
                outcomes = range(frame.outcome_range[stage + 1] - frame.outcome_range[stage])
                winning = [j for j in outcomes if leads[frame.outcome_edge[frame.outcome_range[stage] + j]]]
                by_due = self._tables.due_row[0, version][winning] >= 0
                first = np.where(by_due, self._tables.due_first[version][winning], -np.inf).min(axis=0, initial=np.inf)
                result[n, dated, i] = frame.deal_due[dated, None] + first <= last
        return result

    def _leads_to_a_win(self) -> NDArray[np.bool_]:
        """Whether each edge leads to a won stage in the end."""
        frame = self._frame
        leads = frame.edge_won == 1
        while True:
            sources = np.unique(frame.edge_from[leads])
            more = leads | np.isin(frame.edge_to, sources[sources >= 0])
            if (more == leads).all():
                return np.asarray(leads)
            leads = more
