"""Whether the simulation is compiled, and how it comes to be; importing this module loads the compiler."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import numpy as np

from rpmsim.kernel.aside import Ask
from rpmsim.kernel.aside import second_process as process_aside
from rpmsim.kernel.batch import batch_kernel, parameter_kernel
from rpmsim.kernel.bundle import Bundle
from rpmsim.kernel.cache import CACHED, keep, kept_code
from rpmsim.kernel.compiled import compiling


def is_compiled() -> bool:
    """Whether the compiled code is at hand, so that a run begins at once."""
    return bool(batch_kernel.signatures) or kept_code()


def keeps_compiled() -> bool:
    """Whether compiled code will be kept for later runs."""
    return CACHED


def second_process() -> AbstractContextManager[Ask]:
    """Where nothing is compiled yet, a second process that will compile its part for a simulation inside the block.

    The earlier it starts the sooner it is ready; a simulation that begins inside such a block takes the one that is
    there.
    """
    return nullcontext(lambda *bundles: None) if is_compiled() else process_aside()


def compile_kernels(frame: Bundle, tables: Bundle, work: Bundle, out: Bundle) -> None:
    """Compile or load what a simulation needs, unless it is here: by a call without work."""
    keep(batch_kernel, parameter_kernel)
    with compiling():
        batch_kernel(frame, tables, work, out, 0, np.zeros(0, dtype=np.int64), 0, 0)
