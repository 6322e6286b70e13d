"""The document of a comparison: what ``compare --json`` prints, and what tables and charts are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import dictionary
from rpmsim.analysis.bands import error_of_mean, plain
from rpmsim.analysis.metric import Metric
from rpmsim.analysis.spans import in_order
from rpmsim.analysis.summary import FOR_TARGETS, has_amounts, posterior_of
from rpmsim.analysis.targets import fares, hits
from rpmsim.comparison.binding import Binding, Step
from rpmsim.comparison.bridge import Bridge, rounded
from rpmsim.comparison.cases import Case
from rpmsim.comparison.compare import Comparison
from rpmsim.comparison.measured import Measured, Span
from rpmsim.comparison.paired import LESS_IS_BETTER, band, difference
from rpmsim.comparison.pipeline import open_amount
from rpmsim.comparison.runs import Draws
from rpmsim.comparison.variance import Share, Variance
from rpmsim.dataset import with_empty
from rpmsim.errors import Diagnostic, InputError
from rpmsim.model.plan import Model
from rpmsim.scenario.differences import differences
from rpmsim.scenario.levers import Lever

Document = dict[str, Any]
"""Plain values only: what ``json.dumps`` takes, with None for what is undefined."""
_CENTS = 2


def document_of(comparison: Comparison, only: Sequence[str] = ()) -> Document:
    """The whole comparison in numbers and words.

    Parameters
    ----------
    comparison : Comparison
    only : sequence of str, optional
        Metrics to compare beside the headline; by default all of the whole cycle that every scenario has.

    Raises
    ------
    InputError
        A scenario does not have one of them.
    """
    cases, model = comparison.cases, comparison.cases[0].scenario.model
    measured = [
        Measured(case.scenario.model, with_empty(f)) for case, f in zip(cases, comparison.forecasts, strict=True)
    ]
    names = [case.name for case in cases]
    lacking = [
        Diagnostic(case.place, None, None, name, f"has no {name} to compare", "compare another metric")
        for case, one in zip(cases, measured, strict=True)
        for name in only
        if not one.has(name)
    ]
    if lacking:
        raise InputError(lacking)
    metrics = {
        metric.name: _metric(metric, names, measured, comparison.draws)
        for metric in dictionary.WHOLE
        if (not only or metric.name in (*only, comparison.metric.name))
        and all(one.has(metric.name) for one in measured)
    }
    return {
        "baseline": names[0],
        "scenarios": names,
        "places": {case.name: case.place for case in cases},
        "status": {case.name: case.scenario.status for case in cases},
        "changes": {case.name: _changes(cases[0], case) for case in cases[1:]},
        "as_of": model.as_of.isoformat(),
        "until": model.until.isoformat(),
        "currency": model.currency,
        "period_kind": model.period,
        "replications": comparison.settings.replications,
        "seed": comparison.settings.seed,
        "ranged_numbers": max(forecast.sizes.get("parameter", 0) for forecast in comparison.forecasts),
        **{key: value for forecast in comparison.forecasts for key, value in posterior_of(forecast).items()},
        "headline": comparison.metric.name,
        "asked_for": list(dict.fromkeys(only)),
        "units": {name: _unit(dictionary.METRICS[name], model) for name in (*metrics, *FOR_TARGETS)},
        "less_is_better": sorted(LESS_IS_BETTER & metrics.keys()),
        "periods": [span.document() for span in measured[0].spans()],
        "metrics": metrics,
        "targets": _targets(names, measured, comparison.draws),
        "bridge": {
            name: _bridge(found, comparison.levers[name], measured[0], comparison.draws)
            for name, found in comparison.bridges.items()
        },
        "interactions": {
            name: _interaction(found, comparison.levers[name]) for name, found in comparison.bridges.items()
        },
        "binds": [_binds(name, found, measured[0], comparison.draws) for name, found in comparison.bindings.items()],
        "variance": _variance(comparison.variance, names[0]),
    }


def check_metrics(names: Sequence[str], cases: Sequence[Case]) -> None:
    """Refuse metrics that are unknown, or that a scenario does not have.

    Raises
    ------
    InputError
        With each of them.
    """
    known = [metric.name for metric in dictionary.WHOLE]
    diagnostics = [
        Diagnostic(
            "--metric", None, None, name, "is not a metric of the whole cycle", f"choose one of {', '.join(known)}"
        )
        for name in names
        if name not in known
    ]
    for case in cases:
        if {"bookings", "average_deal"} & set(names) and not has_amounts(case.scenario.model):
            message = "has no bookings: its deals have no amounts"
            fix = "state the `amount` of its segments, or compare wins"
            diagnostics.append(Diagnostic(case.place, None, None, "segments", message, fix))
    if diagnostics:
        raise InputError(diagnostics)


def _changes(baseline: Case, case: Case) -> list[str]:
    """What was changed, in words; the status is reported beside it."""
    found = differences(baseline.scenario, case.scenario)
    return [one.words for one in found if one.path not in ("status", "approved_by")]


def _unit(metric: Metric, model: Model) -> str:
    return model.currency if metric.unit == "currency" else metric.unit


def _metric(metric: Metric, names: Sequence[str], measured: Sequence[Measured], draws: Draws | None) -> Document:
    """Bands and differences by period, then of the total."""
    found: Document = {}
    for span in (*measured[0].spans(), None):
        values = [one.values(metric, span) for one in measured]
        before = values[0]
        entry: Document = {}
        for name, own in zip(names, values, strict=True):
            if own is None or before is None:
                continue
            entry[name] = {"value": band(own, draws)}
            if name != names[0]:
                entry[name] |= difference(metric.name, before, own, draws)
        if entry:
            found["total" if span is None else span.label] = entry
    return found


def _targets(names: Sequence[str], measured: Sequence[Measured], draws: Draws | None) -> list[Document]:
    """Every target of some scenario, and how each scenario fares with its own."""
    wanted: dict[tuple[str, str], None] = {}
    for one in measured:
        ordered = sorted(one.model.targets, key=lambda t: (t.metric, *in_order(t.first, t.last)))
        wanted |= dict.fromkeys((target.metric, target.period) for target in ordered)
    return [{"metric": m, "period": p, "scenarios": _target(m, p, names, measured, draws)} for m, p in wanted]


def _target(
    metric: str,
    period: str,
    names: Sequence[str],
    measured: Sequence[Measured],
    draws: Draws | None,
) -> Document:
    found: Document = {}
    base: NDArray[np.float64] | None = None
    for name, one in zip(names, measured, strict=True):
        target = next((t for t in one.model.targets if (t.metric, t.period) == (metric, period)), None)
        if target is None:
            continue
        values, actual, state = one.of_target(target)
        entry: Document = {"state": state} | fares(values, target.value, draws)
        if actual is not None:
            entry |= {"actual": plain(actual), "to_go": plain(target.value - actual)}
        if metric == "bookings" and target.first <= one.model.first_day <= target.last:
            to_go = target.value - (actual or 0.0)
            entry["pipeline_coverage"] = plain(open_amount(one.model) / to_go) if to_go > 0 else None
        hit = None if values is None else hits(values, target.value).astype(np.float64)
        if name == names[0]:
            base = hit
        elif hit is not None and base is not None:
            entry["probability_difference"] = {
                "mean": plain(float((hit - base).mean())),
                "mc_error": plain(error_of_mean(hit - base, draws)),
            }
        found[name] = entry
    return found


def _bridge(found: Bridge, own: Sequence[Lever], measured: Measured, draws: Draws | None) -> list[Document]:
    """One entry for each lever: its part of the total and of every period, to the cent so that they sum up."""
    spans: list[tuple[str, NDArray[np.bool_]]] = [(s.label, measured.inside(s)) for s in measured.spans()]
    whole = np.ones(found.parts.shape[2], dtype=bool)
    by_span = {label: _sums(found, inside, draws) for label, inside in (*spans, ("total", whole))}
    return [
        {
            "lever": lever.title,
            "name": lever.name,
            "changes": list(lever.words),
            "value": by_span["total"][i][0],
            "mc_error": by_span["total"][i][1],
            "alone": plain(float(found.alone[i])),
            "periods": {label: {"value": by_span[label][i][0], "mc_error": by_span[label][i][1]} for label, _ in spans},
        }
        for i, lever in enumerate(own)
    ]


def _sums(found: Bridge, inside: NDArray[np.bool_], draws: Draws | None) -> list[tuple[float, float | None]]:
    """Mean part of each lever over some periods, rounded so that they sum to the difference, and its error."""
    parts = found.parts[:, :, inside].sum(axis=2)
    means = [float(part.mean()) for part in parts]
    errors = [plain(error_of_mean(part, draws)) for part in parts]
    return list(zip(rounded(means, sum(means), _CENTS), errors, strict=True))


def _interaction(found: Bridge, own: Sequence[Lever]) -> Document | None:
    one = found.interaction
    if one is None:
        return None
    names = [own[i].title for i in one.levers]
    return {"levers": names, "value": plain(one.value), "mc_error": plain(one.mc_error)}


def _binds(name: str, found: Binding, measured: Measured, draws: Draws | None) -> Document:
    spans = [span for span in measured.spans() if not span.longer]
    return {
        "scenario": name,
        "binds": None if found.whole is None else _step(found.whole, measured.model, draws),
        "steps": [_step(step, measured.model, draws) for step in found.steps],
        "periods": [
            {"period": span.label, **({} if step is None else _named(step, measured.model))}
            for span, step in zip(spans, found.by_period, strict=True)
        ],
        "moves": list(_moves(found, spans, measured.model)),
    }


def _named(step: Step, model: Model) -> Document:
    things: Sequence[Any] = model.content.roles if step.kind == "role" else model.content.channels
    label = next((thing.label for thing in things if thing.name == step.name and thing.label), step.name)
    return {"kind": step.kind, "name": step.name, "label": label}


def _step(step: Step, model: Model, draws: Draws | None) -> Document:
    """What a little more of something gains in all."""
    side = "capacity" if step.kind == "role" else "demand"
    error = error_of_mean(step.total, None if draws is None else draws[: len(step.total)])
    gain = {"gain": plain(float(step.total.mean())), "mc_error": plain(error)}
    return _named(step, model) | {"side": side} | gain


def _moves(found: Binding, spans: Sequence[Span], model: Model) -> Iterator[Document]:
    """When something else begins to bind."""
    before: Step | None = None
    for span, step in zip(spans, found.by_period, strict=True):
        if step is not None and step is not before:
            if before is not None:
                names = {"from": _named(before, model)["label"], "to": _named(step, model)["label"]}
                yield {"date": max(span.first, model.first_day).isoformat(), "period": span.label, **names}
            before = step


def _variance(found: Variance | None, name: str) -> Document | None:
    if found is None:
        return None
    return {
        "scenario": name,
        "variance": plain(found.variance),
        "sources": [_share(share, "source") for share in found.sources],
        "ranges": [_share(share, "number") for share in found.ranges],
        "origin": [_share(share, "origin") for share in found.origin],
    }


def _share(share: Share, key: str) -> Document:
    return {key: share.name, "share": plain(share.share), "mc_error": plain(share.mc_error)}
