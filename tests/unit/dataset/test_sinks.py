from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import rpmsim
from rpmsim.dataset import FileSink, Layout, MemorySink, open_file, variable_hashes, variables_of
from rpmsim.dataset.store import loaded, provenance
from rpmsim.errors import InputError

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"
IN_BLOCKS = [v for v in variables_of() if v.in_blocks]


def part(blocks, rows):
    return {v.source: blocks[v.source][rows] for v in IN_BLOCKS}


@pytest.fixture
def forecast(make_forecast):
    return make_forecast(40)


def layout_of(model, dataset, **more):
    edges = list(zip(dataset["from"].values, dataset["to"].values, strict=True))
    options = {"draws": 50, "parameters": tuple(dataset["parameter"].values)}
    return Layout.of(model, edges, dataset.sizes["replication"], **(options | more))


def written_at_once(path, model, dataset, blocks, **more):
    """The sink of a file into which all rows were written as one block."""
    with FileSink(path, layout_of(model, dataset, **more), {"seed": 7}) as sink:
        sink.write_once(blocks)
        sink.write(0, part(blocks, slice(0, dataset.sizes["replication"])))
    return sink


def test_a_file_equals_the_memory(forecast, tmp_path):
    model, dataset, blocks = forecast
    path = tmp_path / "forecast.nc"
    with FileSink(path, layout_of(model, dataset), {"seed": 7}, block=16) as sink:
        sink.write_once(blocks)
        for rows in (slice(0, 16), slice(16, 32), slice(32, 40)):
            sink.write(rows.start, part(blocks, rows))
        assert not path.exists()
    hashes = sink.hashes()
    with open_file(path) as stored:
        assert variable_hashes(stored) == variable_hashes(dataset) == hashes
        assert set(stored.variables) == set(dataset.variables)
        for name, variable in dataset.variables.items():
            assert stored[name].dims == variable.dims, name
            assert stored[name].dtype.kind == variable.dtype.kind, name
            assert stored[name].attrs["long_name"] == variable.attrs["long_name"]
        assert provenance(stored) == {"seed": 7}
    assert [file.name for file in tmp_path.iterdir()] == ["forecast.nc"]


@pytest.mark.parametrize("in_file", [False, True])
def test_a_forecast_that_grows_equals_one_of_its_final_size(make_forecast, tmp_path, in_file):
    model, dataset, blocks = make_forecast(40, layout={"draws": 40})
    first = layout_of(model, dataset.isel(replication=slice(24)), draws=24)
    path = tmp_path / "forecast.nc"
    sink = FileSink(path, first, {}, block=16, growing=True) if in_file else MemorySink(first, {})
    with sink:
        for rows in (slice(0, 16), slice(16, 24)):
            sink.write(rows.start, part(blocks, rows))
        sink.grow(layout_of(model, dataset, draws=40), {"seed": 7})
        sink.write(24, part(blocks, slice(24, 40)))
        sink.write_once(blocks)
    with sink.dataset() as grown:
        assert variable_hashes(grown) == variable_hashes(dataset)
        assert provenance(grown) == {"seed": 7}
        if in_file:
            hashes = sink.hashes()
            with open_file(path) as stored:
                xr.testing.assert_identical(stored, grown)
                assert variable_hashes(stored) == hashes


@pytest.mark.parametrize("keep", ["summary", "classes", "full"])
def test_what_was_written_is_what_is_read(make_forecast, tmp_path, monkeypatch, keep):
    model, dataset, blocks = make_forecast(20)
    monkeypatch.chdir(tmp_path)
    sink = written_at_once("forecast.nc", model, dataset, blocks, keep=keep)
    with sink.dataset() as written, open_file(tmp_path) as stored:
        monkeypatch.chdir("/")
        assert not written["moves"].variable._in_memory
        xr.testing.assert_identical(written, stored)
        some = {"replication": [3, 1, 17], "period": slice(2, 9, 3), "edge": 1}
        xr.testing.assert_identical(written.isel(some).load(), stored.isel(some).load())
        assert not written["moves"].variable._in_memory
        copied = pickle.loads(pickle.dumps(written))
        xr.testing.assert_identical(copied, stored)
        copied.close()
        source = written["moves"].encoding["source"]
        assert source == written.encoding["source"] == stored.encoding["source"] == str(tmp_path / "forecast.nc")


def test_what_was_written_can_be_changed_in_memory_and_written_again(forecast, tmp_path):
    model, dataset, blocks = forecast
    path = tmp_path / "forecast.nc"
    sink = written_at_once(path, model, dataset, blocks)
    with sink.dataset() as written:
        written["moves"][0] = -1
        assert (written["moves"].values[0] == -1).all()
        assert (written["moves"].values[1:] == dataset["moves"].values[1:]).all()
    with sink.dataset() as written, open_file(path) as stored:
        assert (written["moves"].values == dataset["moves"].values).all()
        for name in written.data_vars:
            for key, value in written[name].encoding.items():
                assert stored[name].encoding[key] == value, name
        assert written["moves"].encoding["zlib"]
        assert not written["bookings"].encoding["shuffle"]
        assert written["moves"].encoding["shuffle"]
        written.to_netcdf(tmp_path / "again.nc", engine="h5netcdf")
    assert (tmp_path / "again.nc").stat().st_size < 1.1 * path.stat().st_size


def test_closing_a_run_closes_its_file(tmp_path):
    path = tmp_path / "forecast.nc"
    scenario = rpmsim.load_scenario(SCENARIOS / "reference.yaml")
    with rpmsim.simulate(scenario, 2, path=path) as dataset:
        assert dataset["moves"].values.any()
    with h5py.File(path, "a") as file:  # refused while somebody reads it
        file.attrs["note"] = "mine"


def test_what_was_written_is_damaged_afterwards(forecast, tmp_path):
    model, dataset, blocks = forecast
    path = tmp_path / "forecast.nc"
    sink = written_at_once(path, model, dataset, blocks)
    with h5py.File(path) as file:
        place = file["moves"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place : place + 64] = bytes(64)
    path.write_bytes(data)
    with sink.dataset() as written, pytest.raises(InputError, match=r"forecast\.nc.* is damaged: moves cannot be read"):
        loaded(written["moves"])


def test_units_are_those_of_the_contract(forecast):
    _, dataset, blocks = forecast
    np.testing.assert_array_equal(np.rint(dataset["bookings"] * 100), blocks["bookings"])
    np.testing.assert_allclose(dataset["wait_hours"] * 60, blocks["wait_minutes"])
    assert dataset["bookings"].units == "EUR"
    assert dataset["moves"].dtype == np.int32
    assert dataset["edge"].values[0] == "source->anonymous"
    assert dataset["period_label"].values[0] == "2027-01"
    assert str(dataset["period"].values[1])[:10] == "2027-02-01"
    assert all(v.attrs["units"] for v in dataset.data_vars.values())


def interrupted(path, layout, blocks):
    with FileSink(path, layout, {}) as sink:
        sink.write_once(blocks)
        sink.write(0, part(blocks, slice(0, 16)))
        raise KeyboardInterrupt


def unfinished(path, layout, blocks):
    with FileSink(path, layout, {}) as sink:
        sink.write(0, part(blocks, slice(0, 16)))


@pytest.mark.parametrize(("run", "error"), [(interrupted, KeyboardInterrupt), (unfinished, ValueError)])
def test_what_is_not_finished_leaves_nothing(forecast, tmp_path, run, error):
    model, dataset, blocks = forecast
    path = tmp_path / "forecast.nc"
    with pytest.raises(error):
        run(path, layout_of(model, dataset), blocks)
    assert list(tmp_path.iterdir()) == []
    path.write_text("of before")
    with pytest.raises(error):
        run(path, layout_of(model, dataset), blocks)
    assert path.read_text() == "of before"
    assert len(list(tmp_path.iterdir())) == 1


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import EDGES, make_blocks, make_model
from rpmsim.dataset import FileSink, Layout, MemorySink, save
from rpmsim.errors import InputError
layout = Layout.of(make_model(), EDGES, 400)
blocks = make_blocks(layout)
path = Path(sys.argv[2]) / "forecast.nc"
def to_file():
    with FileSink(path, layout, {}) as sink:
        sink.write_once(blocks)
        sink.write(0, blocks)
def to_memory():
    with MemorySink(layout, {}) as sink:
        sink.write_once(blocks)
        sink.write(0, blocks)
    save(sink.dataset(), path)
for limit in (100_000, 5_000_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    for run in (to_file, to_memory):
        try:
            run()
        except InputError as error:
            print(error)
print(list(path.parent.iterdir()))
"""


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path):
    """In a process of its own: HDF5 would crash at the end of it if it saw the disk fill."""
    here = Path(__file__).parents[1]
    command = [sys.executable, "-c", FULL, str(here), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert all("forecast.nc: cannot be written: File too large" in line for line in lines[:4])
    assert lines[4] == "[]"


def test_rows_are_written_in_order_and_fit(forecast):
    model, dataset, blocks = forecast
    sink = MemorySink(layout_of(model, dataset), {})
    sink.write(0, part(blocks, slice(0, 16)))
    for first in (0, 8, 24, -1):
        with pytest.raises(ValueError, match="do not fit"):
            sink.write(first, part(blocks, slice(0, 16)))
    with pytest.raises(ValueError, match="24 of 40"):
        sink.close()
    with pytest.raises(ValueError, match="do not fit"):
        sink.write(16, part(blocks, slice(0, 40)))


def test_a_wrong_shape_is_refused(forecast):
    model, dataset, blocks = forecast
    sink = MemorySink(layout_of(model, dataset), {})
    with pytest.raises(ValueError, match="stock: shape"):
        sink.write(0, blocks | {"stock": blocks["stock"][:, :, :-1]})


def test_counts_beyond_32_bits(forecast):
    model, dataset, blocks = forecast
    big = blocks | {"moves": blocks["moves"] + 2**40}
    with pytest.raises(OverflowError, match="moves"):
        MemorySink(layout_of(model, dataset), {}).write(0, big)
    sink = MemorySink(layout_of(model, dataset, wide=True), {})
    sink.write(0, big)
    np.testing.assert_array_equal(sink.dataset()["moves"], big["moves"])


def test_summary_keeps_totals_over_classes(forecast, tmp_path):
    model, dataset, blocks = forecast
    with FileSink(tmp_path / "f.nc", layout_of(model, dataset, keep="summary"), {}) as sink:
        sink.write_once(blocks)
        sink.write(0, blocks)
    with open_file(sink.path) as small:
        assert "segment" not in small.dims
        assert small["moves"].dims == ("replication", "period", "edge")
        np.testing.assert_array_equal(small["moves"], dataset["moves"].sum(["channel", "segment"]))
        np.testing.assert_allclose(small["bookings"], dataset["bookings"].sum(["channel", "segment"]))
        np.testing.assert_array_equal(small["spend"], dataset["spend"])


def test_periods_that_the_span_cuts_are_partial(make_forecast):
    import datetime as dt

    _, dataset, _ = make_forecast(4, as_of=dt.date(2027, 1, 10), until=dt.date(2027, 3, 31))
    assert list(dataset["period_state"].values) == ["partial", "whole", "whole"]
    assert list(dataset["period_days"].values) == [21, 28, 31]


def test_no_staff_no_costs_no_ranges(make_forecast, tmp_path):
    model, dataset, blocks = make_forecast(4)
    plan = layout_of(model, dataset, parameters=(), draws=1)
    plan = plan.__class__(**{**plan.__dict__, "roles": (), "costs": ()})
    bare = {
        **{k: v[..., :0] for k, v in blocks.items() if k in ("other_cost", "pay", "capacity", "capacity_used")},
        **{k: blocks[k][..., :0] for k in ("head_days", "prospecting", "slot_days", "slot_days_used")},
        "parameter_value": np.zeros((1, 0)),
    }
    with FileSink(tmp_path / "f.nc", plan, {}) as sink:
        sink.write_once(blocks | bare)
        sink.write(0, blocks | bare)
    memory = MemorySink(plan, {})
    memory.write_once(blocks | bare)
    memory.write(0, blocks | bare)
    with open_file(tmp_path / "f.nc") as stored:
        assert stored["pay"].shape == (4, 12, 0)
        assert variable_hashes(stored) == variable_hashes(memory.dataset())


def test_opening_loads_no_values(make_forecast, tmp_path):
    _, dataset, _ = make_forecast(4)
    rpmsim.dataset.save(dataset, tmp_path / "forecast.nc")
    with open_file(tmp_path) as stored:
        assert not stored["moves"].variable._in_memory


def test_an_unwritable_place_is_the_users_error(forecast, tmp_path):
    model, dataset, _ = forecast
    with pytest.raises(InputError, match="cannot be written"):
        FileSink(tmp_path / "missing" / "forecast.nc", layout_of(model, dataset), {})
