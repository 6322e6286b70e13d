"""The stage graph of the revenue cycle and the distribution by which leads leave a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rpmsim.model.calendar import Every
from rpmsim.model.distributions import Distribution
from rpmsim.model.number import ByClass, Number

StageKind = Literal[
    "anonymous", "lead", "mql", "sal", "sql", "opportunity", "won", "lost", "nurture", "customer", "other"
]
KIND_ORDER: tuple[StageKind, ...] = ("anonymous", "lead", "mql", "sal", "sql", "opportunity", "won", "customer")
"""An outcome advances if its kind stands later in this list."""

SOURCE = "source"
"""The pseudo-stage from which arrivals come."""


@dataclass(frozen=True)
class Delay:
    """Time from the beginning of a stage to an outcome: ``max(least, floor(X + 0.5))`` days of a clock."""

    distribution: Distribution
    least: int = 1
    clock: str = "calendar"

    @property
    def by_date(self) -> bool:
        """Whether it runs to a date that the lead gets, which no clock, pace or effect on speed can change."""
        return self.distribution.family == "due"


NO_DELAY = Delay(Distribution("fixed", (("value", Number(0.0)),)), least=0)


@dataclass(frozen=True)
class RandomEffect:
    """A standard normal for each day, week, month or quarter that all leads of a stage share, times ``sigma``."""

    sigma: Number
    every: Every


@dataclass(frozen=True)
class Outcome:
    """One way out of a stage.

    Parameters
    ----------
    to : str
        Stage that the lead moves to.
    share : Number or ByClass
        Share of the leads that begin the stage; ``None`` (also inside a ByClass) is the rest.
    delay : Delay or ByClass
        Time that it takes.
    advances : bool
        Whether effects on conversion favor it; resolved from the kinds where the scenario is silent.
    beyond : Number, ByClass or None
        Chance per day for leads that are older than the distributions of the stage. None for all outcomes: as fast as
        in the last well-filled stretch.
    offset : Distribution, ByClass or None
        Days from a due date on, for an outcome that runs by it; then ``delay`` is that of leads without a date of their
        own, with a distribution of the family ``due``.
    returning : bool
        Whether the move increases the lead's return count.
    pace : RandomEffect or None
        On the logarithm of the speed at which the delay runs, in place of the stage's.
    """

    to: str
    share: Number | ByClass | None
    delay: Delay | ByClass = NO_DELAY
    advances: bool = False
    returning: bool = False
    pace: RandomEffect | None = None
    beyond: Number | ByClass | None = None
    offset: Distribution | ByClass | None = None


@dataclass(frozen=True)
class Response:
    """How a staffed stage answers, and what waiting does.

    Parameters
    ----------
    time : Distribution or ByClass or None
        Hours that a lead which is taken up on the day of its arrival has waited (None: none); each
        further day adds 24.
    decay : {"none", "per_day", "power"}
        Form of the fall. ``per_day``: factor ``strength`` for each 24 hours of waiting. ``power``:
        (hours / (5/60)) ** -strength, flat below 5 minutes and above 48 hours.
    acts_on : {"odds", "probability"}
        What the factor multiplies: the odds of the advancing outcomes, or their probability.
    sla_hours : Number or ByClass or None
        Limit that ``within_sla`` counts.
    load_stretch : Number or None
        Factor on the response time for each open item per head above ``load_above``.
    """

    time: Distribution | ByClass | None = None
    decay: Literal["none", "per_day", "power"] = "none"
    strength: Number = Number(1.0)
    acts_on: Literal["odds", "probability"] = "odds"
    sla_hours: Number | ByClass | None = None
    load_stretch: Number | None = None
    load_above: Number = Number(0.0)


@dataclass(frozen=True)
class Queue:
    """Order in which waiting leads are taken up.

    Parameters
    ----------
    order : {"first_in", "last_in", "deadline"}
        ``deadline``: earliest last day inside the limit (day of arrival + ``response.sla_hours`` in whole days)
        first, of those the oldest; leads without a limit come last.
    priority : tuple of str
        Class names (channels, segments, grades, bands, or ``returning``) in order of weight: leads that match
        the first name come before those that do not, among equals those that match the second, and so on.
        Ranks come before ``order``.
    ties : tuple of str
        Same form; decides among leads of one rank and day. Empty: ties are random.
    """

    order: Literal["first_in", "last_in", "deadline"] = "first_in"
    priority: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadEffect:
    """Factor on the advancing odds for each open item per head above a limit, read at the start of the day."""

    odds: Number
    above: Number


@dataclass(frozen=True)
class Stage:
    """A stage of the cycle.

    Parameters
    ----------
    outcomes : tuple of Outcome
        Empty for an end (won, lost, or any stage in which leads stay for good).
    stays : Number or ByClass or "rest" or None
        Share that never leaves. None: nobody.
    timeout : tuple of (Number, str) or None
        Days since the beginning (calendar days), and the stage to which those go that have not left.
    worked_by : str or ByClass or None
        Role that takes leads up.
    work_hours : Number or ByClass
        Hours of work per lead, where the role's day is counted in hours; else leads (1).
    gives_up : tuple of (Number, str) or None
        Chance per day of waiting (from the first day after arrival on) that a lead gives up, and where it goes.
    odds, stretch : tuple of ByClass
        Factors on the advancing odds and on all delays, by grade, returns or band.
    shock : RandomEffect or None
        On the logarithm of the advancing odds, by the period in which a lead begins the stage.
    pace : RandomEffect or None
        On the logarithm of the speed at which all delays run.
    amount_here : bool
        Whether leads that enter get their size band here.
    """

    name: str
    kind: StageKind
    label: str = ""
    outcomes: tuple[Outcome, ...] = ()
    stays: Any = None
    timeout: tuple[Number, str] | None = None
    worked_by: str | ByClass | None = None
    work_hours: Number | ByClass = Number(1.0)
    response: Response = Response()
    queue: Queue = Queue()
    load: LoadEffect | None = None
    gives_up: tuple[Number, str] | None = None
    odds: tuple[ByClass, ...] = ()
    stretch: tuple[ByClass, ...] = ()
    shock: RandomEffect | None = None
    pace: RandomEffect | None = None
    amount_here: bool = False


def advances(source: StageKind, target: StageKind) -> bool:
    """Whether a move between the kinds advances the lead, where the scenario does not say."""
    if source in ("nurture", "other"):
        return target != "lost"
    if source not in KIND_ORDER or target not in KIND_ORDER:
        return False
    return KIND_ORDER.index(target) > KIND_ORDER.index(source)
