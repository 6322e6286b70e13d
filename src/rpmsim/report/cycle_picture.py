"""The picture of a revenue cycle as SVG: stages from top to bottom, who comes in, who works where, and every way out.

Two designs were weighed: a graph of boxes and arrows in layers, and a column of stages. In a graph, the losses and
returns of ten stages cross whatever the layout does. In the column each stage has its ways out beside it, so nothing
crosses, names have room, and the picture grows by one row for each stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from rpmsim.report.cycle_facts import Cycle, StageFacts, Way
from rpmsim.report.table import fit, width

WIDTH = 1400
LEFT, BOX, RIGHT = 40, 470, 880
"""Where the columns begin: channels and people, stages, ways out."""
BOX_WIDTH = 340
LINE = 22
HEAD = 92
GAP = 46
PADDING = 14
_LETTER = 8.4
"""Width of a letter of the text, about; a wide one takes two."""

_STYLE = """
svg{background:#fff;--ink:#1f2933;--soft:#66717e;--line:#b8c1cc;--box:#f3f6fa;--go:#1d63b8;--won:#1b7f4b;--lost:#8a8f98;
--back:#b26a00;--role:#6b3fa0}
@media(prefers-color-scheme:dark){svg{background:#14181d;--ink:#e7ebf0;--soft:#9aa6b4;--line:#4a5665;--box:#1e252d;
--go:#6fb1ff;--won:#5fd39a;--lost:#9aa1ab;--back:#f0b35c;--role:#c3a1f2}}
text{font:15px system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--ink)}
.title{font-size:24px;font-weight:600}.name{font-size:18px;font-weight:600}.soft{fill:var(--soft)}
.box{fill:var(--box);stroke:var(--line)}.won{stroke:var(--won);stroke-width:2.5}.lost{stroke-dasharray:5 4}
path{fill:none;stroke:var(--line);stroke-width:2}.go{stroke:var(--go)}text.go{fill:var(--go);stroke:none}
text.towon{fill:var(--won)}text.tolost{fill:var(--lost)}text.back{fill:var(--back)}text.role{fill:var(--role)}
.head{fill:var(--go);stroke:none}.in{text-anchor:end}
"""


@dataclass(frozen=True)
class Row:
    """A stage and where its box lies: ``top`` and ``height`` in pixels."""

    stage: StageFacts
    top: float
    height: float
    next_way: Way | None
    ways: Sequence[Way]
    arrivals: Sequence[str]
    people: Sequence[str]


def cycle_svg(cycle: Cycle) -> str:
    """The picture of a cycle.

    Parameters
    ----------
    cycle : Cycle
        What a scenario states of its stages, ways, channels and roles.

    Returns
    -------
    str
        SVG of 1,400 pixels in width. Its text is text, it asks nothing of anybody, and it follows the reader's choice
        of light or dark.
    """
    rows = layout(cycle)
    height = rows[-1].top + rows[-1].height + 40 if rows else HEAD
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(cycle.title)}: the revenue cycle</title>',
        f'<desc id="desc">{escape(_description(cycle))}</desc>',
        f"<style>{_STYLE}</style>",
        _text(LEFT, 44, fit(cycle.title, 110), "title"),
        _text(LEFT, 72, cycle.subtitle, "soft"),
    ]
    for at, row in enumerate(rows):
        parts += _row(row, rows[at + 1] if at + 1 < len(rows) else None)
    return "\n".join([*parts, "</svg>", ""])


def layout(cycle: Cycle) -> list[Row]:
    """Rows from top to bottom: the way to the win first, then where leads rest, then losses."""
    stages = _in_order(cycle.stages)
    rows = []
    top = float(HEAD)
    for at, stage in enumerate(stages):
        following = stages[at + 1].name if at + 1 < len(stages) else ""
        next_way = next((way for way in stage.ways if way.to == following and way.advances), None)
        ways = [way for way in stage.ways if way is not next_way]
        arrivals = [channel.text for channel in cycle.channels if channel.into == stage.name]
        lines = max(1 + len(stage.lines), len(ways), len(arrivals) + len(stage.people))
        height = 2 * PADDING + LINE * lines
        rows.append(Row(stage, top, height, next_way, ways, arrivals, stage.people))
        top += height + GAP
    return rows


def _in_order(stages: Iterable[StageFacts]) -> list[StageFacts]:
    """Stages as the scenario has them, wins after what leads there, then what is beside the way, then losses."""
    after = {"won": 1, "customer": 1, "nurture": 2, "lost": 3}

    def rank(stage: StageFacts) -> int:
        beside = stage.kind == "other" and not any(way.advances for way in stage.ways)
        return after.get(stage.kind, 2 if beside else 0)

    return sorted(stages, key=rank)


def _row(row: Row, following: Row | None) -> list[str]:
    """A box with its lines, what comes in at its left, and its ways out at the right and below."""
    stage, middle = row.stage, row.top + row.height / 2
    kind = {"won": " won", "lost": " lost"}.get(stage.kind, "")
    parts = [f'<g class="stage"><title>{escape(stage.label)}</title>']
    parts.append(
        f'<rect class="box{kind}" x="{BOX}" y="{row.top:.0f}" width="{BOX_WIDTH}" height="{row.height:.0f}" rx="10"/>'
    )
    first = row.top + PADDING + 16
    parts.append(_text(BOX + 16, first, _cut(stage.label, BOX_WIDTH - 32, 1.25), "name"))
    for i, line in enumerate(stage.lines, 1):
        parts.append(_text(BOX + 16, first + LINE * i, _cut(line, BOX_WIDTH - 32), "soft"))
    for i, line in enumerate(row.arrivals):
        parts.append(_text(BOX - 56, first + LINE * i, _cut(line, BOX - LEFT - 60), "in"))
    for i, line in enumerate(row.people, len(row.arrivals)):
        parts.append(_text(BOX - 56, first + LINE * i, _cut(line, BOX - LEFT - 60), "in role"))
    if row.arrivals:
        y = first - 5 + LINE * (len(row.arrivals) - 1) / 2
        parts.append(_arrow(BOX - 44, y, BOX - 6, y))
    for i, way in enumerate(row.ways):
        y = first + LINE * i
        parts.append(_text(RIGHT, y, _cut(way.text, WIDTH - RIGHT - 20), _class(way)))
    if row.ways:
        parts.append(f'<path d="M{BOX + BOX_WIDTH} {middle:.0f}H{RIGHT - 14}"/>')
    if following is not None and row.next_way is not None:
        x, y = BOX + BOX_WIDTH / 2, row.top + row.height
        parts.append(_arrow(x, y, x, following.top - 4))
        parts.append(_text(x + 16, y + GAP / 2 + 5, _cut(row.next_way.share_and_time, 300), "go"))
    return [*parts, "</g>"]


def _class(way: Way) -> str:
    """Color of a way: to a win, ahead, back or to rest, to a loss."""
    if way.to_kind == "won":
        return "towon"
    if way.to_kind == "lost":
        return "tolost"
    return "go" if way.advances else "back"


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line to the right or down, with a head."""
    if y == to_y:
        head = f"M{to_x + 4:.0f} {to_y:.0f}l-9 -5v10z"
        return f'<path d="M{x:.0f} {y:.0f}H{to_x - 4:.0f}"/><path class="head" d="{head}"/>'
    head = f"M{to_x:.0f} {to_y + 2:.0f}l-5 -9h10z"
    return f'<path class="go" d="M{x:.0f} {y:.0f}V{to_y - 6:.0f}"/><path class="head" d="{head}"/>'


def _cut(text: str, room: float, scale: float = 1.0) -> str:
    """The text, shortened where it has more letters than there is room."""
    return fit(text, int(room / (_LETTER * scale)))


def _text(x: float, y: float, text: str, name: str) -> str:
    kind = f' class="{name}"' if name else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{kind}>{escape(text)}</text>' if width(text) else ""


def _description(cycle: Cycle) -> str:
    """The picture in words, for who cannot see it."""
    said = [f"{channel.text}, into {channel.into_label}." for channel in cycle.channels]
    for stage in cycle.stages:
        own = [*stage.lines, *stage.people, *(way.text for way in stage.ways)]
        said.append(f"{stage.label}: {'; '.join(own)}." if own else f"{stage.label}.")
    return " ".join(said)
