"""The page ``health.md`` of a calibration: all tables, all findings, and the charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpmsim.display import plain
from rpmsim.report.calibration_rows import (
    amount_rows,
    channel_rows,
    outcome_rows,
    stage_rows,
    window_rows,
)
from rpmsim.report.calibration_text import basis, findings, not_identified
from rpmsim.report.findings import findings_markdown
from rpmsim.report.markdown import cell, embedded, name_cell, piped, section

Document = Mapping[str, Any]

_LEGEND = (
    "FAIL: a forecast from this is wrong unless something is done. REVIEW: somebody should look. Intervals hold the "
    "true value with a chance of 90%."
)
_STAGES = (
    "Speed of a week: how much faster or slower than usual all records of the stage move in two of three weeks. Odds "
    "of a quarter: the same for the odds of advancing, by quarter of entry. Beyond the recorded ages: share of all "
    "outcomes that the model expects later than any that was recorded; it rests on an assumption."
)
_WINDOW = (
    "What counts: how much each past day weighs in shares and times. Scores are those of forecasts made on past days "
    "(CRPS relative to the usual number of outcomes; lower is better). The whole history counts unless it is clearly "
    "worse; otherwise all windows that are not clearly worse than the best take turns."
)
_CHANNELS = (
    "Level now: demand on the last day against the long-run rate. Dispersion: variance of a day beyond that of a "
    "Poisson count, as a share of the squared mean; 0 is Poisson."
)


def calibration_markdown(document: Document, charts: Mapping[str, str]) -> str:
    """All of a calibration as a page.

    Parameters
    ----------
    document : mapping
    charts : mapping of str to str
        Name of each chart, without ending, to what it shows.
    """
    sections = [
        ["## Findings", *findings_markdown(findings(document))] if document["health"] else [],
        section("Not identified", [], [f"- {cell(text)}" for text in not_identified(document)]),
        section("Outcomes", embedded(charts, "shares", "incidence"), piped(outcome_rows(document))),
        section("Stages", [], piped(stage_rows(document)), _STAGES),
        section("Channels", embedded(charts, "arrivals"), piped(channel_rows(document)), _CHANNELS),
        section("Amounts", embedded(charts, "amounts"), piped(amount_rows(document))),
        section("Window", [], piped(window_rows(document)), _WINDOW),
    ]
    head = [
        f"# Calibration of {name_cell(document['history'])}",
        "",
        f"As known on {document['as_of']}. Verdict: **{document['verdict']}**. {cell(basis(document))}",
        "",
        _LEGEND,
    ]
    body = [line for lines in sections if lines for line in ("", lines[0], "", *lines[1:])]
    return plain("\n".join([*head, *body]) + "\n")
