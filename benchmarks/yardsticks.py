"""Rows of programs that lie in a folder beside the checkout, where it is present: they are measured, not copied."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from peers import cpp_lead
from peers.workload import BOOKINGS, LOST, MQL, NURTURED, OPPORTUNITY, SAL, SQL, WON, Totals, no_totals

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "peers"
ENTRIES = (MQL, NURTURED, SAL, SQL, OPPORTUNITY, WON, LOST)
"""Order of their stages."""

Play = Callable[..., Totals]


def programs(folder: Path, build_in: Path) -> tuple[dict[str, Play], list[str]]:
    """By name, and why others are left out."""
    if not folder.is_dir():
        return {}, ["The yardsticks are left out: their folder is not beside the checkout."]
    sys.path.insert(0, str(folder))
    found: dict[str, Play] = {}
    left_out = []
    try:
        for name, module, adapter in (
            ("SimPy", "p_simpy", _one_by_one),
            ("Ciw", "p_ciw", _one_by_one),
            ("NumPy", "p_numpy", _all_at_once),
            ("Numba loop", "p_numba", _with_months),
            ("Numba, specialized", "p_numba_fast", _all_at_once),
        ):
            try:
                found[f"{name} (yardstick)"] = partial(adapter, importlib.import_module(module))
            except ImportError as error:
                left_out.append(f"{name} (yardstick) is left out: {error.name} is not at hand.")
    finally:
        sys.path.remove(str(folder))
    try:
        program = cpp_lead.build(build_in, folder / "limit3.cpp")
        found["C++, AVX-512 (yardstick)"] = partial(_native, program)
        _native(program, 1, 1)
    except (RuntimeError, OSError) as error:
        found.pop("C++, AVX-512 (yardstick)", None)
        left_out.append(f"C++, AVX-512 (yardstick) is left out: {error}.")
    return found, left_out


def specialized_loop_s(replications: int, seed: int) -> float:
    """Seconds that the specialized Numba kernel takes for its loop alone, once :func:`programs` has found it.

    It is what the targets were set by: its tables and arrays are not in it.
    """
    return float(importlib.import_module("p_numba_fast").run(replications, seed, 1)[3]) / replications


def _totals(book: Any, entries: Any, waits: Any) -> Totals:
    totals = no_totals(len(book))
    totals.monthly[:, BOOKINGS] = book[:, :12]
    for i, measure in enumerate(ENTRIES):
        totals.monthly[:, measure] = entries[:, i]
    totals.waits[:] = waits
    return totals


def _one_by_one(module: Any, replications: int, seed: int, volume: int = 1) -> Totals:
    years = [module.replicate(1_000_003 * seed + r, volume) for r in range(replications)]
    return _totals(*(np.array([year[i] for year in years]) for i in (0, 2, 3)))


def _all_at_once(module: Any, replications: int, seed: int, volume: int = 1) -> Totals:
    found = module.run(replications, seed, volume)
    entries, waits = (found[2], found[3]) if found[1].ndim < 3 else (found[1], found[2])
    return _totals(found[0], entries, waits)


def _with_months(module: Any, replications: int, seed: int, volume: int = 1) -> Totals:
    return _totals(*module.run(replications, seed, volume, module.MON))


def _native(program: Path, replications: int, seed: int, volume: int = 1) -> Totals:
    """It plays 50 replications more, to warm up."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [program, str(replications), str(volume), str(seed), str(out)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            raise RuntimeError("it does not run here")
        rows = np.fromfile(out).reshape(replications, 110)
    return _totals(rows[:, :12], rows[:, 24:108].reshape(replications, 7, 12), rows[:, 108:])
