"""What the model gets from the arrivals fit: the text of its channels, draws by path, and findings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.arrival_days import Days
from rpmsim.calibration.part import Finding, Part

F64 = NDArray[np.float64]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = 0.5
"""Part of a channel's leads on one day from which on somebody should look ..."""
FEWEST_LEADS = 20
"""... if it has at least this many."""


@dataclass(frozen=True)
class ArrivalFit:
    """New leads of each channel: draws, and weeks for a chart.

    Parameters
    ----------
    names : tuple of str
        Channels in alphabetical order, which is that of the arrays: the order of the input changes nothing.
    unit : {"week", "day"}
        Of ``leads``; days if a channel is closed on holidays, because weeks with a holiday then have fewer leads.
    leads : ndarray of float, shape (draws, channels)
        Long-run level per unit; the level on the last day where phi is 1.
    now : ndarray of float, shape (draws, channels)
        Level on the last day relative to ``leads``.
    dispersion, sigma : ndarray of float, shape (draws, channels)
    phi, shared : ndarray of float, shape (draws,)
        The same for all channels.
    growth : ndarray of float, shape (draws, channels)
        Growth in the first month of the forecast, as a share; 0 for channels without a clear trend.
    weekdays : ndarray of float, shape (channels, 7)
        Weights from Monday on, with a mean of 1.
    months : ndarray of float, shape (12,)
        Factors from January on, with a mean of 1.
    closed : ndarray of bool, shape (channels,)
        No leads on holidays.
    records : ndarray of int, shape (channels,)
        Leads in the days that were used.
    weeks : tuple of date
        Mondays of the weeks in the chart.
    observed, expected, low, high : ndarray of float, shape (weeks, channels)
        Leads of the week, and what the weeks before made expect, with a 90% band.
    jumps : ndarray of float, shape (weeks, channels)
        Probability that the level jumped in the week.
    part : Part
        What the model gets.
    """

    names: tuple[str, ...]
    unit: str
    leads: F64
    now: F64
    dispersion: F64
    sigma: F64
    phi: F64
    shared: F64
    growth: F64
    weekdays: F64
    months: F64
    closed: NDArray[np.bool_]
    records: NDArray[np.int64]
    weeks: tuple[dt.date, ...]
    observed: F64
    expected: F64
    low: F64
    high: F64
    jumps: F64
    part: Part = field(default_factory=Part)


def write_part(fit: ArrivalFit, days: Days, first: dt.date, *, dispersed: bool, drifting: bool) -> None:
    """Write the scenario's text, the draws by path, and what an analyst should know."""
    part = fit.part
    part.text["channels"] = {}
    for i, name in enumerate(fit.names):
        text: dict[str, Any] = {"leads": f"posterior per {fit.unit}"}
        values = {"leads": fit.leads[:, i]}
        if fit.growth[:, i].any():
            text["growth"] = "posterior per month"
            values["growth"] = fit.growth[:, i]
        if np.ptp(fit.months) > 0.0:
            text["months"] = {month: round(float(f), 3) for month, f in zip(MONTHS, fit.months, strict=True)}
        if np.ptp(fit.weekdays[i]) > 1e-3:
            text["weekdays"] = {day: round(float(w), 3) for day, w in zip(WEEKDAYS, fit.weekdays[i], strict=True)}
        if fit.closed[i]:
            text["holidays"] = "closed"
        if dispersed:
            text["dispersion"] = "posterior"
            values["dispersion"] = fit.dispersion[:, i]
        if drifting:
            text["drift"] = dict.fromkeys(("sigma", "phi", "shared", "now"), "posterior")
            values |= {"drift.sigma": fit.sigma[:, i], "drift.phi": fit.phi}
            values |= {"drift.shared": fit.shared, "drift.now": fit.now[:, i]}
        part.text["channels"][name] = text
        for key, value in values.items():
            part.draws[f"channels.{name}.{key}"] = value
            part.records[f"channels.{name}.{key}"] = int(fit.records[i])
        part.findings += [Finding(f"leads of {name}", *found) for found in _findings(fit, days, first, i)]


def _findings(fit: ArrivalFit, days: Days, first: dt.date, i: int) -> list[tuple[Any, ...]]:
    """What is special about a channel: verdict, what, to do."""
    name, counts = fit.names[i], days.counts[:, i]
    goes_on = f"If {name} brings leads, state `leads` for it in a scenario that extends the model."
    if days.ended[i] is not None:
        what = f"There has been no lead since {days.ended[i]}. The forecast has nearly none."
        return [("REVIEW", what, goes_on)]
    if not counts.any():
        return [("REVIEW", "No leads are recorded in this channel. The forecast has nearly none.", goes_on)]
    found: list[tuple[Any, ...]] = []
    if days.began[i] is not None:
        found.append(("PASS", f"The first lead came on {days.began[i]}; only the days after it count."))
    most = int(counts.argmax())
    if counts.sum() >= FEWEST_LEADS and counts[most] > ONE_DAY * counts.sum():
        what = f"{counts[most]:,} of {counts.sum():,} leads came on {first + dt.timedelta(most)}."
        found.append(("REVIEW", what, "If that was an import, leave these records out or correct their dates."))
    for week in np.flatnonzero(fit.jumps[:, i] > 0.5):
        what = f"The level changed suddenly in the week of {fit.weeks[week]}: {fit.observed[week, i]:,.0f} leads came"
        what += f" where {fit.expected[week, i]:,.1f} were expected. The forecast has no further change of this kind."
        found.append(("PASS", what))
    if fit.growth[:, i].any():
        low, middle, high = np.quantile(fit.growth[:, i], [0.05, 0.5, 0.95])
        what = f"Leads change by {middle:+.1%} per month ({low:+.1%} to {high:+.1%}). In the forecast, the trend fades."
        found.append(("PASS", what))
    return found
