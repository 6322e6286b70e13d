"""A stored run is repeated and confirmed, whole or by one replication."""

import json
import os
import shutil
from pathlib import Path

import h5py
import pytest

import rpmsim
from rpmsim.dataset import variable_hashes
from tests.cli.conftest import SMALL, Answer


@pytest.fixture
def forecast(answer: Answer, small: Path) -> Path:
    """A folder of results, in the test's own folder; the scenario file is gone."""
    words = ["-n", "12", "--seed", "5", "--draws", "4", "--set", "channels.web.leads=x3"]
    assert answer("run", small, "--out", "out", *words)[0] == 0
    small.unlink()
    return Path("out")


def test_replay_confirms_every_variable(answer: Answer, forecast: Path) -> None:
    before = {path: path.read_bytes() for path in forecast.iterdir()}
    code, out, err = answer("replay", "out")
    with rpmsim.dataset.open_file(forecast) as stored:
        assert out == f"out: identical, all {len(stored.variables)} variables of 12 replications\n"
    assert (code, err) == (0, "")
    assert {path: path.read_bytes() for path in forecast.iterdir()} == before
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["out"]


def test_replay_of_the_file_alone(answer: Answer, forecast: Path) -> None:
    shutil.copy(forecast / "forecast.nc", "alone.nc")
    code, out, _ = answer("replay", "alone.nc", "--json", "--threads", "2")
    assert code == 0
    document = json.loads(out)
    assert (document["identical"], document["differing"], document["seed"]) == (True, [], 5)


def test_replay_names_the_variables_that_differ(answer: Answer, forecast: Path) -> None:
    edit_moves(forecast)
    code, out, err = answer("replay", "out")
    assert (code, out) == (1, "out: DIFFERENT in moves\n")
    assert "rpmsim 0.1.0" in err
    code, out, _ = answer("replay", "out", "--json")
    assert code == 1
    assert json.loads(out)["differing"] == ["moves"]


def edit_moves(forecast: Path) -> None:
    """Another number of moves in the forecast, and the right hash of it beside it."""
    with h5py.File(forecast / "forecast.nc", "a") as file:
        file["moves"][0] = file["moves"][0] + 1
    document = json.loads((forecast / "run.json").read_text())
    with rpmsim.dataset.open_file(forecast) as stored:
        document["variable_hashes"] = variable_hashes(stored)
    (forecast / "run.json").write_text(json.dumps(document))


def test_hashes_of_another_run(answer: Answer, forecast: Path) -> None:
    document = json.loads((forecast / "run.json").read_text())
    document["variable_hashes"] |= {"moves": "0" * 64, "older": "0" * 64}
    (forecast / "run.json").write_text(json.dumps(document))
    code, out, err = answer("replay", "out")
    assert (code, out) == (2, "")
    assert err.startswith("out/run.json: does not belong to this forecast.nc: its hashes of moves, older differ")


def test_edited_hashes(answer: Answer, forecast: Path) -> None:
    edits: tuple[object, ...] = (None, [], {}, 7, {"a": 7}, {"a": None}, {"a": "x" * 64}, {"a": ["b"]})
    texts = [*(json.dumps({"variable_hashes": edit}) for edit in edits), "null", "[" * 100_000, '{"a":' * 100_000]
    for text in texts:
        (forecast / "run.json").write_text(text)
        code, out, err = answer("replay", "out")
        assert (code, out) == (2, "")
        assert err.startswith("out/run.json: does not state the hashes of the variables")


def test_edited_provenance(answer: Answer, forecast: Path) -> None:
    """Whatever is written there, every command that reads it has a message."""
    with h5py.File(forecast / "forecast.nc") as file:
        whole = json.loads(file.attrs["provenance"])
    edits: list[object] = ["[" * 100_000, "null", whole | {"files": [None]}, whole | {"inputs": {"a": "b"}}]
    edits += [whole | {"scenario": "name: [" * 5000}, whole | {"scenario": None}]
    edits += [whole | {"run": whole["run"] | {"replications": 10**6}}, whole | {"run": {}}]
    commands = (("replay", "out", "-r", "0"), ("freeze", "out", "--out", "f.yaml"), ("diff", "out", "out"))
    for i, edit in enumerate(edits):
        with h5py.File(forecast / "forecast.nc", "a") as file:
            file.attrs["provenance"] = edit if isinstance(edit, str) else json.dumps(edit)
        code, _, err = answer(*commands[i % 3])
        assert code == 2, (edit, err)
        assert "out" in err.partition(": ")[0], (edit, err)


def test_pipes_are_no_files(answer: Answer, small: Path) -> None:
    os.mkfifo("pipe.yaml")
    os.mkfifo("pipe.nc")
    os.mkfifo("pipe.csv")
    Path("folder").mkdir()
    os.mkfifo("folder/forecast.nc")
    Path("plan.yaml").write_text(small.read_text() + "open: pipe.csv\n", encoding="utf-8")
    Path("child.yaml").write_text("extends: pipe.yaml\n", encoding="utf-8")
    source = "{file: pipe.csv, shape: events, record: a, stage: b, time: c}"
    Path("history.yaml").write_text(f"as_of: 2027-01-01\nstages: {{lead: {{}}}}\nsources: {{a: {source}}}\n")
    for words in (
        *((command, "pipe.yaml") for command in ("validate", "show", "run", "freeze", "audit")),
        *((command, name) for command in ("replay", "freeze") for name in ("pipe.nc", "folder")),
        ("diff", "pipe.yaml", small), ("diff", small, "pipe.nc"), ("run", "plan.yaml"), ("run", "child.yaml"),
        ("audit", "history.yaml"),
    ):  # fmt: skip
        code, _, err = answer(*words)
        assert code == 2, (words, err)
        assert "pipe" in err or "folder" in err


def test_replay_writes_where_asked(answer: Answer, forecast: Path) -> None:
    assert answer("replay", "out", "--out", "again")[0] == 0
    with rpmsim.dataset.open_file("out") as one, rpmsim.dataset.open_file("again") as other:
        assert (one["bookings"].values == other["bookings"].values).all()


def test_one_replication_is_its_row(answer: Answer, forecast: Path) -> None:
    code, out, err = answer("replay", "out", "-r", "7", "--json")
    assert (code, err) == (0, "Added up by period, it matches the stored forecast.\n")
    document = json.loads(out)
    assert (document["replication"], document["parameter_draw"], document["seed"]) == (7, 3, 5)
    assert list(document["parameters"]) == ["stages.mql.to.won.share"]
    assert [day["day"] for day in document["days"]][::58] == ["2027-01-01", "2027-02-28"]
    with rpmsim.dataset.open_file("out") as stored:
        moves = stored["moves"].sel(replication=7).sum(["period", "channel", "segment"])
        for edge in stored["edge"].values:
            assert sum(day["moves"].get(edge, 0) for day in document["days"]) == int(moves.sel(edge=edge))
        booked = sum(day["bookings"] for day in document["days"])
        assert round(booked, 2) == round(float(stored["bookings"].sel(replication=7).sum()), 2)


def test_one_replication_as_text(answer: Answer, forecast: Path) -> None:
    code, out, _ = answer("replay", "out", "-r", "0")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "Replication 0, parameter draw 0"
    assert lines[1].split()[0] == "stages.mql.to.won.share"
    assert lines[3].startswith("2027-01-01 Fri  ")
    assert len(lines) == 3 + 59
    assert "source->mql" in out


def test_one_replication_to_a_file(answer: Answer, forecast: Path) -> None:
    code, out, _ = answer("replay", "out", "-r", "3", "--json", "--out", "trace")
    assert code == 0
    assert json.loads(Path("trace/trace.json").read_text(encoding="utf-8")) == json.loads(out)


def test_a_row_that_was_changed_is_found(answer: Answer, forecast: Path) -> None:
    import h5netcdf

    with h5netcdf.File(forecast / "forecast.nc", "a") as file:
        file["stock"][2, 1, 0, 0, 0] = 999
    assert answer("replay", "out", "-r", "3")[0] == 0
    code, _, err = answer("replay", "out", "-r", "2")
    assert code == 1
    assert err.startswith("DIFFERENT from the stored forecast in stock\n")


@pytest.mark.parametrize("number", ["12", "-1", "x", "99999999999999999999"])
def test_no_such_replication(answer: Answer, forecast: Path, number: str) -> None:
    code, out, err = answer("replay", "out", "-r", number)
    assert (code, out) == (2, "")
    assert number in err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.nc", None, "does not exist"),
        ("text.nc", b"text", "cannot be read as a forecast"),
        ("folder", b"", "is a folder without a forecast"),
    ],
)
def test_what_is_no_forecast(answer: Answer, tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if name == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = answer("replay", name)
    assert (code, out) == (2, "")
    assert err.startswith(f"{name}: {said}")


def test_half_a_forecast(answer: Answer, forecast: Path) -> None:
    whole = (forecast / "forecast.nc").read_bytes()
    (forecast / "forecast.nc").write_bytes(whole[: len(whole) // 2])
    code, _, err = answer("replay", "out")
    assert code == 2
    assert "cannot be read as a forecast" in err


def test_damaged_run_json(answer: Answer, forecast: Path) -> None:
    (forecast / "run.json").write_text("{")
    code, _, err = answer("replay", "out")
    assert code == 2
    assert err.startswith("out/run.json: does not state the hashes of the variables; ")


def test_forecast_of_a_model_made_in_python(answer: Answer, tmp_path: Path) -> None:
    model = rpmsim.load_scenario(write(tmp_path, SMALL)).model
    rpmsim.simulate(model, 2, path=tmp_path / "model.nc").close()
    code, out, err = answer("replay", "model.nc")
    assert (code, out) == (2, "")
    assert err.startswith("model.nc: does not contain a scenario that can be repeated; ")


def write(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path
