"""Levers: what may be pulled alone, and what only together."""

from __future__ import annotations

from itertools import combinations

import pytest

import rpmsim
from rpmsim.scenario.levers import MOST_LEVERS, levers, with_levers

HEAD = "name: l\nas_of: 2026-12-31\nuntil: 2027-02\nsegments: {all: {amount: 10k USD}}\n"
TAIL = "stages: {lead: {to: {won: {share: 50%, after: 1 days}, lost: {share: rest, after: 1 days}}}}\n"


def scenario(*channels: str, rate: str = "0.9", change: str = "+0%") -> rpmsim.Scenario:
    own = ", ".join(f"{name}: {{leads: 10 per month, into: lead, change: {change}}}" for name in channels)
    return rpmsim.load_scenario_text(f"{HEAD}rates: {{USD: {rate}}}\nchannels: {{{own}}}\n{TAIL}")


def test_every_subset_of_the_levers_is_a_valid_scenario():
    """Without `a` or without `b` there are channels left, without both there are none."""
    before, after = scenario("a", "b"), scenario("c", "d")
    found = levers(before, after)
    for size in range(len(found) + 1):
        for pulled in combinations(found, size):
            with_levers(before, after, pulled)
    assert [lever.title for lever in found] == ["All changes together"]


def test_exchange_rates_are_a_lever():
    assert [lever.name for lever in levers(scenario("a"), scenario("a", rate="1.1"))] == ["rates"]


def test_a_dated_change_is_called_by_its_name():
    campaign = "changes: {campaign: {from: 2027-01-15, channels.a.change: +10%, channels.b.change: +10%}}\n"
    text = scenario("a", "b").resolved_text()
    (lever,) = levers(rpmsim.load_scenario_text(text), rpmsim.load_scenario_text(text + campaign))
    assert lever.title == "Dated change campaign"


@pytest.mark.parametrize("count", [3, MOST_LEVERS, MOST_LEVERS + 1])
def test_many_levers_of_a_section_are_one(count):
    names = [f"c{i}" for i in range(count)]
    found = levers(scenario(*names), scenario(*names, change="+5%"))
    assert len(found) == (count if count <= MOST_LEVERS else 1)
