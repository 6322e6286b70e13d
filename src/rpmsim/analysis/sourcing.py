"""Who sourced the pipeline and the business: marketing, as first touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rpmsim.analysis.condense import summed
from rpmsim.analysis.flow import won
from rpmsim.analysis.metric import Metric, Ratio, of_marketing, others
from rpmsim.analysis.pipeline import opportunities
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr

By = tuple[str, ...]


def _value(dataset: xr.Dataset, by: By) -> xr.DataArray:
    return summed(dataset["pipeline_value"], others(by))


def _booked(dataset: xr.Dataset, by: By) -> xr.DataArray:
    return summed(dataset["bookings"], others(by))


def _sourced(measure: Callable[[xr.Dataset, By], xr.DataArray]) -> Callable[[xr.Dataset, By], xr.DataArray]:
    """What of a metric comes from channels of the kind marketing."""
    return lambda dataset, by: of_marketing(dataset, measure(dataset, (*by, "channel")))


def _share(measure: Callable[[xr.Dataset, By], xr.DataArray]) -> Callable[[xr.Dataset, By], Ratio]:
    def of_all(dataset: xr.Dataset, by: By) -> Ratio:
        return Ratio(_sourced(measure)(dataset, by), measure(dataset, (*by, "channel")).sum("channel", skipna=False))

    return of_all


_FIRST_TOUCH = (
    "First touch gives marketing all of a deal that sales may have worked on for months, and none of one that "
    "marketing only nurtured. Do not add it to what other teams claim by another rule."
)

marketing_sourced_pipeline_count = Metric(
    "marketing_sourced_pipeline_count",
    "deals",
    "Open deals at the end of the period whose lead came from a channel of the kind marketing (first touch).",
    _sourced(opportunities),
    totals="last",
    by=("segment",),
    formula="pipeline_count of the channels of the kind marketing",
    trap=_FIRST_TOUCH,
    example="42 deals are open, 25 of them from paid search and events: 25.",
)
marketing_sourced_pipeline = Metric(
    "marketing_sourced_pipeline",
    CURRENCY,
    "Amounts of the deals open at the end of the period, unweighted, whose lead came from a channel of the kind "
    "marketing.",
    _sourced(_value),
    totals="last",
    by=("segment",),
    formula="pipeline_value of the channels of the kind marketing",
    trap=_FIRST_TOUCH,
    example="$1,200,000 is open, $480,000 of it from paid search and events: $480,000.",
    needs=("pipeline_value",),
)
marketing_sourced_pipeline_share = Metric(
    "marketing_sourced_pipeline_share",
    "share",
    "Share of the amounts of the open deals at the end of the period that marketing sourced.",
    _share(_value),
    totals="last",
    by=("segment",),
    formula="marketing_sourced_pipeline / pipeline_value",
    trap="It moves with deal sizes: a few large deals from outbound lower it although marketing brought as many as "
    "before.",
    example="$480,000 of $1,200,000: 40%.",
    needs=("pipeline_value",),
)
marketing_sourced_wins = Metric(
    "marketing_sourced_wins",
    "deals",
    "Deals won whose lead came from a channel of the kind marketing (first touch).",
    _sourced(won),
    by=("segment",),
    formula="wins of the channels of the kind marketing",
    trap=_FIRST_TOUCH,
    example="12 deals won, 5 of them from paid search and events: 5.",
)
marketing_sourced_bookings = Metric(
    "marketing_sourced_bookings",
    CURRENCY,
    "Bookings whose lead came from a channel of the kind marketing (first touch).",
    _sourced(_booked),
    by=("segment",),
    formula="bookings of the channels of the kind marketing",
    trap=_FIRST_TOUCH,
    example="$300,000 booked, $90,000 of it from paid search and events: $90,000.",
)
marketing_sourced_share = Metric(
    "marketing_sourced_share",
    "share",
    "Share of the bookings that marketing sourced.",
    _share(_booked),
    by=("segment",),
    formula="marketing_sourced_bookings / bookings",
    trap="The mean of monthly shares is not the share of the year: months with few bookings would count as much as "
    "others.",
    example="$90,000 of $300,000: 30%.",
)

WHOLE = (
    marketing_sourced_pipeline_count,
    marketing_sourced_pipeline,
    marketing_sourced_pipeline_share,
    marketing_sourced_wins,
    marketing_sourced_bookings,
    marketing_sourced_share,
)
"""Metrics of the whole, which are measured where channels are known."""
