"""The page of the metrics states the definitions that the program prints."""

from __future__ import annotations

from pathlib import Path

from rpmsim.analysis.bands import WORDS
from rpmsim.analysis.dictionary import METRICS
from rpmsim.report.all_numbers import COLUMN_MEANINGS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def test_every_definition_stands_there_and_no_other():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    expected = [f"| `{m.name}` | {m.unit} | {m.definition} |" for m in METRICS.values()]
    expected += [f"| {word} | `{key}` | {meaning} |" for key, (word, meaning) in WORDS.items()]
    expected += [f"| `{name}` | {meaning} |" for name, meaning in COLUMN_MEANINGS.items()]
    found = [line for line in lines if line.startswith("| ") and "`" in line]
    assert sorted(found) == sorted(expected)
