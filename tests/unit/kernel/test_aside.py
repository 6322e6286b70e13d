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

import numba
import pytest

from rpmsim.arrays.compile import compile_model
from rpmsim.beside import processors, start
from rpmsim.engine import simulate
from rpmsim.engine.block import bundles_of
from rpmsim.kernel import aside, compiled
from rpmsim.kernel.bundle import BundleType
from rpmsim.kernel.compiled import machine_code
from rpmsim.kernel.sample import normal_quantile
from rpmsim.scenario import load_scenario

Kinds = tuple[BundleType, ...]

FIRST_START = """\
import hashlib, json
from rpmsim.engine import simulate
from rpmsim.kernel import aside
from rpmsim.kernel.batch import batch_kernel
from rpmsim.kernel.begin import _move_group
from rpmsim.scenario import load_scenario
{change}
moves = simulate(load_scenario({file!r}), 30, seed=5).moves.values
digest = hashlib.sha256(moves.tobytes()).hexdigest()
print(json.dumps([len(_move_group.overloads), sum(batch_kernel.stats.cache_hits.values()), digest]))
"""
FILE = str(Path(__file__).parents[3] / "scenarios" / "reference.yaml")


@pytest.fixture
def kinds() -> Kinds:
    return tuple(bundle.type for bundle in bundles_of(compile_model(load_scenario(FILE).model)))


def first_start(folder: Path, change: str = "") -> list[Any]:
    """Compilations of a part of the roots, uses of kept code, and a hash of what was simulated."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    program = [sys.executable, "-c", FIRST_START.format(file=FILE, change=change)]
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=300, check=True)
    result: list[Any] = json.loads(ended.stdout)
    return result


@pytest.fixture(scope="module")
def digest() -> str:
    return hashlib.sha256(simulate(load_scenario(FILE), 30, seed=5).moves.values.tobytes()).hexdigest()


def test_a_second_process_compiles_its_part(tmp_path: Path, digest: str) -> None:
    assert first_start(tmp_path) == [0 if processors() > 1 else 1, 0, digest]
    assert first_start(tmp_path) == [0, 1, digest], "kept with what the second process has made"


def test_without_an_answer_all_is_compiled_here(tmp_path: Path, digest: str) -> None:
    assert first_start(tmp_path, "aside._answer = lambda process: None") == [1, 0, digest]
    assert first_start(tmp_path) == [0, 1, digest]


INTERRUPTED = """
def interrupted(process):
    raise KeyboardInterrupt

aside._answer = interrupted
try:
    simulate(load_scenario({file!r}), 30, seed=5)
except KeyboardInterrupt:
    aside.start = lambda module: None
"""


def test_what_an_interrupted_start_has_declared_is_made_by_the_next(tmp_path: Path, digest: str) -> None:
    assert first_start(tmp_path, INTERRUPTED.format(file=FILE)) == [1, 0, digest]


def test_no_answer_of_a_process_that_dies(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    process = aside.start(aside.__name__)
    if process is None:
        pytest.skip("one processor")
    process.wait()  # so that writing to it fails
    with process:
        aside._send(process, [(bundle.fields, bundle.constant) for bundle in kinds])
        assert aside._answer(process) is None


def test_without_a_process_nothing_is_left_to_it(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "no/such/program")
    monkeypatch.setattr(aside, "declare", lambda *_: pytest.fail("declared"))
    with aside.second_process() as ask:
        ask(*kinds)
    assert compiled._EXPECTED == []


def test_what_was_not_wanted_is_not_expected_later(kinds: Kinds) -> None:
    with aside.second_process() as ask:
        ask(*kinds)
    assert compiled._EXPECTED == []


def test_other_sources_get_no_answer(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "source_hash", lambda: "of another kernel")
    process = aside.start(aside.__name__)
    if process is None:
        pytest.skip("one processor")
    with process:
        aside._send(process, [(bundle.fields, bundle.constant) for bundle in kinds])
        assert process.communicate() == (b"", None)
    assert process.returncode == 0


def test_only_one_at_a_time(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "start", lambda _: pytest.fail("a second one was started"))
    with aside._ONE_AT_A_TIME, aside.second_process() as ask:
        ask(*kinds)


def test_a_block_inside_another_takes_the_process_that_is_there(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    asked = []
    monkeypatch.setattr(aside, "start", lambda module: started.append(module) or start(module))
    monkeypatch.setattr(aside, "_send", lambda process, _: asked.append(process))
    if processors() < 2:
        pytest.skip("one processor")
    with aside.second_process() as outer:
        with aside.second_process() as inner:
            inner(*kinds)
        assert inner is outer
        assert asked[0].poll() is None, "it is of the block around"
    assert len(started) == len(asked) == 1
    assert asked[0].returncode is not None
    assert compiled._EXPECTED == []
    with aside.second_process() as later:
        assert later is not outer


def test_it_is_asked_once_and_only_inside_the_block(kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    if processors() < 2:
        pytest.skip("one processor")
    asked = []
    monkeypatch.setattr(aside, "_send", lambda process, _: asked.append(process))
    with aside.second_process() as ask:
        ask(*kinds)
        ask(*kinds)
        assert len(compiled._EXPECTED) == 1
    ask(*kinds)
    assert len(asked) == 1
    assert compiled._EXPECTED == []


CHAIN = """
from numba import njit, types
from rpmsim.kernel.compiled import EntryCompiler, compiling, declare, part

@part
def last(n):
    return n + 1 if n > 3 else last_of_all(n)

@part
def last_of_all(n):
    return n * 10

@part
def first(n):
    return last(n) * 2

declare(first, (types.int64,), "test.first", types.int64)
declare(last, (types.int64,), "test.last", types.int64)

@njit(pipeline_class=EntryCompiler)
def entry(n):
    return first(n)

with compiling():
    print(entry(5), entry(2))
"""


def test_what_only_declared_parts_call_is_made_too() -> None:
    ended = subprocess.run([sys.executable, "-c", CHAIN], check=False, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout.split()) == (0, ["12", "40"]), ended.stderr


LINKED = """
import os, signal
from numba import njit
from numba.core.codegen import JITCodeLibrary

signal.signal(signal.SIGTERM, lambda *_: exit(143))

def called_back(library, data):
    os.kill(os.getpid(), signal.SIGTERM)

JITCodeLibrary._object_compiled_hook = called_back
from rpmsim.kernel.compiled import compiling

with compiling():
    njit(lambda n: n + 1)(1)
print("went on")
"""


def test_an_interrupt_while_it_links_is_not_lost() -> None:
    ended = subprocess.run([sys.executable, "-c", LINKED], check=False, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout) == (143, ""), ended.stderr


def test_what_is_said_to_be_returned_is_held_against_the_code(kinds: Kinds) -> None:
    for part, types, symbol, returned in aside._roots([(bundle.fields, bundle.constant) for bundle in kinds]):
        part.compile(types)
        assert part.overloads[types].signature.return_type == returned, symbol
    with pytest.raises(TypeError, match=r"rpmsim\.normal_quantile returns float64, not int64"):
        machine_code([(normal_quantile, (numba.float64,), "rpmsim.normal_quantile", numba.int64)])


def test_a_process_that_is_asked_nothing_ends() -> None:
    process = aside.start(aside.__name__)
    if process is None:
        pytest.skip("one processor")
    assert process.communicate() == (b"", None)
    assert process.returncode == 0
