"""The sheets Speed and Cohorts: how long leads take, and what became of the leads of each period; where measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rpmsim.report.sheet import Sheet

Document = Mapping[str, Any]

_CYCLES = (
    ("marketing_cycle", "Lead to opportunity"),
    ("sales_cycle", "Opportunity to won"),
    ("cycle_time", "Lead to won"),
)
_OF_STAGES = (
    ("Time in stage", "days", ("time_in_stage", "time_in_stage_mean", "time_in_stage_p90")),
    ("Age of what is open at the end", "days", ("lead_age", "lead_age_mean", "lead_age_p90")),
    ("Response", "hours", ("response_hours_median", "response_hours", "response_hours_p90")),
    ("Wait so far at the end", "hours", ("waiting_age_hours_median", "waiting_age_hours", "waiting_age_hours_p90")),
)


def speed_sheet(document: Document) -> Sheet:
    """Median (with its band), mean and 90% quantile of every time, by stage, channel, segment and group."""
    head = [("What", "text"), ("Of", "text"), ("Name", "text"), ("Unit", "text"), ("Median", "number")]
    head += [("Median, p10", "number"), ("Median, p90", "number"), ("Mean", "number"), ("90% within", "number")]
    notes = [
        f"Means over {document['replications']:,} replications; median p10 and p90 are the band of the median.",
        "Medians of channels and segments do not add up. All periods and bands: sheet All numbers.",
    ]
    return Sheet(head, [*_cycles(document), *_stages(document)], notes)


def cohorts_sheet(document: Document) -> Sheet:
    """Share of the leads of each period that had come to a stage by the end of it (0), of the next one (1), ..."""
    stages = document.get("cohorts", {})
    ages = len(document["metrics"]["leads"]["periods"])
    head = [("Stage", "text"), ("Period", "text"), ("Leads", "whole")]
    head += [(str(age), "exact") for age in range(ages)]
    rows = [
        [document["labels"]["stage"].get(stage, stage), row["period"], row["leads"], *row["shares"]]
        + [None] * (ages - len(row["shares"]))
        for stage, cohorts in stages.items()
        for row in cohorts
    ]
    note = (
        "Share of the leads created in a period that had come to the stage by the end of that period (0), of the next "
        "one (1), and so on: means over the replications."
    )
    return Sheet(head, rows, [note])


def _cycles(document: Document) -> Iterator[list[Any]]:
    for name, title in _CYCLES:
        for of in ("whole", "channel", "segment", "group"):
            things = {"": document["metrics"]} if of == "whole" else document[f"{of}s"]
            for key, found in things.items():
                if name in found:
                    label = document["labels"].get(of, {}).get(key, key)
                    yield [title, of, label, "days", *_numbers(found, (name, f"{name}_mean", f"{name}_p90"))]


def _stages(document: Document) -> Iterator[list[Any]]:
    for title, unit, names in _OF_STAGES:
        for key, found in document["stages"].items():
            if names[0] in found:
                yield [title, "stage", document["labels"]["stage"].get(key, key), unit, *_numbers(found, names)]


def _numbers(found: Document, names: Sequence[str]) -> list[Any]:
    median, mean, most = (found[name]["total"] for name in names)
    return [median["mean"], median["p10"], median["p90"], mean["mean"], most["mean"]]
