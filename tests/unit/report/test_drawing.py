"""Where a chart is drawn changes nothing, and it is drawn whatever becomes of the second process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rpmsim.beside import start
from rpmsim.report import drawing
from rpmsim.report.charts import bands_chart


@pytest.fixture(scope="module")
def document(make_document):
    return make_document(40)


@pytest.fixture
def not_loaded(monkeypatch):
    monkeypatch.setattr(drawing, "_is_loaded", lambda: False)


def started(monkeypatch, program):
    """Let another program stand for the second process; the processes that were started."""
    processes = []

    def start_it(_):
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL))
        return processes[-1]

    monkeypatch.setattr(drawing, "start", start_it)
    return processes


def test_the_second_process_draws_the_same_chart(document, not_loaded, monkeypatch):
    there = start(drawing.__name__)
    if there is None:
        pytest.skip("one processor")
    there.kill()
    there.communicate()
    monkeypatch.setattr(drawing, "bands_chart", lambda _: pytest.fail("drawn here"))
    with drawing.drawing() as draw:
        chart = draw(document)()
    assert chart == bands_chart(document)


@pytest.mark.parametrize(
    "program",
    ["raise SystemExit(1)", "import sys; sys.stdout.write('half a chart')", "import sys; sys.stdin.read(); print(1)"],
)
def test_without_an_answer_it_is_drawn_here(program, document, not_loaded, monkeypatch):
    processes = started(monkeypatch, [sys.executable, "-c", program])
    with drawing.drawing() as draw:
        assert draw(document)() == bands_chart(document)
    assert processes[0].returncode is not None


def test_without_a_second_process_it_is_drawn_here(document, not_loaded, monkeypatch):
    monkeypatch.setattr(drawing, "start", lambda _: None)
    with drawing.drawing() as draw:
        assert draw(document)() == bands_chart(document)


def test_no_process_where_what_draws_is_loaded(document, monkeypatch):
    monkeypatch.setattr(drawing, "_is_loaded", lambda: True)
    monkeypatch.setattr(drawing, "start", lambda _: pytest.fail("a process was started"))
    with drawing.drawing():
        pass


def test_a_process_that_is_not_asked_ends(not_loaded, monkeypatch):
    processes = started(monkeypatch, [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(KeyboardInterrupt), drawing.drawing():
        raise KeyboardInterrupt
    assert processes[0].returncode is not None


def test_damaged_charts_are_reported(document):
    sealed = drawing._sealed(bands_chart(document))
    assert drawing._opened(sealed) == bands_chart(document)
    for damaged in (b"", sealed[:-1], sealed + b"1", sealed[:20], json.dumps(document).encode()):
        assert drawing._opened(damaged) is None
