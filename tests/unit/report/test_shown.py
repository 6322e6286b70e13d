"""Tables of one subject: the numbers of the document, where they belong, in a width that fits a mail."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.analysis.summary import summary
from rpmsim.cli.program import program
from rpmsim.engine import run
from rpmsim.report.shown import SUBJECTS, shown_text
from rpmsim.report.table import width
from rpmsim.report.text import forecast_text


@pytest.fixture(scope="module", params=["base", "enterprise", "smb"])
def document(request):
    scenario = rpmsim.load_scenario(f"scenarios/{request.param}.yaml")
    forecast = run(scenario, 12, seed=2, measure=("speed", "cohorts", "pipeline")).forecast
    return summary(forecast, scenario.model)


@pytest.fixture(scope="module")
def usual():
    scenario = rpmsim.load_scenario("scenarios/enterprise.yaml")
    return summary(run(scenario, 8, seed=2).forecast, scenario.model)


def line(text: str, label: str) -> list[str]:
    found = [own for own in text.splitlines() if own.startswith(f"{label} ")]
    assert found, label
    return found[0][len(label) :].replace(",", "").split()


def test_every_table_fits_a_mail(document):
    for subject in SUBJECTS:
        text = shown_text(document, [subject])
        assert text
        assert max(map(width, text.splitlines())) <= 100, subject
        assert "None" not in text
        assert "nan" not in text


def test_the_funnel_has_both_conversions_and_the_gap(document):
    text = shown_text(document, ["funnel"])
    name, metrics = next((n, m) for n, m in document["stages"].items() if "conversion_in_the_end" in m)
    cells = line(text, document["labels"]["stage"].get(name, name))
    shares = [
        metrics[key]["total"]["mean"] for key in ("conversion_period", "conversion_cohort", "conversion_in_the_end")
    ]
    assert cells[1:4] == [f"{100 * share:.1f}%" for share in shares]
    assert float(cells[4]) == pytest.approx(100 * metrics["conversion_gap"]["total"]["mean"], abs=0.051)


def test_speed_has_times_cycles_ages_and_triangles(document):
    text = shown_text(document, ["speed"])
    name, metrics = next((n, m) for n, m in document["stages"].items() if "time_in_stage" in m)
    median = metrics["time_in_stage"]["total"]["mean"]
    assert line(text, document["labels"]["stage"].get(name, name))[0] == (
        f"{median:.0f}" if median >= 9.95 else f"{median:.1f}"
    )
    assert line(text, "All")[2] in (
        f"{document['metrics']['sales_cycle']['total']['mean']:{form}f}" for form in (".0", ".1")
    )
    stock = sum(document["ages"][name].values())
    assert stock == pytest.approx(metrics["stock"]["total"]["mean"], rel=1e-6)
    for stage, rows in document["cohorts"].items():
        label = document["labels"]["stage"].get(stage, stage)
        assert f"{label}, %" in text
        assert rows[0]["shares"] == sorted(rows[0]["shares"])
        assert len(rows[-1]["shares"]) == 1


def test_money_adds_up(document):
    text = shown_text(document, ["money"])
    total = line(text, "Total")
    parts = [float(cell.replace("k", "")) for cell in total[:4]]
    assert abs(sum(parts[:3]) - parts[3]) <= 2  # rounded
    years = {span["period"] for span in document["metrics"]["bookings"]["spans"]}
    assert ("Change of bookings" in text) == any(e["period"] in years for e in document["growth_bridge"])
    for entry in document["growth_bridge"]:
        change, logos, deal = (entry[key]["mean"] for key in ("change", "logos", "average_deal"))
        assert logos + deal == pytest.approx(change, abs=0.01)


def test_segments_and_staff(document):
    text = shown_text(document, ["segments"])
    assert line(text, "All")[1] == f"{document['metrics']['wins']['total']['mean']:,.0f}".replace(",", "")
    staff = shown_text(document, ["staff"])
    assert "Response by stage" in staff
    assert "Busiest" in staff


def test_what_was_not_measured_is_said_or_left_out(usual):
    funnel = shown_text(usual, ["funnel"])
    assert "add `--show speed`" in funnel
    assert "of cohort" not in funnel
    assert "Response by stage" in shown_text(usual, ["staff"])
    assert "win_rate" not in usual["metrics"]


def test_subjects_take_the_place_of_the_usual_tables(usual):
    text = forecast_text(usual, ["staff"])
    assert text.startswith("Enterprise\n")
    assert "9 in 10" not in text
    assert "8 replications" in text  # what the numbers rest on is always said


def test_show_measures_what_it_needs(tmp_path):
    out = tmp_path / "out"
    asked = ["run", "scenarios/enterprise.yaml", "-n", "4", "--show", "speed", "--show", "pipeline", "--out", str(out)]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0, result.output
    assert "Time in stage, days" in result.output
    assert "weighted" in result.output
    with rpmsim.open_forecast(out) as forecast:
        assert forecast.attrs["measure"] == "pipeline speed cohorts"


def test_an_unknown_subject_is_refused():
    result = CliRunner().invoke(program, ["run", "scenarios/enterprise.yaml", "--show", "people"])
    assert result.exit_code == 2
    assert "'people' is not one of" in result.output
