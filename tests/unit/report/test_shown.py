"""Tables of one subject: the numbers of the document, where they belong, in a width that fits a mail."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.analysis.summary import summary
from rpmsim.cli.program import program
from rpmsim.engine import run
from rpmsim.report.sheets import tables
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


def test_segments_have_the_band_of_bookings_and_staff_the_highest_period():
    def metric(mean, low, high, *periods):
        cells = [{"period": f"2027-0{i}", "mean": value} for i, value in enumerate(periods, 1)]
        return {"total": {"mean": mean, "p10": low, "p90": high}, "periods": cells}

    leads = metric(1000, 900, 1100, 400, 600)
    document = {
        "currency": "USD",
        "metrics": {"leads": leads, "bookings": metric(500_000, 400_000, 650_000)},
        "segments": {"smb": {"leads": leads, "bookings": metric(500_000, 400_000, 650_000)}},
        "groups": {},
        "channels": {},
        "labels": {"role": {"sdr": "SDRs"}},
        "roles": {
            "sdr": {"heads": metric(2.5, 2, 3, 2, 3), "utilisation": metric(0.8, 0.75, 0.9, 0.92, 0.7)},
            "se": {"heads": metric(1, 1, 1, 1, 1)},
        },
        "stages": {},
        "worked_by": {},
        "busiest_role": None,
    }
    assert line(shown_text(document, ["segments"]), "smb") == ["1000", "500k", "400k", "to", "650k"]
    text = shown_text(document, ["staff"])
    assert line(text, "SDRs") == ["2.5", "2", "3", "time", "80%", "75%", "to", "90%", "92%", "2027-01"]
    assert line(text, "se") == ["1", "1", "1", "none"]


def test_the_workbook_has_sheets_of_speed_and_cohorts(document, usual):
    made = {table.name: table for table in tables(document, {})}
    whole = next(row for row in made["Speed"].rows if row[:2] == ["Lead to won", "whole"])
    found = document["metrics"]
    names = ("cycle_time", "cycle_time_mean", "cycle_time_p90")
    assert [whole[i] for i in (4, 7, 8)] == [found[name]["total"]["mean"] for name in names]
    (won,) = [stage for stage in document["stages"] if stage == "won"]
    rows = [row for row in made["Cohorts"].rows if row[0] == document["labels"]["stage"][won]]
    periods = found["leads_to_close_cohort"]["periods"]
    assert len(rows) == len(periods)
    for i, (row, period) in enumerate(zip(rows, periods, strict=True)):
        assert len(row) == len(made["Cohorts"].head)
        assert row[-1 - i] * 100 == pytest.approx(period["mean"], rel=1e-5, abs=1e-9)  # by the end of the run
        assert row[len(row) - i :] == [None] * i
    unmeasured = {table.name: table.rows for table in tables(usual, {})}
    assert not unmeasured["Speed"]
    assert not unmeasured["Cohorts"]
