"""What a summary says of channels, segments and groups of segments: metrics by period, and how their targets fare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import flow, revenue
from rpmsim.analysis.spans import Spans, in_order
from rpmsim.analysis.sums import Sums
from rpmsim.analysis.targets import fares
from rpmsim.model.money import groups_of
from rpmsim.model.plan import Model

if TYPE_CHECKING:
    import xarray as xr

Document = dict[str, Any]
_METRICS = {metric.name: metric for metric in (flow.leads, flow.wins, revenue.bookings)}
NOT_KEPT = "not kept"
"""State of a target of a class in a run that keeps no classes."""


@dataclass(frozen=True)
class Classes:
    """Counts and bookings by class of one run; a dataset is None where the run keeps no classes.

    Parameters
    ----------
    channel, segment, group : xarray.Dataset or None
        See :meth:`rpmsim.analysis.sums.Sums.by_class`; groups stand in the place of segments. None
        also where no segment has a group.
    """

    channel: xr.Dataset | None
    segment: xr.Dataset | None
    group: xr.Dataset | None

    @classmethod
    def of(cls, sums: Sums, totals: xr.Dataset, model: Model) -> Classes:
        """From the sums of a run; groups are sums of their segments inside each replication."""
        segments = sums.by_class(totals, "segment")
        return cls(sums.by_class(totals, "channel"), segments, None if segments is None else _grouped(segments, model))


def _grouped(segments: xr.Dataset, model: Model) -> xr.Dataset | None:
    import xarray as xr

    groups = groups_of(model.content.segments)
    if not groups:
        return None
    result = segments.drop_dims("segment").assign_attrs(segment_kind="group")
    for name, array in segments.data_vars.items():
        if "replication" in array.dims and array.dims[-1] == "segment":
            parts = [array.sel(segment=names).sum("segment", keep_attrs=True) for names in groups.values()]
            result[name] = xr.concat(parts, "segment").transpose(*array.dims)
    return result.assign_coords(segment=list(groups))


def class_targets(model: Model, classes: Classes, draws: NDArray[np.integer[Any]] | None) -> list[Document]:
    """The targets of channels, segments and groups, with the chance of each.

    The results of a class are summed over the target's period inside each replication. Actuals to date is not known
    by class: a target whose period has begun before the run has no chance, and its state is ``partial`` or ``outside``.
    """
    bare = replace(model, actuals=())
    spans: dict[tuple[str, str, str], Spans] = {}
    metrics = list(dict.fromkeys(target.metric for target in model.class_targets))
    places = list(dict.fromkeys((target.of, target.name) for target in model.class_targets))
    result = []
    for target in sorted(
        model.class_targets,
        key=lambda t: (places.index((t.of, t.name)), metrics.index(t.metric), *in_order(t.first, t.last)),
    ):
        head: Document = {"of": target.of, "name": target.name, "metric": target.metric, "period": target.period}
        dataset = getattr(classes, target.of)
        if dataset is None:
            result.append(head | {"state": NOT_KEPT} | fares(None, target.value, draws))
            continue
        place = (target.of, target.name, target.metric)
        if place not in spans:
            dim = "channel" if target.of == "channel" else "segment"
            values: dict[str, xr.DataArray] = {
                target.metric: _METRICS[target.metric](dataset, (dim,)).sel({dim: target.name})
            }
            spans[place] = Spans(dataset, bare, values)
        span = spans[place].of(target.metric, target.first, target.last)
        values_of = span.values if span.state == "whole" else None
        result.append(head | {"state": span.state} | fares(values_of, target.value, draws))
    return result
