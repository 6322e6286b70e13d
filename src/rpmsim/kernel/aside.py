"""Where nothing is compiled yet, a second process compiles a part of the kernel while this one compiles the rest.

Compilation is the interpreter's work, so only processes can share it. The second one runs this module as a program: it
starts while the scenario is made ready here, gets the types of the bundles, lowers :data:`ROOTS` and all that they
call, and hands over what came of them; here it is optimised with the rest. Then the second one compiles the smaller
entry point. Whatever goes wrong there, this process compiles everything itself.
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
from rpmsim.kernel.close import close_day
from rpmsim.kernel.compiled import adopt, compiling, lowered
from rpmsim.kernel.fold import fold_kernel, late_amounts_kernel
from rpmsim.kernel.opening import go_on
from rpmsim.kernel.start import begin_at_once, open_pieces

FRAME, TABLES, WORK, OUT = range(4)
ALL = FRAME, TABLES, WORK, OUT
ROOTS: tuple[tuple[Any, tuple[int, ...], int], ...] = ((begin_pieces, ALL, 3), (go_on, ALL, 2))
"""What is compiled aside: parts, the bundles that they take, and so many integers."""
MEANWHILE = (
    (begin_at_once, (FRAME, TABLES, WORK), 3),
    (open_pieces, (FRAME, WORK), 1),
    (close_day, ALL, 2),
    (fold_kernel, (FRAME, WORK, OUT), 0),
    (late_amounts_kernel, ALL, 0),
)
"""Parts whose turn would come after the roots: they are compiled here before these are waited for."""

_ONE_AT_A_TIME = Lock()


Ask = Callable[..., None]
"""Has the roots compiled for bundles of these types, given as arguments: frame, tables, work and out."""


@contextlib.contextmanager
def second_process() -> Iterator[Ask]:
    """Give a way to have the roots compiled by a second process, until the compilation here wants them.

    Without effect where no such process can be had.
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
            def take() -> None:
                for part, chosen, integers in MEANWHILE:
                    part.compile(_arguments(_kinds(bundles), chosen, integers))
                _take(process)

            _send(process, bundles)
            stack.enter_context(_awaited(take))

        yield ask


Kinds = Sequence[tuple[Any, bool]]
"""Fields of bundles, and whether their elements are constant."""


def _kinds(bundles: Sequence[BundleType]) -> Kinds:
    return [(bundle.fields, bundle.constant) for bundle in bundles]


def _arguments(kinds: Kinds, chosen: tuple[int, ...], integers: int) -> tuple[Any, ...]:
    """Types that a part is compiled for: it takes one bundle of each kind, also where several are in a row."""
    bundles = [BundleType(tuple((*field,) for field in fields), False, constant) for fields, constant in kinds]
    return (*[bundles[i] for i in chosen], *[types.int64] * integers)


def _send(process: subprocess.Popen[bytes], bundles: tuple[BundleType, ...]) -> None:
    """Ask for the roots."""
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps([source_hash(), _kinds(bundles)]).encode() + b"\n")  # type: ignore[union-attr]


@contextlib.contextmanager
def _awaited(take: Callable[[], None]) -> Iterator[None]:
    """Call ``take`` before the first root is asked for its type."""
    templates = [(root, root.get_call_template) for root, *_ in ROOTS]

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
        for (root, *_), code in zip(ROOTS, pickle.loads(answer), strict=True):
            adopt(root, *code)


def main() -> None:
    """Lower the roots for the types that are asked for, and hand them over; the same sources must have asked.

    Then compile the smaller entry point.
    """
    sources, kinds = json.loads(sys.stdin.buffer.readline() or "[0, 0]")
    if sources != source_hash():
        return
    with compiling():
        code = [lowered(root, _arguments(kinds, chosen, integers)) for root, chosen, integers in ROOTS]
    sys.stdout.buffer.write(sealed(code))
    sys.stdout.close()
    # Nobody waits for what follows: the code of the other entry point is found where code is kept.
    keep(parameter_kernel)
    none = np.zeros(0, dtype=np.int64)
    parameter_kernel(none, none, 0, 0, np.zeros((0, 0)))


if __name__ == "__main__":
    main()
