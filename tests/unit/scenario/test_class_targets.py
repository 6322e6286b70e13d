"""Targets of channels, segments and groups: read, merged, set, and refused where they cannot be meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import load_scenario
from rpmsim.scenario.differences import differences

PARENT = """
name: Parent
as_of: 2026-12-31
until: 2027-12
segments: {tiny: {group: north, amount: 2k}, huge: {group: north, amount: 90k}}
channels: {fair: {into: lead, leads: 40 per month, mix: {tiny: 80%, huge: rest}}}
stages: {lead: {to: {won: {share: 30%, median: 9 days}, lost: {share: rest, median: 9 days}}}}
opening: {}
targets:
  wins: {2027: 100}
  segments: {huge: {bookings: {2027: 2M, 2027-Q1: 300k}}}
  groups: {north: {wins: {2027-Q2: 20}}}
"""


def loaded(tmp_path: Path, child: str = "", settings: tuple[str, ...] = ()):
    (tmp_path / "parent.yaml").write_text(PARENT, encoding="utf-8")
    file = tmp_path / "child.yaml"
    file.write_text(f"extends: parent.yaml\nname: Child\n{child}", encoding="utf-8")
    return load_scenario(file, settings)


def stated(scenario) -> dict[str, float]:
    return {".".join(target.path): target.value for target in scenario.model.class_targets}


def test_they_merge_and_are_set_by_their_path(tmp_path: Path) -> None:
    assert stated(loaded(tmp_path)) == {
        "targets.segments.huge.bookings.2027": 2e6,
        "targets.segments.huge.bookings.2027-Q1": 3e5,
        "targets.groups.north.wins.2027-Q2": 20,
    }
    child = "targets: {segments: {huge: {bookings: {2027: 3M}}}, channels: {fair: {leads: {2027: 500}}}}"
    found = stated(loaded(tmp_path, child, ("targets.groups.north.wins.2027-Q2=25",)))
    assert found == {
        "targets.segments.huge.bookings.2027": 3e6,
        "targets.segments.huge.bookings.2027-Q1": 3e5,
        "targets.groups.north.wins.2027-Q2": 25,
        "targets.channels.fair.leads.2027": 500,
    }
    said = [d.words for d in differences(loaded(tmp_path), loaded(tmp_path, child))]
    assert "Target of bookings in 2027 of segment huge: from 2M to 3M (+50%)" in said
    assert len(loaded(tmp_path).model.targets) == 1


@pytest.mark.parametrize(
    ("child", "reported"),
    [
        ("targets: {segments: {hueg: {wins: {2027: 3}}}}", r"targets\.segments\.hueg: there is no segment .*`huge`"),
        ("targets: {groups: {south: {wins: {2027: 3}}}}", r"targets\.groups\.south: there is no group"),
        ("targets: {channels: {fare: {wins: {2027: 3}}}}", r"targets\.channels\.fare: there is no channel .*`fair`"),
        ("targets: {channels: {fair: {wins: {2028: 3}}}}", r"channels\.fair\.wins\.2028: .*is outside the run"),
        ("targets: {channels: {fair: {wins: {FY27-Q9: 3}}}}", r"channels\.fair\.wins\.FY27-Q9: .*is not a period"),
        ("targets: {channels: {fair: {deals: {2027: 3}}}}", r"targets\.channels\.fair\.deals"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, child: str, reported: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, child)
    assert re.search(reported, str(caught.value))


def test_a_period_that_has_begun_is_warned_about(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, "as_of: 2027-02-10\nactuals: {wins: {2027-01: 3, 2027-02: 1}}")
    warned = [str(warning) for warning in scenario.warnings]
    assert any("2027-Q1 has begun, and `actuals` are not stated by segment" in text for text in warned)
