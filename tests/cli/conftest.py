"""The program as a user runs it: in its own process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rpmsim.cli import program

Answer = Callable[..., tuple[int, str, str]]
Run = Callable[..., subprocess.CompletedProcess[str]]

SMALL = """\
name: Small
currency: EUR
as_of: 2026-12-31
until: 2027-02
targets: {wins: {2027-02: 20}}
segments: {all: {amount: {median: 10k, p90: 20k}}}
channels: {web: {kind: marketing, into: mql, leads: 10 per month, mix: {all: rest}}}
stages:
  mql:
    worked_by: sdr
    to: {won: {share: 20% to 40%, median: 5, p90: 10}, lost: {share: rest, after: 3 days}}
roles: {sdr: {heads: 1, handles: 5 per day each}}
"""


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Environment of the program: of this one, without what would change its manners."""
    ours = {"RPMSIM_DEBUG", "_RPMSIM_COMPLETE", "PYTHONWARNINGS"}
    return {name: value for name, value in os.environ.items() if name not in ours}


@pytest.fixture(scope="session")
def rpmsim(environment: dict[str, str]) -> Run:
    """Run one command line, and return its exit code and what it printed."""

    def run(*arguments: object, cwd: Path | None = None, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rpmsim", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )

    return run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small valid scenario file."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def answer(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Run a command line in this process, in the test's own folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = program._exit_code([str(word) for word in words])
        return code, *capfd.readouterr()

    return run
