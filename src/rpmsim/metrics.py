"""The metrics of a forecast by their names: each is a function of the dataset, with its unit and its definition.

>>> bookings = rpmsim.metrics.bookings(forecast)                  # replication x period
>>> rpmsim.metrics.wins.total(forecast, by=["channel"])           # replication x channel
>>> print(rpmsim.metrics.listing())                               # name, unit and definition of all of them

A ratio is computed inside each replication, and is NaN where it is undefined.
"""

from rpmsim.analysis.cost import (
    cac_by_channel,
    cac_loaded,
    cac_simple,
    marketing_spend,
    other_cost,
    pay,
    roi_channel,
    spend,
    total_cost,
)
from rpmsim.analysis.dictionary import METRICS, define
from rpmsim.analysis.flow import (
    conversion_period,
    entries,
    exits,
    leads,
    leads_to_close,
    pipeline_count,
    stock,
    wins,
)
from rpmsim.analysis.metric import Metric
from rpmsim.analysis.revenue import average_deal, bookings, sourced_share
from rpmsim.analysis.staffing import (
    capacity,
    capacity_used,
    gave_up,
    heads,
    prospecting,
    prospecting_share,
    response_hours,
    response_rate,
    slot_days,
    slot_days_used,
    slot_utilisation,
    taken_up,
    utilisation,
    wait_hours,
    waiting,
    waiting_age_hours,
    waiting_hours,
    within_sla,
)

__all__ = [
    "METRICS",
    "Metric",
    "average_deal",
    "bookings",
    "cac_by_channel",
    "cac_loaded",
    "cac_simple",
    "capacity",
    "capacity_used",
    "conversion_period",
    "define",
    "entries",
    "exits",
    "gave_up",
    "heads",
    "leads",
    "leads_to_close",
    "listing",
    "marketing_spend",
    "other_cost",
    "pay",
    "pipeline_count",
    "prospecting",
    "prospecting_share",
    "response_hours",
    "response_rate",
    "roi_channel",
    "slot_days",
    "slot_days_used",
    "slot_utilisation",
    "sourced_share",
    "spend",
    "stock",
    "taken_up",
    "total_cost",
    "utilisation",
    "wait_hours",
    "waiting",
    "waiting_age_hours",
    "waiting_hours",
    "wins",
    "within_sla",
]


def listing() -> str:
    """Name, unit and definition of every metric, one in a line."""
    return "\n".join(define(name) for name in METRICS)
