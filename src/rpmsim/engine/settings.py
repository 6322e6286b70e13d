"""What a run is, and whether its numbers are possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import index
from typing import NamedTuple, SupportsIndex, get_args

from rpmsim.dataset import PARTS, Keep, Part

DEFAULT_REPLICATIONS = 2000
DEFAULT_SEED = 20270101
KEEPS = get_args(Keep)


class Sources(NamedTuple):
    """The sources of randomness, and of which replication each one is: 0 its own, k that of the k-th one after it.

    Replications that share a source and differ in the others show how much of the variance comes from where.
    """

    ranges: int = 0
    """Values of the numbers that are given as ranges."""
    arrivals: int = 0
    """Leads: how many come on which day, and of what segment."""
    people: int = 0
    """Who leaves, and when a seat is filled again."""
    chance: int = 0
    """All else: which leads convert, when, and for how much."""


@dataclass(frozen=True)
class Run:
    """What a run is, apart from how it is carried out: together with a model it determines every number."""

    replications: int = DEFAULT_REPLICATIONS
    first: int = 0
    seed: int = DEFAULT_SEED
    draws: int = 1
    sources: Sources = Sources()
    measure: tuple[Part, ...] = ()

    @property
    def by_lead(self) -> bool:
        """Whether times and cohorts of leads are measured."""
        return bool({"speed", "cohorts"} & set(self.measure))

    @property
    def follows(self) -> bool:
        """Whether leads are followed one by one."""
        return bool(self.measure)

    @property
    def keys(self) -> tuple[int, int]:
        """The two words of the key of all random numbers."""
        return self.seed & 0xFFFFFFFF, self.seed >> 32 & 0xFFFFFFFF


def whole(name: str, value: SupportsIndex, low: int) -> int:
    """A whole number, of Python or NumPy, as Python's.

    Raises
    ------
    TypeError
        If it is no whole number; a truth value is none.
    ValueError
        If it is below ``low``.
    """
    if isinstance(value, bool):
        raise TypeError(f"{name} is {value}; it must be a whole number")
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be a whole number") from None
    if number < low:
        raise ValueError(f"{name} is {number}; it must be {low} or more")
    return number


def parts_of(measure: Iterable[str]) -> tuple[Part, ...]:
    """The parts that are asked for, each once, in their order.

    Raises
    ------
    ValueError
        If one is unknown.
    """
    wanted = set(measure)
    unknown = sorted(wanted - set(PARTS))
    if unknown:
        raise ValueError(f"measure has {unknown[0]!r}; it must be some of {', '.join(map(repr, PARTS))}")
    return tuple(part for part in PARTS if part in wanted)


def check_run(run: Run, keep: str) -> None:
    """Refuse numbers that random numbers have no keys for, and an unknown ``keep``."""
    if run.first + run.replications + max(run.sources) > 2**32 or run.seed >= 2**64:
        raise ValueError("replications are numbered up to 2**32, seeds up to 2**64")
    if keep not in KEEPS:
        raise ValueError(f"keep is {keep!r}; it must be one of {', '.join(map(repr, KEEPS))}")
