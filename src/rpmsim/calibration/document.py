"""The document of a calibration: everything that a reader, a chart or another program may want, ready for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.amounts import Curve
from rpmsim.calibration.clocks import clock_names
from rpmsim.calibration.health import findings
from rpmsim.calibration.incidence import incidence
from rpmsim.calibration.part import Finding
from rpmsim.calibration.stage_fit import StageFit, clocks_of
from rpmsim.calibration.win_rates import win_rates
from rpmsim.history.audit.item import worst

if TYPE_CHECKING:
    from rpmsim.calibration.calibration import Calibration

F64 = NDArray[np.float64]


def document(calibration: Calibration) -> dict[str, Any]:
    """What was fitted, from what, and how sure it is."""
    evidence, fits = calibration.evidence, calibration.fits
    curves = [curve for fit in fits for curve in incidence(evidence, fit)]
    found = findings(calibration, curves)
    rates = _win_rates(calibration)
    return {
        "history": evidence.view.mapping.name,
        "verdict": worst({finding.verdict for finding in found}),
        "as_of": evidence.as_of.isoformat(),
        "first_day": evidence.first.isoformat(),
        "currency": evidence.view.mapping.currency,
        "records": len(evidence.records),
        "open": len(calibration.open_rows),
        "draws": calibration.settings.draws,
        "seed": calibration.settings.seed,
        "horizon_days": calibration.settings.horizon,
        "plug_in": calibration.settings.plug_in,
        "stages": {fit.rule.name: _outcomes(calibration, fit) for fit in fits},
        "stage_facts": {fit.rule.name: {**_facts(calibration, fit), "win_rate": rates[fit.rule.name]} for fit in fits},
        "channels": _channels(calibration),
        "amounts": _amounts(calibration),
        "track_record": calibration.track_record,
        "not_identified": _not_identified(found),
        "health": [finding.as_dict() for finding in found],
        "incidence": curves,
        "arrivals": _weeks(calibration),
        "amount_quantiles": _curves(calibration),
    }


AFTER_THE_WIN = ("won", "customer")
QUEUE = "queue of "
NOT_IDENTIFIED = ("identification", "staff", "amounts", "losses", "wins", "shock", "stages")


def _not_identified(found: list[Finding]) -> list[str]:
    """What these records cannot say: where nothing is wrong with them, it is no finding to act upon."""
    queues = [finding.item.removeprefix(QUEUE) for finding in found if finding.item.startswith(QUEUE)]
    listed = [f"{f.item}: {f.what}" for f in found if f.item in NOT_IDENTIFIED and f.verdict != "PASS"]
    listed += [f.what for f in found if f.item == "staff" and f.verdict == "PASS"]
    if queues:
        listed.append(f"The limit of staff in {', '.join(queues)}: times there include waiting, and there is no queue")
    return listed


def quantiles(draws: F64) -> dict[str, float | None]:
    """Median and 90% interval; null where there is nothing."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return {"p05": None, "p50": None, "p95": None}
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    return {"p05": _short(low), "p50": _short(middle), "p95": _short(high)}


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _outcomes(calibration: Calibration, fit: StageFit) -> dict[str, Any]:
    shares, medians = fit.shares, fit.median_days()
    return {
        calibration.evidence.targets[cause.outcome]: {
            "share": quantiles(shares[:, j]),
            "median_days": quantiles(medians[:, j]),
            "records": int((fit.spells.outcome == cause.outcome).sum()),
        }
        for j, cause in enumerate(fit.causes)
    }


def _facts(calibration: Calibration, fit: StageFit) -> dict[str, Any]:
    evidence = calibration.evidence
    tried = fit.choice.tried
    names = clock_names(clocks_of(calibration.fits), evidence.workdays)
    result: dict[str, Any] = {
        "label": fit.rule.name,
        "kind": fit.rule.kind,
        "records": len(fit.spells),
        "open": sum(row["stage"] == fit.rule.name for row in calibration.open_rows),
        "window": fit.choice.name,
        "clock": {evidence.targets[cause.outcome]: names[cause.clock.key] for cause in fit.causes},
        "differs_by": list(fit.dimensions),
        "tail_share": _short(fit.tail),
        "never_leave": quantiles(np.maximum(1.0 - fit.shares.sum(axis=1), 0.0)),
        "pace_sigma": None if fit.pace is None else quantiles(fit.pace),
        "shock_sigma": None if fit.shock is None else quantiles(fit.shock),
        "recorded_since": None if fit.since is None else evidence.date(fit.since).isoformat(),
    }
    if tried is not None and len(tried.origins):
        scores = tried.crps
        error = scores.std(axis=0, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.zeros(scores.shape[1])
        result["window_origins"] = len(tried.origins)
        result["window_candidates"] = [
            {"window": window.name, "score": _short(float(scores[:, i].mean())), "error": _short(float(error[i]))}
            for i, window in enumerate(tried.windows)
        ]
    return result


def _win_rates(calibration: Calibration) -> dict[str, dict[str, float | None] | None]:
    """Share of the records entering each stage that are won in the end; None for a stage after the win."""
    targets = calibration.evidence.targets
    won = {rule.name for rule in calibration.evidence.view.mapping.stages if rule.kind == "won"}
    shares = {
        fit.rule.name: {targets[cause.outcome]: fit.shares[:, j] for j, cause in enumerate(fit.causes)}
        for fit in calibration.fits
        if fit.rule.kind not in AFTER_THE_WIN
    }
    rates = win_rates(shares, won)
    return {
        fit.rule.name: quantiles(rates[fit.rule.name]) if fit.rule.name in rates else None for fit in calibration.fits
    }


def _channels(calibration: Calibration) -> dict[str, Any]:
    evidence, values = calibration.evidence, calibration.values
    per = 7.0 if calibration.arrivals.unit == "day" else 1.0
    result = {}
    for i, name in enumerate(evidence.channels.names):
        path = f"channels.{name}"
        row: dict[str, Any] = {
            "label": evidence.channels.labels[i],
            "into": evidence.stages[evidence.into[i]].name,
            "records": int(evidence.arrivals[:, i].sum()),
        }
        for key, part, scale in (
            ("leads_per_week", "leads", per),
            ("dispersion", "dispersion", 1.0),
            ("level_now", "drift.now", 1.0),
        ):
            drawn = values.get(f"{path}.{part}")
            row[key] = None if drawn is None else quantiles(drawn * scale)
        result[name] = row
    return result


def _amounts(calibration: Calibration) -> dict[str, Any]:
    fitted = calibration.amounts
    labels = dict(zip(calibration.evidence.segments.names, calibration.evidence.segments.labels, strict=True))
    wins = calibration.evidence.wins
    result = {}
    for number, name in enumerate(calibration.evidence.segments.names):
        if name in fitted.mean:
            known = (wins.segment == number) & np.isfinite(wins.amount)
            result[name] = {"label": labels[name], "records": int(known.sum()), "mean": quantiles(fitted.mean[name])}
    for curve in fitted.curves:
        if curve.segment in result:
            middle = int(np.argmin(np.abs(curve.u - 0.5)))
            result[curve.segment]["median"] = {
                key: _short(float(values[middle])) for key, values in _bands(curve).items() if key != "observed"
            }
    return result


def _weeks(calibration: Calibration) -> dict[str, Any]:
    fit = calibration.arrivals
    columns = {"observed": fit.observed, "fitted": fit.expected, "low": fit.low, "high": fit.high}
    return {
        "weeks": [week.isoformat() for week in fit.weeks],
        "channels": {
            name: {key: np.asarray(values[:, i], dtype=np.float64).round(2).tolist() for key, values in columns.items()}
            for i, name in enumerate(fit.names)
        },
    }


def _curves(calibration: Calibration) -> list[dict[str, Any]]:
    return [
        {
            "segment": curve.segment,
            "levels": [_short(float(u)) for u in curve.u],
            **{key: [_short(float(v)) if np.isfinite(v) else None for v in row] for key, row in _bands(curve).items()},
        }
        for curve in calibration.amounts.curves
    ]


def _bands(curve: Curve) -> dict[str, F64]:
    return {"observed": curve.observed, "p05": curve.low, "p50": curve.fitted, "p95": curve.high}
