"""Names and texts inside SQL."""

from __future__ import annotations

from collections.abc import Iterable


def name(text: str) -> str:
    """A quoted identifier."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted text."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of quoted texts, for IN (...)."""
    return ", ".join(text(value) for value in values) or "NULL"
