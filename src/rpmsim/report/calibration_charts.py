"""Charts of a calibration: the fit against the records, in small multiples, and the win rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rpmsim.report import canvas
from rpmsim.report.calibration_rows import days, label_of, one_line, share
from rpmsim.report.calibration_shares import foot, shares_chart
from rpmsim.report.canvas import Chart
from rpmsim.report.panels import MOST, Words, draw_fit, draw_observed, name_panel, name_room, panels, quiet
from rpmsim.report.scales import (
    count_axis,
    date_axis,
    day_axis,
    floats,
    from_zero,
    log_money_axis,
    percent_axis,
    positive,
)
from rpmsim.report.table import shortened, width

Document = Mapping[str, Any]

_NEARLY_ALL = 0.98
_FLAT = 0.6
"""A panel is cut where its curves are flat after so much of its days."""
_MANY_WEEKS = 150
"""More weeks are smaller dots."""
_KEY = "Dark line: fitted.  Band: 90% interval.  Orange: observed."


def calibration_charts(document: Document) -> dict[str, tuple[Chart, str]]:
    """The charts for which there are records, each with what it shows.

    Returns
    -------
    dict
        By name: ``shares``, ``incidence``, ``arrivals``, ``amounts``.
    """
    drawn = {
        "shares": (shares_chart, "Win rate by stage, with 90% intervals"),
        "incidence": (incidence_chart, "Outcomes by days in the stage, fitted and observed"),
        "arrivals": (arrivals_chart, "New records per week by channel, fitted and observed"),
        "amounts": (amounts_chart, "Quantiles of the amounts by segment, fitted and observed"),
    }
    charts = {name: (draw(document), what) for name, (draw, what) in drawn.items()}
    return {name: (chart, what) for name, (chart, what) in charts.items() if chart is not None}


def incidence_chart(document: Document) -> Chart | None:
    """For each outcome the share of records that have had it, by days since the stage was entered."""
    found = [entry for entry in document["incidence"] if entry["days"]]
    if not found:
        return None
    shown = _most_records(found)
    inside = _inside(found, "observed", "p05", "p95")
    cut = any(_last_day(entry) < entry["days"][-1] for entry in shown)
    words = Words(
        "Outcomes: fitted against observed",
        f"Share of records by days in the stage{_said(inside, 'days')}",
        f"{_KEY}  A panel ends soon after 98% of its outcomes." if cut else _KEY,
        foot(document),
        _left_out(len(found) - len(shown), "outcome"),
    )
    with panels(len(shown), words) as (figure, all_axes):
        for axes, entry in zip(all_axes, shown, strict=True):
            draw_fit(axes, entry["days"], entry["p05"], entry["p50"], entry["p95"])
            draw_observed(axes, entry["days"], entry["observed"])
            from_zero(axes, [*entry["p95"], *entry["observed"]])
            percent_axis(axes.yaxis, 4)
            day_axis(axes, _last_day(entry))
            quiet(axes)
            name_panel(axes, _edge(document, entry, len(shown)), _records(entry["records"]))
        said = [
            f"{_edge(document, entry, 1)}: {share(entry['p50'][-1], 0)} after {days(entry['days'][-1])} days"
            for entry in shown
        ]
        return canvas.render(figure, words.title, f"{words.subtitle}. {'; '.join(said)}.")


def arrivals_chart(document: Document) -> Chart | None:
    """New records of each week, the fitted level and its band."""
    weeks: list[Any] = [dt.date.fromisoformat(week) for week in document["arrivals"]["weeks"]]
    channels = document["arrivals"]["channels"]
    if not weeks or not channels:
        return None
    found = [{"name": name, "records": sum(v or 0 for v in own["observed"]), **own} for name, own in channels.items()]
    shown = sorted(_most_records(found), key=lambda entry: -entry["records"])
    inside = _inside(found, "observed", "low", "high")
    words = Words(
        "New records per week: fitted against observed",
        f"By channel{_said(inside, 'weeks')}",
        "Dark line: fitted.  Band: 90% of weeks.  Orange: observed.",
        foot(document),
        _left_out(len(found) - len(shown), "channel"),
    )
    with panels(len(shown), words) as (figure, all_axes):
        for axes, entry in zip(all_axes, shown, strict=True):
            draw_fit(axes, weeks, entry["low"], entry["fitted"], entry["high"])
            draw_observed(axes, weeks, entry["observed"], dots=2.2 * min(1.0, (_MANY_WEEKS / len(weeks)) ** 0.5))
            from_zero(axes, [*entry["high"], *entry["observed"]])
            count_axis(axes.yaxis, 4)
            date_axis(axes, 6 if len(all_axes) > 1 else 10)
            axes.set_xlim(weeks[0] - dt.timedelta(4), weeks[-1] + dt.timedelta(4))
            quiet(axes)
            label = document["channels"].get(entry["name"], {}).get("label") or entry["name"]
            name_panel(axes, shortened(one_line(label), name_room(len(shown))), _records(entry["records"]))
        busiest = ", ".join(f"{one_line(entry['name'])} {entry['records']:,.0f}" for entry in shown)
        return canvas.render(figure, words.title, f"{words.subtitle}. Records: {busiest}.")


def amounts_chart(document: Document) -> Chart | None:
    """Quantiles of the amounts of each segment."""
    found = []
    for entry in document["amount_quantiles"]:
        values = np.concatenate([floats(entry[key]) for key in ("observed", "p05", "p50", "p95")])
        if (values > 0).any():
            facts = document["amounts"].get(entry["segment"], {})
            ends = {"least": values[values > 0].min(), "most": np.nanmax(values)}
            name = one_line(facts.get("label") or entry["segment"])
            found.append({**entry, "name": name, "records": facts.get("records", 0), **ends})
    if not found:
        return None
    shown = _most_records(found)
    inside = _inside(found, "observed", "p05", "p95")
    words = Words(
        "Amounts of won deals: fitted against observed",
        f"Quantiles by segment, logarithmic scale{_said(inside, 'quantiles')}",
        _KEY,
        foot(document),
        _left_out(len(found) - len(shown), "segment"),
    )
    currency = document.get("currency", "")
    with panels(len(shown), words) as (figure, all_axes):
        for axes, entry in zip(all_axes, shown, strict=True):
            draw_fit(axes, entry["levels"], *(positive(entry[key]) for key in ("p05", "p50", "p95")))
            draw_observed(axes, entry["levels"], positive(entry["observed"]), dots=4.0)
            log_money_axis(axes, entry["least"], entry["most"], currency)
            axes.set_xlim(0, 1)
            percent_axis(axes.xaxis, 4)
            quiet(axes)
            name_panel(axes, shortened(entry["name"], name_room(len(shown))), _records(entry["records"]))
        names = ", ".join(entry["name"] for entry in shown)
        return canvas.render(figure, words.title, f"{words.subtitle}. Segments: {names}.")


def _most_records(entries: Sequence[Document]) -> list[Document]:
    """The entries with most records that there is room for, in their order."""
    kept = sorted(range(len(entries)), key=lambda i: -entries[i]["records"])[:MOST]
    return [entries[i] for i in sorted(kept)]


def _last_day(entry: Document) -> float:
    """The last day that is drawn: where the curves are flat for long, they are cut."""
    shown, last = entry["days"], 0.0
    for key in ("p50", "observed"):
        values = floats(entry[key])
        known = np.flatnonzero(np.isfinite(values))
        if known.size:
            last = max(last, shown[int(known[np.argmax(values[known] >= _NEARLY_ALL * values[known[-1]])])])
    return 1.3 * last if 1.3 * last < _FLAT * shown[-1] else shown[-1]


def _inside(entries: Sequence[Document], observed: str, low: str, high: str) -> float | None:
    """Share of observed values that lie in their band."""
    values, lowest, highest = (
        np.concatenate([floats(entry[key]) for entry in entries]) for key in (observed, low, high)
    )
    known = np.isfinite(values + lowest + highest)
    if not known.any():
        return None
    return float(((lowest <= values) & (values <= highest))[known].mean())


def _said(inside: float | None, what: str) -> str:
    return "" if inside is None else f": observed lies in the band on {share(inside, 0)} of the {what}"


def _left_out(count: int, noun: str) -> str:
    return f"Not drawn: {count} {noun}{'' if count == 1 else 's'} with fewer records." if count > 0 else ""


def _edge(document: Document, entry: Document, count: int) -> str:
    """From stage to stage, each with the room that the other leaves; for one of so many panels."""
    room = name_room(count) - 3
    source, target = label_of(document, entry["stage"]), label_of(document, entry["outcome"])
    source = shortened(source, max(room // 2, room - width(target)))
    return f"{source} → {shortened(target, room - width(source))}"


def _records(count: float) -> str:
    return f"{count:,.0f} record{'' if count == 1 else 's'}"
