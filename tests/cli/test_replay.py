"""A stored run is repeated and confirmed, whole or by one replication."""

import json
import shutil
from pathlib import Path

import pytest

import rpmsim
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
    with rpmsim.open_forecast(forecast) as stored:
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
    document = json.loads((forecast / "run.json").read_text())
    document["variable_hashes"]["moves"] = "0" * 64
    document["variable_hashes"]["older"] = "0" * 64
    (forecast / "run.json").write_text(json.dumps(document))
    code, out, err = answer("replay", "out")
    assert (code, out) == (1, "out: DIFFERENT in moves, older\n")
    assert "rpmsim 0.1.0" in err
    code, out, _ = answer("replay", "out", "--json")
    assert code == 1
    assert json.loads(out)["differing"] == ["moves", "older"]


def test_replay_writes_where_asked(answer: Answer, forecast: Path) -> None:
    assert answer("replay", "out", "--out", "again")[0] == 0
    with rpmsim.open_forecast("out") as one, rpmsim.open_forecast("again") as other:
        assert (one["bookings"].values == other["bookings"].values).all()


def test_one_replication_is_its_row(answer: Answer, forecast: Path) -> None:
    code, out, err = answer("replay", "out", "-r", "7", "--json")
    assert (code, err) == (0, "Added up by period, it is its row of the forecast.\n")
    document = json.loads(out)
    assert (document["replication"], document["parameter_draw"], document["seed"]) == (7, 3, 5)
    assert list(document["parameters"]) == ["stages.mql.to.won.share"]
    assert [day["day"] for day in document["days"]][::58] == ["2027-01-01", "2027-02-28"]
    with rpmsim.open_forecast("out") as stored:
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
    assert err.startswith("DIFFERENT from its row of the forecast in stock\n")


@pytest.mark.parametrize("number", ["12", "-1", "x", "99999999999999999999"])
def test_no_such_replication(answer: Answer, forecast: Path, number: str) -> None:
    code, out, err = answer("replay", "out", "-r", number)
    assert (code, out) == (2, "")
    assert number in err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.nc", None, "there is no such file"),
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
    assert err.startswith("out/run.json: states no hashes of variables; ")


def test_forecast_of_a_model_made_in_python(answer: Answer, tmp_path: Path) -> None:
    model = rpmsim.load_scenario(write(tmp_path, SMALL)).model
    rpmsim.simulate(model, 2, path=tmp_path / "model.nc").close()
    code, out, err = answer("replay", "model.nc")
    assert (code, out) == (2, "")
    assert err.startswith("model.nc: holds no scenario that could be repeated; ")


def write(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path
