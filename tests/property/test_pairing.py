"""Conservation, the same bytes however it is run, and chance that a lever does not touch."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from rpmsim.dataset import with_empty
from rpmsim.engine import replay_days, simulate
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number
from rpmsim.model.plan import Model
from rpmsim.model.reach import influence_reach
from rpmsim.scenario import load_scenario
from tests.reference.features import FEATURES

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
WHAT_IFS = ["leads_down_20", "hire_two_sdrs", "ae_hiring_freeze", "faster_response", "q3_campaign"]


def run(name: str, replications: int = 6, settings: dict[str, str] | None = None, **more: object) -> xr.Dataset:
    return simulate(load_scenario(SCENARIOS / f"{name}.yaml", settings), replications, **more)  # type: ignore[arg-type]


def assert_same(one: xr.Dataset, other: xr.Dataset) -> None:
    for name in one.data_vars:
        assert one[name].values.tobytes() == other[name].values.tobytes(), name


def assert_row(whole: xr.Dataset, row: int, alone: xr.Dataset) -> None:
    """A replication that was simulated alone is what it is among others."""
    for variable in whole.data_vars:
        if "replication" in whole[variable].dims:
            assert (whole[variable].values[row] == alone[variable].values[0]).all(), variable


@pytest.mark.parametrize("settings", [None, {"stages.*.pace": "10% to 40%"}])
@pytest.mark.parametrize("name", ["reference", "base"])
def test_same_bytes_for_threads_and_blocks(name: str, settings: dict[str, str] | None) -> None:
    whole = run(name, 7, settings, threads=1)
    assert_same(whole, run(name, 7, settings, threads=2, block=3))
    assert_same(whole, run(name, 7, settings, threads=2, block=1))


@pytest.mark.parametrize("name", ["reference", "base"])
def test_a_replication_alone_is_its_row(name: str) -> None:
    whole = run(name, 5, draws=3)
    assert_row(whole, 4, run(name, 1, first=4, draws=3))
    by_day = replay_days(load_scenario(SCENARIOS / f"{name}.yaml"), 4, draws=3)
    assert int(by_day["moves"].sum()) == int(whole["moves"].isel(replication=4).sum())
    assert float(by_day["bookings"].sum()) == pytest.approx(
        float(whole["bookings"].isel(replication=4).sum()), abs=1e-3
    )


@pytest.mark.parametrize("name", FEATURES)
def test_short_runs_share_nothing(name: str) -> None:
    """Rows of random words reach over a whole short run: what one replication leaves must not serve another."""
    feature = FEATURES[name]()
    short = dataclasses.replace(feature, until=feature.as_of + dt.timedelta(days=min(20, feature.days)))
    whole = simulate(short, 4, threads=1, draws=2)
    assert_same(whole, simulate(short, 4, threads=1, draws=2, block=1))
    assert_row(whole, 2, simulate(short, 1, first=2, threads=1, draws=2))


@pytest.mark.parametrize("name", SHIPPED)
def test_conservation_to_the_unit(name: str) -> None:
    assert_conserved(run(name, 4))


@pytest.mark.parametrize("name", FEATURES)
def test_conservation_with_each_feature(name: str) -> None:
    assert_conserved(with_empty(simulate(FEATURES[name](), 3, seed=2)))


def assert_conserved(dataset: xr.Dataset) -> None:
    """Opening stock + moves in - moves out = stock, by stage and class, after every period."""
    moves, stock = dataset["moves"].values.astype(np.int64), dataset["stock"].values.astype(np.int64)
    for i, stage in enumerate(dataset["stage"].values):
        into, out = dataset["to"].values == stage, dataset["from"].values == stage
        change = (moves[:, :, into].sum(2) - moves[:, :, out].sum(2)).cumsum(1)
        assert (dataset["opening_stock"].values[i] + change == stock[:, :, i]).all(), stage
    assert (stock >= 0).all()
    waiting = dataset["waiting"].values
    assert (waiting >= 0).all()
    assert (waiting <= stock.sum(axis=(3, 4))).all()
    # Every lead that arrived is somewhere.
    arrived = moves[:, :, dataset["from"].values == "source"].sum(axis=(1, 2, 3, 4))
    assert (dataset["opening_stock"].values.sum() + arrived == stock[:, -1].sum(axis=(1, 2, 3))).all()


@pytest.mark.parametrize("name", WHAT_IFS)
def test_what_a_lever_cannot_reach_is_identical(name: str) -> None:
    base, what_if = load_scenario(SCENARIOS / "base.yaml"), load_scenario(SCENARIOS / f"{name}.yaml")
    reach = influence_reach(base.model, what_if.model)
    one, other = simulate(base, 4), simulate(what_if, 4)
    assert not reach.everything
    source, stages = one["from"].values, list(one["stage"].values)
    for c, channel in enumerate(one["channel"].values):
        if channel not in reach.arrivals:
            arrivals = source == "source"
            assert (one["moves"].values[:, :, arrivals, c] == other["moves"].values[:, :, arrivals, c]).all(), channel
        for s, segment in enumerate(one["segment"].values):
            for i, stage in enumerate(stages):
                if (stage, channel, segment) not in reach.cells:
                    out = source == stage
                    assert (one["moves"].values[:, :, out, c, s] == other["moves"].values[:, :, out, c, s]).all()
                    assert (one["stock"].values[:, :, i, c, s] == other["stock"].values[:, :, i, c, s]).all()
            if (channel, segment) not in reach.bookings:
                assert (one["bookings"].values[:, :, c, s] == other["bookings"].values[:, :, c, s]).all()
    for variables, reached in (
        (("capacity_used", "slot_days_used"), reach.work),
        (("head_days",), reach.people),
        (("capacity", "slot_days"), reach.capacity),
        (("pay",), reach.pay),
    ):
        for role in (role for role in one["role"].values if role not in reached):
            for variable in variables:
                assert (one[variable].sel(role=role).values == other[variable].sel(role=role).values).all(), (
                    role,
                    variable,
                )
    # The lever does something.
    assert not (one["moves"].values == other["moves"].values).all()


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"roles.sdr.heads": "25"}, 8.0),
        ({"stages.opportunity.to.won.share": "26%"}, 30.0),
        ({"channels.*.change": "+2%"}, 12.0),
    ],
)
def test_pairing_narrows_the_difference(settings: dict[str, str], least: float) -> None:
    """Variance of the difference in wins against independent seeds, 400 pairs; the ratio's own error is about 10%."""

    def wins(settings: dict[str, str] | None) -> np.ndarray:
        dataset = run("reference", 400, settings, seed=5)
        return dataset["moves"].values[:, :, dataset["to"].values == "won"].sum(axis=(1, 2, 3, 4)).astype(float)

    base, what_if = wins(None), wins(settings)
    assert (base.var() + what_if.var()) / (what_if - base).var() > least


@pytest.mark.parametrize("setting", ["stages.mql.pace", "stages.negotiation.pace", "stages.negotiation.to.won.pace"])
def test_a_pace_reaches_only_what_follows_its_stage(setting: str) -> None:
    base = load_scenario(SCENARIOS / "base.yaml")
    paced = load_scenario(SCENARIOS / "base.yaml", {setting: "30%"})
    reach = influence_reach(base.model, paced.model)
    one, other = simulate(base, 4), simulate(paced, 4)
    unreached = [stage for stage in one["stage"].values if not reach.stage(stage)]
    assert "lead" in unreached
    for stage in unreached:
        out = one["from"].values == stage
        assert (one["moves"].values[:, :, out] == other["moves"].values[:, :, out]).all(), stage
        assert (one["stock"].sel(stage=stage).values == other["stock"].sel(stage=stage).values).all(), stage
    assert not (one["moves"].values == other["moves"].values).all()


@pytest.mark.parametrize(
    ("name", "setting", "untouched"),
    [
        ("open", "stages.opportunity.to.won.beyond=2% per day", {"mql", "renewal", "nurture"}),
        ("open", "stages.renewal.due.moved=20 days", {"mql", "opportunity"}),
        ("open", "stages.renewal.to.won.offset.table={9 days: 1}", {"mql", "opportunity"}),
        ("drawn", "stages.opportunity.to.won.share=+5 points", {"mql"}),
        ("drawn", "stages.opportunity.to.won.time=x0.7", {"mql"}),
        ("drawn", "segments.*.amount=+10%", {"mql", "opportunity"}),
    ],
)
@pytest.mark.filterwarnings("ignore::rpmsim.ScenarioWarning")
def test_a_lever_on_open_leads_or_draws_reaches_only_what_follows(name: str, setting: str, untouched: set[str]) -> None:
    file = GOLDEN / f"{name}.yaml"
    base, what_if = load_scenario(file), load_scenario(file, [setting])
    reach = influence_reach(base.model, what_if.model)
    one, other = simulate(base, 12, seed=4), simulate(what_if, 12, seed=4)
    assert untouched <= {stage for stage in one["stage"].values if not reach.stage(stage)}
    for stage in untouched:
        out = one["from"].values == stage
        assert (one["moves"].values[:, :, out] == other["moves"].values[:, :, out]).all(), stage
        assert (one["stock"].sel(stage=stage).values == other["stock"].sel(stage=stage).values).all(), stage
    assert any(not one[variable].equals(other[variable]) for variable in ("moves", "bookings"))


def arrivals_of(model: Model, seed: int = 3) -> np.ndarray:
    """Leads by replication, period and channel."""
    dataset = simulate(model, 300, seed=seed)
    return dataset["moves"].values[:, :, dataset["from"].values == "source"].sum(axis=(2, 4)).astype(int)


def edited_channels(model: Model, **more: object) -> Model:
    channels = tuple(dataclasses.replace(channel, **more) for channel in model.content.channels)
    return dataclasses.replace(model, content=dataclasses.replace(model.content, channels=channels))


@pytest.mark.parametrize("name", ["batches", "drift_from_a_level"])
def test_more_leads_hold_the_fewer(name: str) -> None:
    """A fifth more leads keep every batch of the base, on every day; so the difference varies by what is added."""
    base = dataclasses.replace(FEATURES[name](), period="week")
    few, more = arrivals_of(base), arrivals_of(edited_channels(base, change=Number(1.2)))
    assert (more >= few).all()
    assert 1.15 < more.sum() / few.sum() < 1.25
    apart = arrivals_of(edited_channels(base, change=Number(1.2)), seed=4)
    assert (more - few).var() < 0.3 * (apart - few).var()


def test_a_level_and_batches_touch_no_other_channel() -> None:
    plain = dataclasses.replace(FEATURES["drift"](), period="week")
    first, *others = plain.content.channels
    changed = dataclasses.replace(first, drift_now=Number(1.5), batch=Distribution("fixed", (("value", Number(3.0)),)))
    content = dataclasses.replace(plain.content, channels=(changed, *others))
    one, other = arrivals_of(plain), arrivals_of(dataclasses.replace(plain, content=content))
    assert (one[:, :, 1:] == other[:, :, 1:]).all()
    assert not (one[:, :, 0] == other[:, :, 0]).all()
    assert (other[:, :, 0] % 3 == 0).all()


def test_a_stronger_pace_moves_the_same_weeks() -> None:
    """The same weeks are fast and slow where only the sigma differs, so that weekly wins differ by little."""

    def wins(sigma: str, seed: int) -> np.ndarray:
        dataset = run("reference", 200, {"stages.opportunity.pace": sigma, "report.period": "week"}, seed=seed)
        won = dataset["moves"].values[:, :, dataset["to"].values == "won"].sum(axis=(2, 3, 4)).astype(float)
        return won[:, 20:50]

    paced, stronger, other = wins("30%", 5), wins("40%", 5), wins("40%", 6)
    assert (stronger - paced).var() < 0.5 * (other - paced).var()
