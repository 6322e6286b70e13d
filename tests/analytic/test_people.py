"""Section 4: head count and ramped capacity in the mean."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from rpmsim.engine import simulate
from rpmsim.model.cycle import Stage
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import assert_agrees, errors_of_covariance, errors_of_mean
from tests.reference.models import channel, days, distribution, model, n, out, stage
from tests.reference.record import Record

MONTH = 365.25 / 12


def with_role(role: Role, length: int) -> Model:
    desk: Stage = stage("deal", out("won", 0.5, days(2)), out("lost", None, days(2)), worked_by="rep")
    return model([desk], [channel("one", "deal", 1)], [role], days=length, period="week")


def test_leavers_go_at_the_monthly_chance(sample: Sample) -> None:
    """Without backfill heads fall by the same share every day, and each person is independent."""
    built = with_role(Role("rep", heads=n(5), leaves_per_month=n(0.2), per_day=n(1)), 120)
    arrays = sample(built, 4_000, 81)
    stay = 0.8 ** (1 / MONTH)
    weeks = Record(built).period_of_day
    alive = stay ** np.arange(1, 121)
    exact = 5 * np.array([alive[weeks == w].sum() for w in range(weeks.max() + 1)])
    assert_agrees("head days", errors_of_mean(arrays["head_days"][:, :, 0], exact))
    assert_agrees("capacity", errors_of_mean(arrays["capacity"][:, :, 0], exact))

    # Of one person, the days of two weeks: E of the product is the sum of the chance to be there on the later day.
    late = [np.flatnonzero(weeks == w) for w in (5, 12)]
    for i, j in ((0, 0), (0, 1), (1, 1)):
        both = sum(alive[max(a, b)] for a in late[i] for b in late[j])
        single = 5 * (both - alive[late[i]].sum() * alive[late[j]].sum())
        x, y = (arrays["head_days"][:, w, 0] for w in ((5, 12)[i], (5, 12)[j]))
        assert_agrees("covariance", errors_of_covariance(x, y, np.array(single)))


def test_backfill_is_a_renewal_process(sample: Sample) -> None:
    """A seat is filled again a fixed time after it falls empty; ramp begins anew: chances by the renewal recursion."""
    gap, length = 25, 140
    role = Role("rep", heads=n(3), tenure_months=None, leaves_per_month=n(0.35),
                backfill=distribution("fixed", value=gap), ramp=(n(0.2), n(0.6)), per_day=n(1))  # fmt: skip
    built = with_role(role, length)
    arrays = sample(built, 4_000, 82)
    leave = 1 - 0.65 ** (1 / MONTH)

    veterans = (1 - leave) ** np.arange(1, length + 1)
    starts = np.zeros(length)  # expected starts by day, for one seat
    gone = np.zeros(length)
    present = np.zeros((length, length))  # by first day and day
    for day in range(length):
        gone[day] = leave * (veterans[day - 1] if day else 1.0) + leave * (present[:day, day - 1].sum() if day else 0.0)
        present[:day, day] = present[:day, day - 1] * (1 - leave) if day else 0.0
        if day >= gap:
            starts[day] = gone[day - gap]
            present[day, day] = starts[day]
    tenure = np.floor((np.arange(length)[None, :] - np.arange(length)[:, None]) / MONTH)
    ramp = np.where(tenure < 1, 0.2, np.where(tenure < 2, 0.6, 1.0))
    weeks = Record(built).period_of_day
    for name, by_day in (("head_days", veterans + present.sum(0)), ("capacity", veterans + (present * ramp).sum(0))):
        exact = 3 * np.array([by_day[weeks == w].sum() for w in range(weeks.max() + 1)])
        assert_agrees(name, errors_of_mean(arrays[name][:, :, 0], exact))


def test_hires_start_when_the_search_ends(sample: Sample) -> None:
    """Heads hired on a date come after an exponential time to fill, rounded to days."""
    at = 10
    role = Role("rep", heads=n(1), hires=((dt.date(2027, 1, 1) + dt.timedelta(at), n(4)),),
                time_to_fill=distribution("gamma", mean=20, shape=1), per_day=n(1))  # fmt: skip
    built = with_role(role, 90)
    arrays = sample(built, 4_000, 83)
    by_day = np.where(np.arange(90) >= at, 1 - np.exp(-(np.arange(90) - at + 0.5) / 20), 0.0)
    weeks = Record(built).period_of_day
    exact = np.array([(1 + 4 * by_day[weeks == w]).sum() for w in range(weeks.max() + 1)])
    assert_agrees("head days", errors_of_mean(arrays["head_days"][:, :, 0], exact))


def test_items_of_leavers_do_not_depend_on_how_far_is_simulated() -> None:
    """Many leave, over years: of the first months, the same items go to the other stage in a short run."""
    role = Role("rep", heads=n(8), per_day=n(9), leaves_per_month=n(0.9), backfill=distribution("fixed", value=1),
                leavers_items="cold")  # fmt: skip
    short = model(
        [
            stage("deal", out("won", 0.5, days(20)), out("lost", None, days(20)), worked_by="rep"),
            stage("cold", out("lost", None, days(1)), kind="nurture"),
        ],
        [channel("one", "deal", 20.0)],
        [role],
        days=90,
    )
    long = dataclasses.replace(short, until=short.as_of + dt.timedelta(days=5 * 365))
    found, expected = (simulate(each, 3, seed=55)["moves"].values[:, :2] for each in (long, short))
    edge = Record(short).labels["edge"].index(("deal", "cold"))
    assert expected[:, :, edge].sum() > 300
    np.testing.assert_array_equal(found, expected)
