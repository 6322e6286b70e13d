"""Metrics of speed: time in stage, cycle times, age of what is open, response times; of leads followed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from rpmsim.analysis.metric import Metric
from rpmsim.dataset.store import loaded

if TYPE_CHECKING:
    import xarray as xr

Statistic = Literal["median", "mean", "p90"]


@dataclass(frozen=True)
class LeadMetric(Metric):
    """A statistic of leads that is stored for each part of the business, as it cannot be added up from parts.

    Parameters
    ----------
    variable : str
        Variable of the dataset.
    statistic : {"median", "mean", "p90"}
        Of the leads of a period.
    cycle : str
        Entry of the dim ``cycle``, where the variable has one.
    """

    variable: str = ""
    statistic: Statistic = "median"
    cycle: str = ""

    def total(self, dataset: xr.Dataset, by: Sequence[str] = ()) -> xr.DataArray:
        """Values by replication: of all leads of the run; of what is counted at the end of a period, the last."""
        if self.totals == "last":
            return super().total(dataset, by)
        return self._finish(dataset, self._stored(dataset, f"{self.variable}_total", by))

    def both(self, dataset: xr.Dataset, by: Sequence[str] = ()) -> tuple[xr.DataArray, xr.DataArray]:
        """Values by period, and in total."""
        return self(dataset, by), self.total(dataset, by)

    def _measured(self, dataset: xr.Dataset, by: Sequence[str]) -> xr.DataArray:
        return self._stored(dataset, self.variable, by)

    def _stored(self, dataset: xr.Dataset, variable: str, by: Sequence[str]) -> xr.DataArray:
        """The statistic of the whole, or of each entry of a dim of classes."""
        if len(by) > 1 or any(dim not in self.by for dim in by):
            raise ValueError(f"{self.name} is split by {' or '.join(self.by) or 'nothing'}, not by {' and '.join(by)}")
        array = dataset[variable].sel(statistic=self.statistic, drop=True)
        if self.cycle:
            array = array.sel(cycle=self.cycle, drop=True)
        if "breakdown" not in array.dims:
            return loaded(array)
        kinds, names = (dataset[f"breakdown_{what}"].values.astype(str) for what in ("kind", "name"))
        array = array.drop_vars(["breakdown", "breakdown_kind", "breakdown_name"], errors="ignore")
        if not by:
            return loaded(array.isel(breakdown=0))
        kind = dataset.attrs.get("segment_kind", "segment") if by[0] == "segment" else by[0]
        entries = dataset[by[0]].values
        places = [int(np.flatnonzero((kinds == kind) & (names == name))[0]) for name in entries.astype(str)]
        return loaded(array.isel(breakdown=places)).rename({"breakdown": by[0]}).assign_coords({by[0]: entries})


_WORDS: dict[Statistic, str] = {"median": "Median", "mean": "Mean", "p90": "90% quantile"}
BY_CLASS = ("channel", "segment")
CENSORED = (
    "Leads that are still under way on the last day count as long as they were seen (Kaplan and Meier, 1958; Aalen and "
    "Johansen, 1978); beyond the time for which the leads of a period were seen, they go on as all leads of the run do."
)


def _metrics(
    name: str,
    unit: str,
    variable: str,
    what: str,
    formula: str,
    trap: str,
    example: str,
    *,
    own: Statistic | None = "median",
    totals: Literal["sum", "last"] = "sum",
    by: tuple[str, ...] = BY_CLASS,
    cycle: str = "",
) -> dict[Statistic, LeadMetric]:
    """The statistics of one thing; the ``own`` one has the plain name."""
    return {
        statistic: LeadMetric(
            name if statistic == own else f"{name}_{statistic}",
            unit,
            f"{word} of the {what}",
            lambda dataset, split: dataset[variable],
            totals,
            by,
            formula,
            trap,
            example,
            (variable,),
            variable,
            statistic,
            cycle,
        )
        for statistic, word in _WORDS.items()
    }


time_in_stage, time_in_stage_mean, time_in_stage_p90 = _metrics(
    "time_in_stage",
    "days",
    "time_in_stage",
    "time that leads stay in the stage, waiting and in progress, by period of entry and whatever comes after. "
    f"{CENSORED} Undefined if fewer leads are seen to leave; the mean, if more than 1% are not.",
    "Smallest number of days by which half (90%) of those who entered have left. Mean: sum of the shares that are "
    "still there after 0, 1, 2, ... days.",
    "The age of what is open today is no time in stage: long stays are over-represented in it, and cut off. The "
    "average of completed stays leaves out the slow ones that are still open.",
    "Three leads enter: one leaves after 2 days, one after 5, one is still there after 3. The share that is still "
    "there is 2/3 from day 2 on and 0 from day 5 on: median 5 days, mean 2 x 1 + 3 x 2/3 = 4 days.",
).values()

lead_age, lead_age_mean, lead_age_p90 = _metrics(
    "lead_age",
    "days",
    "lead_age",
    "days since the leads in the stage at the end of the period entered it.",
    "End of the period - day of entry, over all leads in the stage.",
    "Age is not time in stage. If age rises while the count is steady, old leads are neither worked nor closed.",
    "Leads that entered 1, 4 and 40 days before the end of the month: median 4 days, mean 15 days.",
    totals="last",
).values()

_CYCLE_TRAP = (
    "Only leads that get there have a cycle time. The average over the deals that closed in a month is too short while "
    "volumes grow, because the slow deals of recent months are still open."
)
_CYCLE_EXAMPLE = (
    "Four {starts} begin in January. Two get there, after 10 and 30 days, and two are lost: median 10 days (by then "
    "half of the two are there), mean 20 days."
)


def _cycle(name: str, start: str, end: str, starts: str) -> tuple[LeadMetric, ...]:
    metrics = _metrics(
        name,
        "days",
        "cycle_days",
        f"time from the {start} to the {end}, of those who get there, by period of the {start}. {CENSORED} Longer "
        "times than the run shows are not known.",
        f"Day of the {end} - day of the {start}. Median (90%): smallest number of days by which half (90%) of those "
        "who get there are there.",
        _CYCLE_TRAP,
        _CYCLE_EXAMPLE.format(starts=starts),
        cycle=name,
    )
    return tuple(metrics.values())


marketing_cycle, marketing_cycle_mean, marketing_cycle_p90 = _cycle(
    "marketing_cycle", "creation of the lead", "first entry into an opportunity stage", "leads"
)
sales_cycle, sales_cycle_mean, sales_cycle_p90 = _cycle(
    "sales_cycle", "first entry into an opportunity stage", "win", "opportunities"
)
cycle_time, cycle_time_mean, cycle_time_p90 = _cycle("cycle_time", "creation of the lead", "win", "leads")

_RESPONSES = _metrics(
    "response_hours",
    "hours",
    "response_time",
    "waiting time, in calendar hours, of the leads taken up in the period.",
    "Time of take-up - time of arrival in the stage, over the leads taken up.",
    "Leads that nobody has taken up yet are not in it: see waiting_age_hours and response_rate. A short median can go "
    "with a long tail, so read the 90% quantile with it.",
    "Five leads waited 1, 1, 2, 30 and 70 hours: median 2 hours, 90% quantile 70 hours, mean 20.8 hours.",
    own="mean",
)
response_hours_median, response_hours_p90 = _RESPONSES["median"], _RESPONSES["p90"]

_WAITS = _metrics(
    "waiting_age_hours",
    "hours",
    "waiting_time",
    "time, in calendar hours, that the leads waiting at the end of the period have waited so far.",
    "24 x whole days from arrival in the stage to the end of the period, over the leads that wait.",
    "Whoever still waits has not finished waiting: this is no response time.",
    "Leads that came 0, 1 and 5 days before the end of the month wait: median 24 hours, 90% quantile 120 hours.",
    own="mean",
    totals="last",
    by=(),
)
waiting_age_hours_median, waiting_age_hours_p90 = _WAITS["median"], _WAITS["p90"]

BY_STAGE: tuple[Metric, ...] = (
    time_in_stage,
    time_in_stage_mean,
    time_in_stage_p90,
    lead_age,
    lead_age_mean,
    lead_age_p90,
    response_hours_median,
    response_hours_p90,
    waiting_age_hours_median,
    waiting_age_hours_p90,
)
"""Metrics of speed of each stage."""

WHOLE: tuple[Metric, ...] = (
    marketing_cycle,
    marketing_cycle_mean,
    marketing_cycle_p90,
    sales_cycle,
    sales_cycle_mean,
    sales_cycle_p90,
    cycle_time,
    cycle_time_mean,
    cycle_time_p90,
)
"""Metrics of speed of the whole cycle."""
