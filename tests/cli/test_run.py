"""The main job through the command line: what run prints and writes, and what an interrupt leaves."""

import csv
import json
import math
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import rpmsim
from rpmsim.dataset import open_file
from tests.cli.conftest import SMALL, Answer

FILES = ["bands.png", "bands.svg", "forecast.nc", "run.json", "summary.csv", "summary.xlsx"]
STATISTICS = {"mean", "sd", "p05", "p10", "p20", "p25", "p50", "p75", "p80", "p90", "p95", "mc_error"}


def test_run_prints_tables_and_writes_files(answer: Answer, small: Path) -> None:
    code, out, err = answer("run", "small.yaml", "-n", "20")
    assert code == 0
    assert "Bookings by month" in out
    assert "seed 20270101" in out
    folder = re.search(r"^Written to (forecasts/small/\d{4}-\d\d-\d\dT\d{6})$", err, re.MULTILINE)
    assert folder is not None
    assert sorted(path.name for path in Path(folder[1]).iterdir()) == FILES
    assert sorted(path.name for path in small.parent.iterdir()) == ["forecasts", "small.yaml"]


def test_starter_runs(answer: Answer) -> None:
    assert answer("init", "plan")[0] == 0
    for name in ("base", "fewer_leads", "one_more_ae"):
        code, out, _ = answer("run", f"plan/{name}.yaml", "-n", "3", "--json")
        assert code == 0
        assert json.loads(out)["metrics"]["wins"]["total"]["mean"] > 0


def test_two_runs_in_one_second_have_folders_of_their_own(answer: Answer, small: Path) -> None:
    for _ in range(3):
        assert answer("run", "small.yaml", "-n", "1")[0] == 0
    assert len(list(Path("forecasts/small").iterdir())) == 3


def test_json_is_one_document_as_the_contract_says(answer: Answer, small: Path) -> None:
    code, out, _ = answer("run", small, "-n", "20", "--seed", "7", "--out", "out", "--json")
    assert code == 0
    document = json.loads(out, parse_constant=pytest.fail)  # NaN is no JSON
    assert document["scenario"] == "Small"
    assert (document["as_of"], document["until"]) == ("2026-12-31", "2027-02-28")
    assert (document["replications"], document["seed"], document["currency"]) == (20, 7, "EUR")
    for name, unit in (("leads", "leads"), ("wins", "deals"), ("bookings", "EUR")):
        metric = document["metrics"][name]
        assert metric["unit"] == unit
        assert set(metric["total"]) >= STATISTICS
        assert [(p["period"], p["state"]) for p in metric["periods"]] == [("2027-01", "whole"), ("2027-02", "whole")]
        assert math.isclose(sum(p["mean"] for p in metric["periods"]), metric["total"]["mean"], rel_tol=1e-6)
    assert set(document["stages"]["mql"]) >= {"entries", "stock", "waiting", "wait_hours"}
    assert "capacity_used" in document["roles"]["sdr"]
    assert [(t["metric"], t["period"], t["target"]) for t in document["targets"]] == [("wins", "2027-02", 20)]
    assert set(document["targets"][0]) >= {"probability", "mc_error", "expected_miss"}
    assert set(document["timing"]) >= {"prepare_s", "simulate_s"}


def test_run_json_and_csv_hold_what_was_printed(answer: Answer, small: Path) -> None:
    _, out, _ = answer("run", small, "-n", "20", "--out", "out", "--json")
    printed = json.loads(out)
    written = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert {name: written[name] for name in printed} == printed
    assert written["provenance"]["run"]["replications"] == 20
    with open_file("out") as forecast:
        assert set(written["variable_hashes"]) == set(forecast.variables)
        assert math.isclose(
            float(forecast["bookings"].sum(["period", "channel", "segment"]).mean()),
            printed["metrics"]["bookings"]["total"]["mean"],
            rel_tol=1e-6,
        )
    with Path("out/summary.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["metric"], row["span"]) == ("bookings", "total")]
    assert math.isclose(
        float(next(row["mean"] for row in rows if row["of"] == "whole")),
        printed["metrics"]["bookings"]["total"]["mean"],
        rel_tol=1e-6,
    )


def test_out_replaces_old_results_and_nothing_else(answer: Answer, small: Path) -> None:
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine")
    Path("out/summary.csv").write_text("old")
    assert answer("run", small, "-n", "2", "--out", "out")[0] == 0
    assert sorted(path.name for path in Path("out").iterdir()) == sorted([*FILES, "notes.txt"])
    assert Path("out/notes.txt").read_text() == "mine"
    assert Path("out/summary.csv").read_text() != "old"


def test_settings_are_applied_and_recorded(answer: Answer, small: Path) -> None:
    words = ["--set", "channels.*.leads=x10", "--set", "roles.sdr.heads=+5"]
    _, more, _ = answer("run", small, "-n", "20", "--out", "more", "--json", *words)
    _, base, _ = answer("run", small, "-n", "20", "--out", "base", "--json")
    leads = [json.loads(out)["metrics"]["leads"]["total"]["mean"] for out in (base, more)]
    assert leads[1] > 5 * leads[0]
    overrides = json.loads(Path("more/run.json").read_text())["provenance"]["overrides"]
    assert overrides == {"channels.*.leads": "x10", "roles.sdr.heads": "+5"}


def test_threads_and_the_order_of_runs_change_nothing(answer: Answer, small: Path) -> None:
    hashes = []
    for name, words in {"a": ["--threads", "1"], "b": ["--threads", "2"], "c": ["--threads", "2", "-n", "300"]}.items():
        assert answer("run", small, "-n", "600", "--draws", "50", "--out", name, *words)[0] == 0
        hashes.append(json.loads(Path(name, "run.json").read_text())["variable_hashes"])
    assert hashes[0] == hashes[1]
    with rpmsim.open_forecast("a") as long, rpmsim.open_forecast("c") as short:
        assert (long["moves"][:300].values == short["moves"].values).all()


def test_precision_takes_as_many_as_it_needs(answer: Answer, small: Path) -> None:
    code, out, err = answer("run", small, "--precision", "bookings:p10=2%", "--out", "precise", "--json")
    assert (code, err) == (0, "\nWritten to precise\n")
    document = json.loads(out, parse_constant=pytest.fail)
    reported, count = document["precision"], document["replications"]
    assert (reported["metric"], reported["quantile"], reported["wanted"], reported["reached"]) == (
        "bookings",
        "p10",
        0.02,
        True,
    )
    assert reported["achieved"] <= 0.02
    assert reported["value"] == document["metrics"]["bookings"]["total"]["p10"]
    assert 1024 < count < 50_000
    assert document["draws"] == count
    assert answer("run", small, "-n", count, "--out", "stated")[0] == 0
    runs = [json.loads(Path(name, "run.json").read_text()) for name in ("precise", "stated")]
    assert runs[0]["variable_hashes"] == runs[1]["variable_hashes"]
    assert runs[0]["provenance"]["run"] == runs[1]["provenance"]["run"]
    assert runs[0]["metrics"] == runs[1]["metrics"]
    assert answer("replay", "precise")[0] == 0
    assert answer("freeze", "precise", "--out", "frozen.yaml")[0] == 0
    assert answer("run", "frozen.yaml", "--out", "again")[0] == 0
    assert json.loads(Path("again/run.json").read_text())["variable_hashes"] == runs[0]["variable_hashes"]


def test_precision_that_is_not_reached_is_reported(answer: Answer, small: Path) -> None:
    code, out, _ = answer("run", small, "--precision", "0.01%", "-n", "1500", "--out", "out")
    assert code == 0
    assert "1,500 replications" in out
    assert "the goal was 0.01%, NOT reached" in " ".join(out.split())
    reported = json.loads(Path("out/run.json").read_text())["precision"]
    assert (reported["metric"], reported["reached"]) == ("bookings", False)
    assert reported["achieved"] > 0.0001
    out = answer("run", small, "--precision", "1%", "-n", "20", "--out", "out")[1]
    assert "cannot be computed from so few replications" in " ".join(out.split())


def test_precision_that_cannot_be_is_refused(answer: Answer, small: Path) -> None:
    assert "is not a precision" in answer("run", small, "--precision", "1")[2]
    small.write_text(SMALL.replace("{amount: {median: 10k, p90: 20k}}", "{}"))
    code, _, err = answer("run", small, "--precision", "bookings:p10=1%")
    assert code == 2
    assert "deals have no amounts" in err
    assert "number of total wins" in " ".join(answer("run", small, "--precision", "50%")[1].split())


def test_keep_and_draws(answer: Answer, small: Path) -> None:
    assert answer("run", small, "-n", "6", "--draws", "3", "--keep", "summary", "--out", "out")[0] == 0
    with rpmsim.open_forecast("out") as forecast:
        assert forecast["moves"].dims == ("replication", "period", "edge")
        assert forecast["parameter_draw"].values.tolist() == [0, 1, 2, 0, 1, 2]


def test_first_run_says_why_it_takes_long(answer: Answer, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rpmsim.compilation.is_compiled", lambda: False)
    assert "Compiling the simulation, once on this machine" in answer("run", small, "-n", "1")[2]
    monkeypatch.setattr("rpmsim.compilation.CACHED", False)
    assert "Compiling the simulation, as on every start here" in answer("run", small, "-n", "1")[2]
    monkeypatch.setattr("rpmsim.compilation.is_compiled", lambda: True)
    assert "Compiling" not in answer("run", small, "-n", "1")[2]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["-n", "600"], ["Simulating", "100%"]),
        (
            ["--precision", "bookings:p50=20%"],
            ["Simulating", "1,024 replications: bookings p50 exact to", "wanted 20 %"],
        ),
    ],
)
def test_progress_only_where_somebody_looks(
    answer: Answer, small: Path, environment: dict[str, str], words: list[str], reported: list[str]
) -> None:
    assert "Simulating" not in answer("run", small, *words)[2]
    terminal, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "rpmsim", "run", "small.yaml", *words, "--json"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            cwd=small.parent,
            env=environment,
            timeout=240,
        )
        shown = os.read(terminal, 10_000).decode()
    finally:
        os.close(terminal)
        os.close(theirs)
    assert all(part in shown for part in reported), shown


def test_full_disk_leaves_nothing(small: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rpmsim", "run", "small.yaml", "-n", "2000", "--out", "out"],
        check=False,
        capture_output=True,
        text=True,
        cwd=small.parent,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),  # as a disk that is full then
        timeout=240,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert re.match(r"out(/\S+)?: cannot be written: ", done.stderr.splitlines()[-1])
    assert list(small.parent.iterdir()) == [small]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_leaves_no_half_file(small: Path, environment: dict[str, str], number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rpmsim", "run", "small.yaml", "-n", "5000000", "--out", "new/out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=small.parent,
        env=environment,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509 - under nohup it would be ignored
    ) as process:
        guard = threading.Timer(120, process.kill)
        guard.start()
        try:
            wait_for_the_file(small.parent, process)
            process.send_signal(number)
            out, err = process.communicate()
        finally:
            guard.cancel()
    assert process.returncode == 128 + number, err
    assert out == ""
    assert "Traceback" not in err
    assert list(small.parent.iterdir()) == [small]


def wait_for_the_file(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the run has written part of its forecast."""
    while process.poll() is None:
        sizes = [path.stat().st_size for path in folder.glob(".rpmsim-*/.forecast.nc*")]
        if sizes and max(sizes) > 200_000:
            return
        time.sleep(0.05)
    pytest.fail(f"the run ended before it could be interrupted: {process.communicate()}")


def test_a_name_that_is_not_ascii(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "plän 27.yaml").write_text(SMALL.replace("name: Small", "name: Plän für 2027 計画"), encoding="utf-8")
    code, out, _ = answer("run", "plän 27.yaml", "-n", "2")
    assert code == 0
    assert "Plän für 2027 計画" in out
    assert [path.name for path in Path("forecasts").iterdir()] == ["plän 27"]


def test_a_plain_locale_takes_any_text(small: Path, environment: dict[str, str]) -> None:
    small.write_text(SMALL.replace("name: Small", "name: Plän 計画"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "rpmsim", "run", "small.yaml", "-n", "1"],
        check=False,
        capture_output=True,
        cwd=small.parent,
        env=environment | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        timeout=240,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert os.listdir(small.parent / "forecasts") == ["small"]  # noqa: PTH208


def test_warnings_are_shown_before_a_run_and_stand_in_its_document(answer: Answer, small: Path) -> None:
    slow = small.read_text(encoding="utf-8").replace("median: 5, p90: 10", "median: 50")
    small.write_text(slow, encoding="utf-8")
    code, out, err = answer("run", "small.yaml", "-n", "2", "--json")
    assert code == 0
    document = json.loads(out)
    assert "no `open` or `opening`: every stage is empty" in document["warnings"][0]
    assert f"warning: {document['warnings'][0]}" in err
