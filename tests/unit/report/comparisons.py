"""Documents of made-up comparisons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rpmsim.analysis.targets import fares
from rpmsim.comparison.bridge import rounded
from rpmsim.comparison.paired import band, difference

D = dt.date
REPLICATIONS = 200


def months(first: int, last: int) -> list[tuple[str, D, D]]:
    """The months of some years."""
    starts = [D(year, month, 1) for year in range(first, last + 1) for month in range(1, 13)]
    ends = [day - dt.timedelta(1) for day in (*starts[1:], D(last + 1, 1, 1))]
    return [(f"{a:%Y-%m}", a, b) for a, b in zip(starts, ends, strict=True)]


def weeks(count: int) -> list[tuple[str, D, D]]:
    starts = [D(2027, 1, 4) + dt.timedelta(7 * i) for i in range(count)]
    return [(f"{a:%G-W%V}", a, a + dt.timedelta(6)) for a in starts]


def years(first: int, last: int) -> list[tuple[str, D, D]]:
    return [(str(year), D(year, 1, 1), D(year, 12, 31)) for year in range(first, last + 1)]


def comparison(
    gains: Mapping[str, float] | None = None,
    periods: Sequence[tuple[str, D, D]] = (),
    longer: Sequence[tuple[str, D, D]] = (),
    *,
    metric: str = "bookings",
    targets: Mapping[str, float] | None = None,
    baseline: str = "Base plan",
    scale: float = 5e5,
    **more: Any,
) -> dict[str, Any]:
    """The document of a comparison whose scenarios have so much more of everything than the baseline.

    Each has two levers, of which the first makes three quarters of the difference.
    """
    gains = {"Leads down 20%": -0.06, "Two more SDRs in March": 0.05} if gains is None else gains
    periods = periods or months(2027, 2028)
    longer = longer or (years(2027, 2028) if len(periods) == 24 else ())
    random = np.random.default_rng(5)
    base = (
        scale * random.lognormal(0.0, 0.3, (REPLICATIONS, len(periods))) * random.lognormal(0, 0.1, (REPLICATIONS, 1))
    )
    values = {baseline: base}
    for name, gain in gains.items():
        values[name] = base * (1 + gain * random.lognormal(0.0, 0.5, (REPLICATIONS, 1))) if gain else base.copy()
    inside = {label: [i for i, p in enumerate(periods) if first <= p[1] and p[2] <= last]
              for label, first, last in (*periods, *longer)}  # fmt: skip
    inside["total"] = list(range(len(periods)))
    found = {}
    for label, columns in inside.items():
        sums = {name: own[:, columns].sum(axis=1) for name, own in values.items()}
        found[label] = {
            name: {"value": band(own, None)}
            | ({} if name == baseline else difference(metric, sums[baseline], own, None))
            for name, own in sums.items()
        }
    totals = {name: own.sum(axis=1) for name, own in values.items()}
    money = "EUR" if metric == "bookings" else "deals"
    return {
        "baseline": baseline,
        "scenarios": list(values),
        "places": {name: f"{i}.yaml" for i, name in enumerate(values)},
        "status": dict.fromkeys(values, "") | {baseline: "example"},
        "changes": {name: [f"Channel paid, change: x{1 + gain:g}"] for name, gain in gains.items()},
        "as_of": (periods[0][1] - dt.timedelta(1)).isoformat(),
        "until": periods[-1][2].isoformat(),
        "currency": "EUR",
        "period_kind": "month",
        "replications": REPLICATIONS,
        "seed": 7,
        "ranged_numbers": 2,
        "headline": metric,
        "asked_for": [],
        "units": {metric: money},
        "less_is_better": [],
        "periods": [
            {"period": label, "first": first.isoformat(), "last": last.isoformat(), "longer": i >= len(periods)}
            for i, (label, first, last) in enumerate((*periods, *longer))
        ],
        "metrics": {metric: found},
        "targets": [
            {"metric": metric, "period": label, "scenarios": _target(values, baseline, inside[label], goal)}
            for label, goal in (targets or {}).items()
        ],
        "bridge": {name: _levers(totals[name] - totals[baseline]) for name in gains},
        "interactions": dict.fromkeys(gains),
        "binds": [_binding(name) for name in values],
        "variance": VARIANCE | {"scenario": baseline},
    } | more


def _target(values: Mapping[str, Any], baseline: str, columns: list[int], goal: float) -> dict[str, Any]:
    sums = {name: own[:, columns].sum(axis=1) for name, own in values.items()}
    found = {name: {"state": "whole"} | fares(own, goal) for name, own in sums.items()}
    for name, entry in found.items():
        if name != baseline:
            change = entry["probability"] - found[baseline]["probability"]
            entry["probability_difference"] = {"mean": change, "mc_error": 0.01}
    return found


def _levers(change: Any) -> list[dict[str, Any]]:
    mean = float(change.mean())
    error = float(change.std(ddof=1)) / REPLICATIONS**0.5
    parts = rounded([0.25 * mean, 0.75 * mean], mean, 2)
    return [
        {"lever": title, "name": title, "changes": [title], "value": value, "mc_error": share * error,
         "alone": 0.9 * value, "periods": {}}
        for title, value, share in zip(("Channel paid, change: x1.1", "Role sdr, heads: 4 -> 6"), parts, (0.25, 0.75),
                                       strict=True)
    ]  # fmt: skip


def _binding(name: str) -> dict[str, Any]:
    sdr = {"kind": "role", "name": "sdr", "label": "SDRs", "side": "capacity", "gain": 5e5, "mc_error": 4e4}
    paid = {"kind": "channel", "name": "paid", "label": "paid", "side": "demand", "gain": 1e3, "mc_error": 2e3}
    return {"scenario": name, "binds": sdr, "steps": [sdr, paid], "periods": [], "moves": []}


VARIANCE: dict[str, Any] = {
    "variance": 4e12,
    "sources": [
        {"source": "ranges", "share": 0.7, "mc_error": 0.03},
        {"source": "arrivals", "share": -0.01, "mc_error": 0.02},
        {"source": "chance", "share": 0.31, "mc_error": 0.03},
    ],
    "ranges": [
        {"number": "stages.mql.response.odds.power", "share": 0.55, "mc_error": 0.04},
        {"number": "channels.paid.elasticity", "share": 0.01, "mc_error": 0.03},
    ],
    "origin": [
        {"origin": "open", "share": 0.2, "mc_error": 0.02},
        {"origin": "to_come", "share": 0.8, "mc_error": 0.02},
    ],
}
