"""Cumulative incidence by age, observed and fitted: what the fit is checked against by eye.

The observed curve is that of Aalen and Johansen (1978) in whole days: at each age, those who leave over those at risk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.stage_fit import StageFit
from rpmsim.model.hazards import conditional

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

POINTS = 60
FAR = 0.99
"""Curves are shown up to the age by which so many of those leaving have left."""


def incidence(evidence: Evidence, fit: StageFit) -> list[dict[str, Any]]:
    """Observed and fitted curves of all outcomes of a stage, in calendar days.

    Returns
    -------
    list of dict
        stage, outcome, records, days, observed, and the quantiles p05, p50 and p95 of the fit.
    """
    spells = fit.spells
    window = np.mean([w.weights(evidence.seen) for w in fit.choice.windows], axis=0)
    age = spells.until - spells.entered
    left = spells.outcome >= 0
    last = int(np.quantile(age[left], FAR)) + 1
    days = np.unique(np.linspace(0, last, POINTS).astype(np.int64))
    at_risk = _at_risk(spells.entered, spells.since, spells.until, window, last)
    exits = np.zeros((len(fit.causes), last + 1))
    for j, cause in enumerate(fit.causes):
        here = (spells.outcome == cause.outcome) & (age <= last)
        exits[j] = np.bincount(age[here], window[spells.until[here]], last + 1)
    hazard = np.divide(exits, at_risk, out=np.zeros_like(exits), where=at_risk > 0)
    stay = np.cumprod(np.concatenate([[1.0], np.clip(1.0 - hazard.sum(axis=0), 0.0, 1.0)]))[:-1]
    observed = np.cumsum(hazard * stay, axis=1)
    entries = np.bincount((spells.entered + evidence.first.weekday()) % 7, minlength=7) / len(spells)
    bands = _fitted(fit, days, entries)
    return [
        {
            "stage": fit.rule.name,
            "outcome": evidence.targets[cause.outcome],
            "records": int((spells.outcome == cause.outcome).sum()),
            "days": days.tolist(),
            "observed": observed[j, days].round(6).tolist(),
            **{name: band[j].round(6).tolist() for name, band in bands.items()},
        }
        for j, cause in enumerate(fit.causes)
    ]


def _at_risk(entered: I64, since: I64, until: I64, window: F64, last: int) -> F64:
    """Weighted records at risk at each age, shape (last + 1,)."""
    result = np.zeros(last + 1)
    for age in range(last + 1):
        day = entered + age
        here = (day >= since) & (day <= until)
        result[age] = window[day[here]].sum()
    return result


def _fitted(fit: StageFit, days: NDArray[np.int64], entries: F64) -> dict[str, F64]:
    """Quantiles of the fitted curves at ages in calendar days, for those who enter on each day of the week together."""
    curves = np.zeros((*fit.shares.shape, len(days)))
    for j, cause in enumerate(fit.causes):
        weekdays = np.flatnonzero(entries)
        passed = (weekdays[:, None] + np.arange(1, days[-1] + 1)) % 7
        until = np.cumsum(cause.clock.week[passed], axis=1)
        ages = np.floor(np.insert(until, 0, 0.0, axis=1) + 1e-9).astype(np.int64)[:, days]
        by_age = fit.shares[:, [j]] * conditional(fit.hazards, fit.starts, j, np.arange(ages.max() + 1))
        curves[:, j] = np.einsum("w,dwa->da", entries[weekdays], by_age[:, ages])
    low, middle, high = np.quantile(curves, [0.05, 0.5, 0.95], axis=0)
    return {"p05": low, "p50": middle, "p95": high}
