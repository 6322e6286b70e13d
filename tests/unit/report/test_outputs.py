from __future__ import annotations

import csv
import json

import pytest

from rpmsim.analysis.summary import summary
from rpmsim.dataset import provenance, variable_hashes
from rpmsim.report.all_numbers import COLUMNS
from rpmsim.report.charts import bands_chart
from rpmsim.report.outputs import summary_csv, write_results


@pytest.fixture(scope="module")
def run(make_forecast):
    model, dataset, _ = make_forecast(30)
    return summary(dataset, model, {"prepare_s": 0.1, "simulate_s": 0.2}), dataset


def test_the_folder_holds_what_the_contract_names(run, tmp_path):
    document, dataset = run
    write_results(tmp_path, document, provenance(dataset), variable_hashes(dataset))
    assert {file.name for file in tmp_path.iterdir()} == {
        "run.json",
        "summary.csv",
        "summary.xlsx",
        "bands.svg",
        "bands.png",
    }
    stored = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert stored.pop("variable_hashes") == variable_hashes(dataset)
    assert stored.pop("provenance")["run"]["seed"] == 7
    assert stored == json.loads(json.dumps(document))


def test_the_chart_needs_no_more_than_the_whole_business(make_forecast):
    model, dataset, _ = make_forecast(30)
    begun = []
    document = summary(dataset, model, begun=begun.append)
    assert begun[0].keys() < document.keys()
    assert bands_chart(begun[0]) == bands_chart(document)


def test_the_table_holds_every_number_of_the_document(run):
    document, _ = run
    rows = list(csv.DictReader(summary_csv(document).splitlines()))
    assert tuple(rows[0]) == COLUMNS
    keys = [tuple(row[key] for key in ("of", "name", "metric", "span", "period")) for row in rows]
    assert len(set(keys)) == len(keys)
    found = dict(zip(keys, rows, strict=True))
    march = document["metrics"]["bookings"]["periods"][2]
    row = found["whole", "", "bookings", "period", "2027-03"]
    assert (row["unit"], row["first"], row["last"]) == ("EUR", "2027-03-01", "2027-03-31")
    assert float(row["p80"]) == march["p80"]
    total = found["stage", "mql", "response_hours", "total", ""]
    assert float(total["mean"]) == document["stages"]["mql"]["response_hours"]["total"]["mean"]
    assert ("channel", "web", "sourced_share", "total", "") in found
    assert ("role", "sdr", "utilisation", "period", "2027-12") in found
    assert "None" not in summary_csv(document)
