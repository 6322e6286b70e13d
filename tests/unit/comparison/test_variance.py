"""Shares of the variance, where they are known."""

from __future__ import annotations

import numpy as np
import pytest

import rpmsim
from rpmsim.comparison.binding import with_leads
from rpmsim.comparison.runs import Settings, Simulator
from rpmsim.comparison.variance import active_sources, origin_shares, range_shares, source_shares
from rpmsim.metrics import wins

N = 1500
HEAD = "name: v\nas_of: 2026-12-31\nuntil: 2027-06-30\nsegments: {all: {}}\n"


def shares_of(text, names=None):
    model = rpmsim.load_scenario_text(HEAD + text).model
    simulator = Simulator(Settings(N, 3), wins, lambda _: None)
    names = names or active_sources(model)
    variance, found = source_shares(names, N, lambda s: simulator.values(model, "", s).sum(axis=1))
    return variance, {share.name: share for share in found}


def near(share, value):
    return abs(share.share - value) < 4 * share.mc_error + 1e-9


def test_arrivals_of_certain_wins_are_all_of_it():
    text = "channels: {web: {leads: 30 per month}}\nstages: {lead: {to: {won: {share: 100%, after: 0 days}}}}\n"
    variance, found = shares_of(text)
    assert set(found) == {"arrivals", "chance"}
    assert near(found["arrivals"], 1.0)
    assert near(found["chance"], 0.0)
    assert variance == pytest.approx(180, rel=0.15)  # Poisson: six months of 30


def test_arrivals_and_chance_of_a_thinned_poisson_process():
    """W = X1 + ... + XN, N Poisson with mean m, X Bernoulli p that belong to lead 1, 2, ...

    Var W = p m, Var E[W | N] = p² m, Var E[W | X] = p (1 - p) sum P(N >= i)²; arrivals get half of what both explain.
    """
    from scipy.stats import poisson

    m, p = 90.0, 0.3
    text = (
        "channels: {web: {leads: 15 per month}}\n"
        f"stages: {{lead: {{to: {{won: {{share: {p:.0%}, after: 0 days}}, lost: {{share: rest, after: 0 days}}}}}}}}\n"
    )
    _, found = shares_of(text)
    by_chance = p * (1 - p) * float((poisson.sf(np.arange(400), m) ** 2).sum()) / (p * m)
    arrivals = (p + 1.0 - by_chance) / 2
    assert near(found["arrivals"], arrivals)
    assert near(found["chance"], 1.0 - arrivals)


def test_a_range_is_most_of_it_where_counts_are_large():
    text = (
        "channels: {web: {leads: 400 per month}}\n"
        "stages: {lead: {to: {won: {share: 5% to 40%, after: 0 days}, lost: {share: rest, after: 0 days}}}}\n"
    )
    _, found = shares_of(text)
    assert found["ranges"].share > 0.9
    assert sum(share.share for share in found.values()) == pytest.approx(1.0, abs=1e-9)


def test_nothing_varies():
    variance, found = shares_of(
        "channels: {web: {leads: 0 per month}}\nstages: {lead: {to: {won: {share: 100%, after: 0 days}}}}\n"
    )
    assert variance == 0
    assert all(share.share == 0 for share in found.values())


def test_ranges_alone():
    """Y = 3 A + B² + noise, A and B standard normal: Var = 9 + 2 + 4."""
    draw = np.random.default_rng(1)
    a, b, c = draw.normal(size=(3, 20_000))
    total = 3 * a + b**2 + draw.normal(0, 2, 20_000)
    found = {
        share.name: share
        for share in range_shares(total, np.arange(20_000), np.exp(np.stack([a, b, c], axis=1)), ["a", "b", "c"])
    }
    assert list(found) == ["a", "b", "c"]
    for name, value in (("a", 9 / 15), ("b", 2 / 15), ("c", 0.0)):
        assert near(found[name], value)


def test_errors_cover_what_few_draws_leave_to_chance():
    """Y = 2 A + noise with 20 values of A for 400 replications: shares spread as widely as their errors say."""
    draws = np.arange(400) % 20
    found: dict[str, list] = {"a": [], "b": []}
    for seed in range(200):
        draw = np.random.default_rng(seed)
        a, b = draw.normal(size=(2, 20))
        total = 2 * a[draws] + draw.normal(0, 2, 400)
        for share in range_shares(total, draws, np.stack([a, b], axis=1), ["a", "b"]):
            found[share.name].append((share.share, share.mc_error))
    for shares in found.values():
        share, error = np.array(shares).T
        assert 0.75 < share.std() / np.sqrt((error**2).mean()) < 1.25


def test_too_few_draws_say_nothing_of_ranges():
    total, draws = np.random.default_rng(1).normal(size=(2, 30))[0], np.arange(30) % 2
    (share,) = range_shares(total, draws, np.array([[1.0], [2.0]]), ["a"])
    assert (share.share, share.mc_error) == (0.0, 1.0)


def test_business_that_is_open_and_leads_to_come():
    """Independent parts share the variance as theirs add up."""
    text = (
        "channels: {web: {leads: 20 per month, mix: {all: 100%}}}\n"
        "stages: {lead: {to: {won: {share: 40%, median: 10, p90: 20}, lost: {share: rest, median: 10}}}}\n"
        "opening: {lead: [{channel: web, segment: all, age: 1 days, count: 60}]}\n"
    )
    model = rpmsim.load_scenario_text(HEAD + text).model
    simulator = Simulator(Settings(N, 3), wins, lambda _: None)
    total = simulator.values(model, "").sum(axis=1)
    alone = simulator.values(with_leads(model, 0.0), "").sum(axis=1)
    shares = origin_shares(total, alone)
    assert sum(share.share for share in shares) == pytest.approx(1.0)
    expected = alone.var() / (alone.var() + (total - alone).var())
    assert near(shares[0], expected)
