"""What ``run`` prints: the forecast by period, the stages, the busiest role, and what the numbers rest on."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import numbers
from rpmsim.report.means import class_table, staff_sentences, staff_table, stage_table
from rpmsim.report.shown import shown_text
from rpmsim.report.table import RULE, WIDTH, table, wrapped
from rpmsim.report.track_record import track_record_sentences

Document = Mapping[str, Any]
"""The summary document of :func:`rpmsim.analysis.summary.summary`."""

_FEW_PERIODS = 8
_HALF = 0.495
_NO_CHANCE = {"outside": "not covered", "not kept": "not kept"}
NOT_KEPT = "Not kept: `--keep summary` does not store channels and segments, so their targets have no chance."
_PERIOD_WORDS = {"fiscal_month": "fiscal month", "fiscal_quarter": "fiscal quarter", "fiscal_year": "fiscal year"}
_BANDS = ("p10", "p50", "p80")
MARKS = {"partial": "*", "actual+simulated": "+", "actual": "="}
"""What stands behind a period that is not simulated whole."""


def forecast_text(document: Document, subjects: Sequence[str] = ()) -> str:
    """The tables of a run, to be read in a terminal or pasted into a mail; if subjects are asked for, their tables."""
    parts = [_title(document), shown_text(document, subjects), foot(document)] if subjects else _usual(document)
    return "\n\n".join(part for part in parts if part) + "\n"


def _usual(document: Document) -> list[str]:
    """The bands, then all that is shown of every run."""
    return [
        _title(document),
        headline_table(document),
        wrapped(track_record_sentences(document, headline_metric(document))),
        other_targets(document),
        progress_table(document),
        growth_table(document),
        deals_table(document),
        class_table(document),
        stage_table(document),
        staff_table(document),
        staff_sentences(document),
        foot(document),
    ]


def headline_metric(document: Document) -> str:
    """Bookings, or wins where deals have no amounts."""
    return "bookings" if "bookings" in document["metrics"] else "wins"


def headline_table(document: Document) -> str:
    """The band of every period in plain words, with the targets and the chance of reaching them."""
    name = headline_metric(document)
    metric = document["metrics"][name]
    rows_of = [*metric["periods"], *longer_spans(metric)]
    targets = {t["period"]: t for t in document["targets"] if t["metric"] == name}
    scale = numbers.scale_of(entry["p50"] for entry in metric["periods"])
    unit = f"{document['currency']} {scale.word}".strip() if name == "bookings" else "deals"
    write = scale.text if name == "bookings" else numbers.count

    def row(entry: Document) -> list[str]:
        target = targets.get(entry["period"])
        mark = MARKS.get(entry["state"], "")
        band = [write(entry[key], key == "p10") for key in (*_BANDS, "mean")]
        reach = ["", ""] if target is None else [write(target["target"]), numbers.chance(target)]
        return [f"{entry.get('title', entry['period'])}{mark}", *band, *reach]

    rows: list[Any] = [row(entry) for entry in rows_of]
    first_longer = len(metric["periods"])
    rows.insert(first_longer, RULE)
    kind = _PERIOD_WORDS.get(document["period_kind"], document["period_kind"])
    head = [f"{name.capitalize()} by {kind}\n{unit}", *(WORDS[key][0] for key in _BANDS), "mean", "target", "chance"]
    notes = [
        "; ".join(f'"{word}": {meaning}' for word, meaning in (WORDS[key] for key in _BANDS)) + ".",
        (
            "Quantiles of single periods do not add up to the quantile of a longer one, because good and bad periods "
            "offset each other. Means do add up."
        ),
    ]
    if any(entry["state"] == "actual+simulated" for entry in rows_of):
        notes.append(f"+ includes actuals to date (up to {document['as_of']}); the rest of the period is forecast.")
    if any(entry["state"] == "actual" for entry in rows_of):
        notes.append("= actuals: the period is over.")
    if any(entry["state"] == "partial" for entry in rows_of):
        notes.append(
            "* partial: the forecast covers only some days of the period. Do not compare it with a whole period."
        )
    return "\n".join([table(head, rows), *(wrapped(note) for note in notes)])


def longer_spans(metric: Document) -> list[dict[str, Any]]:
    """Years and periods of targets, then the total; a whole span that is the total carries both names.

    Where the first period has begun before the run there are two totals: with actuals to date of it, which is the
    sum of the periods, and without.
    """
    first, last = metric["periods"][0]["first"], metric["periods"][-1]["last"]
    total = {"period": "Total", "state": "whole", "first": first, "last": last, **metric["total"]}
    if metric["periods"][0]["state"] == "actual+simulated":
        total["title"] = "Simulated days only"
    both = metric.get("total_with_actual")
    totals = [total] if both is None else [total | both | {"title": "Total incl. actuals", "state": "actual+simulated"}]
    totals += [] if both is None else [total]
    spans = []
    for span in metric.get("spans", []):
        if (span["first"], span["last"], span["state"]) == (first, last, "whole") and "title" not in total:
            total |= {"period": span["period"], "title": f"Total ({span['period']})"}
        else:
            spans.append(dict(span))
    return [*spans, *totals]


def other_targets(document: Document) -> str:
    """Targets of other metrics, and those that the forecast does not cover."""
    shown = {e["period"] for key in ("periods", "spans") for e in document["metrics"][headline_metric(document)][key]}
    rest = [t for t in document["targets"] if t["metric"] != headline_metric(document) or t["period"] not in shown]
    rest += document["class_targets"]
    if not rest:
        return ""
    rows = []
    for target in rest:
        is_money = target["metric"] == "bookings"
        value = numbers.money(target["target"], document["currency"]) if is_money else f"{target['target']:,.0f}"
        miss = target["expected_miss"]
        shortfall = (
            "" if miss is None else numbers.money(miss, document["currency"]) if is_money else numbers.count(miss)
        )
        chance = _NO_CHANCE.get(target["state"], "not known")
        chance = chance if target["probability"] is None else numbers.chance(target)
        name = f"{target['metric']} {target['period']}{MARKS.get(target['state'], '')}"
        if "of" in target:
            name = f"{document['labels'].get(target['of'], {}).get(target['name'], target['name'])} {name}"
        rows.append([name, value, chance, shortfall])
    result = table(["Other targets", "target", "chance", "average shortfall\nif missed"], rows)
    if any(target["state"] == "outside" for target in rest):
        kind = _PERIOD_WORDS.get(document["period_kind"], document["period_kind"])
        result += "\n" + wrapped(
            f"Not covered: no day of the period is simulated, or it begins or ends in the middle of a reporting {kind}."
        )
    if any(target["state"] == "partial" and target["probability"] is None for target in rest):
        result += "\n" + wrapped("Not known: the period has begun, and actuals to date are not stated by class.")
    if any(target["state"] == "not kept" for target in rest):
        result += "\n" + wrapped(NOT_KEPT)
    return result


def progress_table(document: Document) -> str:
    """Targets of periods that have begun: what is there, and what is still to go."""
    begun = [target for target in document["targets"] if "to_go" in target]
    rows = []
    for target in begun:
        values = (target["target"], target["actual"], max(target["to_go"], 0.0))
        if target["metric"] == "bookings":
            cells = [numbers.money(value, document["currency"]) for value in values]
        else:
            cells = [f"{value:,.0f}" for value in values]
        rows.append([f"{target['metric']} {target['period']}", *cells, numbers.chance(target)])
    head = [f"Progress to target\nas of {document['as_of']}", "target", "actual", "to go", "chance"]
    return "\n".join([table(head, rows), *_results(begun, document)]) if rows else ""


def _results(targets: list[Document], document: Document) -> list[str]:
    """Targets whose period is over, as people say them: 812k of 850k."""
    said = []
    for target in targets:
        if target["state"] == "actual":
            actual, wanted = (_target_value(target, key, document) for key in ("actual", "target"))
            share = f", {target['actual'] / target['target']:.0%}" if target["target"] else ""
            found = numbers.chance(target)
            said.append(f"{target['period']}: {actual} of {wanted} {target['metric']}{share}: {found}.")
    return said


def _target_value(target: Document, key: str, document: Document) -> str:
    value = target[key]
    return numbers.money(value, document["currency"]) if target["metric"] == "bookings" else f"{value:,.0f}"


def growth_table(document: Document) -> str:
    """Growth of the headline metric: of its longer spans, and of single periods where they are few."""
    name = headline_metric(document)
    metric = document["metrics"][name]
    shown = {span["period"] for span in metric["spans"]}
    if len(metric["periods"]) <= _FEW_PERIODS:
        shown |= {entry["period"] for entry in metric["periods"]}
    rows = [
        [
            f"{entry['period']}{MARKS.get(entry['state'], '')} vs {entry['base']}",
            *(numbers.change(entry[key]) for key in (*_BANDS, "mean")),
        ]
        for entry in document["growth"]
        if entry["metric"] == name and entry["period"] in shown
    ]
    head = [f"Growth of {name}", *(WORDS[key][0] for key in _BANDS), "mean"]
    return table(head, rows) if rows else ""


def deals_table(document: Document) -> str:
    """The listed deals that decide the next target's period, or else the whole run."""
    wanted = [target["period"] for target in document["targets"] if target["metric"] == "bookings"]
    period = next((p for p in wanted if any(deal["period"] == p for deal in document["deals"])), "total")
    deals = [deal for deal in document["deals"] if deal["period"] == period]
    if not deals:
        return ""
    expected = any(deal.get("expected_close") for deal in deals)
    rows = [
        [
            deal["deal"] if deal["label"] == deal["deal"] else f"{deal['label']} ({deal['deal']})",
            numbers.money(deal["amount"], document["currency"]),
            numbers.percent(deal["chance"]),
            numbers.use(deal["share_of_variance"]),
            *([deal["expected_close"] or ""] if expected else []),
        ]
        for deal in deals
    ]
    when = "the whole run" if period == "total" else period
    share = numbers.use(sum(deal["share_of_variance"] for deal in deals))
    who = "This deal explains" if len(deals) == 1 else f"Together, these {len(deals)} deals explain"
    note = f"{who} {share} of the variance of bookings in {when}: more than everything else together."
    if sum(deal["share_of_variance"] for deal in deals) < _HALF:
        note = f"{who} {share} of the variance of bookings in {when}."
    head = [f"Deals that decide\n{when}", "amount\nif won", "chance of a win\nin the period", "share of\nvariance"]
    head += ["expected\nclose (CRM)"] if expected else []
    return table(head, rows) + "\n" + wrapped(note)


def foot(document: Document) -> str:
    """Replications, seed, and which uncertainty the bands hold."""
    total = document["metrics"][headline_metric(document)]["total"]
    if posterior := document.get("posterior"):
        kinds = (
            f"chance and parameter uncertainty ({document['ranged_numbers']} uncertain numbers, "
            f"{document['draws']:,} of the {posterior['draws']:,} draws in {posterior['file']})"
        )
    elif document["ranged_numbers"]:
        kinds = (
            f"chance and parameter uncertainty ({document['ranged_numbers']} numbers given as ranges, "
            f"{document['draws']:,} parameter draws)"
        )
    else:
        kinds = "chance only: the scenario does not give any number as a range"
    text = f"{document['replications']:,} replications, random seed {document['seed']}. The bands cover {kinds}."
    if total["mean"] and total["mc_error"]:
        share = 200 * total["mc_error"] / total["mean"]
        text += f" The Monte Carlo error of the mean total is about ±{share:.1g}% (95% confidence)."
    return wrapped(text + precision_sentence(document))


def is_uncertain(document: Document) -> bool:
    """Whether parameters differ between replications."""
    return bool(document["ranged_numbers"] or document.get("posterior"))


def precision_sentence(document: Document) -> str:
    """What became of the precision that was asked for; empty where none was."""
    asked = document.get("precision")
    if asked is None:
        return ""
    word = f'"{WORDS[asked["quantile"]][0]}"' if asked["quantile"] in WORDS else asked["quantile"]
    reached = "which took this many replications" if asked["reached"] else "NOT reached: run more replications"
    exact = "cannot be computed from so few replications"
    if asked["achieved"] is not None:
        exact = f"has a Monte Carlo error of ±{100 * asked['achieved']:.2g}% (95% confidence)"
    wanted = f"the goal was {100 * asked['wanted']:.4g}%, {reached}"
    return f" The {word} number of total {asked['metric']} {exact}; {wanted}."


def _title(document: Document) -> str:
    settings = "".join(f"\n{line}" for line in textwrap.wrap(settings_of(document), WIDTH))
    title = f"{document['label']}{settings}"
    title += f"\nForecast until {document['until']}, as of {document['as_of']}"
    return title + (f"\n{standing(document)}" if standing(document) else "")


def settings_of(document: Document, most: int | None = None) -> str:
    """What ``--set`` changed, in one line; empty where nothing was. At most some are named, the others counted."""
    items = [f"{path}={value}" for path, value in document.get("overrides", {}).items()]
    if most is not None and len(items) > most:
        items[most:] = [f"and {len(items) - most} more"]
    return f"With {', '.join(items)}" if items else ""


def standing(document: Document) -> str:
    """Where the scenario stands and who approved it; empty where it says nothing."""
    status, by = document["status"], document["approved_by"]
    if not status and not by:
        return ""
    return f"Status: {status or 'not stated'}" + (f", approved by {by}" if by else "")
