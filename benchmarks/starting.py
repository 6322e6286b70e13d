"""Cold and warm start: fresh processes, with an empty folder for compiled code and with it filled."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Seconds, timed
from subject import REFERENCE, SCENARIOS

SOURCES = str(Path(__file__).resolve().parents[1] / "src")
PATIENCE_S = 120.0
"""Longest process that is begun."""
LEFT_OUT = ("NUMBA_CACHE_DIR", "PYTHONDONTWRITEBYTECODE")
"""Settings that are not handed on: code is kept where rpmsim keeps it, and byte code as Python does unless told."""


def started(cache: Path, *arguments: str) -> Seconds:
    """One process of this Python, which keeps compiled code in ``cache`` only and writes into a folder of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    path = os.pathsep.join(filter(None, (SOURCES, environment.get("PYTHONPATH"))))
    environment |= {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": path}
    with tempfile.TemporaryDirectory() as folder:
        return timed(
            lambda: subprocess.run(
                [sys.executable, *arguments],
                cwd=folder,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


def starts(cache: Path, quick: bool) -> dict[str, dict[str, float]]:
    """Seconds of the first run ever and of what comes after; ``cache`` is empty before and filled behind."""
    base, few = str(SCENARIOS / "base.yaml"), ("--replications", "1")
    work: dict[str, tuple[str, ...]] = {
        "an empty Python": ("-c", "pass"),
        "first run ever, one replication": ("-m", "rpmsim", "run", str(REFERENCE), *few),
        "the same again": ("-m", "rpmsim", "run", str(REFERENCE), *few),
        "import rpmsim": ("-c", "import rpmsim"),
        "validate base.yaml": ("-m", "rpmsim", "validate", base),
        "run base.yaml": ("-m", "rpmsim", "run", base),
    }
    times = {name: started(cache, *arguments)._asdict() for name, arguments in work.items()}
    if not quick and times["run base.yaml"]["clock"] < PATIENCE_S / 5:
        many = ("-m", "rpmsim", "run", base, "--replications", "10000")
        times["run base.yaml, 10,000 replications"] = started(cache, *many)._asdict()
    return times
