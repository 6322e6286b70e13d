"""Outcomes that run by a due date: what is stated for new leads, and for records whose date is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.model.cycle import Delay, Outcome
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import ByClass, Number
from rpmsim.scenario.assemble.distributions import delay_of
from rpmsim.scenario.assemble.lift import lift
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.language.distributions import DISTRIBUTION_KEYS
from rpmsim.text.nodes import Path

ON_THE_DATE = Distribution("fixed", (("value", Number(0.0)),))
_CALENDAR = {"calendar": False}


def offset_of(record: dict[str, Any], path: Path, place: Place) -> Distribution | ByClass | None:
    """Days from the due date to an outcome; None where it does not run by it."""
    stated = record.get("offset")
    if not record.get("by"):
        if stated is not None:
            place.error((*path, "offset"), "an `offset` without a due date", "add `by: due`, or state a time")
        return None
    keys = [key for key in ("mean", "sd", "table", "days") if key in (stated or {})]
    if stated is None or not keys:
        return ON_THE_DATE
    if keys not in (["mean", "sd"], ["table"], ["days"]):
        fix = "state `mean` and `sd`, a `table`, or `days`"
        place.error((*path, "offset"), "an offset of " + " and ".join(f"`{key}`" for key in keys), fix)
        return ON_THE_DATE
    return lift(lambda *values: _offset(keys, values), [stated[key] for key in keys])


def _offset(keys: list[str], values: tuple[Any, ...]) -> Distribution:
    if keys == ["table"]:
        points = values[0] or [(0.0, 1.0, "")]
        return Distribution("table", points=tuple((value, weight) for value, weight, _ in points))
    if keys == ["days"]:
        return Distribution("fixed", (("value", values[0] or Number(0.0)),))
    return Distribution("normal", tuple(zip(keys, values, strict=True)))


def due_delay(
    record: dict[str, Any],
    offset: Distribution | ByClass,
    due: dict[str, Any] | None,
    path: Path,
    place: Place,
    clocks: Mapping[str, bool],
) -> Any:
    """The delay of leads without a date of their own: as stated, or until their due date, and from there on."""
    stage = path[:2]
    states_due = any(key in DISTRIBUTION_KEYS for key in due or {})
    if not states_due and any(key in record for key in (*DISTRIBUTION_KEYS, "time")):
        return delay_of(record, path, place, clocks)
    for key in (*DISTRIBUTION_KEYS, "time", "clock", "pace"):
        if key in record:
            fix = "remove it; leads without a date of their own get one by the `due` of the stage, or else state a time"
            place.error((*path, key), f"`{key}` on an outcome that runs by its due date", fix)
    until = delay_of({key: v for key, v in (due or {}).items() if key != "moved"}, (*stage, "due"), place, _CALENDAR)
    if not states_due:
        place.error(
            (*path, "by"),
            "it is not stated when new leads are due",
            "state the time to the due date on the stage, such as `due: {median: 30 days, p90: 60 days}`, or the time "
            "of the outcome",
        )
    least = int(record["least"].mid) if "least" in record else 1
    shift = moved_days(due)

    def make(until: Delay, offset: Distribution) -> Delay:
        return Delay(Distribution("due", parts=(until.distribution, offset), shift=shift), least)

    return lift(make, [until, offset])


def moved_days(due: dict[str, Any] | None) -> int:
    """Days by which all due dates of a stage move."""
    moved = (due or {}).get("moved")
    return 0 if moved is None else round(moved.mid)


def check_due(due: dict[str, Any] | None, outcomes: tuple[Outcome, ...], path: Path, place: Place) -> None:
    """Warn of a due date by which nothing runs."""
    if due and not any(outcome.offset is not None for outcome in outcomes):
        place.warn((*path, "due"), "nothing runs by the due date", "add `by: due` to an outcome, or remove `due`")
