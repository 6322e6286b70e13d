"""Longer periods, actuals to date before them, and growth: by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from rpmsim.analysis.growth import base_of, bridge
from rpmsim.analysis.spans import Spans
from rpmsim.analysis.summary import summary
from rpmsim.model.actuals import actual_between, parts_of
from rpmsim.model.calendar import Calendar, Period, period_of
from rpmsim.model.plan import Actual, Target

D = dt.date
AS_OF = D(2027, 2, 15)
ACTUALS = (
    Actual("bookings", "2026-Q4", D(2026, 10, 1), D(2026, 12, 31), 5.0e6),
    Actual("bookings", "2026-Q1", D(2026, 1, 1), D(2026, 3, 31), 2.0e6),
    Actual("bookings", "2026-02", D(2026, 2, 1), D(2026, 2, 28), 0.5e6),
    Actual("bookings", "2027-01", D(2027, 1, 1), D(2027, 1, 31), 1.0e6),
    Actual("bookings", "2027-02", D(2027, 2, 1), AS_OF, 0.25e6),
)


def actuals_between(first, last):
    return actual_between(ACTUALS, "bookings", first, last)


def test_periods_make_up_others():
    assert actuals_between(D(2027, 1, 1), AS_OF) == 1.25e6
    assert actuals_between(D(2026, 10, 1), D(2027, 1, 31)) == 6.0e6
    assert actuals_between(D(2026, 1, 1), D(2026, 12, 31)) is None
    assert actuals_between(D(2026, 1, 1), D(2026, 1, 31)) is None
    assert actuals_between(D(2027, 3, 1), D(2027, 2, 28)) == 0
    assert actual_between(ACTUALS, "wins", D(2027, 1, 1), AS_OF) is None
    assert parts_of(ACTUALS[0], ACTUALS) is None
    months = tuple(Actual("wins", f"2026-{m:02d}", D(2026, m, 1), D(2026, m, 28), 1.0) for m in (1, 2))
    assert parts_of(dataclasses.replace(months[0], last=D(2026, 1, 27)), months) is None


@pytest.mark.parametrize(
    ("first", "last", "periods", "state"),
    [
        (D(2027, 1, 1), D(2027, 3, 31), 3, "partial"),  # the first day is the 11th of January
        (D(2027, 2, 1), D(2027, 3, 31), 2, "whole"),
        (D(2027, 4, 1), D(2027, 6, 30), 3, "whole"),
        (D(2027, 4, 1), D(2027, 9, 30), 3, "partial"),  # ends after the horizon
        (D(2026, 10, 1), D(2027, 3, 31), 3, "partial"),
        (D(2028, 1, 1), D(2028, 3, 31), 0, "outside"),
        (D(2027, 2, 15), D(2027, 3, 31), 0, "outside"),  # cuts a reporting period
    ],
)
def test_spans_are_whole_partial_or_outside(make_forecast, first, last, periods, state):
    model, dataset, _ = make_forecast(2, as_of=D(2027, 1, 10), until=D(2027, 6, 30))
    by_month = dataset["bookings"].sum(["channel", "segment"]) * 0 + 1.0
    found = Spans(dataset, model, {"bookings": by_month}).of("bookings", first, last)
    assert found.state == state
    assert found.values is None if not periods else found.values.tolist() == [periods] * 2


@pytest.fixture(scope="module")
def mid_quarter(make_forecast):
    targets = (
        Target("bookings", "2027-Q1", D(2027, 1, 1), D(2027, 3, 31), 3.0e6),
        Target("bookings", "2027", D(2027, 1, 1), D(2027, 12, 31), 9.0e6),
    )
    model, dataset, blocks = make_forecast(200, as_of=AS_OF, until=D(2027, 12, 31), targets=targets, actuals=ACTUALS)
    return summary(dataset, model), blocks["bookings"].sum(axis=(2, 3)) / 100


def test_a_quarter_is_actual_and_simulated(mid_quarter):
    document, simulated = mid_quarter
    quarter = 1.25e6 + simulated[:, :2].sum(axis=1)  # the rest of February, and March
    spans = {span["period"]: span for span in document["metrics"]["bookings"]["spans"]}
    assert (spans["2027-Q1"]["state"], spans["2027-Q1"]["actual"]) == ("actual+simulated", 1.25e6)
    assert spans["2027-Q1"]["p10"] == pytest.approx(np.quantile(quarter, 0.1), rel=1e-8)
    assert spans["2027"]["mean"] == pytest.approx(1.25e6 + simulated.sum(axis=1).mean(), rel=1e-8)
    target = document["targets"][0]
    assert (target["state"], target["actual"], target["to_go"]) == ("actual+simulated", 1.25e6, 1.75e6)
    assert target["probability"] == (quarter >= 3.0e6).mean()
    missed = quarter[quarter < 3.0e6]
    assert target["expected_miss"] == pytest.approx((3.0e6 - missed).mean() if len(missed) else None)


def test_the_month_that_is_cut_holds_what_has_happened(mid_quarter):
    document, simulated = mid_quarter
    first, second = document["metrics"]["bookings"]["periods"][:2]
    assert (first["period"], first["state"], first["actual"]) == ("2027-02", "actual+simulated", 0.25e6)
    assert first["p80"] == pytest.approx(0.25e6 + np.quantile(simulated[:, 0], 0.8), rel=1e-8)
    assert first["sd"] == pytest.approx(simulated[:, 0].std(ddof=1), rel=1e-8)
    assert (second["state"], "actual" in second) == ("whole", False)
    assert document["metrics"]["wins"]["periods"][0]["state"] == "partial"  # nothing is stated for wins


def test_growth_against_the_period_before_and_the_year_before(mid_quarter):
    document, simulated = mid_quarter
    entries = {(e["period"], e["against"]): e for e in document["growth"] if e["metric"] == "bookings"}
    quarter = 1.25e6 + simulated[:, :2].sum(axis=1)
    year = entries["2027-Q1", "year before"]
    assert (year["base"], year["p50"]) == ("2026-Q1", pytest.approx(np.quantile(quarter / 2.0e6 - 1, 0.5), rel=1e-8))
    assert entries["2027-Q1", "period before"]["mean"] == pytest.approx(quarter.mean() / 5.0e6 - 1, rel=1e-8)
    march = simulated[:, 1] / (0.25e6 + simulated[:, 0]) - 1
    assert entries["2027-03", "period before"]["p50"] == pytest.approx(np.quantile(march, 0.5), rel=1e-8)
    february = (0.25e6 + simulated[:, 0]) / 0.5e6 - 1
    assert entries["2027-02", "year before"]["p90"] == pytest.approx(np.quantile(february, 0.9), rel=1e-8)
    assert ("2027", "year before") not in entries  # 2026 is not known whole
    assert ("2027", "period before") not in entries


def test_bases():
    fiscal = Calendar(fiscal_year_starts=2)
    quarter = period_of(D(2027, 3, 1), "fiscal_quarter", fiscal)
    assert [base_of(quarter, against, fiscal).label for against in ("period before", "year before")] == [
        "FY26-Q4",
        "FY26-Q1",
    ]
    week = period_of(D(2027, 1, 6), "week", fiscal)
    assert base_of(week, "year before", fiscal).label == "2026-W02"
    assert base_of(period_of(D(2027, 1, 6), "fiscal_year", fiscal), "year before", fiscal).label == "FY25"


class Known:
    """Wins and bookings of two periods, by replication."""

    def __init__(self, wins, bookings, state="whole"):
        self.values = {"wins": wins, "bookings": bookings}
        self.state = state

    def of(self, metric, first, _):
        values = self.values[metric][0 if first == D(2027, 4, 1) else 1]
        return SimpleNamespace(values=np.array(values, dtype=float), state=self.state)


def test_a_bridge_splits_the_change_of_bookings():
    """10 deals of 100 become 12 of 90: 2 more at 95 are +190, 10 less for each of 11 is -110, together +80.

    Without a deal in the base there is no average deal, and no bridge.
    """
    second, first = (Period(label, start, end) for label, start, end in (
        ("2027-Q2", D(2027, 4, 1), D(2027, 6, 30)), ("2027-Q1", D(2027, 1, 1), D(2027, 3, 31))))  # fmt: skip
    found = bridge(Known(wins=([12, 5], [10, 0]), bookings=([1080, 700], [1000, 0])), second, first)
    np.testing.assert_allclose(found.change, [80, np.nan])
    np.testing.assert_allclose(found.logos, [190, np.nan])
    np.testing.assert_allclose(found.average_deal, [-110, np.nan])
    assert bridge(Known(([1], [1]), ([1], [1]), "partial"), second, first) is None
    assert bridge(Known(([1], [1]), ([1], [1]), "actual"), second, first) is None
