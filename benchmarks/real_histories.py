"""Real histories, which lie in a folder beside the checkout: their records stay there, and only counts come back."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
DATA = TOP.parent / "shared" / "data"
"""Where they are looked for; `--data` says otherwise."""


def check(data: Path, names: Iterable[str]) -> None:
    """End the program if a history is not there."""
    for name in names:
        if not (data / name).is_dir():
            sys.exit(f"{name} is not in {data.name}: state its folder with --data")


@contextmanager
def mapping_of(data: Path, name: str) -> Iterator[Path]:
    """The mapping of a history, beside a copy of its files for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for file in (data / name).iterdir():
            shutil.copy(file, work)
        shutil.copy(TOP / "benchmarks" / "histories" / f"{name}.yaml", work)
        yield work / f"{name}.yaml"
