"""A plan of a fiscal year and two what-ifs of a few lines, as the language was meant to read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from rpmsim.model.cycle import Response
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import LeadClass, Number, resolve
from rpmsim.scenario import Scenario, load_scenario
from tests.unit.scenario.texts import outcome_of, stage_of

FY27 = """\
name: FY27 plan
currency: EUR
as_of: 2027-01-31                  # last day of the export: the open pipeline rolls forward from here
until: FY27                        # weeks, months, quarters and fiscal years are all periods
calendar: {fiscal_year_starts: February, work: Mon-Fri, holidays: DE-BY}
open: open_deals.csv
targets: {bookings: {FY27-Q1: 2.2M, FY27: 11.5M}}
segments:
  smb:        {amount: {median: 8k, p90: 19k}}
  enterprise: {amount: {median: 140k, p90: 420k}}
channels:
  inbound:
    kind: marketing
    into: mql
    leads: {2027-02: 410, 2027-03: 430, 2027-04: 420, 2027-05: 440, 2027-06: 400, 2027-07: 380,
            2027-08: 350, 2027-09: 450, 2027-10: 460, 2027-11: 450, 2027-12: 330, 2028-01: 420}
    change: +8%
    mix: {smb: 90%, enterprise: 10%}
  paid:     {kind: marketing, into: mql, spend: 60k per month, current: {spend: 60k per month, leads: 150 per month},
             elasticity: 0.4 to 0.6, mix: {smb: 100%}}
  outbound: {kind: sales, into: mql, made_by: sdr, leads: 20 per month each, mix: {smb: 30%, enterprise: 70%}}
stages:
  mql:
    kind: mql
    worked_by: sdr
    response: {time: {median: 2 hours}, odds: x0.8 per day waited, sla: 24 hours}
    to:
      opportunity: {share: {smb: 14%, enterprise: 20% to 26%}, median: 12 days, p90: 30 days}
      nurture:     {share: 30%}
      lost:        {share: rest, median: 3 days}
  opportunity:
    kind: opportunity
    worked_by: {smb: ae, enterprise: ae_enterprise}
    to:
      won:  {share: {smb: 30%, enterprise: 12% to 18%}, median: {smb: 25 days, enterprise: 150 days},
             owner: Ana, source: CRM FY25-26, date: 2026-10-30}
      lost: {share: rest, median: 60 days}
  nurture: {kind: nurture, to: {mql: {share: 20%, median: 60 days}, lost: {share: rest, after: 180 days}}}
roles:
  sdr:           {heads: 6, handles: 9 per day each, ramp: [30%, 70%, 100%], leaves: 3% per month,
                  backfill: {median: 64 days, p90: 90 days}, pay: 5.5k per month}
  ae:            {team: {ana: {start: 2024-03-01}, bo: {}, cem: {end: 2027-06-30}}, holds: 25 each,
                  ramp: [0%, 20%, 40%, 70%, 100%], leaves: 2% per month}
  ae_enterprise: {team: {dee: {}, eli: {}}, holds: 12 each, hires: {2027-03: 2}}
"""
TWO_MORE = """\
extends: fy27.yaml
name: Two more SDRs in March
roles: {sdr: {hires: {2027-03: +2}}}
"""
DOWN = """\
extends: fy27.yaml
name: Leads down 20%, price up in H2
channels: {"*": {change: -20%}}
changes: {price: {from: FY27-Q3, segments.*.amount: +5%, stages.opportunity.to.won.share: odds x0.95}}
"""
DEALS = """\
id,stage,entered,channel,segment,amount
006A1,opportunity,2026-12-10,inbound,smb,12k
006A2,opportunity,2027-01-20,outbound,enterprise,340000
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"fy27.yaml": FY27, "two.yaml": TWO_MORE, "down.yaml": DOWN, "open_deals.csv": DEALS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def plan(folder: Path) -> Scenario:
    return load_scenario(folder / "fy27.yaml")


def test_the_plan(plan: Scenario) -> None:
    model = plan.model
    assert plan.warnings == []
    assert (model.name, model.until, model.days) == ("FY27 plan", dt.date(2028, 1, 31), 365)
    inbound, paid, outbound = model.content.channels
    assert len(inbound.by_month) == 12
    assert inbound.change == Number(1.08)
    assert paid.spend is not None
    assert paid.spend.elasticity.name == "channels.paid.elasticity"
    assert outbound.made_by == "sdr"
    mql = stage_of(model.content, "mql")
    time = Distribution("lognormal", (("median", Number(2.0)),))
    assert mql.response == Response(time, "per_day", Number(0.8), "odds", Number(24.0))
    assert [(t.period, t.first, t.last) for t in model.targets] == [
        ("FY27-Q1", dt.date(2027, 2, 1), dt.date(2027, 4, 30)), ("FY27", dt.date(2027, 2, 1), dt.date(2028, 1, 31)),
    ]  # fmt: skip
    assert [(deal.id, deal.amount) for deal in model.open_deals] == [("006A1", 12e3), ("006A2", 340e3)]
    leaf = next(leaf for leaf in plan.leaves() if leaf.path == "stages.opportunity.to.won.share.smb")
    assert (leaf.text, leaf.owner, leaf.source, leaf.date) == ("30%", "Ana", "CRM FY25-26", "2026-10-30")


def test_two_more_in_march(folder: Path, plan: Scenario) -> None:
    scenario = load_scenario(folder / "two.yaml")
    assert scenario.name == "Two more SDRs in March"
    assert scenario.model.content.roles[0].hires == ((dt.date(2027, 3, 1), Number(2.0)),)
    assert scenario.model.content.roles[1:] == plan.model.content.roles[1:]
    assert scenario.model.content.stages == plan.model.content.stages


def test_leads_down_and_price_up(folder: Path) -> None:
    model = load_scenario(folder / "down.yaml").model
    assert [channel.change.mid for channel in model.content.channels] == [pytest.approx(0.864), 0.8, 0.8]
    (change,) = model.changes
    assert change.start == dt.date(2027, 8, 1)
    amount = change.content.segments[0].amount
    assert amount is not None
    assert dict(amount.distribution.parameters) == {"median": Number(8400.0), "p90": Number(19950.0)}
    won = outcome_of(change.content, "opportunity", "won").share
    smb = resolve(won, LeadClass("inbound", "smb")).mid
    assert smb / (1 - smb) == pytest.approx(0.3 / 0.7 * 0.95)
    assert resolve(won, LeadClass("inbound", "enterprise")).name == "stages.opportunity.to.won.share.enterprise"
