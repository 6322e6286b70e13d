"""Batches of leads and the level of demand at the start: how they are stated, changed, drawn and refused."""

from __future__ import annotations

import numpy as np
import pytest

from rpmsim.arrays.compile import compile_model
from rpmsim.model.arrivals import LARGEST_BATCH, Channel, batch_sizes
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import Number, median_of
from rpmsim.model.reach import influence_reach
from rpmsim.scenario import load_scenario_text
from rpmsim.scenario.differences import differences
from tests.unit.scenario.conftest import WhatIf
from tests.unit.scenario.texts import diagnostics_of, edited, loaded

LEADS = "leads: 40 per week"


def with_line(line: str) -> tuple[str, str]:
    return LEADS, f"{LEADS}, {line}"


def inbound(*lines: str) -> Channel:
    return loaded(with_line(", ".join(lines))).model.content.channels[0]


def said(line: str) -> str:
    return "\n".join(str(diagnostic) for diagnostic in diagnostics_of(edited(with_line(line))))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("batch: 5", Distribution("fixed", (("value", Number(5.0)),))),
        ("batch: 5 leads", Distribution("fixed", (("value", Number(5.0)),))),
        ("batch: {mean: 4, sd: 3}", Distribution("lognormal", (("mean", Number(4.0)), ("sd", Number(3.0))))),
        ("batch: {median: 6, p90: 20}", Distribution("lognormal", (("median", Number(6.0)), ("p90", Number(20.0))))),
        ("batch: {law: gamma, mean: 4, sd: 0.5}", Distribution("gamma", (("mean", Number(4.0)), ("sd", Number(0.5))))),
        ("batch: {table: {1: 60%, 12: 40%}}", Distribution("table", points=((1.0, 0.6), (12.0, 0.4)))),
    ],
)
def test_a_batch_is_a_distribution(line: str, expected: Distribution) -> None:
    assert inbound(line).batch == expected


@pytest.mark.parametrize(
    ("line", "path", "reported"),
    [
        ("batch: 0", "channels.inbound.batch", "`0` is out of bounds"),
        ("batch: 0.4", "channels.inbound.batch.value", "a batch of fewer than 1 lead; write 1 or more"),
        ("batch: {table: {0: 50%, 3: 50%}}", "channels.inbound.batch.table.0", "`0` is out of bounds"),
        ("batch: {table: {0.5: 50%, 3: 50%}}", "channels.inbound.batch.table", "a batch of 0.5 leads"),
        ("batch: {median: 0.2 to 4, p90: 9}", "channels.inbound.batch.median", "a batch of fewer than 1 lead"),
        ("batch: -3", "channels.inbound.batch", "`-3`"),
        ("batch: {mean: 4}", "channels.inbound.batch.mean", "cannot be defined by `mean`"),
        ("batch: {}", "channels.inbound.batch", "a batch without a size; write `batch: {median: 6, p90: 20}`"),
        ("batch: {median: 6, p90: 9000}", "channels.inbound.batch", "more than 10,000 leads; lower the `p90` or `sd`"),
        ("batch: {median: 6, p95: 20}", "channels.inbound.batch.p95", "unknown key `p95`"),
        ("batch: 5 days", "channels.inbound.batch", "days"),
        ("drift: {sigma: 4%, now: x0}", "channels.inbound.drift.now", "`x0` is out of bounds"),
        ("drift: {sigma: 4%, now: +12%}", "channels.inbound.drift.now", "relative value"),
        ("drift: {sigma: 4%, state: x1.2}", "channels.inbound.drift.state", "unknown key `state`"),
    ],
)
def test_what_is_wrong_is_reported_with_its_place_and_fix(line: str, path: str, reported: str) -> None:
    text = said(line)
    assert any(f": {path}: " in row and reported in row and "; " in row for row in text.splitlines()), text


@pytest.mark.parametrize("line", ["batch: 0", "batch: {table: {0: 50%, 3: 50%}}"])
def test_a_batch_of_0_is_reported_once(line: str) -> None:
    assert len(said(line).splitlines()) == 1


def test_leads_that_a_role_creates_come_one_by_one() -> None:
    text = edited(("made_by: sdr, leads: 20 per month each", "made_by: sdr, leads: 20 per month each, batch: 4"))
    (found,) = diagnostics_of(text)
    assert (found.path, found.message) == ("channels.outbound.batch", "batches of leads that a role creates one by one")


@pytest.mark.parametrize("value", ["batch: 4", "dispersion: 0.4", "drift.sigma: 9%", "drift.now: x1.2"])
def test_what_holds_for_the_whole_run_does_not_change_by_date(value: str) -> None:
    key, _, number = value.partition(": ")
    text = edited((LEADS, f"{LEADS}, batch: 2, dispersion: 0.1, drift: {{sigma: 2%, now: x1.1}}"))
    reported = diagnostics_of(f"{text}changes: {{c: {{from: 2027-03, channels.inbound.{key}: {number}}}}}\n")
    assert f"`{key.split('.')[0]}` cannot change by date" in reported[0].message


def test_a_what_if_changes_them(what_if: WhatIf) -> None:
    base = edited((LEADS, f"{LEADS}, batch: {{median: 6, p90: 20}}, drift: {{sigma: 4%, now: x1.1}}"))
    fewer = what_if("channels.inbound: {batch: x0.5, drift: {now: x1.3}}", base=base).model.content.channels[0]
    assert fewer.batch == Distribution("lognormal", (("median", Number(3.0)), ("p90", Number(10.0))))
    assert (fewer.drift_now.mid, fewer.drift_sigma.mid) == (1.3, 0.04)
    assert what_if("channels.inbound.drift.now: +10%", base=base).model.content.channels[0].drift_now.mid == 1.21
    other = what_if("channels.inbound: {batch: {mean: 3, sd: 2}}", base=base).model.content.channels[0]
    assert other.batch == Distribution("lognormal", (("mean", Number(3.0)), ("sd", Number(2.0))))
    assert what_if("channels.inbound.batch: null", base=base).model.content.channels[0].batch is None


def test_a_later_start_warns_of_the_parents_level(what_if: WhatIf) -> None:
    base = edited((LEADS, f"{LEADS}, drift: {{sigma: 4%, now: x1.1}}"))
    moved = "as_of: 2027-01-31\nactuals: {bookings: {2027-01: 10k}}"
    (warning,) = [w for w in what_if(moved, base=base).warnings if "drift" in w]
    assert "`channels.inbound.drift.now` is still the parent's level; write `now` with the level of that day" in warning
    again = what_if(f"{moved}\nchannels.inbound.drift.now: x0.9", base=base).warnings
    assert not any("drift" in warning for warning in again)


def test_they_are_compared_kept_and_reach_their_channel() -> None:
    one, other = loaded(), loaded(with_line("batch: {median: 6, p90: 20}, drift: {now: x1.2, phi: 0.8}"))
    words = [found.words for found in differences(one, other)]
    assert words == [
        "Channel inbound, batch median: 6, not stated before",
        "Channel inbound, batch p90: 20, not stated before",
        "Channel inbound, drift now: x1.2, not stated before",
        "Channel inbound, drift phi: 0.8, not stated before",
    ]
    assert load_scenario_text(other.resolved_text()).model == other.model
    reach = influence_reach(one.model, other.model)
    assert "inbound" in reach.arrivals
    assert not reach.everything


def test_ranges_are_parameters() -> None:
    scenario = loaded(with_line("batch: {median: 4 to 9, p90: 20}, drift: {sigma: 3%, now: x1.05 to x1.2}"))
    program = compile_model(scenario.model)
    assert {"channels.inbound.batch.median", "channels.inbound.drift.now"} <= set(program.parameters)


def test_sizes_have_the_chances_of_the_rounded_distribution() -> None:
    fixed = batch_sizes(Distribution("fixed", (("value", Number(3.5)),)), median_of)
    assert fixed.tolist() == [0.0, 0.0, 0.0, 1.0]
    table = batch_sizes(Distribution("table", points=((1.2, 1.0), (3.0, 3.0), (9.0, 0.0))), median_of)
    assert table.tolist() == [0.25, 0.25, 1.0]
    widest = Distribution("lognormal", (("median", Number(50.0)), ("p90", Number(900.0))))
    sums = batch_sizes(widest, median_of)
    assert len(sums) == LARGEST_BATCH
    assert sums[-1] == 1.0
    assert (np.diff(sums) >= 0).all()


def test_what_is_not_used_takes_no_room() -> None:
    program = compile_model(loaded().model)
    assert program.middle.batch_sum.size == 0
    assert (program.frame.channel_batch == -1).all()
