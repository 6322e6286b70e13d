"""Blocks of a run: few are in work or wait to be stored, and nothing goes on after an end of any kind."""

from __future__ import annotations

import threading
import time
import weakref
from pathlib import Path

import pytest

import rpmsim.engine.simulation
import rpmsim.engine.threads
from rpmsim import load_scenario, simulate
from rpmsim.dataset.sink import MemorySink

REFERENCE = Path(__file__).resolve().parents[3] / "scenarios" / "reference.yaml"


class Kept(dict):
    """A block that can be watched."""


@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_in_memory_are_bounded(monkeypatch, threads):
    simulated = rpmsim.engine.threads.simulate_block
    lock = threading.Lock()
    alive = 0
    most = 0

    def leave():
        nonlocal alive
        with lock:
            alive -= 1

    def watched(*args):
        nonlocal alive, most
        with lock:
            alive += 1
            most = max(most, alive)
        block = Kept(simulated(*args))
        weakref.finalize(block, leave)
        return block

    write = MemorySink.write

    def late(*args):
        for _ in range(1000):  # until all that may be in work are
            if most >= 2 * threads:
                break
            time.sleep(0.01)
        time.sleep(0.01)  # and one more could be
        return write(*args)

    monkeypatch.setattr(rpmsim.engine.threads, "simulate_block", watched)
    monkeypatch.setattr(MemorySink, "write", late)
    simulate(load_scenario(REFERENCE), 24, threads=threads, block=1)
    assert most == 2 * threads
    assert alive == 0


@pytest.mark.parametrize("at", ["first block", "second block", "opening", "storing"])
def test_an_interrupt_ends_all_work(monkeypatch, tmp_path, at):
    if at == "opening":

        def interrupted(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(rpmsim.engine.simulation, "sink_for", interrupted)
    elif at != "storing":
        submitted = rpmsim.engine.threads.ThreadPoolExecutor.submit
        calls = []

        def submit(*args, **kwargs):
            calls.append(args)
            if len(calls) == (1 if at == "first block" else 2):
                raise KeyboardInterrupt
            return submitted(*args, **kwargs)

        monkeypatch.setattr(rpmsim.engine.threads.ThreadPoolExecutor, "submit", submit)

    def stored(count):
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        simulate(
            load_scenario(REFERENCE),
            12,
            threads=2,
            block=2,
            path=tmp_path / "forecast.nc",
            progress=stored if at == "storing" else None,
        )
    assert set(threading.enumerate()) <= before
    assert list(tmp_path.iterdir()) == []
