"""Metrics of money spent: cost of a customer, and what a channel returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.condense import summed
from rpmsim.analysis.flow import counted, new_leads, opened, stage_entries, won
from rpmsim.analysis.metric import Measure, Metric, Ratio, of_marketing
from rpmsim.dataset.store import loaded
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr


def _marketing(dataset: xr.Dataset) -> xr.DataArray:
    return of_marketing(dataset, loaded(dataset["spend"]))


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


def _roi_of_marketing(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
    """The same over the channels of the kind marketing together."""
    return Ratio(*(of_marketing(dataset, part) for part in _roi(dataset, by)))


marketing_spend = Metric(
    "marketing_spend",
    CURRENCY,
    "Spend of all channels of the kind marketing, counted when the money is spent.",
    lambda dataset, _: _marketing(dataset),
    by=(),
    formula="sum of spend over the channels of the kind marketing",
    trap="Pay of marketers and tools are not in it, nor are channels of other kinds, such as partners.",
    example="Website $8,000, paid $20,000 and partner $5,000, where partner is not of the kind marketing: $28,000.",
)
spend = Metric(
    "spend",
    CURRENCY,
    "Spend of the channels.",
    _over("spend", "channel"),
    by=("channel",),
    formula="sum of the spend of each channel",
    trap="It counts when the money is spent; the deals that it brings are won later.",
    example="Paid $20,000 and events $12,000: $32,000.",
)
pay = Metric(
    "pay",
    CURRENCY,
    "Pay of the roles.",
    _over("pay", "role"),
    by=("role",),
    formula="sum of the pay of all people of each role",
    trap="Pay does not fall with demand: fewer leads make each win more expensive.",
    example="Two SDRs at $6,000 a month and an AE at $10,000: $22,000 a month.",
)
other_cost = Metric(
    "other_cost",
    CURRENCY,
    "Tools, services and overhead, as `costs` state them.",
    _over("other_cost", "cost"),
    by=("cost",),
    formula="sum of the entries of `costs`",
    trap="It is only what the scenario states: what is left out makes every loaded cost too low.",
    example="A CRM for $3,000 a month and an agency for $2,000: $5,000 a month.",
)
total_cost = Metric(
    "total_cost",
    CURRENCY,
    "Spend of all channels + pay of all roles + tools, services and overhead.",
    lambda dataset, _: _everything(dataset),
    by=(),
    formula="spend + pay + other_cost",
    trap="It is the cost of acquiring customers, not of serving them.",
    example="$32,000 spend, $22,000 pay and $5,000 other cost: $59,000.",
)
cac_simple = Metric(
    "cac_simple",
    CURRENCY,
    "Spend of the channels of the kind marketing / deals won. Pay does not count, and spend counts when the money is "
    "spent.",
    lambda dataset, _: Ratio(_marketing(dataset), won(dataset, ())),
    by=(),
    formula="marketing_spend / wins",
    trap="Pay is usually the larger part of the cost, and it is missing here. Spend of this period brings wins "
    "of later ones.",
    example="$28,000 spend of marketing and 7 wins: $4,000.",
)
cac_loaded = Metric(
    "cac_loaded",
    CURRENCY,
    "(Spend of all channels + pay of all roles + tools, services and overhead) / deals won.",
    lambda dataset, _: Ratio(_everything(dataset), won(dataset, ())),
    by=(),
    formula="total_cost / wins",
    trap="Cost comes before the wins: while the team grows, the figure is too high. Total over a year is "
    "steadier than single months.",
    example="$59,000 total cost and 5 wins: $11,800.",
)
_SPEND = "Spend of the channels, counted when the money is spent"
_LATER = (
    "The money of a month works on leads and deals of later months: read the total, or a whole year. Pay, tools and "
    "overhead are not in it: see cac_loaded and cac_by_channel."
)


def _per(count: Callable[[xr.Dataset, tuple[str, ...]], xr.DataArray]) -> Measure:
    """Spend of each channel, or of all, over what it is to be divided by."""
    spent = _over("spend", "channel")

    def measure(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
        cost = spent(dataset, by)
        assert not isinstance(cost, Ratio)
        return Ratio(cost, count(dataset, by))

    return measure


cost_per_lead = Metric(
    "cost_per_lead",
    CURRENCY,
    f"{_SPEND} / new leads.",
    _per(new_leads),
    by=("channel",),
    formula="spend / leads",
    trap=f"A cheap lead that nobody can sell to is expensive: compare the cost per win, too. {_LATER}",
    example="$45,000 spent in March, 300 new leads: $150.",
)
cost_per_opportunity = Metric(
    "cost_per_opportunity",
    CURRENCY,
    f"{_SPEND} / new opportunities.",
    _per(opened),
    by=("channel",),
    formula="spend / opportunities",
    trap=_LATER,
    example="$45,000 spent in March, 30 new opportunities: $1,500.",
)
cost_per_win = Metric(
    "cost_per_win",
    CURRENCY,
    f"{_SPEND} / deals won. Spend of all channels counts, also of those that are not marketing.",
    _per(won),
    by=("channel",),
    formula="spend / wins",
    trap=_LATER,
    example="$45,000 spent in March, 6 deals won: $7,500.",
)
cost_per_entry = Metric(
    "cost_per_entry",
    CURRENCY,
    f"{_SPEND} / leads that entered the stage: for the stage of the marketing-qualified leads, the cost per MQL.",
    lambda dataset, _: Ratio(loaded(dataset["spend"]).sum("channel", skipna=False), stage_entries(dataset, ())),
    by=(),
    formula="spend / entries of the stage",
    trap=f"Leads that come back to a stage count again. {_LATER}",
    example="$45,000 spent in March, 120 leads enter the stage MQL: $375 per MQL.",
)
cac_by_channel = Metric(
    "cac_by_channel",
    CURRENCY,
    "(Spend of the channel + its part of the shared cost) / deals won from it. Shared cost is the pay of all roles "
    "plus tools, services and overhead. A channel's part of it is its share of the leads that entered staffed stages "
    "in the period (equal parts if no lead entered one).",
    lambda dataset, _: Ratio(_channel_cost(dataset), won(dataset, ("channel",))),
    by=(),
    formula="(spend of the channel + shared cost x its share of the leads that entered staffed stages) / wins of "
    "the channel",
    trap="The shared part is allocated, not caused: without the channel, the pay is still there. A month "
    "without wins has no value.",
    example="Shared cost $50,000, of which 60 of 200 worked leads make $15,000; with $10,000 spend and 5 wins: $5,000.",
)
roi_channel = Metric(
    "roi_channel",
    "ratio",
    "(Bookings sourced by the channel - its cost) / its cost, with the cost of cac_by_channel. Bookings count in full: "
    "a scenario does not state a gross margin yet.",
    _roi,
    by=(),
    formula="(bookings of the channel - its cost) / its cost",
    trap="Bookings of the period come from the spend of earlier ones, so a channel that has just started looks "
    "poor. Zero means that the cost came back, not that nothing did.",
    example="$100,000 bookings at a cost of $25,000: 3.0.",
)

roi_marketing = Metric(
    "roi_marketing",
    "ratio",
    "(Bookings sourced by the channels of the kind marketing - their cost) / their cost. The cost is that of "
    "cac_by_channel.",
    _roi_of_marketing,
    by=(),
    formula="(bookings of the marketing channels - their cost) / their cost",
    trap="It is no mean of roi_channel: large channels count for more. First touch gives marketing all of a deal that "
    "others worked on, too.",
    example="Website: $100,000 bookings at a cost of $25,000; events: $20,000 at $35,000: (120 - 60) / 60 = 1.0.",
)

DIRECT: tuple[Metric, ...] = (cost_per_lead, cost_per_opportunity, cost_per_win)
"""Spend per lead, opportunity and win: of the whole, and of each channel."""
