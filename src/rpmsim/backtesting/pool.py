"""Origins over processes: each process reads the history once and works on one origin after the other."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.store import Store
from rpmsim.backtesting.targets import Target
from rpmsim.backtesting.work import work
from rpmsim.backtesting.worker import task
from rpmsim.beside import start
from rpmsim.errors import RpmsimError
from rpmsim.history.history import History
from rpmsim.interrupts import held_interrupts

Done = Callable[[dt.date], None]


class WorkerError(RuntimeError):
    """An origin could not be worked on."""


class WorkerEndedError(RpmsimError):
    """A process was ended from outside."""

    def __init__(self, origin: dt.date) -> None:
        super().__init__(
            f"the process that made the forecast from {origin} was ended by the system, as it does when memory is "
            "short. Finished forecasts are kept: run the command again, with --jobs 1 if memory is short."
        )


def work_on_all(
    history: History,
    origins: Sequence[dt.date],
    settings: Settings,
    targets: list[Target],
    store: Store,
    jobs: int,
    done: Done,
) -> None:
    """Forecast from all origins.

    Parameters
    ----------
    history : History
    origins : sequence of date
        Those that are not finished.
    settings : Settings
    targets : list of Target
    store : Store
        Where forecasts go.
    jobs : int
        Processes; with one, the work is done in this process.
    done : callable
        Is called with each origin that is finished, in this thread.

    Raises
    ------
    WorkerError
        If a process fails; what was finished is kept.
    """
    jobs = min(jobs, len(origins))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(jobs if jobs > 1 else 0):
            process = start("rpmsim.backtesting.worker")
            if process is not None:
                processes.append(process)
        if not processes:
            for origin in origins:
                work(history, origin, settings, targets, store)
                done(origin)
            return
        _share(processes, origins, task(Path(history.mapping.path).absolute(), settings, targets, store), done)
    finally:
        with held_interrupts():
            _end(processes)


PATIENCE_S = 5.0


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let processes clear away what they have, and end those that do not."""
    for process in processes:
        if sys.platform != "win32":
            process.send_signal(signal.SIGINT)  # the database stops at once
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
    for process in processes:
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _share(processes: Sequence[subprocess.Popen[bytes]], origins: Sequence[dt.date], about: str, done: Done) -> None:
    """Give each process an origin whenever it has finished one."""
    left: queue.SimpleQueue[dt.date] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[dt.date, str | None]] = queue.SimpleQueue()
    for origin in origins:
        left.put(origin)

    def feed(process: subprocess.Popen[bytes]) -> None:
        origin = origins[0]
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(about.encode() + b"\n")
            while True:
                origin = left.get_nowait()
                process.stdin.write(f"{origin}\n".encode())
                line = process.stdout.readline()
                answers.put((origin, json.loads(line)["error"] if line else None))
                if not line:
                    return
        except queue.Empty:
            return
        except OSError:
            answers.put((origin, None))
        except ValueError as error:
            answers.put((origin, str(error) or type(error).__name__))

    for process in processes:
        threading.Thread(target=feed, args=(process,), daemon=True).start()
    for _ in origins:
        origin, error = answers.get()
        if error is None:
            raise WorkerEndedError(origin)
        if error:
            raise WorkerError(f"the forecast from {origin} failed: {error}")
        done(origin)
