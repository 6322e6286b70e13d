"""Dates of the whole run: changes and targets lie inside it."""

from __future__ import annotations

import datetime as dt

from rpmsim.model.actuals import actual_between, parts_of
from rpmsim.model.money import groups_of
from rpmsim.model.plan import Actual, Model
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.rules.look import Look
from rpmsim.text.complaints import nearest

APART = 0.01
"""Targets of parts and of the whole may differ by this share of it: they are rounded."""


def check_changes(model: Model, place: Place) -> None:
    """Changes begin before the end; those that began before the start are in force from the first day on."""
    for change in model.changes:
        path = ("changes", change.name, "from")
        if change.start > model.until:
            place.error(
                path,
                f"the change begins on {change.start}, after the last simulated day, {model.until}",
                "choose an earlier date, or simulate longer",
            )
        if change.start <= model.as_of and not place.older_than_start(path):
            place.warn(
                path,
                f"the change began on {change.start}, before the run: it is already in force on the first day, "
                f"{model.first_day}",
                "remove it if the values above already include it",
            )


def check_targets(model: Model, place: Place) -> None:
    """Targets are for periods that the run covers."""
    first = model.as_of + dt.timedelta(1)
    for target in model.targets:
        path = ("targets", target.metric, target.period)
        known = actual_between(model.actuals, target.metric, target.first, min(target.last, model.as_of))
        if target.last <= model.as_of:
            if known is None:
                place.warn(
                    path,
                    f"{target.period} is over, but without actuals it is not known whether the target was reached",
                    f"state the {target.metric} from {target.first} to {target.last} in `actuals`",
                )
        elif target.first > model.until:
            place.error(
                path,
                f"the target's period, {target.first} to {target.last}, is outside the run, {first} to {model.until}",
                "choose a period within it",
            )
        elif target.last > model.until:
            place.error(
                path,
                f"the run, {first} to {model.until}, covers only part of {target.first} to {target.last}",
                "choose a period that it covers completely",
            )
        elif target.first < first and known is None:
            place.error(
                path,
                f"the run, {first} to {model.until}, covers only part of {target.first} to {target.last}",
                f"state the {target.metric} from {target.first} to {model.as_of} in `actuals`, or choose a period "
                "that it covers whole: a part is not compared with a whole",
            )


def check_class_targets(look: Look) -> None:
    """Targets of channels, segments and groups: the names are declared, and the run covers the periods."""
    model, place = look.model, look.place
    groups = groups_of(model.content.segments)
    known = {"channel": look.names["channel"], "segment": look.names["segment"], "group": tuple(groups)}
    for of, name in dict.fromkeys((target.of, target.name) for target in model.class_targets):
        if name not in known[of]:
            fix = nearest(name, known[of]) if known[of] else "state `group` in the segments that belong to it"
            place.error(("targets", f"{of}s", name), f"there is no {of} `{name}`", fix)
    for target in model.class_targets:
        days = f"{target.first} to {target.last}"
        run = f"{model.first_day} to {model.until}"
        if target.first > model.until:
            place.error(
                target.path,
                f"the target's period, {days}, is outside the run, {run}",
                "choose a period within it",
            )
        elif target.last > model.until:
            place.error(
                target.path,
                f"the run, {run}, covers only part of {days}",
                "choose a period that it covers completely",
            )
        elif target.first < model.first_day:
            place.warn(
                target.path,
                f"{target.period} has begun, and `actuals` are not stated by {target.of}: no chance is given",
                f"choose a period that begins on {model.first_day} or later",
            )


def check_targets_agree(model: Model, place: Place) -> None:
    """Warn where the targets of a period's parts contradict the target of the whole: one of them cannot be meant."""
    stated = [Actual(target.metric, target.period, target.first, target.last, target.value) for target in model.targets]
    for whole in stated:
        parts = parts_of(whole, stated) or []
        total = sum(part.value for part in parts)
        words = f"{', '.join(part.period for part in parts)} add up to {total:,.12g}"
        if not parts:
            inside: list[Actual] = []
            for target in sorted(stated, key=lambda t: t.last - t.first, reverse=True):
                if target != whole and target.metric == whole.metric and _fits(target, whole, inside):
                    inside.append(target)
            total = sum(part.value for part in inside)
            words = f"{', '.join(part.period for part in inside)} alone add up to {total:,.12g}"
        if total > whole.value * (1 + APART) or (parts and total < whole.value * (1 - APART)):
            place.warn(
                ("targets", whole.metric, whole.period),
                f"{whole.period} has a target of {whole.value:,.12g}, and {words}: they contradict each other",
                "correct one of them, or explain the difference in a note",
            )


def _fits(target: Actual, whole: Actual, taken: list[Actual]) -> bool:
    """Whether a period lies inside another one, and beside those that are taken."""
    inside = whole.first <= target.first and target.last <= whole.last
    return inside and all(target.last < other.first or target.first > other.last for other in taken)


def check_actuals(model: Model, place: Place) -> None:
    """A period that is stated whole and in parts is stated alike."""
    for actual in model.actuals:
        parts = parts_of(actual, model.actuals)
        total = sum(part.value for part in parts or ())
        if parts and abs(total - actual.value) > 0.005 + 1e-9 * abs(total):
            place.error(
                ("actuals", actual.metric, actual.period),
                f"{actual.period} is stated as {actual.value:,.12g}, and its parts ({parts[0].period} to "
                f"{parts[-1].period}) add up to {total:,.12g}",
                "correct one of them, or remove the whole",
            )


def check_start(model: Model, place: Place) -> None:
    """Ages and entry dates are not absurd."""
    overdue = [d for d in model.open_deals if d.expected_close is not None and d.expected_close <= model.as_of]
    if overdue:
        place.warn(
            ("open",),
            f"{len(overdue)} of {len(model.open_deals)} open deals were expected to close by {model.as_of}, the "
            f"earliest, {overdue[0].id}, on {overdue[0].expected_close}",
            "check whether they are still open, or remove the dates",
        )
    contents = model.contents
    dated = [deal for deal in model.open_deals if deal.due is not None]
    if dated and not any(outcome.offset for c in contents for stage in c.stages for outcome in stage.outcomes):
        place.warn(
            ("open",),
            f"{len(dated)} of {len(model.open_deals)} open deals have a due date, and no outcome runs by it",
            "add `by: due` to an outcome of their stage, or remove the dates",
        )
    for deal in model.open_deals:
        if (model.as_of - deal.entered).days > 20 * 366:
            place.error(
                ("open", deal.id, "entered"), f"open since {deal.entered}, more than 20 years", "check the date"
            )
