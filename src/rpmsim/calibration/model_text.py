"""The model as a scenario file: the texts of all parts as one YAML text with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rpmsim.calibration.part import Remark

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .%/+-]*(?<! )")
WIDTH = 110


def merged(texts: list[dict[str, Any]]) -> dict[str, Any]:
    """Nested texts as one; what comes later is added, and replaces values of the same path."""
    result: dict[str, Any] = {}
    for text in texts:
        _merge(result, text)
    return result


def _merge(into: dict[str, Any], text: Mapping[str, Any]) -> None:
    for key, value in text.items():
        here = into.get(key)
        inner = here.value if isinstance(here, Remark) else here
        if isinstance(value, dict) and isinstance(inner, dict):
            _merge(inner, value)
        else:
            into[key] = value


def yaml_text(text: Mapping[str, Any]) -> str:
    """The YAML of nested values; short maps stand on one line."""
    lines: list[str] = []
    _lines(text, 0, lines)
    return "\n".join(lines) + "\n"


def _lines(text: Mapping[str, Any], depth: int, out: list[str]) -> None:
    indent = "  " * depth
    for key, value in text.items():
        if isinstance(value, Remark):
            out += [f"{indent}# {line}" for line in value.text.splitlines()]
            value = value.value
            if value is None:
                continue
        flow = _flow(value)
        if isinstance(value, Mapping) and value and (depth == 0 or _has_remark(value) or not _short(indent, key, flow)):
            out.append(f"{indent}{_word(str(key))}:")
            _lines(value, depth + 1, out)
        else:
            out.append(f"{indent}{_word(str(key))}: {flow}")


def _short(indent: str, key: str, flow: str) -> bool:
    return len(indent) + len(key) + 2 + len(flow) <= WIDTH


def _has_remark(value: Any) -> bool:
    return isinstance(value, Remark) or (isinstance(value, Mapping) and any(_has_remark(v) for v in value.values()))


def _flow(value: Any) -> str:
    if isinstance(value, Remark):
        return _flow(value.value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_word(str(k))}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _word(str(value))


def _word(text: str) -> str:
    """A scalar, in quotes where it needs them."""
    return (
        text
        if _PLAIN.fullmatch(text) and text not in ("null", "Null", "NULL")
        else json.dumps(text, ensure_ascii=False)
    )
