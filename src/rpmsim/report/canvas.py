"""The sheet that charts are drawn on: size, type, colors, and the same bytes for the same drawing."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from rpmsim.display import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 10.0, 5.625
"""Inches: a slide of 16 to 9."""

INK = "#1a1a1a"
QUIET = "#5f6368"
LINE = "#d5d8dc"
OUTERMOST = "#e6eff8"
OUTER = "#c9dcef"
INNER = "#7fb0da"
MIDDLE = "#0b3c6f"
TARGET = "#b8500b"
"""Blues and one orange, distinguished in every common color blindness and in grey: the bands grow darker inwards."""

SERIES = (INK, "#105ddd", "#1ca16f", "#662163", "#d9b05e")
"""Colors of up to five things side by side, the first of them the one to compare with. Distinct in every common color
blindness, also from the target's orange, and in grey: each is lighter or darker than the others by 15 of 100."""

_FONTS = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
"""Fonts that a system may have, the last one comes with matplotlib."""

_PNG_DPI = 200
_MARGIN = 0.03
"""Of the width, to either side of a line of text."""


class Chart(NamedTuple):
    """A drawing in both forms."""

    svg: str
    png: bytes

    def write(self, folder: Path, name: str) -> None:
        """Write both forms, ``name.svg`` and ``name.png``, into a folder."""
        (folder / f"{name}.svg").write_text(self.svg, encoding="utf-8", newline="\n")
        (folder / f"{name}.png").write_bytes(self.png)


@contextmanager
def sheet(height: float = HEIGHT) -> Iterator[Figure]:
    """An empty figure, drawn with one style whatever the user's own settings are.

    Parameters
    ----------
    height : float
        Inches; more than a slide has where a chart has many rows.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    style: dict[Any, Any] = {
        "font.family": [name for name in _FONTS if name in there],
        "font.size": 10.0,
        "text.color": INK,
        "svg.fonttype": "none",
        "svg.hashsalt": "rpmsim",
        "path.simplify": False,
        "text.parse_math": False,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(style)
        figure = Figure(figsize=(WIDTH, height), dpi=_PNG_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        yield figure


def line(figure: Figure, height: float, text: str, size: float, **style: Any) -> None:
    """Write a line of text across the sheet, smaller where it would not fit; ``height`` is a share of the sheet's."""
    drawn = figure.text(_MARGIN, height, plain(text), fontsize=size, **style)
    with _any_script():
        wide = drawn.get_window_extent().width
    room = (1 - 2 * _MARGIN) * figure.get_figwidth() * figure.dpi
    if wide > room:
        drawn.set_fontsize(size * room / wide)


@contextmanager
def _any_script() -> Iterator[None]:
    """Let names be in a script that no font here has: the SVG holds them as text, the PNG shows boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def render(figure: Figure, title: str, description: str) -> Chart:
    """Both forms of a drawing; must run inside :func:`sheet`.

    Parameters
    ----------
    title, description : str
        What the SVG says those who do not see it.
    """
    from matplotlib.text import Text

    title, description = plain(title), plain(description)
    for drawn in figure.findobj(Text):
        if plain(drawn.get_text()) != drawn.get_text():
            drawn.set_text(plain(drawn.get_text()))
    svg, png = io.StringIO(), io.BytesIO()
    with _any_script():
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        figure.savefig(png, format="png", metadata={"Software": None, "Title": title})
    return Chart(_described(svg.getvalue(), title, description), png.getvalue())


def _described(svg: str, title: str, description: str) -> str:
    """Put title and description first inside the root element, and name them there."""
    words = f'<title id="title">{escape(title)}</title>\n <desc id="desc">{escape(description)}</desc>'
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, count=1, flags=re.DOTALL)
    return re.sub(
        r"<svg ([^>]*)>", lambda m: f'<svg role="img" aria-labelledby="title desc" {m[1]}>\n {words}', svg, count=1
    )
