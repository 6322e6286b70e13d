"""All items of an audit, in the order in which a reader needs them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rpmsim.history.audit import extent, leaks, links, moves, people, process, selection, stages, undated, window
from rpmsim.history.audit.evidence import Evidence
from rpmsim.history.audit.item import Item, worst
from rpmsim.history.history import History

ITEMS: tuple[Callable[[Evidence], Item], ...] = (
    extent.span,
    extent.coverage,
    window.late_recording,
    window.missing_before,
    window.incomplete_end,
    selection.arrivals,
    selection.closed_only,
    process.volume,
    process.conversion,
    stages.stage_conversion,
    process.identified,
    process.zombies,
    process.expiry,
    moves.starts,
    moves.skipped,
    moves.backward,
    moves.reopened,
    moves.loops,
    moves.durations,
    moves.current_stages,
    undated.undated,
    people.bulk_edits,
    people.late_entries,
    people.owners,
    links.links,
    leaks.amounts,
    leaks.leaks,
    leaks.conflicts,
    leaks.misspelled,
)


@dataclass
class Audit:
    """What an audit found.

    Parameters
    ----------
    evidence : Evidence
        For charts, while the history is open.
    items : list of Item
    """

    name: str
    as_of: dt.date
    evidence: Evidence
    items: list[Item]

    @property
    def verdict(self) -> str:
        """The worst status of all items."""
        return worst({item.status for item in self.items})

    def document(self) -> dict[str, Any]:
        """The audit as the document of ``audit.json``."""
        mapping = self.evidence.mapping
        return {
            "history": self.name,
            "as_of": str(self.as_of),
            "verdict": self.verdict,
            "mapping_sha256": mapping.text.sha256,
            "items": [item.as_dict() for item in self.items],
        }


def audit(history: History, as_of: dt.date | None = None) -> Audit:
    """Audit a history as it was known on a day; default the last one.

    Parameters
    ----------
    history : History
        Open.
    as_of : date, optional

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        For a day after the export.
    """
    view = history.as_of(as_of)
    evidence = Evidence(history, view)
    first = extent.rows(evidence)
    items = [first, *extent.corrections(evidence)]
    if evidence.totals[0]:
        items += [item(evidence) for item in ITEMS]
    return Audit(history.mapping.name, view.as_of, evidence, items)
