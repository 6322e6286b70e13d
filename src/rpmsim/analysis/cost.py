"""Metrics of money spent: cost of a customer, and what a channel returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.condense import summed
from rpmsim.analysis.flow import counted, won
from rpmsim.analysis.metric import Measure, Metric, Ratio
from rpmsim.dataset.store import loaded
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr


def _marketing(dataset: xr.Dataset) -> xr.DataArray:
    of_marketing = np.flatnonzero(dataset["channel_kind"].values == "marketing")
    return loaded(dataset["spend"]).isel(channel=of_marketing).sum("channel", skipna=False)


def _over(name: str, dim: str) -> Measure:
    """Money that is stored by a dim: by it, or its sum."""
    return lambda dataset, by: loaded(dataset[name]) if dim in by else loaded(dataset[name]).sum(dim, skipna=False)


def _shared(dataset: xr.Dataset) -> xr.DataArray:
    """Pay of all roles and other cost."""
    return loaded(dataset["pay"]).sum("role", skipna=False) + loaded(dataset["other_cost"]).sum("cost", skipna=False)


def _everything(dataset: xr.Dataset) -> xr.DataArray:
    return loaded(dataset["spend"]).sum("channel", skipna=False) + _shared(dataset)


def staffed_edges(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Edges into stages that staff work."""
    staffed = dataset["stage"].values[dataset["stage_staffed"].values.astype(bool)]
    return np.isin(dataset["to"].values, staffed)


def _channel_cost(dataset: xr.Dataset) -> xr.DataArray:
    """Spend of each channel and its part of the shared cost, period by period."""
    work = counted(dataset, "worked", staffed_edges, ("channel",))
    total = work.sum("channel", skipna=False)
    part = (work / total.where(total > 0)).fillna(1.0 / work.sizes["channel"])
    return loaded(dataset["spend"]) + part * _shared(dataset)


def _roi(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    cost = _channel_cost(dataset)
    return Ratio(summed(dataset["bookings"], ("segment",)) - cost, cost)


marketing_spend = Metric(
    "marketing_spend",
    CURRENCY,
    "Spend of all channels of the kind marketing, counted when the money is spent.",
    lambda dataset, _: _marketing(dataset),
    by=(),
)
spend = Metric("spend", CURRENCY, "Spend of the channels.", _over("spend", "channel"), by=("channel",))
pay = Metric("pay", CURRENCY, "Pay of the roles.", _over("pay", "role"), by=("role",))
other_cost = Metric(
    "other_cost", CURRENCY, "Tools, services and overhead, as `costs` state them.", _over("other_cost", "cost"),
    by=("cost",),
)  # fmt: skip
total_cost = Metric(
    "total_cost",
    CURRENCY,
    "Spend of all channels + pay of all roles + tools, services and overhead.",
    lambda dataset, _: _everything(dataset),
    by=(),
)
cac_simple = Metric(
    "cac_simple",
    CURRENCY,
    "Spend of the channels of the kind marketing / deals won. Pay does not count, and spend counts when the money is "
    "spent.",
    lambda dataset, _: Ratio(_marketing(dataset), won(dataset, ())),
    by=(),
)
cac_loaded = Metric(
    "cac_loaded",
    CURRENCY,
    "(Spend of all channels + pay of all roles + tools, services and overhead) / deals won.",
    lambda dataset, _: Ratio(_everything(dataset), won(dataset, ())),
    by=(),
)
cac_by_channel = Metric(
    "cac_by_channel",
    CURRENCY,
    "(Spend of the channel + its part of the shared cost) / deals won from it. Shared cost is the pay of all roles "
    "plus tools, services and overhead. A channel's part of it is its share of the leads that entered staffed stages "
    "in the period (equal parts if no lead entered one).",
    lambda dataset, _: Ratio(_channel_cost(dataset), won(dataset, ("channel",))),
    by=(),
)
roi_channel = Metric(
    "roi_channel",
    "ratio",
    "(Bookings sourced by the channel - its cost) / its cost, with the cost of cac_by_channel. Bookings count in full: "
    "a scenario does not state a gross margin yet.",
    _roi,
    by=(),
)
