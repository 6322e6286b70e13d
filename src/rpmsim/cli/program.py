"""The program: its options, and the exit code of whatever happens."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import sys
import traceback
import warnings
from typing import NoReturn, TextIO

import click

from rpmsim import __version__
from rpmsim.cli.group import LazyGroup
from rpmsim.display import masked, plain
from rpmsim.errors import ScenarioWarning
from rpmsim.interrupts import INTERRUPTS

DONE = 0
INTERNAL_ERROR = 1
INPUT_ERROR = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
"""The last two are 128 plus the number of the signal, as a shell would state it; so are other signals."""

DEADLY = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows knows no SIGHUP."""

NEW_OBJECTS = 50_000
"""Python looks for garbage after as many new objects; at its own pace of 700 that takes 10% by of a short command."""

EPILOG = """\b
Start here:
  rpmsim init plan                  a starter for your own scenario
  rpmsim run plan/base.yaml         the forecast, with bands and targets

Set RPMSIM_DEBUG=1 to see the traceback of an internal error.
"""


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rpmsim", message="%(prog)s %(version)s")
def program() -> None:
    """Forecast the revenue cycle, from leads to deals won with the staff you have, as bands instead of one number."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Words after ``rpmsim``; those of the process by default.
    """
    if "_RPMSIM_COMPLETE" in os.environ:  # the shell asks for completions; click answers and leaves
        program.main(prog_name="rpmsim")
    sys.stdout, sys.stderr = _plain(sys.stdout), _plain(sys.stderr)
    sys.unraisablehook = _unraised
    warnings.simplefilter("ignore", ScenarioWarning)  # commands say them in their own words
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    for number in DEADLY:
        if signal.getsignal(number) == signal.SIG_DFL:  # under nohup a hang-up stays ignored
            signal.signal(number, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        code = _exit_code(sys.argv[1:] if arguments is None else arguments)
    except SystemExit:
        if not _ended_by:
            raise
    if _ended_by:
        code = 128 + _ended_by[0]
    for number in INTERRUPTS:  # all is said and done; an interrupt would only garble the interpreter's end
        signal.signal(number, signal.SIG_IGN)
    if arguments is None and "duckdb" not in sys.modules:  # DuckDB reports what is not collected, on stderr
        gc.freeze()  # the process ends, and would look for garbage once more, for up to a second
    sys.exit(code)


class _PlainText(io.TextIOWrapper):
    """A stream on which no text from a file can steer the terminal; that of progress bars is ``sys.__stderr__``."""

    def write(self, text: str, /) -> int:
        return super().write(plain(text))


def _plain(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # a console of an old code page shows `?`, and is no reason to fail
    return _PlainText(
        stream.buffer,
        stream.encoding,
        "replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _terminate(number: int, frame: object) -> NoReturn:
    """End by an exception, so that what is half done is cleared away."""
    _ended_by.append(number)
    raise SystemExit(128 + number)


def _interrupt(number: int, frame: object) -> NoReturn:
    _ended_by.append(number)
    raise KeyboardInterrupt


_ended_by: list[int] = []
"""Signals that came: a library that runs their handler may swallow its exception and raise another one."""


def _unraised(diagnostic: sys.UnraisableHookArgs) -> None:
    """Exceptions of signals end here too, where a library drops them; what came of them is no news."""
    if not _ended_by:
        sys.__unraisablehook__(diagnostic)


def _exit_code(arguments: list[str]) -> int:
    """Run one command line; every way to end has its code and its message here."""
    from rpmsim.errors import RpmsimError

    try:
        with program.make_context("rpmsim", list(arguments)) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except RpmsimError as error:
        _say(str(error))
        return INPUT_ERROR
    except (KeyboardInterrupt, click.Abort):
        if signal.SIGINT in _ended_by[:1] or not _ended_by:
            click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _leave_stdout()
        return PIPE_CLOSED
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EFBIG):
            _leave_stdout()
            _say(f"standard output: cannot be written: {error.strerror}")
            return INPUT_ERROR
        return _internal_error(error)
    except MemoryError:
        _say("error: not enough memory; use fewer replications (-n) or store less (--keep summary)")
        return INPUT_ERROR
    except Exception as error:
        return _internal_error(error)
    return DONE


def _internal_error(error: Exception) -> int:
    if _ended_by:
        return INTERNAL_ERROR
    if os.environ.get("RPMSIM_DEBUG"):
        _say(masked(traceback.format_exc()))
    first_line = masked(next(iter(str(error).splitlines()), ""))
    _say(f"internal error: {type(error).__name__}: {first_line}\nThis is a bug in rpmsim, not an error in your files.")
    return INTERNAL_ERROR


def _say(message: str) -> None:
    """Write to stderr; a closed stderr is nothing to fail about, and what a signal broke is nothing to speak of."""
    if _ended_by:
        return
    try:
        click.echo(message, err=True)
    except OSError:
        return


def _leave_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
