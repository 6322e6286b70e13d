"""``rpmsim compare``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
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
    assert {"compare.json", "compare.csv", "compare.xlsx", "bands.svg", "bands.png", "forecasts"} <= names
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


def test_damaged_forecasts_of_an_earlier_comparison_are_made_again(answer: Answer, two: tuple[Path, Path]) -> None:
    first = document_of(answer, *two, *QUICK)
    for path in Path("out/forecasts").iterdir():
        data = bytearray(path.read_bytes())
        with h5py.File(path) as file:
            chunk = file["bookings"].id.get_chunk_info(0)
        data[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
        path.write_bytes(data)
    assert document_of(answer, *two, *QUICK) == first


def test_no_two_scenarios_have_the_same_name(answer: Answer, small: Path) -> None:
    for name in ("A", "A [b] (2)", "A [b]"):
        path = small.with_name(f"{'b' if name == 'A' else len(name)}.yaml")
        path.write_text(SMALL.replace("name: Small", f'name: "{name}"'), encoding="utf-8")
    names = document_of(answer, "b.yaml", "b.yaml", "9.yaml", "5.yaml", "5.yaml", *QUICK)["scenarios"]
    assert len(set(names)) == 5


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


@pytest.mark.parametrize(("metric", "headline"), [("wins", "wins"), ("leads", "leads"), ("average_deal", "bookings")])
def test_one_metric_is_compared_beside_the_headline(
    answer: Answer, two: tuple[Path, Path], metric: str, headline: str
) -> None:
    words = ("compare", *two, "--metric", metric, "-n", "20", "--no-binds", "--no-variance", "--out", "out")
    code, out, err = answer(*words)
    assert code == 0, err
    assert "2027-02 wins" in out  # the target's chance
    document = json.loads(Path("out/compare.json").read_text(encoding="utf-8"))
    assert set(document["metrics"]) == {headline, metric}


def test_two_replications_are_enough(answer: Answer, two: tuple[Path, Path]) -> None:
    assert answer("compare", *two, "-n", "2", "--out", "out")[0] == 0


def test_one_replication_is_not_enough(answer: Answer, two: tuple[Path, Path]) -> None:
    for path in two:
        answer("run", path, "-n", "1", "--out", path.stem)
    code, _, err = answer("compare", two[0].stem, two[1].stem, "--out", "out")
    assert (code, "too few replications: 1" in err) == (2, True)
    assert not Path("out").exists()


def test_forecasts_of_another_version_are_refused(
    answer: Answer, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("rpmsim.engine.provenance.__version__", "0.0.1")
        answer("run", two[0], "-n", "40", "--out", "a")
        document_of(answer, *two, *QUICK)
    code, _, err = answer("compare", "a", two[1], *QUICK[2:])
    assert (code, "was made by rpmsim 0.0.1" in err) == (2, True)
    kept = {path: path.stat().st_mtime_ns for path in Path("out/forecasts").iterdir()}
    document_of(answer, *two, *QUICK)
    assert all(path.stat().st_mtime_ns > before for path, before in kept.items())


def test_other_fiscal_years_are_refused(answer: Answer, small: Path) -> None:
    for month in ("feb", "apr"):
        more = f"report: {{period: fiscal_quarter}}\ncalendar: {{fiscal_year_starts: {month}}}\n"
        small.with_name(f"{month}.yaml").write_text(f"extends: small.yaml\n{more}", encoding="utf-8")
    code, _, err = answer("compare", "feb.yaml", "apr.yaml", *QUICK)
    assert (code, "another fiscal year" in err) == (2, True)


def test_changes_are_reported_without_a_bridge_and_those_of_targets_too(answer: Answer, small: Path) -> None:
    small.write_text(f"{SMALL}status: draft\n", encoding="utf-8")
    sets = ("--set", "targets.wins.2027-02=30; status=example", "--set", "channels.web.change=+50%")
    document = document_of(answer, small, *sets, *QUICK)
    assert document["changes"] == {
        "targets.wins.2027-02=30, status=example": ["Target of wins in 2027-02: from 20 to 30 (+50%)"],
        "channels.web.change=+50%": ["Channel web, change: +50%, not stated before"],
    }


def test_exchange_rates_have_a_bar(answer: Answer, small: Path) -> None:
    text = SMALL.replace("median: 10k, p90: 20k", "median: 10k USD, p90: 20k USD")
    small.write_text(f"{text}rates: {{USD: 0.8}}\n", encoding="utf-8")
    sets = ("--set", "rates.USD=1.0; channels.web.change=+0%")
    document = document_of(answer, small, *sets, "-n", "40", "--no-binds", "--no-variance", "--json", "--out", "out")
    (bars,) = document["bridge"].values()
    rates = next(bar for bar in bars if bar["name"] == "rates")
    total = document["metrics"]["bookings"]["total"]["Small"]["value"]["mean"]
    assert rates["value"] == pytest.approx(total * 0.25, rel=1e-4)


@pytest.mark.parametrize(
    ("path", "value", "fix"), [("until", "2027-03", "leave until out"), ("as_of", "2026-12-30", "leave as_of out")]
)
def test_a_variant_of_other_dates_is_named(answer: Answer, small: Path, path: str, value: str, fix: str) -> None:
    code, _, err = answer("compare", small, "--set", f"{path}={value}", *QUICK)
    assert code == 2
    assert f"small.yaml with {path}={value}" in err
    assert fix in err


def test_a_folder_that_was_there_stays(answer: Answer, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    Path("there").mkdir()
    monkeypatch.setattr("rpmsim.comparison.compare.compare_cases", interrupted)
    for out in ("there", "new/folder"):
        assert answer("compare", *two, "--out", out)[0] == 130
    assert not any(Path("there").iterdir())
    assert not Path("new").exists()


def test_stored_forecasts_need_no_folder_of_forecasts(answer: Answer, two: tuple[Path, Path]) -> None:
    for path in two:
        answer("run", path, "-n", "40", "--out", path.stem)
    document_of(answer, two[0].stem, two[1].stem, *QUICK[2:])
    assert not Path("out/forecasts").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "1 scenario given"),
        (("--set", ""), "is not a path and a value"),
        (("--set", " ; "), "is not a path and a value"),
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


def test_the_metric_that_is_named_is_explained(answer: Answer, two: tuple[Path, Path]) -> None:
    words = ("-n", "40", "--no-variance", "--json", "--out", "out")
    document = document_of(answer, *two, "--metric", "average_deal", "--metric", "leads", *words)
    assert list(document["metrics"]) == ["leads", "average_deal"]
    assert document["headline"] == "leads"
    assert document["binds"][0]["binds"]["kind"] == "channel"
    assert set(document_of(answer, *two, "--metric", "average_deal", *words)["metrics"]) == {"bookings", "average_deal"}
    code, _, err = answer("compare", *two, "--metric", "total_cost", *words)
    assert (code, "no total_cost" in err) == (2, True)
