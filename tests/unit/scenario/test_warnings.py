"""What is allowed and usually not meant: reported where it is apt, and nowhere else."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from rpmsim.scenario import load_scenario_text

PLAN = """
as_of: 2027-03-31
until: 2028-03
calendar: {work: Mon-Fri}
segments: {firms: {amount: {median: 14k, p90: 40k}}}
channels: {web: {into: inquiry, leads: 90 per month}}
stages:
  inquiry:
    kind: mql
    worked_by: desk
    response: {odds: x0.9 per day waited}
    to:
      deal: {share: 22%, median: 8 days, p90: 20 days}
      nurture: {share: 30%, median: 12 days}
      lost: {share: rest, median: 15 days}
  deal:
    kind: opportunity
    to:
      won:  {share: 24% to 32%, median: 45 days, p90: 110 days}
      lost: {share: rest, median: 35 days, p90: 90 days}
  nurture: {to: {inquiry: {share: 15%, median: 90 days}, lost: {share: rest, median: 120 days}}}
roles: {desk: {heads: 4, handles: 3 per day each}}
opening: {deal: [{channel: web, age: 30 days, count: 20}]}
"""


def warned(*edits: tuple[str, str], more: str = "") -> list[str]:
    text = PLAN
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load_scenario_text(text + more, "plan.yaml").warnings


def reported(*edits: tuple[str, str], more: str = "") -> str:
    """The one warning that there is."""
    (warning,) = warned(*edits, more=more)
    return warning


OPENING = "opening: {deal: [{channel: web, age: 30 days, count: 20}]}\n"


def test_a_plan_as_it_should_be() -> None:
    assert warned() == []


class TestAnEmptyStart:
    def test_it_is_reported_with_the_months_that_are_too_low(self) -> None:
        warning = reported((OPENING, ""))
        assert warning.startswith("plan.yaml:2:8: as_of: no `open` or `opening`: every stage is empty")
        assert "the first 5 months are too low" in warning
        assert warned((OPENING, "opening: {}\n")) == []

    def test_the_days_are_those_of_the_way_to_a_win(self) -> None:
        fixed = (
            ("deal: {share: 22%, median: 8 days, p90: 20 days}", "deal: {share: 22%, after: 20 days}"),
            ("won:  {share: 24% to 32%, median: 45 days, p90: 110 days}", "won:  {share: 24% to 32%, after: 70 days}"),
            ("inquiry: {share: 15%, median: 90 days}", "inquiry: {share: 0%, median: 90 days}"),
        )
        assert "90% have come after 90 days" in reported((OPENING, ""), *fixed)

    def test_the_nurture_loop_counts(self) -> None:
        rng = np.random.default_rng(5)
        n = 400_000
        days = np.zeros(n)
        inside, won = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
        sigma = {at: np.log(p90 / at) / 1.2815515655446 for at, p90 in ((8, 20), (45, 110))}

        def delay(median: float, spread: float) -> np.ndarray:
            return np.maximum(1, np.floor(median * np.exp(spread * rng.standard_normal(n)) + 0.5))

        for _ in range(12):
            u = rng.random(n)
            wins = inside & (u < 0.22) & (rng.random(n) < 0.28)
            days[wins] += (delay(8, sigma[8]) + delay(45, sigma[45]))[wins]
            won |= wins
            back = inside & (u >= 0.22) & (u < 0.52) & (rng.random(n) < 0.15)
            days[back] += (delay(12, 0.8) + delay(90, 0.8))[back]
            inside = back
        stated = int(reported((OPENING, "")).partition("90% have come after ")[2].partition(" days")[0])
        assert stated == pytest.approx(np.quantile(days[won], 0.9), abs=2)

    def test_a_short_way_is_not_reported(self) -> None:
        quick = (
            ("deal: {share: 22%, median: 8 days, p90: 20 days}", "deal: {share: 22%, after: 2 days}"),
            ("won:  {share: 24% to 32%, median: 45 days, p90: 110 days}", "won:  {share: 24% to 32%, after: 6 days}"),
        )
        assert warned((OPENING, ""), *quick) == []


class TestOldRecords:
    def record(self, days: int, more: str = "") -> str:
        day = dt.date(2027, 3, 31) - dt.timedelta(days)
        return f"open: {{acme: {{stage: deal, entered: {day}, channel: web{more}}}}}\n"

    def test_one_that_is_older_than_nearly_all_stays(self) -> None:
        warning = reported(more=self.record(420))
        assert "open.acme.entered: `acme` has been in deal for" in warning
        assert "for 420 days, longer than 99.9% of all leads stay" in warning
        assert "state its `odds`" in warning

    def test_one_of_an_age_that_occurs(self) -> None:
        assert warned(more=self.record(110)) == []
        assert warned(more=self.record(420, ", odds: x0.2")) == []

    @pytest.mark.parametrize(
        ("distribution", "old", "young"),
        [
            ("table: {30 days: 50%, 80 days: 50%}", 90, 70),
            ("mean: 60 days, sd: 20 days, law: gamma", 130, 90),
            ("scale: 60 days, shape: 1.2, law: weibull", 260, 120),
            ("after: 60 workdays", 100, 75),
        ],
    )
    def test_every_distribution(self, distribution: str, old: int, young: int) -> None:
        both = (
            (
                "won:  {share: 24% to 32%, median: 45 days, p90: 110 days}",
                f"won: {{share: 24% to 32%, {distribution}}}",
            ),
            ("lost: {share: rest, median: 35 days, p90: 90 days}", f"lost: {{share: rest, {distribution}}}"),
        )
        assert "longer than" in reported(*both, more=self.record(old))
        assert warned(*both, more=self.record(young)) == []

    def test_many_are_reported_once(self) -> None:
        records = "\n".join(f"d{i},deal,2025-0{i + 1}-01,web" for i in range(6))
        warning = reported(more=f"open: |\n  id,stage,entered,channel\n  {records.replace(chr(10), chr(10) + '  ')}\n")
        assert "`d0` has been in deal" in warning
        assert "the same holds for `d1`, `d2` and 3 more" in warning

    def test_opening_stock(self) -> None:
        assert "opening.deal.0.age: 20 leads have been in deal for 500 days" in reported(
            ("age: 30 days", "age: 500 days")
        )

    def test_leads_that_may_stay_are_never_too_old(self) -> None:
        stays = ("    kind: opportunity\n", "    kind: opportunity\n    stays: 5%\n")
        assert warned(stays, more=self.record(900)) == []
        both = ("    kind: opportunity\n", "    kind: opportunity\n    timeout: {after: 200 days, to: lost}\n")
        assert "longer than any lead stays" in reported(both, more=self.record(240))


class TestRangesAboveAll:
    WON = "won:  {share: 24% to 32%, median: 45 days, p90: 110 days}"

    def test_the_share_of_the_draws(self) -> None:
        # On the log odds both are normal: 60% +- and 40% +- mirror each other, so half of the draws exceed.
        edit = (
            self.WON,
            "won: {share: 55% to 75%, median: 9 days}\n      nurture: {share: 25% to 45%, median: 9 days}",
        )
        warning = reported(edit)
        share = int(warning.partition("in ")[2].partition("%")[0])
        assert abs(share - 50) <= 1
        assert "stages.deal.to: in " in warning

    @pytest.mark.parametrize("other", ["30% to 40%", "rest"])
    def test_ranges_with_room_are_not_reported(self, other: str) -> None:
        lost = "lost: {share: rest, median: 35 days, p90: 90 days}"
        edits = [(self.WON, f"won: {{share: 24% to 32%}}\n      nurture: {{share: {other}, median: 9 days}}")]
        if other == "rest":
            edits.append((lost, "lost: {share: 20% to 40%, median: 35 days}"))
        assert warned(*edits) == []

    def test_ranges_without_a_rest(self) -> None:
        edits = (
            (self.WON, "won: {share: 20% to 40%, median: 45 days}"),
            ("lost: {share: rest, median: 35 days, p90: 90 days}", "lost: {share: 60% to 80%, median: 35 days}"),
        )
        warning = reported(*edits)
        assert "some leads never leave" in warning
        assert "let one of the outcomes be `share: rest`" in warning

    def test_parameters_that_are_drawn_together(self) -> None:
        # One draw for both: the sum exceeds 1 exactly where the draw lies above its middle.
        edits = (
            (self.WON, "won: {share: {low: 40%, high: 60%, draw: one}, median: 45 days}"),
            (
                "lost: {share: rest, median: 35 days, p90: 90 days}",
                "nurture: {share: {low: 40%, high: 60%, draw: one}, median: 9 days}\n      lost: {share: rest}",
            ),
        )
        share = int(reported(*edits).partition("in ")[2].partition("%")[0])
        assert abs(share - 50) <= 1

    def test_a_change_is_reported_at_its_own_place(self) -> None:
        change = "changes: {better: {from: 2027-09, stages.inquiry.to.deal.share: 40% to 70%, "
        change += "stages.inquiry.to.nurture.share: 40%}}\n"
        assert "changes.better.stages.inquiry.to: in " in reported(more=change)


class TestNobodyWorks:
    DESK = "desk: {heads: 4, handles: 3 per day each}"

    def test_the_last_one_leaves(self) -> None:
        warning = reported(
            (self.DESK, "desk: {team: {jo: {end: 2027-08-31}, al: {end: 2027-05-15}}, handles: 3 per day each}")
        )
        assert "roles.desk: from 2027-09-01 nobody works inquiry: leads that enter then have to wait" in warning

    def test_a_gap_until_the_next_one_comes(self) -> None:
        team = "team: {jo: {end: 2027-08-31}}"
        gap = f"desk: {{{team}, hires: {{2027-11: 1}}, handles: 3 per day each}}"
        assert "from 2027-09-01 to 2027-10-31 nobody works inquiry" in reported((self.DESK, gap))
        short = f"desk: {{{team}, hires: {{2027-09-15: 1}}, handles: 3 per day each}}"
        assert warned((self.DESK, short)) == []
        filled = f"desk: {{{team}, backfill: 20 days, handles: 3 per day each}}"
        assert warned((self.DESK, filled)) == []

    def test_a_segment_of_which_nobody_is_left(self) -> None:
        edits = (
            ("segments: {firms:", "segments: {public: {amount: 9k}, firms:"),
            ("leads: 90 per month", "leads: 90 per month, mix: {public: 20%, firms: rest}"),
            ("channel: web, age", "channel: web, segment: firms, age"),
            (self.DESK, "desk: {team: {jo: {}, al: {segment: public}}, handles: 3 per day each}"),
        )
        assert warned(*edits) == []
        gone = (*edits[:3], (self.DESK, edits[3][1].replace("jo: {}", "jo: {segment: firms, end: 2027-06-30}")))
        assert "from 2027-07-01 nobody works inquiry for firms" in reported(*gone)

    def test_leavers_who_are_not_replaced(self) -> None:
        few = "desk: {heads: 1, leaves: 12% per month, handles: 8 per day each}"
        assert "in at least half of all replications, because" in reported((self.DESK, few))
        assert warned((self.DESK, few.replace("12%", "2%"))) == []
        assert warned((self.DESK, few.replace("leaves:", "backfill: 30 days, leaves:"))) == []


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("24% to 32%", "94%", "stages.deal.to.won.share", "94% of all leads that enter `deal` are won"),
        ("p90: 110 days", "p90: 900 days", "stages.deal.to.won.p90", "the p90 is 20 times the median"),
        ("{median: 14k, p90: 40k}", "{median: 14k, sigma: 2.4}", "segments.firms.amount", "the p90 is 22 times"),
        ("heads: 4,", "heads: 4, hires: {2027-09: 400},", "roles.desk.hires.2027-09", "400 hires in one month"),
    ],
)
def test_slips(old: str, new: str, path: str, message: str) -> None:
    warning = reported((old, new))
    assert f": {path}: {message}" in warning


def test_what_looks_like_a_slip_and_is_none() -> None:
    step = "  signing: {kind: opportunity, to: {won: {share: 95%, median: 9 days}, lost: {share: rest}}}\n  nurture:"
    assert (
        warned(
            ("      won:  {share: 24% to 32%", "      signing:  {share: 24% to 32%"), ("  nurture: {to", f"{step} {{to")
        )
        == []
    )
    assert warned(("24% to 32%", "94%"), ("{into: inquiry", "{kind: customer, into: inquiry")) == []
    assert warned(("heads: 4,", "heads: 4, hires: {2027-09: 6},")) == []
    assert warned(("odds: x0.9 per day waited", "time: {median: 5 minutes, p90: 20 hours}")) == []


class TestTargets:
    def targets(self, **values: str) -> list[str]:
        stated = ", ".join(f"{period.replace('_', '-')}: {value}" for period, value in values.items())
        return warned(("2027-03-31", "2026-12-31"), more=f"targets: {{bookings: {{{stated}}}}}\n")

    def test_quarters_that_do_not_make_up_the_year(self) -> None:
        quarters = {"2027_Q1": "900k", "2027_Q2": "1M", "2027_Q3": "1M", "2027_Q4": "1.2M"}
        (warning,) = self.targets(**quarters, **{"2027": "5M"})
        assert "targets.bookings.2027: 2027 has a target of 5,000,000, and 2027-Q1, 2027-Q2" in warning
        assert "add up to 4,100,000" in warning
        assert self.targets(**quarters, **{"2027": "4.1M"}) == []
        assert self.targets(**quarters, **{"2027": "4.12M"}) == []

    def test_quarters_that_alone_exceed_the_year(self) -> None:
        (warning,) = self.targets(**{"2027_Q1": "900k", "2027_Q2": "1M", "2027": "1.5M"})
        assert "alone add up to 1,900,000" in warning
        assert self.targets(**{"2027_Q1": "900k", "2027_Q2": "1M", "2027": "5M"}) == []


class TestKindOther:
    FREE = ("    kind: mql\n", "")

    def test_nurture_counts_as_advancing(self) -> None:
        warning = reported(self.FREE)
        assert "stages.inquiry.to.nurture: `inquiry` has no kind" in warning
        assert "a wait affects it like a conversion" in warning

    def test_a_pool_of_another_name(self) -> None:
        pool = ("  nurture: {to", "  parked: {to"), ("      nurture: {share: 30%", "      parked: {share: 30%")
        assert "`inquiry` has no kind, so a move to `parked`" in reported(self.FREE, *pool)

    def test_what_says_so_is_not_reported(self) -> None:
        assert warned(("    kind: mql\n", "    kind: other\n")) == []
        assert warned(self.FREE, ("nurture: {share: 30%,", "nurture: {share: 30%, advances: no,")) == []
        assert warned(self.FREE, ("    response: {odds: x0.9 per day waited}\n", "")) == []
