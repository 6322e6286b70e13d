"""The start stays light: what a fresh interpreter has loaded after a first import."""

import subprocess
import sys

import pytest

HEAVY = {
    "duckdb",
    "numba",
    "xarray",
    "scipy",
    "pydantic",
    "matplotlib",
    "pandas",
    "numpy",
    "h5netcdf",
    "holidays",
    "ruamel",
}


def loaded_after(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after running the code."""
    script = f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import rpmsim",
        "import rpmsim; dir(rpmsim); rpmsim.__version__",
        "import rpmsim.cli",
        "import rpmsim.errors; rpmsim.InputError",
        "import rpmsim.cli.program as p; assert p._exit_code(['--help']) == 0",
        "import rpmsim.cli.program as p; assert p._exit_code(['--version']) == 0",
        "import rpmsim.cli.program as p; assert p._exit_code(['nonsense']) == 2",
    ],
)
def test_start_loads_nothing_heavy(code: str) -> None:
    assert loaded_after(code) & HEAVY == set()


COMMANDS = ["init", "validate", "show", "run", "replay", "generate", "audit", "calibrate", "schema"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    assert (
        loaded_after(f"import rpmsim.cli.program as p; assert p._exit_code([{command!r}, '--help']) == 0") & HEAVY
        == set()
    )


def test_guard_sees_a_heavy_import() -> None:
    assert "numpy" in loaded_after("import numpy")


def test_scenario_and_model_load_no_numba() -> None:
    assert "numba" not in loaded_after("import rpmsim; rpmsim.load_scenario")
    assert "numba" not in loaded_after("import rpmsim.model.plan")


def test_unknown_public_name_is_an_attribute_error() -> None:
    import rpmsim

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rpmsim.nonsense  # noqa: B018


def test_every_public_name_is_there() -> None:
    import rpmsim

    for name in rpmsim.__all__:
        assert getattr(rpmsim, name) is not None
