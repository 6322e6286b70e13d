"""Shares of the outcomes of stages as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rpmsim.arrays.layout import F64, I64
from rpmsim.model.cycle import Outcome, Stage
from rpmsim.model.number import LeadClass, Number, ValueOf, resolve


@dataclass
class ShareRows:
    """Shares as rows of a table, each one once: one row if exact, one per draw if ranged.

    Parameters
    ----------
    rows : list of array, shape (draws,)
        Rows of each version and class, as they were added.
    """

    width: int
    draws: int
    value_of: ValueOf
    rows: list[I64] = field(default_factory=list)
    sums: list[F64] = field(default_factory=list)
    advances: list[F64] = field(default_factory=list)
    _index: dict[Any, I64] = field(default_factory=dict)
    _count: int = 0

    def add(self, stage: Stage, outcomes: list[Outcome], lead: LeadClass) -> I64:
        """Rows of a class in a version of a stage, shape (draws,)."""
        key = _share_key(stage, outcomes, lead)
        if key not in self._index:
            self._index[key] = self.put(*_shares(stage, outcomes, lead, self.width, self.value_of))
        self.rows.append(self._index[key])
        return self._index[key]

    def put(self, sums: F64, advance: F64) -> I64:
        """Rows for summed shares (rows, width) and advancing shares (rows,)."""
        rows = np.broadcast_to(np.arange(len(sums)) + self._count, (self.draws,)).astype(np.int64)
        self.sums.append(sums)
        self.advances.append(advance)
        self._count += len(sums)
        return rows

    def parts(self, rows: I64, outcomes: int) -> F64:
        """Shares of the outcomes in rows, shape (rows, outcomes)."""
        sums = np.concatenate(self.sums)[rows, :outcomes]
        return np.diff(sums, axis=1, prepend=0.0)


def product_of(effects: tuple[Any, ...], lead: LeadClass, value_of: ValueOf) -> tuple[Any, tuple[Number, ...]]:
    """Product of the factors that hold for a class, and the numbers in it."""
    numbers = tuple(number for number in (resolve(effect, lead) for effect in effects) if number is not None)
    product: Any = 1.0
    for number in numbers:
        product = product * value_of(number)
    return product, numbers


TRACE = 1e-9
"""Least share of a rest."""


def _share_key(stage: Stage, outcomes: list[Outcome], lead: LeadClass) -> Any:
    stated = tuple((resolve(outcome.share, lead), outcome.advances) for outcome in outcomes)
    effects = tuple(resolve(effect, lead) for effect in stage.odds)
    return stated, resolve(stage.stays, lead), effects


def _shares(stage: Stage, outcomes: list[Outcome], lead: LeadClass, width: int, value_of: ValueOf) -> tuple[F64, F64]:
    """Summed shares (rows, width) and the advancing share (rows,) of a class; one row where nothing is ranged."""
    stays = resolve(stage.stays, lead)
    stated = [resolve(outcome.share, lead) for outcome in outcomes]
    values = [0.0 if share is None else value_of(share) for share in stated]
    stay_value = value_of(stays) if isinstance(stays, Number) else 0.0
    total = np.asarray(sum(values) + stay_value, dtype=np.float64)
    # A rest that is scaled away keeps a trace: it is where leads go that an effect on the probability holds back.
    most = 1.0 - TRACE if None in stated or stays == "rest" else 1.0
    excess = np.maximum(total / most, 1.0)
    values = [value / excess for value in values]
    left = np.maximum(0.0, 1.0 - total / excess)
    if None in stated:
        values[stated.index(None)] = left
    shares = (
        np.stack(np.broadcast_arrays(*[np.atleast_1d(value) for value in values]), axis=1)
        if values
        else np.zeros((1, 0))
    )
    if not isinstance(stays, Number) and stays != "rest" and None not in stated and shares.shape[1]:
        # Shares that make up the whole by statement do so to the last bit.
        whole = shares.sum(axis=1, keepdims=True)
        shares = np.where(np.abs(whole - 1.0) < 1e-9, shares / whole, shares)
    advancing = sum(outcome.advances for outcome in outcomes)
    advance = shares[:, :advancing].sum(axis=1)
    odds, _ = product_of(stage.odds, lead, value_of)
    after = odds * advance / (1.0 - advance + odds * advance)
    after = np.where(after > 1.0 - 1e-12, 1.0, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(advance > 0, after / advance, 1.0)
        down = np.where(advance < 1, (1.0 - after) / (1.0 - advance), 1.0)
    rows = max(len(shares), len(up))
    shares = np.broadcast_to(shares, (rows, shares.shape[1])).copy()
    shares[:, :advancing] *= np.broadcast_to(up, (rows,))[:, None]
    shares[:, advancing:] *= np.broadcast_to(down, (rows,))[:, None]
    return summed(shares, width), np.ascontiguousarray(np.broadcast_to(after, (rows,)))


def summed(shares: F64, width: int) -> F64:
    """Shares (rows, outcomes) summed over the outcomes, the last sum repeated up to ``width``.

    Rounded far above the last bit, so that it does not matter how many draws were computed together.
    """
    result = np.ones((len(shares), width))
    if shares.shape[1]:
        result[:, : shares.shape[1]] = np.rint(np.cumsum(shares, axis=1) * 2.0**40) / 2.0**40
        result[:, shares.shape[1] :] = result[:, shares.shape[1] - 1 : shares.shape[1]]
    return result
