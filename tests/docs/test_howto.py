"""The how-to pages: their commands run, and print what the pages show (digits apart: processors differ)."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PAGES = sorted((TOP / "docs" / "howto").glob("*.md"))


def shape(text: str) -> str:
    """A page without the digits of its outputs, and without how they are aligned."""
    outputs = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return re.sub(r"[ -]+", " ", re.sub(r"[\d,.]*\d", "0", "\n".join(outputs)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_its_commands_print(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("refresh_outputs", TOP / "docs" / "refresh_outputs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, words in (("rpmsim", "-m rpmsim "), ("python", "")):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    text = page.read_text(encoding="utf-8")
    assert "```text\n```" not in text
    assert shape(tool.refreshed(text)) == shape(text)


def test_every_question_has_a_page() -> None:
    titles = [page.read_text(encoding="utf-8").splitlines()[0] for page in PAGES]
    assert len(PAGES) >= 6
    assert all(re.fullmatch(r"# How do I .+\?", title) for title in titles)
