"""What stands on a sheet of its own, before it is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Sheet(NamedTuple):
    """Headings with their kinds, rows, and notes below them; no rows where there is nothing to show."""

    head: Sequence[tuple[str, str]] = ()
    rows: Sequence[Sequence[Any]] = ()
    notes: Sequence[str] = ()
