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


def opportunity_edges(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Edges over which leads become opportunities: into such a stage, from any stage of another kind."""
    left, entered = _kinds(dataset, "from"), _kinds(dataset, "to")
    return np.asarray((entered == "opportunity") & (left != "opportunity"))


def counted(
    dataset: xr.Dataset, name: str, edges_of: Callable[[xr.Dataset], NDArray[np.bool_]], by: tuple[str, ...]
) -> xr.DataArray:
    """Moves over some edges; of sums by class, which hold them under a name, those."""
    if name in dataset:
        return summed(dataset[name], others(by))
    return _edges(dataset, edges_of(dataset), by)


def new_leads(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """New leads, by replication, period and the class dims of ``by``."""
    return counted(dataset, "leads", lead_edges, by)


def won(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """Entries into the won stage, by replication, period and the class dims of ``by``."""
    return counted(dataset, "wins", won_edges, by)


def opened(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """New opportunities, by replication, period and the class dims of ``by``."""
    return counted(dataset, "opportunities", opportunity_edges, by)


def stage_entries(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """Moves into each stage, by replication, period and the class dims of ``by``."""
    return _by_stage(dataset, "to", by)


def _advances(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    return _by_stage(dataset, "from", by, dataset["edge_advances"].values.astype(bool))


leads = Metric(
    "leads",
    "leads",
    "New leads: moves from the source or from an anonymous stage into any stage that is neither anonymous nor lost. An "
    "anonymous visitor who is lost was never a lead.",
    new_leads,
    formula="moves into a stage that is neither anonymous nor lost, from the source or from an anonymous stage",
    trap="Visitors are not leads until they are identified, and a lead that comes back is not a new one. If "
    "marketing counts form fills, its figure is higher.",
    example="1,000 visitors arrive, 60 of them are identified, and 5 leads of partners arrive directly as SQLs: 65.",
)
opportunities = Metric(
    "opportunities",
    "deals",
    "New opportunities: moves into a stage of the kind opportunity from any stage of another kind. An opportunity that "
    "comes back later, such as from nurture, counts again.",
    opened,
    formula="Moves into opportunity stages - moves from one opportunity stage to the next.",
    trap="It is not the number of open deals, and one record can count more than once if deals are recycled.",
    example="In March 40 leads enter discovery, 5 of them for the second time, and 25 move on from it to proposal: 40.",
)
wins = Metric(
    "wins",
    "deals",
    "Deals won: entries into the won stage.",
    won,
    formula="entries into the won stage",
    trap="A deal counts in the period in which it is won, not in that of its lead: the wins of a month come "
    "from leads of many months.",
    example="Deals are won on March 3, 17 and 31: 3 wins in March.",
)
entries = Metric(
    "entries",
    "leads",
    "Leads that entered the stage, including those that came back.",
    stage_entries,
    formula="moves into the stage, from the source or from any other stage",
    trap="A lead that comes back, such as from nurture, counts again: there can be more entries than different leads.",
    example="90 leads enter for the first time and 10 come back from nurture: 100.",
)
exits = Metric(
    "exits",
    "leads",
    "Leads that left the stage, by any outcome.",
    lambda dataset, by: _by_stage(dataset, "from", by),
    formula="moves out of the stage",
    trap="To leave is not to advance: losses and returns count too.",
    example="30 leads advance, 50 are lost and 10 go to nurture: 90.",
)
stock = Metric(
    "stock",
    "leads",
    "Leads in the stage at the end of the period, waiting or in progress.",
    lambda dataset, by: summed(dataset["stock"], others(by)),
    totals="last",
    formula="stock at the end of the previous period + entries - exits",
    trap="Do not add it over periods: a lead that stays is counted at the end of each. If it grows, more leads "
    "came or they move more slowly: look at time_in_stage.",
    example="40 leads at the end of February; in March, 100 enter and 90 leave: 50.",
)
conversion_period = Metric(
    "conversion_period",
    "share",
    "Leads that advanced from the stage in the period / leads that entered it in the same period. These are not the "
    "same leads: if a stage takes long or volumes change, it can differ much from the share that advances in the end.",
    lambda dataset, by: Ratio(_advances(dataset, by), stage_entries(dataset, by)),
    formula="leads that advanced from the stage in the period / entries of the period",
    trap="Leads that advance in a month often entered earlier. While volumes grow the figure is too low, while "
    "a backlog is worked off it is too high, even above 100%.",
    example="In March, 100 leads enter the stage and 25 advance, 10 of whom entered in February: 25 / 100 = 25%.",
)
leads_to_close = Metric(
    "leads_to_close",
    "percent",
    "Deals won in the period / new leads in the same period x 100. These are not the same leads: deals close later "
    "than their leads arrive.",
    lambda dataset, by: Ratio(100.0 * won(dataset, by), new_leads(dataset, by)),
    formula="wins / leads x 100",
    trap="While leads grow, wins of this month come from the fewer leads of earlier months, so the figure is "
    "too low; after a cut in leads it is too high. leads_to_close_cohort follows the leads themselves.",
    example="400 new leads and 8 wins in March: 2%.",
)
