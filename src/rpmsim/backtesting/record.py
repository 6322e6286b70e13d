"""The way from a history to the record of its forecasts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rpmsim
from rpmsim.backtesting.cases import cases_of
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.origins import planned
from rpmsim.backtesting.pool import work_on_all
from rpmsim.backtesting.scoring import scored
from rpmsim.backtesting.settings import HORIZONS, MOST_HORIZON, REPLICATIONS, SEED, Settings
from rpmsim.backtesting.store import FOLDER, Forecast, Store, key_of
from rpmsim.backtesting.targets import Target, targets_of
from rpmsim.backtesting.work import BUG
from rpmsim.beside import processors
from rpmsim.calibration.accept import check_audit, check_stages
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.history import History, open_history
from rpmsim.text.complaints import nearest
from rpmsim.working import working_folder

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Backtest:
    """The record of forecasts from past days.

    Parameters
    ----------
    whole : dict
        All of it, ready for JSON: see docs/reference/backtest.md.
    document : dict
        The same with the targets that were asked for.
    """

    whole: dict[str, Any]
    document: dict[str, Any]

    @property
    def forecasts(self) -> pd.DataFrame:
        """A row for each forecast: origin, target, horizon, quantiles, mean, what came, and scores."""
        import pandas as pd

        rows = [{k: v for k, v in row.items() if k != "baselines"} for row in self.document["forecasts"]]
        return pd.DataFrame(rows)


def backtest(
    history: History | str | os.PathLike[str],
    *,
    horizons: Sequence[int] = HORIZONS,
    every: int | None = None,
    start: dt.date | None = None,
    targets: Collection[str] = (),
    replications: int = REPLICATIONS,
    seed: int = SEED,
    plug_in: bool = False,
    conformal: bool = False,
    accept: Collection[str] = (),
    jobs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast from past days by what was known then, and hold the forecasts against what came.

    Parameters
    ----------
    history : History or path
        An open history, or the file of its mapping.
    horizons : sequence of int
        Days ahead.
    every : int, optional
        Days between origins. Default: a week; more in long histories, so that there are at most 60 origins.
    start : date, optional
        First origin. Default: when six weeks, and the largest horizon, have been recorded.
    targets : collection of str
        What is scored, such as ``wins`` or ``channels.paid.wins``. Default: all there is.
    replications : int
        Of each forecast, each with parameters of its own.
    seed : int
        Random seed.
    plug_in : bool
        Best estimates in place of parameter draws: bands are then too narrow.
    conformal : bool
        Also score bands that are widened by the record before each origin.
    accept : collection of str
        Items of the audit that fail, and are accepted as they are; ``all`` for every one.
    jobs : int, optional
        Processes. Default: processors. The result does not depend on it.
    folder : path, optional
        Keeps finished forecasts, so that an interrupted backtest goes on where it stopped.
    progress : callable, optional
        Gets the number of origins done, of all, and the next one in words.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        For an audit that fails, an unknown target, or a history in which no forecast can be scored.
    TypeError, ValueError
        For numbers out of range, and for targets that are a text.

    Examples
    --------
    >>> record = rpmsim.backtest("history.yaml", horizons=[14, 28], folder="backtests/acme")  # doctest: +SKIP
    >>> record.document["targets"]["wins"]["28"]["coverage"]["80"]  # doctest: +SKIP
    0.79
    """
    if not isinstance(history, History):
        with open_history(history) as opened:
            return backtest(
                opened, horizons=horizons, every=every, start=start, targets=targets, replications=replications,
                seed=seed, plug_in=plug_in, conformal=conformal, accept=accept, jobs=jobs, folder=folder,
                progress=progress,
            )  # fmt: skip
    if isinstance(targets, str):
        raise TypeError("targets must be a collection of names")
    if replications < 2 or seed < 0 or (every is not None and every < 1):
        raise ValueError("replications must be 2 or more, seed 0 or more, and every 1 or more")
    settings = Settings(_checked(horizons), every, start, tuple(targets), replications, seed, plug_in, conformal)
    check_stages(history)
    check_audit(history, None, accept)
    whole = Observed.of(history.as_of())
    file = str(history.mapping.path)
    if whole is None:
        what = "has no record that began a stage, so nothing can be forecast"
        raise InputError([Diagnostic(file, None, None, "", what, "map the dates on which records enter stages")])
    settings, origins = planned(whole, settings)
    everything = [*targets_of(whole.evidence), *_waits(whole)]
    wanted = _wanted(everything, settings, file)
    with ExitStack() as stack:
        home = Path(folder) / FOLDER if folder is not None else stack.enter_context(working_folder())
        store = Store(home, key_of(history, settings))
        if home.exists() and not home.is_dir():
            fix = "choose another folder, or move this file"
            raise InputError([Diagnostic(str(home), None, None, "", "is a file, not a folder", fix)])
        kept = {origin: store.read(origin) for origin in origins}
        left = [origin for origin, found in kept.items() if found is None]
        _work(history, left, len(origins), settings, everything, store, jobs or processors(), progress)
        kept |= {origin: store.read(origin) for origin in left}
        forecasts = {origin: found for origin, found in kept.items() if found is not None}
        if len(forecasts) < len(kept):
            what = f"{len(kept) - len(forecasts)} finished forecasts are gone: another backtest uses this folder"
            raise InputError([Diagnostic(str(home), None, None, "", what, "choose another folder for one of them")])
        store.remove_others()
    _check(forecasts, wanted, file)
    document = _document(history, whole, settings, forecasts, everything)
    return Backtest(document, _only(document, [target.name for target in wanted]))


def _only(document: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The same with some of the targets."""
    return document | {
        "targets": {name: document["targets"][name] for name in names if name in document["targets"]},
        "forecasts": [row for row in document["forecasts"] if row["target"] in names],
        "not_scored": {name: why for name, why in document["not_scored"].items() if name in names},
    }


NO_AMOUNTS = "no amount was known on any of these days"


def _check(forecasts: dict[dt.date, Forecast], wanted: list[Target], file: str) -> None:
    """Refuse a record without a forecast.

    Raises
    ------
    InputError
        With what is wrong at the last origin.
    RuntimeError
        If that is a bug.
    """
    made = [found for found in forecasts.values() if not found.problem]
    if made and all(target.measure == "bookings" for target in wanted) and not _forecast_any(wanted, made):
        what = f"bookings cannot be forecast: {NO_AMOUNTS}"
        raise InputError([Diagnostic(file, None, None, "target", what, "map a source that dates amounts")])
    if made:
        return
    origin, found = list(forecasts.items())[-1]
    if found.problem.startswith(BUG):
        raise RuntimeError(f"no forecast from {len(forecasts)} days: {found.problem}")
    what = f"nothing can be forecast from any of {len(forecasts)} days; from {origin}: {found.problem}"
    raise InputError([Diagnostic(file, None, None, "", what, "run `rpmsim audit` on the history")])


def _forecast_any(targets: list[Target], made: list[Forecast]) -> bool:
    return any(target.name in found.draws for target in targets for found in made)


def _checked(horizons: Sequence[int]) -> tuple[int, ...]:
    if not horizons or min(horizons) < 1 or max(horizons) > MOST_HORIZON:
        raise ValueError(f"horizons must be from 1 to {MOST_HORIZON} days")
    return tuple(sorted({int(horizon) for horizon in horizons}))


def _waits(whole: Observed) -> list[Target]:
    visits = whole.visits
    return [] if visits is None else [Target("wait_hours", stage=stage) for stage in visits.stages]


def _wanted(targets: list[Target], settings: Settings, file: str) -> list[Target]:
    """The targets that are asked for."""
    names = {target.name: target for target in targets}
    unknown = [name for name in settings.targets if name not in names]
    if unknown:
        raise InputError(
            Diagnostic(
                file, None, None, "target", f"there is no target `{name}`",
                nearest(name, names) or f"choose one of {', '.join(list(names)[:8])}",
            )
            for name in unknown
        )  # fmt: skip
    return [names[name] for name in settings.targets] or targets


def _work(
    history: History,
    left: list[dt.date],
    count: int,
    settings: Settings,
    targets: list[Target],
    store: Store,
    jobs: int,
    progress: Progress | None,
) -> None:
    finished = count - len(left)

    def done(_: dt.date) -> None:
        nonlocal finished
        finished += 1
        if progress:
            progress(finished, count, f"{finished} of {count} forecasts")

    if progress:
        progress(finished, count, "fitting and forecasting")
    if left:
        work_on_all(history, left, settings, targets, store, jobs, done)


def _document(
    history: History, whole: Observed, settings: Settings, forecasts: dict[dt.date, Forecast], targets: list[Target]
) -> dict[str, Any]:
    currency = history.mapping.currency
    found: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for target in targets:
        for case in cases_of(target, settings.horizons, forecasts, whole):
            document, more = scored(case, settings)
            found.setdefault(target.name, {})[case.horizon] = {**document, "unit": target.unit(currency)}
            rows += more
    problems = {str(origin): of.problem for origin, of in forecasts.items() if of.problem}
    made = [str(origin) for origin, of in forecasts.items() if not of.problem]
    absent = [target.name for target in targets if target.name == "bookings" and target.name not in found]
    return _without_nan(
        {
            "history": history.mapping.name,
            "currency": currency,
            "first_origin": made[0] if made else None,
            "last_origin": made[-1] if made else None,
            "origins": len(made),
            "until": str(whole.recorded_until),
            "records": _records(whole, forecasts),
            "horizons": list(settings.horizons),
            "every": settings.every,
            "replications": settings.replications,
            "seed": settings.seed,
            "plug_in": settings.plug_in,
            "version": rpmsim.__version__,
            "not_forecast": problems,
            "not_scored": dict.fromkeys(absent, NO_AMOUNTS),
            "targets": found,
            "forecasts": rows,
        }
    )


def _records(whole: Observed, forecasts: dict[dt.date, Forecast]) -> dict[str, Any]:
    """How many records had come by the first origin: another history of the same name has another number."""
    day = min(forecasts)
    begun = whole.evidence.records.begun
    return {"by": str(day), "count": int((begun <= whole.evidence.number(day)).sum())}


def _without_nan(value: Any) -> Any:
    """The same with what is not known as None."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
