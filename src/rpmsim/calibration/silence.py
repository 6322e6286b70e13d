"""Whether the last days of a history are empty because nothing was recorded on them: an export before its `as_of`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.arrival_days import FEWEST_SILENT_DAYS, SILENCE_CHANCE
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.part import Finding

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

RECENT = 56
"""Days before the silence whose level is the one to compare with."""


def silent_days(records: NDArray[np.integer], weekday: int) -> int:
    """Days at the end of a history on which nothing was recorded, rather than nothing happened.

    These are days without a record, more of them than ever before in a row, and less likely than
    :data:`SILENCE_CHANCE` at the level of the weeks before: by weekday, as Poisson counts divided by their dispersion
    (McCullagh and Nelder, *Generalized Linear Models*, 1989, section 6.2). After four weeks, a process has stopped.

    Parameters
    ----------
    records : ndarray of int, shape (days,)
        New records and moves by day, up to the last day.
    weekday : int
        Of the first day; 0 is Monday.

    Returns
    -------
    int
    """
    busy = np.flatnonzero(records)
    silent = len(records) - 1 - int(busy[-1]) if len(busy) else 0
    habit = int(np.diff(busy).max(initial=1)) - 1
    if not habit < silent < FEWEST_SILENT_DAYS or silent > busy[-1]:
        return 0
    of = (weekday + np.arange(len(records))) % 7
    before = slice(max(0, int(busy[-1]) + 1 - RECENT), int(busy[-1]) + 1)
    level = _by_weekday(records[before], of[before])
    mean, counts = level[of[before]], records[before]
    squares = np.divide((counts - mean) ** 2, mean, out=np.zeros_like(mean), where=mean > 0)
    spread = max(1.0, float(squares.sum()) / max(1, len(counts) - len(np.unique(of[before]))))
    unlikely = float(level[of[-silent:]].sum()) / spread > -np.log(SILENCE_CHANCE)
    return silent if unlikely else 0


def _by_weekday(counts: NDArray[np.integer], of: I64) -> F64:
    """Mean count by weekday; that of all days for weekdays that do not occur."""
    days = np.bincount(of, minlength=7)
    return np.where(days > 0, np.bincount(of, counts, 7) / np.maximum(days, 1), counts.mean())


def without_silence(evidence: Evidence) -> tuple[Evidence, list[Finding]]:
    """The same evidence, of which days at the end without any record are not part, and what to say about them."""
    spells = evidence.spells
    records = evidence.arrivals.sum(axis=1)
    np.add.at(records, spells.until[spells.outcome >= 0], 1)
    np.add.at(records, evidence.wins.day.astype(np.int64), 1)
    silent = silent_days(records, evidence.first.weekday())
    if not silent:
        return evidence, []
    seen = evidence.last - silent
    kept = spells.where(spells.since <= seen)
    kept = replace(kept, until=np.minimum(kept.until, seen))
    day = evidence.date(seen)
    what = f"Nothing is recorded after {day}, {silent} days before the day of the calibration, although records came"
    what += f" on {np.count_nonzero(records[max(0, seen + 1 - RECENT) : seen + 1])} of the {min(RECENT, seen + 1)} days"
    what += " before. The fit treats the days since then as not recorded."
    todo = (
        f"Export again, or calibrate with `--as-of {day}`; if business has stopped, state the `leads` that will come."
    )
    return replace(evidence, spells=kept, silent=silent), [Finding("last days", "REVIEW", what, todo)]
