"""Numbers that may be uncertain, and values that may differ by class."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

Scale = Literal["share", "positive", "real"]

Z90 = 1.6448536269514722
"""95% quantile of the standard normal: a range is a central 90% interval."""


@dataclass(frozen=True)
class Number:
    """A number: exact, or a 90% range with a median.

    Parameters
    ----------
    mid : float
        The value, or the median of the range.
    low, high : float or None
        5% and 95% quantiles; both ``None`` for an exact number.
    scale : {"share", "positive", "real"}
        Where the range is normal: on the logit, on the logarithm, or as it stands.
    name : str
        Path of the parameter that is drawn. Two numbers of one name share one draw, also across
        scenarios; empty for exact numbers.
    """

    mid: float
    low: float | None = None
    high: float | None = None
    scale: Scale = "real"
    name: str = ""

    @property
    def ranged(self) -> bool:
        """Whether the number is drawn anew for each parameter draw."""
        return self.low is not None

    def at(self, z: Any) -> Any:
        """Value at the standard normal ``z`` (or an array of them): the median at 0, the ends at +-1.645.

        The two halves of the range have their own widths on the scale, so that median and both ends
        hold exactly.
        """
        if self.low is None or self.high is None:
            return self.mid
        mid, low, high = (to_scale(v, self.scale) for v in (self.mid, self.low, self.high))
        width = np.where(np.asarray(z) < 0, mid - low, high - mid)
        return from_scale(mid + z * width / Z90, self.scale)


def to_scale(value: float, scale: Scale) -> float:
    """Carry a value to the scale on which its range is normal; the ends of a share are kept off 0 and 1."""
    if scale == "share":
        value = min(max(value, 1e-9), 1.0 - 1e-9)
        return math.log(value / (1.0 - value))
    return math.log(max(value, 1e-12)) if scale == "positive" else value


def from_scale(value: Any, scale: Scale) -> Any:
    """Undo :func:`to_scale`."""
    if scale == "share":
        return 1.0 / (1.0 + np.exp(-value))
    return np.exp(value) if scale == "positive" else value


@dataclass(frozen=True)
class LeadClass:
    """What makes leads exchangeable: where they came from, what kind of buyer, and what changes on the way.

    ``grade`` and ``band`` are empty where the scenario declares none (or the band is not known yet).
    """

    channel: str
    segment: str
    grade: str = ""
    returns: int = 0
    band: str = ""

    @property
    def key(self) -> str:
        """Name that enters the random streams."""
        return f"{self.channel}/{self.segment}/{self.grade}/{self.returns}/{self.band}"


Dimension = Literal["channel", "segment", "grade", "returns", "band"]


@dataclass(frozen=True)
class ByClass:
    """A value that differs by one dimension of the class; cases may differ by a further one.

    ``cases`` are pairs of name and value. A class whose name is not listed gets ``default``, and
    ``None`` where there is none. Names of ``returns`` are ``"0"``, ``"1"``, ...; the last one stands for
    that many or more.
    """

    dimension: Dimension
    cases: tuple[tuple[str, Any], ...]
    default: Any = None


def resolve(value: Any, lead: LeadClass) -> Any:
    """The value that holds for one class (the value itself where it does not differ by class)."""
    while isinstance(value, ByClass):
        name = getattr(lead, value.dimension)
        cases: Mapping[str, Any] = dict(value.cases)
        value = cases.get(str(name), value.default)
    return value


Kind = TypeVar("Kind")


def all_in(value: Any, kind: type[Kind]) -> Iterator[Kind]:
    """Everything of a kind inside a model value, in a fixed order; what lies inside of it is not looked at."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from all_in(item, kind)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from all_in(getattr(value, name), kind)


def numbers_in(value: Any) -> Iterator[Number]:
    """Every :class:`Number` inside a model value, in a fixed order."""
    return all_in(value, Number)


ValueOf = Callable[[Number], Any]
"""How a number is read: its median, its value in one parameter draw, or an array of its values in many draws."""


def median_of(number: Number) -> float:
    """The :data:`ValueOf` that ignores ranges."""
    return number.mid
