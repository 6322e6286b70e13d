"""A second process of this program, for what can be done beside the work of this one."""

from __future__ import annotations

import gc
import os
import subprocess
import sys


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start(module: str) -> subprocess.Popen[bytes] | None:
    """Start a module of this package as a program that is asked on stdin and answers on stdout.

    Returns None on one processor, in a program that is no Python, and where no process can be had: then the work is to
    be done here.
    """
    if processors() < 2 or not sys.executable or getattr(sys, "frozen", False):
        return None
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module],  # -P: the folder that a user is in holds no program of ours
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # what cannot be written is not tried again when the pipe is closed
        )
    except (OSError, ValueError):
        return None


def answer(data: bytes) -> None:
    """Hand over what was asked for, at the end of a program that was started: who has asked waits until it has ended.

    Its memory is not searched for garbage before, which would take half a second.
    """
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    gc.freeze()
