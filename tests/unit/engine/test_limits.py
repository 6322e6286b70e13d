"""What does not fit is told as a fault of the input, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpmsim.engine import replay_days, simulate
from rpmsim.errors import InputError
from rpmsim.scenario import load_scenario, load_scenario_text

LARGE = """\
name: Large
as_of: 2026-12-31
until: 2027-12
calendar: {work: every day}
segments: {all: {amount: 1k}}
channels: {one: {into: deal, leads: 50M per day WILD, mix: {all: rest}}}
stages:
  deal: DESK
    to: {won: {share: 50%, after: 80 days}, lost: {share: rest, after: 90 days}}
"""
DESK = """
    worked_by: rep"""
ROLES = """\
roles: {rep: {team: {Ada: {end: 2027-08-31}}, handles: 100M per day each, leavers_items: queue}}
"""


def large(wild: str = "", desk: str = "", roles: str = "") -> str:
    return LARGE.replace(" WILD", wild).replace(" DESK", desk) + roles


def test_as_many_as_the_check_lets_pass_are_counted() -> None:
    dataset = simulate(load_scenario_text(large()), 2)
    into = dataset["moves"].isel(edge=dataset["to"].values == "deal").sum(("period", "edge", "channel", "segment"))
    assert (abs(into / (365 * 50e6) - 1) < 1e-4).all()


@pytest.mark.parametrize("text", [large(", dispersion: 20"), large("", DESK, ROLES)], ids=["arrivals", "leavers"])
@pytest.mark.parametrize("in_file", [False, True])
def test_more_on_a_day_than_can_be_counted(tmp_path: Path, text: str, in_file: bool) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"large\.yaml: channels: more than 2,000,000,000 leads of a class come"):
        simulate(load_scenario(file), 3, threads=2, path=tmp_path / "out.nc" if in_file else None)
    assert [path.name for path in tmp_path.iterdir()] == ["large.yaml"]


def test_more_in_a_replay_than_can_be_counted() -> None:
    with pytest.raises(InputError, match="more than 2,000,000,000 leads"):
        replay_days(load_scenario_text(large("", DESK, ROLES)), 0)
