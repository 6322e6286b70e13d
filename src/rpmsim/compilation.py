"""Whether the simulation is compiled, and how it comes to be."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from rpmsim.kernel.cache import CACHED, kept_code

if TYPE_CHECKING:
    from rpmsim.kernel.aside import Ask
    from rpmsim.kernel.bundle import Bundle


def is_compiled() -> bool:
    """Whether the compiled code is at hand, so that a run begins at once; the compiler is not loaded to know it."""
    batch = sys.modules.get("rpmsim.kernel.batch")
    return (batch is not None and bool(batch.batch_kernel.signatures)) or kept_code()


def keeps_compiled() -> bool:
    """Whether compiled code will be kept for later runs."""
    return CACHED


def second_process() -> AbstractContextManager[Ask]:
    """Where nothing is compiled yet, a second process that will compile its part for a simulation inside the block.

    The earlier it starts the sooner it is ready; a simulation that begins inside such a block takes the one that is
    there.
    """
    if is_compiled():
        return nullcontext(lambda *bundles: None)
    from rpmsim.kernel import aside

    return aside.second_process()


def compile_kernels(frame: Bundle, tables: Bundle, work: Bundle, out: Bundle) -> None:
    """Compile or load what a simulation needs, unless it is here: by a call without work."""
    from rpmsim.kernel.batch import batch_kernel, parameter_kernel
    from rpmsim.kernel.cache import keep
    from rpmsim.kernel.compiled import compiling

    keep(batch_kernel, parameter_kernel)
    with compiling():
        batch_kernel(frame, tables, work, out, 0, 0, 0, np.zeros(0, dtype=np.int64), 0, 0)
