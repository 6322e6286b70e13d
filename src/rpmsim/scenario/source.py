"""A file's bytes to text, safely: never blocks, never reads without limit."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from rpmsim.scenario.complaints import Complaints
from rpmsim.scenario.nodes import Mark

LARGEST_FILE = 1_000_000
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
            refuse(f"{shown} is a folder, not a file", "name a scenario file inside it")
            return None
        if not stat.S_ISREG(mode):
            refuse(f"{shown} is not a regular file", "save the scenario to a file")
            return None
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        refuse(f"there is no file {shown}", "check the path")
        return None
    except PermissionError:
        refuse(f"{shown} may not be read", "ask for the right to read it")
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refuse(f"{shown} cannot be read ({reason})", "check the path")
        return None
    if len(data) > LARGEST_FILE:
        refuse(f"{shown} is larger than {LARGEST_FILE:,} bytes", "is it a scenario? Long records belong in a CSV file")
        return None
    source = SourceFile(shown, hashlib.sha256(data).hexdigest())
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(data) > 3 and data[1:4:2] == b"\0\0"):
        refuse(f"{shown} is written in UTF-16", "save it as UTF-8", Mark(shown, 1, 1))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(shown, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        if b"\0" in data:
            refuse(f"{shown} is a binary file", "name a scenario file", mark)
            return None
        byte = f"0x{data[error.start]:02X}"
        refuse(f"the byte {byte} is not UTF-8 (a Windows code page?)", "save the file as UTF-8", mark)
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n"), source
