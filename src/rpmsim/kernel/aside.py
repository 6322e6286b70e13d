"""Where nothing is compiled yet, a second process compiles a part of the kernel while this one compiles the rest.

Compilation is the interpreter's work, so only processes can share it. The second one runs this module as a program: it
starts while the scenario is made ready here, gets the types of the bundles, and makes machine code of :data:`ROOTS`
and all that they call; it is linked with the rest at the end. Whatever goes wrong there, this process compiles
everything itself.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numba import types

from rpmsim.beside import start
from rpmsim.kernel.batch import parameter_kernel
from rpmsim.kernel.begin import begin_pieces
from rpmsim.kernel.bundle import BundleType
from rpmsim.kernel.cache import keep, opened, sealed, source_hash
from rpmsim.kernel.compiled import compiling, declare, expected, machine_code
from rpmsim.kernel.opening import go_on

ROOTS: tuple[tuple[Any, int, Any], ...] = ((begin_pieces, 3, types.int64), (go_on, 2, types.none))
"""What is compiled aside: parts that take the bundles frame, tables, work and out, and so many integers; what they
return."""

_ONE_AT_A_TIME = Lock()


Ask = Callable[..., None]
"""Has the roots compiled for bundles of these types, given as arguments: frame, tables, work and out."""


@contextlib.contextmanager
def second_process() -> Iterator[Ask]:
    """Give a way to have the roots compiled by a second process, for the entry point that is compiled inside the block.

    Without effect where no such process can be had, or one is at work.
    """
    with contextlib.ExitStack() as stack:
        process = None
        if _ONE_AT_A_TIME.acquire(blocking=False):
            stack.callback(_ONE_AT_A_TIME.release)
            process = start(__name__)
        if process is None:
            yield lambda *bundles: None
            return
        stack.enter_context(process)
        stack.callback(process.kill)

        def ask(*bundles: BundleType) -> None:
            kinds = [(bundle.fields, bundle.constant) for bundle in bundles]
            roots = _roots(kinds)
            _send(process, kinds)

            def take() -> bytes | None:
                _compile_smaller()
                return _answer(process)

            stack.enter_context(expected(take))
            for root, (*_, returned) in zip(roots, ROOTS, strict=True):
                declare(*root, returned)

        yield ask


Kinds = Sequence[tuple[Any, bool]]
"""Fields of bundles, and whether their elements are constant."""


def _roots(kinds: Kinds) -> list[tuple[Any, tuple[Any, ...], str]]:
    """The roots, the types that they are compiled for, and their symbols; they take one bundle of each kind."""
    bundles = [BundleType(tuple((*field,) for field in fields), False, constant) for fields, constant in kinds]
    return [
        (root, (*bundles, *[types.int64] * integers), f"rpmsim.{root.py_func.__qualname__}")
        for root, integers, _ in ROOTS
    ]


def _compile_smaller() -> None:
    """Compile the smaller entry point, rather than wait."""
    keep(parameter_kernel)
    none = np.zeros(0, dtype=np.int64)
    parameter_kernel(none, none, 0, 0, np.zeros((0, 0)))


def _send(process: subprocess.Popen[bytes], kinds: Kinds) -> None:
    """Ask for the roots."""
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps([source_hash(), kinds]).encode() + b"\n")  # type: ignore[union-attr]


def _answer(process: subprocess.Popen[bytes]) -> bytes | None:
    """What the process has made, once it is whole; None where it is not."""
    try:
        answer = opened(process.stdout.read())  # type: ignore[union-attr]
    except (OSError, ValueError):  # another thread has ended it
        return None
    return None if answer is None else pickle.loads(answer)


def main() -> None:
    """Make the roots for the types that are asked for, and hand them over; the same sources must have asked."""
    sources, kinds = json.loads(sys.stdin.buffer.readline() or "[0, 0]")
    if sources != source_hash():
        return
    with compiling():
        code = machine_code(_roots(kinds))
    sys.stdout.buffer.write(sealed(code))


if __name__ == "__main__":
    main()
