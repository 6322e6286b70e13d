"""A file's bytes to text, safely: never blocks, never reads without limit."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mark
from rpmsim.text.nodes import Path as NodePath

LARGEST_FILE = 5_000_000
"""Bytes. A scenario is written by people, and its open records by a CRM: 20,000 of them fit, also in a frozen file."""

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)


def is_device_name(name: str) -> bool:
    """Whether Windows takes a file or folder of this name for a device, whatever stands behind its first dot."""
    return name.partition(".")[0].strip(" ").lower() in _DEVICES


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: its path as written, and the SHA-256 of its bytes."""

    path: str
    sha256: str


def read_text(
    path: Path, shown: str, complaints: Complaints, at: Mark | None = None, place: NodePath | str = ""
) -> tuple[str, SourceFile] | None:
    """Read a UTF-8 file.

    Parameters
    ----------
    path : Path
        File to read.
    shown : str
        How the user wrote it; names the file in errors.
    at, place : Mark or None, Path or str
        Where the file is named, and for what, if another file names it.

    Returns
    -------
    tuple of (str, SourceFile) or None
        None if the file cannot be read; the error is then among the complaints.
    """
    read = read_bytes(path, shown, LARGEST_FILE, complaints, at, place)
    if read is None:
        return None
    data, source = read

    def refuse(message: str, fix: str, mark: Mark) -> None:
        complaints.error(mark, "", message, fix)

    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(data) > 3 and data[1:4:2] == b"\0\0"):
        refuse(f"{shown} is encoded in UTF-16", "save it as UTF-8", Mark(shown, 1, 1))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(shown, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        if b"\0" in data:
            refuse(f"{shown} is a binary file", "use a text file", mark)
            return None
        byte = f"0x{data[error.start]:02X}"
        refuse(f"the byte {byte} is not UTF-8 (a Windows code page?)", "save the file as UTF-8", mark)
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n"), source


def read_bytes(
    path: Path, shown: str, largest: int, complaints: Complaints, at: Mark | None = None, place: NodePath | str = ""
) -> tuple[bytes, SourceFile] | None:
    """Read a regular file of at most ``largest`` bytes; see :func:`read_text`."""

    def refuse(message: str, fix: str) -> None:
        complaints.error(at or Mark(shown, 0, 0), place, message, fix)

    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            refuse(f"{shown} is a folder, not a file", "use a file in it")
            return None
        if not stat.S_ISREG(mode) or is_device_name(path.name):
            refuse(f"{shown} is not a regular file", "save it to a file")
            return None
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except FileNotFoundError:
        refuse(f"the file {shown} does not exist", _check_path(path))
        return None
    except PermissionError:
        refuse(
            f"{shown} cannot be opened for reading",
            "close the program that has it open (Excel?), or check the read permission",
        )
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refuse(f"{shown} cannot be read ({reason})", "check the path")
        return None
    if len(data) > largest:
        fixes = {".csv": "leave out columns and old records", ".json": "check that it is the right file"}
        fixes[".xlsx"] = fixes[".csv"]
        fix = fixes.get(path.suffix.lower(), "is it a scenario? Long records belong in a CSV file")
        refuse(f"{shown} is larger than {largest:,} bytes", fix)
        return None
    return data, SourceFile(shown, hashlib.sha256(data).hexdigest())


def _check_path(path: Path) -> str:
    """What may be wrong with a path; a name that differs in its case is another file except on Windows."""
    try:
        alike = [item.name for item in path.parent.iterdir() if item.name.lower() == path.name.lower()]
    except OSError:
        alike = []
    return f"did you mean `{alike[0]}`?" if alike else "check the path"
