"""A lead, its class, and its story: the dated events of its life (model, section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rpmsim.model.cycle import SOURCE
from rpmsim.model.number import LeadClass
from rpmsim.model.plan import OpenDeal
from rpmsim.plain.people import Worker


class Fate(NamedTuple):
    """Where a lead goes and on which day; ``day`` may be :data:`rpmsim.plain.clocks.NEVER`."""

    to: str
    day: int
    returning: bool = False


class Entered(NamedTuple):
    """It came to a stage; ``cents``: what it is worth as an opportunity, or brings as a win.

    On a day before the first simulated one, it was in the stage at the start.
    """

    day: int
    stage: str
    source: str
    cents: int | None


class Queued(NamedTuple):
    """It began to wait for the role that works the stage."""

    day: int
    stage: str


class TakenUp(NamedTuple):
    """The role took it up; ``hours``: how long it had waited, None for a lead in progress at the start."""

    day: int
    stage: str
    role: str
    hours: float | None
    within_sla: bool


class GaveUp(NamedTuple):
    """It left the queue, and goes to the stage that it enters next."""

    day: int
    stage: str


class LeftBehind(NamedTuple):
    """The worker who held it left, and it does not go to colleagues."""

    day: int
    stage: str
    worker: Worker


Event = Entered | Queued | TakenUp | GaveUp | LeftBehind


@dataclass(eq=False, slots=True)
class Lead:
    """One lead.

    Parameters
    ----------
    kind : LeadClass
    stage : str
        Where it is.
    since : int
        Day on which it began the stage or came to its queue.
    role : str
        Role that works the stage for it; empty if none does.
    waiting : bool
        Whether it is in the queue.
    key : tuple
        Its place in the queue: smaller ones come first.
    fate : Fate or None
        How it will leave the stage, once it has begun it.
    deal : OpenDeal or None
        The record of a listed deal.
    base : float or None
        Amount of the sale at the base price, once it is drawn.
    story : list of Event
        All that happened to it, in order.
    """

    kind: LeadClass
    stage: str = SOURCE
    since: int = 0
    role: str = ""
    waiting: bool = False
    key: tuple[Any, ...] = ()
    fate: Fate | None = None
    deal: OpenDeal | None = None
    base: float | None = None
    story: list[Event] = field(default_factory=list)

    @property
    def odds(self) -> float:
        """Factor on the odds that a listed deal carries from stage to stage, like its amount."""
        return 1.0 if self.deal is None else self.deal.odds
