"""A small scenario that uses much of the language, and ways to change it."""

from __future__ import annotations

import pytest

from rpmsim.errors import Diagnostic, InputError
from rpmsim.model.cycle import Outcome, Stage
from rpmsim.model.plan import Content, Model
from rpmsim.scenario import Scenario, load_scenario_text

SMALL = """\
name: Small
as_of: 2026-12-31
until: 2027-12
calendar: {work: Mon-Fri, clocks: {closing: {weekdays: work, month_end: [3, 1.5]}}}
returns: 2
grades: {hot: {}, cold: {}}
segments:
  smb: {amount: {median: 8k, p90: 19k}}
  enterprise: {amount: {median: 140k, p90: 420k}}
channels:
  inbound: {into: mql, leads: 40 per week, mix: {smb: 90%, enterprise: rest}, grades: {hot: 20%, cold: rest}}
  outbound:
    {into: mql, made_by: sdr, leads: 20 per month each, mix: {smb: 30%, enterprise: 70%}, grades: {hot: 1%, cold: rest}}
stages:
  mql:
    worked_by: sdr
    response: {time: {median: 2 hours}, odds: x0.8 per day waited, sla: 24 hours}
    to:
      opportunity: {share: {smb: 14%, enterprise: 20% to 26%}, median: 12 days, p90: 30 days}
      nurture: {share: 30%}
      lost: {share: rest, median: 3 days}
  opportunity:
    worked_by: {smb: ae, enterprise: ae_enterprise}
    to:
      won: {share: {smb: 30%, enterprise: 12% to 18%}, median: {smb: 25 days, enterprise: 150 days}}
      lost: {share: rest, median: 60 days}
  nurture: {to: {mql: {share: 20%, median: 61 days, returning: yes}, lost: {share: rest, after: 180 days}}}
roles:
  sdr: {heads: 6, handles: 9 per day each, ramp: [30%, 70%, 100%], leaves: 3% per month, backfill: 64 days}
  ae: {heads: 4, holds: 25 each}
  ae_enterprise: {heads: 4, holds: 12 each, hires: {2027-03: 2}}
targets: {bookings: {2027: 2.2M}}
opening: {}
"""
END = "targets: {bookings: {2027: 2.2M}}"
"""A passage behind which further keys of the top can be put."""


def edited(*edits: tuple[str, str]) -> str:
    """The small scenario with passages replaced, each of which stands in it once; by itself it starts empty."""
    text = SMALL.replace("opening: {}\n", "") if any("opening:" in new for _, new in edits) else SMALL
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def loaded(*edits: tuple[str, str]) -> Scenario:
    return load_scenario_text(edited(*edits), "plan.yaml")


def model_of(*edits: tuple[str, str]) -> Model:
    return loaded(*edits).model


def diagnostics_of(text: str) -> list[Diagnostic]:
    with pytest.raises(InputError) as caught:
        load_scenario_text(text, "plan.yaml")
    return caught.value.diagnostics


def stage_of(content: Content, name: str) -> Stage:
    return next(stage for stage in content.stages if stage.name == name)


def outcome_of(content: Content, name: str, to: str) -> Outcome:
    return next(outcome for outcome in stage_of(content, name).outcomes if outcome.to == to)
