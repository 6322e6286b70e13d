"""What changed from one scenario to another, lever by lever, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from rpmsim.scenario.quantity import Quantity, QuantityError, parse_quantity, plain
from rpmsim.scenario.scenario import Leaf, Scenario

TITLES = ("name", "label", "description")
"""Values that name a scenario: the headline says them."""

_THINGS = {"roles": "role", "channels": "channel", "stages": "stage", "segments": "segment", "costs": "cost"}
_MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_FEWEST_ROWS = 3
"""So many changed rows of one table are told together."""


@dataclass(frozen=True)
class Difference:
    """One lever.

    Parameters
    ----------
    path : str
        As ``--set`` takes it; of a table, the table's.
    words : str
        What changed, in words.
    before, after : tuple of Leaf
        The values; empty where none is stated.
    """

    path: str
    words: str
    before: tuple[Leaf, ...]
    after: tuple[Leaf, ...]


def differences(a: Scenario, b: Scenario) -> list[Difference]:
    """What changed from ``a`` to ``b``, in the order of the files."""
    before, after = _leaves(a), _leaves(b)
    paths = [
        path
        for path in dict.fromkeys((*before, *after))
        if path not in TITLES and _text(before.get(path)) != _text(after.get(path))
    ]
    records = ({path.split(".")[1] for path in leaves if path.startswith("open.")} for leaves in (before, after))
    in_one = set.symmetric_difference(*records)
    tables: dict[str, list[str]] = {}
    for path in paths:
        table, _, row = path.rpartition(".")
        record = path.startswith("open.") and path.split(".")[1] in in_one
        tables.setdefault(table if _MONTH.fullmatch(row) or record else path, []).append(path)
    result = []
    for table, rows in tables.items():
        if table.startswith("open.") and table.split(".")[1] in in_one:
            old, new = (tuple(side[path] for path in rows if path in side) for side in (before, after))
            said = "no longer listed, was " + _record(old) if old else "listed now, " + _record(new)
            result.append(Difference(table, f"Open record {table[5:]}: {said}", old, new))
            continue
        for group in [rows] if len(rows) >= _FEWEST_ROWS else [[row] for row in rows]:
            old = tuple(before[path] for path in group if path in before)
            new = tuple(after[path] for path in group if path in after)
            path = table if len(group) > 1 else group[0]
            said = _rows(old, new) if len(group) > 1 else _one(old, new)
            result.append(Difference(path, f"{subject(path, a, b)}: {said}", old, new))
    return result


def _leaves(scenario: Scenario) -> dict[str, Leaf]:
    """Values by path; open records go by their id, wherever they stand in the list."""
    leaves = {leaf.path: leaf for leaf in scenario.leaves()}
    ids = {path[5:-3]: leaf.text for path, leaf in leaves.items() if re.fullmatch(r"open\.\d+\.id", path)}

    def named(path: str) -> str:
        parts = path.split(".", 2)
        known = parts[0] == "open" and len(parts) == 3 and parts[1] in ids
        return f"open.{ids[parts[1]].replace('.', '_')}.{parts[2]}" if known else path

    return {named(path): leaf for path, leaf in leaves.items()}


def _record(leaves: tuple[Leaf, ...]) -> str:
    """What matters of an open record, in the order of the file."""
    said = {leaf.path.rpartition(".")[2]: leaf.text for leaf in leaves}
    return ", ".join(f"{key} {said[key]}" for key in ("label", "stage", "amount") if key in said)


def _text(leaf: Leaf | None) -> str | None:
    return None if leaf is None else leaf.text


def subject(path: str, *scenarios: Scenario) -> str:
    """What a path is about, in words."""
    parts = path.split(".")
    if parts[0] == "changes" and len(parts) > 2:
        inner = ".".join(parts[2:])
        return f"Dated change {parts[1]}, {inner if '*' in inner else _lower(subject(inner, *scenarios))}"
    if parts[0] == "targets" and len(parts) == 5:
        return f"Target of {parts[3]} in {parts[4]} of {parts[1].removesuffix('s')} {parts[2]}"
    if parts[0] == "targets" and len(parts) == 3:
        return f"Target of {parts[1]} in {parts[2]}"
    if parts[0] == "open" and len(parts) > 2:
        return f"Open record {parts[1]}, {' '.join(parts[2:])}"
    if parts[0] == "actuals" and len(parts) == 3:
        return f"Actual {parts[1]} in {parts[2]}"
    if parts[0] not in _THINGS or len(parts) < 2:
        return path
    head = f"{_THINGS[parts[0]].capitalize()} {_label(parts[0], parts[1], scenarios)}"
    rest = parts[2:]
    if parts[0] == "stages" and rest[:1] == ["to"] and len(rest) > 1:
        head, rest = f"{head} to {rest[1]}", rest[2:]
    words = [f"in {word}" if _MONTH.fullmatch(word) else word.replace("_", " ") for word in rest]
    return ", ".join([head, " ".join(words)]) if words else head


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _label(kind: str, name: str, scenarios: Iterable[Scenario]) -> str:
    for scenario in scenarios:
        for thing in getattr(scenario.model.content, kind):
            if thing.name == name and getattr(thing, "label", ""):
                return f"{name} ({thing.label})"
    return name


def _one(before: tuple[Leaf, ...], after: tuple[Leaf, ...]) -> str:
    """A value that is new, gone or other."""
    if not before:
        return f"{after[0].text}, not stated before"
    if not after:
        return f"no longer stated, was {before[0].text}"
    return f"from {before[0].text} to {after[0].text}{_by(before[0].text, after[0].text)}"


def _by(before: str, after: str) -> str:
    """By how much a number changed; of a share also in points."""
    old, new = _number(before), _number(after)
    if old is None or new is None or old.unit != new.unit or old.factor != new.factor:
        return ""
    pairs = [(one, other) for one, other in zip(_ends(old), _ends(new), strict=False)]
    if len(_ends(old)) != len(_ends(new)) or any(one == 0 for one, _ in pairs):
        return ""
    ratios = [other / one for one, other in pairs]
    if max(ratios) - min(ratios) > Decimal("0.0005"):
        return ""
    factor = f"{_percent(ratios[0] - 1)}"
    if old.suffix == new.suffix == "%" and len(pairs) == 1:
        points = plain((pairs[0][1] - pairs[0][0]) * 100)
        return f" ({'+' if pairs[0][1] > pairs[0][0] else ''}{points} points, {factor})"
    return f" ({factor})"


def _percent(share: Decimal) -> str:
    return f"{float(share) * 100:+.3g}%"


def _number(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except QuantityError:
        return None


def _ends(quantity: Quantity) -> list[Decimal]:
    return [end * quantity.multiplier for end in (quantity.value, quantity.low, quantity.high) if end is not None]


def _rows(before: tuple[Leaf, ...], after: tuple[Leaf, ...]) -> str:
    """Several rows of a table, told together."""
    old, new = ({leaf.path.rpartition(".")[2]: leaf.text for leaf in leaves} for leaves in (before, after))
    keys = sorted({*old, *new})
    span = f"{len(keys)} rows, {keys[0]} to {keys[-1]}"
    if not old:
        return f"{span}, not stated before"
    if not new:
        return f"{span} no longer stated"
    if old.keys() != new.keys():
        return f"{span}: {len(old)} before, {len(new)} now"
    pairs = [(_number(old[key]), _number(new[key])) for key in keys]
    values = [(_ends(one)[0], _ends(other)[0]) for one, other in pairs if one is not None and other is not None]
    if len(values) < len(pairs):
        return f"{span} are other"
    ratios = [other / one for one, other in values if one]
    if len(ratios) == len(values) and max(ratios) - min(ratios) < Decimal("1e-6"):
        return f"{span}: each {_percent(ratios[0] - 1)}"
    sums = [sum(column) for column in zip(*values, strict=True)]
    by = f" ({_percent(Decimal(sums[1]) / Decimal(sums[0]) - 1)})" if sums[0] else ""
    return f"{span}: in all from {plain(Decimal(sums[0]))} to {plain(Decimal(sums[1]))}{by}"
