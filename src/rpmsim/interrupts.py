"""Interrupts that wait while something is done that must not be torn apart."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
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


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at once when an interrupt comes, from another thread, while a library works inside the block.

    Python runs the handlers of signals only when the library comes back; DuckDB then runs them itself, now and then,
    throws away what they raise, and ends the query with an error of its own. Either way a KeyboardInterrupt is raised.
    """
    try:
        with _woken(stop):
            yield
    except Exception as error:
        if type(error).__name__ == "InterruptException" or str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


@contextmanager
def _woken(stop: Callable[[], None]) -> Iterator[None]:
    """Let the system write to a socket when a signal comes, and a thread wait for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    woken, waiting = socket.socketpair()
    woken.setblocking(False)
    before = signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    if before != -1:  # somebody else waits for signals: an event loop, a notebook
        signal.set_wakeup_fd(before)
    thread = threading.Thread(target=_wait_for_signal, args=(waiting, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        if before == -1:
            signal.set_wakeup_fd(-1)
        woken.close()
        thread.join()
        waiting.close()


def _wait_for_signal(waiting: socket.socket, stop: Callable[[], None]) -> None:
    """Stop for each deadly signal, until the other end is closed."""
    while numbers := waiting.recv(16):
        if any(number in INTERRUPTS for number in numbers):
            stop()
