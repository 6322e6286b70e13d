"""The fan chart of a run: what may come in each period, and the years and targets below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rpmsim.analysis.bands import WORDS
from rpmsim.report import canvas, numbers
from rpmsim.report.axis import period_ticks
from rpmsim.report.canvas import Chart
from rpmsim.report.table import width
from rpmsim.report.text import MARKS, headline_metric, is_uncertain, longer_spans, settings_of, standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]

_FAN_LEFT, _FAN_RIGHT = 0.075, 0.86
_ROWS_LEFT, _BAR_RIGHT = 0.03, 0.55
_COLUMNS = (("p10", 0.63), ("p50", 0.71), ("p90", 0.79))
_TARGET_COLUMNS = (("target", 0.885), ("chance", 0.97))
"""Right ends of the columns beside the bars, as shares of the width."""

_ROW, _NARROW_ROW = 0.062, 0.05
_ROOMY, _SLIDE, _MOST_ROWS = 4, 6, 20
"""Rows that have much room, that a slide has room for (more make the chart higher), and that are drawn at all."""
_MOST_MARKS = 24
"""Targets of single periods whose chance is written beside them; more would touch."""
_MOST_LISTED = 14
_MOST_SETTINGS = 2
_FEWEST_SPANS = 2
"""So many years or periods of targets need no total beside them."""
_MOST_NAMED = 6
_FEWEST_FOR_FAN = 3


def bands_chart(document: Document) -> Chart:
    """Draw the forecast of bookings (or wins) for a board deck.

    Parameters
    ----------
    document : mapping
        The summary document of a run.

    Returns
    -------
    Chart
        SVG with a title and a description, and PNG of 2000 x 1125 pixels.
    """
    name = headline_metric(document)
    metric = document["metrics"][name]
    fan = len(metric["periods"]) >= _FEWEST_FOR_FAN
    rows, left_out = _rows(document, metric, with_periods=not fan)
    title, subtitle = finding(document)
    height = canvas.HEIGHT * (1 + _NARROW_ROW * max(0, len(rows) - _SLIDE))
    inch = canvas.HEIGHT / height  # all places below are those of a slide: from its top, or from its bottom
    row_height = _ROW if len(rows) <= _ROOMY else _NARROW_ROW
    if not fan:
        row_height = max(min(0.6 / (len(rows) + 1), 0.16), _NARROW_ROW)
    row_height *= inch
    bottom = (0.085 + 0.025 * bool(left_out)) * inch if fan else 0.45 - row_height * len(rows) / 2
    with canvas.sheet(height) as figure:
        _line(figure, 1 - 0.075 * inch, title, 16.0, 72, fontweight="bold")
        _line(figure, 1 - 0.132 * inch, subtitle, 11.5, 108)
        _line(figure, 1 - 0.198 * inch, _key(document, name), 9.0, 150, color=canvas.QUIET)
        if fan:
            low = bottom + row_height * (len(rows) + 1) + 0.11 * inch
            area = (_FAN_LEFT, low, _FAN_RIGHT - _FAN_LEFT, 1 - 0.225 * inch - low)
            _fan(figure.add_axes(area), document, name)
        _intervals(figure, document, name, rows, bottom, row_height, inch)
        states = {row["state"] for row in rows}
        _line(figure, 0.028 * inch, _source(document, states), 7.5, 190, color=canvas.QUIET)
        if left_out:
            _line(figure, 0.053 * inch, f"Not drawn: {left_out}.", 7.5, 190, color=canvas.QUIET)
        return canvas.render(figure, title, describe(document))


def _line(figure: Figure, height: float, text: str, size: float, letters: int, **style: Any) -> None:
    """A line of text across the sheet, smaller where it has more letters than fit."""
    figure.text(0.03, height, text, fontsize=size * min(1.0, letters / max(width(text), 1)), **style)


def finding(document: Document) -> tuple[str, str]:
    """The finding in words: the chance of what, and of the target."""
    name = headline_metric(document)
    entry, target = _headline(document)
    what = f"{entry['period']} {name}"
    if entry["period"] == "Total":
        until = dt.date.fromisoformat(document["until"])
        what = f"{name.capitalize()} until {until.day} {until:%b %Y}"
    low, middle = (_short(document, name, entry[key], down=key == "p10") for key in ("p10", "p50"))
    title = f"{what}: 9 in 10 chance of at least {low}, median {middle}"
    settings = settings_of(document, _MOST_SETTINGS)
    label = f"{document['label']} ({settings.lower()[:1]}{settings[1:]})" if settings else document["label"]
    if target is None:
        return title, label
    chance = numbers.percent(target["probability"])
    return title, f"{label}: {chance} chance of the target of {_short(document, name, target['target'])}"


def describe(document: Document) -> str:
    """The chart in words, for those who do not see it."""
    name = headline_metric(document)
    metric = document["metrics"][name]
    reported = (
        metric["periods"]
        if len(metric["periods"]) <= _MOST_LISTED
        else metric["periods"][:: len(metric["periods"]) - 1]
    )
    parts = [
        f"{entry.get('title', entry['period'])}: "
        + ", ".join(f"{WORDS[key][0]} {_short(document, name, entry[key])}" for key, _ in _COLUMNS)
        for entry in (*reported, *longer_spans(metric))
    ]
    targets = [
        f"target {period} {_short(document, name, target['target'])}: {_chance(target)}"
        for period, target in _targets(document, name).items()
    ]
    return f"Forecast of {name} with bands. " + "; ".join([*parts, *targets]) + "."


def _fan(axes: Axes, document: Document, name: str) -> None:
    """Bands 10 to 90 and 25 to 75, and the median, by period."""
    entries = document["metrics"][name]["periods"]
    x = list(range(len(entries)))
    column = {key: [entry[key] or 0.0 for entry in entries] for key in ("p10", "p25", "p50", "p75", "p90")}
    axes.fill_between(x, column["p10"], column["p90"], color=canvas.OUTER, linewidth=0)
    axes.fill_between(x, column["p25"], column["p75"], color=canvas.INNER, linewidth=0)
    axes.plot(x, column["p50"], color=canvas.MIDDLE, linewidth=2.2, solid_capstyle="round")
    targets = _targets(document, name)
    marked = [(i, targets[entry["period"]]) for i, entry in enumerate(entries) if entry["period"] in targets]
    top = max(column["p90"] + [target["target"] for _, target in marked]) * 1.08 or 1.0
    axes.set_xlim(-0.5, len(x) - 0.5)
    axes.set_ylim(0, top)
    for i, target in marked:
        axes.plot([i - 0.3, i + 0.3], [target["target"]] * 2, color=canvas.TARGET, linewidth=2.2)
        if len(marked) > _MOST_MARKS:
            continue
        chance = numbers.chance(target)
        axes.annotate(chance, (i, target["target"]), (0, 5), textcoords="offset points", ha="center", fontsize=8,
                      color=canvas.TARGET, bbox={"facecolor": "white", "linewidth": 0, "pad": 1.0})  # fmt: skip
    _edge_labels(axes, [column[key][-1] for key in ("p10", "p50", "p90")], top)
    for i, entry in enumerate(entries):
        if entry["state"] == "partial":
            axes.axvspan(i - 0.5, i + 0.5, color="#f1f3f4", linewidth=0, zorder=0)
    _frame(axes, document, name, entries)


def _frame(axes: Axes, document: Document, name: str, entries: Sequence[Document]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    places, labels = period_ticks(
        document["period_kind"], [dt.date.fromisoformat(e["first"]) for e in entries], entries
    )
    axes.set_xticks(places, labels)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=name == "wins", steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(document, name, value) if value else "0"))
    axes.tick_params(axis="both", length=0, labelsize=9, labelcolor=canvas.QUIET)
    axes.grid(axis="y", color=canvas.LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(canvas.LINE)


def _key(document: Document, name: str) -> str:
    """What is drawn, in one line."""
    kind = document["period_kind"].replace("_", " ")
    targets = _targets(document, name)
    marked = sum(entry["period"] in targets for entry in document["metrics"][name]["periods"])
    orange = "  Orange: target." if targets else ""
    orange = "  Orange: target (chances: summary.xlsx)." if marked > _MOST_MARKS else orange
    low, lower, middle, upper, high = (WORDS[key][0] for key in ("p10", "p25", "p50", "p75", "p90"))
    return (
        f"{name.capitalize()} by {kind}.  Line: {middle} (50/50).  Dark band: {lower} to {upper}, half of all "
        f"results.  Light band: {low} to {high}.{orange}"
    )


def _edge_labels(axes: Axes, heights: Sequence[float], top: float) -> None:
    """Name the lines where they end; labels that would touch are pushed apart."""
    words = tuple("median (50/50)" if key == "p50" else f"{WORDS[key][0]} chance" for key, _ in _COLUMNS)
    gap = 0.075 * top
    low, middle, high = heights
    low = max(min(low, middle - gap), 0.0)
    middle = max(middle, low + gap)
    places = (low, middle, max(high, middle + gap))
    for place, text, weight in zip(places, words, ("normal", "bold", "normal"), strict=True):
        axes.annotate(text, (1, place), (6, -3), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      fontsize=8.5, color=canvas.MIDDLE, fontweight=weight, annotation_clip=False)  # fmt: skip


def _intervals(
    figure: Figure,
    document: Document,
    name: str,
    rows: Sequence[Document],
    bottom: float,
    row_height: float,
    inch: float,
) -> None:
    """One bar for each longer period, with its numbers and its target in columns beside it."""
    targets = _targets(document, name)
    shown = [targets[row["period"]]["target"] for row in rows if row["period"] in targets]
    reach = 1.05 * max([row["p90"] or 0.0 for row in rows] + shown) or 1.0
    axes = figure.add_axes((_ROWS_LEFT, bottom, _BAR_RIGHT - _ROWS_LEFT, row_height * len(rows)))
    axes.set_xlim(-0.22 * reach, reach)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axis("off")
    head = bottom + row_height * (len(rows) + 0.1)
    for key, right in _COLUMNS:
        figure.text(right, head, WORDS[key][0], ha="right", fontsize=9, color=canvas.QUIET)
    for word, right in _TARGET_COLUMNS if shown else ():
        figure.text(right, head, word, ha="right", fontsize=9, color=canvas.TARGET)
    for i, row in enumerate(rows):
        low, lower, middle, upper, high = (row[key] or 0.0 for key in ("p10", "p25", "p50", "p75", "p90"))
        axes.plot([0, reach], [i, i], color=canvas.LINE, linewidth=0.8, zorder=0)
        axes.barh(i, high - low, 0.5, low, color=canvas.OUTER)
        axes.barh(i, upper - lower, 0.5, lower, color=canvas.INNER)
        axes.plot([middle] * 2, [i - 0.25, i + 0.25], color=canvas.MIDDLE, linewidth=2.4, solid_capstyle="butt")
        base = bottom + row_height * (len(rows) - i - 0.5) - 0.011 * inch
        star = MARKS.get(row["state"], "")
        figure.text(
            _ROWS_LEFT,
            base,
            f"{row.get('title', row['period']) if row['period'] == 'Total' else row['period']}{star}",
            fontsize=10,
            fontweight="bold",
        )
        for key, right in _COLUMNS:
            weight, color = ("bold", canvas.MIDDLE) if key == "p50" else ("normal", canvas.INK)
            text = _short(document, name, row[key], down=key == "p10", even=True)
            figure.text(right, base, text, ha="right", fontsize=10, fontweight=weight, color=color)
        if row["period"] in targets:
            target = targets[row["period"]]
            axes.plot([target["target"]] * 2, [i - 0.38, i + 0.38], color=canvas.TARGET, linewidth=2.2)
            cells = (_short(document, name, target["target"], even=True), numbers.chance(target))
            for (_, right), text, weight in zip(_TARGET_COLUMNS, cells, ("normal", "bold"), strict=True):
                figure.text(right, base, text, ha="right", fontsize=10, fontweight=weight, color=canvas.TARGET)


def _rows(document: Document, metric: Document, with_periods: bool) -> tuple[Sequence[Document], str]:
    """Rows below the fan in order of time, and in words what is left out.

    Everything is drawn while there is room; then periods with a target come first, and the longest first. The total
    of several years is left to the tables.
    """
    name = headline_metric(document)
    wanted = {t["period"] for t in document["targets"] if t["metric"] == name}
    every = longer_spans(metric)
    spans = [row for row in every if row["period"] != "Total"]
    if len(spans) < _FEWEST_SPANS:
        spans = every
    ranked = sorted(spans, key=lambda row: (row["period"] not in wanted, -_days(row) // 31))[:_MOST_ROWS]
    rows = [row for row in spans if row in ranked]
    more = [row["period"] for row in spans if row not in ranked]
    if with_periods:
        rows = [*metric["periods"], *(rows if len(metric["periods"]) > 1 else [])]
    uncovered = [t["period"] for t in document["targets"] if t["metric"] == name and t["probability"] is None]
    words = [f"{_listed(more)} (in summary.xlsx)"] if more else []
    words += [f"targets outside the forecast ({_listed(uncovered)})"] if uncovered else []
    return rows, "; ".join(words)


def _listed(periods: Sequence[str]) -> str:
    """Names of periods; of many, the first ones and how many more there are."""
    named = ", ".join(periods[:_MOST_NAMED])
    return named if len(periods) <= _MOST_NAMED else f"{named} and {len(periods) - _MOST_NAMED} more"


def _headline(document: Document) -> tuple[Document, Document | None]:
    """The period that the title speaks of, and its target: the first of the longest with one, else year, else total."""
    name = headline_metric(document)
    metric = document["metrics"][name]
    spans = longer_spans(metric)
    targets = _targets(document, name)
    candidates = [entry for entry in spans if entry["period"] in targets]
    if candidates:
        longest = max(_days(entry) for entry in candidates)
        entry = next(entry for entry in candidates if _days(entry) > 0.97 * longest)
    else:
        named = [span for span in spans if span["period"] != "Total"]
        entry = named[0] if len(named) >= _FEWEST_SPANS else spans[-1]
    if len(metric["periods"]) == 1:
        entry = metric["periods"][0]
    return entry, targets.get(entry["period"])


def _targets(document: Document, name: str) -> dict[str, Document]:
    """Targets of the metric by period, of those that the forecast covers."""
    targets = (t for t in document["targets"] if t["metric"] == name and t["probability"] is not None)
    return {target["period"]: target for target in targets}


def _chance(target: Document) -> str:
    return numbers.chance(target) + ("" if target["state"] == "actual" else " chance")


def _days(entry: Document) -> int:
    return (dt.date.fromisoformat(entry["last"]) - dt.date.fromisoformat(entry["first"])).days + 1


def _short(document: Document, name: str, value: float | None, down: bool = False, even: bool = False) -> str:
    if value is None:
        return numbers.MISSING
    if name == "bookings":
        return numbers.money(value, document["currency"], down, even)
    return numbers.short(value, down)


def _source(document: Document, states: set[str]) -> str:
    holds = "chance and parameter uncertainty" if is_uncertain(document) else "chance only"
    notes = f"  {standing(document)}." if standing(document) else ""
    notes += "  * only part of the period is forecast." if "partial" in states else ""
    notes += "  = actuals: the period is over." if "actual" in states else ""
    notes += "  + includes actuals to date." if "actual+simulated" in states else ""
    return (
        f"{document['replications']:,} replications as of {document['as_of']} (random seed "
        f"{document['seed']}). The bands cover {holds}.{notes}"
    )
