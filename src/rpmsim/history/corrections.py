"""What was corrected or left out while reading: every kind counted, with examples that name their rows."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_EXAMPLES = 5
UNNAMED_TWINS = "in columns with the same heading"
EMPTY_DATE = "is a placeholder for an empty date"
"""End of the kind of the fix of dates like 1970-01-01."""
UNREAD_CURRENCY = "with another currency"
"""Kind of amounts beside a column of currencies that the mapping does not read."""
NO_RECORD = "of no record"
"""Kind of work items without the id of a record, as is normal."""


@dataclass(frozen=True)
class Correction:
    """Rows of one source to which the same was done.

    Parameters
    ----------
    kind : str
        Short name, such as ``unparsable time``.
    source : str
    rows : int
        How many rows.
    done : str
        What was done, as a sentence's end: "left out".
    examples : tuple of str
        Such as ``row 17: `31.02.2026```.
    of : int
        Rows of the source.
    """

    kind: str
    source: str
    rows: int
    done: str
    examples: tuple[str, ...] = ()
    of: int = 0

    def __str__(self) -> str:
        """What was done to how many rows, with the first of them."""
        named = "; ".join(self.examples) + (" ..." if self.rows > len(self.examples) else "")
        return f"{self.rows:,} of {self.of:,} rows: {self.done}" + (f" ({named})" if self.examples else "")


@dataclass
class Reading:
    """How reading one source went."""

    source: str
    rows: int = 0
    used: int = 0
    corrections: list[Correction] = field(default_factory=list)
