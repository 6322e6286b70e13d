"""What binds: the role or channel of which a little more gains most.

One more person of a role, past the ramp and there from the first day on, or 1% more leads of a channel: each is
simulated on the same random numbers. What gains most, and beyond its Monte Carlo error, binds. Where that is a role,
capacity limits the business; where it is a channel, demand does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rpmsim.analysis.bands import error_of_mean
from rpmsim.comparison.runs import SURE, Draws, Values
from rpmsim.model.arrivals import Channel
from rpmsim.model.number import scaled as scaled_number
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import Person, Role

MORE_LEADS = 0.01
"""Share by which the leads of a channel are raised."""
_ONE_MORE = "one more"


@dataclass(frozen=True)
class Step:
    """A little more of something, and what it gains.

    Parameters
    ----------
    kind : {"role", "channel"}
    name : str
    gain : ndarray of float, shape (replications, periods)
        Difference from the scenario as it stands.
    """

    kind: Literal["role", "channel"]
    name: str
    gain: Values

    @property
    def total(self) -> Values:
        """The gain of each replication over all periods."""
        return self.gain.sum(axis=1)


@dataclass(frozen=True)
class Binding:
    """What binds, in all and period by period.

    Parameters
    ----------
    steps : tuple of Step
        All that were tried, the largest gain first.
    whole : Step or None
        What binds over the whole span; None where nothing gains beyond its error.
    by_period : tuple of (Step or None)
        What binds in each period: it changes only where another one gains clearly more.
    """

    steps: tuple[Step, ...]
    whole: Step | None
    by_period: tuple[Step | None, ...]


def binding(
    model: Model, before: Values, simulate: Callable[[Model, str], Values], draws: Draws | None = None
) -> Binding:
    """Find what binds.

    Parameters
    ----------
    model : Model
        The scenario as it stands.
    before : ndarray of float, shape (replications, periods)
        Its values.
    simulate : callable
        Gives the values of a model on the same random numbers; takes what it is, in words, too.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication; replications of one draw are alike.
    """
    steps = [Step(kind, name, simulate(more, words) - before) for kind, name, more, words in _a_little_more(model)]
    steps.sort(key=lambda step: (-float(step.gain.sum()), step.kind, step.name))
    whole = next((step for step in steps if _is_sure(step.total, draws)), None)
    current: Step | None = None
    by_period: list[Step | None] = []
    for period in range(before.shape[1]):
        ranked = sorted(steps, key=lambda step: -float(step.gain[:, period].mean()))
        best = next((step for step in ranked if _is_sure(step.gain[:, period], draws)), None)
        if best is not None and (current is None or _is_sure(best.gain[:, period] - current.gain[:, period], draws)):
            current = best
        by_period.append(current if best is not None else None)
    return Binding(tuple(steps), whole, tuple(by_period))


def _is_sure(gain: Values, draws: Draws | None) -> bool:
    """Whether a gain is above zero beyond its Monte Carlo error."""
    mean = float(gain.mean())
    return mean > 0.0 and mean > SURE * error_of_mean(gain, draws)


def _a_little_more(model: Model) -> Iterator[tuple[Literal["role", "channel"], str, Model, str]]:
    """Each role with one more person, and each channel with a little more leads."""
    for role in model.content.roles:
        yield "role", role.name, with_one_more(model, role.name), f"one more {role.label or role.name}"
    for channel in model.content.channels:
        words = f"{MORE_LEADS:.0%} more leads of {channel.label or channel.name}"
        yield "channel", channel.name, with_leads(model, 1.0 + MORE_LEADS, channel.name), words


def with_one_more(model: Model, name: str) -> Model:
    """A model with one more person in a role: past the ramp, there from the first day on, for the role's pay."""

    def more(role: Role) -> Role:
        return replace(role, team=(*role.team, Person(_ONE_MORE))) if role.name == name else role

    return _changed(model, lambda content: replace(content, roles=tuple(more(role) for role in content.roles)))


def with_leads(model: Model, factor: float, name: str = "") -> Model:
    """A model with the leads of one channel, or of all of them, times a factor."""

    def scaled(channel: Channel) -> Channel:
        if name not in ("", channel.name):
            return channel
        return replace(channel, change=scaled_number(channel.change, factor))

    return _changed(model, lambda c: replace(c, channels=tuple(scaled(channel) for channel in c.channels)))


def _changed(model: Model, change: Callable[[Content], Content]) -> Model:
    """Change the content from the first day on, and that of every dated change."""
    return replace(
        model,
        content=change(model.content),
        changes=tuple(replace(dated, content=change(dated.content)) for dated in model.changes),
    )
