"""The pages on Python: their examples run as a reader would type them, and print what the pages show."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

import rpmsim
from rpmsim import metrics

TOP = Path(__file__).parents[2]
EXAMPLES = {"python": 7, "scores": 7, "backtest": 1}
"""Pages, and how many examples each has at least."""
PAGES = [TOP / "docs" / "reference" / f"{name}.md" for name in EXAMPLES]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run_and_print_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TOP / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert len(blocks) >= EXAMPLES[page.stem]
    for block in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], str(page), "exec"), names)
        assert printed.getvalue() == (block["output"] or ""), block["code"]


def test_every_metric_is_in_one_place() -> None:
    assert {name for name in metrics.__all__ if isinstance(getattr(metrics, name), metrics.Metric)} == set(
        metrics.METRICS
    )
    assert all(getattr(metrics, name) is metric for name, metric in metrics.METRICS.items())
    assert metrics.listing().count("\n") == len(metrics.METRICS) - 1
    assert rpmsim.metrics is metrics
