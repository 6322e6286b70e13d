"""Run again on save; completion; what Windows needs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rpmsim.cli import destination, watch
from rpmsim.errors import Diagnostic, InputError
from tests.cli.conftest import SMALL, Answer


def test_acts_again_after_every_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, table, later = (tmp_path / name for name in ("plan.yaml", "leads.csv", "later.csv"))
    for path in (plan, table, later):
        path.write_text("a", encoding="utf-8")
    seen: list[str] = []
    saves = iter((table, plan, later, plan))

    def save_the_next(_: float) -> None:
        path = next(saves, None)
        if path is not None:
            path.write_text(path.read_text(encoding="utf-8") + "b", encoding="utf-8")

    def act() -> list[Path]:
        seen.append(table.read_text(encoding="utf-8") + plan.read_text(encoding="utf-8"))
        if len(seen) == 2:
            raise InputError([Diagnostic(f"{table}, sheet Leads", 3, 1, "", "is wrong")])
        return [plan, table]

    monkeypatch.setattr(watch.time, "sleep", save_the_next)
    watch.watch(plan, act, rounds=3)
    assert seen[0] == "aa"
    assert len(seen) == 3
    assert seen[-1] != seen[0]


def test_watch_in_the_program(small: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "rpmsim", "run", str(small), "-n", "3", "--watch"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=small.parent
    )
    summary = small.parent / "forecasts/small/watch/run.json"
    try:
        assert wait_for(summary.is_file)
        time.sleep(1.0)
        small.write_text(SMALL.replace("name: Small", "name: Saved"), encoding="utf-8")
        assert wait_for(lambda: '"scenario": "Saved"' in summary.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert out.startswith("Small")
    assert "Saved" in out


def wait_for(condition, seconds: float = 120.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(answer: Answer, shell: str) -> None:
    code, out, _ = answer("completion", shell)
    assert code == 0
    assert "_RPMSIM_COMPLETE" in out


def test_folders_have_names_that_windows_takes() -> None:
    assert [destination.home_of("forecasts", name).name for name in ("fy27", "con", "AUX", "plan. ")] == [
        "fy27",
        "con_",
        "AUX_",
        "plan",
    ]


def test_an_open_workbook_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", locked)
    with (
        pytest.raises(InputError, match=r"close summary\.xlsx in the program that has it open \(Excel\?\)"),
        destination.new_files(tmp_path / "out", overwrite=True) as work,
    ):
        (work / "summary.xlsx").write_bytes(b"x")


def test_an_old_console_is_no_reason_to_fail(small: Path, environment: dict[str, str]) -> None:
    small.write_text(SMALL.replace("name: Small", "name: Small\nlabel: Größe 小"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "rpmsim", "run", str(small), "-n", "3", "--out", "out"],
        capture_output=True,
        check=False,
        env=environment | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        cwd=small.parent,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Größe ?".encode("cp1252"))


def test_the_starter_has_the_schema_that_its_files_name(answer: Answer) -> None:
    assert answer("init", "plan")[0] == 0
    for path in Path("plan").glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        name = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / name).is_file()
    assert Path("plan/scenario.schema.json").stat().st_size > 10_000
