"""Small multiples: panels of one kind side by side, below a title, a key, and above what they rest on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from rpmsim.report import canvas
from rpmsim.report.canvas import line
from rpmsim.report.scales import floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""Panels that are drawn; more are too small to read."""
_HEAD, _FOOT = 1.2, 0.5
_GAP = 0.78
"""Inches between the axes of two rows, for the labels below and the title above."""
_LEFT, _RIGHT = 0.6, 0.3
"""Inches beside a panel's axes, for labels."""
_ABREAST = {1: 1, 2: 2, 4: 2}
"""Panels abreast, of so many; else three."""
_HEIGHTS = {1: 3.4, 2: 2.6, 3: 1.35}
"""Inches of axes with so many panels abreast; a single row of three has more."""
_SINGLE_ROW = 2.2
_NAMES = {1: 110, 2: 56, 3: 34}
"""Columns of a panel's name with so many abreast."""


class Words(NamedTuple):
    """What stands above and below panels."""

    title: str
    subtitle: str
    key: str
    foot: str
    left_out: str = ""


@contextmanager
def panels(count: int, words: Words) -> Iterator[tuple[Figure, list[Axes]]]:
    """A sheet with so many empty panels, at most :data:`MOST`, in rows of one, two or three."""
    abreast = _ABREAST.get(count, 3)
    down = math.ceil(count / abreast)
    high = _SINGLE_ROW if count == abreast > 2 else _HEIGHTS[abreast]
    height = _HEAD + down * (high + _GAP) + _FOOT
    wide = canvas.WIDTH / abreast
    with canvas.sheet(height) as figure:
        head_and_foot(figure, words)
        yield (
            figure,
            [
                figure.add_axes(
                    (
                        (wide * (i % abreast) + _LEFT) / canvas.WIDTH,
                        1 - (_HEAD + (i // abreast + 1) * (high + _GAP) - _GAP / 2) / height,
                        (wide - _LEFT - _RIGHT) / canvas.WIDTH,
                        high / height,
                    )
                )
                for i in range(count)
            ],
        )


def name_room(count: int) -> int:
    """Columns of the name of each of so many panels."""
    return _NAMES[_ABREAST.get(count, 3)]


def head_and_foot(figure: Figure, words: Words) -> None:
    """Title, finding and key above; below, what the drawing rests on and what it leaves out."""
    height = figure.get_figheight()
    line(figure, 1 - 0.42 / height, words.title, 16.0, fontweight="bold")
    line(figure, 1 - 0.74 / height, words.subtitle, 11.5)
    line(figure, 1 - 1.03 / height, words.key, 9.0, color=canvas.QUIET)
    line(figure, 0.14 / height, words.foot, 7.5, color=canvas.QUIET)
    line(figure, 0.31 / height, words.left_out, 7.5, color=canvas.QUIET)


def name_panel(axes: Any, name: str, note: str) -> None:
    """Name of a panel, and a quiet note below it."""
    for text, points, style in (
        (name, 15, {"fontsize": 9.0, "fontweight": "bold"}),
        (note, 4, {"fontsize": 8.0, "color": canvas.QUIET}),
    ):
        axes.annotate(text, (0, 1), (0, points), xycoords="axes fraction", textcoords="offset points",
                      annotation_clip=False, **style)  # fmt: skip


def quiet(axes: Axes) -> None:
    """Lines across at the values, and no frame."""
    axes.grid(axis="y", color=canvas.LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(canvas.LINE)
    axes.tick_params(axis="both", length=0, labelsize=8, labelcolor=canvas.QUIET)


def draw_fit(axes: Any, x: Sequence[Any], low: Any, middle: Any, high: Any) -> None:
    """A fitted line in its band; also of a single place."""
    low, middle, high = (floats(values) for values in (low, middle, high))
    axes.fill_between(x, low, high, color=canvas.OUTER, linewidth=0)
    alone = {"marker": "o", "markersize": 5} if len(x) == 1 else {}
    axes.plot(x, middle, color=canvas.MIDDLE, linewidth=1.8, solid_capstyle="round", **alone)
    if len(x) == 1:
        axes.vlines(x, low, high, color=canvas.OUTER, linewidth=8, zorder=1)


def draw_observed(axes: Any, x: Sequence[Any], values: Sequence[float | None], dots: float = 0.0) -> None:
    """What was observed: a line, or dots of so many points."""
    if dots or len(x) == 1:
        axes.plot(x, floats(values), "o", color=canvas.TARGET, markersize=dots or 5.0)
    else:
        axes.plot(x, floats(values), color=canvas.TARGET, linewidth=1.1)
