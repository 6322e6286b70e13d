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
    "bookings", CURRENCY, "Total contract value of the deals won, over the whole term of the contract.", _bookings
)
average_deal = Metric(
    "average_deal",
    CURRENCY,
    "Bookings / deals won.",
    lambda dataset, by: Ratio(_bookings(dataset, by), won(dataset, by)),
)
sourced_share = Metric(
    "sourced_share",
    "share",
    "Share of the bookings whose lead came from the channel (first touch: a lead never changes its channel).",
    _sourced,
    by=("segment",),
)
