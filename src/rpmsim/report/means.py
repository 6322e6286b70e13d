"""What ``run`` prints of segments, channels, stages and staff: means over the replications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.report import numbers
from rpmsim.report.table import RULE, table, wrapped

Document = Mapping[str, Any]

_FEWEST = {"segment": 2, "group": 1, "channel": 2}
"""So many there must be for a table to be worth its lines."""
_FEW_WAITING = 0.5
_FULL = 1.005


def class_table(document: Document) -> str:
    """Leads, wins, conversion and bookings of segments, groups and channels, as means over the run."""
    scale = numbers.scale_of([mean_of(document["metrics"], "bookings")])
    parts = [document[f"{of}s"] for of in ("segment", "group", "channel")]
    rows: list[Any] = []
    for of, things in zip(("segment", "group", "channel"), parts, strict=True):
        shown = [name for name, metrics in things.items() if "leads" in metrics] if len(things) >= _FEWEST[of] else []
        rows += [RULE] if rows and shown else []
        for name in shown:
            metrics = things[name]
            conversion = mean_of(metrics, "leads_to_close")
            label = label_of(document, of, name)
            rows.append(
                [
                    label if of != "group" else f"{label} (group)",
                    numbers.count(mean_of(metrics, "leads")),
                    numbers.count(mean_of(metrics, "wins")),
                    numbers.MISSING if conversion is None else f"{conversion:.1f}%",
                    scale.text(mean_of(metrics, "bookings")) if "bookings" in metrics else "",
                    numbers.use(mean_of(metrics, "sourced_share")),
                ]
            )
    if not rows:
        return ""
    first, last = document["metrics"]["leads"]["periods"][0], document["metrics"]["leads"]["periods"][-1]
    title = f"Segments and channels,\n{first['period']} to {last['period']} (means)"
    money = f"bookings,\n{document['currency']} {scale.word}".rstrip()
    return table([title, "leads", "wins", "wins /\nleads", money, "share of\nbookings"], rows)


def stage_table(document: Document) -> str:
    """Moves, stock and waiting of every stage, as means over the replications.

    Who was taken up and who still waits are two columns: on a desk that drowns only the second one grows.
    """
    rows = []
    for name, metrics in document["stages"].items():
        staffed = name in document["worked_by"]
        rows.append(
            [
                label_of(document, "stage", name),
                numbers.count(mean_of(metrics, "entries")),
                numbers.count(mean_of(metrics, "stock")),
                numbers.count(mean_of(metrics, "waiting")) if staffed else "",
                numbers.duration(mean_of(metrics, "response_hours")) if staffed else "",
                waiting_age(metrics) if staffed else "",
                numbers.percent(mean_of(metrics, "within_sla")) if "within_sla" in metrics else "",
            ]
        )
    first, last = document["metrics"]["leads"]["periods"][0], document["metrics"]["leads"]["periods"][-1]
    title = f"Stages, {first['period']} to {last['period']}\n(means)"
    head = [title, "entered", "in stage\nat end", "of these,\nwaiting", "mean\nresponse", "waiting\nso far"]
    return table([*head, "within\nSLA"], rows)


def waiting_age(metrics: Document, name: str = "waiting_age_hours") -> str:
    """How long those who still wait have waited, their mean or another statistic; empty where nobody does."""
    age = mean_of(metrics, name)
    return "" if age is None or (mean_of(metrics, "waiting") or 0.0) < _FEW_WAITING else numbers.duration(age)


def staff_table(document: Document) -> str:
    """People of every role, and how much of their time and slots is used, as means over the replications."""
    rows = [
        [
            label_of(document, "role", role),
            numbers.count(mean_of(metrics, "heads")),
            numbers.use(mean_of(metrics, "utilisation")),
            numbers.use(mean_of(metrics, "prospecting_share")),
            numbers.use(mean_of(metrics, "slot_utilisation")),
        ]
        for role, metrics in document["roles"].items()
    ]
    head = ["Staff\n(means)", "people", "utilization\nof time", "time on\nprospecting", "utilization\nof slots"]
    notes = [wrapped(note) for note in staff_notes(document)]
    return "\n".join([table(head, rows), *notes]) if rows else ""


def staff_notes(document: Document) -> list[str]:
    """What the use of time and slots needs to be understood."""
    roles = document["roles"].values()
    notes = []
    if any((mean_of(metrics, "prospecting_share") or 0.0) > 0 for metrics in roles):
        notes.append("Prospecting: time that the queue leaves free, in which a role creates its own leads (`made_by`).")
    if any((mean_of(metrics, "slot_utilisation") or 0.0) > _FULL for metrics in roles):
        notes.append(
            "Slots above 100%: people left and their open items stayed with those who remain, or a fraction of a slot "
            "holds a whole item. Nothing new is taken up until enough slots are free."
        )
    return notes


def staff_sentences(document: Document) -> str:
    """Who is busiest, in words, and what waits for them."""
    busiest = document["busiest_role"]
    if busiest is None:
        return "No role in this scenario has a limit: no lead waits for staff."
    name = label_of(document, "role", busiest["role"])
    resource = "time" if busiest["limit"] == "time" else "slots"
    text = f"Busiest: {name}, with {numbers.use(busiest['share'])} utilization of {resource}."
    waits = [stage for stage, roles in document["worked_by"].items() if busiest["role"] in roles]
    for stage in waits:
        metrics = document["stages"][stage]
        start, end = metrics["waiting"]["periods"][0]["mean"], metrics["waiting"]["total"]["mean"]
        label = label_of(document, "stage", stage)
        if end is None or end < _FEW_WAITING:
            continue
        moved = "growing" if end > 1.25 * start else "shrinking" if end < 0.8 * start else "steady"
        text += f" In {label}, {numbers.count(end)} leads are waiting at the end ({moved})"
        text += f", {numbers.duration(mean_of(metrics, 'waiting_age_hours'))} so far"
        wait = mean_of(metrics, "response_hours")
        text += "; none were taken up." if wait is None else f"; those taken up had waited {numbers.duration(wait)}."
    return wrapped(text)


def mean_of(metrics: Document, name: str) -> float | None:
    """Mean of the total; None where the metric does not apply, or is undefined."""
    return metrics[name]["total"]["mean"] if name in metrics else None


def label_of(document: Document, of: str, name: str) -> str:
    """Display name of a stage, role, channel or segment; the name itself where it has none."""
    label: str = document["labels"].get(of, {}).get(name, name)
    return label
