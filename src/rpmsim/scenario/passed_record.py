"""A track record that a scenario inherits: it is that of a model which the scenario changes, and says so."""

from __future__ import annotations

from rpmsim.text.nodes import Listing, Mapping, Node, Scalar

KEY, SAID = "track_record", "inherited"


def pass_record_on(resolved: Mapping, last: int) -> None:
    """Mark the entries that come from an earlier layer than the last one; the mark stays when they are frozen.

    Parameters
    ----------
    resolved : Mapping
        The resolved tree; it is changed.
    last : int
        Layer of the file that was asked for, or of the last value that was set.
    """
    record = resolved.items.get(KEY)
    for metric, entry in record.items.items() if isinstance(record, Mapping) else ():
        assert isinstance(record, Mapping)
        if isinstance(entry, Mapping) and _first_layer(entry, last) < last:
            mark = record.marks[metric]
            entry.put(SAID, Scalar("yes", mark), mark)


def _first_layer(node: Node, last: int) -> int:
    """The first layer that wrote something in the node."""
    if isinstance(node, Scalar):
        return node.layer
    items = node.items if isinstance(node, Listing) else list(node.items.values())
    return min((_first_layer(item, last) for item in items), default=last)
