"""Whether two samples of replications come from one distribution: means, variances and whole distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from rpmsim.dataset import with_empty
from rpmsim.model.plan import Model
from tests.reference.lives import engine_measured, known
from tests.reference.pipeline import MEANS, engine_pipeline
from tests.reference.record import Record, simulate_once

FAMILY = 1e-3
"""Chance that a correct program fails one comparison of two samples, over all its quantities together."""

LEAST_EVENTS = 40
"""Counts that are rarer than this in the smaller sample say nothing by a normal approximation."""

_SHAPED = ("moves", "stock", "bookings", "taken_up", "wait_hours")
"""What is compared as a distribution too; amounts paid have atoms that rounding to cents would tear apart."""

Arrays = Mapping[str, np.ndarray]


def reference_sample(model: Model, replications: int, seed: int) -> dict[str, np.ndarray]:
    """Arrays with a leading dim of replications, from the plain simulator; money in currency."""
    return arrays_of([simulate_once(model, np.random.default_rng([seed, r])) for r in range(replications)])


def arrays_of(records: list[Record]) -> dict[str, np.ndarray]:
    """Arrays with a leading dim of replications."""
    arrays = {name: np.stack([record.arrays[name] for record in records]) for name in records[0].arrays}
    arrays["bookings"] = arrays["bookings"] / 100
    return arrays


def engine_sample(model: Model, dataset: Any) -> dict[str, np.ndarray]:
    """The same from the engine's dataset, in the reference's order of labels."""
    dataset = with_empty(dataset)
    record = Record(model)
    edges = [f"{source}->{target}" for source, target in record.labels["edge"]]
    stored = [str(label) for label in dataset["edge"].values]
    arrays = {}
    for name, empty in record.arrays.items():
        if name in dataset:
            values = dataset[name].values
            if name == "moves":
                places = [stored.index(edge) if edge in stored else None for edge in edges]
                values = np.stack(
                    [np.zeros_like(values[:, :, 0]) if p is None else values[:, :, p] for p in places], axis=2
                )
            if name == "opening_stock":
                values = np.broadcast_to(values, (dataset.sizes["replication"], *values.shape))
            if name != "other_cost":
                assert values.shape[1:] == empty.shape, f"{name}: {values.shape[1:]} is not {empty.shape}"
            arrays[name] = values
    for label in ("stage", "channel", "segment", "role"):
        assert [str(x) for x in dataset[label].values] == record.labels[label]
    return arrays


def quantities(model: Model, arrays: Arrays) -> dict[str, np.ndarray]:
    """One number per replication for each thing worth comparing."""
    labels = Record(model).labels
    found: dict[str, np.ndarray] = {}

    def note(name: str, values: np.ndarray) -> None:
        found[name] = np.asarray(values, dtype=np.float64)

    moves = arrays["moves"]
    middle = max(1, moves.shape[1] // 2)
    for e, (source, target) in enumerate(labels["edge"]):
        note(f"moves {source}->{target}", moves[:, :, e].sum((1, 2, 3)))
        note(f"moves {source}->{target} in the first periods", moves[:, :middle, e].sum((1, 2, 3)))
        for c, channel in enumerate(labels["channel"]):
            note(f"moves {source}->{target} of {channel}", moves[:, :, e, c].sum((1, 2)))
        for s, segment in enumerate(labels["segment"]):
            note(f"moves {source}->{target} of {segment}", moves[:, :, e, :, s].sum((1, 2)))
    for i, stage in enumerate(labels["stage"]):
        note(f"stock {stage} at the end", arrays["stock"][:, -1, i].sum((1, 2)))
        note(f"stock {stage} after a period", arrays["stock"][:, 0, i].sum((1, 2)))
        note(f"waiting {stage} at the end", arrays["waiting"][:, -1, i])
        note(f"waiting_hours {stage} at the end", arrays["waiting_hours"][:, -1, i])
        for name in ("taken_up", "wait_hours", "within_sla", "gave_up"):
            note(f"{name} {stage}", arrays[name][:, :, i].sum(1))
    note("bookings", arrays["bookings"].sum((1, 2, 3)))
    for p, period in enumerate(labels["period"]):
        note(f"arrivals in {period}", arrivals_of(labels["edge"], moves)[:, p])
        note(f"bookings in {period}", arrays["bookings"][:, p].sum((1, 2)))
    for s, segment in enumerate(labels["segment"]):
        note(f"bookings of {segment}", arrays["bookings"][..., s].sum((1, 2)))
    for i, role in enumerate(labels["role"]):
        for name in ("head_days", "capacity", "capacity_used", "prospecting", "slot_days", "slot_days_used", "pay"):
            note(f"{name} {role}", arrays[name][:, :, i].sum(1))
            note(f"{name} {role} in the first periods", arrays[name][:, :middle, i].sum(1))
    for c, channel in enumerate(labels["channel"]):
        for p, period in enumerate(labels["period"]):
            note(f"spend {channel} in {period}", arrays["spend"][:, p, c])
    note("other_cost", arrays["other_cost"].sum((1, 2)))
    return found


def arrivals_of(edges: list[tuple[str, str]], moves: np.ndarray) -> np.ndarray:
    """Leads that arrived, by replication and period."""
    from_source = [e for e, (source, _) in enumerate(edges) if source == "source"]
    return moves[:, :, from_source].sum((2, 3, 4))


@dataclass(frozen=True)
class Disagreement:
    """A quantity whose distribution differs; ``error`` is the difference in standard errors."""

    quantity: str
    what: str
    reference: float
    engine: float
    error: float

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.quantity}: {self.what} {self.engine:.6g} instead of {self.reference:.6g} ({self.error:+.1f} s.e.)"
        )


def disagreements(reference: Mapping[str, np.ndarray], engine: Mapping[str, np.ndarray]) -> list[Disagreement]:
    """Means and variances that differ by more than chance, corrected for how many are compared (Bonferroni)."""
    errors: list[Disagreement] = []
    compared = {name for name in reference if not np.array_equal(reference[name], engine[name])}
    for name in sorted(compared):
        x, y = reference[name], engine[name]
        if np.ptp(x) < 1e-6 * (1 + abs(x[0])) and np.ptp(y) < 1e-6 * (1 + abs(y[0])):
            if abs(x[0] - y[0]) > 1e-6 * (1 + abs(x[0])) + 0.1:  # money is rounded to cents by period
                errors.append(Disagreement(name, "constant", float(x[0]), float(y[0]), np.inf))
            continue
        if max(_events(name, x), _events(name, y) * len(x) / len(y)) < LEAST_EVENTS:
            continue
        errors.append(Disagreement(name, "mean", x.mean(), y.mean(), _mean_error(x, y)))
        if name.startswith(MEANS):
            continue
        if min(np.count_nonzero(x != np.median(x)), np.count_nonzero(y != np.median(y))) >= LEAST_EVENTS:
            errors.append(Disagreement(name, "sd", x.std(), y.std(), _spread_error(x, y)))
            if name.startswith(_SHAPED) and x.sum() > 20 * len(x):
                errors.append(Disagreement(name, "distribution", np.median(x), np.median(y), _shape_error(x, y)))
    limit = stats.norm.isf(FAMILY / 2 / max(1, len(errors)))
    return sorted((e for e in errors if not abs(e.error) <= limit), key=lambda e: -abs(e.error))


def _events(name: str, values: np.ndarray) -> float:
    """Independent events behind a sample: replications with any, where it is money or hours."""
    counted = name.startswith(("moves", "stock", "taken_up", "gave_up", "arrivals"))
    return float(values.sum()) if counted else float(np.count_nonzero(values))


def _mean_error(x: np.ndarray, y: np.ndarray) -> float:
    """Difference of means, over its standard error from the deviations of both samples.

    By the hypothesis both have one distribution; a small sample of a distribution with rare large values, taken alone,
    mostly has none of them and would promise too much.
    """
    variance = _deviations(x, y).var(ddof=2) * (1 / len(x) + 1 / len(y))
    return float((y.mean() - x.mean()) / np.sqrt(variance)) if variance > 0 else np.inf


def _spread_error(x: np.ndarray, y: np.ndarray) -> float:
    """Difference of log variances, over its standard error from the kurtosis of both samples together."""
    kurtosis = max(stats.kurtosis(_deviations(x, y), fisher=False), 1.5)
    error = (kurtosis - 1) * (1 / len(x) + 1 / len(y))
    return float(np.log(y.var(ddof=1) / x.var(ddof=1)) / np.sqrt(error))


def _deviations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.concatenate([x - x.mean(), y - y.mean()])


def _shape_error(x: np.ndarray, y: np.ndarray) -> float:
    """Kolmogorov-Smirnov, its p-value as standard errors of a normal; conservative for counts."""
    p = stats.ks_2samp(x, y, method="asymp").pvalue
    return float(stats.norm.isf(max(p, 1e-300) / 2))


def compare(model: Model, simulate: Callable[[], Any], replications: int, seed: int) -> list[Disagreement]:
    """Disagreements between the plain simulator and a dataset of the engine."""
    records = [simulate_once(model, np.random.default_rng([seed, r])) for r in range(replications)]
    dataset = simulate()
    reference = quantities(model, arrays_of(records))
    engine = quantities(model, engine_sample(model, dataset))
    if "time_in_stage" in dataset:
        names = {name for record in records for name in record.lives}
        theirs = {name: np.array([record.lives.get(name, 0.0) for record in records]) for name in names}
        ours = engine_measured(model, with_empty(dataset))
        assert names <= ours.keys(), names - ours.keys()
        theirs, ours = known(theirs), known({name: ours[name] for name in names})
        both = theirs.keys() & ours.keys()
        alone = {name: np.ones(2) for name in (theirs.keys() ^ ours.keys()) if name.endswith("is known")}
        reference |= {name: theirs[name] for name in both} | {n: theirs.get(n, v) for n, v in alone.items()}
        engine |= {name: ours[name] for name in both} | {n: ours.get(n, v) for n, v in alone.items()}
    if "pipeline_value" in dataset:
        found = engine_pipeline(model, with_empty(dataset))
        reference |= {name: np.array([record.pipeline[name] for record in records]) for name in found}
        engine |= found
    return disagreements(reference, engine)
