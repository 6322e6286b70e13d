"""From text to the model: dates, amounts, what is there at the start, and the scenario as a whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number
from rpmsim.model.plan import Model, OpenDeal, OpeningStock
from rpmsim.scenario import load_scenario
from tests.unit.scenario.texts import END, edited, loaded, model_of, stage_of


class TestTheWhole:
    def test_horizon_calendar_and_targets(self) -> None:
        model = model_of(
            ("until: 2027-12", "until: FY27"),
            (
                "calendar: {work: Mon-Fri,",
                "calendar: {work: Sun-Thu, fiscal_year_starts: February, holidays: [2027-05-14],",
            ),
            (
                END,
                (
                    "targets: {bookings: {FY27-Q1: 2.2M, FY27: 11.5M}, wins: {2027-W30: 3}}\n"
                    "report: {period: fiscal_quarter}\ncurrency: CHF"
                ),
            ),
            ("as_of: 2026-12-31", "as_of: 2027-01-31"),
        )
        assert (model.as_of, model.until, model.days) == (dt.date(2027, 1, 31), dt.date(2028, 1, 31), 365)
        assert model.calendar.work == (True, True, True, True, False, False, True)
        assert model.calendar.holidays == (dt.date(2027, 5, 14),)
        assert [(t.metric, t.period, t.first, t.last, t.value) for t in model.targets] == [
            ("bookings", "FY27-Q1", dt.date(2027, 2, 1), dt.date(2027, 4, 30), 2.2e6),
            ("bookings", "FY27", dt.date(2027, 2, 1), dt.date(2028, 1, 31), 11.5e6),
            ("wins", "2027-W30", dt.date(2027, 7, 26), dt.date(2027, 8, 1), 3.0),
        ]
        assert (model.period, model.currency) == ("fiscal_quarter", "CHF")

    @pytest.mark.parametrize(
        ("until", "named", "last"),
        [
            ("FY27", "start", "2028-01-31"),
            ("FY28", "end", "2028-01-31"),
            ("2027-Q2", "start", "2027-06-30"),
            ("2027-W30", "start", "2027-08-01"),
            ("2027-02", "start", "2027-02-28"),
            ("2027", "start", "2027-12-31"),
            ("FY27-Q4", "start", "2028-01-31"),
        ],
    )
    def test_periods_by_their_labels(self, until: str, named: str, last: str) -> None:
        model = model_of(
            ("until: 2027-12", f"until: {until}"),
            (END, ""),
            ("work: Mon-Fri,", f"work: Mon-Fri, fiscal_year_starts: Feb, fiscal_year_named: {named},"),
            (", hires: {2027-03: 2}", ""),
        )
        assert model.until == dt.date.fromisoformat(last)

    def test_a_region_has_its_holidays(self) -> None:
        days = model_of(("work: Mon-Fri,", "work: Mon-Fri, holidays: DE-BY,")).calendar.holidays
        assert dt.date(2027, 5, 6) in days  # Ascension Day
        assert dt.date(2027, 1, 6) in days  # Epiphany: a holiday in Bavaria, not in Berlin
        assert {day.year for day in days} == {2025, 2026, 2027, 2028}

    def test_amounts_bands_and_costs(self) -> None:
        model = model_of(
            ("smb: {amount: {median: 8k, p90: 19k}}", "smb: {amount: 18k, label: Small, group: all}"),
            ("amount: {median: 140k, p90: 420k}", "amount: {median: 140k, p90: 420k, per: year, term: 2 years}"),
            ("  opportunity:\n", "  opportunity:\n    amount: here\n"),
            (
                END,
                (
                    "bands: {small: {below: 20k}, large: {}}\n"
                    "costs: {crm: 4k per month, fair: {kind: services, months: {2027-03: 20k}}}"
                ),
            ),
        )
        smb, enterprise = model.content.segments
        assert smb.amount is not None
        assert smb.amount.distribution == Distribution("fixed", (("value", Number(18e3)),))
        assert enterprise.amount is not None
        assert (enterprise.amount.per, enterprise.amount.term_months) == ("year", Number(24.0))
        assert [(band.name, band.below) for band in model.bands] == [("small", 20e3), ("large", None)]
        assert stage_of(model.content, "opportunity").amount_here
        assert model.content.costs[0].per_month == Number(4e3)
        assert model.content.costs[1].by_month == ((dt.date(2027, 3, 1), Number(20e3)),)

    def test_what_is_there_at_the_start(self) -> None:
        model = model_of(
            (
                END,
                (
                    "opening: {nurture: [{channel: inbound, segment: smb, grade: hot, returns: 1, age: 30, count: 9}],"
                    " mql: [{channel: inbound, segment: smb, grade: cold, wait: 3, count: 2}]}"
                ),
            )
        )
        assert model.opening == (
            OpeningStock("nurture", "inbound", "smb", 9, 30, False, "hot", 1),
            OpeningStock("mql", "inbound", "smb", 2, 3, True, "cold"),
        )

    def test_open_records_as_map_list_and_csv_are_the_same(self, tmp_path: Any) -> None:
        values = "stage: opportunity, entered: 2026-12-01, channel: inbound, segment: smb, grade: hot, amount: 12k"
        as_map, as_list = f"open: {{A 1: {{{values}}}}}", f"open: [{{id: A 1, {values}}}]"
        rows = "id,stage,entered,channel,segment,grade,amount\nA 1,opportunity,2026-12-01,inbound,smb,hot,12k\n"
        as_text = "open: |\n" + "".join(f"  {line}\n" for line in rows.splitlines())
        (tmp_path / "deals.csv").write_text(rows)
        (tmp_path / "plan.yaml").write_text(edited((END, "open: deals.csv")))
        deal = OpenDeal("A 1", "opportunity", dt.date(2026, 12, 1), "inbound", "smb", 12e3, grade="hot")
        for text in (as_map, as_list, as_text):
            assert model_of((END, text)).open_deals == (deal,)
        from_file = load_scenario(tmp_path / "plan.yaml")
        assert from_file.model.open_deals == (deal,)
        assert [file.path for file in from_file.files] == [str(tmp_path / "plan.yaml"), f"{tmp_path}/deals.csv"]

    def test_the_revision_of_open_deals(self) -> None:
        assert model_of((END, "revision: {median: 0.95, p90: 1.25}")).revision == Distribution(
            "lognormal", (("median", Number(0.95)), ("p90", Number(1.25)))
        )

    def test_one_segment_needs_no_mix(self) -> None:
        model = model_of(
            ("  enterprise: {amount: {median: 140k, p90: 420k}}\n", ""),
            (", mix: {smb: 90%, enterprise: rest}", ""),
            (", mix: {smb: 30%, enterprise: 70%}", ""),
            ("{smb: 14%, enterprise: 20% to 26%}", "14%"),
            ("{smb: ae, enterprise: ae_enterprise}", "ae"),
            ("{smb: 30%, enterprise: 12% to 18%}, median: {smb: 25 days, enterprise: 150 days}", "30%, median: 25"),
            ("  ae_enterprise: {heads: 4, holds: 12 each, hires: {2027-03: 2}}\n", ""),
        )
        assert model.content.channels[0].mix == (("smb", None),)

    def test_the_name_defaults_to_the_file(self) -> None:
        assert loaded(("name: Small\n", "")).name == "plan.yaml"

    def test_the_model_compares_by_meaning(self) -> None:
        assert model_of() == model_of(("40 per week", "40  per  week"))
        assert model_of() != model_of(("40 per week", "41 per week"))
        assert isinstance(model_of(), Model)
