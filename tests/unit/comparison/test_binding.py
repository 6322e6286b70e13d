"""What binds, in worlds of which it is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

import rpmsim
from rpmsim.comparison.binding import binding, with_leads, with_one_more
from rpmsim.comparison.runs import Settings, Simulator
from rpmsim.metrics import bookings, leads

WORLDS = 200
REPLICATIONS = 60
RIGHTLY = 0.95
SIDES = ("demand", "sdr", "ae")


def world(number: int) -> tuple[str, str]:
    """What binds, and the scenario: one to three channels, a desk, and a second desk that has throughput or slots.

    Who binds is offered 1.3 to 2.5 times the work that they can do, the others 0.3 to 0.7 times.
    """
    draw = np.random.default_rng(number)
    truth = SIDES[number % len(SIDES)]
    rates = draw.uniform(30, 150, draw.integers(1, 4))
    qualified, won = draw.uniform(0.3, 0.6), draw.uniform(0.2, 0.5)
    load = {role: draw.uniform(1.3, 2.5) if role == truth else draw.uniform(0.3, 0.7) for role in ("sdr", "ae")}
    heads = dict(zip(("sdr", "ae"), draw.integers(2, 9, 2), strict=True))
    per_workday = rates.sum() * 12 / 365.25 * 7 / 5
    offered = {"sdr": per_workday, "ae": per_workday * min(1.0, 1.0 / load["sdr"]) * qualified}
    each = {role: offered[role] / load[role] / heads[role] for role in heads}
    stay = draw.uniform(8, 25)
    work = {role: f"handles: {each[role]:.4f} per day each" for role in heads}
    if draw.random() < 0.5:  # Little's law: open deals = deals per day x days
        work["ae"] = f"holds: {max(each['ae'] * 5 / 7 * stay, 1):.3f} each"
    gives_up = "gives_up: {share: 2% per day, to: lost}" if draw.random() < 0.5 else ""
    channels = "\n".join(
        f"  c{i}: {{leads: {rate:.2f} per month, weekdays: work, mix: {{all: 100%}}}}" for i, rate in enumerate(rates)
    )
    return (
        truth,
        f"""
name: world {number}
as_of: 2026-12-31
until: 2027-12-31
calendar: {{work: Mon-Fri}}
segments: {{all: {{amount: {{median: {draw.uniform(2, 40):.1f}k, p90: {draw.uniform(45, 90):.1f}k}}}}}}
channels:
{channels}
roles:
  sdr: {{heads: {heads["sdr"]}, {work["sdr"]}}}
  ae: {{heads: {heads["ae"]}, {work["ae"]}}}
stages:
  lead:
    kind: mql
    worked_by: sdr
    {gives_up}
    to: {{deal: {{share: {qualified:.1%}, median: 4, p90: 12}}, lost: {{share: rest, median: 5, p90: 10}}}}
  deal:
    kind: opportunity
    worked_by: ae
    to:
      won: {{share: {won:.1%}, mean: {stay:.1f}, sd: {0.5 * stay:.1f}}}
      lost: {{share: rest, mean: {stay:.1f}, sd: {0.5 * stay:.1f}}}
""",
    )


def found_in(text: str) -> str:
    model = rpmsim.load_scenario_text(text).model
    simulator = Simulator(Settings(REPLICATIONS, 7, threads=1), bookings, lambda _: None)
    whole = binding(model, simulator.values(model, ""), simulator.values).whole
    return "nothing" if whole is None else "demand" if whole.kind == "channel" else whole.name


def test_what_binds_is_named_rightly_in_generated_worlds():
    right = sum(truth == found_in(text) for truth, text in map(world, range(WORLDS)))
    assert binom.cdf(right, WORLDS, RIGHTLY) >= 0.01, f"{right} of {WORLDS}"


@pytest.fixture
def model():
    return rpmsim.load_scenario_text(world(1)[1]).model


def test_a_little_more_of_something_is_that_and_nothing_else(model):
    more = with_one_more(model, "sdr")
    assert [len(role.team) for role in more.content.roles] == [1, 0]
    assert more.content.channels == model.content.channels
    raised = with_leads(model, 1.01, "c0")
    assert raised.content.channels[0].change.mid == pytest.approx(1.01)
    assert all(channel.change.mid == 1.0 for channel in raised.content.channels[1:])
    assert raised.content.roles == model.content.roles
    simulator = Simulator(Settings(5, 7), leads, lambda _: None)
    assert simulator.values(with_leads(model, 0.0), "").sum() == 0


def test_nothing_binds_where_nothing_gains(model):
    before = np.ones((8, 12))
    result = binding(model, before, lambda _model, _what: before)
    assert result.whole is None
    assert set(result.by_period) == {None}


def test_it_moves_when_the_other_side_becomes_short(model):
    """Desk and demand gain alike but for the second half, in which the desk gains ten times as much."""
    gains = {"one more": np.r_[np.full(6, 1.0), np.full(6, 10.0)], "1% more": np.full(12, 2.0)}
    noise = np.random.default_rng(1).normal(0, 0.1, (50, 12))

    def simulate(_, what):
        gain = next((value for word, value in gains.items() if what.startswith(word)), np.zeros(12))
        return gain + (noise if "sdr" in what or "c0" in what else 0 * noise - 5)

    result = binding(model, np.zeros((50, 12)), simulate)
    kinds = [step.kind for step in result.by_period]
    assert kinds == ["channel"] * 6 + ["role"] * 6
    assert result.whole.kind == "role"


def test_what_gains_in_one_draw_of_few_does_not_bind(model):
    """All replications of one draw gain: many of them, and yet one draw."""
    draws = np.arange(50) % 5
    gain = np.repeat((draws == 0).astype(float)[:, None], 12, axis=1)
    before = np.zeros((50, 12))
    assert binding(model, before, lambda *_: gain).whole is not None
    assert binding(model, before, lambda *_: gain, draws).whole is None
