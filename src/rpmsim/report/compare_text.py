"""What ``compare`` prints: differences, targets, why they differ, what binds, and where the band comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import numbers
from rpmsim.report.table import RULE, table, wrapped

Document = Mapping[str, Any]
"""The document of :func:`rpmsim.comparison.document.document_of`."""

SOURCES = {
    "ranges": "Unknown numbers (ranges)",
    "arrivals": "Arrivals of leads",
    "people": "Turnover of staff",
    "chance": "Chance (conversion, timing, amounts)",
}
ORIGINS = {"open": "Business that is open today", "to_come": "Leads still to come"}
_BANDS = ("p10", "p50", "p80")
_MOST_RANGES = 5
_SIDE_BY_SIDE = 4
_MOST_MOVES = 3
_WORTH_SAYING = 1.5
"""Times that a variance is smaller; below, common random numbers saved nothing to speak of."""
SURE = 2.0
"""Monte Carlo standard errors of a 95% interval, to either side."""
_OTHERS = ("leads", "wins", "bookings", "average_deal", "leads_to_close", "pipeline_count", "total_cost", "cac_loaded")


def compare_text(document: Document) -> str:
    """The tables of a comparison, to be read in a terminal or pasted into a mail."""
    parts = [
        _title(document),
        _headline(document),
        *_others(document),
        _targets(document),
        *(_bridge(document, name) for name in document["bridge"]),
        _binds(document),
        _variance(document),
        _foot(document),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def others(document: Document) -> list[str]:
    """The scenarios beside the baseline."""
    return list(document["scenarios"][1:])


def rows_of(document: Document) -> list[str]:
    """Labels of the longer spans that the headline metric has, then ``total`` where none of them is the whole run."""
    found = document["metrics"][document["headline"]]
    longer = [span for span in document["periods"] if span["longer"] and span["period"] in found]
    first, last = document["periods"][0]["first"], document["until"]
    whole = any((span["first"], span["last"]) == (first, last) for span in longer)
    return [*(span["period"] for span in longer), *([] if whole else ["total"])]


def span_title(document: Document, label: str) -> str:
    """How a span is called in a table or chart."""
    return f"Total until {document['until']}" if label == "total" else label


def signed(document: Document, metric: str, value: float | None) -> str:
    """A difference in short, with its sign."""
    if value is None:
        return numbers.MISSING
    unit = document["units"][metric]
    if unit == document["currency"]:
        text = numbers.money(abs(value), document["currency"], even=True)
    elif unit == "percent":
        text = f"{abs(value):.2f} points"
    else:
        text = numbers.count(abs(value))
    if not any(digit in text for digit in "123456789"):
        return "0"
    return f"{'+' if value > 0 else '-'}{text}"


def amount(document: Document, metric: str, value: float | None) -> str:
    """A value in short."""
    if value is None:
        return numbers.MISSING
    unit = document["units"][metric]
    if unit == document["currency"]:
        return numbers.money(value, document["currency"], even=True)
    return f"{value:.2f}%" if unit == "percent" else numbers.count(value)


def better(entry: Document) -> str:
    """The chance that a scenario is better than the baseline, in whole percent."""
    if entry["probability_same"] == 1.0:
        return "same"
    return numbers.percent(entry["probability_better"])


def _title(document: Document) -> str:
    names = others(document)
    lines = [
        f"{document['baseline']} compared with {names[0] if len(names) == 1 else f'{len(names)} scenarios'}",
        f"Forecasts until {document['until']}, as of {document['as_of']}",
    ]
    for name in names:
        changes = document["changes"].get(name, [])
        said = "; ".join(changes[:2]) + (f"; and {len(changes) - 2} more" if len(changes) > 2 else "")
        lines.append(wrapped(f"{name}: {said or 'no change'}"))
    return "\n".join(lines)


def _headline(document: Document) -> str:
    """Bands of the headline metric, and the paired differences."""
    metric = document["headline"]
    found = document["metrics"][metric]
    rows: list[Any] = []
    for label in rows_of(document):
        rows += [RULE] if rows else []
        rows.append([span_title(document, label), *[""] * 7])
        for name in document["scenarios"]:
            entry = found[label][name]
            band = [amount(document, metric, entry["value"][key]) for key in _BANDS]
            change = [""] * 4
            if "difference" in entry:
                own = entry["difference"]
                change = [signed(document, metric, own[key]) for key in ("mean", "p10", "p90")] + [better(entry)]
            rows.append([f"  {name}", *band, *change])
    head = [f"{metric.capitalize()}\n{document['units'][metric]}", *(WORDS[key][0] for key in _BANDS)]
    head += ["difference\nmean", "low\n(p10)", "high\n(p90)", "chance\nbetter"]
    note = (
        f"Difference from {document['baseline']}, replication by replication on common random numbers: in 8 of 10 "
        "replications it is between low and high."
    )
    return f"{table(head, rows, 40)}\n{wrapped(note)}"


def _others(document: Document) -> Iterator[str]:
    """Means of the other metrics over the whole run, and their mean differences; a few scenarios to a table."""
    names = others(document)
    for first in range(0, len(names), _SIDE_BY_SIDE):
        yield _others_of(document, names[first : first + _SIDE_BY_SIDE])


def _others_of(document: Document, names: list[str]) -> str:
    rows = []
    wanted = document["asked_for"] or _OTHERS
    for metric in (m for m in wanted if m in document["metrics"] and m != document["headline"]):
        total = document["metrics"][metric]["total"]
        cells = [signed(document, metric, total[name]["difference"]["mean"]) for name in names]
        base = amount(document, metric, total[document["baseline"]]["value"]["mean"])
        rows.append([metric.replace("_", " ").replace("cac", "CAC"), base, *cells])
    head = ["Other metrics, total\n(means)", document["baseline"], *(f"difference\n{name}" for name in names)]
    return table([head[0], *(_narrow(cell) for cell in head[1:])], rows) if rows else ""


def _narrow(text: str) -> str:
    """A heading whose lines are at most as wide as a number needs."""
    first, _, rest = text.rpartition("\n")
    short = rest if len(rest) <= 22 else f"{rest[:19]}..."
    return f"{first}\n{short}" if first else short


def _targets(document: Document) -> str:
    """Chance of each target in every scenario."""
    rows: list[Any] = []
    for target in document["targets"]:
        for name, entry in target["scenarios"].items():
            change = entry.get("probability_difference")
            miss = entry["expected_miss"]
            coverage = entry.get("pipeline_coverage")
            rows.append(
                [
                    f"{target['period']} {target['metric']}" if name == next(iter(target["scenarios"])) else "",
                    name if len(name) <= 26 else f"{name[:23]}...",
                    amount(document, target["metric"], entry["target"]),
                    "" if "actual" not in entry else amount(document, target["metric"], entry["actual"]),
                    "" if "to_go" not in entry else amount(document, target["metric"], entry["to_go"]),
                    numbers.chance(entry),
                    "" if change is None else points_text(change),
                    numbers.MISSING if miss is None else amount(document, target["metric"], miss),
                    "" if coverage is None else f"{coverage:.1f}x",
                ]
            )
    if not rows:
        return ""
    head = ["Targets", "scenario", "target", "actual\nto date", "to go", "chance", "change"]
    head += ["avg. shortfall\nif missed", "pipeline\ncoverage"]
    return table(head, rows)


def points_text(change: Document) -> str:
    """A change of a chance in points."""
    points = round(100 * change["mean"])
    return f"{points:+d} points" if points else "0"


def _bridge(document: Document, name: str) -> str:
    """The levers from the baseline to a scenario, with error; they sum to the difference."""
    metric, entries = document["headline"], document["bridge"][name]
    total = document["metrics"][metric]["total"]
    rows: list[Any] = [
        [document["baseline"], amount(document, metric, total[document["baseline"]]["value"]["mean"]), ""]
    ]
    rows += [
        [
            entry["lever"],
            signed(document, metric, entry["value"]),
            f"± {sure_error(document, metric, entry['mc_error'])}",
        ]
        for entry in sorted(entries, key=lambda entry: -abs(entry["value"]))
    ]
    rows += [RULE, [name, amount(document, metric, total[name]["value"]["mean"]), ""]]
    text = table([f"Why {name} differs", f"{metric}\n(mean)", "95%\nerror"], rows, 66)
    found = interaction_sentence(document, name)
    return f"{text}\n{wrapped(found)}" if found else text


def interaction_sentence(document: Document, name: str) -> str:
    """Which two changes of a scenario do more together, or less, than each alone; empty where none stand out."""
    pair = document["interactions"][name]
    if pair is None:
        return ""
    word = "more" if pair["value"] > 0 else "less"
    return (
        f"Together, {pair['levers'][0]} and {pair['levers'][1]} give "
        f"{amount(document, document['headline'], abs(pair['value']))} {word} than the sum of what each gives alone."
    )


def sure_error(document: Document, metric: str, error: float | None) -> str:
    """Two Monte Carlo standard errors: the half width of a 95% interval."""
    return amount(document, metric, None if error is None else SURE * error)


def binding_sentence(document: Document, entry: Document) -> str:
    """What limits a scenario, in words."""
    metric = document["headline"]
    found, name = entry["binds"], entry["scenario"]
    if found is None:
        return f"{name}: nothing clearly. No single step gains more than its Monte Carlo error."
    what = f"one more person ({found['label']})" if found["kind"] == "role" else f"1% more leads of {found['label']}"
    side = "a capacity problem" if found["side"] == "capacity" else "a pipeline problem"
    gain = signed(document, metric, found["gain"])
    moves = [f"{move['to']} from {move['period']} on" for move in entry["moves"][:_MOST_MOVES]]
    text = (
        f"{name}: {found['label']} ({side}). {what[:1].upper()}{what[1:]} gives {gain} {metric} "
        f"(± {sure_error(document, metric, found['mc_error'])})."
    )
    return f"{text} By period: first {entry['moves'][0]['from']}, then {', then '.join(moves)}." if moves else text


def _binds(document: Document) -> str:
    """What limits each scenario."""
    if not document["binds"]:
        return ""
    return "\n".join(
        ["What limits each scenario", *(wrapped(binding_sentence(document, entry)) for entry in document["binds"])]
    )


def _variance(document: Document) -> str:
    """Where the width of the baseline's band comes from."""
    found = document["variance"]
    if found is None:
        return ""
    if not found["variance"]:
        return "Where the band comes from: there is none, every replication gives the same total."
    rows: list[Any] = [_share(SOURCES[entry["source"]], entry) for entry in found["sources"]]
    named = list(named_ranges(found))
    at = next((i + 1 for i, entry in enumerate(found["sources"]) if entry["source"] == "ranges"), 0)
    rows[at:at] = [_share(f"  {entry['number']}", entry) for entry in named]
    rows += [RULE, *(_share(ORIGINS[entry["origin"]], entry) for entry in found["origin"])]
    return table([f"Where the band of {found['scenario']} comes from", "share of\nvariance", "95%\nerror"], rows, 60)


def named_ranges(found: Document) -> Iterator[Document]:
    """The numbers that explain a part of the variance beyond its error."""
    for entry in found["ranges"][:_MOST_RANGES]:
        if entry["share"] > SURE * entry["mc_error"]:
            yield entry


def _share(name: str, entry: Document) -> list[str]:
    return [name, f"{100 * max(entry['share'], 0.0):.0f}%", f"± {SURE * 100 * entry['mc_error']:.0f} points"]


def _foot(document: Document) -> str:
    """Replications, seed, and what the common random numbers saved."""
    metric = document["headline"]
    total = document["metrics"][metric]["total"]
    saved = {name: total[name]["variance_saved"] for name in others(document)}
    saved = {name: value for name, value in saved.items() if value is not None and value >= _WORTH_SAYING}
    text = f"{document['replications']:,} replications of each scenario, random seed {document['seed']}."
    if saved:
        said = ", ".join(f"{value:,.0f} times ({name})" for name, value in saved.items())
        if len(saved) > _SIDE_BY_SIDE:
            said = f"{min(saved.values()):,.0f} to {max(saved.values()):,.0f} times"
        text += f" With independent random numbers the variance of the difference in {metric} would be larger: {said}."
    return wrapped(text)
