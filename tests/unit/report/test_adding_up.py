"""In every file parts add up: channels, segments, roles, costs, periods, and actuals with what is to come."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.cli.program import program

SHIPPED = ("base", "enterprise", "smb")
COUNTS = ("leads", "opportunities", "wins", "bookings", "wins_open", "wins_new", "bookings_open", "bookings_new")
DIGITS = {"rel": 2e-8, "abs": 1e-3}
"""Each number is written with nine significant digits, so a sum of some of them is off by a few units of the ninth."""
AT_THE_END = ("pipeline_count", "pipeline_value", "pipeline_weighted")


@pytest.fixture(scope="module", params=SHIPPED)
def folder(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param) / "out"
    measure = [word for part in ("pipeline", "speed", "cohorts") for word in ("--measure", part)]
    result = CliRunner().invoke(
        program, ["run", f"scenarios/{request.param}.yaml", "-n", "6", *measure, "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def rows(folder: Path):
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def means(rows, of, metric, span="period"):
    """Means of a metric, by name and period."""
    own = [row for row in rows if (row["of"], row["metric"], row["span"]) == (of, metric, span)]
    return {(row["name"], row["period"]): float(row["mean"]) for row in own if row["mean"]}


@pytest.mark.parametrize(("of", "span"), list(itertools.product(("channel", "segment"), ("period", "total"))))
def test_channels_and_segments_add_up_in_the_csv(rows, of, span):
    compared = 0
    for metric in (*COUNTS, *AT_THE_END):
        whole, parts = means(rows, "whole", metric, span), means(rows, of, metric, span)
        for (_, period), value in whole.items() if parts else ():
            assert sum(part for (_, own), part in parts.items() if own == period) == pytest.approx(value, **DIGITS)
            compared += 1
    assert compared >= len(COUNTS)


@pytest.mark.parametrize(("of", "metric"), [("channel", "spend"), ("role", "pay"), ("cost", "other_cost")])
def test_money_adds_up_in_the_csv(rows, of, metric):
    for span in ("period", "total"):
        whole, parts = means(rows, "whole", metric, span), means(rows, of, metric, span)
        for (_, period), value in whole.items():
            assert sum(part for (_, own), part in parts.items() if own == period) == pytest.approx(value, **DIGITS)
    total = means(rows, "whole", "total_cost", "total")
    parts = [means(rows, "whole", name, "total") for name in ("spend", "pay", "other_cost")]
    assert sum(sum(part.values()) for part in parts) == pytest.approx(sum(total.values()), **DIGITS)


def test_open_and_new_add_up_in_the_csv(rows):
    for metric in ("wins", "bookings"):
        whole, old, new = (means(rows, "whole", name) for name in (metric, f"{metric}_open", f"{metric}_new"))
        for key, value in whole.items():
            assert old[key] + new[key] == pytest.approx(value, **DIGITS)


def test_periods_add_up_to_years_and_totals(rows):
    for metric in ("leads", "wins", "bookings"):
        own = [row for row in rows if (row["of"], row["metric"]) == ("whole", metric)]
        months = [row for row in own if row["span"] == "period"]
        for longer in (row for row in own if row["span"] in ("longer", "total")):
            first = longer["first"] or months[0]["first"]
            last = longer["last"] or months[-1]["last"]
            inside = [float(row["mean"]) for row in months if first <= row["first"] and row["last"] <= last]
            if longer["span"] == "total" or longer["state"] == "whole":
                assert sum(inside) == pytest.approx(float(longer["mean"]), **DIGITS), (metric, longer["period"])
    for metric in ("spend", "pay", "other_cost", "total_cost"):
        months = means(rows, "whole", metric)
        assert sum(months.values()) == pytest.approx(sum(means(rows, "whole", metric, "total").values()), **DIGITS)


def test_actuals_and_what_is_simulated_add_up():
    """A plan that starts inside a quarter: the total with actuals is what was booked and what is to come."""
    scenario = rpmsim.load_scenario_text("""
        name: Inside
        as_of: 2027-02-15
        until: 2027-06-30
        currency: EUR
        report: {period: quarter}
        actuals: {wins: {2027-Q1: 30}, bookings: {2027-Q1: 30000}}
        segments: {all: {amount: 1000}}
        channels: {web: {kind: marketing, into: deal, leads: 100 per month}}
        stages: {deal: {kind: opportunity, to: {won: {share: 50%, after: 3 days}, lost: {share: rest, after: 3 days}}}}
        opening: {}
        """)
    from rpmsim.analysis.summary import summary

    document = summary(rpmsim.simulate(scenario, 8, measure=("pipeline",)), scenario.model)
    for metric, actual in (("wins", 30), ("bookings", 30_000)):
        entry = document["metrics"][metric]
        first, second = entry["periods"]
        assert (first["state"], first["actual"]) == ("actual+simulated", actual)
        assert entry["total_with_actual"]["mean"] == pytest.approx(entry["total"]["mean"] + actual)
        assert first["mean"] + second["mean"] == pytest.approx(entry["total_with_actual"]["mean"])
        new = document["metrics"][f"{metric}_new"]["periods"]
        assert new[0]["mean"] + actual == pytest.approx(first["mean"])  # what is to come, and what was there


def test_sheets_add_up(folder: Path):
    book = openpyxl.load_workbook(folder / "summary.xlsx", read_only=True)

    def table(name):
        head, *rows = book[name].iter_rows(values_only=True)
        rows = rows[: next((i for i, row in enumerate(rows) if not any(c is not None for c in row)), len(rows))]
        return [dict(zip(head, row, strict=True)) for row in rows]

    money = table("Money")
    *months, total = money
    for column in ("Spend of channels", "Pay of roles", "Other cost", "Total cost"):
        assert sum(row[column] for row in months) == pytest.approx(total[column], **DIGITS)
    for row in money:
        assert sum(row[c] for c in row if str(c).startswith("Spend: ")) == pytest.approx(
            row["Spend of channels"], abs=0.05
        )
        assert sum(row[c] for c in row if str(c).startswith("Pay: ")) == pytest.approx(row["Pay of roles"], **DIGITS)
    channels = table("Channels")
    segments = [row for row in table("Segments") if row["Segment"] != "Group"]
    for column in ("Leads", "Wins"):
        sums = [sum(row[column] for row in rows) for rows in (channels, segments)]
        assert sums[0] == pytest.approx(sums[1], **DIGITS)
    for row in table("Growth bridge"):
        parts = row["of it, number of deals"] + row["of it, average deal"]
        assert parts == pytest.approx(row["Change of bookings"], **DIGITS)
    pipeline = table("Pipeline")
    for row in pipeline:
        values = [row[c] for c in row if str(c).startswith("Value: ")]
        assert sum(values) == pytest.approx(row["Value"], **DIGITS)
