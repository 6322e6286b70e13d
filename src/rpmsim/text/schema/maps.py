"""Types of maps and lists: known keys, names, items."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar
from rpmsim.text.schema.base import NAME, PROVENANCE, Reading, Type
from rpmsim.text.schema.scalars import Text


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
    alone : Type or None
        How a bare value is read where it is not as under its key (whose name may state the unit).
    scaled : tuple of str
        Keys that a relative value for the whole map changes: `amount: +5%`.
    table : str
        How a table in a file stands for the map; empty where none may.
    """

    noun: str
    fields: MappingType[str, Field]
    bare: str = ""
    alone: Type | None = None
    scaled: tuple[str, ...] = ()
    table: str = ""

    def hint(self) -> str:
        """Its keys."""
        return "a map with " + ", ".join(f"`{key}`" for key in list(self.fields)[:6])

    def step(self, key: str) -> Type | None:
        """The type of a key."""
        if key in self.fields:
            return self.fields[key].type
        return Text() if key in PROVENANCE else None

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """What stands under each key."""
        return [((key,), field.type) for key, field in self.fields.items()]

    def _brief(self) -> str:
        return f"map: {self.noun}" + (f", or {self.fields[self.bare].type.brief()}" if self.bare else "")

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read the keys that are there."""
        if isinstance(node, Mapping):
            return {key: self._one(key, item, node, path, reading) for key, item in node.items.items()}
        if self.bare and isinstance(node, Scalar):
            return {self.bare: (self.alone or self.fields[self.bare].type).read(node, path, reading)}
        if isinstance(node, Scalar) and node.is_null:
            return {}
        self._refuse(node, path, reading)
        return None

    def _one(self, key: str, item: Node, node: Mapping, path: Path, reading: Reading) -> Any:
        inner = self.step(key)
        if inner is None:
            fix = nearest(key, self.fields)
            if key[:1].isdigit():
                fix = "a comma in a number? Write a decimal point, and no separator between thousands"
            reading.form.error(node.marks[key], (*path, key), f"unknown key `{key}` in {self.noun}", fix)
            return None
        if isinstance(item, Scalar) and item.is_null and not isinstance(inner, Record):
            reading.form.error(node.marks[key], (*path, key), f"`{key}` has no value", "write one, or remove the line")
            return None
        return inner.read(item, (*path, key), reading)


@dataclass(frozen=True)
class Named(Type):
    """A map by name; the names are the file's own."""

    inner: Type
    noun: str
    pattern: re.Pattern[str] = NAME
    most: int = 200
    table: str = ""

    def hint(self) -> str:
        """The form."""
        return f"a map: {self.noun}"

    def step(self, key: str) -> Type | None:
        """Every name leads to the same type."""
        return self.inner

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """What stands under any name."""
        return [(("NAME",), self.inner)]

    def _brief(self) -> str:
        return f"map: {self.noun}"

    def read(self, node: Node, path: Path, reading: Reading) -> dict[str, Any] | None:
        """Read all names."""
        if not isinstance(node, Mapping):
            self._refuse(node, path, reading)
            return None
        if len(node.items) > self.most:
            reading.meaning.error(
                node.mark, path, f"{len(node.items):,} entries", f"at most {self.most:,} are allowed here"
            )
        result = {}
        for key, item in node.items.items():
            if not self.pattern.fullmatch(key):
                place = (*path, key[:60])
                reading.form.error(node.marks[key], place, f"`{key[:60]}` is not a valid name here", self._naming())
                continue
            result[key] = self.inner.read(item, (*path, key), reading)
        return result

    def _naming(self) -> str:
        return (
            "names consist of a-z, 0-9 and _; use a `label` for other characters"
            if self.pattern is NAME
            else f"write {self.noun}"
        )


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

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """What the items are."""
        return [((), self.inner)]

    def _brief(self) -> str:
        return f"list of {self.inner.brief()}"

    def read(self, node: Node, path: Path, reading: Reading) -> list[Any] | None:
        """Read the items."""
        if not isinstance(node, Listing):
            self._refuse(node, path, reading)
            return None
        if len(node.items) > self.most:
            reading.meaning.error(
                node.mark, path, f"{len(node.items):,} entries", f"at most {self.most:,} are allowed here"
            )
        return [self.inner.read(item, (*path, str(i)), reading) for i, item in enumerate(node.items)]


@dataclass(frozen=True)
class Either(Type):
    """Types distinguished by their form: a scalar, a map or a list."""

    scalar: Type | None = None
    mapping: Type | None = None
    listing: Type | None = None
    table: str = ""

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

    def parts(self) -> Iterable[tuple[Path, Type]]:
        """All of them."""
        return [((), option) for option in self.options]

    def _brief(self) -> str:
        return " or ".join(option.brief() for option in self.options)

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read the form that is there."""
        option = (
            self.scalar if isinstance(node, Scalar) else self.mapping if isinstance(node, Mapping) else self.listing
        )
        if option is None:
            self._refuse(node, path, reading)
            return None
        return option.read(node, path, reading)
