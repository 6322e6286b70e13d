"""Work on many worlds in processes, each result kept, so that an interrupted run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
RESULTS = TOP / "benchmarks" / "results"

Work = Callable[[int], Any]
"""From the number of a world to something that JSON can hold; it can be pickled."""


def over_worlds(work: Work, numbers: Sequence[int], name: str, jobs: int) -> tuple[dict[int, Any], dict[int, str]]:
    """Results of worlds by number, and what went wrong with the others.

    They are kept under `out/`, by name and by the state of all code that has a say in them.
    """
    folder = TOP / "out" / name / _state_of_code()
    folder.mkdir(parents=True, exist_ok=True)
    begin, done, failed = time.perf_counter(), {}, {}
    with ProcessPoolExecutor(jobs) as pool:
        for number, (result, error) in zip(numbers, pool.map(partial(_kept, work, folder), numbers), strict=True):
            if error:
                failed[number] = error.splitlines()[-1]
                print(f"world {number}: {failed[number]}", file=sys.stderr)
            else:
                done[number] = result
            if (number - numbers[0] + 1) % 20 == 0:
                print(f"{number - numbers[0] + 1} worlds, {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    return done, failed


def _kept(work: Work, folder: Path, number: int) -> tuple[Any, str]:
    """The result of a world and what went wrong; from an earlier run where there is one."""
    file = folder / f"{number}.json"
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8")), ""
    try:
        result = work(number)
    except Exception:
        return None, traceback.format_exc()
    part = file.with_suffix(".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(file)
    return result, ""


def _state_of_code() -> str:
    """A hash of all code that has a say in the result."""
    files = sorted([*(TOP / "src").rglob("*.py"), *(TOP / "tests" / "worlds").glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
