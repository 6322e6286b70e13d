"""What a reader of a chart sees of its texts."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text


def check_texts(figure: Figure) -> None:
    """Assert that every text is on the sheet and touches no other; the figure must have been drawn."""
    unseen = {
        label
        for one in figure.axes
        for axis in (one.xaxis, one.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            (t.get_text(), tuple(np.round(Text.get_window_extent(t).extents, 1)))
            for t in figure.findobj(Text)
            if t.get_visible() and t.get_text().strip() and t not in unseen
        }
    boxes = [(text, box) for text, box in found if box[2] > box[0]]
    width, height = figure.get_size_inches() * figure.dpi
    for text, (left, bottom, right, top) in boxes:
        assert left >= 0, text
        assert right <= width, text
        assert bottom >= 0, text
        assert top <= height, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across, up = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert not (across > 1 and up > 5), (one, other)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]
