"""All benchmarks in one run, and the pages that are generated from them.

    python benchmarks/run.py [--quick] [--yardsticks FOLDER] [--tables]

Plays scenarios/reference.yaml in rpmsim and in other simulators (benchmarks/peers, and the programs of a folder beside
the checkout where that is present), first for agreement, then for time, each program once a round. Then what rpmsim
alone does: its kernel, cold and warm start, growth. Writes benchmarks/results/results.json and results.md, and the
table in the README; ``--tables`` only writes the latter two again. ``--quick`` takes fewer repeats and writes to
benchmarks/results/quick.json and quick.md instead, and nothing else.

SimPy and Ciw come with the extra ``bench``. Times are processor seconds on one core, which other work on the machine
disturbs least, unless a table says that they are seconds on the clock. Nothing here fails because something is slow.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from tables import SPECIALIZED, write_pages  # noqa: E402

RESULTS = HERE / "results"


class Effort(NamedTuple):
    """How many replications a program plays for agreement, in a round of timing, and in how many rounds."""

    agreement: int
    timing: int
    rounds: int


FULL = {
    "rpmsim": Effort(10_000, 3000, 5),
    "SimPy": Effort(30, 1, 5),
    "Ciw": Effort(3, 1, 1),
    "NumPy": Effort(3000, 300, 5),
    "Numba loop": Effort(10_000, 3000, 5),
    "C++ lead by lead": Effort(50_000, 2000, 5),
    "SimPy (yardstick)": Effort(10, 1, 3),
    "Ciw (yardstick)": Effort(1, 1, 1),
    "NumPy (yardstick)": Effort(1000, 300, 5),
    "Numba loop (yardstick)": Effort(5000, 3000, 5),
    SPECIALIZED: Effort(50_000, 3000, 5),
    "C++, AVX-512 (yardstick)": Effort(50_000, 5000, 5),
}
QUICK = {
    "rpmsim": Effort(1000, 2000, 3),
    "SimPy": Effort(4, 1, 2),
    "NumPy": Effort(300, 200, 3),
    "Numba loop": Effort(1000, 2000, 3),
    "C++ lead by lead": Effort(10_000, 1000, 3),
    SPECIALIZED: Effort(10_000, 2000, 3),
    "C++, AVX-512 (yardstick)": Effort(10_000, 2000, 3),
}
SLOW = 100
"""Programs that play so few replications compile nothing."""
TOLERANCE = {"Ciw": 0.03, "Ciw (yardstick)": 0.03}
"""Relative difference that a program has by its nature: Ciw breaks ties of simultaneous events at random."""
GROWN = {"SimPy": 10, "NumPy": 1000, "Numba loop": 1000, "C++ lead by lead": 1000}
"""Programs whose growth in volume is measured, and up to where."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="All benchmarks in one run.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, in about two minutes")
    parser.add_argument("--yardsticks", type=Path, help="folder of further programs to measure")
    parser.add_argument("--tables", action="store_true", help="only write the pages again")
    options = parser.parse_args(arguments)
    if not options.tables:
        with tempfile.TemporaryDirectory() as work:
            results = measure(options.quick, options.yardsticks, Path(work))
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / ("quick.json" if options.quick else "results.json")
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_pages(RESULTS, options.quick)


def measure(quick: bool, folder: Path | None, work: Path) -> dict[str, Any]:
    """Everything, in the order in which it is done."""
    begun, load = time.perf_counter(), os.getloadavg()[0]
    results: dict[str, Any] = {"quick": quick, "machine": machine()}
    from starting import starts

    say("cold and warm start")
    results["starts"] = starts(work, quick)
    os.environ["XDG_CACHE_HOME"] = str(work)  # this process uses the code that was compiled just now
    os.environ.pop("NUMBA_CACHE_DIR", None)
    import yardsticks
    from agreement import TABLE, agrees, compare, spreads_of
    from growth import PATIENCE_S, by_classes, by_replications, by_span, by_threads, by_volume, rpmsim_by_volume
    from measure import medians, one_core, taking_turns, timed
    from subject import kernel_call

    with one_core() as pinned:
        results["machine"]["pinned"] = pinned
        plays, results["left_out"] = programs(folder, work)
        effort = {name: e for name, e in (QUICK if quick else FULL).items() if name in plays}
        results["left_out"] += [f"{name} is left out of a quick run." for name in plays if name not in effort]
        results["expected"] = {name: list(row) for name, row in TABLE.items()}
        results["agreement"], spreads = {}, {}
        for name, (count, _, _) in effort.items():
            say(f"agreement: {name}")
            if count > SLOW:
                plays[name](1, 0)  # compiles
            totals = plays[name](count, 11)
            spreads = spreads or spreads_of(totals)
            rows = compare(totals, spreads, TOLERANCE.get(name, 0.0))
            results["agreement"][name] = {
                "replications": count,
                "tolerance": TOLERANCE.get(name, 0.0),
                "agrees": agrees(rows),
                "measures": rows,
            }
        say("times")
        calls = {name: partial(plays[name], e.timing, 21) for name, e in effort.items()}
        times = taking_turns(calls, {name: e.rounds for name, e in effort.items()})
        results["times"] = {
            name: {"replications": effort[name].timing} | medians(found, effort[name].timing)
            for name, found in times.items()
        }
        say("kernel")
        kernel, count = kernel_call(256), 256
        kernel()
        results["kernel"] = medians([timed(kernel) for _ in range(3 if quick else 7)], count)
        if SPECIALIZED in effort:
            loops = [yardsticks.specialized_loop_s(effort[SPECIALIZED].timing, 21) for _ in range(3 if quick else 7)]
            results["specialized_loop_s"] = statistics.median(loops)
        say("growth")
        one = {name: row["processor_s"] for name, row in results["times"].items()}
        patience = PATIENCE_S / 10 if quick else PATIENCE_S
        results["volume"] = {"rpmsim": rpmsim_by_volume(one["rpmsim"])}
        for name, most in GROWN.items():
            if name in plays and name in one and not quick:
                say(f"volume: {name}")
                shuffled: Callable[[int, int, int], object] = plays[name]
                results["volume"][name] = by_volume(shuffled, one[name], most, patience)
        say("replications, span, classes")
        results["replications"] = by_replications([10, 100, 1000] if quick else [10, 100, 1000, 10_000])
        results["span"] = by_span([1, 2] if quick else [1, 2, 3, 5], 100 if quick else 200)
        results["classes"] = by_classes([1, 4] if quick else [1, 2, 4, 8], 100 if quick else 200)
    say("threads")
    results["threads"] = by_threads(1000 if quick else 2000, 2 if quick else 5)
    results["machine"]["load_before"], results["machine"]["load_after"] = load, os.getloadavg()[0]
    results["seconds"] = time.perf_counter() - begun
    return results


def programs(folder: Path | None, work: Path) -> tuple[dict[str, Callable[..., Any]], list[str]]:
    """The functions that play replications, by name, and messages about those left out."""
    import subject
    import yardsticks
    from peers import cpp_lead

    found: dict[str, Callable[..., Any]] = {"rpmsim": subject.play}
    left_out = []
    for name, module in (
        ("SimPy", "simpy_model"),
        ("Ciw", "ciw_model"),
        ("NumPy", "numpy_model"),
        ("Numba loop", "numba_loop"),
    ):
        try:
            found[name] = importlib.import_module(f"peers.{module}").play
        except ImportError as error:
            left_out.append(f"{name} is left out: {error.name} is not installed (extra bench).")
    try:
        found["C++ lead by lead"] = partial(cpp_lead.play, cpp_lead.build(work))
    except RuntimeError as error:
        left_out.append(f"C++ is left out: {error}.")
    others, messages = yardsticks.programs(folder or yardsticks.FOLDER, work)
    for message in left_out + messages:
        say(message)
    return found | others, left_out + messages


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    from peers.cpp_lead import compiler

    def output(*command: str) -> str:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    versions = {}
    for package in ("numpy", "numba", "simpy", "ciw"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    if command := compiler():
        versions["C++ compiler"] = output(command, "-dumpfullversion")
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    changed = output("git", "status", "--porcelain", "--", "../src", "../scenarios", "*.py", "*.cpp")
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": versions,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": output("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
    }


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
