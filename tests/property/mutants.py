"""Scenarios, tables and histories that are broken in a thousand ways, and what must hold whatever is done to them.

``python -m tests.property.mutants -n 2000 --seed 1`` tries as many in a second process that is watched from here:
every command ends with 0 or 2, names the file and place, writes all or nothing, takes under a gigabyte, and ends.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import select
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.property import mutations
from tests.property.originals import HISTORIES, SCENARIOS, Original, write

MOST_BYTES = 700_000_000
"""More than the process has before; a command on its own then stays below a gigabyte."""
MOST_SECONDS = 60.0
LOCATED = re.compile(
    r":\d+(:\d+)?: |line \d|row \d|column|heading|sheet|part|header|`|sources\.|tables\.|--set|people|links\."
)
ABOUT_ALL = re.compile(
    r"is empty|is damaged|is not a |binary file|cannot be read|is encoded in UTF-16|is a broken|unpacks to|does not fit"
    r"|no header|is not there|is a web page|holds more|spans|too large|larger than|not a regular|unsupported extension"
    r"|is an incomplete"
)
"""What can only be said of a file as a whole."""


class Outcome(NamedTuple):
    """What became of a mutant."""

    number: int
    kind: str
    command: str
    code: int
    diagnostics: list[str]
    message: str = ""


def mutant(number: int, seed: int, folder: Path) -> tuple[str, list[str], Original]:
    """Write the mutant of a number into a folder.

    Returns
    -------
    tuple of (str, list of str, Original)
        What was done, the words of the command that reads it, and what it was made from.
    """
    chance = random.Random(f"{seed}/{number}")
    original = chance.choice(HISTORIES if chance.random() < 0.4 else SCENARIOS)
    write(original, folder)
    done = []
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        name = chance.choice([*original.files, *original.main])
        done.append(f"{original.name}/{Path(name).suffix[1:]}/{mutations.mutate(folder / name, chance)}")
    main = original.main[0]
    if original in HISTORIES:
        words = chance.choice([["audit", main, "--out", "out"], ["audit", main, "--out", "out"], ["validate", main]])
    else:
        words = chance.choice(
            [
                ["run", main, "-n", "5", "--out", "out"],
                ["run", main, "-n", "5", "--out", "out"],
                ["validate", main],
                ["show", main],
                ["diff", main, original.main[-1]],
            ]
        )
    return "+".join(done), words, original


def answer(words: list[str]) -> tuple[int, str]:
    """Run a command line in this process; its code, and what it says on stderr."""
    from rpmsim.cli import program

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = program._exit_code(words)
        except SystemExit as leave:
            code = int(leave.code or 0)
    return code, err.getvalue()


def outcome(number: int, seed: int) -> Outcome:
    """Make a mutant, run its command, and say what does not hold."""
    home = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        os.chdir(folder)
        try:
            kind, words, original = mutant(number, seed, Path(folder))
            before = sorted(str(path) for path in Path().rglob("*"))
            _forget_peak()
            start = _memory("VmRSS")
            code, reported = answer(words)
            peak = _memory("VmHWM") - start
            after = sorted(str(path) for path in Path().rglob("*") if path.parts[0] != "out")
            diagnostics = [] if code in (0, 2) else [f"ends with {code}"]
            diagnostics += [] if before == after else [f"leaves {sorted(set(after) ^ set(before))[:3]}"]
            diagnostics += [] if peak < MOST_BYTES else [f"takes {peak:,} bytes more"]
            diagnostics += ["a traceback"] if "Traceback" in reported else []
            if code == 2:
                diagnostics += _faults_of(reported, original)
                diagnostics += ["half of the results"] if Path("out").exists() else []
            elif words[0] == "run":
                there = {path.name for path in Path("out").iterdir()} if Path("out").is_dir() else set()
                lacking = {"forecast.nc", "run.json", "summary.csv", "summary.xlsx", "bands.svg", "bands.png"} - there
                diagnostics += [f"no {sorted(lacking)}"] if lacking and not code else []
        finally:
            os.chdir(home)
    return Outcome(number, kind, " ".join(words), code, diagnostics, reported[:600] if diagnostics or code == 2 else "")


def _faults_of(reported: str, original: Original) -> list[str]:
    first = next((line for line in reported.splitlines() if line and not line.startswith("warning: ")), "")
    names = [*original.files, *original.main]
    of_a_file = re.match(r"\S+\.\w+(, sheet [^:]+)?( \([^)]*\))?:", first)  # the mapping may name another one
    if not of_a_file and not any(name in first for name in names) and "sources." not in first:
        return ["no file is named"]
    return [] if LOCATED.search(first) or ABOUT_ALL.search(first) else ["no place is named"]


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _memory(name: str) -> int:
    """Bytes of this process: what it has (VmRSS), or the most since that was forgotten (VmHWM)."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])
    return 0


def work(numbers: range, seed: int) -> None:
    """Try mutants one after the other, and report each on a line of stdout."""
    import matplotlib.figure  # noqa: F401  (charts are then drawn here, and not in a process for each)

    stdout = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    for number in numbers:
        stdout.write(json.dumps(outcome(number, seed)) + "\n")


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Try mutants, and print what does not hold, and how many of each kind there were."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--messages", type=Path, help="file for the message of each mutant that was refused")
    parser.add_argument("--worker", action="store_true")
    given = parser.parse_args()
    if given.worker:
        work(range(given.first, given.n), given.seed)
        return 0
    outcomes = []
    following, end = given.first, given.first + given.n
    while following < end:
        for found in _watched(following, end, given.seed):
            outcomes.append(found)
            following = found.number + 1
            if found.diagnostics:
                say(f"{found.number}: {found.kind}: {found.command}: {found.code}: {found.diagnostics}")
                say(f"    {found.message}")
    if given.messages:
        given.messages.write_text("".join(f"{o.number} {o.kind}\n    {o.message}\n" for o in outcomes if o.message))
    counts: dict[str, Counter[str]] = {}
    for found in outcomes:
        word = "faulty" if found.diagnostics else {0: "runs", 2: "refused"}.get(found.code, "?")
        counts.setdefault(found.kind.split("/")[0] + " " + found.command.split()[0], Counter())[word] += 1
        counts.setdefault("mutations of " + found.kind.split("/")[1], Counter())[word] += 1
    for kind, counter in sorted(counts.items()):
        say(f"{kind:<34} {dict(counter)}")
    say(f"{len(outcomes)} mutants, {sum(bool(found.diagnostics) for found in outcomes)} faulty")
    return int(any(found.diagnostics for found in outcomes))


def _watched(first: int, end: int, seed: int) -> Iterator[Outcome]:
    """Outcomes of a worker, up to the first that does not end in time or ends the process."""
    words = [sys.executable, "-m", "tests.property.mutants", "--worker", "--first", str(first), "-n", str(end)]
    process = subprocess.Popen([*words, "--seed", str(seed)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    seconds = 4 * MOST_SECONDS  # the first also loads what is needed
    try:
        for number in range(first, end):
            ready, _, _ = select.select([process.stdout], [], [], seconds)
            line = process.stdout.readline() if ready else ""
            if not line:
                process.kill()
                what = f"the process ends with {process.wait()}" if ready else "no end"
                yield Outcome(number, "?/?/?", "?", -1, [what])
                break
            yield Outcome(*json.loads(line))
            seconds = MOST_SECONDS
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
