"""Size bands, and what the own amount of an open record says about its chances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rpmsim.calibration.amount_tables import Entries
from rpmsim.calibration.part import F64, Finding, Part
from rpmsim.calibration.size_effect import ADVANCED, OTHER, Comparison, SizedSpells, Trend
from rpmsim.model.distributions import Z_P90

I64 = NDArray[np.int64]

ITEM = "size of deals"

LEVEL = 0.01
"""Chance that bands are found where amounts have no effect."""

FEWEST = 20
"""Ends of one kind in a stage below which they are not tested."""

LEAST_EFFECT = 1.25
"""Ratio of the daily chances of small, middle and large deals below which they need no bands: the slope is enough."""

KNOWN = 0.9
"""Share of the entries of a stage whose amount must be known for size to be a class there."""

FEW_MISSING = 0.01
"""Share of entries without an amount, and so without a band, from which somebody should look."""

QUANTILES = (0.2, 0.33, 0.5, 0.67, 0.8)
"""Near which limits of bands are looked for."""

MOST_TESTS = 3
"""So many of the strongest effects decide on the limits."""

IN_BAND = 60
"""Advancing records that a band needs."""

LEAST_SHARE = 0.12
"""Share of the records that a band needs."""

SLOPE_PRIOR = 0.2
"""Standard deviation of the slope's prior, whose mean is 0: larger deals are harder to win here and easier there."""

LIMITS = np.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8])
"""Round numbers for limits of bands, times a power of ten."""


@dataclass(frozen=True)
class Bands:
    """Size bands and the slope inside them; a single band, if only the slope matters.

    Parameters
    ----------
    stage : int
        Number of the stage in which a record gets its band (``amount: here``): the first one whose amounts are known.
    names : tuple of str
        From small to large.
    limits : array, shape (bands - 1,)
        Upper limits of all but the last.
    slope, slope_sd : float
        Posterior of the change of the log odds of advancing per unit of log amount, inside a band.
    center : array, shape (segments, bands)
        Log amount at which a record of a segment and band has the odds of its class.
    """

    stage: int
    names: tuple[str, ...]
    limits: F64
    slope: float
    slope_sd: float
    center: F64

    @property
    def divide(self) -> bool:
        """Whether size is a class of the model: there are at least two bands."""
        return len(self.limits) > 0

    def of(self, amount: F64) -> I64:
        """Number of the band of each amount; -1 where it is NaN."""
        band = np.searchsorted(self.limits, np.nan_to_num(amount, nan=-np.inf), side="right")
        return np.where(np.isnan(amount), -1, band)

    def entries(self, spells: SizedSpells, segments: int, entry_amount: F64) -> Entries:
        """What entered the stage of the bands, for amounts by band.

        Parameters
        ----------
        spells : SizedSpells
        segments : int
        entry_amount : array, shape (wins,)
            Amount of each win when it entered that stage, or the stage before the win; NaN if not known.
        """
        here = (spells.stage == self.stage) & (spells.amount > 0)
        records = np.zeros((segments, len(self.names)))
        np.add.at(records, (spells.segment[here], self.of(spells.amount[here])), 1.0)
        return Entries(self.limits, records, self.of(entry_amount))

    def odds(self, amount: F64, segment: I64) -> F64:
        """Factor on the odds of open records with an amount of their own; 1 where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.log(amount) - self.center[segment, np.maximum(self.of(amount), 0)]
        return np.where(amount > 0, np.exp(self.slope * np.clip(np.nan_to_num(away), -3.0, 3.0)), 1.0)


@dataclass(frozen=True)
class Effect:
    """How a daily chance changes with size, for a chart.

    Parameters
    ----------
    stage : int
    advancing : bool
        Of the outcomes that advance, or of the others.
    events : int
    ratio, low, high : float
        Chance of a deal larger than 90% of its segment over that of a deal smaller than 90%, with its 90% interval.
    most : float
        Largest over smallest chance among these two and a deal of the middle.
    statistic, p_value : float
        Of the test that size has no effect.
    """

    stage: int
    advancing: bool
    events: int
    ratio: float
    low: float
    high: float
    most: float
    statistic: float
    p_value: float


@dataclass
class Sizes:
    """What the size of a deal says.

    Parameters
    ----------
    bands : Bands or None
        None if no effect of size on outcome or speed is seen: open records then need no odds.
    part : Part
        ``bands``, ``amount: here`` and findings.
    effects : list of Effect
    """

    bands: Bands | None = None
    part: Part = field(default_factory=Part)
    effects: list[Effect] = field(default_factory=list)


def fit_size(
    spells: SizedSpells, *, stages: Sequence[str], segments: int, used: Sequence[str] = (), currency: str = "EUR"
) -> Sizes:
    """Decide whether the amount acts on outcome or speed, and put records into size bands if it does.

    Parameters
    ----------
    spells : SizedSpells
    stages : sequence of str
        As they stand in the model, in their order.
    segments : int
        Number of segments.
    used : sequence of str
        Names of classes that bands cannot have.
    currency : str
        For findings.

    Returns
    -------
    Sizes

    Notes
    -----
    Each stage and kind of end is a score test of the hazard against the rank of the amount in its segment and stage
    and its square, among records of the same segment, quarter and age. Size acts if one of them is below 1% after
    Bonferroni's correction. Bands are made if the chance also changes by a quarter or more between small and large
    deals. Their limits are those, of a few round ones, between which ends differ most (log-rank, BIC). The slope is the
    difference of the slopes of both log hazards, shrunk by a normal prior of mean 0.

    What makes expected bookings right: a new lead gets its band by the amounts of its segment, so these must be amounts
    of records that *enter* the stage of the bands, by band, and amounts of *wins* inside each (``entries`` of
    :func:`rpmsim.calibration.amounts.fit_amounts`). An open record keeps its amount, and its odds follow the
    slope. Where
    there are no bands, amounts are those of wins.
    """
    known = np.isfinite(spells.amount) & (spells.amount > 0)
    place = _first_known(spells.stage, known, len(stages))
    if place is None:
        what = "Too few amounts are known before the win: size is no class."
        return Sizes(part=Part(findings=[Finding(ITEM, "PASS", what)]))
    at_first = known[spells.stage == place]
    spells = spells.where(known & (spells.stage >= place) & (spells.until >= spells.since))
    effects = _effects(spells, len(stages))
    acting = [effect for effect in effects if effect.p_value < LEVEL / len(effects)]
    if not acting:
        return Sizes(part=Part(findings=[Finding(ITEM, "PASS", _no_effect(effects))]), effects=effects)
    strong = [effect for effect in acting if effect.most >= LEAST_EFFECT]
    limits = _limits(spells, place, strong) if strong else None
    bands = _bands(spells, place, np.zeros(0) if limits is None else limits, segments, used)
    if not bands.divide:
        return Sizes(bands, Part(findings=[_only_slope(bands, acting, bool(strong), stages)]), effects)
    return Sizes(bands, _part(bands, acting, stages, at_first, currency), effects)


def _first_known(stage: I64, known: NDArray[np.bool_], stages: int) -> int | None:
    """The first stage from which on amounts are known."""
    entries = np.bincount(stage, minlength=stages)
    with np.errstate(invalid="ignore"):
        share = np.bincount(stage[known], minlength=stages) / entries
    good = (share >= KNOWN) | (entries == 0)
    places = [i for i in range(stages) if good[i:].all() and entries[i] > 0]
    return places[0] if places else None


def _effects(spells: SizedSpells, stages: int) -> list[Effect]:
    """Tests of all stages and kinds of ends with enough records."""
    result: list[Effect] = []
    for number in range(stages):
        here = spells.where(spells.stage == number)
        rank = _normal_ranks(here)
        stratum = here.strata() if len(here) else here.stage
        covariates = np.column_stack([rank, rank**2 - 1])
        ends = [end for end in (ADVANCED, OTHER) if (here.end == end).sum() >= FEWEST]
        result += [_effect(number, end, Comparison(here, stratum, end).trend(covariates)) for end in ends]
    return result


def _normal_ranks(spells: SizedSpells) -> F64:
    """Normal scores of the ranks of amounts inside each segment; equal amounts have the same one."""
    result = np.zeros(len(spells))
    for segment in np.unique(spells.segment):
        here = spells.segment == segment
        amount = spells.amount[here]
        ordered = np.sort(amount)
        rank = (np.searchsorted(ordered, amount) + np.searchsorted(ordered, amount, side="right")) / 2
        result[here] = special.ndtri(np.clip(rank / len(amount), 1e-6, 1 - 1e-6))
    return result


def _effect(stage: int, end: int, found: Trend) -> Effect:
    """What a trend in the ranks and their squares says of small, middle and large deals."""
    ranks = np.array([-Z_P90, 0.0, Z_P90])
    chances = np.column_stack([ranks, ranks**2 - 1]) @ found.estimate
    inverse = np.linalg.pinv(found.information, hermitian=True)
    middle, error = float(chances[2] - chances[0]), 1.645 * 2 * Z_P90 * float(np.sqrt(max(inverse[0, 0], 0.0)))
    ratio, low, high, most = (
        float(np.exp(np.clip(x, -20, 20))) for x in (middle, middle - error, middle + error, np.ptp(chances))
    )
    return Effect(stage, end == ADVANCED, found.events, ratio, low, high, most, found.statistic, found.p_value)


def _limits(spells: SizedSpells, place: int, acting: list[Effect]) -> F64 | None:
    """The limits of two or three bands whose ends differ most, given enough records in each."""
    first = spells.where(spells.stage == place)
    marks = _round(np.quantile(first.amount, QUANTILES), first.amount)
    tests = []
    for effect in sorted(acting, key=lambda e: (-e.statistic, e.stage))[:MOST_TESTS]:
        here = spells.where(spells.stage == effect.stage)
        tests.append((here.amount, Comparison(here, here.strata(), ADVANCED if effect.advancing else OTHER)))
    best, most = None, 0.0
    candidates = [(a,) for a in marks] + [(a, b) for a in marks for b in marks if b > a]
    for candidate in candidates:
        limits = np.array(candidate)
        if not _filled(first, limits):
            continue
        gain = 0.0
        for amount, comparison in tests:
            band = np.searchsorted(limits, amount, side="right")
            columns = (band[:, None] == np.arange(1, len(limits) + 1)).astype(np.float64)
            gain += comparison.trend(columns).statistic
        # A further band has to say more than a parameter does by chance (BIC).
        gain -= len(limits) * len(tests) * np.log(max(len(first), 2))
        if best is None or gain > most:
            best, most = limits, gain
    return best


def _filled(first: SizedSpells, limits: F64) -> bool:
    band = np.searchsorted(limits, first.amount, side="right")
    size = len(limits) + 1
    advanced = np.bincount(band[first.end == ADVANCED], minlength=size)
    return bool((np.bincount(band, minlength=size) >= LEAST_SHARE * len(first)).all() and advanced.min() >= IN_BAND)


def _round(values: F64, amount: F64) -> list[float]:
    """Round numbers near values, each once, with amounts on both sides."""
    result = set()
    for value in values:
        power = 10.0 ** np.floor(np.log10(value))
        steps = np.append(LIMITS, 10.0) * power
        near = float(steps[np.argmin(np.abs(np.log(steps / value)))])
        if amount.min() < near <= amount.max():
            result.add(near)
    return sorted(result)


def _bands(spells: SizedSpells, place: int, limits: F64, segments: int, used: Sequence[str]) -> Bands:
    """Bands, with the slope inside them over all stages."""
    names = _names(len(limits) + 1, used)
    band = np.searchsorted(limits, spells.amount, side="right")
    stratum = spells.strata(band)
    logs = np.log(spells.amount)
    (up, up_precision), (down, down_precision) = (
        Comparison(spells, stratum, end).slope(logs) for end in (ADVANCED, OTHER)
    )
    mean, sd = 0.0, SLOPE_PRIOR
    if min(up_precision, down_precision) > 0:
        # Hazards in proportion: the odds of advancing change by the difference of both slopes.
        precision = 1 / (1 / up_precision + 1 / down_precision)
        sd = float(1 / np.sqrt(precision + SLOPE_PRIOR**-2))
        mean = (up - down) * precision * sd**2
    first = spells.stage == place
    center = np.zeros((segments, len(limits) + 1))
    for number in range(len(limits) + 1):
        here = first & (band == number)
        center[:, number] = logs[here].mean() if here.any() else 0.0
        for segment in range(segments):
            own = here & (spells.segment == segment)
            if own.any():
                center[segment, number] = logs[own].mean()
    return Bands(place, names, limits, mean, sd, center)


def _names(count: int, used: Sequence[str]) -> tuple[str, ...]:
    names = {1: ("all_sizes",), 2: ("small", "large"), 3: ("small", "medium", "large")}[count]
    return tuple(f"{name}_deals" if set(names) & set(used) else name for name in names)


def _part(bands: Bands, acting: list[Effect], stages: Sequence[str], known: NDArray[np.bool_], currency: str) -> Part:
    limits = [*(int(limit) if limit == int(limit) else float(limit) for limit in bands.limits), None]
    text = {
        "bands": {n: {} if limit is None else {"below": limit} for n, limit in zip(bands.names, limits, strict=True)},
        "stages": {stages[bands.stage]: {"amount": "here"}},
    }
    shown = ", ".join(f"{limit:,.0f}" for limit in bands.limits)
    what = (
        f"{_described(acting, stages)} Records are in {len(bands.names)} size bands (limits {shown} {currency}). "
        f"Inside a band, {_twice(bands)}."
    )
    found = [Finding(ITEM, "PASS", what)]
    missing = int((~known).sum())
    if missing > FEW_MISSING * len(known):
        found.append(
            Finding(
                ITEM,
                "REVIEW",
                f"{missing:,} of {len(known):,} entries of {stages[bands.stage]} have no amount, and no band.",
                "They are left out of times and shares by size. Fill in their amounts if they differ from the others.",
            )
        )
    return Part(text, findings=found)


def _only_slope(bands: Bands, acting: list[Effect], strong: bool, stages: Sequence[str]) -> Finding:
    """Size acts, but makes no classes: open records have odds by their amounts."""
    what = f"{_described(acting, stages)} So open records have odds by their amounts: {_twice(bands)}."
    if not strong:
        return Finding(ITEM, "PASS", what)
    what += " There are too few records for size bands."
    return Finding(ITEM, "REVIEW", what, "Write segments by amount into the mapping if sizes differ that much.")


def _twice(bands: Bands) -> str:
    direction = "more" if bands.slope > 0 else "less"
    return f"a deal of twice the size has {abs(2**bands.slope - 1):.0%} {direction} odds of advancing"


def _described(acting: list[Effect], stages: Sequence[str]) -> str:
    strongest = max(acting, key=lambda effect: effect.statistic)
    what = "advance" if strongest.advancing else "leave without advancing"
    return (
        f"In {stages[strongest.stage]}, a deal that is larger than 90% of its segment has {strongest.ratio:.2f} times "
        f"the daily chance to {what} of one that is smaller than 90%."
    )


def _no_effect(effects: list[Effect]) -> str:
    if not effects:
        return "There are too few records to see whether size acts on outcome or speed."
    return (
        f"Size does not act on outcome or speed ({len(effects)} tests): open records keep their amounts, without odds."
    )
