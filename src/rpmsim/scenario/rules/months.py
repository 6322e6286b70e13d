"""Maps by month in a what-if: rows outside the run, and what the parent states that also acts on new ones."""

from __future__ import annotations

import datetime as dt

from rpmsim.model.calendar import add_months
from rpmsim.model.plan import Model
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.schema.periods import parse_month_or_date
from rpmsim.scenario.schema.reading import NUMBER_KEYS
from rpmsim.scenario.statements import layer_of
from rpmsim.text.nodes import Mapping, Path, Scalar, find

_PLACES = (
    ("channels", "leads"),
    ("channels", "spend"),
    ("roles", "hires"),
    ("roles", "departures"),
    ("costs", "months"),
)
_OF_PEOPLE = ("hires", "departures")
_OF_THE_CHANNEL = ("change", "growth", "months")
"""Keys of a channel that act on whatever leads are stated."""


def check_rows(model: Model, place: Place) -> None:
    """Look at every map by month on which a what-if writes."""
    for above, key in _PLACES:
        named = place.tree.items.get(above)
        for name in named.items if isinstance(named, Mapping) else ():
            path = (above, name, key)
            rows = find(place.tree, path)
            if isinstance(rows, Mapping) and rows.items and not all(row in NUMBER_KEYS for row in rows.items):
                _outside(model, place, path, rows)
                if key == "leads" and rows.table:
                    _what_still_acts(place, path, rows)


def _outside(model: Model, place: Place, path: Path, rows: Mapping) -> None:
    """Warn of rows that the latest layer writes, and that have no effect."""
    latest = max(layer_of(row) for row in rows.items.values())
    dated = [node.layer for key in ("as_of", "until") if isinstance(node := place.tree.items.get(key), Scalar)]
    if latest == 0 or latest < max(dated, default=0):
        return
    days = {key: day for key in rows.items if (day := parse_month_or_date(key)) is not None}
    own = [key for key in days if layer_of(rows.items[key]) == latest]
    outside = sorted(key for key in own if not _acts(days[key], key, model, path[-1]))
    if not outside or (path[-1] == "hires" and len(outside) == 1):
        return  # a single hire behind the end is warned of where hires are checked
    one = len(outside) == 1
    listed = f"{len(outside)} rows ({outside[0]} to {outside[-1]})" if len(outside) > 2 else " and ".join(outside)
    place.warn(
        (*path, outside[0]),
        f"{listed} {'is' if one else 'are'} outside the run, {model.first_day} to {model.until}, and "
        f"{'has' if one else 'have'} no effect",
        "check the dates, or remove the rows",
    )


def _acts(day: dt.date, key: str, model: Model, what: str) -> bool:
    """Whether a row has an effect; people who came or left before the run are part of it."""
    last = add_months(day, 1) - dt.timedelta(1) if len(key) == 7 else day
    return day <= model.until and (last >= model.first_day or what in _OF_PEOPLE)


def _what_still_acts(place: Place, path: Path, rows: Mapping) -> None:
    """Warn of the parent's keys that change the numbers of a what-if's table too."""
    channel = find(place.tree, path[:-1])
    oldest = min(layer_of(row) for row in rows.items.values())
    for key in _OF_THE_CHANNEL:
        node = channel.items.get(key) if isinstance(channel, Mapping) else None
        if node is not None and layer_of(node) < oldest:
            value = f" {node.text}" if isinstance(node, Scalar) else ""
            place.warn(
                path,
                f"the parent's `{key}`{value} also applies to the new table",
                f"write `{key}: null` next to it if its numbers are final",
            )
