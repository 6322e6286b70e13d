"""Tables whose weights come from a posterior: in each draw, amounts have these values with these shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim.arrays.layout import QUANTILE_POINTS
from rpmsim.arrays.sampling_tables import quantile_table
from rpmsim.model.distributions import Distribution, DrawnWeights, cdf, mean, quantile, shape_of
from rpmsim.scenario import load_scenario, load_scenario_text
from rpmsim.scenario.drawn import drawn_of
from tests.reference.comparison import engine_sample, reference_sample

VALUES = ("0", "1234.56", "550", "9000")
DRAWS = 50
PLAN = """\
name: Plan
posterior: posterior.nc
as_of: 2026-12-31
until: 2027-02
segments: {smb: {amount: {table: posterior}}}
channels: {web: {leads: 20 per day, mix: {smb: rest}}}
revision: {table: posterior}
stages: {opportunity: {to: {won: {share: 60%}, lost: {share: rest}}}}
open: {acme: {stage: opportunity, entered: 2026-12-10, channel: web, segment: smb, amount: 40k}}
"""


def weights() -> np.ndarray:
    return np.random.default_rng(1).dirichlet([3, 5, 2, 1], DRAWS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    values = {f"segments.smb.amount.table.{v}": 7 * weights()[:, i] for i, v in enumerate(VALUES)}
    values |= {f"revision.table.{v}": weights()[:, i] for i, v in enumerate(("0.5", "0.8", "1", "1.5"))}
    rpmsim.write_posterior(tmp_path / "posterior.nc", values, records={"segments.smb.amount.table.0": 11}, source="CRM")
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path


def amounts(folder: Path, text: str) -> Distribution:
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    amount = load_scenario(folder / "plan.yaml").model.content.segments[0].amount
    assert amount is not None
    return amount.distribution


def in_all_draws(weights: DrawnWeights) -> np.ndarray:
    return weights.at(np.arange(DRAWS))


def test_every_draw_has_its_own_distribution(folder: Path) -> None:
    shape = shape_of(amounts(folder, PLAN), in_all_draws)
    numbers = np.array([float(v) for v in VALUES])
    np.testing.assert_allclose(mean(shape), weights() @ numbers)
    np.testing.assert_allclose(cdf(shape, 1000.0), weights()[:, [0, 2]].sum(axis=1))
    np.testing.assert_allclose(cdf(shape, np.array([-1.0, 0.0, 9000.0]))[:, 1], weights()[:, 0])
    u = (np.arange(2000) + 0.5) / 2000
    for value, share in zip(numbers, weights().T, strict=True):
        np.testing.assert_allclose((quantile(shape, u) == value).mean(axis=1), share, atol=1e-3)
    table = np.exp(quantile_table(shape))
    assert table.shape == (DRAWS, QUANTILE_POINTS)
    np.testing.assert_allclose(table.mean(axis=1), weights() @ numbers, rtol=0.02)


def test_without_draws_the_weights_are_their_means(folder: Path) -> None:
    distribution = amounts(folder, PLAN)
    shape = shape_of(distribution, lambda number: number.mid)
    assert float(mean(shape)) == pytest.approx(float(weights().mean(axis=0) @ [float(v) for v in VALUES]))
    assert dict(distribution.points)[550.0] == pytest.approx(weights()[:, 2].mean())


def test_factors_and_currencies_apply_to_the_values(folder: Path) -> None:
    text = PLAN.replace("{table: posterior}}}", "{table: posterior USD x1.1}}}")
    text += "currency: EUR\nrates: {USD: 0.5}\n"
    assert {round(v, 6) for v, _ in amounts(folder, text).points} == {0, 302.5, 679.008, 4950}


def test_a_what_if_changes_and_replaces_it(folder: Path) -> None:
    for change, values in (("+10%", {0, 605, 1358.016, 9900}), ("{table: {5k: 1}}", {5000}), ("{table: x2}", None)):
        (folder / "child.yaml").write_text(f"extends: plan.yaml\nsegments.smb.amount: {change}\n", encoding="utf-8")
        amount = load_scenario(folder / "child.yaml").model.content.segments[0].amount
        assert amount is not None
        expected = values or {0, 1100, 2469.12, 18000}
        assert {round(v, 6) for v, _ in amount.distribution.points} == expected


def test_the_resolved_text_means_the_same_and_says_what_is_drawn(folder: Path) -> None:
    scenario = load_scenario(folder / "plan.yaml")
    again = load_scenario_text(scenario.resolved_text(), posterior=folder / "posterior.nc")
    assert again.model == scenario.model
    shown = {leaf.path: str(drawn_of(scenario, leaf)) for leaf in scenario.leaves()}
    assert shown["segments.smb.amount.table"] == "1,235 (0 to 9,000), 11 records, CRM"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{table: posterior per week}", "is not a table"),
        ("{table: posterior +5}", "is not a table"),
        ("{table: posterior x-1}", "x-1"),
    ],
)
def test_what_is_no_table_is_refused(folder: Path, text: str, message: str) -> None:
    (folder / "plan.yaml").write_text(PLAN.replace("{table: posterior}}}", f"{text}}}}}"), encoding="utf-8")
    with pytest.raises(rpmsim.InputError, match=message):
        load_scenario(folder / "plan.yaml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"segments.smb.amount.median": np.ones(4)}, "has no table at `segments.smb.amount.table`"),
        ({"segments.smb.amount.table.low": np.ones(4)}, "whose values are not numbers"),
        ({"segments.smb.amount.table.5": np.zeros(4)}, "below 0, or all 0"),
        ({"segments.smb.amount.table.5": -np.ones(4)}, "below 0, or all 0"),
        ({"segments.smb.amount.table.-5": np.ones(4)}, "cannot be that small or large"),
    ],
)
def test_a_posterior_without_a_good_table_is_refused(folder: Path, values: dict, message: str) -> None:
    rpmsim.write_posterior(folder / "posterior.nc", values)
    (folder / "plan.yaml").write_text(PLAN.replace("revision: {table: posterior}\n", ""), encoding="utf-8")
    with pytest.raises(rpmsim.InputError, match=message):
        load_scenario(folder / "plan.yaml")


def test_times_take_no_drawn_table(folder: Path) -> None:
    text = PLAN.replace("won: {share: 60%}", "won: {share: 60%, table: posterior}")
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(rpmsim.InputError, match="table of values and weights"):
        load_scenario(folder / "plan.yaml")


def test_engine_and_plain_simulator_book_the_mean_of_each_draw(folder: Path) -> None:
    scenario = load_scenario(folder / "plan.yaml")
    dataset = rpmsim.simulate(scenario, replications=DRAWS * 4)
    arrays = engine_sample(scenario.model, dataset)
    expected = weights() @ np.array([float(v) for v in VALUES])
    bookings, wins = (arrays[name].reshape(DRAWS * 4, -1) for name in ("bookings", "moves"))
    by_draw = bookings.sum(axis=1).reshape(4, DRAWS).sum(axis=0)
    count = dataset["moves"].sel(edge="opportunity->won").values.reshape(4, DRAWS, -1).sum(axis=(0, 2))
    # About 2,800 wins a draw with a coefficient of variation of 1.5, and a deal of its own amount in each replication.
    np.testing.assert_allclose(by_draw / count, expected, rtol=0.15, atol=60)
    plain = reference_sample(scenario.model, 100, 1)
    error = plain["bookings"].reshape(100, -1).sum(axis=1).std() / 10
    assert bookings.sum(axis=1).mean() == pytest.approx(plain["bookings"].sum() / 100, abs=3.5 * error)
    assert wins.sum() > 0
