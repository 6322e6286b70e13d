"""Scenarios in Python: what is set, what is warned about, and what they look like."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.errors import InputError, ScenarioWarning

SCENARIOS = Path(__file__).parents[3] / "scenarios"
BASE = SCENARIOS / "base.yaml"


def heads(overrides: object) -> float:
    scenario = rpmsim.load_scenario(BASE, overrides)  # type: ignore[arg-type]
    return next(role.heads.mid for role in scenario.model.content.roles if role.name == "sdr")


def test_overrides_are_read_as_set_reads_them() -> None:
    before = heads(None)
    assert heads(["roles.sdr.heads=+2"]) == before + 2
    assert heads("roles.sdr.heads = 3") == 3
    assert heads({"roles.sdr.heads": np.int64(4)}) == 4


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["roles.sdr.heads"], "--set: roles.sdr.heads: is not a path and a value; write it as path=value"),
        ("roles.sdr.heads", "is not a path and a value"),
        (["=3"], "is not a path and a value"),
        (["roles.sdr.heads=1", "roles.sdr.heads=2"], "is set twice"),
    ],
)
def test_an_override_that_says_nothing_deletes_nothing(overrides: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        heads(overrides)
    assert message in str(caught.value)


def test_warnings_of_a_scenario_are_warnings_of_python(tmp_path: Path) -> None:
    text = BASE.read_text(encoding="utf-8").replace("name: Base plan", "name: Base #2")
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.warns(ScenarioWarning, match=r"plan\.yaml:\d+:\d+: "):
        scenario = rpmsim.load_scenario(tmp_path / "plan.yaml")
    assert scenario.warnings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rpmsim.load_scenario(BASE)


def test_representations_are_short() -> None:
    scenario = rpmsim.load_scenario(BASE, ["roles.sdr.heads=+2"])
    assert repr(scenario).startswith(
        "<Scenario 'Base plan': 2027-01-01 to 2028-12-31, 5 channels, 3 segments, 12 stages, "
    )
    assert repr(scenario).endswith("base.yaml, 1 set>")
    assert len(repr(scenario)) < 300


def test_simulate_takes_paths_and_numbers_of_numpy() -> None:
    path = SCENARIOS / "reference.yaml"
    one = rpmsim.simulate(str(path), np.int64(3), seed=np.uint64(7), threads=np.int32(1))
    other = rpmsim.simulate(rpmsim.load_scenario(path), 3, seed=7)
    assert (one["moves"] == other["moves"]).all()
    assert "simulate_s" not in one.attrs


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"keep": "class"}, ValueError, "keep is 'class'; it must be one of 'summary', 'classes', 'full'"),
        ({"replications": 2.5}, TypeError, "replications is 2.5; it must be a whole number"),
        ({"replications": True}, TypeError, "replications is True"),
        ({"seed": -1}, ValueError, "seed is -1; it must be 0 or more"),
        ({"threads": "2"}, TypeError, "threads is '2'"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        rpmsim.simulate(SCENARIOS / "reference.yaml", **arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(("variable", "dim"), [("bookings", "replication"), ("parameter_value", "draw")])
def test_arviz_summarizes_a_forecast_in_a_line(variable: str, dim: str) -> None:
    import arviz_stats

    forecast = rpmsim.simulate(Path(__file__).parents[2] / "golden" / "unknown.yaml", 40)
    table = arviz_stats.summary(forecast, var_names=variable, sample_dims=dim, kind="stats")
    assert len(table) == forecast[variable].size / forecast.sizes[dim]
    assert table["mean"].notna().all()
