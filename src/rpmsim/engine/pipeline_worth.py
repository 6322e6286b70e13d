"""What open opportunities are worth: by the prices, shares and due dates of a draw, at each snapshot."""

from __future__ import annotations

from collections.abc import Callable

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

    Snapshots at which the same prices or versions of the stages are in force share them: U distinct ones.

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
        days = np.maximum(snapshots, 0)  # what is open before the first day is valued as on it
        price_days, self._price_of = _alike(days, self._prices)
        self._value = np.stack([values_on(frame, tables, day) for day in price_days], axis=1)  # [G, U, K]
        self._share_days, self._share_of = _alike(days, self._versions)
        self._chance = self._chances(np.ones(1), np.arange(frame.classes))[:, :, 0]  # [G, U, stages, K]
        self._rank = np.array([np.sum(frame.cell_of[:k] == cell) for k, cell in enumerate(frame.cell_of)])
        self._with_odds = np.flatnonzero(frame.deal_odds != 1.0)
        self._deal_chance = self._of_deals()
        self._least, self._last = self._due_dates(days)

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
        frame = self._frame
        value = self._value[row % len(self._value), self._price_of]
        chance = self._chance[row % len(self._chance)]
        worth = np.zeros((3, len(value), frame.cells))
        by_class = count.sum(axis=1) * value
        for kind, values in enumerate((by_class, (count * chance[self._share_of]).sum(axis=1) * value, by_class)):
            for of_class, cell in zip(values.T, frame.cell_of, strict=True):
                worth[kind, :, cell] += of_class
        snapshot, deal = np.nonzero(deal_stage >= 0)
        stage, k = deal_stage[snapshot, deal], deal_class[snapshot, deal]
        own = frame.deal_cents[deal] / 100.0
        amount = np.where(np.isnan(own), value[snapshot, k], own)
        shares = self._share_of[snapshot]
        won = chance[shares, stage, k]
        odd = np.flatnonzero(np.isin(deal, self._with_odds))
        number = np.searchsorted(self._with_odds, deal[odd])
        of_deals = self._deal_chance[row % len(self._deal_chance)]
        won[odd] = of_deals[shares[odd], number, stage[odd], self._rank[k[odd]]]
        due = frame.deal_due[deal]
        closing = (due == NO_DUE) | (due + self._least[shares, stage, k] <= self._last[snapshot])
        for kind, values in enumerate((amount, amount * won, amount * closing)):
            np.add.at(worth[kind], (snapshot, frame.cell_of[k]), values)
        return np.rint(worth * 100.0).astype(np.int64)

    def _prices(self, day: int) -> tuple[float, ...]:
        frame = self._frame
        return (*(int(epoch[day]) for epoch in (frame.epoch_from, frame.epoch_to)), float(frame.epoch_weight[day]))

    def _versions(self, day: int) -> tuple[int, ...]:
        """Versions of the stages that are in force; the day, too, while one is phased in."""
        frame = self._frame
        versions = frame.version_at[:, day + frame.history]
        phased = (day - frame.version_start[versions] < frame.version_phase[versions]).any()
        return (*versions.tolist(), day if phased else -1)

    def _chances(self, odds: F64, own: I64) -> F64:
        """Chances by the shares of the distinct snapshots, shape (draws, U, odds, stages, own classes)."""
        found = [chances_on(self._frame, self._tables, day, odds, own) for day in self._share_days]
        return np.stack([each[:, :, self._stages] for each in found], axis=1)

    def _of_deals(self) -> F64:
        """Chances of listed deals with odds of their own, shape (draws, U, those deals, stages, classes of a cell)."""
        frame = self._frame
        draws, distinct, stages, _ = self._chance.shape
        result = np.zeros((draws, distinct, len(self._with_odds), stages, int(self._rank.max(initial=0)) + 1))
        cells = frame.cell_of[frame.deal_class[self._with_odds]]
        for cell in np.unique(cells):
            own = np.flatnonzero(frame.cell_of == cell)
            at = np.flatnonzero(cells == cell)
            for first in range(0, len(at), MOST_ODDS):
                some = at[first : first + MOST_ODDS]
                result[:, :, some, :, : len(own)] = self._chances(frame.deal_odds[self._with_odds[some]], own)
        return result

    def _due_dates(self, days: I64) -> tuple[F64, I64]:
        """What due dates rule out: a deal that is won by its date alone, where that comes too late.

        Returns
        -------
        least : ndarray of float, shape (U, stages, K)
            Days from the due date to the earliest way to a win; minus infinity where a way does not run by the date.
        last : ndarray of int64, shape (N,)
            Last day of the period that follows the snapshot, or of its target.
        """
        frame, model = self._frame, self._program.model
        least = np.full((len(self._share_days), len(self._stages), frame.classes), -np.inf)
        leads = self._leads_to_a_win()
        for u, day in enumerate(self._share_days if (frame.deal_due != NO_DUE).any() else ()):
            for i, stage in enumerate(self._stages):
                version = frame.version_at[stage, day + frame.history]
                edges = frame.outcome_edge[frame.outcome_range[stage] : frame.outcome_range[stage + 1]]
                winning = np.flatnonzero(leads[edges])
                by_due = self._tables.due_row[0, version][winning] >= 0
                first = np.where(by_due, self._tables.due_first[version][winning], -np.inf)
                least[u, i] = first.min(axis=0, initial=np.inf)
        targets = [target_of(model, period) for period in self._program.periods]
        ends = [period.last if target is None else target.last
                for period, target in zip(self._program.periods, targets, strict=True)]  # fmt: skip
        last = np.array([(end - model.first_day).days for end in ends], dtype=np.int64)
        return least, np.append(last, np.iinfo(np.int64).max)[: len(days)]

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


def _alike(days: I64, key_of: Callable[[int], tuple[float, ...]]) -> tuple[list[int], I64]:
    """The first day of each kind, and the kind of every day."""
    keys = [key_of(int(day)) for day in days]
    kinds = list(dict.fromkeys(keys))
    return [int(days[keys.index(kind)]) for kind in kinds], np.array([kinds.index(key) for key in keys])
