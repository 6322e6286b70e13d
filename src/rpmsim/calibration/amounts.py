"""Amounts of won records by segment: distributions with their uncertainty, right in the mean, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration import amount_tables as tables
from rpmsim.calibration.amount_families import LOGNORMAL, Sizes, Sums, draw_sizes, fitting_family, sums_of
from rpmsim.calibration.amount_findings import findings_of
from rpmsim.calibration.part import F64, Part
from rpmsim.model.distributions import Z_P90, Shape, quantile
from rpmsim.model.distributions import mean as mean_of

I64 = NDArray[np.int64]

How = Literal["none", "fixed", "family", "table", "reduced"]
"""``none``: no amount is known. ``fixed``: all alike. ``family``: lognormal or gamma. ``table``: values with weights.
``reduced``: a family, with its mean and spread reduced by amounts of 0 and below."""

ALIKE = 3
"""Records from which equal amounts are taken to be a fixed price."""

ENOUGH = 60
"""Records from which a family that does not fit gives way to a table."""

MOST = 9e11
"""Largest amount of money that a scenario takes, with some room for prices that rise."""

CURVE = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
"""Quantiles of amounts that are compared."""


@dataclass(frozen=True)
class Curve:
    """Amounts of a segment, observed against fitted, for a chart.

    Parameters
    ----------
    segment : str
    records : int
        Won records with an amount.
    how : str
        See :data:`How`.
    u, observed, low, fitted, high : array, shape (quantiles,)
        Probabilities; the observed quantiles (NaN without records); median and 90% interval of the fitted ones.
    mean : tuple of float
        Observed mean (NaN without records), then 5%, 50% and 95% quantiles of the fitted mean.
    """

    segment: str
    records: int
    how: How
    u: F64
    observed: F64
    low: F64
    fitted: F64
    high: F64
    mean: tuple[float, float, float, float]


@dataclass
class Amounts:
    """Fitted amounts.

    Parameters
    ----------
    part : Part
        ``segments.NAME.amount``.
    curves : list of Curve
        One for each segment with an amount.
    mean : dict of str to array, shape (draws,)
        Mean amount of a win by segment; with size bands, of a record with the bands of those that enter.
    """

    part: Part = field(default_factory=Part)
    curves: list[Curve] = field(default_factory=list)
    mean: dict[str, F64] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """Won records with an amount: amount, segment and weight; weights sum to the effective number of a segment."""

    amount: F64
    segment: I64
    weight: F64

    def of(self, segment: int) -> tuple[F64, F64]:
        """Amounts and weights of a segment."""
        here = self.segment == segment
        return self.amount[here], self.weight[here]


def fit_amounts(
    amount: F64,
    segment: I64,
    names: Sequence[str],
    *,
    draws: int,
    rng: np.random.Generator,
    day: I64 | None = None,
    weight: F64 | None = None,
    entries: tables.Entries | None = None,
    currency: str = "EUR",
) -> Amounts:
    """Fit the amount of a win by segment.

    Parameters
    ----------
    amount : array, shape (wins,)
        Amount at the win, in the currency of the history; NaN where it is not known.
    segment : array of int, shape (wins,)
        Number of the segment.
    names : sequence of str
        Segments as they stand in the model.
    draws : int
    rng : numpy.random.Generator
    day : array of int, shape (wins,), optional
        Day of the win; with it, a change of amounts over time is looked for.
    weight : array, shape (wins,), optional
        Weights by recency. A segment then has as many records as its weights are worth (Kish, 1965).
    entries : Entries, optional
        If there are size bands: what entered their stage (:meth:`rpmsim.calibration.sizes.Bands.entries`). All segments
        are then tables.
    currency : str
        For findings.

    Returns
    -------
    Amounts
        Its part has no text for segments if no record has an amount.

    Notes
    -----
    All amounts of a segment alike: a fixed amount. Few different ones: a table. Otherwise lognormal or gamma, whichever
    is likelier for all segments together, pooled over segments; from 60 records on a segment that does not fit
    (Anderson-Darling, 1%) gets a table. A scenario's amounts are not below 0: credit notes among the wins change mean
    and spread instead, and so do amounts of 0 where fewer than 60 are above 0.
    """
    amount = np.asarray(amount, dtype=np.float64)
    segment = np.asarray(segment, dtype=np.int64)
    weight = np.ones_like(amount) if weight is None else np.asarray(weight, dtype=np.float64)
    stated = np.isfinite(amount) & (weight > 0)
    known = Known(amount[stated], segment[stated], _effective(weight[stated], segment[stated], len(names)))
    result = Amounts()
    if (known.amount > 0).any():
        pooled = _pooled(known, len(names), draws, rng)
        for number, name in enumerate(names):
            table = None
            if entries is not None:
                band = entries.bands(amount)[stated]
                chosen = known.amount, band, known.weight, known.segment == number
                table = tables.banded_table(chosen, entries, number, draws, rng)
            _fit_segment(result, known, number, name, pooled, table, rng)
    result.part.findings = findings_of(amount, segment, names, day, result.mean, currency)
    return result


def _effective(weight: F64, segment: I64, segments: int) -> F64:
    """Weights that sum to the effective number of records of their segment."""
    sums = np.bincount(segment, weights=weight, minlength=segments)
    squares = np.bincount(segment, weights=weight**2, minlength=segments)
    return weight * (sums / np.maximum(squares, 1e-300))[segment]


@dataclass(frozen=True)
class _Pooled:
    """Posterior of positive amounts by segment, and, if one has no amounts, of all together in its place."""

    sizes: Sizes
    sums: Sums

    def of(self, segment: int) -> Sizes:
        """That of a segment."""
        return Sizes(self.sizes.family, self.sizes.place[:, [segment]], self.sizes.spread[:, [segment]])


def _pooled(known: Known, segments: int, draws: int, rng: np.random.Generator) -> _Pooled:
    """Draw from the posterior; what is not known of a segment is taken from all of them."""
    positive = known.amount > 0
    amount, segment, weight = known.amount[positive], known.segment[positive], known.weight[positive]
    sums = sums_of(amount, segment, weight, segments)
    family = fitting_family(sums)
    sizes = draw_sizes(family, sums, draws, rng)
    empty = np.bincount(known.segment, minlength=segments) == 0
    if empty.any():
        every = draw_sizes(family, sums_of(amount, np.zeros_like(segment), weight, 1), draws, rng)
        place, spread = (np.where(empty, *both) for both in ((every.place, sizes.place), (every.spread, sizes.spread)))
        sizes = Sizes(family, place, spread)
    return _Pooled(sizes, sums)


def _fit_segment(
    result: Amounts,
    known: Known,
    number: int,
    name: str,
    pooled: _Pooled,
    table: tables.Table | None,
    rng: np.random.Generator,
) -> None:
    """Add a segment to the result; by the table, if there is one."""
    amount, weight = known.of(number)
    how = _how(amount, pooled, number) if table is None else "table"
    unit, sizes = pooled.sums.unit, pooled.of(number)
    draws = len(sizes.place)
    text: Any
    numbers: dict[str, F64] = {}
    if how == "fixed":
        text = _plain(float(amount[0]))
        quantiles, mean = np.full((len(CURVE), draws), amount[0]), np.full(draws, amount[0])
    elif how == "table":
        table = table or tables.table_of(amount, weight, draws, rng)
        text = {"table": "posterior"}
        numbers = {f"table.{v:.12g}": w for v, w in zip(table.values, table.weights.T, strict=True)}
        quantiles, mean = table.quantile(CURVE), table.mean()
    else:
        numbers = _family_numbers(sizes, unit) if how != "reduced" else _reduced(amount, weight, sizes, unit, rng)
        text = dict.fromkeys(numbers, "posterior")
        if "mean" in numbers:
            text = {"law": "gamma", **text}
        quantiles, mean = _of_family(numbers)
    result.part.text.setdefault("segments", {})[name] = {"amount": text}
    for key, values in numbers.items():
        path = f"segments.{name}.amount.{key}"
        result.part.draws[path] = np.minimum(values, MOST)
        result.part.records[path] = len(amount)
    result.mean[name] = mean
    result.curves.append(_curve(name, how, amount, weight, quantiles, mean))


def _how(amount: F64, pooled: _Pooled, number: int) -> How:
    """How the amounts of a segment are stated."""
    if not (amount > 0).any():
        return "none" if not len(amount) else "fixed" if (amount == 0).all() else "reduced"
    if len(amount) >= ALIKE and (amount == amount[0]).all():
        return "fixed"
    if (amount < 0).any():
        return "reduced"
    if tables.is_list(amount):
        return "table"
    if (amount == 0).any():
        return "table" if (amount > 0).sum() >= ENOUGH else "reduced"
    if len(amount) < ENOUGH:
        return "family"
    return "family" if tables.misfit(amount, pooled.sizes, number, pooled.sums.unit) < tables.FITS_BELOW else "table"


def _family_numbers(sizes: Sizes, unit: float) -> dict[str, F64]:
    """Median and p90 of a lognormal, mean and standard deviation of a gamma distribution."""
    if sizes.family is LOGNORMAL:
        median = unit * np.exp(sizes.place[:, 0])
        return {"median": median, "p90": unit * sizes.quantile(np.full((1, 1), 0.9))[:, 0]}
    return {"mean": unit * sizes.mean()[:, 0], "sd": unit * sizes.sd()[:, 0]}


def _reduced(amount: F64, weight: F64, sizes: Sizes, unit: float, rng: np.random.Generator) -> dict[str, F64]:
    """Mean and standard deviation with the amounts that are 0 or below among them.

    Shares of positive, zero and negative amounts are drawn from a Dirichlet distribution, and negative amounts count
    with their observed moments.
    """
    draws = len(sizes.place)
    parts = [amount > 0, amount == 0, amount < 0]
    records = np.array([weight[part].sum() for part in parts])
    shares = rng.standard_gamma(np.maximum(records, 1e-9), (draws, 3))
    shares /= shares.sum(axis=1, keepdims=True)
    mean, sd = unit * sizes.mean()[:, 0], unit * sizes.sd()[:, 0]
    credit = np.average(amount[parts[2]], weights=weight[parts[2]]) if parts[2].any() else 0.0
    square = np.average(amount[parts[2]] ** 2, weights=weight[parts[2]]) if parts[2].any() else 0.0
    net = shares[:, 0] * mean + shares[:, 2] * credit
    second = shares[:, 0] * (mean**2 + sd**2) + shares[:, 2] * square
    # A scenario takes no mean of 0 or less.
    least = 0.001 * mean
    sd = np.sqrt(np.maximum(second - net**2, least**2))
    net = np.maximum(net, least)
    return {"mean": net, "sd": np.minimum(sd, 20 * net)}


def _of_family(numbers: dict[str, F64]) -> tuple[F64, F64]:
    """Quantiles, shape (quantiles, draws), and mean of what the scenario states."""
    if "median" in numbers:
        shape = Shape("lognormal", np.log(numbers["median"]), np.log(numbers["p90"] / numbers["median"]) / Z_P90)
    else:
        gamma = (numbers["mean"] / numbers["sd"]) ** 2
        shape = Shape("gamma", gamma, numbers["mean"] / gamma)
    return quantile(shape, CURVE[:, None]), np.asarray(mean_of(shape))


def _curve(name: str, how: How, amount: F64, weight: F64, quantiles: F64, means: F64) -> Curve:
    low, fitted, high = np.quantile(quantiles, (0.05, 0.5, 0.95), axis=1)
    observed, average = np.full(len(CURVE), np.nan), float("nan")
    if len(amount):
        observed = np.quantile(amount, CURVE, weights=weight, method="inverted_cdf")
        average = float(np.average(amount, weights=weight))
    mean_low, mean_mid, mean_high = (float(x) for x in np.quantile(means, (0.05, 0.5, 0.95)))
    return Curve(name, len(amount), how, CURVE, observed, low, fitted, high, (average, mean_low, mean_mid, mean_high))


def _plain(value: float) -> float | int:
    """A number without `.0`."""
    return int(value) if value == int(value) else float(f"{value:.6g}")
