"""Types that one scalar fills: text, words, names and dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any

from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Node, Path, Scalar
from rpmsim.text.schema.base import NAME, Reading, Type

LONGEST_TEXT = 4_000
YEARS = range(1900, 2201)


@dataclass(frozen=True)
class Text(Type):
    """Free text."""

    noun: str = "a text"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        if len(node.text) > LONGEST_TEXT:
            reading.form.error(node.mark, path, f"a text of {len(node.text):,} characters", f"at most {LONGEST_TEXT:,}")
        return node.text


@dataclass(frozen=True)
class Word(Type):
    """One of a few words."""

    words: MappingType[str, Any]
    noun: str = "a word"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Read it, whatever its case."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        text = " ".join(node.text.lower().split())
        if text not in self.words:
            message = f"`{node.text[:60]}` is not {self.noun}"
            reading.form.error(node.mark, path, message, nearest(text[:60], self.words))
            return None
        return self.words[text]

    def hint(self) -> str:
        """The words."""
        return " or ".join(f"`{word}`" for word in self.words)

    def _brief(self) -> str:
        return ", ".join(f"`{word}`" for word in self.words) if len(self.words) <= 12 else self.noun


YES_NO = Word({"yes": True, "no": False, "true": True, "false": False}, "yes or no")


@dataclass(frozen=True)
class Ref(Type):
    """The name of a thing that the file declares; whether it does is checked when all of it is read."""

    to: str
    extra: tuple[str, ...] = ()

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What the name names."""
        return f"the name of a {self.to}"

    def read(self, node: Node, path: Path, reading: Reading) -> str | None:
        """Read it."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        if node.text in self.extra or NAME.fullmatch(node.text):
            return node.text
        message = f"`{node.text[:60]}` is not {self.noun}"
        reading.form.error(node.mark, path, message, "names consist of a-z, 0-9 and _")
        return None


@dataclass(frozen=True)
class Date(Type):
    """A day."""

    noun: str = "a date"

    def read(self, node: Node, path: Path, reading: Reading) -> dt.date | None:
        """Read it."""
        if not isinstance(node, Scalar):
            self._refuse(node, path, reading)
            return None
        day = parse_date(node.text)
        if day is None:
            fix = f"write year-month-day, such as `2027-01-31`, in the years {YEARS[0]} to {YEARS[-1]}"
            reading.form.error(node.mark, path, f"`{node.text}` is not a date", fix)
        return day

    def hint(self) -> str:
        """An example."""
        return "`2027-01-31`"


def parse_date(text: str) -> dt.date | None:
    """A day written as 2027-01-31, or None; years that no plan is about are none either."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or int(text[:4]) not in YEARS:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
