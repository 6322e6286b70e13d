"""Working folders: gone at the end, and those of killed processes are cleared away by the next one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rpmsim.cli.destination import new_files
from rpmsim.working import working_folder

HOLD = "import sys, pathlib, time; from rpmsim.working import working_folder\n"
HOLD += "with working_folder(pathlib.Path(sys.argv[1])) as work:\n (work / 'a').touch()\n print(work, flush=True)\n"
HOLD += " time.sleep(60)"


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".rpmsim"))


def test_killed_ones_go_and_live_ones_stay(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    killed, live = (Path(process.stdout.readline().strip()) for process in processes if process.stdout)
    processes[0].send_signal(signal.SIGKILL)
    processes[0].communicate()
    try:
        assert left(tmp_path) == sorted([killed.name, live.name])
        with working_folder(tmp_path) as work:
            assert left(tmp_path) == sorted([live.name, work.name])
            with working_folder(tmp_path) as second:
                assert left(tmp_path) == sorted([live.name, work.name, second.name])
        assert left(tmp_path) == [live.name]
        assert (live / "a").is_file()
    finally:
        processes[1].kill()
        processes[1].communicate()


def test_a_run_looks_where_an_earlier_one_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".rpmsim-1-0a").mkdir()
    Path("forecasts/base").mkdir(parents=True)
    Path("forecasts/.rpmsim-2-0b").mkdir()
    with new_files(Path("forecasts/base/now"), overwrite=False) as work:
        (work / "a").touch()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "base", "forecasts", "now"]


def test_what_only_looks_like_one_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a").touch()
    (tmp_path / ".rpmsim-1-0c").symlink_to(tmp_path / "mine")
    (tmp_path / ".rpmsim-notes").mkdir()
    (tmp_path / ".rpmsim-1-0d").touch()
    with working_folder(tmp_path):
        pass
    assert left(tmp_path) == [".rpmsim-1-0c", ".rpmsim-1-0d", ".rpmsim-notes"]
    assert (tmp_path / "mine" / "a").is_file()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), working_folder(tmp_path / "nowhere"):
        pass
    assert list(tmp_path.iterdir()) == []
