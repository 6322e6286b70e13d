"""Where compiled code is kept: a folder whose name holds a hash of everything that decides what is compiled.

Numba's own cache looks only at the file of the function that it loads, not at those that it calls, so a change
elsewhere would leave stale code in use; it ends with a traceback where a file is cut short; and two processes that
compile at once may mix up what they wrote. With one folder for each state of the sources nothing stale can be found;
each file is named by what it holds, carries its hash, and appears whole. What cannot be trusted is compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import numpy as np
from llvmlite import binding

SOURCES = (Path(__file__).parent, Path(__file__).parent.parent / "arrays")
MOST_FOLDERS = 8
"""Folders that are kept, the last used ones: a few installations side by side, each half a megabyte."""
_NO_PART = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS")
"""Settings of Numba that do not change what is compiled."""


def source_hash() -> str:
    """Hash of the kernel's sources, and of the versions, the processor and the settings that compile them."""
    settings = {key: value for key, value in os.environ.items() if key.startswith("NUMBA_") and key not in _NO_PART}
    made_by = (
        *(version("numba"), llvmlite.__version__, np.__version__, sys.version, platform.system(), platform.machine()),
        *(binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten(), sorted(settings.items())),
    )
    digest = hashlib.sha256(repr(made_by).encode())
    for folder in SOURCES:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folders() -> tuple[Path | None, tuple[Path, ...]]:
    """Folder for compiled code, made where it is missing, and better ones that hold some but cannot be written.

    None is the first where none can be written.
    """
    name = source_hash()
    others: list[Path] = []
    for home in _homes():
        folder = home / name
        with contextlib.suppress(OSError):
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            if _is_ours(home):
                folder.mkdir(exist_ok=True, mode=0o700)
            if _is_ours(home) and _is_ours(folder):  # a home may have been open to others before
                tempfile.TemporaryFile(dir=folder).close()
                os.utime(folder)  # the last use, by which old ones are found
                _remove_old(home)
                return folder, tuple(others)
        with contextlib.suppress(OSError):
            if _is_ours(home, or_roots=True) and _is_ours(folder, or_roots=True):
                others.append(folder)
    return None, tuple(others)


def _homes() -> Iterator[Path]:
    """Where the folder may be, best first: what the user names, the user's cache, a temporary place."""
    for variable in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]).absolute() / "rpmsim"
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield Path("~/.cache/rpmsim").expanduser()
    with contextlib.suppress(OSError):  # no temporary place
        yield Path(tempfile.gettempdir()) / f"rpmsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _is_ours(folder: Path, *, or_roots: bool = False) -> bool:
    """Whether nobody else can put code into the folder: what lies there is executed."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    return _owned(found, or_roots=or_roots) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _owned(found: os.stat_result, *, or_roots: bool) -> bool:
    return not hasattr(os, "getuid") or found.st_uid == os.getuid() or (or_roots and found.st_uid == 0)


def _remove_old(home: Path) -> None:
    """Remove the folders of former kernels, but for the last used ones; another start may do so at the same time."""
    used: dict[Path, float] = {}
    for folder in home.iterdir():
        with contextlib.suppress(OSError):
            if re.fullmatch("[0-9a-f]{16}", folder.name):
                used[folder] = folder.stat().st_mtime
    for folder in sorted(used, key=used.__getitem__, reverse=True)[MOST_FOLDERS:]:
        shutil.rmtree(folder, ignore_errors=True)


class KeptCode:
    """Compiled code of one function in files: what Numba asks for as the file of its cache.

    Parameters
    ----------
    folder : Path
        Where it is saved, as of :func:`cache_folders`.
    name : str
        Name of the function.
    others : sequence of Path, optional
        Where it is looked for as well.
    """

    def __init__(self, folder: Path, name: str, others: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.name = name
        self.others = others

    def load(self, key: Any) -> Any:
        """What was saved under the key; None where there is nothing, or it is damaged."""
        found = (_whole(folder / self._file(key)) for folder in (*self.others, self.folder))
        data = next((data for data in found if data is not None), None)
        if data is None:
            return None
        from rpmsim.kernel.compiled import link

        more, code = pickle.loads(data)
        link(more)
        return code

    def save(self, key: Any, code: Any) -> None:
        """Save compiled code; where that is refused, it will be compiled again."""
        from rpmsim.kernel.compiled import linked

        data = sealed((linked(), code))
        partial = self.folder / f".{self.name}.{os.getpid()}.partial"
        try:
            self.folder.mkdir(exist_ok=True, mode=0o700)
            partial.write_bytes(data)
            partial.replace(self.folder / self._file(key))
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def flush(self) -> None:
        """Forget all."""
        for path in self.folder.glob(f"{self.name}.*.code"):
            path.unlink(missing_ok=True)

    def _file(self, key: Any) -> str:
        return f"{self.name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.code"


def sealed(code: Any) -> bytes:
    """Compiled code as bytes that carry their hash."""
    from numba.core.serialize import dumps

    data = dumps(code)
    return hashlib.sha256(data).digest() + data


def opened(data: bytes) -> bytes | None:
    """What was sealed, still pickled; None where it is not whole."""
    return data[32:] if hashlib.sha256(data[32:]).digest() == data[:32] else None


def _whole(path: Path) -> bytes | None:
    """Content of a file of compiled code; None where it is not there, not to be trusted, or not as it was written."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or not _owned(found, or_roots=True):  # in a folder that is trusted
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return opened(data)


FOLDER, OTHERS = cache_folders()
CACHED = FOLDER is not None
"""Whether compiled code will be kept."""


def caching() -> bool:
    """Whether compiled code will be kept, for Numba's decorators."""
    from numba import config

    settings: Any = config
    if CACHED:
        settings.CACHE_DIR = str(FOLDER)  # Numba wants a place of its own, though nothing is written there
    return CACHED


def keep(*kernels: Any) -> None:
    """Have the code of compiled functions kept in files as described above; before they are first called."""
    for kernel in kernels:
        files = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
        if FOLDER is not None and files is not None and not isinstance(files, KeptCode):
            kernel._cache._cache_file = KeptCode(FOLDER, kernel.__name__, OTHERS)


def kept_code() -> bool:
    """Whether compiled code of the present sources is at hand."""
    folders = () if FOLDER is None else (*OTHERS, FOLDER)
    return any(_whole(path) is not None for folder in folders for path in folder.glob("batch_kernel.*.code"))
