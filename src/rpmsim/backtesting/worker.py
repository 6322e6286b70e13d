"""A process that works on origins: asked on stdin, a line of JSON for each, it answers on stdout."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
import sys
from pathlib import Path

from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.store import Store
from rpmsim.backtesting.targets import Target
from rpmsim.backtesting.work import work
from rpmsim.history.history import open_history
from rpmsim.interrupts import INTERRUPTS


def task(path: Path, settings: Settings, targets: list[Target], store: Store) -> str:
    """What a process gets before the first origin."""
    about = {
        "path": str(path),
        "settings": settings.of_forecasts(),
        "targets": [vars(target) for target in targets],
        "store": [str(store.home), store.key],
    }
    return json.dumps(about)


def main() -> None:
    """Work until there is nothing more to do."""
    about = json.loads(sys.stdin.readline())
    settings = Settings(**{**about["settings"], "horizons": tuple(about["settings"]["horizons"])})
    targets = [Target(**{**row, "move": tuple(row["move"])}) for row in about["targets"]]
    store = Store(Path(about["store"][0]), about["store"][1])
    with open_history(about["path"]) as history:
        for line in sys.stdin:
            answer = {"origin": line.strip(), "error": ""}
            try:
                work(history, dt.date.fromisoformat(line.strip()), settings, targets, store, threads=1)
            except Exception as error:
                answer["error"] = f"{type(error).__name__}: {error}"
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in INTERRUPTS:
        signal.signal(number, _interrupted)  # so that what is half done is cleared away
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
