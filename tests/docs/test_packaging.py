"""What is declared is what is imported and what is locked."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from functools import partial
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMPORTED_AS = {
    "adbc-driver-postgresql": "adbc_driver_postgresql",
    "python-calamine": "python_calamine",
    "ruamel-yaml": "ruamel",
}
BACKENDS = {"h5netcdf": "passed to xarray as its engine", "pyarrow": "in which ADBC hands over rows"}
EXTRAS = ("excel", "postgres")
"""What is imported only where a history needs it."""


def normal(requirement: str) -> str:
    """The normalized name of a requirement."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~;\s]", requirement, maxsplit=1)[0]).lower()


def imported_names(folder: Path) -> set[str]:
    """Top-level names of everything that the files of a folder import."""
    names = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def locked(name: str) -> dict[str, set[tuple[str, int]]]:
    """Versions by package, each with its number of hashes: another one may be meant for newer Pythons."""
    result: dict[str, set[tuple[str, int]]] = {}
    for entry in re.split(r"\n(?=\S)", (TOP / name).read_text(encoding="utf-8")):
        if not entry.startswith("#"):
            package, version = entry.split()[0].split("==")
            result.setdefault(normal(package), set()).add((version, entry.count("--hash=sha256:")))
    return result


def test_declared_is_imported_and_imported_is_declared() -> None:
    extras = [requirement for extra in EXTRAS for requirement in PROJECT["optional-dependencies"][extra]]
    declared = {IMPORTED_AS.get(normal(r), normal(r)) for r in [*PROJECT["dependencies"], *extras]}
    imported = imported_names(TOP / "src") - set(sys.stdlib_module_names) - {"rpmsim"}
    assert imported - declared == set()
    assert declared - imported - set(BACKENDS) == set()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_names_no_address_and_hashes_everything(name: str) -> None:
    lines = (TOP / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"://|^-|/", line)] == []
    assert {package for package, versions in locked(name).items() for _, hashes in versions if hashes == 0} == set()


def test_locks_hold_all_that_is_declared_in_one_version() -> None:
    core, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {normal(r) for r in PROJECT["dependencies"]} | {"hatchling"} <= set(core)
    named = [r for extra in ("dev", *EXTRAS) for r in PROJECT["optional-dependencies"][extra]]
    assert {normal(r) for r in named} - {"rpmsim"} <= set(dev)
    assert {name: dev.get(name) for name in core} == core


def test_setup_names_what_is_missing_and_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "setup.sh").write_bytes((TOP / "setup.sh").read_bytes())
    run = partial(subprocess.run, capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path)
    wrong = run(["sh", "setup.sh", "--test"])
    assert (wrong.returncode, wrong.stderr) == (2, "usage: ./setup.sh [--dev]\n")
    without = run(["sh", "setup.sh"], env={**os.environ, "PYTHON": "no-such-python"})
    assert without.returncode == 1
    assert "no Python 3.11 or later" in without.stderr
    assert "PYTHON=/path/to/python ./setup.sh" in without.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_wheel_runs_outside_the_checkout(tmp_path: Path) -> None:
    run = partial(subprocess.run, capture_output=True, text=True, timeout=120, check=True)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=TOP)
    (wheel,) = tmp_path.glob("*.whl")
    run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")])
    python = next(path for name in ("bin/python", "Scripts/python.exe") if (path := tmp_path / "env" / name).exists())
    packages = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip())
    # What rpmsim depends on is that of this environment; rpmsim itself is the wheel's: a path file of a folder that
    # a path file names is not read, so the editable install stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    run([sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)])
    outside = partial(run, cwd=tmp_path, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    home = outside([python, "-c", "import rpmsim; print(rpmsim.__file__)"]).stdout
    assert home.startswith(str(packages))
    program = python.with_name("rpmsim")
    outside([program, "init", "plan"])
    outside([program, "validate", "plan/base.yaml"])
    outside([program, "run", "plan/base.yaml", "-n", "5", "--out", "forecast"])
    assert (tmp_path / "forecast" / "forecast.nc").is_file()
