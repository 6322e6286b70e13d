"""What-ifs: maps merge, scalars replace, null deletes, wildcards, relative values, overrides."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from rpmsim.errors import InputError
from rpmsim.model.cycle import Delay, RandomEffect
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.model.staffing import Role
from rpmsim.scenario import Scenario
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import SMALL, outcome_of, stage_of

SMB = LeadClass("inbound", "smb", "hot")
ENTERPRISE = LeadClass("inbound", "enterprise", "hot")


def role(scenario: Scenario, name: str) -> Role:
    return next(role for role in scenario.model.content.roles if role.name == name)


def share(scenario: Scenario, stage: str, to: str, lead: LeadClass = SMB) -> Number:
    value = resolve(outcome_of(scenario.model.content, stage, to).share, lead)
    assert isinstance(value, Number)
    return value


def amount(scenario: Scenario, position: int = 0) -> Distribution:
    stated = scenario.model.content.segments[position].amount
    assert stated is not None
    return stated.distribution


def distribution(scenario: Scenario, stage: str, to: str, lead: LeadClass = SMB) -> Distribution:
    delay = resolve(outcome_of(scenario.model.content, stage, to).delay, lead)
    assert isinstance(delay, Delay)
    return delay.distribution


def said(what_if: WhatIf, *texts: str, **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        what_if(*texts, **more)
    return str(caught.value)


class TestMerging:
    def test_maps_merge_and_scalars_replace(self, what_if: WhatIf) -> None:
        scenario = what_if("roles: {sdr: {heads: 7}}")
        assert role(scenario, "sdr").heads == Number(7.0)
        assert role(scenario, "sdr").per_day == Number(9.0)

    def test_lists_are_replaced(self, what_if: WhatIf) -> None:
        assert role(what_if("roles: {sdr: {ramp: [50%]}}"), "sdr").ramp == (Number(0.5),)

    def test_a_month_of_a_ramp_that_is_a_list(self, what_if: WhatIf) -> None:
        assert role(what_if("roles: {sdr: {ramp: {2: 80%}}}"), "sdr").ramp == (Number(0.3), Number(0.8), Number(1.0))

    def test_null_deletes(self, what_if: WhatIf) -> None:
        scenario = what_if("roles: {sdr: {backfill: null}, ae_enterprise: {hires: ~}}")
        assert role(scenario, "sdr").backfill is None
        assert role(scenario, "ae_enterprise").hires == ()
        assert scenario.warnings == []

    def test_an_empty_value_deletes_too_and_is_warned_about(self, what_if: WhatIf) -> None:
        scenario = what_if("roles:\n  sdr:\n    backfill:")
        assert role(scenario, "sdr").backfill is None
        assert "write `null`" in scenario.warnings[0]

    def test_nothing_to_delete_is_a_error(self, what_if: WhatIf) -> None:
        assert "level1.yaml:2:15: roles.sdr.backfil: there is no `backfil` to delete; did you mean `backfill`?" in said(
            what_if, "roles: {sdr: {backfil: null}}"
        )

    def test_maps_by_date_merge_by_date_however_the_month_is_written(self, what_if: WhatIf) -> None:
        scenario = what_if("roles: {ae_enterprise: {hires: {2027-03-01: 3, 2027-06: 1}}}")
        assert role(scenario, "ae_enterprise").hires == (
            (dt.date(2027, 3, 1), Number(3.0)),
            (dt.date(2027, 6, 1), Number(1.0)),
        )

    def test_several_levels(self, what_if: WhatIf) -> None:
        scenario = what_if("roles.sdr.heads: +1", "roles.sdr.heads: +1", "roles.sdr.heads: x2")
        assert role(scenario, "sdr").heads == Number(16.0)

    def test_what_a_file_says_of_itself_is_not_inherited(self, what_if: WhatIf) -> None:
        base = "status: approved\napproved_by: Ana\nlabel: Plan\ndescription: all\nowner: Bo\n" + SMALL
        scenario = what_if("roles.sdr.heads: 7", base=base)
        assert (scenario.name, scenario.status, scenario.approved_by, scenario.model.label) == ("level1", "", "", "")
        same = what_if(base=base, overrides={"roles.sdr.heads": "7"})
        assert (same.name, same.status, same.approved_by) == ("Small", "approved", "Ana")

    def test_a_class_map_over_one_value_keeps_it_for_the_others(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.mql.to.nurture.share: {enterprise: 10%}")
        assert (share(scenario, "mql", "nurture"), share(scenario, "mql", "nurture", ENTERPRISE)) == (
            Number(0.3),
            Number(0.1),
        )

    def test_one_value_over_a_class_map(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.mql.to.opportunity.share: 10%")
        assert share(scenario, "mql", "opportunity", ENTERPRISE) == Number(0.1)

    def test_history_can_be_added_to_a_number(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.mql.to.opportunity.share.enterprise: {owner: Ana, value: 22%}")
        stated = share(scenario, "mql", "opportunity", ENTERPRISE)
        assert (stated.low, stated.mid, stated.high, stated.name) == (
            0.2,
            0.22,
            0.26,
            "stages.mql.to.opportunity.share.enterprise",
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{after: 5 days}", Distribution("fixed", (("value", Number(5.0)),))),
            ("{mean: 12, sd: 3}", Distribution("lognormal", (("mean", Number(12.0)), ("sd", Number(3.0))))),
            ("{sigma: 0.5}", Distribution("lognormal", (("median", Number(12.0)), ("sigma", Number(0.5))))),
            ("{p90: 40}", Distribution("lognormal", (("median", Number(12.0)), ("p90", Number(40.0))))),
            ("{table: [3, 4]}", Distribution("table", points=((3.0, 1.0), (4.0, 1.0)))),
        ],
    )
    def test_a_distribution_in_other_terms_takes_the_old_ones_away(
        self, what_if: WhatIf, text: str, expected: Distribution
    ) -> None:
        scenario = what_if(f"stages.mql.to.opportunity: {text}")
        assert distribution(scenario, "mql", "opportunity") == expected
        assert share(scenario, "mql", "opportunity") == Number(0.14)

    def test_terms_that_do_not_fit_in_one_file_are_a_error(self, what_if: WhatIf) -> None:
        assert "a lognormal distribution cannot be defined by" in said(
            what_if, "stages.mql.to.opportunity: {median: 3, mean: 5}"
        )


class TestRelative:
    def test_a_range_keeps_its_name_so_that_the_draw_is_shared(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.mql.to.opportunity.share: +20%")
        stated = share(scenario, "mql", "opportunity", ENTERPRISE)
        assert (stated.low, stated.high) == (0.24, 0.312)
        assert stated.name == "stages.mql.to.opportunity.share.enterprise"
        assert share(scenario, "mql", "opportunity") == Number(0.168)

    def test_points_and_odds_of_a_share(self, what_if: WhatIf) -> None:
        assert share(what_if("stages.mql.to.nurture.share: +5 points"), "mql", "nurture") == Number(0.35)
        odds = share(what_if("stages.opportunity.to.won.share.smb: odds x1.2"), "opportunity", "won").mid
        assert odds / (1 - odds) == pytest.approx(0.3 / 0.7 * 1.2, rel=1e-12)

    def test_counts_are_added_to(self, what_if: WhatIf) -> None:
        scenario = what_if("roles: {ae_enterprise: {hires: {2027-03: +2, 2027-06: +1}}, sdr: {heads: -1}}")
        assert role(scenario, "ae_enterprise").hires == (
            (dt.date(2027, 3, 1), Number(4.0)),
            (dt.date(2027, 6, 1), Number(1.0)),
        )
        assert role(scenario, "sdr").heads == Number(5.0)

    def test_a_table_by_date_is_changed_in_every_row(self, what_if: WhatIf) -> None:
        base = SMALL.replace("leads: 40 per week", "leads: {2027-01: 40, 2027-02: 50}")
        rows = what_if("channels.inbound.leads: +20%", base=base).model.content.channels[0].by_month
        assert [number for _, number in rows] == [Number(48.0), Number(60.0)]

    def test_a_distribution_is_scaled_as_a_whole(self, what_if: WhatIf) -> None:
        scenario = what_if("segments.*.amount: +5%\nsegments.enterprise.label: Big")
        assert amount(scenario) == Distribution("lognormal", (("median", Number(8400.0)), ("p90", Number(19950.0))))
        assert amount(scenario, 1) == Distribution("lognormal", (("median", Number(147e3)), ("p90", Number(441e3))))

    def test_a_fixed_amount_is_scaled_too(self, what_if: WhatIf) -> None:
        scenario = what_if("segments.smb.amount: +5%", base=SMALL.replace("{median: 8k, p90: 19k}", "18k"))
        assert amount(scenario) == Distribution("fixed", (("value", Number(18900.0)),))

    def test_the_time_of_an_outcome_is_stretched_by_one_word(self, what_if: WhatIf) -> None:
        scenario = what_if("stages: {mql: {to: {opportunity: {time: x0.5}}}, opportunity: {to: {won: {time: -20%}}}}")
        assert distribution(scenario, "mql", "opportunity") == Distribution(
            "lognormal", (("median", Number(6.0)), ("p90", Number(15.0)))
        )
        assert distribution(scenario, "opportunity", "won", ENTERPRISE) == Distribution(
            "lognormal", (("median", Number(120.0)),)
        )
        assert share(scenario, "mql", "opportunity") == Number(0.14)

    def test_a_table_of_times_is_stretched(self, what_if: WhatIf) -> None:
        base = SMALL.replace(
            "lost: {share: rest, median: 60 days}", "lost: {share: rest, table: {10 days: 20%, 20 days: 80%}}"
        )
        assert distribution(
            what_if("stages.opportunity.to.lost.time: x1.5", base=base), "opportunity", "lost"
        ).points == (
            (15.0, 0.2),
            (30.0, 0.8),
        )

    def test_change_composes(self, what_if: WhatIf) -> None:
        base = SMALL.replace("leads: 40 per week", "leads: 40 per week, change: +8%")
        change = what_if("channels.inbound.change: -20%", base=base).model.content.channels[0].change
        assert change.mid == pytest.approx(1.08 * 0.8, rel=1e-15)
        assert what_if("channels.inbound.change: -20%").model.content.channels[0].change == Number(0.8)
        assert what_if("channels.inbound.change: 0.7", base=base).model.content.channels[0].change == Number(0.7)

    def test_a_class_that_is_not_named_is_relative_to_what_holds_for_it(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.mql.to.nurture.share.enterprise: +5 points")
        assert share(scenario, "mql", "nurture", ENTERPRISE) == Number(0.35)
        assert share(scenario, "mql", "nurture") == Number(0.3)

    @pytest.mark.parametrize(
        ("text", "reported"),
        [
            ("roles.sdr.pay: +5%", "`+5%` is a relative value"),
            ("stages.mql.shock: x2", "`x2` is a relative value"),
            ("stages.mql.to.lost.share: +5 points", "refers to `rest`"),
            ("stages.mql.to.opportunity.median: +2", "only counts can be added to;"),
            ("roles.sdr.heads: +5 points", "is for shares,"),
            ("roles.sdr.heads: odds x2", "is for shares,"),
            ("stages.mql.to.opportunity: +5%", "a map"),
            ("stages.mql.to.nurture.time: x2", "no parent states a time"),
            ("stages.mql.to.opportunity.time: 5 days", "is not a change of the time"),
            ("stages.mql.to.opportunity.share.enterprise: +5% to +10%", "is a range"),
            ("stages.mql.to.nurture.share: +300%", "out of bounds"),
            ("roles.sdr.heads: -7", "subtracts more than the 6 in the parent"),
        ],
    )
    def test_errors(self, what_if: WhatIf, text: str, reported: str) -> None:
        message = said(what_if, text)
        assert reported in message
        assert "level1.yaml:2:" in message


class TestWildcards:
    def test_every_name(self, what_if: WhatIf) -> None:
        scenario = what_if('channels: {"*": {dispersion: 0.04}}\nstages.*.shock: 10%')
        assert [channel.dispersion for channel in scenario.model.content.channels] == [Number(0.04)] * 2
        assert [stage.shock for stage in scenario.model.content.stages] == [
            RandomEffect(Number(0.1), "quarter")
        ] * 3 + [None] * 2

    def test_only_where_the_rest_of_the_path_exists(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.*.to.won.share.smb: odds x0.95\nstages.*.to.lost.median: 5 days")
        assert share(scenario, "opportunity", "won").mid < 0.3
        assert {outcome.to for outcome in stage_of(scenario.model.content, "mql").outcomes} == {
            "opportunity",
            "nurture",
            "lost",
        }
        assert distribution(scenario, "nurture", "lost") == Distribution("lognormal", (("median", Number(5.0)),))

    def test_relative_values_change_what_is_there(self, what_if: WhatIf) -> None:
        scenario = what_if("roles.*.hires.*: x2\nroles.*.holds: +1")
        assert role(scenario, "ae_enterprise").hires == ((dt.date(2027, 3, 1), Number(4.0)),)
        assert [role.holds for role in scenario.model.content.roles] == [None, Number(26.0), Number(13.0)]

    @pytest.mark.parametrize("order", [0, 1])
    def test_a_name_wins_over_a_star_whatever_their_order(self, what_if: WhatIf, order: int) -> None:
        lines = ["roles.*.heads: 9", "roles.ae.heads: +1"]
        scenario = what_if("\n".join(lines[::-1] if order else lines))
        assert [role.heads.mid for role in scenario.model.content.roles] == [9.0, 5.0, 9.0]

    def test_a_range_written_once_is_one_parameter(self, what_if: WhatIf) -> None:
        scenario = what_if("stages.*.shock: 5% to 15%")
        names = {stage.shock.sigma.name for stage in scenario.model.content.stages if stage.shock}
        assert names == {"stages.*.shock"}

    def test_in_the_base_it_means_the_names_of_the_same_file(self, what_if: WhatIf) -> None:
        scenario = what_if(base=SMALL + "roles.*.leaves: 2% per month\n")
        assert [role.leaves_per_month.mid for role in scenario.model.content.roles] == [0.03, 0.02, 0.02]

    @pytest.mark.parametrize(
        ("text", "reported"),
        [
            ("stages.*.to.wonn.share: +5%", "does not match anything"),
            ("stages.mql.*.share: +5%", "does not match anything"),
            ("roles.*.time_to_fill.median: +5%", "not match anything that states this"),
            ('"*.sdr.heads": 5', "does not match anything"),
            ("roles.*.heads: 1\nroles: {'*': {heads: 2}}", "stated twice"),
            ("roles.sdr.heads: 1\nroles: {sdr: {heads: 2}}", "stated twice, first in line 2"),
            ("segments.smb.amount: 5k\nsegments.smb.amount.per: year", "as a whole in line 2"),
        ],
    )
    def test_errors(self, what_if: WhatIf, text: str, reported: str) -> None:
        assert reported in said(what_if, text)


class TestOverrides:
    def test_they_follow_the_rules_of_a_what_if_one_after_the_other(self, what_if: WhatIf) -> None:
        overrides = {
            "roles.sdr.heads": "+2",
            "roles.*.heads": "x2",
            "stages.mql.to.nurture.share": "{smb: 20%, enterprise: 10%}",
        }
        scenario = what_if(overrides=overrides)
        assert [role.heads.mid for role in scenario.model.content.roles] == [16.0, 8.0, 8.0]
        assert share(scenario, "mql", "nurture", ENTERPRISE) == Number(0.1)
        assert scenario.overrides == overrides

    def test_pairs_as_text_are_taken_too(self, tmp_path: Any) -> None:
        from rpmsim.scenario import load_scenario

        (tmp_path / "plan.yaml").write_text(SMALL)
        scenario = load_scenario(tmp_path / "plan.yaml", ["roles.sdr.heads=7", "until = 2028"])
        assert role(scenario, "sdr").heads == Number(7.0)
        assert scenario.model.until == dt.date(2028, 12, 31)

    @pytest.mark.parametrize(
        ("path", "value", "reported"),
        [
            ("roles.sdr.heds", "7", "--set roles.sdr.heds=7: roles.sdr.heds: unknown key `heds`"),
            ("roles.sdr.heads", "many", "roles.sdr.heads: `many` is not a number"),
            ("roles.sdr.hires", "{2027-03: 2", "not YAML"),
            ("roles..heads", "2", "not a path"),
            ("roles.sdr.pay", "+5%", "a relative value, but"),
            ("until", "2026", "nothing to simulate:"),
        ],
    )
    def test_errors_name_the_override(self, what_if: WhatIf, path: str, value: str, reported: str) -> None:
        message = said(what_if, overrides={path: value})
        assert reported in message
        assert f"--set {path}={value}" in message
