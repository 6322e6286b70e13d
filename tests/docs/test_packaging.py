"""What is declared is what is imported and what is locked."""

import ast
import re
import sys
import tomllib
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
    """The normalised name of a requirement."""
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


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes by package."""
    result = {}
    for entry in re.split(r"\n(?=\S)", (TOP / name).read_text(encoding="utf-8")):
        if not entry.startswith("#"):
            package, version = entry.split()[0].split("==")
            result[normal(package)] = (version, entry.count("--hash=sha256:"))
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
    assert {package for package, (_, hashes) in locked(name).items() if hashes == 0} == set()


def test_locks_hold_all_that_is_declared_in_one_version() -> None:
    core, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {normal(r) for r in PROJECT["dependencies"]} | {"hatchling"} <= set(core)
    named = [r for extra in ("dev", *EXTRAS) for r in PROJECT["optional-dependencies"][extra]]
    assert {normal(r) for r in named} - {"rpmsim"} <= set(dev)
    assert {name: dev.get(name) for name in core} == core
