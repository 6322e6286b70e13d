from __future__ import annotations

import csv
import io
import re

import pytest

from rpmsim.report.backtest_csv import COLUMNS, backtest_csv
from rpmsim.report.backtest_markdown import backtest_markdown
from rpmsim.report.backtest_rows import amount, days_words, relative
from rpmsim.report.backtest_text import backtest_text
from rpmsim.report.table import width
from tests.unit.report.backtests import DOCUMENTS, HOSTILE, backtest

CHARTS = {"bands": "Bands", "coverage": "Coverage", "skill": "Skill", "pit": "PIT"}

SMALL = {
    "wins": {
        "15-28": {
            "unit": "deals", "origins": 24, "effective_origins": 12, "crps": 1.9, "inside": {"80": 21},
            "coverage": {"80": 0.875}, "coverage_interval": {"80": {"low": 0.7, "high": 0.98}}, "bias": None,
            "skill": {}, "verdict": "bands hold",
        },
        "28": {
            "unit": "deals", "origins": 24, "effective_origins": 6, "crps": 3.26, "inside": {"80": 19},
            "coverage": {"80": 19 / 24}, "coverage_interval": {"80": {"low": 0.52, "high": 0.96}}, "bias": -0.13,
            "skill": {
                "naive": {"value": 0.4, "low": 0.3, "high": 0.5, "crps": 5.4, "verdict": "better"},
                "life table": {"value": 0.23, "low": 0.05, "high": 0.38, "crps": 4.2, "verdict": "better"},
            },
            "verdict": "cannot tell",
        },
    },
    "bookings": {
        "28": {
            "unit": "EUR", "origins": 24, "effective_origins": 6, "crps": 61_240.0, "inside": {"80": 8},
            "coverage": {"80": 1 / 3}, "coverage_interval": {"80": {"low": 0.1, "high": 0.6}}, "bias": 0.02,
            "skill": {"naive": {"value": 0.03, "low": -0.09, "high": 0.14, "crps": 63e3, "verdict": "cannot tell"}},
            "verdict": "too narrow",
        },
    },
}  # fmt: skip

PAGE = """\
Acme CRM: 24 forecasts from 2027-01-04 to 2027-06-14, every 7 days, each with what was known on
its day, scored against what came until 2027-07-12 (1,000 replications, random seed 1).

Do the bands                                     in the    true share,
hold?             forecasts   separate     8-in-10 band   90% interval   bias       verdict
-------------------------------------------------------------------------------------------
wins
  28 days                24          6   19 of 24 = 79%     52% to 96%   -13%   cannot tell
  days 15 to 28          24         12   21 of 24 = 88%     70% to 98%      -    bands hold
bookings
  28 days                24          6    8 of 24 = 33%     10% to 60%    +2%    too narrow

Better than the
best baseline?      CRPS   best baseline   skill   90% interval       verdict
-----------------------------------------------------------------------------
wins
  28 days            3.3      life table    +23%    +5% to +38%        better
bookings
  28 days         €61.2k           naive     +3%    -9% to +14%   cannot tell

- Only 6 of 24 spans do not overlap: too few to say whether the 8-in-10 bands of wins over 28 days
  hold.
- The 8-in-10 bands of bookings over 28 days are too narrow: outcomes fall outside more often than
  2 in 10 times.
- Forecasts over 28 days are better than the best baseline: wins (+23%).
- Cannot tell whether forecasts of bookings over 28 days are better than the best baseline.
- The 8-in-10 bands of wins over days 15 to 28 hold.
- Forecasts of wins over 28 days were too low in total, by 13%.
"""


@pytest.mark.parametrize("case", DOCUMENTS)
def test_the_page_fits_a_terminal(case):
    text = backtest_text(DOCUMENTS[case]())
    assert max(map(width, text.splitlines())) <= 98
    assert not re.search(r"\bNone\b|\bnan\b|  +$", text, re.M)


def test_the_page_word_for_word():
    document = backtest(targets={"wins": 4.0}, horizons=("28",)) | {"targets": SMALL}
    assert backtest_text(document) == PAGE


def test_what_cannot_be_scored_is_stated():
    assert "\nNothing could be scored.\n" in backtest_text(backtest(targets={}))
    assert backtest_text(DOCUMENTS["all_null"]()).endswith("\n\nNothing could be scored.\n")
    assert "Nothing could be scored." in backtest_markdown(backtest(targets={}), {})


def test_the_basis_of_a_single_forecast_and_of_fixed_parameters():
    text = " ".join(backtest_text(backtest(origins=1, plug_in=True, targets={"wins": 4.0})).split())
    assert text.startswith(
        "Acme CRM: 1 forecast from 2027-01-04, with what was known on its day, scored against what came until "
        "2027-02-01 (fixed parameters (plug-in) and 1,000 replications, random seed 1). "
    )
    assert "1 forecast is too few to say whether" in text or "are too narrow" in text


def test_main_targets_come_first_and_of_many_the_page_has_all():
    document = DOCUMENTS["many_targets"]()
    document["targets"] = dict(reversed(document["targets"].items()))
    lines = backtest_text(document).splitlines()
    first = lines.index("wins")
    assert lines[first + 2 : first + 6 : 2] == ["bookings", "leads"]
    listed = [line for line in lines[: lines.index("", first)] if line.startswith("channels.")]
    assert len(listed) == 6
    assert "And 51 more targets in backtest.md." in lines
    markdown = backtest_markdown(document, {})
    assert all(f"\n| channels.Channel {i}.wins |" in markdown for i in range(55))


def test_the_best_baseline_is_the_one_with_the_least_skill():
    document = backtest(targets={"wins": 4.0}, horizons=("28",)) | {"targets": SMALL}
    document["targets"]["wins"]["28"]["skill"]["worst"] = {"value": None, "verdict": None}
    assert re.search(r"28 days +3.3 +life table +\+23% ", backtest_text(document))


def test_names_cannot_break_out_of_the_page():
    document = DOCUMENTS["hostile"]()
    markdown = backtest_markdown(document, CHARTS)
    columns: dict[str, set[int]] = {}
    for section in markdown.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        tables = [line for line in body.splitlines() if line.startswith("|")]
        columns[title] = {re.sub(r"\\\|", "", line).count("|") for line in tables}
    assert all(len(counts) <= 1 for counts in columns.values()), columns
    assert "<img" not in markdown
    assert not re.search(r"(?<!\\)\]\(http", markdown)
    assert "\n# h" not in markdown
    assert markdown.count("\\*d\\*") >= 4
    assert "\x1b" not in markdown
    assert HOSTILE.splitlines()[1] not in backtest_text(document).splitlines()


def test_the_page_has_its_sections_charts_and_words():
    document = backtest(horizons=("7", "28"))
    markdown = backtest_markdown(document, {"bands": "Bands", "pit": "PIT"})
    sections = ["Findings", "Bands", "Baselines", "Skill against every baseline", "Coverage and width", "Errors",
                "Chances", "Words"]  # fmt: skip
    assert re.findall(r"^## (.*)", markdown, re.M) == sections
    assert re.findall(r"!\[.*?\]\(.*?\)", markdown) == ["![Bands](bands.svg)", "![PIT](pit.svg)"]
    assert "| combination |" not in markdown
    assert markdown.startswith("# Backtest of Acme CRM\n\n24 forecasts from 2027-01-04 to ")
    own = document["targets"]["wins"]["28"]["skill"]["drift"]
    values = {key: f"{100 * own[key]:+.0f}%" for key in ("value", "low", "high")}
    said = "{value} ({low} to {high})".format(**values)
    assert re.search(rf"^\| → drift \| .* \| {re.escape(said)}, {own['verdict']} \|$", markdown, re.M)
    assert "| → 28 days | 0.150 | 0.210 | 12% → 10% of 10; 40% → 50% of 14 |" in markdown


def test_adjustments_are_reported_where_there_are_any():
    document = backtest(targets={"bookings": 8e4}, horizons=("28",))
    document["targets"]["bookings"]["28"] |= {
        "conformal": {"coverage": {"50": 0.5, "80": 0.8, "90": None},
                      "n": {"50": 12, "80": 10, "90": 0}},
        "combination": {"baseline": "a_b|c", "weight": 0.3, "crps": 5e4, "value": 0.05, "low": -0.02, "high": 0.1,
                        "verdict": "cannot tell"},
    }  # fmt: skip
    markdown = backtest_markdown(document, {})
    assert "| → 28 days | 50% of 12 | 80% of 10 | - |" in markdown
    assert "| → 28 days | a_b\\|c | 30% | €50.0k | +5% | -2% to +10% | cannot tell |" in markdown
    assert "| combination |" in markdown


@pytest.mark.parametrize("case", DOCUMENTS)
def test_markdown_of_every_document_has_no_unknown_words(case):
    markdown = backtest_markdown(DOCUMENTS[case](), CHARTS)
    assert not re.search(r"\bNone\b|\bnan\b", markdown)


def test_the_table_of_forecasts_is_read_back():
    document = DOCUMENTS["hostile"]()
    document["forecasts"][0] |= {"actual": None, "baselines": None, "reached": None}
    document["forecasts"][1]["baselines"][HOSTILE] = {"mean": 2.5, "p10": 1.0, "p90": None, "crps": 0.25}
    rows = list(csv.DictReader(io.StringIO(backtest_csv(document), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(1 + len(forecast["baselines"] or ()) for forecast in document["forecasts"])
    own = [row for row in rows if row["method"] == "rpmsim"]
    for row, forecast in zip(own, document["forecasts"], strict=True):
        assert (row["origin"], row["target"], row["horizon"]) == tuple(
            forecast[key] for key in ("origin", "target", "horizon")
        )
        for key in ("mean", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "actual", "crps", "pit", "chance"):
            assert row[key] == ("" if forecast[key] is None else repr(forecast[key]))
        assert row["reached"] == ("" if forecast["reached"] is None else str(int(forecast["reached"])))
    hostile = next(row for row in rows if row["method"] == HOSTILE)
    assert (hostile["mean"], hostile["p10"], hostile["p90"], hostile["crps"]) == ("2.5", "1.0", "", "0.25")
    assert hostile["actual"] == repr(document["forecasts"][1]["actual"])
    assert hostile["pit"] == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "deals", "-"),
        (float("nan"), "EUR", "-"),
        (0.02, "deals", "0.02"),
        (3.26, "deals", "3.3"),
        (1234.5, "leads", "1,234"),
        (4e9, "leads", "4.0bn"),
        (61_240.0, "EUR", "€61.2k"),
        (61_240.0, "XOF", "XOF 61.2k"),
        (30.0, "hours", "30 hours"),
        (7.0, None, "7.0"),
    ],
)
def test_amounts_in_their_unit(value, unit, text):
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.001, "0%"), (-0.13, "-13%"), (25.0, ">+999%"), (-1e9, "<-999%")]
)
def test_relative_differences(value, text):
    assert relative(value) == text


@pytest.mark.parametrize(("horizon", "words"), [("1", "1 day"), ("28", "28 days"), ("15-28", "days 15 to 28")])
def test_days_of_a_horizon(horizon, words):
    assert days_words(horizon) == words
