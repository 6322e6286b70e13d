"""What a comparison found, in a title and a line below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import numbers
from rpmsim.report.compare_axes import drawn_names, targets_of
from rpmsim.report.compare_bars import by_size
from rpmsim.report.compare_text import ORIGINS, SOURCES, amount, better, named_ranges, signed, span_title
from rpmsim.report.table import shortened

Document = Mapping[str, Any]

NAME, _LONG_NAME = 34, 60
"""Columns of a name in a title, and of one that stands alone there."""


def bands_finding(document: Document) -> tuple[str, str]:
    """What differs most from the baseline, and what that does to the chance of a target."""
    metric, total = document["headline"], document["metrics"][document["headline"]]["total"]
    base = shortened(document["baseline"], NAME)
    ranked = sorted(by_size(document), key=lambda name: -abs(total[name]["difference"]["mean"] or 0.0))
    if not ranked:
        return f"{metric.capitalize()} of {base}", until_words(document)
    name = ranked[0]
    if total[name]["probability_same"] == 1.0:
        return _no_difference(document), f"Compared with {base}, {until_words(document)}"
    more = f"  (of {len(ranked)} scenarios, it differs most)" if len(ranked) > 1 else ""
    chance = _chance_sentence(document, name)
    compared = f"Compared with {base}, {until_words(document)}{more.replace('  ', ' ')}"
    return difference_sentence(document, metric, total[name], name), f"{chance}. {compared}" if chance else compared


def differences_finding(document: Document) -> tuple[str, str]:
    """Which scenario gains most, and which loses most."""
    metric, total = document["headline"], document["metrics"][document["headline"]]["total"]
    names, base = by_size(document), shortened(document["baseline"], NAME)
    if all(total[name]["probability_same"] == 1.0 for name in names):
        return _no_difference(document), f"Compared with {base}, {until_words(document)}"
    first, last = names[0], names[-1]
    if first == last:
        sure = f"{better(total[first])} chance of more {metric} than {base}, {until_words(document)}"
        return difference_sentence(document, metric, total[first], first), sure
    ends = [
        f"{signed(document, metric, total[name]['difference']['mean'])} with {shortened(name, NAME)}"
        for name in (first, last)
    ]
    return f"{metric.capitalize()}: {ends[0]}, {ends[1]}", (
        f"Chance of more than {base}: {better(total[first])} with {shortened(first, NAME)}, "
        f"{better(total[last])} with {shortened(last, NAME)}"
    )


def bridge_finding(document: Document, name: str) -> tuple[str, str]:
    """How large the difference is, and which change makes most of it."""
    metric, entries = document["headline"], document["bridge"][name]
    total = document["metrics"][metric]["total"][name]
    gap = signed(document, metric, total["difference"]["mean"])
    title = f"Why {shortened(name, NAME)} differs: {metric} {gap}"
    if total["probability_same"] == 1.0:
        title = difference_sentence(document, metric, total, name)
    largest = max(entries, key=lambda entry: abs(entry["value"]))
    if not largest["value"]:
        return title, "No change has an effect"
    part = f"Largest part, {signed(document, metric, largest['value'])}" if len(entries) > 1 else "All of it"
    return title, f"{part}: {shortened(largest['lever'], _LONG_NAME)}"


def variance_finding(document: Document) -> tuple[str, str]:
    """What explains most of the band's width."""
    found = document["variance"]
    most = max(found["sources"], key=lambda entry: entry["share"])
    source = SOURCES[most["source"]]
    title = (
        f"{numbers.percent(most['share'])} of the variance in {document['headline']} comes from "
        f"{source[:1].lower()}{source[1:]}"
    )
    parts = [
        f"{shortened(number['number'], _LONG_NAME)} alone explains {numbers.percent(number['share'])}"
        for number in named_ranges(found)
    ][:1]
    origin = max(found["origin"], key=lambda entry: entry["share"])
    words = ORIGINS[origin["origin"]]
    parts.append(f"{numbers.percent(origin['share'])} comes from {words[:1].lower()}{words[1:]}")
    return title, f"{shortened(found['scenario'], NAME)}, {until_words(document)}: {'; '.join(parts)}"


def describe_bands(document: Document, panels: Sequence[str]) -> str:
    """The chart of bands in words: the longer spans, and of each scenario band and chance."""
    metric = document["headline"]
    parts = []
    for label in panels:
        targets = targets_of(document, label)
        for name in drawn_names(document):
            entry = document["metrics"][metric][label].get(name)
            if entry is None:
                continue
            band = ", ".join(
                f"{WORDS[key][0]} {amount(document, metric, entry['value'][key])}" for key in ("p10", "p50", "p90")
            )
            chance = f", chance of the target {numbers.chance(targets[name])}" if name in targets else ""
            parts.append(f"{span_title(document, label)}, {name}: {band}{chance}")
    return f"Bands of {metric}. {'; '.join(parts)}."


def difference_sentence(document: Document, metric: str, entry: Document, name: str) -> str:
    """A scenario's mean difference and its band."""
    own, name = entry["difference"], shortened(name, NAME)
    if entry["probability_same"] == 1.0:
        return f"{name}: no difference in {metric}"
    mean, low, high = (signed(document, metric, own[key]) for key in ("mean", "p10", "p90"))
    return f"{name}: {metric} {mean} (8 of 10: {low} to {high})"


def _no_difference(document: Document) -> str:
    which = "No scenario differs" if len(by_size(document)) > 1 else f"{by_size(document)[0]} does not differ"
    return f"{which} in {document['headline']}"


def _chance_sentence(document: Document, name: str) -> str:
    """How the chance of the longest span's target changes, of equally long ones that which changes most."""
    found = []
    spans = {span["period"]: span for span in document["periods"]}
    for target in document["targets"]:
        own = target["scenarios"].get(name, {})
        if target["metric"] == document["headline"] and "probability_difference" in own and own["state"] != "actual":
            span = spans.get(target["period"])
            months = 0 if span is None else days_of(span) // 31
            found.append((months, abs(own["probability_difference"]["mean"]), target))
    if not found:
        return ""
    target = max(found, key=lambda entry: entry[:2])[2]
    before, after = (numbers.chance(target["scenarios"][which]) for which in (document["baseline"], name))
    change = f"{after} instead of {before}" if before != after else f"{after} as before"
    return f"Chance of the {target['period']} target {change}"


def days_of(span: Document) -> int:
    """Days of a span of time."""
    return (dt.date.fromisoformat(span["last"]) - dt.date.fromisoformat(span["first"])).days + 1


def until_words(document: Document) -> str:
    """What the total is of, within a sentence."""
    return span_title(document, "total")[:1].lower() + span_title(document, "total")[1:]
