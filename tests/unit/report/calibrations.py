"""Documents of calibrations, made up: what report code reads, from usual to absurd."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

LONG = "Enterprise renewals by partner, EMEA 2027"
SCRIPT = "顧客獲得チャネル 二〇二七年度 改訂版 リード増加"
HOSTILE = "a|b <img src=x> `c` *d* [e](http://f) $g$\n# h"
STAGES = ("Engaged", "Meeting", "Discovery", "Solution", "Contract")
DAY = dt.date(2027, 12, 31)


def band(middle: float, spread: float = 0.1) -> dict[str, float]:
    """A median and its interval."""
    return {"p05": middle * (1 - spread), "p50": middle, "p95": middle * (1 + spread)}


def calibration(
    *,
    stages: tuple[str, ...] = STAGES,
    channels: tuple[str, ...] = ("Website", "Outbound", "Partners"),
    segments: tuple[str, ...] = ("SMB", "Enterprise"),
    ends: tuple[str, ...] = ("lost",),
    records: int = 4000,
    weeks: int = 100,
    last_day: int = 90,
    currency: str = "EUR",
    **other: Any,
) -> dict[str, Any]:
    """A document; ``other`` replaces whole entries of it."""
    outcomes = {name: (*stages[i + 1 : i + 2], *(["won"] if i == len(stages) - 1 else []), *ends)
                for i, name in enumerate(stages)}  # fmt: skip
    reached = {name: max(records >> i, 1) for i, name in enumerate(stages)}
    document: dict[str, Any] = {
        "history": "Acme CRM",
        "verdict": "REVIEW",
        "as_of": DAY.isoformat(),
        "records": records,
        "draws": 1000,
        "horizon_days": 28,
        "seed": 1,
        "currency": currency,
        "first_day": "2026-01-05",
        "open": records // 10,
        "plug_in": False,
        "track_record": {},
        "stages": {
            name: {
                outcome: {
                    "share": band(0.7 / (j + 1) / len(to), 0.08),
                    "median_days": band(4.0 * (j + 1)) if outcome != "won" else band(12.0),
                    "records": reached[name] // (j + 2),
                }
                for j, outcome in enumerate(to)
            }
            for name, to in outcomes.items()
        },
        "stage_facts": {
            name: {
                "label": name,
                "records": reached[name],
                "open": reached[name] // 20,
                "pace_sigma": band(0.12, 0.4),
                "shock_sigma": band(0.2, 0.5),
                "tail_share": 0.034,
                "clock": {outcome: "calendar" if outcome == "lost" else "work" for outcome in to},
                "win_rate": band(0.09 * 1.7**i % 1, 0.12),
                "window": "half-life 14 or 28 days" if name == stages[-1] else "all",
                "window_origins": 12,
                "window_candidates": [
                    {"window": "half-life 14 days", "score": 0.5512, "error": 0.08},
                    {"window": "half-life 28 days", "score": 0.55, "error": 0.08},
                    {"window": "all", "score": 0.548 + 0.1 * (name == stages[-1]), "error": 0.09},
                ],
            }
            for i, (name, to) in enumerate(outcomes.items())
        },
        "channels": {
            name: {
                "label": name,
                "records": records // (i + 2),
                "leads_per_week": band(20.0 / (i + 1)),
                "dispersion": band(0.04, 0.5),
                "level_now": band(1.1),
            }
            for i, name in enumerate(channels)
        },
        "amounts": {
            name: {
                "label": name,
                "records": records // (9 * i + 9),
                "median": band(9e3 * 3**i),
                "mean": band(12e3 * 3**i),
            }
            for i, name in enumerate(segments)
        },
        "not_identified": ["Times include waiting: there are no work items, so nobody's queue is known"],
        "health": [
            {"item": "tail", "verdict": "PASS", "what": "3% of outcomes are expected later than recorded", "to_do": ""},
            {
                "item": "drift",
                "verdict": "FAIL",
                "what": "Meetings are booked 40% faster since October",
                "to_do": "use --window 90, or ask what changed in October",
            },
            {
                "item": "amounts",
                "verdict": "REVIEW",
                "what": "half of the open deals have no amount.",
                "to_do": "fill them in, or accept amounts drawn from the segment",
            },
        ],
        "incidence": [
            incidence(name, outcome, reached[name] // (j + 2), last_day, 0.7 / (j + 1) / len(to), 4.0 + 5 * j)
            for name, to in outcomes.items()
            for j, outcome in enumerate(to)
        ],
        "arrivals": {
            "weeks": [(DAY - dt.timedelta(7 * (weeks - i))).isoformat() for i in range(weeks)],
            "channels": {name: arrivals(weeks, 20.0 / (i + 1), i) for i, name in enumerate(channels)},
        },
        "amount_quantiles": [quantiles(name, 9e3 * 3**i) for i, name in enumerate(segments)],
    }
    return document | other


def incidence(stage: str, outcome: str, records: int, last_day: int, share: float, pace: float) -> dict[str, Any]:
    """Curves of one outcome by days since the stage was entered."""
    days = list(range(last_day + 1))
    middle = [share * (1 - math.exp(-(day + 1) / pace)) for day in days]
    return {
        "stage": stage,
        "outcome": outcome,
        "records": records,
        "days": days,
        "observed": [value * (1 + 0.06 * math.sin(day / 9)) for day, value in zip(days, middle, strict=True)],
        "p05": [0.92 * value for value in middle],
        "p50": middle,
        "p95": [1.08 * value for value in middle],
    }


def arrivals(weeks: int, level: float, phase: int) -> dict[str, list[float | None]]:
    """Weekly counts, the fitted level and its band."""
    fitted = [level * (1 + 0.3 * math.sin(week / 15 + phase)) for week in range(weeks)]
    noise = [math.sin(12.9898 * (week + 7 * phase)) * 43758.5453 % 1 - 0.5 for week in range(weeks)]
    observed = [
        round(max(f + 2 * n * math.sqrt(f + 0.04 * f * f) * 1.7, 0)) for f, n in zip(fitted, noise, strict=True)
    ]
    return {
        "observed": observed,
        "fitted": fitted,
        "low": [max(f - 1.64 * math.sqrt(f + 0.04 * f * f), 0) for f in fitted],
        "high": [f + 1.64 * math.sqrt(f + 0.04 * f * f) for f in fitted],
    }


def quantiles(segment: str, median: float) -> dict[str, Any]:
    """Quantiles of a log-normal distribution and what was observed."""
    levels = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    scores = [-1.645, -1.282, -0.842, -0.524, -0.253, 0.0, 0.253, 0.524, 0.842, 1.282, 1.645]
    middle = [median * math.exp(0.7 * score) for score in scores]
    return {
        "segment": segment,
        "levels": levels,
        "observed": [value * (1 + 0.1 * math.sin(3 * i)) for i, value in enumerate(middle)],
        "p05": [0.88 * value for value in middle],
        "p50": middle,
        "p95": [1.13 * value for value in middle],
    }


NOTHING: dict[str, Any] = {
    "records": 0,
    "stages": {},
    "stage_facts": {},
    "channels": {},
    "amounts": {},
    "not_identified": [],
    "health": [],
    "incidence": [],
    "arrivals": {"weeks": [], "channels": {}},
    "amount_quantiles": [],
}
"""A history of which nothing could be fitted."""

UNKNOWN = {"p05": None, "p50": None, "p95": None}

MANY_STAGES = tuple(f"Stage {i} of the long sales process" for i in range(1, 13))
ENDS = ("lost", "disqualified", "no decision")

CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "one_stage": {"stages": ("lead",), "channels": ("all",), "segments": ("all",)},
    "two": {"stages": ("lead", "deal"), "channels": ("in", "out")},
    "many": {
        "stages": MANY_STAGES,
        "ends": ENDS,
        "channels": tuple(f"Channel {i}" for i in range(30)),
        "segments": tuple(f"Segment {i}" for i in range(15)),
        "records": 2_345_678,
    },
    "long": {"stages": (LONG, f"{LONG} b"), "channels": (LONG, f"{LONG} b"), "segments": (LONG, f"{LONG} b", "c", "d")},
    "script": {"stages": (SCRIPT, "商談"), "channels": (SCRIPT,), "segments": (SCRIPT,), "history": SCRIPT},
    "hostile": {"stages": (HOSTILE, "b"), "channels": (HOSTILE,), "segments": (HOSTILE,), "history": HOSTILE},
    "few": {"records": 3, "weeks": 1, "last_day": 0},
    "nothing": NOTHING,
    "plug_in": {"plug_in": True},
    "big_money": {"currency": "XOF"},
    "years": {"last_day": 1500, "weeks": 600},
    "fractional": {"arrivals": {"weeks": ["2027-12-20"], "channels": {"a": arrivals(1, 0.01, 0)}}},
}
"""Options of :func:`calibration` by what they are."""
