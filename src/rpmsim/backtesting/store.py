"""Forecasts of origins as files, so that an interrupted backtest goes on where it stopped."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rpmsim
from rpmsim.backtesting.settings import Settings
from rpmsim.history.history import History

F64 = NDArray[np.float64]

FOLDER = "origins"
_KEY_LETTERS = 16
_OF_A_VIEW = re.compile(r"_\d{8}$")


@dataclass(frozen=True)
class Forecast:
    """What was forecast from an origin.

    Parameters
    ----------
    draws : dict of str to array, shape (replications, horizons)
        By target.
    baselines : dict of str to dict of str to array, shape (draws, horizons)
        By target and name of the baseline.
    members : dict of str to list
        What the history called the records of a target's class.
    problem : str
        Why there is no forecast.
    """

    draws: Mapping[str, F64]
    baselines: Mapping[str, Mapping[str, F64]]
    members: Mapping[str, list[Any]]
    problem: str = ""


def key_of(history: History, settings: Settings) -> str:
    """A hash of all that forecasts depend on: what was read, the mapping, the settings, and the program."""
    digest = hashlib.sha256(json.dumps(settings.of_forecasts(), sort_keys=True, default=str).encode())
    digest.update(history.mapping.path.read_bytes())
    con = history.con
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY 1").fetchall()
    for (table,) in tables:
        if _OF_A_VIEW.search(table):  # made of the others by whoever used the history before
            continue
        rows = con.execute(f'SELECT count(*), sum(CAST(hash(t) AS HUGEINT)) FROM "{table}" t').fetchone()
        digest.update(f"{table} {rows}\n".encode())
    root = Path(rpmsim.__file__).parent
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:_KEY_LETTERS]


@dataclass(frozen=True)
class Store:
    """Finished forecasts of one backtest.

    Parameters
    ----------
    home : path
        Folder of all of them.
    key : str
        What they depend on, as :func:`key_of` gives it.
    """

    home: Path
    key: str

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.home / self.key

    def path(self, origin: dt.date) -> Path:
        """The file of an origin."""
        return self.folder / f"{origin}.npz"

    def write(self, origin: dt.date, forecast: Forecast) -> None:
        """Keep a forecast; the file is there as a whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"model|{name}": values for name, values in forecast.draws.items()}
        for target, of in forecast.baselines.items():
            arrays |= {f"{baseline}|{target}": values for baseline, values in of.items()}
        about = {"members": forecast.members, "problem": forecast.problem, "names": list(arrays)}
        part = self.folder / f".{origin}-{os.getpid()}.part"
        try:
            with part.open("wb") as file:
                np.savez_compressed(
                    file,
                    about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
                    **{f"array{i}": values for i, values in enumerate(arrays.values())},  # type: ignore[arg-type]
                )
            part.replace(self.path(origin))
        finally:
            part.unlink(missing_ok=True)

    def read(self, origin: dt.date) -> Forecast | None:
        """A finished forecast; None if there is none, or its file is damaged."""
        try:
            with self.path(origin).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                arrays = {name: file[f"array{i}"] for i, name in enumerate(about["names"])}
                members = {name: [tuple(row) for row in rows] for name, rows in about["members"].items()}
                problem = str(about["problem"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
            return None
        draws: dict[str, F64] = {}
        baselines: dict[str, dict[str, F64]] = {}
        if any(values.ndim != 2 or values.dtype.kind != "f" for values in arrays.values()):
            return None
        if len({values.shape[1] for values in arrays.values()}) > 1:
            return None
        for name, values in arrays.items():
            method, _, target = name.partition("|")
            if method == "model":
                draws[target] = values
            else:
                baselines.setdefault(target, {})[method] = values
        return Forecast(draws, baselines, members, problem)

    def remove_others(self) -> None:
        """Remove forecasts that depend on something else, as on an older export."""
        for folder in self.home.iterdir():
            is_key = len(folder.name) == _KEY_LETTERS and not set(folder.name) - set("0123456789abcdef")
            if is_key and folder.name != self.key and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
