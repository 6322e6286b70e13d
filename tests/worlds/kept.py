"""What is made of a world once, by whichever process of a test session comes to it first."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 300.0


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all processes of a test session share."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


def once(number: int, kept: Path, work: Callable[[int, Path], Any]) -> Any:
    """What `work` makes of a world in a folder of its own, ready for JSON, from here or from the process at it."""
    file, folder = kept / f"{number}.json", kept / str(number)
    try:
        folder.mkdir()
    except FileExistsError:
        begin = time.monotonic()
        while not file.exists() and time.monotonic() - begin < PATIENCE_S:
            time.sleep(0.1)
    else:
        _work(number, folder, file, work)
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert "error" not in stored, f"world {number}: {stored['error']}"
    return stored


def _work(number: int, folder: Path, file: Path, work: Callable[[int, Path], Any]) -> None:
    stored: Any = {}
    try:
        stored = work(number, folder)
    except Exception as error:
        stored = {"error": str(error)}
        raise
    finally:
        part = file.with_suffix(".part")
        part.write_text(json.dumps(stored), encoding="utf-8")
        part.replace(file)
