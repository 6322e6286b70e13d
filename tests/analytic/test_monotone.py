"""Property 6: in the mean, more staff never lowers take-ups, and more leads never lower what comes before a desk."""

from __future__ import annotations

import dataclasses

import numpy as np

from rpmsim.model.cycle import Queue, Response
from rpmsim.model.distributions import Distribution
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import limit
from tests.reference.models import channel, days, delay, distribution, model, n, out, stage
from tests.reference.record import Record


def plan(heads: float = 3, change: float = 1.0) -> Model:
    """Leads, a desk of people who come and go, and a desk with slots."""
    wait: Distribution = distribution("lognormal", median=4, sigma=0.5)
    return model(
        [
            stage("visit", out("lead", 0.5, delay("gamma", mean=3, shape=2)), out("lost"), kind="anonymous"),
            stage(
                "lead",
                out("deal", 0.5, days(2)),
                out("lost", None, days(1)),
                kind="lead",
                worked_by="sdr",
                response=Response(wait, "per_day", n(0.8)),
                queue=Queue("first_in"),
                gives_up=(n(0.03), "lost"),
            ),
            stage(
                "deal",
                out("won", 0.3, delay("gamma", mean=9, shape=2)),
                out("lost", None, days(7)),
                kind="opportunity",
                worked_by="ae",
            ),
        ],
        [channel("one", "visit", 10, change=n(change)), channel("two", "lead", 2, change=n(change))],
        [
            Role(
                "sdr",
                heads=n(heads),
                per_day=n(1.6),
                leaves_per_month=n(0.08),
                backfill=distribution("fixed", value=20),
                ramp=(n(0.4), n(0.8)),
            ),
            Role("ae", heads=n(4), holds=n(4)),
        ],
        days=150,
    )


def assert_never_lower(name: str, less: np.ndarray, more: np.ndarray, grows: float) -> None:
    """The mean of cumulative counts is nowhere lower by more than chance, and in the end is higher by ``grows``."""
    difference = (more.cumsum(1) - less.cumsum(1)).astype(float)
    error = difference.std(0, ddof=1) / np.sqrt(len(difference))
    worst = (difference.mean(0) / np.maximum(error, 1e-12)).min()
    assert worst > -limit(difference.shape[1]), f"{name}: lower by {-worst:.1f} standard errors"
    assert difference[:, -1].mean() > grows * less.sum(1).mean(), f"{name}: no more than before"


def test_more_staff_takes_up_more(sample: Sample) -> None:
    base = sample(plan(3), 2_000, 61)["taken_up"]
    for heads, grows in ((4, 0.1), (4.5, 0.12)):
        more = sample(plan(heads), 2_000, 61)["taken_up"]
        assert_never_lower(f"{heads} heads", base[:, :, 1], more[:, :, 1], grows)


def test_more_slots_take_up_more(sample: Sample) -> None:
    base = plan(6)
    wider = dataclasses.replace(base.content.roles[1], holds=n(5))
    more = dataclasses.replace(base, content=dataclasses.replace(base.content, roles=(base.content.roles[0], wider)))
    assert_never_lower(
        "slots", sample(base, 2_000, 62)["taken_up"][:, :, 2], sample(more, 2_000, 62)["taken_up"][:, :, 2], 0.05
    )


def test_more_leads_come_before_a_desk(sample: Sample) -> None:
    labels = Record(plan()).labels["edge"]
    less, more = (sample(plan(3, change), 2_000, 63)["moves"].sum((3, 4)) for change in (1.0, 1.05))
    for edge in (("source", "visit"), ("source", "lead"), ("visit", "lead"), ("visit", "lost")):
        e = labels.index(edge)
        assert_never_lower(str(edge), less[:, :, e], more[:, :, e], 0.02)
