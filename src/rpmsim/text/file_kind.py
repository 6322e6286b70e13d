"""Which kind of file a text is: a scenario or a history."""

from __future__ import annotations

from rpmsim.text.nodes import Mapping

_HISTORY = "sources"
_SCENARIO = ("extends", "until", "segments", "channels", "roles", "targets", "opening", "posterior")
"""Keys at the top that only files of this kind have."""


def is_history(tree: Mapping) -> bool:
    """Whether a file is a history mapping: it has sources."""
    return _HISTORY in tree.items


def is_scenario(tree: Mapping) -> bool:
    """Whether a file is surely a scenario."""
    return not is_history(tree) and any(key in tree.items for key in _SCENARIO)
