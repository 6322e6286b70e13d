from __future__ import annotations

import re
from pathlib import Path

import pytest

from rpmsim.report.calibration_markdown import calibration_markdown
from rpmsim.report.calibration_rows import outcome_rows, share
from rpmsim.report.calibration_text import calibration_text
from rpmsim.report.table import width
from tests.unit.report.calibrations import CASES, HOSTILE, UNKNOWN, band, calibration

FOLDER = Path("models", "acme")
FILES = {"model.yaml", "posterior.nc", "open.csv", "actuals.csv", "health.md", "shares.svg"}
CHARTS = {"shares": "Win rates", "incidence": "Outcomes", "arrivals": "New records", "amounts": "Amounts"}


def page(**options):
    return calibration_text(calibration(**options), FOLDER, FILES)


def cells(line):
    return re.split(r"\s{2,}", line.strip())


@pytest.mark.parametrize("case", CASES)
def test_the_page_fits_a_terminal(case):
    text = page(**CASES[case])
    assert max(map(width, text.splitlines())) <= 100
    assert text.endswith("Next: rpmsim run models/acme/model.yaml\n")
    assert not re.search(r"\bNone\b|\bnan\b|  +$", text, re.M)


def test_the_page_states_what_was_fitted():
    lines = page().splitlines()
    assert lines[0] == "Acme CRM, as known on 2027-12-31: REVIEW"
    assert " ".join(lines[1:4]) == (
        "A model of 4,000 records from 2026-01-05 on, 400 of them open, with 1,000 parameter draws (random seed 1). "
        "What counts: the whole history for Engaged, Meeting, Discovery and Solution; half-life 14 or 28 days "
        "for Contract, chosen by forecasts of 28 days from up to 12 past days."
    )
    rows = [cells(line) for line in lines]
    assert ["Engaged", "4,000", "200"] in rows
    assert ["Meeting", "2,000", "35%", "32% to 38%", "4.0", "3.6 to 4.4"] in rows
    assert ["(won in the end)", "9.0%", "7.9% to 10.1%"] in rows
    assert ["won", "125", "35%", "32% to 38%", "12", "11 to 13"] in rows
    assert ["Partners", "1,000", "6.7", "6.0 to 7.3", "x1.10", "x0.99 to x1.21"] in rows
    assert ["Enterprise", "222", "€27.0k", "€24.3k to €29.7k", "€36.0k", "€32.4k to €39.6k"] in rows


def test_findings_come_worst_first_and_what_is_in_order_last():
    text = page()
    assert text.index("FAIL    drift: Meetings are booked 40% faster since October.\n") < text.index(
        "REVIEW  amounts: Half"
    )
    assert "        To do: Use --window 90, or ask what changed in October.\n" in text
    assert "half of the open deals have no amount.." not in text.lower()
    assert "\nPASS    1 of 3: tail\n" in text


def test_one_window_for_all_stages_is_stated_once():
    document = calibration(stages=("lead",))
    facts = document["stage_facts"]["lead"]
    facts["window"], facts["window_candidates"] = "last 90 days", []
    text = " ".join(calibration_text(document, FOLDER, FILES).split())
    assert "(random seed 1). What counts: last 90 days. Stage, and" in text


def test_what_a_finding_says_is_said_once():
    document = calibration()
    document["health"][1] |= {"item": "losses", "what": "No record was lost"}
    document["not_identified"] = ["losses: No record was lost", "Queues are not known"]
    text = calibration_text(document, FOLDER, FILES)
    assert text.count("No record was lost") == 1
    assert "Not identified from this history:\n- Queues are not known.\n" in text


def test_only_files_that_there_are_are_listed():
    text = calibration_text(calibration(), FOLDER, {"model.yaml", "opening.csv"})
    assert re.findall(r"^  (\S+\.\w+) ", text, re.M) == ["model.yaml", "opening.csv"]
    assert "400 records that were open on 2027-12-31, counted by age" in text


def test_of_many_channels_the_largest_are_listed_and_the_page_has_all():
    document = calibration(**CASES["many"])
    text = calibration_text(document, FOLDER, FILES)
    assert re.search(r"^Channel 11 ", text, re.M)
    assert not re.search(r"^Channel 12 ", text, re.M)
    assert "\n18 more channels in health.md.\n" in text
    assert "\n3 more segments in health.md.\n" in text
    markdown = calibration_markdown(document, CHARTS)
    assert sum(line.startswith("| Channel ") for line in markdown.splitlines()) == 1 + 30
    assert sum(line.startswith("| → ") for line in markdown.splitlines()) == len(outcome_rows(document).rows) - 12


def test_names_that_begin_alike_stay_apart():
    text = page(**CASES["long"])
    assert len({line for line in text.splitlines() if line.startswith("Enterprise renewals")}) == len(
        [line for line in text.splitlines() if line.startswith("Enterprise renewals")]
    )
    assert re.search(r"^Enterprise ren\S*\S* ?.*2027 b ", text, re.M)


def test_names_cannot_break_out_of_the_page():
    markdown = calibration_markdown(calibration(**CASES["hostile"]), CHARTS)
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    columns = {re.sub(r"\\\|", "", line).count("|") for line in tables}
    assert columns <= {5, 7, 8, 9}
    assert "<img" not in markdown
    assert not re.search(r"(?<!\\)\]\(http", markdown)
    assert "\n# h" not in markdown
    assert markdown.count("\\*d\\*") >= 4
    assert HOSTILE.splitlines()[1] not in page(**CASES["hostile"]).splitlines()


def test_markdown_embeds_the_charts_that_there_are():
    markdown = calibration_markdown(calibration(), {"arrivals": "New records per week"})
    assert re.findall(r"!\[.*?\]\(.*?\)", markdown) == ["![New records per week](arrivals.svg)"]
    assert re.findall(r"^#+ .*", markdown, re.M) == [
        "# Calibration of Acme CRM", "## Findings", "## Not identified", "## Outcomes", "## Stages", "## Channels",
        "## Amounts", "## Window",
    ]  # fmt: skip
    assert "| Contract | half-life 14 or 28 days | 12 | 0.551 | 0.550 | 0.648 |" in markdown
    assert "| Engaged | ±13% | ±7% to ±18% | ±22% | ±11% to ±35% | 3% | Meeting |" in markdown
    assert re.findall(r"^## .*", calibration_markdown(calibration(**CASES["nothing"]), {}), re.M) == []


def test_what_is_not_known_is_a_dash_and_what_was_not_estimated_is_empty():
    document = calibration()
    document["stages"]["Engaged"]["lost"]["median_days"] = UNKNOWN
    document["stages"]["Meeting"]["lost"]["share"] = UNKNOWN
    for facts in document["stage_facts"].values():
        facts["win_rate"] = facts["pace_sigma"] = None
    rows = [cells(line) for line in calibration_text(document, FOLDER, FILES).splitlines()]
    assert ["lost", "1,333", "18%", "16% to 19%", "-", "-"] in rows
    assert ["lost", "666", "-", "-", "8.0", "7.2 to 8.8"] in rows
    assert not any(row[0] == "(won in the end)" for row in rows)
    assert "speed of a week" not in calibration_markdown(document, {})


def test_no_amounts_and_fixed_parameters_are_stated():
    text = page(amounts={}, amount_quantiles=[], plug_in=True)
    assert "No amounts: a forecast counts wins." in text
    assert "with fixed parameters (plug-in)" in text
    assert "90% interval" not in text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 0, "0%"),
        (1e-6, 1, "<0.1%"),
        (0.0449, 1, "4.5%"),
        (0.004, 0, "<1%"),
        (0.9999, 0, ">99%"),
        (0.9999, 1, ">99.9%"),
        (1.0, 1, "100.0%"),
    ],
)
def test_no_chance_is_rounded_to_certainty(value, decimals, text):
    assert share(value, decimals) == text


def test_rare_channels_have_a_rate_that_is_not_nothing():
    document = calibration()
    document["channels"]["Website"]["leads_per_week"] = band(0.012)
    assert re.search(r"^Website .* 0\.01   0\.01 to 0\.01 ", calibration_text(document, FOLDER, FILES), re.M)
