"""Whether a calibration can be used: one finding for each thing that may be wrong, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rpmsim.calibration.part import Finding

if TYPE_CHECKING:
    from rpmsim.calibration.calibration import Calibration

TAIL = 0.1
"""Share of the ultimate outcomes that may come after the last age that was seen: above it, the share is a guess."""
WEEKS, CHANGED = 8, 1.7
"""Leads are worth a look if the model expects so many times more or fewer than there were in the last whole weeks."""
RESTLESS = 0.3
"""Sigma of the pace of weeks from which on something other than speed is at work."""
LIKE_PRIOR = {"pace": 0.24, "shock": 0.68}
"""Standard deviation over mean of the draws of a sigma, from which on the history has hardly changed its prior: nine
tenths of that of the prior of a shock, three quarters of that of a pace."""
FEW = 50
"""Exits with fewer than which a share is hardly known."""


def findings(calibration: Calibration, curves: list[dict[str, Any]]) -> list[Finding]:
    """All findings, in the order in which an analyst needs them.

    Parameters
    ----------
    calibration : Calibration
    curves : list of dict
        Observed and fitted, of :func:`rpmsim.calibration.incidence.incidence`.
    """
    result = [
        _wins(calibration),
        _losses(calibration),
        _few(calibration),
        _tails(calibration),
        _recorded(calibration),
        _unleft(calibration),
        _recency(calibration),
        _quarters(calibration),
        _dispersion(calibration),
        _priors(calibration),
        _fit(curves),
        _level(calibration),
    ]
    return [finding for finding in result if finding is not None] + calibration.findings


def _kinds(calibration: Calibration, kind: str) -> int:
    """Records that left for a stage of a kind."""
    rules = calibration.evidence.view.mapping.stages
    numbers = [i for i, rule in enumerate(rules) if rule.kind == kind]
    return sum(int(np.isin(fit.spells.outcome, numbers).sum()) for fit in calibration.fits)


def _wins(calibration: Calibration) -> Finding:
    wins = _kinds(calibration, "won")
    if wins:
        return Finding("wins", "PASS", f"{wins:,} records were won")
    known = len(calibration.evidence.wins.day)
    if known:
        return Finding(
            "wins",
            "REVIEW",
            f"{known:,} wins are known, but no move to them that was recorded as it happened, so the model has none",
            "provide the dates of stages before the win; `recorded_from` and `recorded_until` may cut them off",
        )
    return Finding(
        "wins",
        "REVIEW",
        "no record was won, so the model has no wins and no bookings; it forecasts the moves between stages",
        "if wins are known elsewhere, map them to a stage of the kind `won`",
    )


def _losses(calibration: Calibration) -> Finding:
    losses = _kinds(calibration, "lost")
    if losses:
        return Finding("losses", "PASS", f"{losses:,} records were lost")
    return Finding(
        "losses",
        "REVIEW",
        "no record was ever lost: how many of the open ones will still be won is only known as far as similar "
        "records have been watched; the model lets the others stay in their stage",
        "close dead records in the CRM, or trust the forecast no further ahead than records have been watched",
    )


def _few(calibration: Calibration) -> Finding | None:
    few = [f"{fit.rule.name} ({int(fit.exits.sum())})" for fit in calibration.fits if fit.exits.sum() < FEW]
    if not few:
        return None
    return Finding(
        "few records",
        "REVIEW",
        f"shares and times rest on fewer than {FEW} records in {', '.join(few)}, so their intervals are wide",
        "merge stages, use a longer history, or state a number that you know in a what-if",
    )


def _tails(calibration: Calibration) -> Finding:
    long = [f"{fit.rule.name} ({fit.tail:.0%})" for fit in calibration.fits if fit.tail > TAIL]
    if not long:
        return Finding(
            "tail", "PASS", f"in every stage, fewer than {TAIL:.0%} of the exits come later than any that was seen"
        )
    return Finding(
        "tail",
        "REVIEW",
        f"part of the exits come later than any that was seen: {', '.join(long)}",
        "forecast no further ahead than records have been watched, or state a `timeout` for records that nobody works",
    )


def _recorded(calibration: Calibration) -> Finding | None:
    late = [
        f"{fit.rule.name} ({calibration.evidence.date(fit.since)})" for fit in calibration.fits if fit.since is not None
    ]
    if not late:
        return None
    return Finding(
        "recording starts",
        "REVIEW",
        f"earlier days do not count, because an outcome was not recorded then: {', '.join(late)}",
        "state `recorded_from` in the mapping",
    )


def _unleft(calibration: Calibration) -> Finding | None:
    fitted = {fit.number for fit in calibration.fits}
    spells = calibration.evidence.spells
    unleft = [
        r.name for i, r in enumerate(calibration.evidence.stages) if i not in fitted and (spells.stage == i).any()
    ]
    if not unleft:
        return None
    return Finding(
        "stages",
        "REVIEW",
        f"nobody was seen leaving {', '.join(unleft)}: its records stay there in the model",
        "map what follows, or state shares and times in a what-if",
    )


def _recency(calibration: Calibration) -> Finding | None:
    changed = [
        f"{fit.rule.name} ({fit.choice.name})" for fit in calibration.fits if fit.choice.windows[-1].days < np.inf
    ]
    if not changed or calibration.settings.window is not None:
        return None
    return Finding(
        "changes",
        "REVIEW",
        f"recent weeks forecast better than the whole history, so they count more: {', '.join(changed)}",
        "find out what has changed; `--window` states the days that count",
    )


def _quarters(calibration: Calibration) -> Finding | None:
    """Outcomes that come more often in certain months of the quarter."""
    targets = calibration.evidence.targets
    following = [
        f"{fit.rule.name} to {targets[cause.outcome]} (x{', x'.join(f'{f:.2f}' for f in cause.clock.quarter)})"
        for fit in calibration.fits
        for cause in fit.causes
        if cause.clock.quarter
    ]
    if not following:
        return None
    what = f"exits follow the months of the quarter, January, February and March first: {'; '.join(following)}"
    return Finding("months of the quarter", "PASS", what)


def _dispersion(calibration: Calibration) -> Finding:
    """How much weeks differ by more than chance, in forecasts of a week that the fit did not know."""
    sigmas = {fit.rule.name: float(np.median(fit.pace)) for fit in calibration.fits if fit.pace is not None}
    restless = [f"{name} ({sigma:.0%})" for name, sigma in sigmas.items() if sigma > RESTLESS]
    if restless:
        return Finding(
            "differences between weeks",
            "REVIEW",
            f"exits of some weeks differ from those of others by far more than chance explains: {', '.join(restless)}",
            "look for clean-ups, batches or outages in these stages; the bands include such weeks",
        )
    most = max(sigmas.values(), default=0.0)
    return Finding("differences between weeks", "PASS", f"speeds of weeks differ by {most:.0%} or less in every stage")


def _priors(calibration: Calibration) -> Finding:
    """Which spreads the history hardly changes: they stand as they are expected of any company."""
    words = {"shock": "how much quarters differ in conversion", "pace": "how much weeks differ in speed"}
    parts = []
    for key, what in words.items():
        drawn = {fit.rule.name: getattr(fit, key) for fit in calibration.fits}
        names = [n for n, d in drawn.items() if d is not None and d.std() > LIKE_PRIOR[key] * d.mean()]
        if names:
            parts.append(f"{what} ({', '.join(names)})")
    if not parts:
        return Finding("priors", "PASS", "the history says more than the priors about every spread")
    what = f"the history is too short or too small to say {' and '.join(parts)}; what is usual stands in its place"
    return Finding("priors", "PASS", what)


def _fit(curves: list[dict[str, Any]]) -> Finding:
    off = []
    for curve in curves:
        observed, low, high = (np.array(curve[key]) for key in ("observed", "p05", "p95"))
        slack = 0.02
        if np.mean((observed < low - slack) | (observed > high + slack)) > 0.25:
            off.append(f"{curve['stage']} to {curve['outcome']}")
    if not off:
        return Finding("fit", "PASS", "the fitted curves follow the observed ones")
    return Finding(
        "fit",
        "REVIEW",
        f"fitted and observed curves differ: {', '.join(off)}",
        "look at the chart `incidence`",
    )


def _level(calibration: Calibration) -> Finding | None:
    """Leads that are expected from now on, against those of the last weeks."""
    fit, values = calibration.arrivals, calibration.values
    weeks = np.asarray(fit.observed)[-WEEKS - 1 : -1]  # the last one may not be whole
    expected = 0.0
    for name in fit.names:
        level, now = (values.get(f"channels.{name}.{part}") for part in ("leads", "drift.now"))
        if level is not None:
            expected += float(np.median(level if now is None else level * now)) * (7.0 if fit.unit == "day" else 1.0)
    observed = float(weeks.sum(axis=1).mean()) if len(weeks) == WEEKS else 0.0
    if not observed:
        return None
    what = f"the model expects {expected:,.0f} leads a week from now on; in the last {WEEKS} weeks there were "
    what += f"{observed:,.0f}"
    if 1 / CHANGED < expected / observed < CHANGED:
        return Finding("level of leads", "PASS", what)
    return Finding(
        "level of leads",
        "REVIEW",
        what,
        "check that the last days of the export are complete (an earlier `--as-of` leaves them out), or state `leads` "
        "in a file that extends the model",
    )
