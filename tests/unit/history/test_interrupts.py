"""An audit stops at once while the database works, leaves nothing behind, and writes nothing but messages to stderr."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

ENDLESS = """\
as_of: 2026-12-31
stages: {lead: {enters: yes, to: [won, lost]}}
sources:
  leads:
    file: crm.duckdb
    shape: wide
    record: id
    stages: {lead: day}
    query: select count(*) as id, max(DATE '2026-01-01') as day from range(100000000) a(x), range(1000000) b(y) where x % 7 = y % 3
"""  # noqa: E501


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "rpmsim", "audit", *words],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code", "said"), [("SIGINT", 130, "interrupted\n"), ("SIGTERM", 143, "")])
def test_a_signal_ends_a_long_query_at_once(number: str, code: int, said: str, tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "crm.duckdb")).close()
    (tmp_path / "history.yaml").write_text(ENDLESS)
    process = started(tmp_path, "history.yaml")
    while not list(tmp_path.glob("tmp/.rpmsim-*/history.duckdb")) and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(getattr(signal, number))
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, said)
    assert time.monotonic() - begun < 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crm.duckdb", "history.yaml", "tmp"]
    assert not list((tmp_path / "tmp").iterdir())


def test_nothing_but_messages_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("id,created,won\n" + "".join(f"{i},2026-01-0{i},\n" for i in range(1, 9)))
    place = "    {file: leads.csv, shape: wide, record: id, stages: {lead: created}}"
    mapping = ENDLESS[: ENDLESS.index("    file")] + place
    (tmp_path / "history.yaml").write_text(mapping)
    _, err = (process := started(tmp_path, "history.yaml")).communicate(timeout=60)
    assert (process.returncode, err.strip()) == (0, f"Written to {Path('audits', 'history')}")
    assert not list((tmp_path / "tmp").iterdir())
