"""What the pages show is true: commands and options exist, links lead somewhere, scenarios load."""

import re
from pathlib import Path

import click
import pytest

import rpmsim
from rpmsim.cli.group import COMMANDS
from rpmsim.cli.program import program

TOP = Path(__file__).parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))


def command_lines(text: str) -> list[str]:
    """Every ``rpmsim ...`` in a code span, or in a line of a fenced block."""
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in fenced for line in block.splitlines()]
    spans = re.findall(r"`(rpmsim [^`]+)`", re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    found = [re.sub(r"^\S*/rpmsim ", "rpmsim ", line) for line in [*lines, *spans]]
    return [line for line in found if line.startswith("rpmsim ")]


@PAGE
def test_commands_and_options_exist(page: Path) -> None:
    for line in command_lines(page.read_text(encoding="utf-8")):
        words = line.partition("  #")[0].partition(" | ")[0].split()[1:]
        context = click.Context(program)
        if words[0].startswith("-"):
            assert words[0] in {"--help", "--version", "-h"}, line
            continue
        assert words[0] in COMMANDS, line
        command = program.get_command(context, words[0])
        assert command is not None
        known = {option for param in command.params for option in param.opts} | {"--help"}
        assert [word for word in words[1:] if word.startswith("-") and word.partition("=")[0] not in known] == [], line


@PAGE
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_scenarios_of_the_readme_load(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "base.yaml").write_text(blocks[0], encoding="utf-8")
    (tmp_path / "what_if.yaml").write_text(blocks[1], encoding="utf-8")
    base, what_if = (rpmsim.load_scenario(tmp_path / name) for name in ("base.yaml", "what_if.yaml"))
    assert (base.warnings, what_if.warnings) == ([], [])
    assert (base.name, what_if.name) == ("Small plan", "Two more SDRs in March")
    assert [role.hires for role in base.model.content.roles] == [()]
    assert len(what_if.model.content.roles[0].hires) == 1
