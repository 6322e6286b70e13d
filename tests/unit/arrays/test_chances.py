"""Chances of being won in the end, against closed forms."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from rpmsim.arrays.chances import chances_on
from rpmsim.arrays.compile import compile_model
from rpmsim.model.money import Amount, Band, Segment
from rpmsim.model.number import ByClass, Number
from rpmsim.model.plan import Change, Model
from tests.reference.models import channel, days, distribution, model, n, out, stage

ONE = np.ones(1)


def cycle(share: float = 0.4, back: float = 0.5, **more: object) -> Model:
    """Deals that are won, go to nurture and come back, or are lost."""
    return model(
        [
            stage("deal", out("won", share, days(10)), out("nurture", 0.3, days(5)), out("lost", None, days(7)),
                  kind="opportunity"),
            stage("nurture", out("deal", back, days(30)), stays="rest", kind="nurture"),
        ],
        [channel("web", "deal", 1.0)],
        **more,
    )  # fmt: skip


def chances(made: Model, day: int = 0, odds: np.ndarray = ONE) -> np.ndarray:
    """By odds, stage and class."""
    program = compile_model(made)
    return chances_on(program.frame, program.middle, day, odds, np.arange(program.frame.classes))[0]


def test_deals_that_come_back_count_for_what_they_bring_then() -> None:
    # x = 0.4 + 0.3 y, y = 0.5 x: x = 0.4 / (1 - 0.15)
    won = 0.4 / 0.85
    np.testing.assert_allclose(chances(cycle())[0, :, 0], [won, won / 2, 0, 0], atol=1e-11)


def test_leads_that_stay_for_good_and_circles_without_a_way_out_are_never_won() -> None:
    np.testing.assert_array_equal(chances(cycle(share=0.0))[0], np.zeros((4, 1)))
    # Of a circle that nobody leaves but by a win, nearly all are won in the end: 0.01 + 0.99 x = x.
    circle = model(
        [stage("deal", out("won", 0.01, days(3)), out("nurture", None, days(3)), kind="opportunity"),
         stage("nurture", out("deal", 1.0, days(3)), kind="nurture")],
        [channel("web", "deal", 1.0)],
    )  # fmt: skip
    np.testing.assert_allclose(chances(circle)[0, :2, 0], [1.0, 1.0], atol=1e-9)


@pytest.mark.parametrize("odds", [0.5, 1.0, 3.0])
def test_own_odds_hold_in_every_stage(odds: float) -> None:
    # Only the win advances: its share becomes 0.4 o / (0.6 + 0.4 o), the others share the rest as before; the
    # return from nurture advances too, and its odds are multiplied likewise.
    win = 0.4 * odds / (0.6 + 0.4 * odds)
    nurture = 0.3 / 0.6 * (1.0 - win)
    back = 0.5 * odds / (0.5 + 0.5 * odds)
    found = chances(cycle(), odds=np.array([1.0, odds]))
    assert found[1, 0, 0] == pytest.approx(win / (1.0 - nurture * back), abs=1e-11)
    assert found[0, 0, 0] == pytest.approx(0.4 / 0.85, abs=1e-11)


def test_shares_are_those_in_force_on_the_day_and_phased_in_changes_count_in_part() -> None:
    before = cycle()
    later = cycle(share=0.6).content
    change = Change("better", before.first_day + dt.timedelta(10), later, phase_days=20)
    made = dataclasses.replace(before, changes=(change,))

    def closed(share: float) -> float:
        # Nurture takes 0.3 before and after.
        return share / (1.0 - 0.3 * 0.5)

    for day, share in ((9, 0.4), (10, 0.4), (15, 0.45), (25, 0.55), (30, 0.6), (40, 0.6)):
        assert chances(made, day)[0, 0, 0] == pytest.approx(closed(share), abs=1e-11), day


def test_classes_have_chances_of_their_own_and_bands_are_given_on_the_way() -> None:
    amount = Amount(distribution("lognormal", median=100.0, p90=400.0))
    by_band = ByClass("band", (("small", n(0.6)),), n(0.2))
    made = model(
        [
            stage("mql", out("deal", 0.5, days(3)), out("lost", None, days(3)), kind="mql"),
            stage("deal", out("won", by_band, days(10)), out("lost", None, days(7)), kind="opportunity",
                  amount_here=True),
        ],
        [channel("web", "mql", 1.0)],
        segments=[Segment("all", amount=amount)],
        bands=(Band("small", 100.0), Band("large", None)),
    )  # fmt: skip
    program = compile_model(made)
    found = chances(made)[0]
    bands = [lead.band for lead in program.classes.leads]
    deal = dict(zip(bands, found[1], strict=True))
    assert deal["small"] == pytest.approx(0.6, abs=1e-11)
    assert deal["large"] == pytest.approx(0.2, abs=1e-11)
    # Half of the amounts are below the median: 0.5 x (0.5 x 0.6 + 0.5 x 0.2).
    assert found[0, bands.index("")] == pytest.approx(0.2, abs=1e-6)


def test_a_draw_has_the_same_chances_whatever_others_are_computed_with_it() -> None:
    share = Number(0.4, 0.2, 0.6, "share", "share")
    made = model(
        [
            stage("deal", out("won", share, days(10)), out("nurture", 0.3, days(5)), out("lost", None, days(7)),
                  kind="opportunity"),
            stage("nurture", out("deal", 0.97, days(30)), stays="rest", kind="nurture"),
        ],
        [channel("web", "deal", 1.0)],
    )  # fmt: skip
    from rpmsim.engine.block import drawn_in
    from rpmsim.engine.settings import Run

    program = compile_model(made)
    all_of_them, one = (program.tables(drawn_in(program, np.array(d), Run())) for d in ([0, 1, 2, 3], [2]))
    own = np.arange(program.frame.classes)
    together = chances_on(program.frame, all_of_them, 0, ONE, own)
    alone = chances_on(program.frame, one, 0, ONE, own)
    np.testing.assert_array_equal(together[2], alone[0])
    assert len(np.unique(together[:, 0, 0, 0])) == 4
