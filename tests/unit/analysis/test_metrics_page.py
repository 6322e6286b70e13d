"""The page of the metrics states what the program holds of each metric, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rpmsim.analysis.bands import WORDS
from rpmsim.analysis.dictionary import METRICS
from rpmsim.analysis.metric import Metric
from rpmsim.analysis.reference import groups, renewed
from rpmsim.report.all_numbers import COLUMN_MEANINGS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def test_the_page_is_as_generated() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "python -m rpmsim.analysis.reference docs/reference/metrics.md renews it"


def test_every_metric_stands_there_once_and_no_other() -> None:
    assert Counter(metric.name for metrics in groups().values() for metric in metrics) == Counter(list(METRICS))
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    words = [f"| {word} | `{key}` | {meaning} |" for key, (word, meaning) in WORDS.items()]
    columns = [f"| `{name}` | {meaning} |" for name, meaning in COLUMN_MEANINGS.items()]
    rows = [line for line in lines if line.startswith("| ") and "`" in line]
    assert not set(words + columns) - set(rows)
    rest = [row.split("`")[1] for row in rows if row not in words + columns]
    assert sorted(rest) == sorted(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_has_formula_trap_and_example(metric: Metric) -> None:
    texts = (metric.definition, metric.formula, metric.trap, metric.example)
    assert all(text.strip() == text != "" for text in texts)
    assert len(set(texts)) == len(texts)
    assert any(letter.isdigit() for letter in metric.example)
    page = PAGE.read_text(encoding="utf-8")
    assert all(text.rstrip(".") in page for text in texts[1:])
    assert all(sentence.rstrip(".") in page for sentence in metric.definition.split(". "))
