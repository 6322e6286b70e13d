"""Metrics of people: response, use of their time and slots, and who is busiest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from rpmsim.analysis.metric import Metric, Ratio
from rpmsim.dataset.store import loaded

if TYPE_CHECKING:
    import xarray as xr


def _stored(name: str, unit: str, definition: str, totals: Literal["sum", "last"] = "sum") -> Metric:
    """Metric that the dataset holds under the same name."""
    return Metric(name, unit, definition, lambda dataset, _: loaded(dataset[name]), totals, by=())


def _ratio(
    name: str, unit: str, definition: str, over: str, under: str, totals: Literal["sum", "last"] = "sum"
) -> Metric:
    return Metric(name, unit, definition, lambda d, _: Ratio(loaded(d[over]), loaded(d[under])), totals, by=())


def _within(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    return Ratio(loaded(dataset["within_sla"]), loaded(dataset["taken_up"]).where(dataset["stage_limited"], 0))


def _response_rate(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    taken = loaded(dataset["taken_up"])
    return Ratio(taken, taken + loaded(dataset["gave_up"]))


def _heads(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    days = loaded(dataset["head_days"])
    return Ratio(days, dataset["period_days"].broadcast_like(days))


waiting = _stored(
    "waiting", "leads", "Leads in the stage at the end of the period that nobody has taken up yet.", "last"
)
waiting_hours = _stored(
    "waiting_hours",
    "hours",
    "Hours that the leads waiting at the end of the period have waited so far, summed over these leads.",
    "last",
)
taken_up = _stored("taken_up", "leads", "Leads taken up by staff.")
wait_hours = _stored("wait_hours", "hours", "Hours that the leads taken up had waited, summed over these leads.")
gave_up = _stored("gave_up", "leads", "Leads that gave up waiting.")
response_hours = _ratio(
    "response_hours",
    "hours",
    "Mean waiting time, in calendar hours, of the leads taken up in the period. Leads still waiting do not count here: "
    "see waiting_age_hours.",
    "wait_hours",
    "taken_up",
)
waiting_age_hours = _ratio(
    "waiting_age_hours",
    "hours",
    "Mean time, in calendar hours, that the leads waiting at the end of the period have waited so far.",
    "waiting_hours",
    "waiting",
    "last",
)
within_sla = Metric(
    "within_sla",
    "share",
    "Share of the leads taken up in the period that were taken up within the stage's SLA.",
    _within,
    by=(),
)
response_rate = Metric(
    "response_rate",
    "share",
    "Leads taken up / leads that stopped waiting in the period, because they were taken up or gave up.",
    _response_rate,
    by=(),
)

heads = Metric("heads", "people", "People present, averaged over the simulated days of the period.", _heads, by=())
capacity = _stored("capacity", "leads or hours", "Throughput available from the people present, including ramp.")
capacity_used = _stored("capacity_used", "leads or hours", "Throughput used.")
prospecting = _stored(
    "prospecting", "leads or hours", "Throughput spent on creating leads, for the channels that are made_by the role."
)
prospecting_share = _ratio(
    "prospecting_share",
    "share",
    "Throughput spent on creating leads / throughput available. It does not count as throughput used.",
    "prospecting",
    "capacity",
)
slot_days = _stored("slot_days", "slot days", "Slots of the people present, summed over days.")
slot_days_used = _stored("slot_days_used", "slot days", "Slots used, summed over days.")
utilisation = _ratio("utilisation", "share", "Throughput used / throughput available.", "capacity_used", "capacity")
slot_utilisation = _ratio(
    "slot_utilisation",
    "share",
    "Slots used / slots available. It exceeds 1 if people have left and their open items stay with those who remain, "
    "or if a fraction of a slot holds a whole item: then nothing new is taken up until enough slots are free.",
    "slot_days_used",
    "slot_days",
)


class Busiest(NamedTuple):
    """The role with the least to spare: its name, the limit that is nearest, and the mean share of it in use."""

    role: str
    limit: Literal["time", "slots"]
    share: float


def busiest_role(dataset: xr.Dataset) -> Busiest | None:
    """Role whose time or slots are used most over the whole span, by the mean over replications.

    None where no role has a limit.
    """
    best: Busiest | None = None
    limits: tuple[tuple[Literal["time", "slots"], Metric], ...] = (("time", utilisation), ("slots", slot_utilisation))
    for limit, metric in limits:
        shares = metric.total(dataset).mean("replication")
        for role, share in zip(shares["role"].values.tolist(), shares.values.tolist(), strict=True):
            if share == share and (best is None or share > best.share):  # a share that is NaN has no limit
                best = Busiest(role, limit, share)
    return best
