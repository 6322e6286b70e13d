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
from contextvars import ContextVar
from threading import Lock
from typing import Any

import numpy as np
from numba import types

from rpmsim.beside import answer, start
from rpmsim.kernel.amount import class_amount
from rpmsim.kernel.batch import parameter_kernel
from rpmsim.kernel.begin import begin_cohorts
from rpmsim.kernel.bundle import BundleType, PlainType
from rpmsim.kernel.cache import keep, opened, sealed, source_hash
from rpmsim.kernel.compiled import compiling, declare, expected, machine_code
from rpmsim.kernel.move import move_deal
from rpmsim.kernel.opening import go_on
from rpmsim.kernel.random import draw_on, fill_row
from rpmsim.kernel.sample import binomial, hypergeometric
from rpmsim.kernel.span import begin_span

FRAME, TABLES, WORK, OUT = range(4)
"""Bundles that are asked with."""

_INTEGER, _REAL, _NOTHING = types.int64, types.float64, types.none
_STREAM, _ROW = PlainType(types.uint64, 1, False), PlainType(types.uint32, 1, False)

ROOTS: tuple[tuple[Any, tuple[Any, ...], Any], ...] = (
    (begin_cohorts, (FRAME, TABLES, WORK, OUT, *[_INTEGER] * 3), _INTEGER),
    (begin_span, (FRAME, TABLES, WORK, OUT, _INTEGER), _NOTHING),
    (go_on, (FRAME, TABLES, WORK, OUT, *[_INTEGER] * 2), _NOTHING),
    (move_deal, (FRAME, WORK, OUT, *[_INTEGER] * 4), _NOTHING),
    (class_amount, (FRAME, TABLES, *[_INTEGER] * 2, _REAL), _INTEGER),
    (binomial, (_INTEGER, _REAL, _STREAM), _INTEGER),
    (hypergeometric, (*[_INTEGER] * 3, _STREAM), _INTEGER),
    (draw_on, (_STREAM,), _NOTHING),
    (fill_row, (_ROW, *[_INTEGER] * 3, _STREAM), _NOTHING),
)
"""What is compiled aside: parts, what they take (a number is that of a bundle) and what they return. The first three
are half of the kernel; the others are what both halves call and is too large to stand in each place where it is
called."""

_ONE_AT_A_TIME = Lock()


Ask = Callable[..., None]
"""Has the roots compiled for bundles of these types, given as arguments: frame, tables, work and out."""


_AT_HAND: ContextVar[Ask | None] = ContextVar("at_hand", default=None)
"""That of the process of a block around."""


@contextlib.contextmanager
def second_process() -> Iterator[Ask]:
    """Give a way to have the roots compiled by a second process, for the entry point that is compiled inside the block.

    Inside such a block another one gives the same. Without effect where no such process can be had, or one is at work.
    """
    at_hand = _AT_HAND.get()
    if at_hand is not None:
        yield at_hand
        return
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
        unasked = [process]
        stack.callback(unasked.clear)

        def ask(*bundles: BundleType) -> None:
            if not unasked:  # it answers once, inside the block
                return
            unasked.clear()
            kinds = [(bundle.fields, bundle.constant) for bundle in bundles]
            roots = _roots(kinds)
            _send(process, kinds)

            def take() -> bytes | None:
                _compile_smaller()
                return _answer(process)

            stack.enter_context(expected(take))
            for root in roots:
                declare(*root)

        stack.callback(_AT_HAND.reset, _AT_HAND.set(ask))
        yield ask


Kinds = Sequence[tuple[Any, bool]]
"""Fields of bundles, and whether their elements are constant."""


def _roots(kinds: Kinds) -> list[tuple[Any, tuple[Any, ...], str, Any]]:
    """The roots, the types that they are compiled for, their symbols, and what they return."""
    bundles = [BundleType(tuple((*field,) for field in fields), False, constant) for fields, constant in kinds]
    return [
        (
            root,
            tuple(bundles[kind] if isinstance(kind, int) else kind for kind in takes),
            f"rpmsim.{root.py_func.__qualname__}",
            returned,
        )
        for root, takes, returned in ROOTS
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
        code = opened(process.stdout.read())  # type: ignore[union-attr]
    except (OSError, ValueError):  # another thread has ended it
        return None
    return None if code is None else pickle.loads(code)


def main() -> None:
    """Make the roots for the types that are asked for, and hand them over; the same sources must have asked."""
    sources, kinds = json.loads(sys.stdin.buffer.readline() or "[0, 0]")
    if sources != source_hash():
        return
    roots = _roots(kinds)
    with compiling():
        for root in roots:
            declare(*root)  # so that they call each other by their symbols
        code = machine_code(roots)
    answer(sealed(code))


if __name__ == "__main__":
    main()
