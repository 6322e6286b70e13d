"""On the first start two processes share the compilation, and nothing depends on whether they do."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rpmsim.arrays.compile import compile_model
from rpmsim.beside import processors
from rpmsim.engine import _bundles, simulate
from rpmsim.kernel import aside
from rpmsim.kernel.bundle import BundleType
from rpmsim.scenario import load_scenario

Kinds = tuple[BundleType, ...]

FIRST_START = """\
import hashlib, json
from rpmsim.engine import simulate
from rpmsim.kernel.begin import _move_group
from rpmsim.scenario import load_scenario

moves = simulate(load_scenario({file!r}), 30, seed=5).moves.values
print(json.dumps([len(_move_group.overloads), hashlib.sha256(moves.tobytes()).hexdigest()]))
"""
FILE = str(Path(__file__).parents[3] / "scenarios" / "reference.yaml")


@pytest.fixture
def kinds() -> Kinds:
    return tuple(bundle.type for bundle in _bundles(compile_model(load_scenario(FILE).model)))


def test_a_second_process_compiles_its_part(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    program = [sys.executable, "-c", FIRST_START.format(file=FILE)]
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=300, check=True)
    compiled_there, moves = json.loads(ended.stdout)
    assert compiled_there == (0 if processors() > 1 else 1)
    assert moves == hashlib.sha256(simulate(load_scenario(FILE), 30, seed=5).moves.values.tobytes()).hexdigest()


@pytest.mark.parametrize("program", ["false", "no/such/program"])
def test_without_an_answer_all_is_compiled_here(program: str, kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def start_and_wait(*arguments: Any, **options: Any) -> Any:
        process = start(*arguments, **options)
        process.wait()
        return process

    monkeypatch.setattr(subprocess, "Popen", start_and_wait)  # so that writing to it fails
    monkeypatch.setattr(sys, "executable", shutil.which(program) or program)
    templates = [root.get_call_template for root, *_ in aside.ROOTS]
    numbers = [len(root.overloads) for root, *_ in aside.ROOTS]
    with aside.second_process() as ask:
        ask(*kinds)
        process = aside.start(aside.__name__)
        if process is not None:
            with process:
                aside._send(process, kinds)
                aside._take(process)
    assert templates == [root.get_call_template for root, *_ in aside.ROOTS]
    assert numbers == [len(root.overloads) for root, *_ in aside.ROOTS]


def test_other_sources_get_no_answer(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "source_hash", lambda: "of another kernel")
    process = aside.start(aside.__name__)
    assert process is not None
    with process:
        aside._send(process, kinds)
        assert process.communicate() == (b"", None)
    assert process.returncode == 0


def test_only_one_at_a_time(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "start", lambda _: pytest.fail("a second one was started"))
    with aside._ONE_AT_A_TIME, aside.second_process() as ask:
        ask(*kinds)


def test_a_process_that_is_asked_nothing_ends() -> None:
    process = aside.start(aside.__name__)
    assert process is not None
    assert process.communicate() == (b"", None)
    assert process.returncode == 0
