"""Metrics of people: response, use of their time and slots, and who is busiest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from rpmsim.analysis.metric import Metric, Ratio
from rpmsim.dataset.store import loaded

if TYPE_CHECKING:
    import xarray as xr


def _stored(
    name: str,
    unit: str,
    definition: str,
    totals: Literal["sum", "last"] = "sum",
    *,
    formula: str,
    trap: str,
    example: str,
) -> Metric:
    """Metric that the dataset holds under the same name."""
    return Metric(name, unit, definition, lambda dataset, _: loaded(dataset[name]), totals, (), formula, trap, example)


def _ratio(
    name: str,
    unit: str,
    definition: str,
    over: str,
    under: str,
    totals: Literal["sum", "last"] = "sum",
    *,
    formula: str,
    trap: str,
    example: str,
) -> Metric:
    def measure(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
        return Ratio(loaded(dataset[over]), loaded(dataset[under]))

    return Metric(name, unit, definition, measure, totals, (), formula, trap, example)


def _within(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    return Ratio(loaded(dataset["within_sla"]), loaded(dataset["taken_up"]).where(dataset["stage_limited"], 0))


def _response_rate(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    taken = loaded(dataset["taken_up"])
    return Ratio(taken, taken + loaded(dataset["gave_up"]))


def _heads(dataset: xr.Dataset, _: tuple[str, ...]) -> Ratio:
    days = loaded(dataset["head_days"])
    return Ratio(days, dataset["period_days"].broadcast_like(days))


waiting = _stored(
    "waiting",
    "leads",
    "Leads in the stage at the end of the period that nobody has taken up yet.",
    "last",
    formula="leads in the stage that nobody has taken up, at the end of the period",
    trap="Do not add it over periods. It is a part of stock, not an addition to it.",
    example="50 leads are in the stage on March 31, and 38 of them are in progress: 12.",
)
waiting_hours = _stored(
    "waiting_hours",
    "hours",
    "Hours that the leads waiting at the end of the period have waited so far, summed over these leads.",
    "last",
    formula="sum of the hours waited so far, over the leads waiting",
    trap="It is made for ratios: alone, it mixes how many wait and how long.",
    example="Three leads have waited 24, 48 and 120 hours so far: 192 hours.",
)
taken_up = _stored(
    "taken_up",
    "leads",
    "Leads taken up by staff.",
    formula="leads taken up in the period",
    trap="Leads taken up this month may have come last month, so taken_up / entries is no response rate.",
    example="20 of February's and 70 of March's leads are taken up in March: 90.",
)
wait_hours = _stored(
    "wait_hours",
    "hours",
    "Hours that the leads taken up had waited, summed over these leads.",
    formula="sum of the hours waited, over the leads taken up in the period",
    trap="It is made for ratios: more leads taken up add hours even if each waits less.",
    example="Two leads taken up after 6 hours and one after 30: 42 hours.",
)
gave_up = _stored(
    "gave_up",
    "leads",
    "Leads that gave up waiting.",
    formula="leads that left the stage before they were taken up, because they waited too long",
    trap="Zero does not mean that nobody is lost by waiting: slow response also lowers conversion, if the "
    "scenario says so.",
    example="Of 100 leads that stop waiting in March, 92 are taken up: 8.",
)
response_hours = _ratio(
    "response_hours",
    "hours",
    "Mean waiting time, in calendar hours, of the leads taken up in the period. Leads still waiting do not count here: "
    "see waiting_age_hours.",
    "wait_hours",
    "taken_up",
    formula="wait_hours / taken_up",
    trap="If a desk falls behind, those who are taken up were quick and those who still wait do not count: the "
    "figure looks fine while waiting_age_hours rises.",
    example="Two leads taken up after 6 hours and one after 30: 42 / 3 = 14 hours.",
)
waiting_age_hours = _ratio(
    "waiting_age_hours",
    "hours",
    "Mean time, in calendar hours, that the leads waiting at the end of the period have waited so far.",
    "waiting_hours",
    "waiting",
    "last",
    formula="waiting_hours / waiting",
    trap="Whoever still waits has not finished waiting: this is no response time.",
    example="Three leads have waited 24, 48 and 120 hours so far: 64 hours.",
)
within_sla = Metric(
    "within_sla",
    "share",
    "Share of the leads taken up in the period that were taken up within the stage's SLA.",
    _within,
    by=(),
    formula="leads taken up within the SLA of the stage / leads taken up",
    trap="Leads that still wait or gave up are in neither number: read it with waiting and response_rate.",
    example="90 leads are taken up, 63 of them within the SLA of 24 hours: 70%.",
)
response_rate = Metric(
    "response_rate",
    "share",
    "Leads taken up / leads that stopped waiting in the period, because they were taken up or gave up.",
    _response_rate,
    by=(),
    formula="taken_up / (taken_up + gave_up)",
    trap="Leads that still wait do not count, so a backlog does not show in it.",
    example="92 leads are taken up and 8 give up: 92%.",
)

heads = Metric(
    "heads",
    "people",
    "People present, averaged over the simulated days of the period.",
    _heads,
    by=(),
    formula="sum of the days on which each person is present / days of the period",
    trap="People who ramp up count in full: heads can rise before capacity does. Open seats do not count.",
    example="Two people for all 30 days of April and one from April 16 on: (30 + 30 + 15) / 30 = 2.5.",
)
capacity = _stored(
    "capacity",
    "leads or hours",
    "Throughput available from the people present, including ramp.",
    formula="sum over people and days of throughput x ramp",
    trap="It is what people could do, not what they do. Roles whose limit is slots have no throughput.",
    example="Two SDRs at 20 leads a day and one who is at 50% of the ramp, over 20 working days: 2.5 x 20 x 20 = "
    "1,000 leads.",
)
capacity_used = _stored(
    "capacity_used",
    "leads or hours",
    "Throughput used.",
    formula="throughput spent on the queue",
    trap="Time on prospecting is not in it.",
    example="1,000 leads of capacity, of which 800 are taken up: 800.",
)
prospecting = _stored(
    "prospecting",
    "leads or hours",
    "Throughput spent on creating leads, for the channels that are made_by the role.",
    formula="throughput left by the queue that goes into leads of the role's own",
    trap="It shrinks first when inbound leads grow: outbound then falls without any decision.",
    example="Capacity for 1,000 leads, 800 used by the queue, and all else is spent on prospecting: 200.",
)
prospecting_share = _ratio(
    "prospecting_share",
    "share",
    "Throughput spent on creating leads / throughput available. It does not count as throughput used.",
    "prospecting",
    "capacity",
    formula="prospecting / capacity",
    trap="It is not idle time: utilisation + prospecting_share is how busy the role is.",
    example="200 of 1,000: 20%.",
)
slot_days = _stored(
    "slot_days",
    "slot days",
    "Slots of the people present, summed over days.",
    formula="sum over people and days of slots",
    trap="Slots say how many items a person holds at the same time, not how many are finished.",
    example="4 AEs with 15 slots each over 30 days: 1,800 slot days.",
)
slot_days_used = _stored(
    "slot_days_used",
    "slot days",
    "Slots used, summed over days.",
    formula="sum over days of the slots in use",
    trap="Slots stay in use as long as deals stay open: slower deals fill them without a single new one.",
    example="48 open deals on each of 30 days: 1,440 slot days.",
)
utilisation = _ratio(
    "utilisation",
    "share",
    "Throughput used / throughput available.",
    "capacity_used",
    "capacity",
    formula="capacity_used / capacity",
    trap="Waits grow long before 100%: demand varies by day, and lost time does not come back. From about 85% "
    "on, look at the waits.",
    example="800 of 1,000: 80%.",
)
slot_utilisation = _ratio(
    "slot_utilisation",
    "share",
    "Slots used / slots available. It exceeds 1 if people have left and their open items stay with those who remain, "
    "or if a fraction of a slot holds a whole item: then nothing new is taken up until enough slots are free.",
    "slot_days_used",
    "slot_days",
    formula="slot_days_used / slot_days",
    trap="Full slots stop new deals even if people have time. The mean over a year hides the months in which "
    "they are full.",
    example="1,440 of 1,800 slot days: 80%.",
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
