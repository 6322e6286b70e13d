"""The metrics of one scenario of a comparison, by period and over longer spans."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.dictionary import METRICS
from rpmsim.analysis.metric import Metric
from rpmsim.analysis.spans import Spans, years_and_targets
from rpmsim.analysis.summary import FOR_TARGETS, applies
from rpmsim.comparison.runs import values_of
from rpmsim.model.plan import Model, Target

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Span:
    """A reporting period, or a longer span."""

    label: str
    first: dt.date
    last: dt.date
    longer: bool

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "period": self.label,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "longer": self.longer,
        }


class Measured:
    """The metrics of one scenario."""

    def __init__(self, model: Model, forecast: xr.Dataset) -> None:
        self.model, self.forecast = model, forecast
        self._both: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self._spans = Spans(forecast, model, {name: metric(forecast) for name, metric in FOR_TARGETS.items()})

    def has(self, name: str) -> bool:
        """Whether the scenario has what a metric counts."""
        return applies(METRICS[name], self.forecast, self.model)

    def spans(self) -> list[Span]:
        """The reporting periods, then the years and the periods of targets that lie inside the run."""
        labels = self.forecast["period_label"].values.tolist()
        ends = [self.forecast[name].values.astype("datetime64[D]").tolist() for name in ("period", "period_last")]
        found = [Span(label, first, last, False) for label, first, last in zip(labels, *ends, strict=True)]
        longer = (p for p in years_and_targets(self.model, self.model.targets) if p.label not in labels)
        inside = (p for p in longer if p.first >= self.model.first_day and p.last <= self.model.until)
        return [*found, *(Span(period.label, period.first, period.last, True) for period in inside)]

    def values(self, metric: Metric, span: Span | None) -> NDArray[np.float64] | None:
        """One number for each replication; None where a metric has none for the span."""
        if span is not None and span.longer:
            return self._spans.of(metric.name, span.first, span.last).values if metric.name in FOR_TARGETS else None
        if metric.name not in self._both:
            by_period, total = metric.both(self.forecast)
            self._both[metric.name] = values_of(by_period), total.values.astype(np.float64)
        by_period_values, totals = self._both[metric.name]
        if span is None:
            return totals
        return by_period_values[:, self.forecast["period_label"].values.tolist().index(span.label)]

    def inside(self, span: Span) -> NDArray[np.bool_]:
        """Which reporting periods a span holds."""
        return self._spans.inside(span.first, span.last)

    def of_target(self, target: Target) -> tuple[NDArray[np.float64] | None, float | None, str]:
        """Result of each replication in the period of a target, actuals to date of it, and its state."""
        span = self._spans.of(target.metric, target.first, target.last)
        return span.values, span.actual, span.state
