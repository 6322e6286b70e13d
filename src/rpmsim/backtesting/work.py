"""The work of one origin: forecast by the model and by all baselines, and keep it."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence

import numpy as np

from rpmsim.backtesting.baselines import baseline_draws
from rpmsim.backtesting.forecast import forecast
from rpmsim.backtesting.known_at import known_at
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.store import Forecast, Store
from rpmsim.backtesting.targets import Members, Target, members_of
from rpmsim.display import masked
from rpmsim.errors import InputError
from rpmsim.history.history import History

BASELINE_DRAWS = 400
BUG = "a bug in rpmsim, not an error in the history"


def work(
    history: History,
    origin: dt.date,
    settings: Settings,
    targets: Sequence[Target],
    store: Store,
    threads: int | None = None,
) -> None:
    """Forecast from an origin, and keep it.

    Parameters
    ----------
    history : History
    origin : date
    settings : Settings
    targets : sequence of Target
    store : Store
    threads : int, optional
        Of the simulation.
    """
    observed = Observed.of(history.as_of(origin))
    if observed is None:
        store.write(origin, Forecast({}, {}, {}, "no record had come yet"))
        return
    members = _members(observed, targets)
    there = [
        target
        for target in targets
        if (not target.kind or target.name in members) and (target.measure != "bookings" or observed.knows_amounts)
    ]
    try:
        draws = forecast(history, origin, settings, there, threads=threads)
    except InputError as error:
        first = error.diagnostics[0]
        store.write(origin, Forecast({}, {}, {}, f"{first.path}: {first.message}" if first.path else first.message))
        return
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # the others are worth having
        problem = f"{BUG}: {type(error).__name__}: {error}"
        store.write(origin, Forecast({}, {}, {}, masked(problem)))
        return
    known = known_at(observed, origin)
    baselines = {}
    for target in there:
        if target.measure == "wait_hours" or target.part:
            continue
        series = observed.daily(target, members.get(target.name))[: known.last + 1]
        measure = None if target.kind or target.measure not in ("wins", "bookings") else target.measure
        rng = np.random.default_rng([settings.seed, origin.toordinal(), zlib.crc32(target.name.encode())])
        baselines[target.name] = baseline_draws(series, known, measure, settings.horizons, BASELINE_DRAWS, rng)
    kept = {name: sorted([list(row) for row in rows], key=str) for name, rows in members.items()}
    store.write(origin, Forecast(draws, baselines, kept))


def _members(observed: Observed, targets: Sequence[Target]) -> dict[str, Members]:
    """What the history calls the records of each class, as known at the origin."""
    evidence = observed.evidence
    result = {}
    for target in targets:
        if target.kind:
            names = evidence.channels.names if target.kind == "channels" else evidence.segments.names
            found = members_of(evidence.records, target, names)
            if found:
                result[target.name] = found
    return result
