"""Where nothing is compiled yet, a second process compiles a part of the kernel while this one compiles the rest.

Compilation is the interpreter's work, so only processes can share it. The second one runs this module as a program: it
gets the types of the bundles, lowers :data:`ROOTS` and all that they call, and hands over what came of them; here it is
optimised with the rest. Then the second one compiles the smaller entry point. Whatever goes wrong there, this process
compiles everything itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import numpy as np
from numba import types

from rpmsim.kernel.batch import parameter_kernel
from rpmsim.kernel.begin import begin_pieces
from rpmsim.kernel.bundle import BundleType
from rpmsim.kernel.cache import keep, opened, sealed, source_hash
from rpmsim.kernel.compiled import adopt, lowered, remembered_calls
from rpmsim.kernel.opening import go_on

ROOTS: tuple[tuple[Any, int], ...] = ((begin_pieces, 3), (go_on, 2))
"""What is compiled aside: parts that take the bundles frame, tables, work and out, and so many integers."""

_ONE_AT_A_TIME = Lock()


@contextlib.contextmanager
def compiled_aside(frame: BundleType, tables: BundleType, work: BundleType, out: BundleType) -> Iterator[None]:
    """Have a second process compile the roots for bundles of these types, until the compilation here wants them.

    Without effect on one processor, in a program that is no Python, or where no such process can be had.
    """
    alone = _processors() < 2 or getattr(sys, "frozen", False)
    if alone or not _ONE_AT_A_TIME.acquire(blocking=False):
        yield
        return
    try:
        process = _start(frame, tables, work, out)
        if process is None:
            yield
            return
        with process:
            try:
                with _awaited(lambda: _take(process)):
                    yield
            finally:
                process.kill()
    finally:
        _ONE_AT_A_TIME.release()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(*bundles: BundleType) -> subprocess.Popen[bytes] | None:
    """Start the process and ask for the roots; None where that is refused."""
    kinds = [[bundle.fields, bundle.constant] for bundle in bundles]
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],  # -P: the folder that a user is in holds no program of ours
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # what cannot be written is not tried again when the pipe is closed
        )
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps([source_hash(), kinds]).encode() + b"\n")  # type: ignore[union-attr]
    return process


@contextlib.contextmanager
def _awaited(take: Callable[[], None]) -> Iterator[None]:
    """Call ``take`` before the first root is asked for its type."""
    templates = [(root, root.get_call_template) for root, _ in ROOTS]

    def restore() -> None:
        for root, template_of in templates:
            root.get_call_template = template_of

    def taking(template_of: Any) -> Any:
        def get_call_template(arguments: Any, keywords: Any) -> Any:
            restore()
            take()
            return template_of(arguments, keywords)

        return get_call_template

    for root, template_of in templates:
        root.get_call_template = taking(template_of)
    try:
        yield
    finally:
        restore()


def _take(process: subprocess.Popen[bytes]) -> None:
    """Adopt what the process has lowered, once it is whole."""
    answer = opened(process.stdout.read())  # type: ignore[union-attr]
    if answer is not None:
        for (root, _), code in zip(ROOTS, pickle.loads(answer), strict=True):
            adopt(root, *code)


def main() -> None:
    """Lower the roots for the types that are asked for, and hand them over; the same sources must have asked.

    Then compile the smaller entry point.
    """
    sources, kinds = json.loads(sys.stdin.buffer.readline())
    if sources != source_hash():
        return
    bundles = [BundleType(tuple((*field,) for field in fields), False, constant) for fields, constant in kinds]
    with remembered_calls():
        code = [lowered(root, (*bundles, *[types.int64] * integers)) for root, integers in ROOTS]
    sys.stdout.buffer.write(sealed(code))
    sys.stdout.close()
    # Nobody waits for what follows: the code of the other entry point is found where code is kept.
    keep(parameter_kernel)
    none = np.zeros(0, dtype=np.int64)
    parameter_kernel(none, none, 0, 0, np.zeros((0, 0)))


if __name__ == "__main__":
    main()
