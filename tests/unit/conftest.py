"""A made-up model with an engine's blocks of made-up counts: the dataset, analysis and report need no engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rpmsim.dataset import Layout, MemorySink
from rpmsim.model.arrivals import Channel
from rpmsim.model.calendar import Calendar
from rpmsim.model.cycle import Outcome, Response, Stage
from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Cost, Segment
from rpmsim.model.number import Number
from rpmsim.model.plan import Content, Model, Target
from rpmsim.model.staffing import Role

EDGES = (
    ("source", "anonymous"),
    ("source", "mql"),
    ("anonymous", "lead"),
    ("anonymous", "lost"),
    ("lead", "mql"),
    ("lead", "lost"),
    ("mql", "opportunity"),
    ("mql", "nurture"),
    ("mql", "lost"),
    ("nurture", "mql"),
    ("opportunity", "won"),
    ("opportunity", "lost"),
)
SHARE = {"opportunity": 0.3, "nurture": 0.25, "lost": 0.5, "won": 0.4, "lead": 0.1, "mql": 0.4}


def make_model(**changes: Any) -> Model:
    """Three channels, two segments, seven stages, two roles, three costs."""

    def stage(name: str, kind: Any, *outcomes: tuple[str, bool], **more: Any) -> Stage:
        return Stage(
            name, kind, outcomes=tuple(Outcome(to, Number(0.5), advances=ahead) for to, ahead in outcomes), **more
        )

    stages = (
        stage("anonymous", "anonymous", ("lead", True), ("lost", False)),
        stage("lead", "lead", ("mql", True), ("lost", False)),
        stage(
            "mql", "mql", ("opportunity", True), ("nurture", False), ("lost", False),
            label="Qualified leads", worked_by="sdr", response=Response(sla_hours=Number(24.0)),
        ),
        stage("opportunity", "opportunity", ("won", True), ("lost", False), worked_by="ae"),
        stage("nurture", "nurture", ("mql", True)),
        stage("won", "won"),
        stage("lost", "lost"),
    )  # fmt: skip
    amount = Amount(Distribution("lognormal", (("median", Number(20e3)), ("p90", Number(50e3)))))
    content = Content(
        stages,
        channels=(
            Channel("web", "marketing", "Website", into="anonymous"),
            Channel("events", "marketing", into="mql"),
            Channel("outbound", "sales", into="mql", made_by="sdr"),
        ),
        segments=(Segment("smb", "Small", amount=amount), Segment("enterprise", amount=amount)),
        roles=(Role("sdr", "SDRs", per_day=Number(9.0)), Role("ae", "AEs", holds=Number(20.0))),
        costs=(Cost("crm", "tools"), Cost("agency", "services"), Cost("rent", "overhead")),
    )
    values: dict[str, Any] = {
        "name": "plan",
        "label": "FY27 plan",
        "currency": "EUR",
        "as_of": dt.date(2026, 12, 31),
        "until": dt.date(2027, 12, 31),
        "calendar": Calendar(),
        "content": content,
        "targets": (
            Target("bookings", "2027-Q1", dt.date(2027, 1, 1), dt.date(2027, 3, 31), 1.0e6),
            Target("bookings", "2027", dt.date(2027, 1, 1), dt.date(2027, 12, 31), 5.0e6),
            Target("wins", "2027", dt.date(2027, 1, 1), dt.date(2027, 12, 31), 150.0),
        ),
    }
    return Model(**(values | changes))


def make_blocks(layout: Layout, seed: int = 1, scale: float = 10.0) -> dict[str, np.ndarray]:
    """Counts that conserve leads, with an engine's names and units; draws make replications alike."""
    rng = np.random.default_rng(seed)
    size = layout.sizes
    n, p, c, s = (size[dim] for dim in ("replication", "period", "channel", "segment"))
    draw = np.arange(n) % layout.draws
    level = np.exp(rng.normal(0.0, 0.15, layout.draws))[draw][:, None, None, None]
    moves = np.zeros((n, p, size["edge"], c, s), dtype=np.int64)
    names = [stage.name for stage in layout.stages]
    opening = rng.poisson(scale, (size["stage"], c, s))
    opening[[names.index("won"), names.index("lost")]] = 0
    stock = np.zeros((n, p, size["stage"], c, s), dtype=np.int64)
    now = {name: np.broadcast_to(opening[i], (n, c, s)).copy() for i, name in enumerate(names)}
    for period in range(p):
        for edge, (source, target) in enumerate(layout.edges):
            if source == "source":
                count = rng.poisson(scale * level[:, 0] * (20 if target == "anonymous" else 3), (n, c, s))
            else:
                count = rng.binomial(now[source], SHARE[target] if source != "anonymous" else 0.45)
                now[source] = now[source] - count
            now[target] = now[target] + count
            moves[:, period, edge] = count
        for i, name in enumerate(names):
            stock[:, period, i] = now[name]
    wins = moves[:, :, [i for i, (_, to) in enumerate(layout.edges) if to == "won"]].sum(axis=2)
    by_stage = stock.sum(axis=(3, 4))
    taken = by_stage // 2
    role = (n, p, size["role"])
    head = np.full(role, 150.0)
    return {
        "moves": moves,
        "stock": stock,
        "deal_cents": np.zeros((n, size["deal"]), dtype=np.int64),
        "deal_period": np.zeros((n, size["deal"]), dtype=np.int64),
        "waiting": by_stage // 3,
        "waiting_minutes": (by_stage // 3) * rng.integers(1440, 5000, by_stage.shape) // 1440 * 1440,
        "bookings": np.rint(rng.gamma(2.0, 1e6, wins.shape) * wins).astype(np.int64),
        "taken_up": taken,
        "wait_minutes": taken * rng.integers(100, 3000, taken.shape),
        "within_sla": rng.binomial(taken, 0.7),
        "gave_up": by_stage // 50,
        "head_days": head,
        "capacity": head * np.array([9.0, 0.0])[: size["role"]],
        "capacity_used": head * np.array([9.0, 0.0])[: size["role"]] * rng.uniform(0.8, 1.0, role),
        "prospecting": np.zeros(role),
        "slot_days": head * np.array([0.0, 20.0])[: size["role"]],
        "slot_days_used": head * np.array([0.0, 20.0])[: size["role"]] * rng.uniform(0.5, 0.8, role),
        "spend": np.full((n, p, c), 40_000_00) * np.array([1, 1, 0])[:c],
        "pay": np.full(role, 60_000_00),
        "other_cost": np.full((n, p, size["cost"]), 10_000_00),
        "parameter_draw": draw,
        "opening_stock": opening,
        "parameter_value": rng.normal(size=(layout.draws, size["parameter"])),
    }


PROVENANCE = {
    "version": "0.1.0",
    "created_at": "2026-11-22T09:00:00+00:00",
    "run": {"replications": 100, "first": 0, "seed": 7, "draws": 50, "keep": "classes"},
}


@pytest.fixture(scope="session")
def model() -> Model:
    return make_model()


@pytest.fixture(scope="session")
def make_forecast() -> Callable[..., Any]:
    """Make a (model, dataset, blocks) triple: keyword arguments go to the model and the layout."""

    def make(
        replications: int = 200,
        *,
        seed: int = 1,
        scale: float = 10.0,
        layout: dict[str, Any] | None = None,
        **more: Any,
    ) -> Any:
        model = make_model(**more)
        options = {"draws": 50, "parameters": ("stages.mql.to.opportunity.share", "roles.sdr.handles")}
        plan = Layout.of(model, EDGES, replications, **(options | (layout or {})))
        blocks = make_blocks(plan, seed, scale)
        with MemorySink(plan, PROVENANCE) as sink:
            sink.write_once(blocks)
            sink.write(0, blocks)
        return model, sink.dataset(), blocks

    return make
