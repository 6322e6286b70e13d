"""What ``run --show`` prints: short tables of one subject, as means over the replications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rpmsim.report import numbers
from rpmsim.report.means import label_of, mean_of, staff_notes, staff_sentences, waiting_age
from rpmsim.report.table import RULE, table, wrapped

Document = Mapping[str, Any]
Table = Callable[[Document], list[str]]

MEASURED: Mapping[str, tuple[str, ...]] = {"speed": ("speed", "cohorts"), "pipeline": ("pipeline",)}
"""What must be measured for a subject."""
_LATEST = 12
"""Columns of the cohort triangle."""


def shown_text(document: Document, subjects: Sequence[str]) -> str:
    """The tables of the subjects, in their order."""
    return "\n\n".join(text for subject in subjects for text in SUBJECTS[subject](document) if text)


def _span(document: Document) -> tuple[str, str]:
    """The first and last period of the run."""
    first, last = (document["metrics"]["leads"]["periods"][i]["period"] for i in (0, -1))
    return first, last


def _share(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{100 * value:.1f}%"


def _percent(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{value:.1f}%"


def _points(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{100 * value:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def _days(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}"


def _cell(metrics: Document, name: str, write: Callable[[float | None], str]) -> str:
    """A cell; empty where the metric does not apply, so that a column that nothing applies to is left out."""
    return write(mean_of(metrics, name)) if name in metrics else ""


def _band(metrics: Document, name: str, write: Callable[[float | None], str]) -> str:
    """The range of 80% of the replications; empty where the metric does not apply."""
    if name not in metrics:
        return ""
    low, high = (write(metrics[name]["total"][key]) for key in ("p10", "p90"))
    return low if low == high else f"{low} to {high}"


def _funnel(document: Document) -> list[str]:
    """Stage by stage: who enters, who advances, who is there."""
    stages = document["stages"]
    rows = [
        [
            label_of(document, "stage", name),
            _cell(metrics, "entries", numbers.count),
            _cell(metrics, "conversion_period", _share),
            _cell(metrics, "conversion_cohort", _share),
            _cell(metrics, "conversion_in_the_end", _share),
            _cell(metrics, "conversion_gap", _points),
            _cell(metrics, "stock", numbers.count),
            _cell(metrics, "time_in_stage", _days),
        ]
        for name, metrics in stages.items()
    ]
    head = [
        "Funnel, {} to\n{} (means)".format(*_span(document)),
        "entered",
        "advanced /\nentered",
        "of cohort,\nby the end",
    ]
    head += ["of cohort,\nin the end", "gap,\npoints", "in stage\nat end", "median\ndays"]
    measured = any("conversion_cohort" in metrics for metrics in stages.values())
    metrics = document["metrics"]
    ratios = [("leads_to_close", "Wins / leads of the same periods"), ("leads_to_close_cohort", "won of these leads")]
    said = [f"{words}: {mean_of(metrics, name):.2f}%" for name, words in ratios if mean_of(metrics, name) is not None]
    note = "; ".join(said) + "." if said else ""
    if measured:
        note += (
            " Advanced / entered compares leads of the same period, which are not the same leads. Of a cohort: the "
            "share of those who entered that advanced by the last day, and in the end; the gap is between the first "
            "and the last."
        )
    else:
        note += " For conversion by cohort and times, add `--show speed`."
    return ["\n".join([table(head, rows), wrapped(note)])]


def _speed(document: Document) -> list[str]:
    return [_stage_times(document), _cycles(document), _ages(document), *_triangles(document)]


def _stage_times(document: Document) -> str:
    rows = [
        [
            label_of(document, "stage", name),
            *(_cell(metrics, f"time_in_stage{ending}", _days) for ending in ("", "_mean", "_p90")),
            *(_cell(metrics, f"lead_age{ending}", _days) for ending in ("", "_p90")),
            *(_cell(metrics, f"response_hours{ending}", numbers.duration) for ending in ("_median", "_p90")),
            waiting_age(metrics, "waiting_age_hours_median"),
        ]
        for name, metrics in document["stages"].items()
        if "time_in_stage" in metrics
    ]
    head = ["Time in stage, days\n(means)", "median", "mean", "90%", "open now:\nmedian age", "90%"]
    head += ["response:\nmedian", "90%", "waiting so\nfar: median"]
    note = (
        "Of the leads that enter in the run; those that are still there on the last day count as long as they were "
        "seen. 90%: nine in ten are faster. - : too few leave within the run to know."
    )
    return "\n".join([table(head, rows), wrapped(note)])


_CYCLES = (
    ("marketing_cycle", "lead to\nopportunity"),
    ("sales_cycle", "opportunity\nto win"),
    ("cycle_time", "lead to\nwin"),
)


def _cycles(document: Document) -> str:
    """Median and 90% quantile of the three cycles, of the whole and of its parts."""
    names = [name for name, _ in _CYCLES if name in document["metrics"]]
    if not names:
        return ""

    def row(label: str, metrics: Document) -> list[str]:
        return [label, *(_cell(metrics, f"{name}{ending}", _days) for name in names for ending in ("", "_p90"))]

    rows: list[Any] = [row("All", document["metrics"])]
    for of in ("channel", "segment", "group"):
        things = document[f"{of}s"]
        if len(things) > (of != "group"):
            rows.append(RULE)
            rows += [row(_named(document, of, name), metrics) for name, metrics in things.items()]
    head = ["Cycle times, days\n(means)"]
    head += [title for name, words in _CYCLES if name in names for title in (f"{words}:\nmedian", "90%")]
    return "\n".join([table(head, rows), wrapped("Of the leads that get there.")])


def _named(document: Document, of: str, name: str) -> str:
    return f"{name} (group)" if of == "group" else label_of(document, of, name)


def _ages(document: Document) -> str:
    """What is open at the end, by age."""
    ages = document.get("ages", {})
    if not ages:
        return ""
    bands = list(next(iter(ages.values())))
    rows = [
        [label_of(document, "stage", stage), *(numbers.count(value) for value in own.values())]
        for stage, own in ages.items()
        if any(value >= 0.05 for value in own.values())
    ]
    head = [f"Open on {document['until']}, by days\nin the stage (means)"]
    head += [band.removesuffix(" days").replace("over ", ">") for band in bands]
    return table(head, rows, 34) if rows else ""


def _triangles(document: Document) -> list[str]:
    """Share of the leads of each period that came to the stage so many periods later."""
    texts = []
    for stage, rows_of in document.get("cohorts", {}).items():
        count = min(_LATEST, max(len(row["shares"]) for row in rows_of))
        rows = [
            [
                row["period"],
                numbers.count(row["leads"]),
                *(_percents(share) for share in row["shares"][:count]),
                *[""] * (count - len(row["shares"])),
            ]
            for row in rows_of
        ]
        head = [f"Leads that came to\n{label_of(document, 'stage', stage)}, %", "leads", *map(str, range(count))]
        note = "By period of creation; columns: so many periods later (0: in the same one), cumulated."
        texts.append("\n".join([table(head, rows), wrapped(note)]))
    return texts


def _percents(share: float | None) -> str:
    return numbers.MISSING if share is None else f"{100 * share:.1f}"


def _pipeline(document: Document) -> list[str]:
    """What is open at the end of each period, and what comes of it."""
    metrics = document["metrics"]
    if "wins_open" not in metrics:
        return []
    scale = numbers.scale_of(entry["mean"] for entry in metrics.get("pipeline_value", metrics["wins_open"])["periods"])
    money = f"{document['currency']} {scale.word}".strip()
    columns: list[tuple[str, str, Callable[[float | None], str]]] = [
        ("pipeline_count", "open\ndeals", numbers.count),
        ("pipeline_value", "value", scale.text),
        ("pipeline_weighted", "weighted\nvalue", scale.text),
        ("marketing_sourced_pipeline_share", "of it, by\nmarketing", numbers.use),
        ("pipeline_coverage", "coverage", _ratio),
        ("bookings_open", "bookings\nfrom open", scale.text),
        ("bookings_new", "bookings\nfrom new", scale.text),
        ("wins_open", "wins\nfrom open", numbers.count),
        ("wins_new", "wins\nfrom new", numbers.count),
    ]
    used = [
        column
        for column in columns
        if column[0] in metrics and ("bookings_open" not in metrics or "wins" not in column[0])
    ]
    rows: list[Any] = [
        [period["period"], *(write(metrics[name]["periods"][i][_typical(name)]) for name, _, write in used)]
        for i, period in enumerate(metrics["wins_open"]["periods"])
    ]
    rows += [
        RULE,
        ["Total, or at the end", *(write(metrics[name]["total"][_typical(name)]) for name, _, write in used)],
    ]
    note = (
        "Open deals, value and weighted value (times the chance of being won) at the end of the period. Coverage "
        "(median): value at the start of the period that can close in time / target still to go. From open: from "
        "records that were there on the first day; from new: from leads that arrive later."
    )
    return ["\n".join([table([f"Pipeline, {money}\n(means)", *(title for _, title, _ in used)], rows), wrapped(note)])]


def _typical(name: str) -> str:
    """Mean; of the coverage the median, as it has no bound where next to nothing is left to go."""
    return "p50" if name == "pipeline_coverage" else "mean"


def _ratio(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{value:.1f}x"


def _money(document: Document) -> list[str]:
    return [_costs(document), _channel_costs(document), _stage_costs(document), _bridge(document)]


def _costs(document: Document) -> str:
    """Spend, pay and other cost by period."""
    metrics = document["metrics"]
    if "total_cost" not in metrics:
        return "No spend, pay or other cost is stated in this scenario."
    names = [name for name in ("spend", "pay", "other_cost", "total_cost") if name in metrics]
    scale = numbers.scale_of(entry["mean"] for entry in metrics["total_cost"]["periods"])
    shown = [*names, *(name for name in ("cost_per_win", "cac_loaded") if name in metrics)]

    def cells(values: Iterable[tuple[str, float | None]]) -> list[str]:
        return [scale.text(value) if name in names else _short(value) for name, value in values]

    rows: list[Any] = [
        [period["period"], *cells((name, metrics[name]["periods"][i]["mean"]) for name in shown)]
        for i, period in enumerate(metrics["total_cost"]["periods"])
    ]
    rows += [RULE, ["Total", *cells((name, mean_of(metrics, name)) for name in shown)]]
    titles = {
        "other_cost": "other",
        "total_cost": "total",
        "cost_per_win": "spend\nper win",
        "cac_loaded": "all cost\nper win",
    }
    head = [f"Cost, {document['currency']} {scale.word}".rstrip() + "\n(means)", *(titles.get(n, n) for n in shown)]
    return table(head, rows)


def _channel_costs(document: Document) -> str:
    """What leads, opportunities and wins of each channel cost, and what they return."""
    names = ("cost_per_lead", "cost_per_opportunity", "cost_per_win", "cac_by_channel")
    metrics = document["metrics"]
    channels = {name: entries for name, entries in document["channels"].items() if "cost_per_lead" in entries}
    if not channels:
        return ""

    def row(label: str, entries: Document) -> list[str]:
        roi = _cell(entries, "roi_channel", lambda value: numbers.MISSING if value is None else f"{value:+.1f}")
        return [label, _cell(entries, "spend", _short), *(_cell(entries, name, _short) for name in names), roi]

    rows: list[Any] = [row(label_of(document, "channel", name), entries) for name, entries in channels.items()]
    rows += [RULE, row("All", metrics)]
    head = [
        "Channels, {} to\n{} (means, {})".format(*_span(document), document["currency"]),
        "spend",
        "spend\nper lead",
    ]
    head += ["spend per\nopportunity", "spend\nper win", "cost per win,\nloaded", "return\non cost"]
    note = (
        "Loaded: with the channel's part of pay and other cost, by its share of staffed work. Return: (bookings - "
        "loaded cost) / loaded cost."
    )
    return "\n".join([table(head, rows), wrapped(note)])


def _short(value: float | None) -> str:
    """An amount in short."""
    return numbers.MISSING if value is None else numbers.short(value, even=True)


def _stage_costs(document: Document) -> str:
    stages = {name: metrics for name, metrics in document["stages"].items() if "cost_per_entry" in metrics}
    rows = [
        [
            label_of(document, "stage", name),
            numbers.count(mean_of(metrics, "entries")),
            _cell(metrics, "cost_per_entry", _short),
        ]
        for name, metrics in stages.items()
    ]
    head = ["Stages (means)", "entered", f"spend per entry,\n{document['currency']}"]
    return table(head, rows) if rows else ""


def _bridge(document: Document) -> str:
    """Why bookings of a year, quarter or, where they are few, a period differ from those before."""
    longer = {span["period"] for span in document["metrics"].get("bookings", {}).get("spans", ())}
    periods = document["metrics"]["leads"]["periods"]
    wanted = longer | ({period["period"] for period in periods} if len(periods) <= 8 else set())
    entries = [entry for entry in document.get("growth_bridge", ()) if entry["period"] in wanted]
    if not entries:
        return ""
    scale = numbers.scale_of(entry["change"]["mean"] for entry in entries)
    rows = [
        [
            f"{entry['period']} vs {entry['base']}",
            *(scale.text(entry[name]["mean"]) for name in ("change", "logos", "average_deal")),
        ]
        for entry in entries
    ]
    unit = f"{document['currency']} {scale.word}".rstrip()
    return table([f"Change of bookings, {unit}\n(means)", "change", "number of\ndeals", "average\ndeal"], rows)


def _staff(document: Document) -> list[str]:
    """People and their time; what waits for them."""
    rows = [
        [
            label_of(document, "stage", name),
            _cell(metrics, "taken_up", numbers.count),
            _cell(metrics, "response_hours", numbers.duration),
            _cell(metrics, "response_hours_p90", numbers.duration),
            _cell(metrics, "within_sla", numbers.percent),
            _cell(metrics, "response_rate", numbers.percent),
            _cell(metrics, "waiting", numbers.count),
            waiting_age(metrics),
        ]
        for name, metrics in document["stages"].items()
        if name in document["worked_by"]
    ]
    head = [
        "Response by stage\n(means)",
        "taken up",
        "response,\nmean",
        "response,\n90%",
        "within\nSLA",
        "ever\ntaken up",
    ]
    head += ["waiting\nat end", "waiting\nso far"]
    waits = table(head, rows) if rows else ""
    return [_people(document), waits, staff_sentences(document)]


def _people(document: Document) -> str:
    """Heads and use of every role: how uncertain it is, and when it is highest."""
    rows = []
    for role, metrics in document["roles"].items():
        heads = metrics["heads"]
        people = [numbers.count(entry["mean"]) for entry in (heads["total"], heads["periods"][0], heads["periods"][-1])]
        used = [name for name in ("utilisation", "slot_utilisation") if name in metrics]
        for name in used or [""]:
            limit = {"utilisation": "time", "slot_utilisation": "slots"}.get(name, "none")
            known = [entry for entry in metrics[name]["periods"] if entry["mean"] is not None] if name else []
            most = max(known, key=lambda entry: float(entry["mean"]), default=None)
            highest = ["", ""] if most is None else [numbers.use(most["mean"]), most["period"]]
            use = [_cell(metrics, name, numbers.use), _band(metrics, name, numbers.use), *highest]
            prospecting = _cell(metrics, "prospecting_share", numbers.use) if name == "utilisation" else ""
            rows.append([label_of(document, "role", role), *people, limit, *use, prospecting])
    head = ["Staff\n(means)", "people", "at\nstart", "at\nend", "limit"]
    head += ["utili-\nzation", "p10 to p90", "highest", "in", "pros-\npecting"]
    notes = ["p10 to p90: 80% of the replications. Highest: the period with the highest mean.", *staff_notes(document)]
    return "\n".join([table(head, rows, 17), *(wrapped(note) for note in notes)]) if rows else ""


def _segments(document: Document) -> list[str]:
    """Leads, opportunities, wins and money of segments, groups and channels."""
    measured = "win_rate" in document["metrics"]

    def row(label: str, metrics: Document) -> list[str]:
        return [
            label,
            _cell(metrics, "leads", numbers.count),
            _cell(metrics, "wins", numbers.count),
            _cell(metrics, "win_rate", _share) if measured else _cell(metrics, "leads_to_close", _percent),
            _cell(metrics, "cycle_time", _days),
            _cell(metrics, "bookings", _short),
            _band(metrics, "bookings", _short),
            _cell(metrics, "average_deal", _short),
            _cell(metrics, "pipeline_value", _short),
        ]

    rows: list[Any] = []
    for of in ("segment", "group", "channel"):
        things = {name: metrics for name, metrics in document[f"{of}s"].items() if "leads" in metrics}
        rows += [RULE] if rows and things else []
        rows += [row(_named(document, of, name), metrics) for name, metrics in things.items()]
    if not rows:
        return ["Segments and channels are not kept (`--keep summary`)."]
    rows += [RULE, row("All", document["metrics"])]
    head = [
        f"Segments, channels\n(means, {document['currency']})",
        "leads",
        "wins",
    ]
    head += [
        "win\nrate" if measured else "wins /\nleads",
        "median\ndays",
        "bookings",
        "p10 to p90",
        "average\ndeal",
        "open\npipeline",
    ]
    note = "p10 to p90: 80% of the replications."
    note += " Median days: from the creation of the lead to the win." if measured else " `--show speed` adds win rates."
    return ["\n".join([table(head, rows, 18), wrapped(note)])]


SUBJECTS: Mapping[str, Table] = {
    "funnel": _funnel,
    "speed": _speed,
    "pipeline": _pipeline,
    "money": _money,
    "staff": _staff,
    "segments": _segments,
}
"""The subjects of ``--show``, and their tables."""
