"""Metrics of flow: leads, moves through the stages, stock, conversion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.condense import grouped, summed
from rpmsim.analysis.metric import Metric, Ratio, others
from rpmsim.model.cycle import SOURCE

if TYPE_CHECKING:
    import xarray as xr


def _kinds(dataset: xr.Dataset, end: str) -> NDArray[np.str_]:
    """Kind of the stage at one end ("from" or "to") of every edge."""
    kinds = dict(zip(dataset["stage"].values.tolist(), dataset["stage_kind"].values.tolist(), strict=True))
    return np.array([kinds.get(name, SOURCE) for name in dataset[end].values.tolist()], dtype=str)


def _edges(dataset: xr.Dataset, mask: NDArray[np.bool_], by: tuple[str, ...]) -> xr.DataArray:
    moved = grouped(dataset["moves"], "edge", {"all": mask}, "group", others(by))
    return moved.isel(group=0, drop=True)


def _by_stage(
    dataset: xr.Dataset, end: str, by: tuple[str, ...], only: NDArray[np.bool_] | None = None
) -> xr.DataArray:
    names = dataset[end].values.astype(str)
    only = np.ones(len(names), dtype=bool) if only is None else only
    groups = {str(stage): (names == stage) & only for stage in dataset["stage"].values}
    return grouped(dataset["moves"], "edge", groups, "stage", others(by))


def lead_edges(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Edges over which leads arrive."""
    left, entered = _kinds(dataset, "from"), _kinds(dataset, "to")
    return np.isin(left, (SOURCE, "anonymous")) & ~np.isin(entered, ("anonymous", "lost"))


def won_edges(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Edges into the won stage."""
    return np.asarray(_kinds(dataset, "to") == "won")


def counted(
    dataset: xr.Dataset, name: str, edges_of: Callable[[xr.Dataset], NDArray[np.bool_]], by: tuple[str, ...]
) -> xr.DataArray:
    """Moves over some edges; of sums by class, which hold them under a name, those."""
    if name in dataset:
        return summed(dataset[name], others(by))
    return _edges(dataset, edges_of(dataset), by)


def _leads(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    return counted(dataset, "leads", lead_edges, by)


def won(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """Entries into the won stage, by replication, period and the class dims of ``by``."""
    return counted(dataset, "wins", won_edges, by)


def _entries(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    return _by_stage(dataset, "to", by)


def _advances(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    return _by_stage(dataset, "from", by, dataset["edge_advances"].values.astype(bool))


leads = Metric(
    "leads",
    "leads",
    "New leads: moves from the source or from an anonymous stage into any stage that is neither anonymous nor lost. An "
    "anonymous visitor who is lost was never a lead.",
    _leads,
)
wins = Metric("wins", "deals", "Deals won: entries into the won stage.", won)
entries = Metric("entries", "leads", "Leads that entered the stage, including those that came back.", _entries)
exits = Metric(
    "exits", "leads", "Leads that left the stage, by any outcome.", lambda dataset, by: _by_stage(dataset, "from", by)
)
stock = Metric(
    "stock",
    "leads",
    "Leads in the stage at the end of the period, waiting or in progress.",
    lambda dataset, by: summed(dataset["stock"], others(by)),
    totals="last",
)
conversion_period = Metric(
    "conversion_period",
    "share",
    "Leads that advanced from the stage in the period / leads that entered it in the same period. These are not the "
    "same leads: if a stage takes long or volumes change, it can differ much from the share that advances in the end.",
    lambda dataset, by: Ratio(_advances(dataset, by), _entries(dataset, by)),
)
leads_to_close = Metric(
    "leads_to_close",
    "percent",
    "Deals won in the period / new leads in the same period x 100. These are not the same leads: deals close later "
    "than their leads arrive.",
    lambda dataset, by: Ratio(100.0 * won(dataset, by), _leads(dataset, by)),
)
