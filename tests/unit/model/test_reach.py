"""What a lever can reach: along flows, through shared roles, load and made leads, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpmsim.model.plan import Model
from rpmsim.model.reach import Reach, influence_reach
from rpmsim.scenario import load_scenario_text

PLAN = """\
name: Plan
as_of: 2026-12-31
until: 2027-12
segments: {smb: {amount: 8k}, big: {amount: 90k}}
channels:
  web:  {into: lead, leads: 40 per week, mix: {smb: 90%, big: rest}, spend: 5k per month}
  fair: {into: lead, leads: 10 per week, mix: {smb: 50%, big: rest}}
  call: {into: meeting, made_by: desk, leads: 5 per month each, mix: {smb: rest}}
stages:
  lead: {to: {mql: {share: 40%, median: 5}, lost: {share: rest, median: 9}}}
  mql: {worked_by: desk, to: {meeting: {share: {smb: 30%, big: 20%}, median: 5}, lost: {share: rest}}}
  meeting: {worked_by: {smb: seller, big: closer},
            to: {won: {share: 30%, median: 30}, care: {share: 10%}, lost: {share: rest, median: 30}}}
  care: {to: {won: {share: 5%, median: 90}, lost: {share: rest, after: 200}}}
roles:
  desk: {heads: 3, handles: 9 per day each, pay: 4k per month}
  seller: {heads: 3, holds: 9 each, pay: 6k per month}
  closer: {heads: 2, holds: 9 each, pay: 9k per month}
costs: {crm: 2k per month, office: 3k per month}
"""
Edited = Callable[..., Model]
PAIRS = {("web", "smb"), ("web", "big"), ("fair", "smb"), ("fair", "big")}


def model(*edits: tuple[str, str]) -> Model:
    text = PLAN
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load_scenario_text(text).model


def reach(*edits: tuple[str, str]) -> Reach:
    there, back = influence_reach(model(), model(*edits)), influence_reach(model(*edits), model())
    assert there == back
    return there


def stages(found: Reach) -> dict[str, set[tuple[str, str]]]:
    names = {stage for stage, _, _ in found.cells}
    return {name: {(c, s) for stage, c, s in found.cells if stage == name} for name in names}


def test_nothing_differs() -> None:
    assert reach() == Reach()
    assert reach(("name: Plan", "name: Other\nlabel: x\ntargets: {wins: {2027: 3}}")) == Reach()
    assert Reach().lines() == ["nothing: the scenarios simulate the same thing"]


def test_money_reaches_only_money() -> None:
    assert reach(
        (
            "desk: {heads: 3, handles: 9 per day each, pay: 4k per month}",
            "desk: {heads: 3, handles: 9 per day each, pay: 5k per month}",
        )
    ) == Reach(pay={"desk"})
    assert reach(("spend: 5k", "spend: 6k")) == Reach(spend={"web"})
    assert reach(("crm: 2k per month", "crm: 4k per month")) == Reach(costs={"crm"})
    assert reach(("smb: {amount: 8k}", "smb: {amount: 9k}")) == Reach(
        bookings={("web", "smb"), ("fair", "smb"), ("call", "smb")}
    )


def test_a_distribution_behind_all_desks_reaches_what_flows_from_it() -> None:
    found = reach(("won: {share: 5%, median: 90}", "won: {share: 6%, median: 90}"))
    everyone = PAIRS | {("call", "smb")}
    assert stages(found) == {"care": everyone, "won": everyone, "lost": everyone}
    assert found.bookings == everyone
    assert not found.work
    assert not found.arrivals


def test_a_shared_role_couples_its_classes_and_another_role_does_not() -> None:
    found = reach(("seller: {heads: 3, holds: 9 each", "seller: {heads: 4, holds: 9 each"))
    smb = {("web", "smb"), ("fair", "smb"), ("call", "smb")}
    assert stages(found) == {"meeting": smb, "won": smb, "care": smb, "lost": smb}
    assert (found.people, found.capacity, found.work, found.pay) == ({"seller"}, {"seller"}, {"seller"}, {"seller"})


def test_one_class_of_a_distribution() -> None:
    found = reach(("share: {smb: 30%, big: 20%}", "share: {smb: 30%, big: 21%}"))
    # Leads that a desk holds take its time whatever class they are of: so all that it works is reached.
    assert stages(found)["mql"] == PAIRS
    assert "lead" not in stages(found)
    assert found.arrivals == {"call"}
    assert found.work == {"desk", "seller", "closer"}


def test_arrivals_of_a_channel_leave_others_alone_until_they_share_a_desk() -> None:
    found = reach(("leads: 10 per week", "leads: 12 per week"))
    assert found.arrivals == {"fair", "call"}
    assert stages(found)["lead"] == {("fair", "smb"), ("fair", "big")}
    assert stages(found)["mql"] == PAIRS
    assert not found.moves("source", "web", "smb")
    assert found.moves("source", "fair", "smb")
    assert not found.moves("lead", "web", "smb")
    assert found.moves("mql", "web", "smb")
    assert found.stage("mql")


def test_a_ramp_changes_capacity_and_not_the_people() -> None:
    found = reach(("closer: {heads: 2,", "closer: {heads: 2, ramp: [50%],"))
    assert (found.people, found.capacity, found.work, found.pay) == (set(), {"closer"}, {"closer"}, set())


def test_leavers_give_ups_and_time_outs_are_followed() -> None:
    edits = [
        ("meeting: {worked_by", "meeting: {timeout: {after: 90, to: park}, worked_by"),
        ("roles:\n", "  park: {stays: 100%}\nroles:\n"),
    ]
    plan = model(*edits)
    found = influence_reach(plan, model(*edits, ("closer: {heads: 2,", "closer: {heads: 3,")))
    assert stages(found)["park"] == {("web", "big"), ("fair", "big")}


def test_a_stage_or_channel_more_reaches_from_there_on() -> None:
    found = reach(("  call:", "  post: {into: care, leads: 3 per month, mix: {big: rest}}\n  call:"))
    assert found.arrivals == {"post"}
    assert stages(found) == {"care": {("post", "big")}, "won": {("post", "big")}, "lost": {("post", "big")}}


@pytest.mark.parametrize(
    "edit",
    [
        ("until: 2027-12", "until: 2027-11"),
        ("as_of: 2026-12-31", "as_of: 2026-12-30"),
        ("name: Plan", "name: Plan\nreturns: 1"),
        ("name: Plan", "name: Plan\ncalendar: {work: Mon-Fri}"),
    ],
)
def test_other_dates_and_classes_reach_everything(edit: tuple[str, str]) -> None:
    found = reach(edit)
    assert found.everything
    assert found.moves("source", "web", "smb")
    assert found.as_dict() == {"everything": True}
    assert found.lines()[0].startswith("everything")


class TestChanges:
    PRICE = ("costs:", "changes: {price: {from: 2027-07, segments.smb.amount: +5%}}\ncosts:")

    def test_a_change_more_reaches_what_it_changes(self) -> None:
        assert reach(self.PRICE) == Reach(bookings={("web", "smb"), ("fair", "smb"), ("call", "smb")})

    def test_a_change_that_both_have_does_not_count(self) -> None:
        found = influence_reach(model(self.PRICE), model(self.PRICE, ("spend: 5k", "spend: 6k")))
        assert found == Reach(spend={"web"})

    def test_what_a_change_overwrites_counts_before_it(self) -> None:
        overwritten = ("costs:", "changes: {care: {from: 2027-07, stages.care.to.won.share: 9%}}\ncosts:")
        found = influence_reach(
            model(overwritten), model(overwritten, ("won: {share: 5%, median: 90}", "won: {share: 6%, median: 90}"))
        )
        assert set(stages(found)) == {"care", "won", "lost"}

    @pytest.mark.parametrize("more", ["phase: 30 days, ", "affects: open, "])
    def test_the_way_in_which_a_change_comes_counts(self, more: str) -> None:
        text = "changes: {{care: {{from: 2027-07, {}stages.care.to.won.share: 9%}}}}\ncosts:"
        found = influence_reach(model(("costs:", text.format(""))), model(("costs:", text.format(more))))
        assert set(stages(found)) == {"care", "won", "lost"}


class TestStart:
    STOCK = "opening: {{care: [{{channel: web, segment: big, age: 3, count: {}}}]}}\ncosts:"
    DEAL = "open: {{a: {{stage: care, entered: 2026-12-01, channel: fair, segment: big, amount: {}}}}}\ncosts:"

    def test_stock_reaches_from_where_it_is(self) -> None:
        found = influence_reach(model(("costs:", self.STOCK.format(3))), model(("costs:", self.STOCK.format(4))))
        assert stages(found) == {"care": {("web", "big")}, "won": {("web", "big")}, "lost": {("web", "big")}}

    def test_the_amount_of_a_record_reaches_bookings_only(self) -> None:
        found = influence_reach(model(("costs:", self.DEAL.format("5k"))), model(("costs:", self.DEAL.format("6k"))))
        assert found == Reach(bookings={("fair", "big")})

    def test_the_revision_reaches_bookings_of_listed_records(self) -> None:
        plan = model(("costs:", self.DEAL.format("5k")))
        found = influence_reach(plan, model(("costs:", "revision: {median: 0.9}\n" + self.DEAL.format("5k"))))
        assert found == Reach(bookings={("fair", "big")})


def test_it_can_be_printed() -> None:
    found = reach(("leads: 10 per week", "leads: 12 per week"))
    assert "arrivals: call, fair" in found.lines()
    assert "stage lead: fair (big, smb)" in found.lines()
    assert found.as_dict()["arrivals"] == ["call", "fair"]
