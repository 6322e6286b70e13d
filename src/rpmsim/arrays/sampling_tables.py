"""Tables of distributions: delays as cumulative words with a guide, amounts and hours as quantiles."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.layout import (
    F64,
    GUIDE_BITS,
    I64,
    LOGIT_SPAN,
    QUANTILE_POINTS,
    QUANTILE_STEPS,
    QUANTILE_TAIL,
    U16,
    U32,
)
from rpmsim.model.distributions import Distribution, Shape, cumulative_days, quantile, shape_of
from rpmsim.model.number import ValueOf

WORDS = 2.0**32


class DelayRows:
    """Delay distributions as rows of a table, each one once: one row if exact, one per draw if ranged."""

    def __init__(self, size: int, draws: int, value_of: ValueOf) -> None:
        self.size = size
        self.draws = draws
        self.value_of = value_of
        self.index: dict[Any, I64] = {}
        self.tops: list[U32] = []
        self.guides: list[U16] = []
        self.firsts: list[int] = []
        self.clocks: list[int] = []
        self.count = 0

    def add(self, distribution: Distribution, least: int, clock: int, stretch: Any = 1.0, key: Any = None) -> I64:
        """Rows of a distribution for all draws, shape (draws,). ``key`` names the stretch where it differs by draw."""
        name = (distribution, least, clock, key if key is not None else float(stretch))
        if name not in self.index:
            shape = shape_of(distribution, self.value_of).stretched(stretch)
            self.index[name] = self.put(np.atleast_2d(cumulative_days(shape, least, self.size)), clock)
        return self.index[name]

    def put(self, cumulative: F64, clock: int) -> I64:
        """Rows for probabilities of at most 0, 1, ... days, shape (1 or draws, size); shape (draws,)."""
        top, guide = delay_table(cumulative)
        rows = np.arange(len(top)) + self.count
        self.tops.append(top)
        self.guides.append(guide)
        self.firsts.append(self.count)
        self.clocks += [clock] * len(top)
        self.count += len(top)
        return np.broadcast_to(rows, (self.draws,)) if len(rows) == 1 else rows

    def clock_of(self, rows: I64) -> int:
        """Clock of rows that were added together."""
        return self.clocks[rows[0]]

    def is_over(self, rows: I64, days: int) -> NDArray[np.bool_]:
        """Whether no delay is ``days`` or longer, for rows that were added together."""
        top, guide, places = self._block(rows)
        if days <= 0:
            return np.zeros(len(rows), dtype=bool)
        last = min(days - 1, self.size)
        started = guide[places, 0] <= last  # entries before the first delay are not to be read
        return started & (top[places, last] == int(WORDS) - 1)

    def cumulative(self, rows: I64) -> F64:
        """Probabilities of at most 0, 1, ... days, shape (rows, size + 1), for rows that were added together.

        The last entry is 1: what the table does not hold counts as ending there.
        """
        top, guide, places = self._block(rows)
        days = np.arange(self.size + 1)
        values = (top[places].astype(np.float64) + 1.0) / WORDS
        return np.where(days >= guide[places, :1], values, 0.0)

    def _block(self, rows: I64) -> tuple[U32, U16, I64]:
        """Words and guides of rows that were added together, and where each row stands in them."""
        block = bisect_right(self.firsts, rows[0]) - 1
        return self.tops[block], self.guides[block], rows - self.firsts[block]

    def tables(self) -> tuple[U32, U16, I64]:
        """Words, guides and clocks of all rows."""
        if not self.tops:
            self.add(Distribution("table", points=((0.0, 1.0),)), 0, 0)
        return (
            np.concatenate(self.tops).ravel(),
            np.concatenate(self.guides).ravel(),
            np.array(self.clocks, dtype=np.int64),
        )


def delay_table(cumulative: F64) -> tuple[U32, U16]:
    """Cumulative probabilities of 0 ... D - 1 days, shape (rows, D), as words and guide.

    The delay of a random word is the first d whose word is not smaller; entry D catches what the table does not hold.
    """
    rows, size = cumulative.shape
    top = np.empty((rows, size + 1), dtype=np.int64)
    top[:, :size] = np.rint(cumulative * WORDS).astype(np.int64) - 1
    top[:, size] = 2**32 - 1
    entries = 1 << GUIDE_BITS
    # The guide of a range of words is the number of delays whose word lies below the range.
    upper = (top >> (32 - GUIDE_BITS)) + 1
    counts = np.bincount((upper + np.arange(rows)[:, None] * (entries + 1)).ravel(), minlength=rows * (entries + 1))
    guide = np.cumsum(counts.reshape(rows, entries + 1)[:, :entries], axis=1)
    return top.astype(np.uint32), np.minimum(guide, size).astype(np.uint16)


class QuantileRows:
    """Distributions of amounts (currency) and response times (minutes) as logarithms of quantiles."""

    def __init__(self, draws: int, value_of: ValueOf) -> None:
        self.draws = draws
        self.value_of = value_of
        self.index: dict[Any, I64] = {}
        self.rows: list[F64] = []
        self.steps: list[int] = []
        self.count = 0

    def add(self, distribution: Distribution, scale: float = 1.0, factor: Any = None) -> I64:
        """Rows of ``scale`` times the distribution (and times ``factor``, a Number) for all draws, shape (draws,)."""
        name = (distribution, scale, factor)
        if name not in self.index:
            shape = shape_of(distribution, self.value_of)
            values = np.atleast_2d(quantile_table(shape)) + np.log(scale)
            if factor is not None:
                values = values + np.log(np.atleast_1d(self.value_of(factor)))[:, None]
            rows = np.arange(len(values)) + self.count
            self.rows.append(np.rint(values * 2.0**40) / 2.0**40)
            self.steps += [int(distribution.family == "table")] * len(values)
            self.count += len(values)
            self.index[name] = np.broadcast_to(rows, (self.draws,)) if len(rows) == 1 else rows
        return self.index[name]

    def tables(self) -> dict[str, Any]:
        """Quantiles of all rows, which are steps, and their moments."""
        logs = np.concatenate(self.rows) if self.rows else np.zeros((1, QUANTILE_POINTS))
        steps = np.array(self.steps or [0], dtype=np.int64)
        u = 1.0 / (1.0 + np.exp(-np.linspace(-LOGIT_SPAN, LOGIT_SPAN, QUANTILE_POINTS)))
        weight = u * (1.0 - u)
        weights = np.where(steps[:, None] == 1, 1.0 / QUANTILE_POINTS, weight / weight.sum())
        values = np.exp(logs)
        mean = (weights * values).sum(axis=1)
        variance = (weights * (values - mean[:, None]) ** 2).sum(axis=1)
        even = _even_steps(logs)
        even[steps == 1, :QUANTILE_POINTS] = values[steps == 1]
        return {
            "quantile_log": logs,
            "quantile_even": even,
            "quantile_step": steps,
            "quantile_mean": mean,
            "quantile_variance": variance,
        }


def _even_steps(logs: F64) -> F64:
    """Quantiles at equal steps of u from those at equal steps of the logit; the ends, which are not read, are level."""
    u = np.clip(np.arange(QUANTILE_STEPS + 1), QUANTILE_TAIL // 2, QUANTILE_STEPS - QUANTILE_TAIL // 2) / QUANTILE_STEPS
    place = (np.log(u / (1.0 - u)) + LOGIT_SPAN) * ((QUANTILE_POINTS - 1) / (2.0 * LOGIT_SPAN))
    low = place.astype(np.int64)
    weight = place - low
    # In place: arrays of this size are dear to make, as their memory comes anew each time.
    values, above = np.take(logs, low, axis=1), np.take(logs, low + 1, axis=1)
    values *= 1.0 - weight
    above *= weight
    values += above
    np.exp(values, out=values)
    values *= 2.0**20
    np.rint(values, out=values)
    values *= 2.0**-20
    return values


def quantile_table(shape: Shape) -> F64:
    """Logarithm of the quantiles at equal steps of the logit (of u itself for resampled values); shape (..., N)."""
    if shape.family == "table":
        u = (np.arange(QUANTILE_POINTS) + 0.5) / QUANTILE_POINTS
        return np.log(np.maximum(quantile(shape, u), 1e-9))
    if np.ndim(shape.a) or np.ndim(shape.b):
        shape = Shape(shape.family, np.asarray(shape.a)[..., None], np.asarray(shape.b)[..., None])
    logit = np.linspace(-LOGIT_SPAN, LOGIT_SPAN, QUANTILE_POINTS)
    return np.log(np.maximum(quantile(shape, 1.0 / (1.0 + np.exp(-logit))), 1e-9))
