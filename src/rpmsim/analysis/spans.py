"""Longer periods: from the reporting periods that are simulated, and from actuals to date before them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.actuals import actual_between
from rpmsim.model.calendar import Period, PeriodKind, periods
from rpmsim.model.plan import Model, Target

if TYPE_CHECKING:
    import xarray as xr

State = Literal["whole", "partial", "actual", "actual+simulated", "outside"]


def in_order(first: dt.date, last: dt.date) -> tuple[dt.date, int]:
    """Sort key of spans: by their last day, a longer one after those inside it, so that a year follows its quarters."""
    return last, -first.toordinal()


def years_of(model: Model) -> PeriodKind:
    """The kind of year by which the scenario thinks: fiscal where its year does not start in January."""
    fiscal = model.period.startswith("fiscal") or model.calendar.is_fiscal
    return "fiscal_year" if fiscal else "year"


def years_and_targets(model: Model, targets: Iterable[Target]) -> list[Period]:
    """The years of a scenario and the periods of targets, each once, in order."""
    years = periods(model.first_day, model.until, years_of(model), model.calendar)
    wanted = {*years, *(Period(target.period, target.first, target.last) for target in targets)}
    return sorted(wanted, key=lambda period: (*in_order(period.first, period.last), period.label))


@dataclass(frozen=True)
class Span:
    """Days from a first to a last one.

    Parameters
    ----------
    state : {"whole", "partial", "actual", "actual+simulated", "outside"}
        ``whole`` where every day is simulated, ``actual`` where every day has happened and is stated,
        ``actual+simulated`` where both together make it up, ``partial`` where some of its days are missing, ``outside``
        where none is simulated, or a reporting period lies across its border.
    values : ndarray of float, shape (replications,), or None
        The sum in each replication, actuals to date included; None outside.
    actual : float or None
        Actuals to date of it; None where nothing is added.
    """

    state: State
    values: NDArray[np.float64] | None = None
    actual: float | None = None


class Spans:
    """Sums of metrics over any span.

    Parameters
    ----------
    dataset : xarray.Dataset
        For the reporting periods.
    model : Model
        For actuals to date.
    values : mapping of str to DataArray
        By metric: replication x period.
    """

    def __init__(self, dataset: xr.Dataset, model: Model, values: Mapping[str, xr.DataArray]) -> None:
        self.model = model
        self._values = {
            name: array.transpose("replication", "period").values.astype(np.float64) for name, array in values.items()
        }
        day = np.datetime64(model.first_day)
        self._starts = np.maximum(dataset["period"].values.astype("datetime64[D]"), day)
        self._ends = np.minimum(dataset["period_last"].values.astype("datetime64[D]"), np.datetime64(model.until))

    def inside(self, first: dt.date, last: dt.date) -> NDArray[np.bool_]:
        """Which reporting periods have simulated days from ``first`` to ``last``."""
        low, high = np.datetime64(max(first, self.model.first_day)), np.datetime64(min(last, self.model.until))
        return np.asarray((self._ends >= low) & (self._starts <= high))

    def of(self, metric: str, first: dt.date, last: dt.date) -> Span:
        """The span from ``first`` to ``last``, both inside."""
        known = None
        if first <= self.model.as_of:
            known = actual_between(self.model.actuals, metric, first, min(last, self.model.as_of))
        values = self._values[metric]
        if last <= self.model.as_of:
            return Span("outside") if known is None else Span("actual", np.full(len(values), known), known)
        low, high = max(first, self.model.first_day), min(last, self.model.until)
        inside = np.flatnonzero(self.inside(low, high))
        if (
            not len(inside)
            or self._starts[inside[0]] < np.datetime64(low)
            or self._ends[inside[-1]] > np.datetime64(high)
        ):
            return Span("outside")
        total = values[:, inside].sum(axis=1)
        if last > self.model.until or (first <= self.model.as_of and known is None):
            return Span("partial", total)
        return Span("whole", total) if known is None else Span("actual+simulated", total + known, known)
