"""Names of the model for what a history calls its channels and segments."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TAKEN = frozenset(
    {"source", "nobody", "returning", "all", "other", "rest", "low", "high", "value", "date", "note", "owner", "draw"}
    | {"channel", "segment", "grade", "returns", "band", "label", "table"}
)
"""Names that mean something else in a scenario or in a posterior; classes are not called so."""

LONGEST = 40
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Names:
    """Classes of one kind, as the model names them.

    Parameters
    ----------
    names : tuple of str
        Unique, of a-z, 0-9 and _.
    labels : tuple of str
        As the history writes them.
    of_text : array of int, shape (texts,)
        Number of the class for each text of the history.
    merged : int
        How many small ones were put together in the last class; 0 if none were.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    of_text: NDArray[np.int64]
    merged: int = 0


def named(
    texts: list[str | None], records: NDArray[np.int64], most: int, least: int, kind: str, used: set[str]
) -> Names:
    """Name classes; small ones are put together.

    Parameters
    ----------
    texts : list of str or None
        Distinct texts of the history; None where a record has none.
    records : array of int, shape (texts,)
        Records of each.
    most, least : int
        So many classes at most, each with so many records at least; what is left is one class.
    kind : {"channel", "segment"}
        What they are; part of names that would mean something else.
    used : set of str
        Names that are taken; those given here are added.

    Returns
    -------
    Names
        In the order of their number of records, largest first.
    """
    order = sorted(range(len(texts)), key=lambda i: (-int(records[i]), texts[i] is None, texts[i] or ""))
    own = [i for i in order if records[i] >= least][:most]
    small = [i for i in order if i not in set(own)]
    if len(small) == 1 or not own:
        own, small = order[: max(most, 1)], order[max(most, 1) :]
    of_text = np.zeros(len(texts), dtype=np.int64)
    names: list[str] = []
    labels: list[str] = []
    for number, i in enumerate(own):
        label = texts[i] if texts[i] is not None else "Unknown"
        of_text[i] = number
        labels.append(str(label))
        names.append(unique(slug(texts[i] or UNKNOWN), used, kind))
    if small:
        of_text[small] = len(own)
        labels.append(f"{len(small)} others")
        names.append(unique(f"other_{kind}s", used))
    return Names(tuple(names), tuple(labels), of_text, len(small))


def slug(text: str) -> str:
    """A name of the model for any text."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_")[:LONGEST].strip("_") or "class"


def unique(name: str, used: set[str], kind: str = "") -> str:
    """The name, made longer where it is taken; it is noted as used."""
    if name in TAKEN and kind:
        name = f"{name}_{kind}"
    result, number = name, 2
    while result in used or result in TAKEN:
        result, number = f"{name}_{number}", number + 1
    used.add(result)
    return result
