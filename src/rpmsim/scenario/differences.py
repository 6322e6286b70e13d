"""What changed from one scenario to another, lever by lever, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rpmsim.scenario.scenario import Leaf, Scenario
from rpmsim.text.quantity import Quantity, QuantityError, parse_quantity, plain

TITLES = ("name", "label", "description")
"""Values that name a scenario: the headline says them."""

_THINGS = {"roles": "role", "channels": "channel", "stages": "stage", "segments": "segment", "costs": "cost"}
_MONTH = re.compile(r"\d{4}-(\d{2}(-\d{2})?|Q[1-4])")
_STOCK = re.compile(r"opening\.[^.]+(?=\.\d+\.|$)")
"""The opening stock of a stage."""
_INHERITED = re.compile(r"track_record\.[^.]+\.inherited")
"""Follows from which file states the record."""
_HOLIDAYS = re.compile(r"calendar\.holidays(\.\d+)?")
_MOST_NAMED = 6
"""So many months or days are named one by one."""
_FEWEST_ROWS = 3
"""So many changed rows of one table are reported together."""


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
        if path not in TITLES
        and _text(before.get(path)) != _text(after.get(path))
        and not _HOLIDAYS.fullmatch(path)
        and not path.startswith("posterior.")
        and not _INHERITED.fullmatch(path)
    ]
    records = ({path.split(".")[1] for path in leaves if path.startswith("open.")} for leaves in (before, after))
    in_one = set.symmetric_difference(*records)
    tables: dict[str, list[str]] = {}
    for path in paths:
        table, _, row = path.rpartition(".")
        record = path.startswith("open.") and path.split(".")[1] in in_one
        stock = _STOCK.match(path)
        together = stock[0] if stock else table if _MONTH.fullmatch(row) or record else path
        tables.setdefault(together, []).append(path)
    result = [*_holidays(a, b, before, after), *_posterior(before, after)]
    for table, rows in tables.items():
        if table.startswith("open.") and table.split(".")[1] in in_one:
            old, new = (tuple(side[path] for path in rows if path in side) for side in (before, after))
            said = "no longer listed, was " + _record(old) if old else "listed now, " + _record(new)
            result.append(Difference(table, f"Open deal {table[5:]}: {said}", old, new))
            continue
        of_stock = bool(_STOCK.fullmatch(table))
        whole = len(rows) >= _FEWEST_ROWS or (
            not of_stock and _moved(*({_row(p): side[p].text for p in rows if p in side} for side in (before, after)))
        )
        for group in [rows] if whole else [[row] for row in rows]:
            old = tuple(before[path] for path in group if path in before)
            new = tuple(after[path] for path in group if path in after)
            if len(group) == 1:
                path, said = group[0], _one(old, new)
            else:
                path, said = table, _stock_change(table, before, after) if of_stock else _rows(old, new)
            result.append(Difference(path, f"{subject(path, a, b)}: {said}", old, new))
    return result


def _holidays(a: Scenario, b: Scenario, before: Mapping[str, Leaf], after: Mapping[str, Leaf]) -> list[Difference]:
    """Holidays that only one has, of the years that both simulate: of a region, other years follow from the dates.

    A stored run holds the dates that it used, and no region.
    """
    path = "calendar.holidays"
    old, new = before.get(path), after.get(path)
    if old is not None and new is not None and old.text == new.text:
        return []
    low, high = max(a.model.first_day.year, b.model.first_day.year), min(a.model.until.year, b.model.until.year)
    days = [{day for day in side.model.calendar.holidays if low <= day.year <= high} for side in (a, b)]
    if days[0] == days[1]:
        return []
    parts = [
        f"{word} {_listed([day.isoformat() for day in sorted(found)])}"
        for word, found in (("new", days[1] - days[0]), ("no longer", days[0] - days[1]))
        if found
    ]
    leaves = [tuple(leaf for name, leaf in side.items() if _HOLIDAYS.fullmatch(name)) for side in (before, after)]
    region = f"from {old.text} to {new.text}; " if old is not None and new is not None else ""
    return [Difference(path, f"Holidays: {region}{'; '.join(parts)}", *leaves)]


def _posterior(before: Mapping[str, Leaf], after: Mapping[str, Leaf]) -> list[Difference]:
    """Other draws: by the hash of the posterior, whatever the file is called."""
    old, new = before.get("posterior.sha256"), after.get("posterior.sha256")
    if _text(old) == _text(new):
        return []
    sides = [tuple(leaf for path, leaf in side.items() if path.startswith("posterior.")) for side in (before, after)]
    names = [side["posterior.file"].text if "posterior.file" in side else "" for side in (before, after)]
    words = (
        f"{names[1]}, not stated before"
        if old is None
        else f"no longer stated, was {names[0]}"
        if new is None
        else f"from {names[0]} to {names[1]}"
        if names[0] != names[1]
        else f"other draws in {names[0]}"
    )
    return [Difference("posterior", f"Posterior: {words}", *sides)]


def _listed(names: Sequence[str]) -> str:
    """Names one by one; of many, the first ones and how many more there are."""
    named = ", ".join(names[:_MOST_NAMED])
    return named if len(names) <= _MOST_NAMED else f"{named} and {len(names) - _MOST_NAMED} more"


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
        return f"Open deal {parts[1]}, {' '.join(parts[2:])}"
    if _STOCK.fullmatch(path):
        return f"Opening stock of {parts[1]}"
    if parts[0] == "actuals" and len(parts) == 3:
        return f"Actual {parts[1]} in {parts[2]}"
    if parts[0] == "track_record" and len(parts) > 2:
        return f"Track record of {parts[1]}, {parts[2]}"
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
        written = after[0].chain[-1].text if after[0].chain else after[0].text
        return f"{written}, not stated before"
    if not after:
        return f"no longer stated, was {before[0].text}"
    return f"from {before[0].text} to {after[0].text}{_by(before[0].text, after[0].text)}"


def _by(before: str, after: str) -> str:
    """By how much a number changed; of a share also in points."""
    old, new = _number(before), _number(after)
    if old is None or new is None or old.unit != new.unit or old.factor != new.factor:
        return ""
    pairs = [(one, other) for one, other in zip(_ends(old), _ends(new), strict=False)]
    if not pairs or len(_ends(old)) != len(_ends(new)) or any(one == 0 for one, _ in pairs):
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


def _stock_change(stage: str, before: Mapping[str, Leaf], after: Mapping[str, Leaf]) -> str:
    """Leads of a stage's opening stock, which say more than its rows one by one."""
    counts = [
        [_number(leaf.text) for path, leaf in side.items() if path.startswith(f"{stage}.") and path.endswith(".count")]
        for side in (before, after)
    ]
    old, new = (sum((_ends(count)[0] for count in side if count is not None), Decimal(0)) for side in counts)
    if not counts[0]:
        return f"{plain(new)} leads, not stated before"
    if not counts[1]:
        return f"no longer stated, was {plain(old)} leads"
    if old == new:
        return f"{plain(new)} leads as before, of other classes or ages"
    return f"from {plain(old)} to {plain(new)} leads" + (f" ({_percent(new / old - 1)})" if old else "")


def _row(path: str) -> str:
    return path.rpartition(".")[2]


def _moved(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """In words, rows that are the same in other months; empty where they are not."""
    if old.keys() == new.keys() or [old[key] for key in sorted(old)] != [new[key] for key in sorted(new)]:
        return ""
    pairs = [(one, other) for one, other in zip(sorted(old), sorted(new), strict=True) if one != other]
    steps = (
        {_month_number(other) - _month_number(one) for one, other in pairs} if _are_months({**old, **new}) else set()
    )
    if len(pairs) > 1 and len(steps) == 1:
        (step,) = steps
        word = "month" if abs(step) == 1 else "months"
        named = _listed([f"{one} to {other}" for one, other in pairs])
        return f"{len(pairs)} rows moved by {step:+d} {word}: {named}"
    return "moved, " + _listed([f"{one} to {other}" for one, other in pairs])


def _are_months(keys: Iterable[str]) -> bool:
    return all(re.fullmatch(r"\d{4}-\d{2}", key) for key in keys)


def _runs(keys: Sequence[str]) -> Sequence[str]:
    """Months in a row as one span; other keys as they are."""
    if not _are_months(keys):
        return keys
    runs: list[list[str]] = []
    for key in keys:
        if runs and _month_number(key) == _month_number(runs[-1][-1]) + 1:
            runs[-1].append(key)
        else:
            runs.append([key])
    return [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]


def _month_number(key: str) -> int:
    return 12 * int(key[:4]) + int(key[5:7])


def _rows(before: tuple[Leaf, ...], after: tuple[Leaf, ...]) -> str:
    """Several rows of a table, reported together."""
    old, new = ({_row(leaf.path): leaf.text for leaf in leaves} for leaves in (before, after))
    if moved := _moved(old, new):
        return moved
    keys = sorted({*old, *new})
    span = f"{len(keys)} rows, {keys[0]} to {keys[-1]}"
    if not old:
        return f"{span}, not stated before"
    if not new:
        return f"{span} no longer stated"
    if old.keys() != new.keys():
        found = (
            ("new", sorted(new.keys() - old.keys())),
            ("no longer stated", sorted(old.keys() - new.keys())),
            ("other", [key for key in keys if key in old and key in new]),
        )
        return "; ".join(f"{word}: {_listed(_runs(names))}" for word, names in found if names)
    pairs = [(_number(old[key]), _number(new[key])) for key in keys]
    values = [(_ends(one)[0], _ends(other)[0]) for one, other in pairs if one is not None and other is not None]
    if len(values) < len(pairs):
        return f"{span} changed"
    ratios = [other / one for one, other in values if one]
    if len(ratios) == len(values) and max(ratios) - min(ratios) < Decimal("1e-6"):
        return f"{span}: each {_percent(ratios[0] - 1)}"
    sums = [sum(column) for column in zip(*values, strict=True)]
    by = f" ({_percent(Decimal(sums[1]) / Decimal(sums[0]) - 1)})" if sums[0] else ""
    return f"{span}: total from {plain(Decimal(sums[0]))} to {plain(Decimal(sums[1]))}{by}"
