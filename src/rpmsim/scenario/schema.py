"""The types of which the language is made: what may stand at a place, and how its text is read.

Every type reads a node of the resolved tree into a value. Faults of form (unknown key, wrong unit) and of
meaning (a share above 100 %) are gathered apart, since all of one level are told at once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any

from rpmsim.model.number import ByClass as ByClassValue
from rpmsim.model.number import Dimension, Number
from rpmsim.scenario.complaints import Complaints, nearest
from rpmsim.scenario.kinds import Kind, Measured, to_number
from rpmsim.scenario.nodes import Listing, Mapping, Mark, Node, Path, Scalar, dotted
from rpmsim.scenario.quantity import Quantity, QuantityError, parse_quantity, parse_relative

NAME = re.compile(r"[a-z0-9_]{1,64}")
PROVENANCE = ("owner", "source", "date", "note")
NUMBER_KEYS = ("value", "low", "high", "draw", *PROVENANCE)
OTHER = "other"
DIMENSIONS: tuple[Dimension, ...] = ("channel", "segment", "grade", "returns", "band")
LONGEST_TEXT = 4_000


class Rest:
    """The word `rest`: what the other shares leave."""

    def __repr__(self) -> str:
        """Name it."""
        return "REST"


REST = Rest()


@dataclass(frozen=True)
class ClassMap:
    """A map by class as it was written; whether it names every class that comes there is checked on the model."""

    path: Path
    mark: Mark
    dimension: Dimension
    names: tuple[str, ...]


@dataclass
class Reading:
    """What reading one tree gathers, and the class names that it needs."""

    form: Complaints
    meaning: Complaints
    classes: MappingType[Dimension, tuple[str, ...]]
    class_maps: list[ClassMap] = field(default_factory=list)

    def dimension_of(self, name: str) -> Dimension | None:
        """The dimension to which a class name belongs."""
        for dimension, names in self.classes.items():
            if name in names:
                return dimension
        return None


class Type:
    """What may stand at a place."""

    noun: str

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read the node; a fault gives None."""
        raise NotImplementedError

    def step(self, key: str) -> Type | None:
        """The type under a key, or None."""
        return None

    def _refuse(self, node: Node, path: Path, reading: Reading) -> None:
        form = "a list" if isinstance(node, Listing) else "a map" if isinstance(node, Mapping) else f"`{node.text}`"
        reading.form.fault(node.mark, path, f"{form} where {self.noun} belongs", f"write {self.hint()}")

    def hint(self) -> str:
        """What to write instead, for messages."""
        return self.noun


@dataclass(frozen=True)
class Text(Type):
    """Free text."""

    noun: str = "a text"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        if len(node.text) > LONGEST_TEXT:
            reading.form.fault(node.mark, path, f"a text of {len(node.text):,} characters", f"at most {LONGEST_TEXT:,}")
        return node.text


@dataclass(frozen=True)
class Word(Type):
    """One of a few words."""

    words: MappingType[str, Any]
    noun: str = "a word"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read it, whatever its case."""
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        text = " ".join(node.text.lower().split())
        if text not in self.words:
            reading.form.fault(node.mark, path, f"`{node.text}` is not {self.noun}", nearest(text, self.words))
            return None
        return self.words[text]

    def hint(self) -> str:
        """The words."""
        return " or ".join(f"`{word}`" for word in self.words)


YES_NO = Word({"yes": True, "no": False, "true": True, "false": False}, "yes or no")


@dataclass(frozen=True)
class Ref(Type):
    """The name of a thing that the scenario declares; whether it does is checked on the model."""

    to: str
    extra: tuple[str, ...] = ()

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What the name names."""
        return f"the name of a {self.to}"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        if node.text in self.extra or NAME.fullmatch(node.text):
            return node.text
        reading.form.fault(node.mark, path, f"`{node.text}` is not {self.noun}", "names are made of a-z, 0-9 and _")
        return None


@dataclass(frozen=True)
class Date(Type):
    """A day."""

    noun: str = "a date"

    def read(self, node: Node, path: Path, reading: Reading) -> dt.date | None:
        """Read it."""
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        day = parse_date(node.text)
        if day is None:
            reading.form.fault(node.mark, path, f"`{node.text}` is not a date", "write year-month-day, such as `2027-01-31`")
        return day

    def hint(self) -> str:
        """An example."""
        return "`2027-01-31`"


def parse_date(text: str) -> dt.date | None:
    """A day written as 2027-01-31, or None."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def parse_month_or_date(text: str) -> dt.date | None:
    """A day, or the first day of a month written as 2027-03, or None."""
    return parse_date(f"{text}-01") if re.fullmatch(r"\d{4}-\d{2}", text) else parse_date(text)


_PERIOD = re.compile(r"\d{4}|\d{4}-(0[1-9]|1[0-2])|\d{4}-Q[1-4]|\d{4}-W(0[1-9]|[1-4]\d|5[0-3])|FY\d\d|FY\d\d-Q[1-4]")


@dataclass(frozen=True)
class PeriodLabel(Type):
    """A week, month, quarter or (fiscal) year, or a day; which days it has depends on the calendar."""

    days: bool = True
    noun: str = "a date or period"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read the label."""
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        if is_period_label(node.text) or (self.days and parse_date(node.text)):
            return node.text
        reading.form.fault(node.mark, path, f"`{node.text}` is not {self.noun}", f"write {self.hint()}")
        return None

    def hint(self) -> str:
        """Examples."""
        return ("`2027-01-31`, " if self.days else "") + "`2027-01`, `2027-Q1`, `2027-W30`, `2027`, `FY27` or `FY27-Q1`"


def is_period_label(text: str) -> bool:
    """Whether a text has the form of a period label."""
    return bool(_PERIOD.fullmatch(text)) and text[:4] != "0000"


@dataclass(frozen=True)
class Num(Type):
    """A number: exact, a range, or a map with its value, range and history."""

    kind: Kind

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What it counts."""
        return self.kind.noun

    def hint(self) -> str:
        """Examples."""
        return " or ".join(f"`{example}`" for example in self.kind.examples)

    def step(self, key: str) -> Type | None:
        """The parts of a number with history."""
        if key in ("value", "low", "high"):
            return self
        return Text() if key in NUMBER_KEYS else None

    def read(self, node: Node, path: Path, reading: Reading) -> Number | Measured | None:
        """Read it."""
        if isinstance(node, Listing):
            return self._refuse(node, path, reading)
        if isinstance(node, Mapping):
            return self._with_history(node, path, reading)
        quantity = self._quantity(node, path, reading)
        return quantity and self._number(quantity, None, node, path, reading, dotted(node.written or path))

    def _quantity(self, node: Node, path: Path, reading: Reading) -> Quantity | None:
        if not isinstance(node, Scalar):
            return self._refuse(node, path, reading)
        try:
            relative = parse_relative(node.text, self.kind.signed, self.kind.factor != "no")
            if relative is not None:
                reading.form.fault(node.mark, path, f"`{node.text}` is relative to nothing", f"write a value, such as {self.hint()}")
                return None
            return parse_quantity(node.text)
        except QuantityError as error:
            reading.form.fault(node.mark, path, error.message, error.repair or f"write {self.hint()}")
            return None

    def _with_history(self, node: Mapping, path: Path, reading: Reading) -> Number | Measured | None:
        for key in node.items:
            if key not in NUMBER_KEYS:
                reading.form.fault(node.marks[key], (*path, key), f"unknown key `{key}` in {self.noun}", nearest(key, NUMBER_KEYS))
                return None
            if key in PROVENANCE or key == "draw":
                Text().read(node.items[key], (*path, key), reading)
        parts = {key: self._quantity(node.items[key], (*path, key), reading) for key in ("value", "low", "high") if key in node.items}
        if None in parts.values():
            return None
        if ("low" in parts) != ("high" in parts) or not parts:
            reading.form.fault(node.mark, path, f"{self.noun} without " + ("a value" if not parts else "both ends of its range"),
                               "write `value`, or `low` and `high`, or all three")
            return None
        first = node.items["low" if "low" in parts else "value"]
        assert isinstance(first, Scalar)
        written = first.written or (*path, "low")
        draw = node.items.get("draw")
        name = draw.text if isinstance(draw, Scalar) else dotted(written[:-1])
        value = parts.get("value")
        if "low" not in parts:
            assert value is not None
            return self._number(value, None, first, path, reading, name)
        low, high = parts["low"], parts["high"]
        assert low is not None and high is not None
        if low.ranged or high.ranged or (value is not None and value.ranged):
            reading.form.fault(first.mark, path, "a range inside a range", "write one number for each of value, low and high")
            return None
        if (low.suffix, low.unit) != (high.suffix, high.unit):
            reading.form.fault(first.mark, path, f"`{low}` and `{high}` have different units", "write both ends in one unit")
            return None
        return self._number(Quantity(None, low.value, high.value, high.suffix, high.unit, high.factor), value, first, path, reading, name)

    def _number(self, quantity: Quantity, stated: Quantity | None, node: Node, path: Path, reading: Reading, name: str) -> Number | Measured | None:
        try:
            number, unit, wrong = to_number(quantity, self.kind, name, stated)
        except QuantityError as error:
            reading.form.fault(node.mark, path, error.message, error.repair)
            return None
        for message, repair in wrong:
            reading.meaning.fault(node.mark, path, message, repair)
        return Measured(number, unit) if self.kind.keeps_unit else number


@dataclass(frozen=True)
class RestOr(Type):
    """The word `rest`, or a value."""

    inner: Type

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What the inner type is."""
        return f"{self.inner.noun} or `rest`"

    def hint(self) -> str:
        """Examples."""
        return f"{self.inner.hint()} or `rest`"

    def step(self, key: str) -> Type | None:
        """As inside."""
        return self.inner.step(key)

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read it; `rest` gives :data:`REST`."""
        if isinstance(node, Scalar) and node.text == "rest":
            return REST
        return self.inner.read(node, path, reading)


@dataclass(frozen=True)
class ByClass(Type):
    """A value, or a map of values by segment, channel, grade, returns or size band, which may be nested."""

    inner: Type

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What the inner type is."""
        return self.inner.noun

    def hint(self) -> str:
        """Examples."""
        return self.inner.hint()

    def step(self, key: str) -> Type | None:
        """A class name leads to the same, a key of a number into it."""
        return self.inner.step(key) if key in NUMBER_KEYS else self

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read it."""
        if not isinstance(node, Mapping) or (node.items and all(key in NUMBER_KEYS for key in node.items)):
            return self.inner.read(node, path, reading)
        dimension: Dimension | None = None
        cases: list[tuple[str, Any]] = []
        default = None
        for key, item in node.items.items():
            value = self.read(item, (*path, key), reading)
            if key == OTHER:
                default = value
                continue
            name = returns_name(key, reading)
            found = reading.dimension_of(name)
            if found is None:
                known = [n for names in reading.classes.values() for n in names]
                reading.form.fault(node.marks[key], (*path, key), f"there is no class `{key}`", nearest(key, [*known, OTHER]))
            elif dimension is not None and found != dimension:
                reading.form.fault(node.marks[key], (*path, key), f"`{key}` is a {found} among names of a {dimension}",
                                   "a map by class has names of one kind; nest a second map inside it")
            else:
                dimension = found
                cases.append((name, value))
        if dimension is None:
            if OTHER in node.items:
                return default
            reading.form.fault(node.mark, path, "an empty map by class", "name the classes, or write one value")
            return None
        if OTHER not in node.items:
            reading.class_maps.append(ClassMap(path, node.mark, dimension, tuple(name for name, _ in cases)))
        return ByClassValue(dimension, tuple(cases), default)


def returns_name(key: str, reading: Reading) -> str:
    """The name of a return count: the last one may be written `2+`."""
    counts = reading.classes.get("returns", ())
    return key[:-1] if counts and key == f"{counts[-1]}+" else key


@dataclass(frozen=True)
class Field:
    """A key of a map.

    Parameters
    ----------
    type : Type
    doc : str
        One or two sentences: hover help and reference.
    example : str
        As it would stand in a file, without the key.
    dated : bool
        Whether a dated change may touch it.
    """

    type: Type
    doc: str
    example: str = ""
    dated: bool = True


@dataclass(frozen=True)
class Record(Type):
    """A map with known keys; `owner`, `source`, `date` and `note` may always be among them.

    Parameters
    ----------
    bare : str
        Key for which a bare value stands: `queue: first in` is `queue: {order: first in}`.
    scaled : tuple of str
        Keys that a relative value for the whole map changes: `amount: +5%`.
    """

    noun: str
    fields: MappingType[str, Field]
    bare: str = ""
    scaled: tuple[str, ...] = ()

    def hint(self) -> str:
        """Its keys."""
        return "a map with " + ", ".join(f"`{key}`" for key in list(self.fields)[:6])

    def step(self, key: str) -> Type | None:
        """The type of a key."""
        if key in self.fields:
            return self.fields[key].type
        return Text() if key in PROVENANCE else None

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read the keys that are there."""
        if isinstance(node, Mapping):
            return {key: self._one(key, item, node, path, reading) for key, item in node.items.items()}
        if self.bare and isinstance(node, Scalar):
            return {self.bare: self.fields[self.bare].type.read(node, path, reading)}
        if isinstance(node, Scalar) and node.is_null:
            return {}
        return self._refuse(node, path, reading)

    def _one(self, key: str, item: Node, node: Mapping, path: Path, reading: Reading) -> Any:
        inner = self.step(key)
        if inner is None:
            repair = nearest(key, self.fields)
            if key[:1].isdigit():
                repair = "a comma inside a number? Write a decimal point, and thousands without a separator"
            reading.form.fault(node.marks[key], (*path, key), f"unknown key `{key}` in {self.noun}", repair)
            return None
        if isinstance(item, Scalar) and item.is_null and not isinstance(inner, Record):
            reading.form.fault(node.marks[key], (*path, key), f"`{key}` has no value", "write one, or take the line away")
            return None
        return inner.read(item, (*path, key), reading)


@dataclass(frozen=True)
class Named(Type):
    """A map by name; the names are the scenario's own."""

    inner: Type
    noun: str
    pattern: re.Pattern[str] = NAME
    most: int = 200

    def hint(self) -> str:
        """The form."""
        return f"a map: {self.noun}"

    def step(self, key: str) -> Type | None:
        """Every name leads to the same type."""
        return self.inner

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read all names."""
        if not isinstance(node, Mapping):
            return self._refuse(node, path, reading)
        if len(node.items) > self.most:
            reading.meaning.fault(node.mark, path, f"{len(node.items):,} entries", f"at most {self.most:,} are allowed here")
        result = {}
        for key, item in node.items.items():
            if not self.pattern.fullmatch(key):
                reading.form.fault(node.marks[key], (*path, key), f"`{key}` is not a name that may stand here", self._naming())
                continue
            result[key] = self.inner.read(item, (*path, key), reading)
        return result

    def _naming(self) -> str:
        return "names are made of a-z, 0-9 and _; a `label` may hold any script" if self.pattern is NAME else f"write {self.noun}"


@dataclass(frozen=True)
class Dated(Type):
    """A map by month or day."""

    inner: Type
    noun: str = "a map by month"

    def hint(self) -> str:
        """The form."""
        return "`{2027-03: ...}`"

    def step(self, key: str) -> Type | None:
        """Every date leads to the same type."""
        return self.inner

    def read(self, node: Node, path: Path, reading: Reading) -> list[tuple[dt.date, Any]] | None:
        """Read the rows, in order of date."""
        if not isinstance(node, Mapping):
            return self._refuse(node, path, reading)
        rows = []
        for key, item in node.items.items():
            day = parse_month_or_date(key)
            if day is None:
                reading.form.fault(node.marks[key], (*path, key), f"`{key}` is not a month or date", "write `2027-03` or `2027-03-15`")
                continue
            rows.append((day, self.inner.read(item, (*path, key), reading)))
        return sorted(rows, key=lambda row: row[0])


@dataclass(frozen=True)
class ListOf(Type):
    """A list."""

    inner: Type
    noun: str = "a list"
    most: int = 10_000

    def hint(self) -> str:
        """The form."""
        hint = self.inner.hint()
        return f"`[{hint.split('`')[1]}, ...]`" if "`" in hint else f"a list of {self.inner.noun}"

    def step(self, key: str) -> Type | None:
        """Every item is of one type."""
        return self.inner

    def read(self, node: Node, path: Path, reading: Reading) -> list[Any] | None:
        """Read the items."""
        if not isinstance(node, Listing):
            return self._refuse(node, path, reading)
        if len(node.items) > self.most:
            reading.meaning.fault(node.mark, path, f"{len(node.items):,} entries", f"at most {self.most:,} are allowed here")
        return [self.inner.read(item, (*path, str(i)), reading) for i, item in enumerate(node.items)]


@dataclass(frozen=True)
class Either(Type):
    """Types told apart by their form: a scalar, a map or a list."""

    scalar: Type | None = None
    mapping: Type | None = None
    listing: Type | None = None

    @property
    def options(self) -> tuple[Type, ...]:
        """The types that may stand here."""
        return tuple(option for option in (self.scalar, self.mapping, self.listing) if option is not None)

    @property
    def noun(self) -> str:  # type: ignore[override]
        """All of them."""
        return " or ".join(option.noun for option in self.options)

    def hint(self) -> str:
        """All of them."""
        return " or ".join(option.hint() for option in self.options)

    def step(self, key: str) -> Type | None:
        """Into the map."""
        return self.mapping.step(key) if self.mapping else None

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read the form that is there."""
        option = self.scalar if isinstance(node, Scalar) else self.mapping if isinstance(node, Mapping) else self.listing
        return self._refuse(node, path, reading) if option is None else option.read(node, path, reading)


@dataclass(frozen=True)
class Table(Type):
    """A map of values and their weights, or a list of values: the whole law of something."""

    kind: Kind
    weights: Kind
    noun: str = "a table of values and weights"

    def hint(self) -> str:
        """The form."""
        return f"`{{{self.kind.examples[0]}: 20%, ...}}`"

    def read(self, node: Node, path: Path, reading: Reading) -> list[tuple[float, float, str]] | None:
        """Read points as (value, weight, unit)."""
        if isinstance(node, Scalar) or not node.items:
            return self._refuse(node, path, reading)
        if len(node.items) > 2000:
            reading.meaning.fault(node.mark, path, f"{len(node.items):,} points", "at most 2,000")
        pairs: list[tuple[Scalar, Node | None]] = []
        if isinstance(node, Mapping):
            pairs = [(Scalar(key, node.marks[key]), item) for key, item in node.items.items()]
        else:
            pairs = [(item, None) if isinstance(item, Scalar) else (Scalar("", node.mark), None) for item in node.items]
        points = []
        for key, item in pairs:
            value = Num(self.kind).read(key, (*path, key.text), reading)
            weight = Number(1.0) if item is None else Num(self.weights).read(item, (*path, key.text), reading)
            unit = value.unit if isinstance(value, Measured) else ""
            number = value.number if isinstance(value, Measured) else value
            if number is None or not isinstance(weight, Number):
                continue
            if number.ranged:
                reading.form.fault(key.mark, (*path, key.text), "a range in a table", "write one number")
            points.append((number.mid, weight.mid, unit))
        if points and sum(weight for _, weight, _ in points) <= 0:
            reading.meaning.fault(node.mark, path, "all weights are 0", "give at least one value a weight")
        return points
