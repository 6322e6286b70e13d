"""Metrics of what is won: bookings, average deal, and who sourced it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpmsim.analysis.condense import summed
from rpmsim.analysis.flow import won
from rpmsim.analysis.metric import Metric, Ratio, others
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr


def _bookings(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    return summed(dataset["bookings"], others(by))


def _sourced(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
    by_channel = _bookings(dataset, (*by, "channel"))
    return Ratio(by_channel, by_channel.sum("channel", skipna=False))


bookings = Metric(
    "bookings",
    CURRENCY,
    "Total contract value of the deals won, over the whole term of the contract.",
    _bookings,
    formula="sum of the amounts of the deals won",
    trap="Bookings are neither revenue nor ARR: a contract over three years counts with all three on the day "
    "on which it is won.",
    example="Two one-year deals of $20,000 and a three-year deal of $30,000 a year: $130,000.",
)
average_deal = Metric(
    "average_deal",
    CURRENCY,
    "Bookings / deals won.",
    lambda dataset, by: Ratio(_bookings(dataset, by), won(dataset, by)),
    formula="bookings / wins",
    trap="One large deal moves it, and so does the mix of segments, even if no segment changes. Mean bookings "
    "/ mean wins is another number.",
    example="$130,000 booked with 3 deals: $43,333.",
)
sourced_share = Metric(
    "sourced_share",
    "share",
    "Share of the bookings whose lead came from the channel (first touch: a lead never changes its channel).",
    _sourced,
    by=("segment",),
    formula="bookings of the channel / bookings of all channels",
    trap="First touch gives the whole deal to the channel that brought the lead. It does not say what would be "
    "lost without the channel.",
    example="$130,000 booked, of which $39,000 from leads of events: 30%.",
)
