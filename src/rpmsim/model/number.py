"""Numbers that may be uncertain, and values that may differ by class."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Scale = Literal["share", "positive", "real"]

Z90 = 1.6448536269514722
"""95% quantile of the standard normal: a range is a central 90% interval."""


@dataclass(frozen=True)
class Draws:
    """The values of a number in the draws of a posterior.

    Parameters
    ----------
    key : tuple of str
        What it is: the file's hash, the path, and what was done to the values. Two of one key are the same.
    values : array, shape (draws,)
        In the model's unit.
    """

    key: tuple[str, ...]
    values: NDArray[np.float64] = field(compare=False, repr=False)

    def at(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values in numbered parameter draws; draw r of a run is draw r modulo the draws of the posterior."""
        return self.values[numbers % len(self.values)]


@dataclass(frozen=True)
class Number:
    """A number: exact, a 90% range with a median, or drawn from a posterior.

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
    draws : Draws or None
        Its values in the draws of a posterior, of which ``mid``, ``low`` and ``high`` are quantiles.
    """

    mid: float
    low: float | None = None
    high: float | None = None
    scale: Scale = "real"
    name: str = ""
    draws: Draws | None = None

    @property
    def ranged(self) -> bool:
        """Whether the number is drawn anew for each parameter draw."""
        return self.low is not None

    def at(self, where: Any) -> Any:
        """Value of a range at a standard normal (or an array of them): the median at 0, the ends at +-1.645.

        The two halves of the range have their own widths on the scale, so that median and both ends
        hold exactly.
        """
        if self.low is None or self.high is None:
            return self.mid
        mid, low, high = (to_scale(v, self.scale) for v in (self.mid, self.low, self.high))
        width = np.where(np.asarray(where) < 0, mid - low, high - mid)
        return from_scale(mid + where * width / Z90, self.scale)


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


class Drawable(Protocol):
    """A number, or hazards: something that has a value in every parameter draw, and one in their middle."""

    @property
    def mid(self) -> Any:
        """The value where draws are ignored."""

    def at(self, where: Any) -> Any:
        """Values in draws: of a range by its standard normals, else by the numbers of the draws."""


ValueOf = Callable[[Any], Any]
"""How a number (or other :class:`Drawable`) is read: its middle, its value in one parameter draw, or an array of its
values in many draws."""


def median_of(number: Drawable) -> Any:
    """The :data:`ValueOf` that ignores ranges."""
    return number.mid


def scaled(number: Number, factor: float) -> Number:
    """The number times a factor in every draw."""
    low, high = (None if end is None else end * factor for end in (number.low, number.high))
    draws = number.draws
    if draws is not None:
        draws = Draws((*draws.key, f"x{factor!r}"), draws.values * factor)
    return Number(number.mid * factor, low, high, number.scale, number.name, draws)


def upper_end(number: Number, deviations: float) -> float:
    """The highest value that a draw is likely to have: so many standard deviations up on the number's scale."""
    return float(number.draws.values.max() if number.draws is not None else number.at(deviations))


def sampled(number: Drawable, count: int) -> Any:
    """Values in ``count`` draws that are always the same, for a look at a plan; joint draws stay joint."""
    drawn = number.draws if isinstance(number, Number) else number
    if drawn is not None:
        return drawn.at(np.arange(count))
    assert isinstance(number, Number)
    if not number.ranged:
        return number.mid
    return number.at(np.random.default_rng(zlib.crc32(number.name.encode())).standard_normal(count))
