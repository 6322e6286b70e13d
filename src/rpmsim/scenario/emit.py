"""The resolved tree as one YAML text that needs no other file and gives the same model."""

from __future__ import annotations

import json
import re

from rpmsim.model.plan import Model
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.open_records import deals_text, stock_text
from rpmsim.scenario.schema.reading import NUMBER_KEYS
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar, dotted
from rpmsim.text.quantity import QuantityError, parse_quantity
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.maps import Named

_PLAIN = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_ .%/+-]*(?<! )")
_NULLS = ("null", "Null", "NULL")


def emit(tree: Mapping, model: Model) -> str:
    """Write the tree; a region's holidays are written as the dates that were used."""
    tree = tree.copy()
    _fix_holidays(tree, model)
    tables = {}
    for key, text_of in (("opening", stock_text), ("open", deals_text)):
        text = text_of(tree.items[key]) if key in tree.items else None
        if text is not None:
            tables[key] = text.splitlines()
            tree.drop(key)
    lines: list[str] = []
    _lines(tree, SCENARIO, (), 0, lines)
    for key, rows in tables.items():
        lines += [f"{key}: |", *(f"  {row}" for row in rows)]
    return "\n".join(lines) + "\n"


def _fix_holidays(tree: Mapping, model: Model) -> None:
    """Replace a region by its dates: what the library knows of it changes with its versions."""
    calendar = tree.items.get("calendar")
    if isinstance(calendar, Mapping) and isinstance(calendar.items.get("holidays"), Scalar):
        region = calendar.items["holidays"]
        items: list[Node] = [Scalar(day.isoformat(), region.mark) for day in model.calendar.holidays]
        calendar.items["holidays"] = Listing(items, region.mark)


def _lines(node: Mapping, type_: Type | None, path: Path, depth: int, out: list[str]) -> None:
    indent = "  " * depth
    for key, item in node.items.items():
        here, inner = (*path, key), type_.step(key) if type_ else None
        word = _word(key, quoted=True)
        if isinstance(item, Listing) and any(isinstance(row, Mapping) for row in item.items):
            out.append(f"{indent}{word}:")
            out += [f"{indent}  - {_flow(row, None, (*here, str(i)))}" for i, row in enumerate(item.items)]
        elif isinstance(item, Mapping) and item.items and not _is_number(item, inner):
            out.append(f"{indent}{word}:")
            table = item.table and path[:1] == ("changes",)
            if table:
                # In a dated change a table is still to replace what holds before; written inline, it would merge.
                out.append(f"{indent}  table:")
            _lines(item, inner, here, depth + 1 + table, out)
        else:
            out.append(f"{indent}{word}: {_flow(item, inner, here)}")


def _is_number(node: Mapping, type_: Type | None) -> bool:
    """Whether a map is one number with its history; names of the file's own may be any words."""
    return not isinstance(type_, Named) and all(key in NUMBER_KEYS for key in node.items)


def _flow(node: Node, type_: Type | None, path: Path) -> str:
    """A node on one line."""
    if isinstance(node, Listing):
        return "[" + ", ".join(_flow(item, None, (*path, str(i))) for i, item in enumerate(node.items)) + "]"
    if isinstance(node, Mapping):
        items = dict(node.items)
        low = items.get("low") or items.get("value")
        if isinstance(low, Scalar) and _is_number(node, type_) and "draw" not in items and _is_range(items):
            written = low.written[:-1]
            if written and dotted(written) != dotted(path):
                items["draw"] = Scalar(dotted(written), Mark("", 0, 0))
        return (
            "{"
            + ", ".join(
                f"{_word(key, quoted=True)}: {_flow(item, type_.step(key) if type_ else None, (*path, key))}"
                for key, item in items.items()
            )
            + "}"
        )
    if _is_range({"value": node}) and node.written and dotted(node.written) != dotted(path):
        return f"{{value: {_word(node.text, node.quoted)}, draw: {_word(dotted(node.written), quoted=True)}}}"
    return _word(node.text, node.quoted)


def _is_range(items: dict[str, Node]) -> bool:
    """Whether the parts of a number make a range."""
    value = items.get("value")
    if "low" in items or not isinstance(value, Scalar):
        return "low" in items
    try:
        return parse_quantity(value.text).low is not None
    except QuantityError:
        return False


def _word(text: str, quoted: bool) -> str:
    """A scalar, in quotes where it needs them."""
    if text in _NULLS and not quoted:
        return "null"
    if _PLAIN.fullmatch(text) and text not in _NULLS and not text.startswith(("-", "? ", "---")):
        return text
    if re.fullmatch(r"-[0-9][0-9.%]*", text):
        return text
    return json.dumps(text, ensure_ascii=False)
