"""Metrics of cohorts: what became of the leads that entered a stage, or were created, in the same period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rpmsim.analysis.bands import plain
from rpmsim.analysis.condense import grouped, summed
from rpmsim.analysis.flow import conversion_period, entries
from rpmsim.analysis.metric import Measure, Metric, Ratio, others
from rpmsim.dataset.breakdowns import CYCLES
from rpmsim.dataset.store import loaded

if TYPE_CHECKING:
    import xarray as xr


def _advanced(dataset: xr.Dataset, by: tuple[str, ...]) -> xr.DataArray:
    """Leads that entered each stage in the period and advanced from it by the last day."""
    left, up = dataset["from"].values.astype(str), dataset["edge_advances"].values.astype(bool)
    groups = {str(stage): (left == stage) & up for stage in dataset["stage"].values}
    return grouped(dataset["cohort_moves"], "edge", groups, "stage", others(by))


def _in_the_end(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
    return Ratio(summed(dataset["cohort_final"], others(by)), entries(dataset, by))


def _reaching(cycle: str, factor: float) -> Measure:
    """Share of those who come to the first milestone of a cycle in the period that reach the second one."""
    place = CYCLES.index(cycle)

    def measure(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
        done, begun = (
            summed(dataset[name].isel(cycle=place, drop=True), others(by)) for name in ("cycle_done", "cycle_begun")
        )
        return Ratio(factor * done, begun)

    return measure


_BY_THE_END = "by the last day of the run"

conversion_cohort = Metric(
    "conversion_cohort",
    "share",
    f"Of the leads that entered the stage in the period, the share that advanced from it {_BY_THE_END}.",
    lambda dataset, by: Ratio(_advanced(dataset, by), entries(dataset, by)),
    formula="Leads of the period's entries that advanced / entries of the period.",
    trap="Recent cohorts have had less time: their share is still rising. Compare cohorts at the same age, or use "
    "conversion_in_the_end.",
    example="100 MQLs enter in March; by the end of the run 30 are accepted and 10 are still open: 30%.",
    needs=("cohort_moves",),
)
conversion_in_the_end = Metric(
    "conversion_in_the_end",
    "share",
    "Of the leads that entered the stage in the period, the share that advances from it in the end. Leads that are "
    "still in the stage count with the share of the run's leads that advanced after they had been there as long, as "
    "far as the run shows it.",
    _in_the_end,
    formula="(Leads that advanced + sum over the open leads of their chance to advance later) / entries of the period.",
    trap="It rests on what the run shows: if a stage takes longer than the run lasts, late advances are missing.",
    example="100 MQLs enter in March: 30 were accepted, and the 10 open ones are as old as leads of which 20% were "
    "accepted later: (30 + 2) / 100 = 32%.",
    needs=("cohort_final",),
)
win_rate = Metric(
    "win_rate",
    "share",
    f"Of the leads that first entered an opportunity stage in the period, the share that was won {_BY_THE_END}.",
    _reaching("sales_cycle", 1.0),
    formula="Opportunities of the period that were won / opportunities that began in the period.",
    trap="Won / (won + lost) in a month is no win rate of any group of deals: losses are often closed later than wins.",
    example="40 opportunities begin in March; 9 are won, 25 lost and 6 open: 9 / 40 = 22.5%.",
    needs=("cycle_done", "cycle_begun"),
)
lead_to_opportunity = Metric(
    "lead_to_opportunity",
    "share",
    f"Of the leads created in the period, the share that entered an opportunity stage {_BY_THE_END}.",
    _reaching("marketing_cycle", 1.0),
    formula="Leads of the period that became opportunities / leads of the period.",
    trap="It says nothing of quality: accepting more leads raises it and lowers the win rate.",
    example="400 leads in March, of which 30 became opportunities by December: 7.5%.",
    needs=("cycle_done", "cycle_begun"),
)
leads_to_close_cohort = Metric(
    "leads_to_close_cohort",
    "percent",
    f"Of the leads created in the period, the percentage that was won {_BY_THE_END}.",
    _reaching("cycle_time", 100.0),
    formula="Leads of the period that were won / leads of the period x 100.",
    trap="leads_to_close divides the wins of a month by the leads of the same month, which are not the same leads: "
    "in a growing business it is lower than this figure, in a shrinking one higher.",
    example="400 leads in March, of which 8 were won by December: 2%.",
    needs=("cycle_done", "cycle_begun"),
)


def _gap(dataset: xr.Dataset, by: tuple[str, ...]) -> Ratio:
    """Same-period conversion less that of the cohort, as one ratio: both have the entries of the period below them."""
    advanced = conversion_period.measure(dataset, by)
    final = _in_the_end(dataset, by)
    assert isinstance(advanced, Ratio)
    return Ratio(advanced.numerator - final.numerator, final.denominator)


conversion_gap = Metric(
    "conversion_gap",
    "share",
    "conversion_period - conversion_in_the_end: by how much the share that is read off the month's reports differs "
    "from what the leads of the month do.",
    _gap,
    formula="(Leads that advanced in the period - leads of the period's entries that advance in the end) / entries "
    "of the period.",
    trap="A gap is no error of either figure: it shows that volumes change, or that a backlog grows or shrinks.",
    example="100 leads enter and 25 advance in March; of the 100, 32 advance in the end: 25% - 32% = -7 points.",
    needs=("cohort_final",),
)

BY_STAGE: tuple[Metric, ...] = (conversion_cohort, conversion_in_the_end, conversion_gap)
"""Metrics of cohorts of each stage."""

WHOLE: tuple[Metric, ...] = (leads_to_close_cohort, lead_to_opportunity, win_rate)
"""Metrics of cohorts of the whole cycle; also by channel, segment and group."""


def cohort_triangle(dataset: xr.Dataset, stage: str, by: tuple[str, ...] = ()) -> xr.DataArray:
    """Share of the leads created in a period that have come to a stage so many periods later: the cohort triangle.

    Parameters
    ----------
    dataset : xarray.Dataset
        A forecast in which ``cohorts`` are measured.
    stage : str
        A stage, such as the won stage.
    by : tuple of str
        ``("channel",)`` to split.

    Returns
    -------
    xarray.DataArray
        replication x period x periods_later (x channel). NaN after the end of the run, and where no lead was created.

    Raises
    ------
    ValueError
        If ``by`` is anything else.
    KeyError
        If there is no such stage.

    Examples
    --------
    >>> cohort_triangle(forecast, "won").mean("replication").to_pandas()
    """
    if by not in ((), ("channel",)):
        raise ValueError(f"cohort_triangle is split by channel, not by {' and '.join(by)}")
    reached = loaded(dataset["cohort_reached"].sel(stage=stage, drop=True))
    created = loaded(dataset["cycle_begun"].isel(cycle=CYCLES.index("cycle_time"), drop=True))
    created = summed(created, ("segment",))
    if not by:
        reached, created = summed(reached, ("channel",)), summed(created, ("channel",))
    number = reached["period"].copy(data=np.arange(reached.sizes["period"]))
    seen = number + reached["periods_later"] < reached.sizes["period"]
    share = (reached.cumsum("periods_later") / created.where(created > 0)).where(seen)
    result = share.transpose("replication", "period", "periods_later", *by)
    result.attrs = {
        "units": "share",
        "long_name": f"share of the leads created in the period that have come to {stage}",
    }
    return result.rename("cohort_triangle")


def cohorts_and_ages(dataset: xr.Dataset) -> dict[str, Any]:
    """What a summary says of cohorts and ages, as means over the replications; nothing of what was not measured.

    Parameters
    ----------
    dataset : xarray.Dataset
        A forecast.

    Returns
    -------
    dict
        ``cohorts``: for the first opportunity stage and the won stages, the leads of each period and the share that had
        come there after 0, 1, ... periods. ``ages``: leads in each stage at the end of the run, by age.
    """
    found: dict[str, Any] = {}
    if "cohort_reached" in dataset:
        kinds = dict(zip(dataset["stage"].values.tolist(), dataset["stage_kind"].values.tolist(), strict=True))
        deals = [stage for stage, kind in kinds.items() if kind == "opportunity"]
        stages = [*deals[:1], *(stage for stage, kind in kinds.items() if kind == "won")]
        found["cohorts"] = {stage: _rows(dataset, stage) for stage in stages}
    if "lead_age_count" in dataset:
        last = loaded(dataset["lead_age_count"].isel(period=-1)).mean(["replication"]).sum("channel")
        left = set(dataset["from"].values.tolist())
        found["ages"] = {
            stage: {
                band: plain(last.sel(stage=stage, age_band=band).item()) for band in dataset["age_band"].values.tolist()
            }
            for stage in dataset["stage"].values.tolist()
            if stage in left
        }
    return found


def _rows(dataset: xr.Dataset, stage: str) -> list[dict[str, Any]]:
    """A row of the triangle for each period: leads, and mean shares as far as the run shows them."""
    triangle = cohort_triangle(dataset, stage)
    created = loaded(dataset["cycle_begun"].isel(cycle=CYCLES.index("cycle_time"))).sum(["channel", "segment"])
    known = triangle.notnull().any("replication").values
    means = triangle.mean("replication").values
    return [
        {
            "period": str(label),
            "leads": plain(created.isel(period=i).mean().item()),
            "shares": [plain(share) for share in means[i][: triangle.sizes["period"] - i]] if known[i].any() else [],
        }
        for i, label in enumerate(dataset["period_label"].values)
    ]
