"""What the program does whatever the command: help, exit codes, closed pipes, messages."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rpmsim import __version__
from rpmsim.cli import program
from rpmsim.cli.group import COMMANDS
from tests.cli.conftest import Run


def test_help_lists_every_command_with_its_line(rpmsim: Run) -> None:
    done = rpmsim("--help")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    for name, entry in COMMANDS.items():
        assert f"{name} {entry.summary}" in words


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example(rpmsim: Run, name: str) -> None:
    done = rpmsim(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"rpmsim {name}" in done.stdout.partition("Example")[2]


def test_version(rpmsim: Run) -> None:
    done = rpmsim("--version")
    assert (done.returncode, done.stdout) == (0, f"rpmsim {__version__}\n")


def test_installed_command_is_the_same_program() -> None:
    installed = Path(sys.executable).with_name("rpmsim")
    done = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"rpmsim {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["--nonsense"], "No such option '--nonsense'"),
        (["run"], "Missing argument"),
        (["validate"], "Missing argument"),
    ],
)
def test_wrong_words_are_the_input_s_error(rpmsim: Run, words: list[str], said: str) -> None:
    done = rpmsim(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_words_at_all_show_the_help(rpmsim: Run) -> None:
    done = rpmsim()
    assert done.returncode == 2
    assert "Commands:" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["schema"], ["run", "--help"]])
def test_closed_pipe_is_quiet(environment: dict[str, str], words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rpmsim", *words],
            check=False,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (program.PIPE_CLOSED, "")


def test_full_output_is_reported(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rpmsim", "--help"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == "standard output: cannot be written: No space left on device\n"


BROKEN = """
import sys
from rpmsim.cli import program
from rpmsim.cli.group import COMMANDS, Entry
COMMANDS["broken"] = Entry("broken_command:broken", "")
program.main(["broken"])
"""


@pytest.fixture
def broken(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run a command whose body is given."""

    def run(body: str, **variables: str) -> subprocess.CompletedProcess[str]:
        code = f"import click, os, sys, time\n@click.command()\ndef broken():\n    {body}\n"
        (tmp_path / "broken_command.py").write_text(code)
        return subprocess.run(
            [sys.executable, "-c", BROKEN],
            check=False,
            capture_output=True,
            text=True,
            env=environment | {"PYTHONPATH": str(tmp_path)} | variables,
            timeout=60,
        )

    return run


def test_internal_error_is_short_and_exits_with_1(broken: Run) -> None:
    done = broken("[][1]")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("internal error: IndexError: list index out of range\n")
    assert "Traceback" not in done.stderr


def test_internal_error_shows_its_traceback_where_asked(broken: Run) -> None:
    assert "Traceback" in broken("[][1]", RPMSIM_DEBUG="1").stderr


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("raise MemoryError", 2),
        ("raise KeyboardInterrupt", 130),
        ("import rpmsim; raise rpmsim.InputError([])", 2),
        ("raise click.Abort", 130),
        ("raise click.ClickException('x')", 1),
        ("raise BrokenPipeError", 141),
        ("os.kill(os.getpid(), 15); time.sleep(5)", 143),
        ("os.close(2); [][1]", 1),
    ],
)
def test_every_end_has_its_code(broken: Run, body: str, code: int) -> None:
    done = broken(body)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_interrupt_of_a_running_command(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "broken_command.py").write_text(
        "import click, time\n@click.command()\ndef broken():\n    print('here', flush=True)\n    time.sleep(30)\n"
    )
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"PYTHONPATH": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "interrupted\n")
    assert time.monotonic() - started < 20


def test_completion_knows_the_commands(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rpmsim"],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"_RPMSIM_COMPLETE": "bash_complete", "COMP_WORDS": "rpmsim r", "COMP_CWORD": "1"},
        timeout=60,
    )
    assert done.stdout.split() == ["plain,run", "plain,replay"]
    assert os.environ.get("_RPMSIM_COMPLETE") is None


@pytest.mark.parametrize("module", ["click", "rpmsim.errors", "rpmsim.scenario.load", "numpy", "ruamel.yaml"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_something_is_imported(module: str, number: int, tmp_path: Path) -> None:
    code = f"""
import os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Finder())
from rpmsim.cli import main
main(["show", "plan.yaml"])
"""
    (tmp_path / "plan.yaml").write_text("name: a\nas_of: 2026-12-31\nuntil: 2027-02\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode in (128 + number, -number)
    assert done.stdout == ""
    assert done.stderr in ("", "interrupted\n")


def test_text_of_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "pl\x1b[31man\udcff.yaml").write_text("name: 7\nstages: {a: {label: \u202etxt}}\n", encoding="utf-8")
    words = [sys.executable, "-m", "rpmsim", "validate", "pl\x1b[31man\udcff.yaml", "n\x07one.yaml"]
    done = subprocess.run(words, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert b"an\\udcff.yaml" in done.stderr
    assert not set(done.stderr + done.stdout) & {0x1B, 0x07}
