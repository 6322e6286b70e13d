"""Small scenarios, and histories written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.history import open_history
from rpmsim.history.corrections import Correction

LOOPS = """\
name: Loops
currency: EUR
as_of: 2026-12-31
until: 2027-09
returns: 1
segments: {small: {amount: {median: 8k, p90: 20k}}, large: {amount: {median: 60k, p90: 150k}}}
channels:
  web:     {kind: marketing, into: lead, leads: 120 per month, mix: {small: 70%, large: rest}}
  partner: {kind: partner, into: proposal, leads: 10 per month, mix: {small: 40%, large: rest}}
stages:
  lead:
    worked_by: sdr
    to:
      discovery: {share: 30%, median: 8, p90: 20}
      nurture:   {share: 20%, median: 10}
      lost:      {share: rest, median: 12}
  discovery:
    kind: opportunity
    to: {proposal: {share: 60%, advances: yes, median: 12}, lost: {share: rest, median: 15}}
  proposal:  {kind: opportunity, worked_by: ae, to: {won: {share: 45%, median: 15}, lost: {share: rest, median: 15}}}
  nurture:   {to: {lead: {share: 30%, median: 40, returning: yes}, lost: {share: rest, median: 60}}}
roles:
  sdr: {heads: 3, handles: 3 per day each, leaves: 3% per month, backfill: 30 days}
  ae:  {heads: 2, holds: 12 each}
"""
STRAIGHT = LOOPS.replace("      nurture:   {share: 20%, median: 10}\n", "").replace(
    "  nurture:   {to: {lead: {share: 30%, median: 40, returning: yes}, lost: {share: rest, median: 60}}}\n", ""
)
"""The same without the way back: every stage is entered once."""

Write = Callable[..., Path]


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """The log of the last day of a history, by the path of its mapping."""
    with open_history(path) as history:
        return history.as_of().rows()


def repairs_of(path: Path) -> dict[str, Correction]:
    """What was corrected while a history was read, by kind."""
    with open_history(path) as history:
        return {fix.kind: fix for reading in history.readings for fix in reading.corrections}


def fault_of(path: Path) -> str:
    """Why a history is refused."""
    with pytest.raises(InputError) as error, open_history(path):
        pass
    return str(error.value)


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a mapping with its sources, given by name as text or bytes; returns the mapping's path."""

    def write(mapping: str, **sources: str | bytes) -> Path:
        for name, content in sources.items():
            path = tmp_path / name.replace("__", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path = tmp_path / "history.yaml"
        path.write_text(mapping, encoding="utf-8")
        return path

    return write


@pytest.fixture
def answer(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process, in the test's own folder; exit code, stdout, stderr."""
    from rpmsim.cli import program

    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = program._exit_code([str(word) for word in words])
        return code, *capfd.readouterr()

    return run
