"""The chart of a run, drawn by a second process while this one does the rest.

What draws takes longer to load than to draw. The second process runs this module as a program: it loads, gets the
document, and hands over the chart. Whatever goes wrong there, the chart is drawn here.
"""

from __future__ import annotations

import contextlib
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rpmsim.beside import answer, start
from rpmsim.report.canvas import Chart, sheet
from rpmsim.report.charts import bands_chart

Document = Mapping[str, Any]
Draw = Callable[[Document], Callable[[], Chart]]
"""Begins to draw the chart of a document, and gives what waits for it."""


@contextlib.contextmanager
def drawing() -> Iterator[Draw]:
    """Give a way to have charts drawn beside the work that is done here; one chart for each use."""
    process = None if _is_loaded() else start(__name__)
    if process is None:
        yield draw_later
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(process)
        thread = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(process.kill)

        def draw(document: Document) -> Callable[[], Chart]:
            drawn = thread.submit(process.communicate, json.dumps([__file__, document]).encode())
            return lambda: _opened(drawn.result()[0]) or bands_chart(document)

        yield draw


def _is_loaded() -> bool:
    """Whether what draws is here, so that drawing takes less than a second process would."""
    return "matplotlib" in sys.modules


def draw_later(document: Document) -> Callable[[], Chart]:
    """Draw here, when the chart is asked for."""
    return lambda: bands_chart(document)


def _sealed(chart: Chart) -> bytes:
    return json.dumps([chart.svg, b64encode(chart.png).decode()]).encode()


def _opened(data: bytes) -> Chart | None:
    """The chart that was sealed; None where it is not whole."""
    try:
        svg, png = json.loads(data)
        return Chart(svg, b64decode(png))
    except (TypeError, ValueError):
        return None


def main() -> None:
    """Draw the chart of the document that is asked for; the same program must have asked."""
    with sheet():
        pass  # what draws is loaded before the document is there
    program, document = json.loads(sys.stdin.buffer.read() or "[0, 0]")
    if program == __file__:
        answer(_sealed(bands_chart(document)))


if __name__ == "__main__":
    main()
