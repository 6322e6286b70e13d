"""Posterior files: what is written is read, and whatever no posterior can hold is refused with its place."""

import os
import re
from pathlib import Path
from typing import Any

import h5netcdf
import h5py
import numpy as np
import pytest

import rpmsim
from rpmsim.posterior import HazardTable, open_posterior, write_posterior
from rpmsim.posterior import reading as limits

AGES = np.array([0, 1, 7])
NAMES = (("mql", "deal"), ("deal", "won", "lost"), ("all", "smb"))
SHARE = "stages.deal.to.won.share"


def table(draws: int = 5) -> HazardTable:
    values = np.random.default_rng(1).uniform(0.0, 0.2, (draws, 2, 3, 2, 3))
    return HazardTable(AGES, *NAMES, values, np.array([[10, 4], [8, 3]]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "posterior.nc"
    values = {SHARE: np.linspace(0.2, 0.3, 5), "channels.web.leads": np.arange(5.0)}
    write_posterior(target, values, table(), records={SHARE: 77}, source="CRM")
    return target


def test_what_is_written_is_read(path: Path) -> None:
    found = open_posterior(path)
    assert (found.draws, found.source) == (5, "CRM")
    np.testing.assert_array_equal(found.number(SHARE), np.linspace(0.2, 0.3, 5))  # a value comes before hazards
    assert found.records_of(SHARE) == 77
    assert found.records_of("channels.web.leads") is None
    assert found.records_of("stages.deal.to.lost.time.smb") == 3
    time = found.time("stages.mql.to.lost.time.smb")
    np.testing.assert_array_equal(time.values[:, time.outcome], table().values[:, 0, 2, 1])
    assert len(list(path.parent.iterdir())) == 1


def test_shares_of_a_class_follow_from_its_hazards(path: Path) -> None:
    found = open_posterior(path)
    parts = [found.number(f"stages.mql.to.{outcome}.share.smb") for outcome in NAMES[1]]
    np.testing.assert_allclose(sum(parts), 1.0)  # the last hazards are above 0: nobody stays


@pytest.mark.parametrize(
    ("path_", "message"),
    [
        ("stages.mqi.to.won.share", "has no stage `mqi`; it has `mql`, `deal`"),
        ("stages.mql.to.sold.share", "has no outcome `sold`; it has `deal`, `won`, `lost`"),
        ("stages.mql.to.won.share.big", "has no class `big`; it has `all`, `smb`"),
        ("channels.wep.leads", "has no draws for `channels.wep.leads`; did you mean `channels.web.leads`?"),
    ],
)
def test_what_is_missing_is_named(path: Path, path_: str, message: str) -> None:
    with pytest.raises(LookupError, match=re.escape(message)):
        open_posterior(path).number(path_)


def edit(path: Path, how: Any) -> str:
    """Change the file with its library, and what is said when it is read."""
    with h5py.File(path, "a") as file:
        how(file)
    with pytest.raises(rpmsim.InputError) as caught:
        open_posterior(path, "p.nc")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.fix
    assert diagnostic.file == "p.nc"
    return diagnostic.message


def put(name: str, where: Any, value: Any) -> Any:
    def change(file: h5py.File) -> None:
        file[name][where] = value

    return change


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (put("hazard", (2, 0, 1, 1, 2), 1.5), "outcome `won`, class `smb`, age 7, draw 2 is 1.5, above 1"),
        (put("hazard", (2, 0, 1, 1, 2), -0.1), "draw 2 is -0.1, below 0"),
        (put("hazard", (0, 1, 0, 0, 0), np.nan), "`hazard` is not a number (nan) for stage `deal`"),
        (put("hazard", (4, 0, slice(None), 0, 1), 0.5), "class `all`, age 1, draw 4 add up to 1.5, above 1"),
        (put("value", (3, 1), np.inf), "`value` is not a number (inf) for `channels.web.leads`, draw 3"),
        (put("age", 0, 2), "its ages are not whole days that begin with 0 and increase"),
        (put("age", 2, 1), "its ages are not whole days that begin with 0 and increase"),
        (put("stage", 1, "mql"), "has `mql` twice along `stage`"),
        (lambda f: f.attrs.modify(limits.VERSION_KEY, 2), "version 2, and this rpmsim reads version 1"),
        (lambda f: f.attrs.__setitem__(limits.VERSION_KEY, "1"), "version '1', and this rpmsim reads version 1"),
        (lambda f: f.attrs.__delitem__(limits.VERSION_KEY), "is not a posterior"),
    ],
)
def test_wrong_contents_are_refused(path: Path, how: Any, message: str) -> None:
    assert message in edit(path, how)


def test_other_dimensions_are_refused(tmp_path: Path) -> None:
    with h5netcdf.File(tmp_path / "p.nc", "w") as file:
        file.attrs[limits.VERSION_KEY] = 1
        file.dimensions = {"draw": 3, "stage": 1, "age": 2}
        file.create_variable("hazard", ("draw", "stage", "age"), data=np.zeros((3, 1, 2)))
    with pytest.raises(
        rpmsim.InputError, match=r"\(draw, stage, age\) in place of \(draw, stage, outcome, class, age\)"
    ):
        open_posterior(tmp_path / "p.nc")


def test_what_lies_in_another_file_is_refused(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(80))

    def outside(file: h5py.File) -> None:
        scales = [file["draw"], file["path"]] if "draw" in file else []
        del file["value"]
        outer = file.create_dataset("value", (5, 2), "f8", external=[(str(secret), 0, 80)])
        for i, scale in enumerate(scales):
            outer.dims[i].attach_scale(scale)

    assert "another file" in edit(path, outside)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "text", "cut"])
def test_what_is_no_file_of_this_kind_is_refused(path: Path, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "other.nc"
    if kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    elif kind == "text":
        target.write_text("stages: {}", encoding="utf-8")
    elif kind == "cut":
        target.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(rpmsim.InputError):
        open_posterior(target)


def test_sizes_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 100)
    with pytest.raises(rpmsim.InputError, match="`hazard` has 180 values in more than 100 bytes"):
        open_posterior(path)
    monkeypatch.setattr(limits, "LARGEST_FILE", 100)
    with pytest.raises(rpmsim.InputError, match="is larger than 100 bytes"):
        open_posterior(path)


def test_long_names_and_wide_numbers_are_refused(tmp_path: Path) -> None:
    """A compressed file of some kB may state a name of gigabytes."""
    for kind, message in (("S2000", "names of more than 1,200 bytes along `path`"), (np.longdouble, "at most 8 bytes")):
        with h5netcdf.File(tmp_path / "p.nc", "w") as file:
            file.attrs[limits.VERSION_KEY] = 1
            file.dimensions = {"draw": 3, "path": 1}
            wide = np.dtype(kind).kind == "f"
            file.create_variable("value", ("draw", "path"), dtype=np.dtype(kind) if wide else "f8")
            if not wide:
                file.create_variable("path", ("path",), dtype=np.dtype(kind))
        with pytest.raises(rpmsim.InputError, match=message):
            open_posterior(tmp_path / "p.nc")


def test_what_is_shown_is_on_one_line(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["outcome"][2] = "lo\nst\x1b[2J"
        file.attrs["source"] = "C\nRM"
        file["hazard_records"][0, 1] = -1
    found = open_posterior(path)
    assert found.source == "C RM"
    assert found.hazards is not None
    assert found.hazards.outcomes[2] == "lo st\\u001b[2J"
    assert found.records_of("stages.mql.to.won.time.smb") is None


def test_nothing_is_written_that_would_not_be_read(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(rpmsim.InputError, match="add up to"):
        write_posterior(path, None, HazardTable(AGES, *NAMES, np.full((2, 2, 3, 2, 3), 0.5)))
    with pytest.raises(ValueError, match="same number of draws"):
        write_posterior(path, {"a": np.zeros(3), "b": np.zeros(4)})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["posterior.nc"]
