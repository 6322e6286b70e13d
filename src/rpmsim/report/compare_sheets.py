"""The sheets of ``compare.xlsx`` as tables: which columns and rows each one has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rpmsim import __version__
from rpmsim.analysis.bands import WORDS
from rpmsim.analysis.dictionary import METRICS
from rpmsim.report.compare_rows import COLUMNS, rows
from rpmsim.report.compare_text import (
    ORIGINS,
    SOURCES,
    SURE,
    binding_sentence,
    interaction_sentence,
    others,
    rows_of,
    span_title,
)
from rpmsim.report.sheets import Row, Table

Document = Mapping[str, Any]

_BAND = ("p10", "p50", "p80", "p90", "mean")
_SHORT_BAND = ("p10", "p50", "p90", "mean")
_DIFFERENCE = ("mean", "p10", "p50", "p90", "mc_error")
_NAME = 26
"""Width of a column with names of scenarios."""
_ERROR = "95% error (±)"


def tables(document: Document) -> Iterable[Table]:
    """Every sheet of the workbook but the charts, in order; those without rows are left out by who writes."""
    yield _summary(document)
    yield _targets(document)
    yield _metrics(document)
    yield _bridge(document)
    yield _binds(document)
    yield _variance(document)
    yield _all_numbers(document)
    yield _changes(document)
    yield _about(document)


def _summary(document: Document) -> Table:
    """Bands and differences of the headline metric: the total, then years and periods of targets, then periods."""
    metric = document["headline"]
    found = document["metrics"][metric]
    kind = _kind(document, metric)
    spans = {span["period"]: span for span in document["periods"]}
    whole = sorted(rows_of(document), key=lambda label: label != "total")
    single = [label for label in found if label not in whole and label != "total"]
    head = [("Period", "text"), ("Scenario", "text"), ("From", "date"), ("To", "date")]
    head += [(_word(key), kind) for key in _BAND]
    head += [(f"Difference: {_word(key)}", kind) for key in _DIFFERENCE[:-1]]
    head += [
        ("Monte Carlo error of the mean difference", kind),
        ("Chance better", "chance"),
        ("Chance same", "percent"),
    ]
    head += [("Variance saved, times", "number")]
    result: list[Row] = []
    for label in (*whole, *single):
        span = spans.get(label, {"first": document["periods"][0]["first"], "last": document["until"]})
        days = [dt.date.fromisoformat(span[key]) for key in ("first", "last")]
        for name, entry in found[label].items():
            cells = [entry["value"][key] for key in _BAND] + _difference(entry, _DIFFERENCE)
            cells += [_better(entry), entry.get("probability_same"), entry.get("variance_saved")]
            result.append([span_title(document, label), name, *days, *cells])
    unit = document["units"][metric]
    notes = [
        f"{metric.capitalize()}, {unit}. {METRICS[metric].definition}",
        f"Difference from {document['baseline']}, replication by replication on common random numbers.",
        "Variance saved: so many times larger would the variance of the difference be with independent random numbers.",
        "Quantiles of single periods do not add up to the quantile of a longer one. Means do.",
    ]
    return Table("Summary", head, result, notes, {0: 24, 1: _NAME})


def _targets(document: Document) -> Table:
    head = [("Metric", "text"), ("Period", "text"), ("Scenario", "text"), ("State", "text")]
    head += [("Target", "number"), ("Actual to date", "number"), ("To go", "number"), ("Chance", "chance")]
    head += [("Change of the chance, points", "number"), ("Monte Carlo error of the change, points", "number")]
    head += [("Average shortfall if missed", "number"), ("Pipeline coverage, times", "ratio")]
    result: list[Row] = []
    for target in document["targets"]:
        for name, entry in target["scenarios"].items():
            change = entry.get("probability_difference", {})
            points = [None if change.get(key) is None else 100 * change[key] for key in ("mean", "mc_error")]
            cells = [entry.get(key) for key in ("state", "target", "actual", "to_go", "probability")]
            cells += [*points, entry.get("expected_miss"), entry.get("pipeline_coverage")]
            result.append([target["metric"], target["period"], name, *cells])
    return Table("Targets", head, result, (), {2: _NAME})


def _metrics(document: Document) -> Table:
    """Every metric over the whole run."""
    head = [("Metric", "text"), ("Unit", "text"), ("Scenario", "text")]
    head += [(_word(key), "number") for key in _SHORT_BAND]
    head += [(f"Difference: {_word(key)}", "number") for key in _DIFFERENCE[:-1]]
    head += [("Monte Carlo error of the mean difference", "number"), ("Chance better", "chance")]
    result, kinds = [], []
    for metric, found in document["metrics"].items():
        unit = document["units"][metric]
        for name, entry in found["total"].items():
            cells = [entry["value"][key] for key in _SHORT_BAND] + _difference(entry, _DIFFERENCE)
            if unit == "percent":
                cells = [None if cell is None else cell / 100 for cell in cells]
            result.append([metric, unit, name, *cells, _better(entry)])
            kinds.append(_kind(document, metric))
    less = ", ".join(document["less_is_better"])
    notes = [f"{span_title(document, 'total')}; of every period: sheet All numbers."]
    notes += [f"Less is better: {less}."] if less else []
    return Table("Metrics", head, result, notes, {0: 20, 2: _NAME}, kinds)


def _bridge(document: Document) -> Table:
    """The levers of each scenario, in all and by longer span; baseline, levers and scenario add up."""
    metric = document["headline"]
    kind = _kind(document, metric)
    longer = [label for label in rows_of(document) if label != "total"]
    head = [("Scenario", "text"), ("From - change - to", "text"), (f"Mean {metric}", kind), (_ERROR, kind)]
    head += [("Alone", kind), *((label, kind) for label in longer)]
    result: list[Row] = []
    for name, entries in document["bridge"].items():
        found = document["metrics"][metric]
        ends = {
            which: [found[label][which]["value"]["mean"] for label in ("total", *longer)]
            for which in (document["baseline"], name)
        }
        (first, *firsts), (last, *lasts) = ends.values()
        result.append([name, document["baseline"], first, None, None, *firsts])
        for entry in entries:
            error = None if entry["mc_error"] is None else SURE * entry["mc_error"]
            parts = [entry["periods"].get(label, {}).get("value") for label in longer]
            result.append([name, entry["lever"], entry["value"], error, entry["alone"], *parts])
        result.append([name, name, last, None, None, *lasts])
    notes = [
        "A change's part is its effect, averaged over all orders in which the changes can be made.",
        "Alone: its effect without the others.",
        *filter(None, (interaction_sentence(document, name) for name in document["bridge"])),
    ]
    return Table("Bridge", head, result, notes, {0: _NAME, 1: 66})


def _binds(document: Document) -> Table:
    kind = _kind(document, document["headline"])
    head = [("Scenario", "text"), ("One more of", "text"), ("Kind", "text"), ("Problem", "text")]
    head += [("Limits most", "text"), (f"Gain, {document['headline']}", kind), (_ERROR, kind)]
    steps = {"role": "one more person", "channel": "1% more leads"}
    sides = {"capacity": "capacity", "demand": "pipeline"}
    result = [
        [
            found["scenario"],
            step["label"],
            steps[step["kind"]],
            sides[step["side"]],
            "limits" if step == found["binds"] else "",
            step["gain"],
            None if step["mc_error"] is None else SURE * step["mc_error"],
        ]
        for found in document["binds"]
        for step in found["steps"]
    ]
    return Table("What limits", head, result, [binding_sentence(document, found) for found in document["binds"]],
                 {0: _NAME, 1: 22, 2: 18})  # fmt: skip


def _variance(document: Document) -> Table:
    """Shares of the variance of the baseline's total."""
    head = [("By", "text"), ("What", "text"), ("Share of variance", "exact"), (f"{_ERROR}, share", "exact")]
    found = document["variance"]
    if found is None or not found["variance"]:
        return Table("Variance", head, [])
    groups: Sequence[tuple[str, str, str, Mapping[str, str]]] = (
        ("source", "sources", "source", SOURCES),
        ("number given as a range", "ranges", "number", {}),
        ("origin", "origin", "origin", ORIGINS),
    )
    result = [
        [by, words.get(entry[key], entry[key]), entry["share"], SURE * entry["mc_error"]]
        for by, group, key, words in groups
        for entry in found[group]
    ]
    notes = [
        f"Variance of {document['headline']} of {found['scenario']}, {span_title(document, 'total').lower()}.",
        "Shares by source sum to 100%, and so do those by origin.",
        "A number given as a range: what its value explains alone; below zero only by chance.",
    ]
    return Table("Variance", head, result, notes, {0: 26, 1: 60})


def _all_numbers(document: Document) -> Table:
    head = [(key, "text" if key in COLUMNS[:4] else "number") for key in COLUMNS]
    chances = {"probability_better", "probability_same"}
    head = [(key, "exact" if key in chances else kind) for key, kind in head]
    found = list(rows(document))
    of_unit = {document["currency"]: "whole", "percent": "ratio"}
    kinds = [of_unit.get(row["unit"], "number") for row in found]
    return Table("All numbers", head, [list(row.values()) for row in found], (), {0: 18, 3: _NAME}, kinds)


def _changes(document: Document) -> Table:
    """What was changed in each scenario, in words."""
    result: list[Row] = []
    for name in others(document):
        words = document["changes"].get(name) or ["no change that acts on the forecast"]
        result += [[name, word] for word in words]
    head = [("Scenario", "text"), (f"Change from {document['baseline']}", "text")]
    return Table("Changes", head, result, (), {0: _NAME, 1: 110})


def _about(document: Document) -> Table:
    result: list[Row] = [
        ["Baseline", document["baseline"]],
        *([f"Scenario: {name}", document["places"][name]] for name in document["scenarios"]),
        *([f"Status: {name}", status] for name, status in document["status"].items() if status),
        ["As of", dt.date.fromisoformat(document["as_of"])],
        ["Until", dt.date.fromisoformat(document["until"])],
        ["Currency", document["currency"]],
        ["Replications of each scenario", document["replications"]],
        ["Seed", document["seed"]],
        ["Numbers given as ranges", document["ranged_numbers"]],
        ["rpmsim", __version__],
        *([word.capitalize(), meaning] for word, meaning in WORDS.values()),
        ["Chance better", "share of replications in which a scenario is better than the baseline"],
        [_ERROR, "two Monte Carlo standard errors: how precise the computation is, not how good the forecast is"],
        *([metric, METRICS[metric].definition] for metric in document["metrics"]),
    ]
    return Table("About", [("What", "text"), ("Value", "text")], result, (), {0: 34, 1: 100})


def _kind(document: Document, metric: str) -> str:
    unit = document["units"][metric]
    return {document["currency"]: "whole", "percent": "fine"}.get(unit, "number")


def _word(key: str) -> str:
    return f"{WORDS[key][0]} ({key})" if key in WORDS else key


def _better(entry: Document) -> Any:
    """The chance of being better as a number; of what is the same in every replication that word."""
    return "same" if entry.get("probability_same") == 1.0 else entry.get("probability_better")


def _difference(entry: Document, keys: Sequence[str]) -> list[float | None]:
    own = entry.get("difference", {})
    return [own.get(key) for key in keys]
