"""Interrupts that wait while something is done that must not be torn apart."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that may end a program by an exception (not all systems have all of them)."""


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold back the exceptions of interrupts inside the block; the first one is delivered at its end.

    Python runs the handlers of signals between two steps of the main thread, wherever that is: in a constructor, an
    exception leaves an object half built, whose finaliser then complains. Handlers are exchanged, not masked, because
    a mask holds for one thread and the others go on to take the signal. In other threads nothing is to do. Signals
    without a handler of Python's keep their meaning.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    try:
        with ExitStack() as stack:
            for number in INTERRUPTS:
                handler = signal.getsignal(number)
                if callable(handler):
                    stack.callback(signal.signal, number, handler)
                    signal.signal(number, lambda n, _: held.append(n))
            yield
    finally:
        if held:
            signal.raise_signal(held[0])
