"""Distributions as people state them, to the model's distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rpmsim.model.cycle import NO_DELAY, Delay
from rpmsim.model.distributions import Distribution, Family
from rpmsim.model.hazards import AgeHazards
from rpmsim.model.number import Number
from rpmsim.scenario.assemble.lift import lift
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.kind import Measured
from rpmsim.scenario.language.distributions import DISTRIBUTION_KEYS
from rpmsim.scenario.schema.quantities import DrawnTable
from rpmsim.text.nodes import Path

_FAMILIES: dict[Family, tuple[frozenset[str], ...]] = {
    "fixed": (frozenset({"after"}), frozenset({"value"})),
    "table": (frozenset({"table"}),),
    "lognormal": tuple(map(frozenset, ({"median"}, {"median", "p90"}, {"median", "sigma"}, {"mean", "sd"}))),
    "gamma": tuple(map(frozenset, ({"mean", "shape"}, {"mean", "sd"}, {"median", "p90"}))),
    "weibull": tuple(map(frozenset, ({"scale", "shape"}, {"median", "p90"}))),
}
"""The sets of parameters by which each family can be stated."""


def distribution_of(record: dict[str, Any], path: Path, place: Place) -> Any:
    """The distribution that a record states (a Distribution, or a ByClass of distributions), or None if it states none.

    Times must have been taken apart from their units before.
    """
    keys = [key for key in DISTRIBUTION_KEYS if key in record and key != "law"]
    if not keys:
        if "law" in record:
            place.error(
                (*path, "law"), "a distribution without its numbers", "state `median` and `p90`, or `mean` and `sd`"
            )
        return None
    family = _family(record, keys)
    if family is None or frozenset(keys) not in _FAMILIES[family]:
        stated = ", ".join(f"`{key}`" for key in keys)
        allowed = "; ".join(", ".join(f"`{key}`" for key in sorted(keys)) for keys in _FAMILIES[family or "lognormal"])
        place.error(
            (*path, keys[-1]),
            f"a {family or 'lognormal'} distribution cannot be defined by {stated}",
            f"state one of: {allowed}",
        )
        return Distribution("fixed", (("value", Number(1.0)),))
    if family == "table":
        return lift(_table, [record["table"]])
    return lift(
        lambda *numbers: _distribution(family, dict(zip(keys, numbers, strict=True)), path, place),
        [record[key] for key in keys],
    )


def _table(points: list[tuple[float, float, str]] | DrawnTable | None) -> Distribution:
    if isinstance(points, DrawnTable):
        means = points.weights.mid.tolist()
        return Distribution("table", points=tuple(zip(points.values, means, strict=True)), weights=points.weights)
    return Distribution("table", points=tuple((value, weight) for value, weight, _ in points or [(1.0, 1.0, "")]))


def _family(record: dict[str, Any], keys: list[str]) -> Family | None:
    if "after" in keys or "value" in keys:
        return "fixed"
    if "table" in keys:
        return "table"
    return record.get("law") or "lognormal"


def _distribution(family: Family, numbers: dict[str, Number], path: Path, place: Place) -> Distribution:
    for key, number in numbers.items():
        if family != "fixed" and (number.low if number.low is not None else number.mid) <= 0:
            place.error(
                (*path, key), f"`{key}` is 0", "a distribution needs a positive one; a fixed time is `after: 5 days`"
            )
            numbers[key] = Number(1.0)
    if "p90" in numbers:
        p90 = numbers["p90"]
        if (p90.low if p90.low is not None and p90.draws is None else p90.mid) <= numbers["median"].mid:
            place.error(
                (*path, "p90"),
                "`p90` is not above `median`",
                "9 in 10 cases are below the p90, and half are below the median",
            )
            numbers["p90"] = Number(numbers["median"].mid * 2)
    names = {"after": "value"}
    return Distribution(family, tuple((names.get(key, key), number) for key, number in numbers.items()))


def delay_of(record: dict[str, Any], path: Path, place: Place, clocks: Mapping[str, bool]) -> Any:
    """The delay of an outcome: a Delay, or a ByClass of delays.

    ``clocks`` says of each clock whether a delay of 0 days waits on it for a day on which it runs.
    """
    keys = [key for key in DISTRIBUTION_KEYS if key in record and key != "law"]
    clock = record.get("clock")
    if clock is not None and clock not in clocks:
        place.error(
            (*path, "clock"),
            f"there is no clock `{clock}`",
            "declare it in `calendar.clocks`, or write " + " or ".join(f"`{c}`" for c in clocks),
        )
        clock = "calendar"
    least = int(record["least"].mid) if "least" in record else None
    if "time" in record:
        if keys:
            message = f"`time` from the posterior, and `{keys[0]}`"
            place.error((*path, keys[0]), message, "state the time in one way")
        return lift(lambda ages: _drawn_delay(ages, least, clock or "calendar"), [record["time"]])
    if not keys:
        delay = replace(NO_DELAY, clock=clock) if clock is not None and clocks[clock] else NO_DELAY
        idle = [key for key in ("clock", "least") if record.get(key) is not None]
        idle = idle[1:] if delay != NO_DELAY else idle
        for key in idle[:1]:
            place.warn((*path, key), f"`{key}` has no effect without a time", "state a time, such as `median: 12 days`")
        distribution_of(record, path, place)
        return delay
    least = 1 if least is None else least
    if keys == ["table"]:

        def with_table(points: list[tuple[float, float, str]] | None) -> Delay:
            units = {unit == "workday" for _, _, unit in points or []}
            return Delay(_table(points), least, clock or ("work" if True in units else "calendar"))

        return lift(with_table, [record["table"]])

    def make(*measured: Measured | Number) -> Delay:
        stated = dict(zip(keys, measured, strict=True))
        work = {key: value.unit == "workday" for key, value in stated.items() if isinstance(value, Measured)}
        if len(set(work.values())) > 1:
            place.error(
                (*path, keys[-1]),
                "workdays and calendar days in one distribution",
                "write all times of an outcome in the same unit",
            )
        if clock not in (None, "work") and any(work.values()):
            place.error((*path, "clock"), f"workdays on the clock `{clock}`", "write days, or remove the clock")
        numbers = {key: value.number if isinstance(value, Measured) else value for key, value in stated.items()}
        distribution = distribution_of({**numbers, **({"law": record["law"]} if "law" in record else {})}, path, place)
        if "after" in numbers and numbers["after"].mid == 0 and "least" not in record:
            place.warn(
                (*path, "after"),
                "takes 1 day, because a stated time takes at least one",
                "remove it for 0 days, or add `least: 0 days`",
            )
        return Delay(distribution, least, clock or ("work" if any(work.values()) else "calendar"))

    return lift(make, [record[key] for key in keys])


def _drawn_delay(ages: AgeHazards | None, least: int | None, clock: str) -> Delay:
    """The delay of hazards, which say themselves whether a lead may leave on its first day."""
    if ages is None:
        return NO_DELAY
    if least is None:
        least = 0 if ages.some_at_once else 1
    return Delay(Distribution("hazards", ages=ages), least, clock)


def days_distribution(record: dict[str, Any] | None, path: Path, place: Place) -> Distribution | None:
    """A distribution of calendar days that is the same for all: time to fill, backfill."""
    if record is None:
        return None
    plain: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Measured):
            if value.unit == "workday":
                place.error((*path, key), "workdays in a distribution of calendar days", "write days or weeks")
            plain[key] = value.number
        elif key in DISTRIBUTION_KEYS:
            plain[key] = value
    distribution = distribution_of(plain, path, place)
    if distribution is None:
        place.error(path, "a distribution without numbers", "state `median` and `p90`, or one fixed time")
    return distribution if isinstance(distribution, Distribution) else None
