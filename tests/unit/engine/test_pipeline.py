"""The pipeline of a small plan worked by hand, and what must add up in any plan."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

import rpmsim
from rpmsim import metrics
from rpmsim.model.money import Amount, Segment
from rpmsim.model.number import Number
from rpmsim.model.plan import Model, OpenDeal, OpeningStock, Target
from tests.reference.models import channel, days, distribution, model, out, stage

AS_OF = dt.date(2026, 12, 31)
GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.yaml"))
HUNDRED = [Segment("all", amount=Amount(distribution("fixed", value=100.0)))]


def plan(*deals: OpenDeal, rate: float = 0.0, **more: object) -> Model:
    """Deals become proposals after 20 days; half of the proposals are won, the others lost, after 25 days.

    Four leads of $100 begin their 20 days on December 26, six days before January 1: proposals from January 15 on, they
    end on February 9.
    """
    return model(
        [
            stage("deal", out("proposal", 1.0, days(20)), kind="opportunity"),
            stage("proposal", out("won", 0.5, days(25)), out("lost", None, days(25)), kind="opportunity"),
        ],
        [channel("web", "deal", rate, kind="marketing"), channel("outbound", "deal", 0.0, kind="sales")],
        segments=HUNDRED,
        days=90,
        opening=(OpeningStock("deal", "web", "all", 4, 5),),
        open_deals=deals,
        **more,
    )


def listed(name: str, at: str, entered: dt.date, amount: float | None, odds: float = 1.0, **more: object) -> OpenDeal:
    return OpenDeal(name, at, entered, "outbound", "all", amount, odds, **more)


ALPHA = listed("alpha", "deal", AS_OF, 1000.0)  # a proposal from January 20 on, ends on February 14
BETA = listed("beta", "proposal", dt.date(2026, 12, 20), 500.0, 3.0)  # ends on January 14: in no month's pipeline
GAMMA = listed("gamma", "deal", AS_OF, 600.0, 3.0)  # as alpha; won with odds of 3, so a chance of 75%
DELTA = listed("delta", "deal", AS_OF, None)  # as alpha, at the mean of its class


def measured(made: Model, replications: int = 40):
    return rpmsim.simulate(made, replications, measure=("pipeline",))


def test_value_and_weighted_value_of_a_plan_worked_by_hand() -> None:
    found = measured(plan(ALPHA, BETA, GAMMA, DELTA))
    by_channel = metrics.pipeline_value(found, by=["channel"])
    # On January 31: four at 100; alpha, gamma and delta: 1000 + 600 + 100. From February on, nothing.
    np.testing.assert_array_equal(by_channel.values, np.broadcast_to([[400, 1700], [0, 0], [0, 0]], (40, 3, 2)))
    weighted = metrics.pipeline_weighted(found, by=["channel"])
    # 400 / 2; 1000 / 2 + 600 x 0.75 + 100 / 2.
    np.testing.assert_allclose(weighted[:, 0], np.broadcast_to([200, 1000], (40, 2)), atol=0.01)
    np.testing.assert_array_equal(metrics.pipeline_count(found), np.broadcast_to([7, 0, 0], (40, 3)))
    np.testing.assert_array_equal(metrics.pipeline_value.total(found), np.zeros(40))


def test_a_deal_that_is_not_followed_counts_too() -> None:
    deals = [listed(f"d{i}", "deal", AS_OF, 10.0 + i) for i in range(130)]  # 100 are followed one by one
    found = measured(plan(*deals), 3)
    assert found.sizes["deal"] == 100
    np.testing.assert_allclose(metrics.pipeline_value(found)[:, 0], 400 + sum(10.0 + i for i in range(130)))


def test_coverage_is_what_is_open_over_what_is_still_to_go() -> None:
    quarter = Target("bookings", "2027-Q1", dt.date(2027, 1, 1), dt.date(2027, 3, 31), 2000.0)
    found = measured(plan(ALPHA, BETA, GAMMA, DELTA, targets=(quarter,)))
    coverage = metrics.pipeline_coverage(found)
    booked = metrics.bookings(found)
    # At the start 400 + 1000 + 500 + 600 + 100 are open; at the start of February all but beta's 500; then nothing.
    np.testing.assert_allclose(coverage[:, 0], 2600 / 2000)
    np.testing.assert_allclose(coverage[:, 1], 2100 / (2000 - booked[:, 0]))
    assert {1.05, 1.4} == set(np.round(coverage[:, 1].values, 6))  # beta lost, or won: 500 of the target are booked
    missed = booked[:, :2].sum("period") < 2000
    assert missed.any()
    assert not missed.all()
    np.testing.assert_allclose(coverage[:, 2].values[missed], 0.0)
    assert np.isnan(coverage[:, 2].values[~missed]).all()  # reached: there is nothing to cover
    assert np.isnan(metrics.pipeline_coverage(measured(plan(ALPHA), 2))).all()


def test_a_deal_whose_date_comes_after_the_target_does_not_cover_it() -> None:
    january = Target("bookings", "2027-01", dt.date(2027, 1, 1), dt.date(2027, 1, 31), 1000.0)
    dated = [
        dataclasses.replace(listed(f"due {due}", "contract", AS_OF, amount), due=due)
        for due, amount in ((dt.date(2027, 1, 20), 300.0), (dt.date(2027, 2, 20), 700.0))
    ]
    by_due = out("won", 0.7, days(10), offset=distribution("fixed", value=2.0))
    made = dataclasses.replace(
        model(
            [stage("contract", by_due, out("lost", None, days(5)), kind="opportunity")],
            [channel("outbound", "contract", 0.0)],
            segments=HUNDRED,
            open_deals=tuple(dated),
            targets=(january,),
        )
    )
    found = measured(made, 2)
    np.testing.assert_allclose(metrics.pipeline_coverage(found)[:, 0], 0.3)


def test_what_is_won_before_new_leads_can_close_is_of_open_records_and_the_rest_is_new() -> None:
    # What arrives on January 1 or later closes on February 15 at the earliest; what is open, by February 14.
    found = measured(plan(ALPHA, BETA, GAMMA, DELTA, rate=2.0))
    won, of_open = metrics.wins(found), metrics.wins_open(found)
    np.testing.assert_array_equal(won[:, 0], of_open[:, 0])
    np.testing.assert_array_equal(of_open[:, 2], np.zeros(40))
    assert (metrics.wins_new(found)[:, 2] > 0).all()
    np.testing.assert_array_equal(metrics.bookings_new(found)[:, 0], np.zeros(40))
    np.testing.assert_array_equal(metrics.bookings_open(found)[:, 2], np.zeros(40))
    # In February, beside the listed deals (outbound), those of web bring 100 each: so many as are won.
    web = {name: getattr(metrics, name)(found, by=["channel"]).sel(channel="web")[:, 1]
           for name in ("wins_open", "bookings_open", "wins_new", "bookings_new")}  # fmt: skip
    np.testing.assert_allclose(web["bookings_open"], 100 * web["wins_open"])
    np.testing.assert_allclose(web["bookings_new"], 100 * web["wins_new"])
    assert web["wins_open"].max() <= 4 < web["wins_new"].max()


def test_without_new_leads_the_weighted_pipeline_is_the_mean_of_what_is_booked_later() -> None:
    """Wins and losses take alike long here, so that the chance of a deal does not change with its age."""
    alike = dataclasses.replace(days(1), distribution=distribution("lognormal", median=40.0, p90=110.0))
    win = Number(0.4, 0.3, 0.5, "share", "win")
    made = model(
        [
            stage("deal", out("proposal", 0.6, alike), out("lost", None, alike), kind="opportunity"),
            stage("proposal", out("won", win, alike), out("deal", 0.2, alike), out("lost", None, alike),
                  kind="opportunity"),
        ],
        [channel("web", "deal", 0.0)],
        segments=[Segment("all", amount=Amount(distribution("lognormal", median=100.0, sigma=0.5)))],
        days=1500,
        opening=(OpeningStock("deal", "web", "all", 60, 0),),
        open_deals=tuple(OpenDeal(f"d{i}", "proposal", AS_OF, "web", "all", 200.0, 0.5 + i / 10) for i in range(20)),
    )  # fmt: skip
    found = rpmsim.simulate(made, 600, measure=("pipeline",))
    later = metrics.bookings(found).values[:, ::-1].cumsum(axis=1)[:, ::-1]
    for month in (0, 1, 3, 6):
        error = later[:, month + 1] - metrics.pipeline_weighted(found).values[:, month]
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error)), month
        assert metrics.pipeline_weighted(found).values[:, month].mean() > 20 * error.std() / np.sqrt(len(error))


def test_sourced_by_marketing_is_that_of_its_channels() -> None:
    found = measured(plan(ALPHA, BETA, GAMMA, DELTA, rate=2.0))
    web = {"channel": "web"}
    value = metrics.pipeline_value(found, by=["channel"])
    booked = metrics.bookings(found, by=["channel"])
    np.testing.assert_array_equal(metrics.marketing_sourced_pipeline(found), value.sel(web))
    np.testing.assert_array_equal(metrics.marketing_sourced_bookings(found), booked.sel(web))
    np.testing.assert_array_equal(metrics.marketing_sourced_wins(found), metrics.wins(found, by=["channel"]).sel(web))
    np.testing.assert_array_equal(
        metrics.marketing_sourced_pipeline_count(found), metrics.pipeline_count(found, by=["channel"]).sel(web)
    )
    np.testing.assert_allclose(
        metrics.marketing_sourced_pipeline_share(found), value.sel(web) / value.sum("channel").where(lambda v: v > 0)
    )
    total = metrics.marketing_sourced_share.total(found)
    np.testing.assert_allclose(total, booked.sel(web).sum("period") / booked.sum(["channel", "period"]))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_channels_and_segments_and_open_and_new_add_up(path: Path) -> None:
    found = rpmsim.simulate(path, 12, seed=3, measure=("pipeline",))
    for name in ("pipeline_count", "pipeline_value", "pipeline_weighted", "wins_open", "wins_new", "bookings_open",
                 "bookings_new"):  # fmt: skip
        metric = getattr(metrics, name)
        whole = metric(found)
        for dim in ("channel", "segment"):
            np.testing.assert_allclose(metric(found, by=[dim]).sum(dim), whole, atol=0.05, err_msg=f"{name} {dim}")
        assert (metric(found, by=["channel", "segment"]) >= 0).all(), name
    np.testing.assert_array_equal(metrics.wins_open(found) + metrics.wins_new(found), metrics.wins(found))
    for by in ([], ["channel"], ["segment"]):
        parts = metrics.bookings_open(found, by=by) + metrics.bookings_new(found, by=by)
        np.testing.assert_allclose(parts, metrics.bookings(found, by=by))
    value, weighted = metrics.pipeline_value(found).values, metrics.pipeline_weighted(found).values
    assert (weighted <= value + 0.01).all()
    count = metrics.pipeline_count(found).values
    assert ((count > 0) | (value == 0)).all()
