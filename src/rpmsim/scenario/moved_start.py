"""A what-if that moves `as_of`: what its parents state as of their own start is carried on, or warned of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from rpmsim.model.staffing import DAYS_PER_MONTH
from rpmsim.scenario.kind import to_number
from rpmsim.scenario.kinds import TENURE
from rpmsim.scenario.statements import layer_of
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Node, Scalar, Step, find
from rpmsim.text.quantity import QuantityError, parse_quantity
from rpmsim.text.schema.scalars import parse_date

Starts = list[Scalar | None]
"""What `as_of` each layer states, the farthest ancestor first."""


def carry_start(tree: Mapping, starts: Starts, complaints: Complaints) -> None:
    """Bring tenure and growth of the parents to the new start; warn of their open records and stock.

    Parameters
    ----------
    tree : Mapping
        The resolved tree; it is changed.
    """
    stated = [node for node in starts if node is not None]
    now = parse_date(stated[-1].text) if stated else None
    if now is None or len({node.text for node in stated}) == 1:
        return
    for role in _maps(tree, "roles"):
        tenure = role.items.get("tenure")
        if isinstance(tenure, Scalar) and (days := _days_since(tenure.layer, starts, now)):
            role.items["tenure"] = _longer(tenure, days, stated[-1])
    for channel in _maps(tree, "channels"):
        level = channel.items.get("leads") or channel.items.get("current")
        if "growth" in channel.items and "growth_from" not in channel.items and level is not None:
            rate = channel.items["growth"] if isinstance(level, Scalar) and level.chain else level
            if days := _days_since(layer_of(rate), starts, now):
                start = now - dt.timedelta(days - 1)
                mark = channel.marks["growth"]
                channel.put("growth_from", Scalar(start.isoformat(), mark, layer=layer_of(rate)), mark)
    _warn_of_old_level(tree, starts, stated[-1], now, complaints)
    _warn_of_old_start(tree, starts, stated[-1], now, complaints)


def _maps(tree: Mapping, key: str) -> list[Mapping]:
    node = tree.items.get(key)
    return [item for item in node.items.values() if isinstance(item, Mapping)] if isinstance(node, Mapping) else []


def _days_since(layer: int, starts: Starts, now: dt.date) -> int:
    """Days from the start for which a layer was written to the one that holds now; 0 where it knew none."""
    known = [node for node in starts[: layer + 1] if node is not None]
    then = parse_date(known[-1].text) if known else None
    return 0 if then is None else (now - then).days


def _longer(tenure: Scalar, days: int, as_of: Scalar) -> Scalar:
    try:
        months = to_number(parse_quantity(tenure.text), TENURE, "")[0].mid
    except QuantityError:
        return tenure  # reported where it is read
    chain = (*(tenure.chain or (Step(tenure.text, tenure.mark),)), Step(f"as_of {as_of.text}", as_of.mark))
    text = f"{max(round(months * DAYS_PER_MONTH) + days, 0)} days"
    return replace(tenure, text=text, chain=chain)


def _warn_of_old_level(tree: Mapping, starts: Starts, as_of: Scalar, now: dt.date, complaints: Complaints) -> None:
    """Warn of where the drift of a channel was on another day."""
    channels = tree.items.get("channels")
    for name, channel in channels.items.items() if isinstance(channels, Mapping) else ():
        level = find(channel, ("drift", "now"))
        if level is not None and _days_since(layer_of(level), starts, now):
            complaints.warn(
                as_of.mark,
                "as_of",
                f"`as_of` moves to {as_of.text}, but `channels.{name}.drift.now` is still the parent's level",
                "write `now` with the level of that day, or `now: x1`",
            )


def _warn_of_old_start(tree: Mapping, starts: Starts, as_of: Scalar, now: dt.date, complaints: Complaints) -> None:
    """Warn of what was open on another day: what has been won or lost since would be counted twice."""
    records = tree.items.get("open")
    rows = list(records.items) if isinstance(records, Listing) else _values(records)
    old = sum(_days_since(layer_of(row), starts, now) != 0 for row in rows)
    if old:
        which = "the open deals are" if old == len(rows) else f"{old} of {len(rows)} open deals are"
        complaints.warn(
            as_of.mark,
            "as_of",
            f"`as_of` moves to {as_of.text}, but {which} still the parent's: those won or lost since then count twice",
            "write `open:` with the deals open on that day",
        )
    stages = tree.items.get("opening")
    still = [
        name
        for name, rows in (stages.items.items() if isinstance(stages, Mapping) else ())
        if _days_since(layer_of(rows), starts, now) != 0
    ]
    if still:
        complaints.warn(
            as_of.mark,
            "as_of",
            f"`as_of` moves to {as_of.text}, but the opening of {', '.join(still)} is still the parent's: "
            "leads that have moved on since then count twice",
            "write `opening:` with the leads of that day, or `opening: null` if `open` lists everything",
        )


def _values(node: Node | None) -> list[Node]:
    return list(node.items.values()) if isinstance(node, Mapping) else []
