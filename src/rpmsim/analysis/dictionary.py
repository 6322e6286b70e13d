"""The metric dictionary: every metric that a forecast can answer, by its name."""

from __future__ import annotations

from rpmsim.analysis import cohorts, cost, flow, pipeline, revenue, sourcing, speed, staffing
from rpmsim.analysis.metric import Metric

_BUSINESS: tuple[Metric, ...] = (
    flow.leads,
    flow.opportunities,
    flow.wins,
    revenue.bookings,
    revenue.average_deal,
    flow.leads_to_close,
)

WHOLE: tuple[Metric, ...] = (
    *_BUSINESS,
    pipeline.pipeline_count,
    cost.cac_simple,
    cost.cac_loaded,
    cost.marketing_spend,
    cost.spend,
    cost.pay,
    cost.other_cost,
    cost.total_cost,
    *cost.DIRECT,
    *pipeline.WHOLE,
    *cohorts.WHOLE,
    *speed.WHOLE,
)
"""Metrics of the whole cycle."""

SOURCED: tuple[Metric, ...] = (*sourcing.WHOLE, cost.roi_marketing)
"""Metrics of the whole that need to know the channels."""

BY_CHANNEL: tuple[Metric, ...] = (revenue.sourced_share, cost.cac_by_channel, cost.roi_channel)
"""Metrics that have a value for each channel."""

BY_STAGE: tuple[Metric, ...] = (
    flow.entries,
    flow.exits,
    flow.stock,
    flow.conversion_period,
    staffing.waiting,
    staffing.waiting_hours,
    staffing.waiting_age_hours,
    staffing.taken_up,
    staffing.wait_hours,
    staffing.response_hours,
    staffing.within_sla,
    staffing.response_rate,
    staffing.gave_up,
    cost.cost_per_entry,
    *cohorts.BY_STAGE,
    *speed.BY_STAGE,
)
"""Metrics that have a value for each stage; those of waiting make sense where staff work the stage."""

OF_CLASSES: tuple[Metric, ...] = (
    *_BUSINESS,
    *pipeline.OF_CLASSES,
    *cohorts.WHOLE,
    *speed.WHOLE,
)
"""Metrics of the whole that the summary also gives by channel, segment and group of segments."""

BY_ROLE: tuple[Metric, ...] = (
    staffing.heads,
    staffing.capacity,
    staffing.capacity_used,
    staffing.utilisation,
    staffing.prospecting,
    staffing.prospecting_share,
    staffing.slot_days,
    staffing.slot_days_used,
    staffing.slot_utilisation,
    cost.pay,
)
"""Metrics that have a value for each role."""

METRICS: dict[str, Metric] = {m.name: m for m in (*WHOLE, *SOURCED, *BY_CHANNEL, *BY_STAGE, *BY_ROLE)}


def define(name: str) -> str:
    """The one definition of a metric, for printing.

    Raises
    ------
    KeyError
        The dictionary has no metric of this name.
    """
    metric = METRICS[name]
    return f"{name} ({metric.unit}): {metric.definition}"
