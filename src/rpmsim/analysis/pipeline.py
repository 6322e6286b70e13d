"""Metrics of the pipeline: what is open, what it is worth, whether it is enough, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rpmsim.analysis.condense import summed
from rpmsim.analysis.flow import won
from rpmsim.analysis.metric import Metric, Ratio, others
from rpmsim.analysis.revenue import bookings
from rpmsim.dataset.store import loaded
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr


def opportunities(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """Open opportunities at the end of the period; of sums by class, which hold them under a name, those."""
    if "pipeline_count" in dataset:
        return summed(dataset["pipeline_count"], others(by))
    stages = np.flatnonzero(dataset["stage_kind"].values == "opportunity")
    return summed(dataset["stock"], others(by)).isel(stage=stages).sum("stage")


def _coverage(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
    to_go = loaded(dataset["target_to_go"])
    return Ratio(summed(dataset["pipeline_closing"], others(by)), to_go.where(to_go > 1e-6, 0.0))


pipeline_count = Metric(
    "pipeline_count",
    "deals",
    "Open deals at the end of the period: leads in stages of the kind opportunity.",
    opportunities,
    totals="last",
    formula="stock of all stages of the kind opportunity at the end of the period",
    trap="It says nothing of size or odds: ten small new deals count more than one large one about to be signed. Do "
    "not add it over periods, because a deal that stays open is counted at the end of each.",
    example="30 deals in discovery and 12 in negotiation are open on March 31: 42.",
)
pipeline_value = Metric(
    "pipeline_value",
    CURRENCY,
    "Amounts of the deals open at the end of the period, unweighted: a listed deal's own amount, else the mean "
    "amount of its class at that day's prices.",
    lambda dataset, by: summed(dataset["pipeline_value"], others(by)),
    totals="last",
    formula="sum over open deals of the own amount, or of the mean amount of the class",
    trap="Most of it will never be booked. It is a stock: do not add it over periods, and do not compare it with "
    "bookings of a period without the odds and the time that deals take.",
    example="3 open deals whose class averages $20,000, and a listed deal of $150,000: $210,000.",
    needs=("pipeline_value",),
)
pipeline_weighted = Metric(
    "pipeline_weighted",
    CURRENCY,
    "Amounts of the deals open at the end of the period, each times its chance of being won in the end. The chance "
    "follows from the shares of the stages in force on that day, by class: a deal that goes to nurture counts with its "
    "chance to return and be won, and a listed deal with its own odds.",
    lambda dataset, by: summed(dataset["pipeline_weighted"], others(by)),
    totals="last",
    formula="sum over open deals of amount x chance of being won from the stage",
    trap="It is what the deals open now are worth in the end, not what they bring in any one period, and deals still "
    "to come are not in it. The chance is that of a deal that has just come to the stage: one that has been there "
    "for long may be worth less. Effects of waiting, load and time limits are left out.",
    example="10 deals of $20,000 in a stage from which 30% are won, and 20% go to nurture, of which half return to "
    "the stage: chance x = 30% + 20% x 50% x x = 33.3%, so $66,667.",
    needs=("pipeline_weighted",),
)
pipeline_coverage = Metric(
    "pipeline_coverage",
    "ratio",
    "Amounts of the deals open at the start of the period that can close by the end of its bookings target / what is "
    "still to go of the target. The target is that of the period, or else of the shortest longer period that "
    "contains it. Undefined without a target, and if it is already reached.",
    _coverage,
    totals="last",
    by=(),
    formula="amounts open at the start of the period / (target - bookings since the target began)",
    trap="A rule such as 3x is only right if the win rate and the time to close are: compare it with 1 / win rate of "
    "your own deals, and remember that deals created and won within the period are not in it. Read its median: where "
    "next to nothing is still to go, it is very large, and so is the mean.",
    example="The target of the quarter is $500,000, of which January booked $100,000; $1,200,000 is open on February "
    "1: 1,200,000 / 400,000 = 3.0.",
    needs=("pipeline_closing", "target_to_go"),
)
wins_open = Metric(
    "wins_open",
    "deals",
    "Deals won from records that are already open, in any stage, when the forecast starts.",
    lambda dataset, by: summed(dataset["wins_open"], others(by)),
    formula="wins of leads of the opening state",
    trap="The opening state is more than the deals open today: leads that are not opportunities yet count too.",
    example="Of 12 deals won in March, 7 come from records that were open on January 1: 7.",
    needs=("wins_open",),
)
wins_new = Metric(
    "wins_new",
    "deals",
    "Deals won from leads that arrive during the forecast.",
    lambda dataset, by: won(dataset, by) - summed(dataset["wins_open"], others(by)),
    formula="wins - wins_open",
    trap="It depends on arrivals, which nobody has seen yet: its band is usually the wider one, and demand changes "
    "act on it alone.",
    example="12 deals won in March, of which 7 come from open records: 5.",
    needs=("wins_open",),
)
bookings_open = Metric(
    "bookings_open",
    CURRENCY,
    "Bookings from records that are already open, in any stage, when the forecast starts.",
    lambda dataset, by: summed(dataset["bookings_open"], others(by)),
    formula="bookings of leads of the opening state",
    trap="It is not the weighted pipeline: it counts what is won within the horizon only, and leads that are not "
    "opportunities yet count too. If staff are the limit, new leads compete for their time.",
    example="$300,000 booked in March, of which $210,000 from records that were open on January 1: $210,000.",
    needs=("bookings_open",),
)
bookings_new = Metric(
    "bookings_new",
    CURRENCY,
    "Bookings from leads that arrive during the forecast.",
    lambda dataset, by: bookings.measure(dataset, by) - summed(dataset["bookings_open"], others(by)),
    formula="bookings - bookings_open",
    trap="Medians of the two parts do not add up to the median of the total; means do, and every replication does.",
    example="$300,000 booked in March, of which $210,000 from open records: $90,000.",
    needs=("bookings_open",),
)

WHOLE = (pipeline_value, pipeline_weighted, pipeline_coverage, wins_open, wins_new, bookings_open, bookings_new)
"""Metrics of the whole that are there on request."""

OF_CLASSES = (
    replace(pipeline_count, needs=("pipeline_value",)),
    *(metric for metric in WHOLE if metric is not pipeline_coverage),
)
"""Metrics that have a value for each channel, segment and group, on request."""
