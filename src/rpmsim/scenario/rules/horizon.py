"""Dates of the whole run: changes and targets lie inside it."""

from __future__ import annotations

import datetime as dt

from rpmsim.model.plan import Model
from rpmsim.scenario.assemble.place import Place


def check_changes(model: Model, place: Place) -> None:
    """Changes take effect inside the run."""
    for change in model.changes:
        path = ("changes", change.name, "from")
        if change.start > model.until:
            place.fault(
                path,
                f"the change begins on {change.start}, after the end, {model.until}",
                "choose an earlier date, or simulate longer",
            )
        if change.start <= model.as_of:
            place.fault(
                path,
                f"the change begins on {change.start}, not after the last day of the data, {model.as_of}",
                "what holds already belongs in the plan itself",
            )


def check_targets(model: Model, place: Place) -> None:
    """Targets are for periods that the run covers."""
    first = model.as_of + dt.timedelta(1)
    for target in model.targets:
        path = ("targets", target.metric, target.period)
        if target.last <= model.as_of or target.first > model.until:
            place.fault(
                path,
                f"the target's period, {target.first} to {target.last}, lies outside the run, {first} to {model.until}",
                "choose a period inside it",
            )
        elif target.first < first or target.last > model.until:
            place.fault(
                path,
                f"the run, {first} to {model.until}, covers only a part of {target.first} to {target.last}",
                "choose a period that it covers whole: a part is not compared with a whole",
            )


def check_start(model: Model, place: Place) -> None:
    """Ages and entry dates are not absurd."""
    for deal in model.open_deals:
        if (model.as_of - deal.entered).days > 20 * 366:
            place.fault(
                ("open", deal.id, "entered"), f"open since {deal.entered}, more than 20 years", "check the date"
            )
