"""The page ``backtest.md``: all targets, all baselines, the charts, and what the words mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.display import plain
from rpmsim.report.backtest_rows import band_rows, skill_rows, targets
from rpmsim.report.backtest_tables import (
    baseline_rows,
    chance_rows,
    combination_rows,
    conformal_rows,
    coverage_rows,
    error_rows,
)
from rpmsim.report.backtest_words import DEFINITIONS, basis, meanings
from rpmsim.report.markdown import cell, embedded, name_cell, piped, section

Document = Mapping[str, Any]

_COMBINATION = "Skill here is against the forecast alone."


def backtest_markdown(document: Document, charts: Mapping[str, str]) -> str:
    """All of a backtest as a page.

    Parameters
    ----------
    document : mapping
        What ``backtest.json`` holds. Any number in it may be None.
    charts : mapping of str to str
        Name of each chart, without ending, to what it shows.
    """
    names = targets(document)
    sections = [
        section("Findings", [], [f"- {cell(text)}" for text in meanings(document)]),
        section("Bands", embedded(charts, "bands", "coverage"), piped(band_rows(document, names))),
        section("Baselines", embedded(charts, "skill"), piped(skill_rows(document, names))),
        section("Skill against every baseline", [], piped(baseline_rows(document, names))),
        section("Coverage and width", embedded(charts, "pit"), piped(coverage_rows(document, names))),
        section("Errors", [], piped(error_rows(document, names))),
        section("Chances", [], piped(chance_rows(document, names))),
        section("Conformal adjustment", [], piped(conformal_rows(document, names))),
        section("Combination with a baseline", [], piped(combination_rows(document, names)), _COMBINATION),
    ]
    said = "\n".join(line for lines in sections for line in lines)
    sections.append(section("Words", [], _words(said)))
    head = [f"# Backtest of {name_cell(document['history'])}", "", basis(document)]
    head += [] if names else ["", "Nothing could be scored."]
    body = [line for lines in sections if lines for line in ("", lines[0], "", *lines[1:])]
    return plain("\n".join([*head, *body]) + "\n")


def _words(page: str) -> list[str]:
    """What the words mean, without those of sections that the page does not have."""
    absent = {word for word in ("conformal", "combination") if f"## {word.capitalize()}" not in page}
    used = [[cell(word), cell(meaning)] for word, meaning in DEFINITIONS.items() if word not in absent]
    return ["| word | meaning |", "| --- | --- |", *(f"| {word} | {meaning} |" for word, meaning in used)]
