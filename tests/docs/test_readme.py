"""The README holds what it promises; .ci/run runs its two blocks as they stand."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from rpmsim.cli.group import COMMANDS
from rpmsim.cli.program import program

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")


def quick_start() -> list[str]:
    """The fenced sh blocks of the section Quick start."""
    section = re.search(r"^## Quick start$(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(r"^```sh\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def test_quick_start_holds_exactly_two_blocks() -> None:
    assert len(quick_start()) == 2
    assert README.count("```sh\n") == 2


@pytest.mark.parametrize("number", [0, 1])
def test_each_block_is_one_line(number: int) -> None:
    assert quick_start()[number].count("\n") == 1


@pytest.mark.parametrize("number", [0, 1])
def test_blocks_are_plain_shell(number: int) -> None:
    block = quick_start()[number]
    subprocess.run(["sh", "-n"], input=block, text=True, check=True, timeout=10)
    assert not re.search(r"[<>]|\.\.\.", block), "a placeholder cannot be pasted"


def test_blocks_name_only_files_that_are_there() -> None:
    words = [word for block in quick_start() for word in shlex.split(block)]
    files = [word for word in words if "/" in word and not word.startswith(".venv")]
    assert "scenarios/base.yaml" in files
    assert [file for file in files if not (TOP / file).is_file()] == []


def test_ci_finds_the_same_blocks(tmp_path: Path) -> None:
    script = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    function = re.search(r"^block\(\) \{.*?^\}$", script, re.MULTILINE | re.DOTALL)
    assert function is not None
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "README.md").write_text(README, encoding="utf-8")
    for number, block in enumerate(quick_start(), 1):
        found = subprocess.run(
            ["bash", "-c", f"work={shlex.quote(str(tmp_path))}\n{function[0]}\nblock {number}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        assert found.stdout == block


def test_own_data_from_an_export_to_a_what_if(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = re.search(r"^## Your own data$(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = re.findall(r"^\$ rpmsim (.+)$", section[1], re.MULTILINE)
    (what_if,) = re.findall(r"^```\n(extends: .*?)^```$", section[1], re.MULTILINE | re.DOTALL)
    assert what_if.count("\n") == 3
    assert [line.split()[0] for line in lines] == ["generate", "audit", "calibrate", "run", "run"]
    (tmp_path / "scenarios").symlink_to(TOP / "scenarios")
    (tmp_path / "what_if.yaml").write_text(what_if, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    leads = []
    for line in lines:
        few = ["-n", "40", "--json"] if line.startswith("run") else []
        done = CliRunner().invoke(program, [*shlex.split(line), *few])
        assert done.exit_code == 0, done.output
        if few:
            leads.append(json.loads(done.stdout)["metrics"]["leads"]["total"]["mean"])
    assert leads[1] > 1.03 * leads[0]


def test_every_command_is_named() -> None:
    named = set(re.findall(r"`rpmsim (\w+)", README))
    assert named == set(COMMANDS)
