"""What does not fit is reported as an error of the input, and leaves nothing behind."""

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
    with pytest.raises(InputError, match=r"large\.yaml:6:1: channels: more than 2,000,000,000 leads of a class come"):
        simulate(load_scenario(file), 3, threads=2, path=tmp_path / "out.nc" if in_file else None)
    assert [path.name for path in tmp_path.iterdir()] == ["large.yaml"]


def test_more_in_a_replay_than_can_be_counted() -> None:
    with pytest.raises(InputError, match="more than 2,000,000,000 leads"):
        replay_days(load_scenario_text(large("", DESK, ROLES)), 0)


MONEY = """\
as_of: 2026-12-31
until: 2027-12
report: {period: year}
segments: {all: {amount: AMOUNT}}
channels: {one: {leads: LEADS, spend: SPEND}}
stages:
  deal:
    worked_by: rep
    to: {won: {share: 20%, after: 8 days}, lost: {share: rest, after: 9 days}}
roles: {rep: {heads: 10000, holds: 9999 each, pay: PAY}}
"""


def money(
    amount: str = "1k", leads: str = "900 per month", spend: str = "1k per month", pay: str = "1k per month"
) -> str:
    return MONEY.replace("AMOUNT", amount).replace("LEADS", leads).replace("SPEND", spend).replace("PAY", pay)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            money("{median: 10k, p90: 900M}"),
            r":4:\d+: segments\.all\.amount: leads of channel `one` book more than 46,",
        ),
        (
            money("{median: 100k, p90: 1e12}", "90 per month"),
            r"segments\.all\.amount: leads of channel `one` book more",
        ),
        (money("8e11", "1000k per month"), r"segments\.all\.amount: leads of channel `one` book more"),
        (money("{median: 8e11, p90: 9e11}", "30M per month"), r"segments\.all\.amount: leads of channel `one` book"),
        (money(pay="1e12 per month"), r":10:1: roles: a role is paid more than 46,"),
        (
            money(spend="10 to 1e12 per month"),
            r":5:1: channels: costs of more than 46,[\d,]+ in one period",
        ),
    ],
    ids=["few large", "huge tail", "exact sums", "sums of a distribution", "pay", "spend"],
)
def test_more_money_than_can_be_counted(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        simulate(load_scenario(file), 300, threads=2, path=tmp_path / "out.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["large.yaml"]


def test_very_much_money_is_summed_as_it_is() -> None:
    forecast = simulate(load_scenario_text(money("7e11", "300 per month")), 20)
    wins = forecast["moves"].sel(edge="deal->won").sum(("channel", "segment"))
    booked = forecast["bookings"].sum(("channel", "segment"))
    assert abs(booked / (wins * 7e11) - 1).max() < 1e-9
    assert booked.max() > 4e14
