"""Where compiled code is kept: a folder whose name holds a hash of everything that is compiled.

Numba looks only at the file of the function that it loads, not at those that it calls, so a change elsewhere would
leave stale code in use. With one folder for each state of the sources nothing stale can be found. The user's own
NUMBA_CACHE_DIR wins.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numba

config: Any = numba.config

SOURCES = (Path(__file__).parent, Path(__file__).parent.parent / "arrays")


def source_hash() -> str:
    """Hash of the kernel's sources and of the versions that compile them."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:2]}".encode())
    for folder in SOURCES:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Folder for compiled code, made where it is missing; None where none can be written."""
    home = os.environ.get("XDG_CACHE_HOME")
    own = Path(home) if home else Path("~/.cache").expanduser()
    for base in (
        own,
        Path(tempfile.gettempdir()) / f"rpmsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}",
    ):
        folder = base / "rpmsim" / source_hash()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    return None


def use_cache() -> bool:
    """Point Numba at the folder; returns whether compiled code will be kept."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = cache_folder()
    if folder is None:
        return False
    config.CACHE_DIR = str(folder)
    return True


CACHED = use_cache()


def kept_code() -> bool:
    """Whether compiled code of the present sources is in the folder."""
    folder = Path(config.CACHE_DIR) if config.CACHE_DIR else None
    return folder is not None and any(folder.rglob("batch.batch_kernel*.nbc"))
