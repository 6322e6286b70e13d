"""A file's bytes to text, safely: never blocks, never reads without limit."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rpmsim.scenario.complaints import Complaints
from rpmsim.scenario.nodes import Mark

LARGEST_FILE = 2_000_000
"""Bytes. A scenario is written by people; thousands of open records fit."""


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: its path as written, and the SHA-256 of its bytes."""

    path: str
    sha256: str


def read_text(path: Path, shown: str, complaints: Complaints, at: Mark | None = None) -> tuple[str, SourceFile] | None:
    """Read a UTF-8 file.

    Parameters
    ----------
    path : Path
        File to read.
    shown : str
        How the user wrote it; names the file in faults.
    at : Mark or None
        Where the file is named, if another file names it.

    Returns
    -------
    tuple of (str, SourceFile) or None
        None if the file cannot be read; the fault is then among the complaints.
    """

    def refuse(message: str, repair: str, mark: Mark | None = None) -> None:
        complaints.fault(mark or at or Mark(shown, 0, 0), "", message, repair)

    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return refuse(f"{shown} is a folder, not a file", "name a scenario file inside it")
        if not stat.S_ISREG(mode):
            return refuse(f"{shown} is not a regular file", "save the scenario to a file")
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return refuse(f"there is no file {shown}", "check the path")
    except PermissionError:
        return refuse(f"{shown} may not be read", "ask for the right to read it")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return refuse(f"{shown} cannot be read ({reason})", "check the path")
    if len(data) > LARGEST_FILE:
        return refuse(f"{shown} is larger than {LARGEST_FILE:,} bytes", "is it a scenario? Long records belong in a CSV file")
    source = SourceFile(shown, hashlib.sha256(data).hexdigest())
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(data) > 3 and data[1:4:2] == b"\0\0"):
        return refuse(f"{shown} is written in UTF-16", "save it as UTF-8", Mark(shown, 1, 1))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(shown, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        if b"\0" in data:
            return refuse(f"{shown} is a binary file", "name a scenario file", mark)
        byte = f"0x{data[error.start]:02X}"
        return refuse(f"the byte {byte} is not UTF-8 (a Windows code page?)", "save the file as UTF-8", mark)
    return text.replace("\r\n", "\n").replace("\r", "\n"), source
