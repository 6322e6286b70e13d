"""Types of numbers: exact or a range, with a history, by class, as a table of values and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rpmsim.model.distributions import DrawnWeights
from rpmsim.model.number import ByClass as ByClassValue
from rpmsim.model.number import Dimension, Number
from rpmsim.posterior.contents import Posterior
from rpmsim.scenario.kind import Kind, Measured, check_unit, drawn_number, in_currency, to_number
from rpmsim.scenario.schema.reading import (
    NUMBER_KEYS,
    OTHER,
    REST,
    ClassMap,
    ScenarioReading,
    Unknown,
    class_of,
    of_scenario,
    path_in_posterior,
)
from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar, dotted
from rpmsim.text.quantity import Quantity, QuantityError, change_draws, is_drawn, parse_quantity, parse_relative
from rpmsim.text.schema.base import PROVENANCE, Reading, Type
from rpmsim.text.schema.scalars import Text
from rpmsim.text.spelling import unit_words

Found = TypeVar("Found")


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
            self._refuse(node, path, reading)
            return None
        if isinstance(node, Mapping):
            return self._with_history(node, path, reading)
        quantity = self._quantity(node, path, reading)
        if quantity is None:
            return None
        return self._number(quantity, None, node, path, reading, dotted(node.written or path))

    def _quantity(self, node: Node, path: Path, reading: Reading) -> Quantity | None:
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        try:
            relative = parse_relative(node.text, self.kind.signed, self.kind.factor != "no")
            if relative is not None:
                reading.form.error(
                    node.mark,
                    path,
                    f"`{node.text}` is a relative value, but there is nothing it refers to",
                    f"write a value, such as {self.hint()}",
                )
                return None
            return parse_quantity(node.text)
        except QuantityError as error:
            reading.form.error(node.mark, path, error.message, error.fix or f"write {self.hint()}")
            return None

    def _with_history(self, node: Mapping, path: Path, reading: Reading) -> Number | Measured | None:
        for key in node.items:
            if key not in NUMBER_KEYS:
                reading.form.error(
                    node.marks[key], (*path, key), f"unknown key `{key}` in {self.noun}", nearest(key, NUMBER_KEYS)
                )
                return None
            if key in PROVENANCE or key == "draw":
                Text().read(node.items[key], (*path, key), reading)
        parts = {
            key: self._quantity(node.items[key], (*path, key), reading)
            for key in ("value", "low", "high")
            if key in node.items
        }
        if None in parts.values():
            return None
        if ("low" in parts) != ("high" in parts) or not parts:
            reading.form.error(
                node.mark,
                path,
                f"{self.noun} without " + ("a value" if not parts else "both ends of its range"),
                "write `value`, or `low` and `high`, or all three",
            )
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
        assert low is not None
        assert high is not None
        if low.ranged or high.ranged or (value is not None and value.ranged):
            reading.form.error(
                first.mark, path, "a range inside a range", "write one number for each of value, low and high"
            )
            return None
        unit = next((end.unit for end in (low, high, value) if end is not None and end.unit), "")
        low, high = (replace(end, unit=end.unit or unit) for end in (low, high))
        value = None if value is None else replace(value, unit=value.unit or unit)
        if (low.suffix, unit_words(low.unit)) != (high.suffix, unit_words(high.unit)):
            reading.form.error(
                first.mark, path, f"`{low}` and `{high}` have different units", "write both ends in one unit"
            )
            return None
        return self._number(
            Quantity(None, low.value, high.value, high.suffix, high.unit, high.factor),
            value,
            first,
            path,
            reading,
            name,
        )

    def _number(
        self, quantity: Quantity, stated: Quantity | None, node: Node, path: Path, reading: Reading, name: str
    ) -> Number | Measured | None:
        try:
            if self.kind.money:
                check_unit(quantity, self.kind)
                about = of_scenario(reading)
                quantity = in_currency(quantity, about.worth, about.currency)
                stated = None if stated is None else in_currency(stated, about.worth, about.currency)
            if quantity.posterior:
                number, unit, wrong = self._drawn(quantity, node, path, reading, name)
            else:
                number, unit, wrong = to_number(quantity, self.kind, name, stated)
        except QuantityError as error:
            reading.form.error(node.mark, path, error.message, error.fix)
            return None
        for message, fix in wrong:
            reading.meaning.error(node.mark, path, message, fix)
        return Measured(number, unit) if self.kind.keeps_unit else number

    def _drawn(
        self, quantity: Quantity, node: Node, path: Path, reading: Reading, name: str
    ) -> tuple[Number, str, list[tuple[str, str]]]:
        """The number at a path of the posterior, or at the name of its draw where one is given."""
        posterior = posterior_for(quantity, reading)
        written = node.written if isinstance(node, Scalar) else ()
        place = path_in_posterior(path) if name in (dotted(written or path), dotted(written[:-1])) else name
        values = found_in(posterior, posterior.number, place, "a number")
        return drawn_number(quantity, self.kind, place, values, (posterior.sha256, place))


def posterior_for(quantity: Quantity, reading: Reading) -> Posterior:
    """The posterior of the scenario, from which a quantity takes its values.

    Raises
    ------
    QuantityError
        If the scenario names none.
    """
    posterior = of_scenario(reading).posterior
    if posterior is None:
        raise QuantityError(f"`{quantity}`, but no posterior is named", "write `posterior: FILE.nc` at the top")
    return posterior


def found_in(posterior: Posterior, find: Callable[[str], Found], place: str, instead: str) -> Found:
    """What a posterior has at a place.

    Raises
    ------
    QuantityError
        If it has nothing there; ``instead`` is what may be written.
    """
    try:
        return find(place)
    except LookupError as error:
        fix = f"write {instead}, or use a posterior that has it"
        raise QuantityError(f"{posterior.name} {error.args[0]}", fix) from None


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

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The value."""
        return [((), self.inner)]

    def _brief(self) -> str:
        return f"{self.inner.brief()} or `rest`"

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

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """The value of any class."""
        return [((), self.inner)]

    def differs(self, node: Node) -> bool:
        """Whether a node is a map by class, and not one value."""
        return isinstance(node, Mapping) and not (node.items and all(key in NUMBER_KEYS for key in node.items))

    def _brief(self) -> str:
        return f"{self.inner.brief()}, may differ by class"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read it."""
        reading = of_scenario(reading)
        if not self.differs(node):
            return None if self._names_classes(node, path, reading) else self.inner.read(node, path, reading)
        assert isinstance(node, Mapping)
        dimension: Dimension | None = None
        cases: list[tuple[str, Any]] = []
        default = None
        for key, item in node.items.items():
            value = self.read(item, (*path, key), reading)
            if key == OTHER:
                default = value
                continue
            found = class_of(key, reading)
            if isinstance(found, Unknown):
                reading.form.error(node.marks[key], (*path, key), *found)
            elif dimension is not None and found[0] != dimension:
                reading.form.error(
                    node.marks[key],
                    (*path, key),
                    f"`{key}` is a {found[0]}, but the others are names of a {dimension}",
                    "a map by class has names of one kind; nest a second map in it",
                )
            elif any(found[1] == other for other, _ in cases):
                reading.form.error(
                    node.marks[key],
                    (*path, key),
                    f"`{key}` is listed twice: {found[1]} and {found[1]}+ are the same",
                    "keep one of them",
                )
            else:
                dimension = found[0]
                cases.append((found[1], value))
        if dimension is None:
            if OTHER in node.items:
                return default
            reading.form.error(node.mark, path, "an empty map by class", "list the classes, or write one value")
            return None
        if OTHER not in node.items:
            reading.class_maps.append(ClassMap(path, node.mark, dimension, tuple(name for name, _ in cases)))
        return ByClassValue(dimension, tuple(cases), default)

    @staticmethod
    def _names_classes(node: Node, path: Path, reading: ScenarioReading) -> bool:
        """Whether all keys of a number are names of classes, too: it is refused, as nobody can say which are meant."""
        keys = list(node.items) if isinstance(node, Mapping) else []
        kinds = [next((d for d, names in reading.classes.items() if key in names), None) for key in keys]
        ambiguous = bool(keys) and None not in kinds
        if ambiguous:
            reading.form.error(
                node.mark,
                path,
                f"one number, or numbers by {kinds[0]}: `{keys[0]}` is a {kinds[0]} and a word of the language",
                f"write `10% to 30%` for a range, or `{kinds[0]} {keys[0]}` for the {kinds[0]}",
            )
        return ambiguous


@dataclass(frozen=True)
class DrawnTable:
    """A table from a posterior: its values, and their weights in every draw."""

    values: tuple[float, ...]
    weights: DrawnWeights


@dataclass(frozen=True)
class Table(Type):
    """A map of values and their weights, or a list of values: the whole distribution of something."""

    kind: Kind
    weights: Kind
    drawn: bool = False
    noun: str = "a table of values and weights"

    def hint(self) -> str:
        """The form."""
        return f"`{{{self.kind.examples[0]}: 20%, ...}}`"

    def read(self, node: Node, path: Path, reading: Reading) -> list[tuple[float, float, str]] | DrawnTable | None:
        """Read points as (value, weight, unit), or the word `posterior` where weights may be drawn."""
        if self.drawn and isinstance(node, Scalar) and is_drawn(node.text):
            return self._from_posterior(node, path, reading)
        if isinstance(node, Scalar) or not node.items:
            self._refuse(node, path, reading)
            return None
        if len(node.items) > 2000:
            reading.meaning.error(node.mark, path, f"{len(node.items):,} points", "at most 2,000")
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
                reading.form.error(key.mark, (*path, key.text), "a range in a table", "write one number")
            points.append((number.mid, weight.mid, unit))
        if points and sum(weight for _, weight, _ in points) <= 0:
            reading.meaning.error(node.mark, path, "all weights are 0", "give at least one value a weight")
        return points

    def _only_scaled(self, quantity: Quantity, reading: Reading) -> Quantity:
        """A quantity in the reporting currency, if nothing but factors are applied to its draws."""
        if self.kind.money:
            about = of_scenario(reading)
            quantity = in_currency(quantity, about.worth, about.currency)
        if quantity.unit or any(change.how != "times" for change in quantity.changes):
            raise QuantityError(f"`{quantity}` is not a table", "write `posterior` or `posterior x1.05`")
        return quantity

    def _from_posterior(self, node: Scalar, path: Path, reading: Reading) -> DrawnTable | None:
        try:
            quantity = self._only_scaled(parse_quantity(node.text), reading)
            posterior = posterior_for(quantity, reading)
            place = path_in_posterior(path)
            values, weights = found_in(posterior, posterior.table, place, "a table of values and weights")
        except QuantityError as error:
            reading.form.error(node.mark, path, error.message, error.fix)
            return None
        values = change_draws(values, quantity)
        if (values < self.kind.least).any() or (values > self.kind.most).any():
            message = f"`{quantity}`: values from {values.min():.6g} to {values.max():.6g}"
            reading.meaning.error(node.mark, path, message, f"{self.kind.noun} cannot be that small or large")
            return None
        return DrawnTable(tuple(values.tolist()), DrawnWeights((posterior.sha256, place, str(quantity)), weights))


@dataclass(frozen=True)
class TableByClass(ByClass):
    """A table of values and weights, or a map of such tables by class."""

    def step(self, key: str) -> Type | None:
        """A class name leads to the same."""
        return self

    def differs(self, node: Node) -> bool:
        """Whether a node is a map by class: its values are tables, and not weights."""
        return isinstance(node, Mapping) and any(not isinstance(item, Scalar) for item in node.items.values())
