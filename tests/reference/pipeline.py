"""The pipeline from the stories of the plain simulator: what is open when, and whose wins were there at the start."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.model.calendar import periods
from rpmsim.model.plan import Model
from rpmsim.plain import Simulation
from rpmsim.plain.lead import Entered, Lead

MEANS = "mean value"
"""Names of quantities that agree in the mean only: the engine values a deal at the mean of its class."""


def pipeline_of(model: Model, simulation: Simulation) -> dict[str, float]:
    """Quantities by name."""
    spans = periods(model.first_day, model.until, model.period, model.calendar)
    ends = [(min(span.last, model.until) - model.first_day).days for span in spans]
    found: dict[str, float] = {}
    kinds = {stage.name: stage.kind for stage in model.content.stages}
    visits_of = [(lead, _visits(lead)) for lead in simulation.leads]
    ahead = [(lead, visits) for lead, visits in visits_of if any(kinds[v.stage] == "opportunity" for v in visits)]
    for p, day in enumerate([-1, *ends]):
        worth = dict.fromkeys((channel.name for channel in model.content.channels), 0.0)
        for lead, visits in ahead:
            worth[lead.kind.channel] += _value(simulation, lead, visits, kinds, day)
        found |= {f"{MEANS} of {name} after {p} periods": value for name, value in worth.items()}
    opened = [visits for _, visits in visits_of if visits[0].day < 0]
    won = [visit for visits in opened for visit in visits if visit.day >= 0 and kinds[visit.stage] == "won"]
    for p, (first, last) in enumerate(zip([0, *(day + 1 for day in ends)], ends, strict=False)):
        here = [visit for visit in won if first <= visit.day <= last]
        found[f"moves into won of open records in period {p}"] = len(here)
        found[f"bookings of open records in period {p}"] = sum(visit.cents or 0 for visit in here) / 100
    return found


def engine_pipeline(model: Model, dataset: Any) -> dict[str, np.ndarray]:
    """The same from a dataset in which the pipeline is measured; without due dates, all that is open can close."""
    value = dataset["pipeline_value"].sum("segment").values
    found: dict[str, np.ndarray] = {}
    for c, channel in enumerate(model.content.channels):
        for p in range(value.shape[1]):
            found[f"{MEANS} of {channel.name} after {p + 1} periods"] = value[:, p, c]
        if all(deal.due is None for deal in model.open_deals):
            closing = dataset["pipeline_closing"].sum("segment").values
            found[f"{MEANS} of {channel.name} after 0 periods"] = closing[:, 0, c]
    for p in range(value.shape[1]):
        for name, variable in (("moves into won", "wins_open"), ("bookings", "bookings_open")):
            values = dataset[variable].sum(["channel", "segment"]).values
            found[f"{name} of open records in period {p}"] = values[:, p]
    return found


def _visits(lead: Lead) -> list[Entered]:
    return [event for event in lead.story if isinstance(event, Entered)]


def _value(simulation: Simulation, lead: Lead, visits: list[Entered], kinds: dict[str, str], day: int) -> float:
    """What a lead is worth as an open opportunity at the end of a day, at the day's prices; 0 if it is none."""
    last = next((visit for visit in reversed(visits) if visit.day <= day), None)
    if last is None or last.cents is None or kinds[last.stage] != "opportunity":
        return 0.0
    if lead.deal is not None and lead.deal.amount is not None:
        return last.cents / 100
    price = simulation._amounts._price
    now, then = (price(lead.kind.segment, max(at, 0)) for at in (day, last.day))
    return last.cents / 100 * now / then
