"""C++: compiles lead.cpp where a compiler is at hand, and runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from peers.workload import MEASURES, Totals

FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=c++17")


def compiler() -> str | None:
    """The C++ compiler of this machine."""
    return next(filter(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++")), None)


SOURCE = Path(__file__).with_name("lead.cpp")


def build(folder: Path, source: Path = SOURCE) -> Path:
    """Compile a program into a folder; RuntimeError where that fails."""
    command = compiler()
    if command is None:
        raise RuntimeError("no C++ compiler at hand")
    program = folder / source.stem
    done = subprocess.run(
        [command, *FLAGS, str(source), "-o", str(program)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{source.name} does not compile here")
    return program


def play(program: Path, replications: int, seed: int, volume: int = 1) -> Totals:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run([program, str(replications), str(seed), str(volume), str(out)], check=True)
        numbers = np.fromfile(out)
    size = replications * len(MEASURES) * 12
    return Totals(numbers[:size].reshape(replications, len(MEASURES), 12), numbers[size:].reshape(replications, 2))
