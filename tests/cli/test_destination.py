"""A folder of results appears whole or not at all."""

import os
import signal
from pathlib import Path

import pytest

from rpmsim.cli.destination import new_files, new_folder
from rpmsim.errors import Diagnostic, InputError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_arrive_in_a_new_folder_with_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with new_files(folder, overwrite=False) as work:
        (work / "one").write_text("1")
        assert not folder.exists()
    assert names(tmp_path) == ["a"]
    assert (folder / "one").read_text() == "1"


@pytest.mark.parametrize("kind", ["forecasts", "comparisons"])
def test_two_that_begin_in_one_second_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = []
    for _ in range(3):
        folders.append(new_folder(kind, "plan"))
        folders[-1].mkdir(parents=True)
    assert len(set(folders)) == 3
    assert {folder.parent for folder in folders} == {Path(kind, "plan")}


def test_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with new_files(Path("out"), overwrite=False) as work:
        (work / "one").write_text("1")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["one"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_files(tmp_path / "a" / "b", overwrite=False) as work:
        (work / "one").write_text("1")
        raise error
    assert names(tmp_path) == []


def test_an_error_leaves_old_files_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old")
    with pytest.raises(ValueError), new_files(tmp_path, overwrite=True) as work:
        (work / "one").write_text("new")
        raise ValueError
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"


def test_overwriting_keeps_what_has_other_names(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old")
    (tmp_path / "two").write_text("old")
    with new_files(tmp_path, overwrite=True) as work:
        (work / "one").write_text("new")
    assert (tmp_path / "one").read_text() == "new"
    assert (tmp_path / "two").read_text() == "old"


def test_refusal_to_overwrite_names_every_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old")
    (tmp_path / "two").symlink_to("nowhere")
    with pytest.raises(InputError) as caught, new_files(tmp_path, overwrite=False) as work:
        for name in ("one", "two", "three"):
            (work / name).write_text("new")
    assert [Path(diagnostic.file).name for diagnostic in caught.value.diagnostics] == ["one", "two"]
    assert (tmp_path / "one").read_text() == "old"
    assert names(tmp_path) == ["one", "two"]


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_in_the_way(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: is not a folder"), new_files(tmp_path / "file" / below, overwrite=True):
        pytest.fail("nothing may be computed for a folder that cannot be")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_system_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with (
        pytest.raises(InputError, match="out: cannot be written: Permission denied"),
        new_files(tmp_path / "out", overwrite=True),
    ):
        pytest.fail("nothing may be computed for a folder that cannot be written")


def test_a_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="cannot be written: No space left"),
        new_files(tmp_path / "out", overwrite=True) as work,
        (work / "big").open("wb"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    assert names(tmp_path) == []


def test_a_error_speaks_of_the_folder_that_the_user_named(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(InputError) as caught, new_files(folder, overwrite=True) as work:
        raise InputError([Diagnostic(str(work / "forecast.nc"), None, None, "", "cannot be written")])
    assert caught.value.diagnostics[0].file == str(folder / "forecast.nc")


def test_an_interrupt_while_files_move_waits_until_all_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move = Path.replace

    def interrupted_move(self: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return move(self, target)

    monkeypatch.setattr(Path, "replace", interrupted_move)
    with pytest.raises(KeyboardInterrupt), new_files(tmp_path / "out", overwrite=True) as work:
        (work / "one").write_text("1")
        (work / "two").write_text("2")
    assert names(tmp_path / "out") == ["one", "two"]
    assert names(tmp_path) == ["out"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
