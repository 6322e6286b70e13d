"""The forecast of each scenario of a comparison: stored already, found from a comparison that was cut off, or new."""

from __future__ import annotations

import hashlib
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rpmsim import __version__
from rpmsim.comparison.cases import Case
from rpmsim.comparison.runs import Settings
from rpmsim.dataset import open_file, provenance
from rpmsim.dataset.store import loaded
from rpmsim.engine import run
from rpmsim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def forecast_of(case: Case, settings: Settings, folder: Path | None) -> AbstractContextManager[xr.Dataset]:
    """The forecast of a scenario; it is closed at the end of the block.

    Parameters
    ----------
    case : Case
    settings : Settings
    folder : Path, optional
        Where new forecasts are stored; in memory by default.

    Raises
    ------
    InputError
        A file cannot be read or written.
    """
    if case.forecast is not None:
        return open_file(case.forecast)
    path = None if folder is None else folder / file_name(case, settings)
    kept = None if path is None else _kept(path, case, settings)
    if kept is not None:
        return kept
    return run(
        case.scenario,
        settings.replications,
        seed=settings.seed,
        draws=settings.draws,
        threads=settings.threads,
        keep="summary",
        path=path,
    ).forecast


def file_name(case: Case, settings: Settings) -> str:
    """Name of the file of a scenario's forecast: readable, and another one for each scenario and settings."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", case.name).strip("-").lower()[:40]
    said = f"{case.scenario.resolved_text()}{settings.replications} {settings.seed} {settings.draws}"
    return f"{word or 'scenario'}-{hashlib.sha256(said.encode()).hexdigest()[:10]}.nc"


def _kept(path: Path, case: Case, settings: Settings) -> xr.Dataset | None:
    """A forecast that an earlier comparison has finished; None where there is none, or it is damaged."""
    if not path.is_file():
        return None
    try:
        stored = open_file(path)
    except InputError:
        return None
    if _is_of(case, settings, stored):
        return stored
    stored.close()
    return None


def _is_of(case: Case, settings: Settings, stored: xr.Dataset) -> bool:
    """Whether a stored forecast can be read, and is the one of a scenario."""
    try:
        document = provenance(stored)
        for variable in stored.data_vars.values():
            loaded(variable)
    except InputError:
        return False
    same = (document.get("scenario"), document.get("version")) == (case.scenario.resolved_text(), __version__)
    run_of = document.get("run", {})
    return same and (run_of.get("replications"), run_of.get("seed")) == (settings.replications, settings.seed)
