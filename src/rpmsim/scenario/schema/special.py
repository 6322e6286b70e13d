"""Types that stand at one or two places only: work days, effects by class, decay by waiting, mixes, dated changes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

from rpmsim.model.hazards import AgeHazards
from rpmsim.model.number import ByClass as ByClassValue
from rpmsim.model.number import Number
from rpmsim.scenario.kind import Kind
from rpmsim.scenario.kinds import EFFECT, POSTERIOR_TIME, POWER, SHARE
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import ByClass, Num, RestOr, found_in, posterior_for
from rpmsim.scenario.schema.reading import (
    DIMENSIONS,
    NUMBER_KEYS,
    OTHER,
    WORDS,
    ScenarioReading,
    TableForm,
    Unknown,
    class_key,
    class_of,
    of_scenario,
    path_in_posterior,
    spelled,
)
from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Mapping, Node, Path, Scalar
from rpmsim.text.public_holidays import REGION
from rpmsim.text.quantity import QuantityError, change_draws
from rpmsim.text.schema.base import PROVENANCE, Reading, Type
from rpmsim.text.schema.maps import Field, Record
from rpmsim.text.schema.scalars import Ref, Text

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class WorkDays(Type):
    """Days of the week on which people work."""

    noun: str = "days of the week"

    def hint(self) -> str:
        """Examples."""
        return "`Mon-Fri`, `Mon, Wed-Fri` or `every day`"

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[bool, ...] | None:
        """Read them as seven truth values from Monday on."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        text = node.text.lower().strip()
        if text == "every day":
            return (True,) * 7
        open_days = [False] * 7
        for run in text.split(","):
            ends = [end.strip() for end in run.split("-")]
            if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
                self._refuse(node, path, reading)
                return None
            first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
            for day in range(first, first + (last - first) % 7 + 1):
                open_days[day % 7] = True
        return tuple(open_days)


@dataclass(frozen=True)
class ByMonth(Type):
    """A number that holds all the time, or a map of numbers by month."""

    always: Num
    rows: Num
    table: TableForm = "months"

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What it counts."""
        return f"{self.always.noun} or a map by month"

    def hint(self) -> str:
        """Examples."""
        return f"{self.always.hint()} or `{{2027-03: {self.rows.kind.examples[0]}}}`"

    def step(self, key: str) -> Type | None:
        """A key of a number, or a month."""
        return self.always.step(key) if key in NUMBER_KEYS else self.rows

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """Both numbers."""
        return [((), self.always), ((), self.rows)]

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read a number, or rows by date."""
        if not isinstance(node, Mapping) or (node.items and all(key in NUMBER_KEYS for key in node.items)):
            return self.always.read(node, path, reading)
        return Dated(self.rows, days=False).read(node, path, reading)


@dataclass(frozen=True)
class Effects(Type):
    """Factors by class: `{hot: x1.5}`, or one such map for each of several dimensions."""

    noun: str = "factors by class"

    def hint(self) -> str:
        """Examples."""
        return "`{grade: {hot: x1.5}, returns: {1: x0.7, 2+: x0.5}}`"

    def step(self, key: str) -> Type | None:
        """A dimension, or a class."""
        return ByClass(Num(EFFECT))

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The factors."""
        return [((), ByClass(Num(EFFECT)))]

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[ByClassValue, ...] | None:
        """Read one map for each dimension; a class that is not named has no effect."""
        if not isinstance(node, Mapping) or not node.items:
            self._refuse(node, path, reading)
            return None
        if not any(key in DIMENSIONS for key in node.items):
            return self._maps([(path, node)], of_scenario(reading))
        maps = [((*path, key), item) for key, item in node.items.items() if key not in PROVENANCE]
        return self._maps(maps, of_scenario(reading))

    def _maps(self, maps: list[tuple[Path, Node]], reading: ScenarioReading) -> tuple[ByClassValue, ...]:
        result = []
        for path, node in maps:
            if path[-1] in DIMENSIONS and not reading.classes.get(path[-1]):
                reading.form.error(
                    node.mark,
                    path,
                    f"the scenario declares no {path[-1]}s" if path[-1] != "returns" else "returns are not tracked",
                    f"declare `{path[-1]}s:`" if path[-1] != "returns" else "state `returns: 2` at the top",
                )
                continue
            known = len(reading.class_maps)
            value = ByClass(Num(EFFECT)).read(node, path, reading)
            del reading.class_maps[known:]
            if isinstance(value, ByClassValue):
                if path[-1] in DIMENSIONS and value.dimension != path[-1]:
                    reading.form.error(
                        node.mark,
                        path,
                        f"names of a {value.dimension} directly below `{path[-1]}`",
                        f"write them below `{value.dimension}`",
                    )
                result.append(_no_effect_elsewhere(value))
            elif value is not None:
                reading.form.error(node.mark, path, "one factor for all classes", "list the classes it applies to")
        return tuple(result)


def _no_effect_elsewhere(value: ByClassValue) -> ByClassValue:
    cases = tuple(
        (name, _no_effect_elsewhere(case) if isinstance(case, ByClassValue) else case) for name, case in value.cases
    )
    default = (
        _no_effect_elsewhere(value.default) if isinstance(value.default, ByClassValue) else value.default or Number(1.0)
    )
    return ByClassValue(value.dimension, cases, default)


@dataclass(frozen=True)
class NumberRecord(Record):
    """A map whose bare value is a number, which may also stand there with its range and history."""

    def step(self, key: str) -> Type | None:
        """The type of a key; the parts of the number stand beside the others."""
        inner = super().step(key)
        return self.fields[self.bare].type.step(key) if inner is None else inner

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read the keys that are there."""
        if not isinstance(node, Mapping) or not any(key in node.items for key in ("value", "low", "high")):
            return super().read(node, path, reading)
        if self.bare in node.items:
            reading.form.error(
                node.marks[self.bare], (*path, self.bare), f"`{self.bare}` beside a value", "keep one of the two"
            )
            return None
        number, others = (Mapping({}, {}, node.mark) for _ in range(2))
        for key, item in node.items.items():
            (others if key in self.fields else number).put(key, item, node.marks[key])
        value = self.fields[self.bare].type.read(number, path, reading)
        return {**(super().read(others, path, reading) or {}), self.bare: value}


@dataclass(frozen=True)
class Decay(Type):
    """A factor per day waited, or a power of the hours waited."""

    per_day: Num

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What the history is."""
        return f"{self.per_day.noun} or a power of the wait"

    def hint(self) -> str:
        """Examples."""
        return f"{self.per_day.hint()} or `{{power: 0.25}}`"

    def step(self, key: str) -> Type | None:
        """The power, or a part of a number."""
        return Num(POWER) if key == "power" else self.per_day.step(key)

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The factor."""
        return [((), self.per_day)]

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[str, Number] | None:
        """Read form and strength."""
        if isinstance(node, Mapping) and "power" in node.items:
            record = Record("a power of the wait", {"power": Field(Num(POWER), "")})
            value = record.read(node, path, reading)
            return ("power", value["power"]) if value and value["power"] is not None else None
        number = self.per_day.read(node, path, reading)
        return None if number is None else ("per_day", number)  # type: ignore[return-value]


@dataclass(frozen=True)
class GradeMix(Type):
    """Shares of quality grades, alike for all segments or by segment."""

    noun: str = "shares by grade"

    def hint(self) -> str:
        """Examples."""
        return "`{hot: 20%, cold: rest}`"

    def step(self, key: str) -> Type | None:
        """A grade's share, or a segment's map of shares."""
        return ByClass(RestOr(Num(SHARE)))

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read pairs of grade and share, or these by segment."""
        if not isinstance(node, Mapping) or not node.items:
            self._refuse(node, path, reading)
            return None
        reading = of_scenario(reading)
        classes = reading.classes
        found = {key: class_of(key, reading) for key in node.items if key not in PROVENANCE}
        kinds = {named[0] for named in found.values() if not isinstance(named, Unknown)}
        if "segment" in kinds or (OTHER in found and "grade" not in kinds):
            cases, default = [], None
            for key, item in node.items.items():
                named = found.get(key)
                if key == OTHER:
                    default = self.read(item, (*path, key), reading)
                elif isinstance(named, Unknown) or named is None or named[0] != "segment":
                    known = [*(spelled("segment", name) for name in classes["segment"]), OTHER]
                    reading.form.error(
                        node.marks[key], (*path, key), f"there is no segment `{key}`", nearest(key, known)
                    )
                else:
                    cases.append((named[1], self.read(item, (*path, key), reading)))
            return ByClassValue("segment", tuple(cases), default)
        pairs = []
        for key, named in found.items():
            if isinstance(named, Unknown) or named[0] != "grade":
                known = [spelled("grade", name) for name in classes["grade"]]
                reading.form.error(node.marks[key], (*path, key), f"there is no grade `{key}`", nearest(key, known))
            else:
                pairs.append((named[1], RestOr(Num(SHARE)).read(node.items[key], (*path, key), reading)))
        return tuple(pairs)


@dataclass(frozen=True)
class ClassName(Ref):
    """The name of a class in a list; a word of the language has its kind before it, as in a map by class."""

    to: str = "class"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        stated, name = class_key(node.text) if isinstance(node, Scalar) else ("", "")
        if not isinstance(node, Scalar) or not (stated or name in WORDS):
            return super().read(node, path, reading)
        found = class_of(node.text, of_scenario(reading))
        if isinstance(found, Unknown):
            reading.form.error(node.mark, path, *found)
            return None
        return found[1]


@dataclass(frozen=True)
class PosteriorTime(Num):
    """The whole time of an outcome: from the posterior; merging has applied a relative value for another one."""

    kind: Kind = POSTERIOR_TIME

    def read(self, node: Node, path: Path, reading: Reading) -> AgeHazards | None:  # type: ignore[override]
        """Read it as hazards by age."""
        quantity = self._quantity(node, path, reading)
        if quantity is None:
            return None
        if not quantity.posterior or quantity.unit or any(change.how != "times" for change in quantity.changes):
            reading.form.error(
                node.mark,
                path,
                f"`{quantity}` is not a time from the posterior",
                "write `posterior` or `posterior x0.8`, or another time, such as `median: 12 days`",
            )
            return None
        try:
            posterior = posterior_for(quantity, reading)
            hazards = found_in(posterior, posterior.time, path_in_posterior(path), "a time")
        except QuantityError as error:
            reading.form.error(node.mark, path, error.message, error.fix)
            return None
        factor = change_draws(1.0, quantity)
        if factor <= 0:
            reading.form.error(node.mark, path, f"`{quantity}` is no time", "write a factor above 0")
            return None
        return hazards.stretched(factor)


@dataclass(frozen=True)
class ChangeBlock(Type):
    """A dated change: its date, and what holds from then on.

    The tree keeps every statement of the change under its whole path, such as ``segments.*.amount``; what
    they mean is known only when the changes before it are applied.
    """

    header: Record
    content: MappingType[str, Field]
    noun: str = "a dated change"

    def hint(self) -> str:
        """The form."""
        return "`{from: 2027-07, segments.*.amount: +5%}`"

    def step(self, key: str) -> Type | None:
        """The header's keys, and what a change may be about."""
        return self.content[key].type if key in self.content else self.header.step(key)

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The header; what a change may be about is the scenario's own content."""
        return [((), self.header)]

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read the header, and the statements' nodes under the key `statements`."""
        if not isinstance(node, Mapping):
            self._refuse(node, path, reading)
            return None
        head = Mapping({}, {}, node.mark)
        statements: dict[str, Node] = {}
        for key, item in node.items.items():
            if key.split(".")[0] in self.content:
                statements[key] = item
            elif key in self.header.fields or key in PROVENANCE:
                head.put(key, item, node.marks[key])
            else:
                known = [*self.header.fields, *(f"{part}.*" for part in self.content)]
                reading.form.error(
                    node.marks[key], (*path, key), f"unknown key `{key}` in {self.noun}", nearest(key, known)
                )
        if "from" not in head.items:
            reading.form.error(node.mark, path, "a dated change without a date", "write `from: 2027-07`")
        values = self.header.read(head, path, reading) or {}
        return {**values, "statements": statements}


_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_YEAR_END = re.compile(
    rf"(?:(?P<last>last) )?(?P<day>{'|'.join(_DAY_NAMES)})(?(last) (?:of|in)| nearest (?:to )?(?:the )?end of) "
    rf"(?P<month>{'|'.join(MONTH_NAMES)})"
)


@dataclass(frozen=True)
class YearEnd(Type):
    """The day on which a fiscal year of whole weeks ends."""

    noun: str = "the last day of a fiscal year"

    def hint(self) -> str:
        """Examples."""
        return "`last Saturday of January` or `Saturday nearest the end of January`"

    def read(self, node: Node, path: Path, reading: Reading) -> tuple[str, int, int] | None:
        """Read rule, weekday and month."""
        match = _YEAR_END.fullmatch(" ".join(node.text.lower().split())) if isinstance(node, Scalar) else None
        if match is None:
            self._refuse(node, path, reading)
            return None
        rule = "last" if match["last"] else "nearest"
        return rule, _DAY_NAMES.index(match["day"]), MONTH_NAMES.index(match["month"]) + 1


@dataclass(frozen=True)
class HolidayRegion(Type):
    """A country, or a country and a part of it, whose public holidays are meant."""

    noun: str = "a region's holidays"

    def hint(self) -> str:
        """Examples."""
        return "`DE-BY`, `US`, or the dates themselves"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read the code."""
        if not isinstance(node, Scalar) or not REGION.fullmatch(node.text):
            self._refuse(node, path, reading)
            return None
        return node.text


ANY_TEXT = re.compile(r"[^\x00-\x1f]{1,120}")
FREE = Text()
