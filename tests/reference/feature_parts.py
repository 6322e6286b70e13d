"""The registry of feature models and the parts that they share.

Each is small and has one or two features, switched on so strongly that a wrong distribution would show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from rpmsim.model.calendar import Calendar
from rpmsim.model.money import Amount, Segment
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Model
from rpmsim.model.staffing import Role
from tests.reference.models import channel, delay, distribution, model, n, out, stage

START = dt.date(2027, 1, 1)
WEEKDAYS = Calendar(work=(True,) * 5 + (False,) * 2, holidays=(dt.date(2027, 1, 6), dt.date(2027, 2, 3)))
TWO = [
    Segment("small", amount=Amount(distribution("lognormal", median=1_000, sigma=0.7))),
    Segment("big", amount=Amount(distribution("gamma", mean=9_000, shape=2))),
]
HALF = (("small", n(0.6)), ("big", None))

FEATURES: dict[str, Callable[[], Model]] = {}


def feature(build: Callable[[], Model]) -> Callable[[], Model]:
    FEATURES[build.__name__] = build
    return build


def by(dimension: str, **cases: float) -> ByClass:
    """Exact numbers by name; a leading underscore of a name is dropped (``_1``)."""
    return ByClass(dimension, tuple((name.lstrip("_"), n(value)) for name, value in cases.items()))  # type: ignore[arg-type]


def desk(rate: float = 4.0, role: Role | None = None, length: int = 60, **more: object) -> Model:
    """A staffed stage whose outcomes are won (half) and lost after some days; two channels, two segments."""
    options = {key: more.pop(key) for key in ("calendar", "opening", "open_deals", "changes") if key in more}
    closing = delay("gamma", mean=6, shape=2)
    return model(
        [stage("deal", out("won", 0.5, closing), out("lost", None, delay("lognormal", median=4, p90=9)),
               kind="opportunity", worked_by="rep", **more)],
        [channel("one", "deal", rate * 0.6, mix=HALF), channel("two", "deal", rate * 0.4, mix=HALF)],
        [role or Role("rep", heads=n(1), per_day=n(3.3))],
        TWO,
        days=length,
        **options,
    )  # fmt: skip
