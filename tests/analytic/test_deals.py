"""Listed deals: what each brings is what the bookings hold, and the few that decide a period are named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from rpmsim.analysis.summary import summary
from rpmsim.engine import simulate
from rpmsim.model.plan import OpenDeal, OpeningStock
from rpmsim.model.staffing import Role
from rpmsim.report.text import deals_table
from rpmsim.scenario import load_scenario_text
from tests.analytic.standard_errors import assert_agrees, errors_of_mean
from tests.reference.models import channel, days, model, n, out, stage

BIG = {"Ada": (400e3, 0.5), "Bor": (300e3, 0.4), "Cyd": (350e3, 0.6)}
SMALL, EACH, CHANCE = 230, 40e3, 0.45


def plan(deals: str, leads: str = "0 per month") -> str:
    return f"""\
name: Deals
as_of: 2026-12-31
until: 2027-06
segments: {{all: {{amount: 20k}}}}
channels: {{web: {{into: opportunity, leads: {leads}, mix: {{all: rest}}}}}}
stages: {{opportunity: {{to: {{won: {{share: 45%, after: 40 days}}, lost: {{share: rest, after: 40 days}}}}}}}}
targets: {{bookings: {{2027-Q1: 5M}}}}
open: |
  id,stage,entered,channel,segment,amount,odds,label
{deals}
"""


def row(name: str, amount: float, chance: float, label: str = "") -> str:
    odds = chance / (1 - chance) / (0.45 / 0.55)
    return f"  {name},opportunity,2026-12-31,web,all,{amount:.0f},x{odds:.6f},{label}"


@pytest.fixture(scope="module")
def half():
    """Three deals that carry half the variance, and 230 that carry the rest."""
    rows = [row(name, amount, chance, f"{name} AG") for name, (amount, chance) in BIG.items()]
    rows += [row(f"s{i}", EACH, CHANCE) for i in range(SMALL)]
    scenario = load_scenario_text(plan("\n".join(rows)))
    dataset = simulate(scenario, 4000, seed=11)
    return summary(dataset, scenario.model), dataset


def test_the_deals_that_carry_half_the_variance_are_named(half):
    document, _ = half
    quarter = [deal for deal in document["deals"] if deal["period"] == "2027-Q1"]
    assert {deal["deal"] for deal in quarter} == set(BIG)
    variances = {name: amount**2 * p * (1 - p) for name, (amount, p) in BIG.items()}
    whole = sum(variances.values()) + SMALL * EACH**2 * CHANCE * (1 - CHANCE)
    assert 0.45 < sum(variances.values()) / whole < 0.55
    for deal in quarter:
        amount, chance = BIG[deal["deal"]]
        assert deal["chance"] == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 4000))
        assert deal["amount"] == pytest.approx(amount)
        # the error of a covariance of independent parts: about the variance x sqrt(2 / n) / whole
        assert deal["share_of_variance"] == pytest.approx(variances[deal["deal"]] / whole, abs=4 * np.sqrt(0.5 / 4000))


def test_the_text_names_them(half):
    document, _ = half
    text = deals_table(document)
    assert all(f"{name} AG ({name})" in text for name in BIG)
    assert "Together, these 3 deals explain" in text


def test_deals_and_bookings_agree_to_the_cent():
    deals = "\n".join(row(f"d{i}", 1000.5 * (i + 1), 0.45) for i in range(30))
    dataset = simulate(load_scenario_text(plan(deals) + "revision: {median: 0.9, p90: 1.3}\n"), 200, seed=3)
    by_period = np.zeros((200, dataset.sizes["period"]))
    for period in range(dataset.sizes["period"]):
        by_period[:, period] = np.where(dataset["deal_period"] == period + 1, dataset["deal_bookings"], 0.0).sum(axis=1)
    assert (
        np.round(100 * by_period).tolist()
        == np.round(100 * dataset["bookings"].sum(["channel", "segment"]).values).tolist()
    )
    assert ((dataset["deal_period"] > 0) == (dataset["deal_bookings"] > 0)).all()


def test_only_the_largest_are_followed():
    deals = "\n".join(row(f"d{i}", 1000 + i, 0.45) for i in range(130))
    dataset = simulate(load_scenario_text(plan(deals)), 5)
    assert dataset["deal"].values.tolist() == [f"d{i}" for i in range(30, 130)]


def test_nobody_is_named_among_many():
    deals = "\n".join(row(f"d{i}", 10e3, 0.45) for i in range(90))
    scenario = load_scenario_text(plan(deals, "600 per month"))
    document = summary(simulate(scenario, 1500, seed=5), scenario.model)
    assert document["deals"] == []
    assert deals_table(document) == ""


def test_deals_and_leads_that_wait_since_one_day_have_the_same_chance():
    """One of two listed deals and three leads is taken up on the first day, and wins on the second and last."""
    since = dt.date(2026, 12, 30)
    waiting = tuple(OpenDeal(name, "deal", since, "one", "all", 1000.0, waiting=True) for name in ("first", "second"))
    built = model(
        [stage("deal", out("won", None, days(1)), worked_by="rep")],
        [channel("one", "deal", 0.0)],
        [Role("rep", heads=n(1), per_day=n(1))],
        days=2,
        period="year",
        open_deals=waiting,
        opening=(OpeningStock("deal", "one", "all", 3, 1, waiting=True),),
    )
    won = (simulate(built, 20_000, seed=54)["deal_period"].values > 0).astype(float)
    assert_agrees("chance", errors_of_mean(won, np.full(2, 0.2)))
