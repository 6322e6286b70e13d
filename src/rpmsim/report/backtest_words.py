"""A backtest in sentences: what was forecast, what the scores mean, and the words that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import starmap
from typing import Any

from rpmsim.report.backtest_rows import (
    BAND,
    best_baseline,
    cumulative,
    days_words,
    main_targets,
    number,
    relative,
    scored,
    targets,
    unsigned,
    whole,
)
from rpmsim.report.calibration_rows import one_line
from rpmsim.report.findings import capital
from rpmsim.report.table import shortened

Document = Mapping[str, Any]
_Entry = tuple[str, str, Document]
_Verdict = Callable[[Document], str | None]

_NAME = 40
"""Columns of a name in a line of text."""
_BIASED = 0.1
"""A bias that a sentence is worth."""

DEFINITIONS = {
    "origin": "The day from which a forecast is made, with what was known at its end and nothing later.",
    "horizon": "The days that a forecast covers: 28 days are days 1 to 28 after the origin.",
    "separate": "How many of the spans that the forecasts cover do not overlap. Forecasts of overlapping spans are "
    "wrong together, so the evidence is that of the separate ones.",
    BAND: "The interval from the 10% to the 90% quantile of a forecast. Of good ones, 8 in 10 hold what came.",
    "true share": "What share of outcomes such bands would hold in the long run, as far as the separate forecasts "
    "show it.",
    "bands hold, too narrow, too wide": "What the interval of the true share says of the 8-in-10 bands; "
    "`cannot tell` where it leaves both open.",
    "width": "The mean distance between the ends of a band. Of two forecasts whose bands hold, the narrower is better.",
    "bias": "Sum of the means that were forecast / sum of what came − 1. Above 0%: too high.",
    "WAPE": "Sum of the absolute errors of the median / sum of what came.",
    "CRPS": "Continuous ranked probability score: how far a forecast with its band is from what came, in the unit of "
    "the forecast. Lower is better.",
    "baseline": "A simple method that forecasts from the same data. The best one is the one with the lowest CRPS at "
    "that horizon, chosen when all outcomes are known.",
    "skill": "1 − CRPS / CRPS of the baseline. 20%: the CRPS is lower by a fifth. Below 0%: the baseline is better.",
    "cannot tell": "The interval leaves open which of the two is better.",
    "PIT": "Probability integral transform: the share of replications below what came, for counts with a random part "
    "of the equal ones. Of good forecasts all values from 0% to 100% are equally frequent.",
    "Brier score": "Mean squared difference between the chance that was forecast and what came (1 if reached, else "
    "0). Lower is better. To compare with: the score of always stating the share that was reached.",
    "reached": "As much came as in the same number of days before the origin, a fifth less, or a fifth more: three "
    "chances for each forecast.",
    "conformal": "Bands adjusted by the errors of earlier forecasts.",
    "combination": "The weighted average of the forecast and a baseline, with a weight from earlier forecasts.",
}


def count_of(document: Document) -> int:
    """How many days forecasts were made on."""
    days = {forecast.get("origin") for forecast in document["forecasts"]}
    most = (number(entry, "origins") for name in targets(document) for entry in scored(document, name).values())
    return len(days) or int(max((value for value in most if value is not None), default=0))


def basis(document: Document) -> str:
    """What was forecast from when to when, and how."""
    count = count_of(document)
    until, first, last = (document.get(key) or "-" for key in ("until", "first_origin", "last_origin"))
    when = f"1 forecast from {first}"
    if count != 1:
        every = number(document, "every")
        steps = "" if every is None else ", every day" if every == 1 else f", every {every:g} days"
        when = f"{count:,} forecasts from {first} to {last}{steps}"
    how = "fixed parameters (plug-in) and " if document.get("plug_in") else ""
    return (
        f"{when}, {'' if count == 1 else 'each '}with what was known on its day, scored against what came until "
        f"{until} ({how}{document.get('replications') or 0:,} replications, random seed {document.get('seed')})."
    )


def foot(document: Document) -> str:
    """What a chart rests on."""
    return f"{shortened(one_line(document['history']), _NAME)}: {basis(document)}"


def meanings(document: Document) -> list[str]:
    """What the scores of the main targets at the longest horizon mean."""
    longest = headlines(document)
    found = [(name, horizon, scored(document, name)[horizon]) for name, horizon in longest]
    said = [write(horizon, group) for write in (_bands, _skill) for horizon, group in _alike(found, _VERDICTS[write])]
    said += [_bands(horizon, group) for horizon, group in _alike(_shorter(document, longest), _VERDICTS[_bands])]
    return [*said, *(text for text in starmap(_bias, found) if text), *_not_forecast(document), *_not_scored(document)]


def _not_scored(document: Document) -> list[str]:
    """Which targets could never be forecast, and why."""
    return [f"No forecast of {name}: {reason}." for name, reason in (document.get("not_scored") or {}).items()]


def _not_forecast(document: Document) -> list[str]:
    """From which days nothing could be forecast, and why, by reason."""
    reasons: dict[str, list[str]] = {}
    for day, reason in (document.get("not_forecast") or {}).items():
        reasons.setdefault(one_line(str(reason)), []).append(day)
    return [
        f"No forecast from {days[0] if len(days) == 1 else f'{len(days)} days, {days[0]} to {days[-1]}'}: {reason}."
        for reason, days in reasons.items()
    ]


def _shorter(document: Document, longest: Sequence[tuple[str, str]]) -> list[_Entry]:
    """Main targets at other horizons, and in periods between them, of which the record can say something."""
    return [
        (name, horizon, entry)
        for name in main_targets(document)
        for horizon, entry in scored(document, name).items()
        if (name, horizon) not in longest and entry.get("verdict") not in (None, "cannot tell")
    ]


def headlines(document: Document) -> list[tuple[str, str]]:
    """The main targets, each with its longest horizon."""
    return [(name, cumulative(scored(document, name))[-1]) for name in main_targets(document)]


def listed(texts: Sequence[str]) -> str:
    """``wins, bookings and leads``."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _alike(found: Sequence[_Entry], verdict_of: _Verdict) -> list[tuple[str, dict[str, Document]]]:
    """Targets with one horizon and one verdict, together; those without a verdict are left out."""
    groups: dict[tuple[str, str], dict[str, Document]] = {}
    for name, horizon, entry in found:
        if verdict_of(entry):
            groups.setdefault((horizon, str(verdict_of(entry))), {})[name] = entry
    return [(horizon, group) for (horizon, _), group in groups.items()]


def _bands(horizon: str, group: Mapping[str, Document]) -> str:
    """Whether the 8-in-10 bands hold."""
    found = next(iter(group.values()))["verdict"]
    bands = f"the {BAND}s of {listed([*group])} over {days_words(horizon)}"
    if found == "cannot tell":
        return f"{_too_few(group)} to say whether {bands} hold."
    says = {
        "bands hold": "hold",
        "too narrow": "are too narrow: outcomes fall outside more often than 2 in 10 times",
        "too wide": "are too wide: outcomes fall outside less often than 2 in 10 times",
    }
    return f"{capital(bands)} {says.get(found, f'are {found}')}."


def _too_few(group: Mapping[str, Document]) -> str:
    """How much evidence there is, where it is not enough."""
    spans, separate = (
        [value for value in (number(entry, key) for entry in group.values()) if value is not None]
        for key in ("origins", "effective_origins")
    )
    if not spans or not separate:
        return "Too few forecasts"
    if min(separate) >= max(spans):
        return f"{whole(max(spans))} forecast{' is' if max(spans) == 1 else 's are'} too few"
    alone = min(separate) == 1
    return f"Only {whole(min(separate))} of {whole(max(spans))} spans do{'es' if alone else ''} not overlap: too few"


def _skill(horizon: str, group: Mapping[str, Document]) -> str:
    """How forecasts compare with the best baseline."""
    best = {name: best_baseline(entry) for name, entry in group.items()}
    found = {name: own[1] for name, own in best.items() if own is not None}
    over, result = days_words(horizon), next(iter(found.values()))["verdict"]
    if result == "cannot tell":
        return f"Cannot tell whether forecasts of {listed([*found])} over {over} are better than the best baseline."
    values = [f"{name} ({relative(number(own, 'value'))})" for name, own in found.items()]
    return f"Forecasts over {over} are {result} than the best baseline: {listed(values)}."


def _bias(name: str, horizon: str, entry: Document) -> str:
    """Whether forecasts were too high or too low in total."""
    bias = number(entry, "bias")
    if bias is None or abs(bias) < _BIASED:
        return ""
    direction = "high" if bias > 0 else "low"
    return f"Forecasts of {name} over {days_words(horizon)} were too {direction} in total, by {unsigned(abs(bias))}."


def _best_verdict(entry: Document) -> str | None:
    best = best_baseline(entry)
    return best[1].get("verdict") if best else None


_VERDICTS: dict[Callable[[str, Mapping[str, Document]], str], _Verdict] = {
    _bands: lambda entry: entry.get("verdict"),
    _skill: _best_verdict,
}
"""Which verdict each sentence is about."""
