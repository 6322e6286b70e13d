from __future__ import annotations

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from rpmsim.analysis import flow
from rpmsim.dataset import open_file, open_forecast, save, variable_hashes
from rpmsim.dataset.writer import Writer, chunk_rows
from rpmsim.errors import InputError


def test_saving_keeps_everything(make_forecast, tmp_path):
    _, dataset, _ = make_forecast(20)
    save(dataset, tmp_path / "a.nc")
    with open_file(tmp_path / "a.nc") as stored:
        xr.testing.assert_equal(stored.load(), dataset)
        assert stored.attrs == dataset.attrs
        assert json.loads(stored.attrs["provenance"])["run"]["seed"] == 7


def test_hashes_see_values_dims_and_types_but_not_chunks(make_forecast, tmp_path):
    _, dataset, _ = make_forecast(20)
    hashes = variable_hashes(dataset)
    dataset.to_netcdf(tmp_path / "b.nc", engine="h5netcdf", encoding={"moves": {"chunksizes": (7, 5, 3, 2, 1)}})
    with open_forecast(tmp_path / "b.nc") as stored:
        assert variable_hashes(stored) == hashes
    other = dataset.copy(deep=True)
    other["moves"][3, 2, 1, 0, 0] += 1
    changed = variable_hashes(other)
    assert [name for name in hashes if hashes[name] != changed[name]] == ["moves"]
    assert variable_hashes(dataset.assign(stock=dataset["stock"].astype("int64")))["stock"] != hashes["stock"]
    assert variable_hashes(dataset.assign_coords(role=["sdr", "aes"]))["role"] != hashes["role"]


def test_hashes_read_block_by_block(make_forecast, monkeypatch):
    _, dataset, _ = make_forecast(20)
    hashes = variable_hashes(dataset)
    monkeypatch.setattr("rpmsim.dataset.store.row_blocks.__defaults__", (5000,))
    assert variable_hashes(dataset) == hashes


def test_what_is_no_forecast_is_reported(make_forecast, tmp_path):
    _, dataset, _ = make_forecast(20)
    save(dataset, tmp_path / "whole.nc")
    whole = (tmp_path / "whole.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.nc").write_text("leads: 40 per week\n")
    (tmp_path / "empty.nc").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    xr.Dataset({"x": ("t", np.arange(3))}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    save(dataset.assign_attrs(provenance="{"), tmp_path / "provenance.nc")
    names = ["cut.nc", "text.nc", "empty.nc", "folder", "other.nc", "provenance.nc", "missing.nc"]
    for name in names:
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            open_forecast(tmp_path / name)
    assert whole == (tmp_path / "whole.nc").read_bytes()


def test_saving_into_nowhere_leaves_nothing(make_forecast, tmp_path):
    _, dataset, _ = make_forecast(4)
    with pytest.raises(InputError, match="cannot be written"):
        save(dataset, tmp_path / "missing" / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("block", "rows"), [(64, 16), (63, 21), (1, 1), (101, 1), (1000, 25)])
def test_chunks_divide_the_block(block, rows):
    """A row has 40 kB, so that 26 of them make a megabyte."""
    assert chunk_rows((5000, 10_000), 4, block) == rows
    assert chunk_rows((3, 10), 4, block) == min(block, 3)


def test_damage_among_the_values_is_reported_when_they_are_read(make_forecast, tmp_path):
    import h5py

    _, dataset, _ = make_forecast(20)
    file = tmp_path / "forecast.nc"
    save(dataset, file)
    with h5py.File(file) as stored:
        where = stored["stock"].id.get_chunk_info(0).byte_offset
    content = bytearray(file.read_bytes())
    content[where + 2 : where + 40] = bytes(38)
    file.write_bytes(content)
    with open_forecast(file) as stored:
        for read in (variable_hashes, flow.stock):
            with pytest.raises(InputError, match=r"forecast\.nc: is damaged: stock cannot be read"):
                read(stored)


def test_a_damaged_file_is_reported_once(make_forecast, tmp_path):
    """In a process of its own: the reader would complain on stderr when its half-opened file is dropped."""
    _, dataset, _ = make_forecast(20)
    file = tmp_path / "forecast.nc"
    save(dataset, file)
    code = (
        "import random, sys; from rpmsim.dataset import open_forecast; from rpmsim.errors import InputError\n"
        "whole = open(sys.argv[1], 'rb').read(); chance = random.Random(1); refused = 0\n"
        "for i in range(12):\n"
        "    broken = bytearray(whole); broken[chance.randrange(8000)] ^= 255; name = f'{sys.argv[1]}.{i}'\n"
        "    open(name, 'wb').write(broken)\n"
        "    try: open_forecast(name).close()\n"
        "    except InputError: refused += 1\n"
        "print(refused)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 0


@pytest.mark.parametrize("dtype", ["<i8", ">i8", "<i4", "u1", "f8", ">f4"])
@pytest.mark.parametrize("rows", [1, 3, 4, 11])
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_chunks_that_are_made_here_are_what_the_library_makes(tmp_path, dtype, rows, shape):
    values = np.random.default_rng(rows).integers(0, 100, (rows, *shape)).astype(dtype)
    dims = tuple("rxy"[: values.ndim])
    header = xr.Dataset(coords={dim: np.arange(size) for dim, size in zip(dims, values.shape, strict=True)})
    whole, parts = Writer(tmp_path / "whole.nc", header), Writer(tmp_path / "parts.nc", header)
    for writer in (whole, parts):
        writer.create("v", dims, np.dtype(dtype), {"units": "1"}, 4)
    whole.put({"v": values})
    for low in range(0, rows, 3):  # chunks of 4: these go through the library
        parts.put({"v": values[low : low + 3]}, slice(low, min(low + 3, rows)))
    for writer in (whole, parts):
        writer.close()
        with h5py.File(writer.path) as file:
            np.testing.assert_array_equal(file["v"][...], values)
            assert file["v"].compression == "gzip"
