"""What an analyst should know of the amounts of won records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.part import F64, Finding

I64 = NDArray[np.int64]

ITEM = "amounts"

FEW = 20
"""Amounts below which a segment's mean rests on little: its 90% interval is then wider than about 40% either way."""

MISSING = 0.05
"""Share of wins without an amount from which somebody should look."""

DOMINANT = 0.25
"""Share of all money in the largest of at least 20 wins from which somebody should look."""

DRIFT = 3.5
"""Standard errors of a change of amounts over time; one in 2,000 histories without a change is above."""


def findings_of(
    amount: F64, segment: I64, names: Sequence[str], day: I64 | None, mean: dict[str, F64], currency: str
) -> list[Finding]:
    """Findings about the amounts of wins; see :func:`rpmsim.calibration.amounts.fit_amounts`."""
    stated = np.isfinite(amount)
    known = amount[stated]
    if not len(amount):
        return [
            Finding(
                ITEM,
                "REVIEW",
                "No record was won, so nothing is known of amounts, and bookings are 0.",
                "State `segments.NAME.amount` in a file that extends the model.",
            )
        ]
    if not (known > 0).any():
        what = "Every known amount is 0 or below" if len(known) else f"None of {len(amount):,} wins has an amount"
        return [
            Finding(
                ITEM,
                "REVIEW",
                f"{what}: the model forecasts wins, and bookings of 0.",
                "Name the column of the amount in the mapping, or state `segments.NAME.amount` in a file that extends "
                "the model.",
            )
        ]
    found = [_missing(amount, stated), _signs(known), _dominant(known, currency)]
    found += [
        _few(known, segment[stated], names),
        _drift(known, segment[stated], day[stated] if day is not None else None),
    ]
    found.append(_negative_mean(known, segment[stated], names, mean))
    listed = [finding for finding in found if finding is not None]
    if not any(finding.verdict != "PASS" for finding in listed):
        listed.append(Finding(ITEM, "PASS", f"{len(known):,} of {len(amount):,} wins have an amount."))
    return listed


def _missing(amount: F64, stated: NDArray[np.bool_]) -> Finding | None:
    missing = int((~stated).sum())
    if missing <= MISSING * len(amount):
        return None
    return Finding(
        ITEM,
        "REVIEW",
        f"{missing:,} of {len(amount):,} wins have no amount. They are taken to be like the others of their segment.",
        "Find out why. If they are smaller or larger than the others, bookings are wrong by that much.",
    )


def _signs(known: F64) -> Finding | None:
    zero, below = int((known == 0).sum()), int((known < 0).sum())
    if not below and zero <= 0.02 * len(known):
        return None
    parts = ([f"{zero:,} are 0"] if zero else []) + ([f"{below:,} are below 0"] if below else [])
    what = f"Of {len(known):,} amounts, {' and '.join(parts)}. They count as they are and lower the mean."
    if zero > 0.5 * len(known):
        return Finding(ITEM, "REVIEW", what, "Most amounts are 0: check that the mapping names the right column.")
    return Finding(ITEM, "REVIEW", what, "If these are not deals, leave them out with `where` in the mapping.")


def _dominant(known: F64, currency: str) -> Finding | None:
    largest, total = float(known.max()), float(known[known > 0].sum())
    if len(known) < FEW or largest < DOMINANT * total:
        return None
    return Finding(
        ITEM,
        "REVIEW",
        f"The largest win, {largest:,.0f} {currency}, is {largest / total:.0%} of all money won.",
        "Check the amount. If it is right, state whether another one like it may come: the mean hangs on it.",
    )


def _few(known: F64, segment: I64, names: Sequence[str]) -> Finding | None:
    counts = np.bincount(segment, minlength=len(names))
    few = [f"{name} ({count:,})" for name, count in zip(names, counts, strict=True) if count < FEW]
    if not few:
        return None
    shown = ", ".join(few[:6]) + (" ..." if len(few) > 6 else "")
    others = " They lean on the other segments." if len(names) > 1 else ""
    return Finding(
        ITEM,
        "REVIEW",
        f"Few wins with an amount: {shown}.{others}",
        "Compare the amounts in the model with price lists, or combine segments.",
    )


def _drift(known: F64, segment: I64, day: I64 | None) -> Finding | None:
    """Whether amounts changed over time inside segments: a line through the logarithms by day."""
    positive = known > 0
    if day is None or positive.sum() < 2 * FEW:
        return None
    segment = np.unique(segment[positive], return_inverse=True)[1]
    counts = np.bincount(segment)

    def inside(values: F64) -> F64:
        return values - (np.bincount(segment, weights=values) / counts)[segment]

    x, y = inside(day[positive].astype(np.float64)), inside(np.log(known[positive]))
    spread = float(x @ x)
    left = len(x) - len(counts) - 1
    if spread == 0 or left < FEW:
        return None
    slope = float(x @ y) / spread
    error = np.sqrt(float(((y - slope * x) ** 2).sum()) / left / spread)
    change = slope * float(day[positive].max() - day[positive].min())
    if abs(slope) <= DRIFT * error or abs(change) < np.log(1.2):
        return None
    word = "grew" if change > 0 else "fell"
    return Finding(
        ITEM,
        "REVIEW",
        f"Amounts {word} by a factor of {np.exp(abs(change)):.2f} from the first win to the last.",
        "If they stay at the new level, use only recent records (`--window`), or state the amounts.",
    )


def _negative_mean(known: F64, segment: I64, names: Sequence[str], mean: dict[str, F64]) -> Finding | None:
    sums = np.bincount(segment, weights=known, minlength=len(names))
    below = [name for name, total in zip(names, sums, strict=True) if total < 0 and name in mean]
    if not below:
        return None
    return Finding(
        ITEM,
        "FAIL",
        f"Credit notes exceed the other amounts: {', '.join(below[:6])}. Amounts in the model are almost 0 instead.",
        "Leave credit notes out with `where` in the mapping, or list them as open deals.",
    )
