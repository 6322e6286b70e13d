"""Whether the document inside a forecast, which anybody can edit, still says what a run can be repeated from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rpmsim.dataset.variables import PARTS

_MOST = 2**63 - 1


def parsed(text: object) -> dict[str, Any] | None:
    """The document of a JSON text; None where it is none."""
    try:
        document = json.loads(str(text))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def wrong_part(document: Mapping[str, Any]) -> str:
    """What is stated in a way that no run writes, such as ``run.seed``; empty where there is nothing."""
    for name, is_right in _PARTS.items():
        if name in document and not is_right(document[name]):
            return name
    run = document.get("run", {})
    stated = {**_RUN, **_RUN_ON_REQUEST}.items()
    return next((f"run.{name}" for name, is_right in stated if name in run and not is_right(run[name])), "")


def lacking(document: Mapping[str, Any]) -> bool:
    """Whether something is not there that a run is repeated from."""
    return "scenario" not in document or not _RUN.keys() <= document.get("run", {}).keys()


def are_hashes(value: object) -> bool:
    """Whether it maps names to hashes in hexadecimal digits."""
    return _is_words(value) and all(len(text) == 64 and set(text) <= set("0123456789abcdef") for text in value.values())  # type: ignore[attr-defined]


def _whole(first: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and first <= value <= _MOST


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_words(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_posterior(value: object) -> bool:
    if not isinstance(value, dict) or not {"file", "sha256", "draws", "source"} <= value.keys():
        return False
    words = {key: item for key, item in value.items() if key != "draws"}
    return _is_words(words) and are_hashes({"": value["sha256"]}) and _whole(1)(value["draws"])


def _are_files(value: object) -> bool:
    return isinstance(value, list) and all(_is_words(item) and {"path", "sha256"} <= item.keys() for item in value)


def _are_parts(value: object) -> bool:
    return isinstance(value, list) and all(item in PARTS for item in value)


_PARTS: Mapping[str, Callable[[object], bool]] = {
    "version": _is_text,
    "scenario": _is_text,
    "status": _is_text,
    "approved_by": _is_text,
    "run": lambda value: isinstance(value, dict),
    "environment": _is_words,
    "files": _are_files,
    "inputs": are_hashes,
    "overrides": _is_words,
    "posterior": _is_posterior,
}
_RUN: Mapping[str, Callable[[object], bool]] = {
    "replications": _whole(1),
    "first": _whole(0),
    "seed": _whole(0),
    "draws": lambda value: value is None or _whole(1)(value),
    "keep": lambda value: value in ("summary", "classes", "full"),
}
_RUN_ON_REQUEST: Mapping[str, Callable[[object], bool]] = {"measure": _are_parts}
"""Not stated where nothing was asked for."""
