"""Compiled code that is kept: never stale, never half, nowhere in the way. Shown with a kernel of two lines."""

from __future__ import annotations

import ast
import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rpmsim import interrupts
from rpmsim.kernel import cache

BATCH = """\
from numba import njit
from rpmsim.kernel.cache import caching
from rpmsim.kernel.other import part

@njit(nogil=True, cache=caching())
def batch_kernel(value):
    return part(value)
"""
OTHER = """\
from numba import njit

@njit
def part(value):
    return value + {}
"""
START = """\
import json, sys
from rpmsim.kernel import cache
from rpmsim.kernel.batch import batch_kernel
cache.keep(batch_kernel)
told = {"known": cache.kept_code()}
told |= {"value": batch_kernel(1), "loaded": sum(batch_kernel.stats.cache_hits.values()), "folder": str(cache.FOLDER)}
print(json.dumps(told))
"""


class Install:
    """An installation whose kernel is two lines, and a user's home."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "install" / "rpmsim"
        for name in ("kernel", "arrays"):
            (self.package / name).mkdir(parents=True)
            (self.package / name / "__init__.py").touch()
        (self.package / "__init__.py").touch()
        for name in ("cache.py", "compiled.py"):
            shutil.copyfile(Path(cache.__file__).with_name(name), self.package / "kernel" / name)
        shutil.copyfile(Path(interrupts.__file__), self.package / "interrupts.py")
        (self.package / "kernel" / "batch.py").write_text(BATCH)
        self.write_part(1)
        (root / "home").mkdir()
        (root / "tmp").mkdir()
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_"))}
        places = {"HOME": root / "home", "TMPDIR": root / "tmp", "PYTHONPATH": self.package.parent}
        self.environment = ours | {name: str(path) for name, path in places.items()} | {"PYTHONDONTWRITEBYTECODE": "1"}

    def write_part(self, number: int) -> None:
        """Write what the kernel calls; the file of the kernel itself stays as it is."""
        (self.package / "kernel" / "other.py").write_text(OTHER.format(number))

    def begin(self, **more: Any) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": self.environment}
        return subprocess.Popen([sys.executable, "-c", START], **(pipes | more))

    def start(self, **more: Any) -> dict[str, Any]:
        """Start the program once; what it says."""
        return end(self.begin(**more))

    def code(self) -> list[Path]:
        return sorted((self.root / "home").rglob("*.code"))


def end(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    reported: dict[str, Any] = json.loads(out)
    return reported


def obey_modes() -> None:
    """Have root obey the modes of files, as other users do, in the program that is started next."""
    drop_from_bounds, dac_override = 24, 1  # PR_CAPBSET_DROP of linux/prctl.h, CAP_DAC_OVERRIDE of linux/capability.h
    ctypes.CDLL(None).prctl(drop_from_bounds, dac_override)


@pytest.fixture
def install(tmp_path: Path) -> Install:
    return Install(tmp_path)


def test_code_is_kept_and_found(install: Install) -> None:
    first, second = install.start(), install.start()
    assert (first["known"], first["value"], first["loaded"]) == (False, 2, 0)
    assert (second["known"], second["value"], second["loaded"]) == (True, 2, 1)
    assert Path(first["folder"]).parent == install.root / "home" / ".cache" / "rpmsim"


def test_code_of_an_old_kernel_is_not_used(install: Install) -> None:
    old = install.start()
    install.write_part(41)
    new = install.start()
    assert (new["known"], new["value"], new["loaded"]) == (False, 42, 0)
    assert new["folder"] != old["folder"]


def test_damaged_files_are_compiled_anew(install: Install) -> None:
    install.start()
    (file,) = install.code()
    whole = file.read_bytes()
    flipped = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    for damaged in (whole[:-1], b"", flipped):
        file.write_bytes(damaged)
        again = install.start()
        assert (again["known"], again["value"], again["loaded"]) == (False, 2, 0)
    assert install.start()["loaded"] == 1


def test_first_starts_at_once_do_no_harm(install: Install) -> None:
    processes = [install.begin() for _ in range(3)]
    assert [end(process)["value"] for process in processes] == [2, 2, 2]
    assert install.start()["loaded"] == 1
    assert not list(install.root.rglob("*.partial"))


def test_install_that_cannot_be_written(install: Install) -> None:
    bounds: dict[str, Any] = {"preexec_fn": obey_modes} if os.getuid() == 0 else {}
    parts = [install.package.parent, *install.package.parent.rglob("*")]
    for path in parts:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        touch = subprocess.run(["touch", install.package / "new"], check=False, capture_output=True, **bounds)
        assert touch.returncode != 0
        assert [install.start(**bounds)["loaded"] for _ in range(2)] == [0, 1]
    finally:
        for path in parts:
            path.chmod(0o755)


def test_code_in_a_folder_that_cannot_be_written_is_used(install: Install) -> None:
    """As of a container's image: the folder that is named was filled once, and belongs to the user or to root."""
    bounds: dict[str, Any] = {"preexec_fn": obey_modes} if os.getuid() == 0 else {}
    image = install.root / "image"
    install.environment["NUMBA_CACHE_DIR"] = str(image)
    image.mkdir()
    first = install.start(**bounds)
    folder = Path(first["folder"])
    assert (first["loaded"], folder.parent) == (0, image / "rpmsim")
    parts = [image, image / "rpmsim", folder]
    for path in parts:
        path.chmod(0o555)
    try:
        again = install.start(**bounds)
        assert (again["known"], again["value"], again["loaded"]) == (True, 2, 1)
        assert Path(again["folder"]).parent == install.root / "home" / ".cache" / "rpmsim"
        folder.chmod(0o577)
        assert install.start(**bounds)["loaded"] == 0  # others could have written it
    finally:
        for path in parts:
            path.chmod(0o755)


def test_without_any_folder_it_is_compiled_each_time(install: Install) -> None:
    for name in ("home", "tmp"):
        (install.root / name).rmdir()
        (install.root / name).touch()  # a file where a folder should be
    code = "import tempfile; tempfile.tempdir = '/dev/null/none'\n" + START
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=install.environment, timeout=120
    )
    reported = json.loads(done.stdout)
    assert (reported["value"], reported["folder"], done.stderr) == (2, "None", "")


def test_folder_that_others_can_write_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "NUMBA_CACHE_DIR" / "rpmsim").mkdir(parents=True)
    assert cache.cache_folders()[0] == tmp_path / "NUMBA_CACHE_DIR" / "rpmsim" / cache.source_hash()
    (tmp_path / "NUMBA_CACHE_DIR" / "rpmsim").chmod(0o777)
    assert cache.cache_folders()[0] == tmp_path / "XDG_CACHE_HOME" / "rpmsim" / cache.source_hash()


@pytest.mark.parametrize("kind", ["open to all", "link", "file"])
def test_a_folder_inside_must_be_trusted_as_well(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    home = tmp_path / "NUMBA_CACHE_DIR" / "rpmsim"
    home.mkdir(parents=True, mode=0o700)
    inside = home / cache.source_hash()
    if kind == "link":
        (tmp_path / "theirs").mkdir()
        inside.symlink_to(tmp_path / "theirs")
    elif kind == "file":
        inside.touch()
    else:
        inside.mkdir()
        inside.chmod(0o777)
    folder, others = cache.cache_folders()
    assert folder == tmp_path / "XDG_CACHE_HOME" / "rpmsim" / inside.name
    assert others == ()


def test_code_that_is_no_file_of_ours_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "whole.code").write_bytes(cache.sealed(7))
    assert cache._whole(tmp_path / "whole.code") is not None
    (tmp_path / "link.code").symlink_to(tmp_path / "whole.code")
    os.mkfifo(tmp_path / "pipe.code")
    assert cache._whole(tmp_path / "link.code") is None
    assert cache._whole(tmp_path / "pipe.code") is None


def test_folders_of_former_kernels_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    home = tmp_path / "rpmsim"
    home.mkdir(mode=0o700)
    (home / "notes").mkdir()
    for i in range(20):
        folder = home / f"{i:016x}"
        folder.mkdir()
        (folder / "batch_kernel.code").touch()
        os.utime(folder, (1e9 + i, 1e9 + i))
    now, _ = cache.cache_folders()
    newest = {f"{i:016x}" for i in range(20 - cache.MOST_FOLDERS + 1, 20)}
    assert now is not None
    assert {path.name for path in home.iterdir()} == {now.name, "notes", *newest}


@pytest.mark.parametrize(
    ("place", "name", "other"),
    [
        (None, "version", lambda package: "0.1" if package == "numba" else "2"),
        ("llvmlite", "__version__", "0.1"),
        ("np", "__version__", "0.1"),
        ("sys", "version", "3.99"),
        ("binding", "get_host_cpu_name", lambda: "another processor"),
        ("binding", "get_host_cpu_features", lambda: {"avx9": True}),
    ],
)
def test_hash_reports_what_compiles(monkeypatch: pytest.MonkeyPatch, place: str | None, name: str, other: Any) -> None:
    before = cache.source_hash()
    assert cache.source_hash() == before

    class Features(dict[str, bool]):
        def flatten(self) -> str:
            return str(dict(self))

    changed = (lambda: Features(other())) if name == "get_host_cpu_features" else other
    monkeypatch.setattr(cache if place is None else getattr(cache, place), name, changed)
    assert cache.source_hash() != before


def test_hash_reports_settings_of_numba_that_change_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.source_hash()
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert cache.source_hash() == before
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert cache.source_hash() != before


def test_hash_covers_all_that_the_kernel_imports() -> None:
    for path in Path(cache.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("rpmsim"):
                compiled_with = ("rpmsim.kernel", "rpmsim.arrays")
                only_around = ("rpmsim.beside", "rpmsim.interrupts")  # nothing of them is compiled
                assert str(node.module).startswith((*compiled_with, *only_around)), path
