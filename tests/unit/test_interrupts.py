"""Interrupts wait while a file is in the library's hands."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import h5netcdf
import numpy as np
import pytest
import xarray as xr

from rpmsim.dataset.store import open_forecast, save
from rpmsim.dataset.writer import Writer
from rpmsim.interrupts import INTERRUPTS, held_interrupts


class Ended(BaseException):
    """What the handlers raise here."""


@pytest.fixture(params=INTERRUPTS)
def number(request):
    """A signal whose handler raises."""

    def end(*_: object) -> None:
        raise Ended

    before = signal.signal(request.param, end)
    yield request.param
    signal.signal(request.param, before)


def test_an_interrupt_comes_at_the_end_of_the_block(number):
    handler = signal.getsignal(number)
    steps = []
    with pytest.raises(Ended):
        with held_interrupts():
            signal.raise_signal(number)
            with held_interrupts():
                signal.raise_signal(number)
            steps.append("inside")
        steps.append("after")
    assert steps == ["inside"]
    assert signal.getsignal(number) is handler


def test_a_signal_that_is_ignored_stays_so(number):
    signal.signal(number, signal.SIG_IGN)
    with held_interrupts():
        signal.raise_signal(number)


def test_other_threads_hold_nothing(number):
    seen = []

    def work() -> None:
        with held_interrupts():
            seen.append(signal.getsignal(number))

    handler = signal.getsignal(number)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handler]


@pytest.fixture
def dataset():
    values = xr.DataArray(np.arange(40.0).reshape(20, 2), dims=("row", "column"))
    return xr.Dataset({"values": values}, {"row": np.arange(20), "column": np.arange(2)})


def test_an_interrupt_while_the_library_opens_the_file(number, dataset, tmp_path, monkeypatch):
    class Interrupted(h5netcdf.File):
        def __init__(self, *arguments, **options):
            signal.raise_signal(number)  # here an exception would leave an object without what its finaliser needs
            super().__init__(*arguments, **options)

    monkeypatch.setattr(h5netcdf, "File", Interrupted)
    with pytest.raises(Ended):
        Writer(tmp_path / "forecast.nc", dataset.drop_vars("values"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", np.linspace(0, 0.98, 15))
def test_an_interrupt_at_any_line(dataset, tmp_path, part):
    """The file is whole or not there, and no finaliser complains (pytest would say)."""
    path = tmp_path / "forecast.nc"
    lines = count_lines(lambda: save(dataset, path))
    path.unlink()
    with pytest.raises(KeyboardInterrupt):
        at_line(int(part * lines) + 1, lambda: save(dataset, path))
    assert list(tmp_path.iterdir()) in ([], [path])
    if path.exists():
        with xr.open_dataset(path, engine="h5netcdf") as stored:
            xr.testing.assert_identical(stored.load(), dataset)


@pytest.mark.parametrize("part", np.linspace(0, 0.9, 4))
def test_an_interrupt_while_a_forecast_is_opened(make_forecast, tmp_path, part):
    _, forecast, _ = make_forecast(3)
    path = tmp_path / "forecast.nc"
    save(forecast, path)
    lines = count_lines(lambda: open_forecast(path).close())
    with pytest.raises(KeyboardInterrupt):
        at_line(int(part * lines) + 1, lambda: open_forecast(path).close())


def count_lines(action) -> int:
    return at_line(0, action)


def at_line(which, action) -> int:
    """Run the action, with a Ctrl-C at one of its lines. Returns how many lines it has."""
    passed = 0

    def trace(frame: FrameType, event: str, argument: object):
        nonlocal passed
        if event == "line" and "held_interrupts" not in frame.f_code.co_name:
            passed += 1
            if passed == which:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return passed
