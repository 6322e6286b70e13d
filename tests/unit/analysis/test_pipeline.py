"""The pipeline in the summary: there on request, and adding up in every file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.analysis import pipeline, sourcing
from rpmsim.analysis.summary import summary
from rpmsim.cli.program import program
from rpmsim.dataset.variables import PARTS

SCENARIO = """
name: small
as_of: 2026-12-31
until: 2027-06
segments:
  smb: {group: near, amount: {median: 8k, p90: 19k}}
  mid: {group: near, amount: {median: 20k, p90: 50k}}
  enterprise: {amount: {median: 90k, sigma: 0.6}}
channels:
  web: {kind: marketing, leads: 12 per week, into: deal, mix: {smb: 60%, mid: 20%, enterprise: rest}}
  outbound: {kind: sales, leads: 3 per week, into: deal, mix: {enterprise: 100%}}
stages:
  deal: {kind: opportunity, to: {won: {share: 30%, after: 20 days}, lost: {share: rest, after: 15 days}}}
opening: {deal: [{channel: web, segment: smb, age: 5 days, count: 40}]}
targets: {bookings: {2027-Q1: 20M}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "small.yaml").write_text(SCENARIO, encoding="utf-8")
    for name, more in (("usual", []), ("more", ["--measure", "pipeline"]), ("short", [*MEASURE, "--keep", "summary"])):
        command = ["run", str(folder / "small.yaml"), "-n", "20", "--out", str(folder / name), *more]
        made = CliRunner().invoke(program, command, catch_exceptions=False)
        assert made.exit_code == 0, made.output
    return folder


MEASURE = ["--measure", "pipeline"]
ON_REQUEST = {m.name for m in (*pipeline.WHOLE, *sourcing.WHOLE)}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def means(found: list[dict[str, str]], metric: str, of: str) -> dict[tuple[str, str], float]:
    return {
        (row["name"], row["period"]): float(row["mean"])
        for row in found
        if row["metric"] == metric and row["of"] == of and row["span"] == "period" and row["mean"]
    }


def test_what_is_not_requested_is_not_in_the_summary(folder):
    usual = rows(folder, "usual")
    assert not ON_REQUEST & {row["metric"] for row in usual}
    assert not [row for row in usual if row["metric"] == "pipeline_count" and row["of"] != "whole"]
    more = [row for row in rows(folder, "more") if row["metric"] not in ON_REQUEST]
    assert [row for row in more if row["metric"] != "pipeline_count" or row["of"] == "whole"] == usual
    assert {row["metric"] for row in rows(folder, "more")} >= ON_REQUEST


@pytest.mark.parametrize("metric", [m.name for m in pipeline.OF_CLASSES])
def test_channels_and_segments_add_up_to_the_whole_and_groups_to_their_segments(folder, metric):
    found = rows(folder, "more")
    whole = means(found, metric, "whole")
    assert len(whole) == 6
    for of in ("channel", "segment"):
        parts = means(found, metric, of)
        for (_, period), value in whole.items():
            total = sum(part for (_, other), part in parts.items() if other == period)
            np.testing.assert_allclose(total, value, rtol=1e-6, atol=0.05, err_msg=f"{of} {period}")
    segments, groups = means(found, metric, "segment"), means(found, metric, "group")
    for (name, period), value in groups.items():
        assert name == "near"
        np.testing.assert_allclose(value, segments["smb", period] + segments["mid", period], rtol=1e-6, atol=0.05)


def test_open_and_new_add_up_to_the_total_in_the_file(folder):
    for name in ("more", "short"):
        found = rows(folder, name)
        for metric in ("wins", "bookings"):
            for period, value in means(found, metric, "whole").items():
                of_open, new = (means(found, f"{metric}_{part}", "whole")[period] for part in ("open", "new"))
                np.testing.assert_allclose(of_open + new, value, rtol=1e-6)


def test_sourced_by_marketing_needs_the_channels(folder):
    sourced = {metric.name for metric in sourcing.WHOLE}
    assert sourced <= {row["metric"] for row in rows(folder, "more")}
    assert not sourced & {row["metric"] for row in rows(folder, "short")}
    web = means(rows(folder, "more"), "pipeline_value", "channel")
    for (_, period), value in means(rows(folder, "more"), "marketing_sourced_pipeline", "whole").items():
        np.testing.assert_allclose(value, web["web", period])


def test_coverage_is_undefined_beyond_the_targets(folder):
    coverage = [row for row in rows(folder, "more") if row["metric"] == "pipeline_coverage" and row["span"] == "period"]
    assert [bool(row["mean"]) for row in coverage] == [True, True, True, False, False, False]
    assert [row["undefined"] for row in coverage[3:]] == ["20"] * 3


def test_the_workbook_has_a_sheet_of_it_only_on_request(folder):
    assert "Pipeline" not in openpyxl.load_workbook(folder / "usual" / "summary.xlsx").sheetnames
    sheet = openpyxl.load_workbook(folder / "more" / "summary.xlsx")["Pipeline"]
    head, *table = [list(row) for row in sheet.iter_rows(values_only=True)]
    found = rows(folder, "more")
    for title, metric in (("Value", "pipeline_value"), ("Bookings from new leads", "bookings_new")):
        column = [row[head.index(title)] for row in table[:6]]
        np.testing.assert_allclose(column, list(means(found, metric, "whole").values()))
    by_channel = [head.index(title) for title in ("Value: web", "Value: outbound")]
    for row in table[:7]:
        np.testing.assert_allclose(sum(row[i] for i in by_channel), row[head.index("Value")], rtol=1e-6)
    assert table[6][0] == "Total, or at the end"
    assert table[6][head.index("Value")] == table[5][head.index("Value")]


def test_a_stored_forecast_gives_the_same_summary(folder):
    model = rpmsim.load_scenario(folder / "small.yaml").model
    with rpmsim.open_forecast(folder / "more") as stored:
        found = summary(stored, model)
    for row in rows(folder, "more"):
        if row["of"] == "whole" and row["metric"] in ON_REQUEST and row["span"] == "period":
            entry = next(e for e in found["metrics"][row["metric"]]["periods"] if e["period"] == row["period"])
            assert entry["mean"] is None or float(row["mean"]) == pytest.approx(entry["mean"])


def test_every_metric_on_request_has_all_its_texts():
    for metric in (pipeline.pipeline_count, *pipeline.WHOLE, *sourcing.WHOLE):
        assert metric.formula, metric.name
        assert metric.trap.endswith("."), metric.name
        assert metric.example.endswith("."), metric.name
    assert "pipeline" in PARTS
