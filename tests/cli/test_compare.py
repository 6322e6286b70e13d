"""``rpmsim compare``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import SMALL, Answer

QUICK = ("-n", "40", "--no-bridge", "--no-binds", "--no-variance", "--json", "--out", "out")


@pytest.fixture
def two(small: Path) -> tuple[Path, Path]:
    """A scenario and a what-if of it."""
    other = small.with_name("other.yaml")
    other.write_text(f"extends: {small.name}\nname: Other\nchannels: {{web: {{change: +50%}}}}\n", encoding="utf-8")
    return small, other


def document_of(answer: Answer, *words: object) -> dict:
    code, out, err = answer("compare", *words)
    assert code == 0, err
    return json.loads(out)


def test_everything_is_printed_and_written(answer: Answer, two: tuple[Path, Path]) -> None:
    code, out, _ = answer("compare", *two, "-n", "60", "--out", "out")
    assert code == 0
    for said in (
        "Small compared with Other",
        "Channel web, change: +50%",
        "What limits each scenario",
        "Where the band of Small comes",
    ):
        assert said in out
    names = {path.name for path in Path("out").iterdir()}
    assert {"compare.json", "compare.csv", "forecasts"} <= names
    document = json.loads(Path("out/compare.json").read_text(encoding="utf-8"))
    total = document["metrics"]["bookings"]["total"]["Other"]["difference"]["mean"]
    assert sum(bar["value"] for bar in document["bridge"]["Other"]) == pytest.approx(total, abs=0.005)
    with Path("out/compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(r for r in rows if (r["metric"], r["period"], r["scenario"]) == ("bookings", "total", "Other"))
    assert float(row["difference_mean"]) == pytest.approx(total)


def test_a_scenario_and_itself_differ_in_nothing(answer: Answer, small: Path) -> None:
    document = document_of(answer, small, small, *QUICK)
    base, same = document["scenarios"]
    assert base != same
    for spans in document["metrics"].values():
        for entries in spans.values():
            numbers = {key: value for key, value in entries[same]["difference"].items() if key != "undefined"}
            assert set(numbers.values()) <= {0.0, None}
            assert entries[same]["probability_better"] in (0.0, None)


def test_forecasts_are_compared_as_their_scenarios_are(answer: Answer, two: tuple[Path, Path]) -> None:
    for path in two:
        assert answer("run", path, "-n", "40", "--out", path.stem)[0] == 0
    stored = document_of(answer, two[0].stem, two[1].stem, *QUICK[2:])
    mixed = document_of(answer, two[0], two[1].stem, *QUICK[2:])
    files = document_of(answer, *two, *QUICK)
    assert stored["metrics"] == mixed["metrics"] == files["metrics"]


def test_each_set_is_a_variant(answer: Answer, small: Path) -> None:
    sets = ("--set", "channels.web.change=+50%", "--set", "roles.sdr.heads=+1; channels.web.change=-10%")
    document = document_of(answer, small, *sets, *QUICK)
    assert document["scenarios"] == [
        "Small",
        "channels.web.change=+50%",
        "roles.sdr.heads=+1, channels.web.change=-10%",
    ]
    leads = document["metrics"]["leads"]["total"]
    more, less = (leads[name]["difference"]["mean"] for name in document["scenarios"][1:])
    assert more > 0 > less


@pytest.mark.parametrize(
    ("change", "word", "fix"),
    [
        ("until: 2027-03\n", "another end", "until: 2027-02-28"),
        ("as_of: 2026-12-30\n", "another last day of the data", "as_of: 2026-12-31"),
        ("currency: USD\n", "another currency", "report.currency: EUR"),
        ("report: {period: week}\n", "other reporting periods", "report.period: month"),
    ],
)
def test_other_plans_are_refused_with_the_way_out(
    answer: Answer, small: Path, change: str, word: str, fix: str
) -> None:
    other = small.with_name("other.yaml")
    other.write_text(f"extends: {small.name}\nname: Other\n{change}", encoding="utf-8")
    code, _, err = answer("compare", small, other, *QUICK)
    assert code == 2
    assert word in err
    assert fix in err
    assert not Path("out").exists()


def test_runs_of_other_random_numbers_are_refused(answer: Answer, two: tuple[Path, Path]) -> None:
    answer("run", two[0], "-n", "40", "--out", "a")
    answer("run", two[1], "-n", "40", "--seed", "5", "--out", "b")
    answer("run", two[1], "-n", "30", "--out", "c")
    for other, word in (("b", "another random seed"), ("c", "another number of replications")):
        code, _, err = answer("compare", "a", other, *QUICK[2:])
        assert (code, word in err) == (2, True)
    assert "another random seed" in answer("compare", two[0], "b", "--seed", "7", *QUICK[2:])[2]


def test_errors_know_of_few_draws(answer: Answer, two: tuple[Path, Path]) -> None:
    """Forty replications have the same values of the ranges: a bar that is the whole difference has its error."""
    for path in two:
        assert answer("run", path, "-n", "200", "--draws", "5", "--out", path.stem)[0] == 0
    document = document_of(answer, two[0].stem, two[1].stem, "--no-binds", "--no-variance", "--json", "--out", "out")
    stated = document["metrics"]["bookings"]["total"]["Other"]["difference"]["mc_error"]
    (bar,) = document["bridge"]["Other"]
    assert bar["mc_error"] == pytest.approx(stated, rel=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "1 scenario given"),
        (("--metric", "bookigns"), "is not a metric"),
        (("other.yaml", "--set", "name=x"), "variants of one file"),
        (("nowhere.yaml",), "nowhere.yaml"),
    ],
)
def test_other_refusals(answer: Answer, two: tuple[Path, Path], words: tuple[str, ...], said: str) -> None:
    more = ("other.yaml",) if words[:1] == ("--metric",) else ()
    code, _, err = answer("compare", two[0], *more, *words, *QUICK)
    assert code == 2
    assert said in err
    assert not Path("out").exists()


def test_bookings_of_deals_without_amounts_are_refused(answer: Answer, small: Path) -> None:
    other = small.with_name("other.yaml")
    other.write_text(SMALL.replace("{all: {amount: {median: 10k, p90: 20k}}}", "{all: {}}"), encoding="utf-8")
    code, _, err = answer("compare", small, other, "--metric", "bookings", *QUICK)
    assert (code, "has no bookings" in err) == (2, True)
    document = document_of(answer, small, other, *QUICK)
    assert document["headline"] == "wins"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_keeps_what_is_finished(
    two: tuple[Path, Path], environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [sys.executable, "-m", "rpmsim", "compare", *map(str, two), "-n", "300", "--out", "out"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
    folder = Path("out/forecasts")
    while process.poll() is None and not (folder.is_dir() and list(folder.glob("*.nc"))):
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=240)
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("*.nc")}
    if process.returncode == 0:
        pytest.skip("it was faster than the signal")
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Finished forecasts are kept in out" in err
    assert not Path("out/compare.json").exists()
    again = subprocess.run([*words, "--no-binds", "--no-variance"], capture_output=True, env=environment, check=False)
    assert again.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
