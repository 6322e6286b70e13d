"""What the difference between two models can reach; everything else is identical, replication by replication.

The graph of influence has three kinds of nodes: cells (the leads of one channel and segment in one stage), roles, and
the arrivals of channels. Leads carry a difference along every way out of a stage. A role couples all cells that it
works, since they share its time, and the leads that it makes. Where nobody works, classes do not touch each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from rpmsim.model.arrivals import Channel
from rpmsim.model.cycle import Outcome, Response, Stage
from rpmsim.model.graph import Pair, edges_of, leaves, pairs_by_stage
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Content, Model
from rpmsim.model.staffing import Role

Cell = tuple[str, str, str]
"""Stage, channel, segment."""


@dataclass
class Reach:
    """What a difference can reach.

    Parameters
    ----------
    everything : bool
        Whether the models cannot be compared piece by piece (other dates, calendar, grades, bands).
    arrivals : set of str
        Channels whose arrivals may differ.
    cells : set of (stage, channel, segment)
        Leads whose stock, waits and moves out of the stage may differ.
    work : set of str
        Roles whose use of time and slots may differ.
    people : set of str
        Roles of which the people themselves may differ.
    capacity : set of str
        Roles whose available time or slots may differ.
    bookings : set of (channel, segment)
        Whose bookings may differ.
    spend, pay, costs : set of str
        Channels, roles and costs whose money may differ.
    """

    everything: bool = False
    arrivals: set[str] = field(default_factory=set)
    cells: set[Cell] = field(default_factory=set)
    work: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    capacity: set[str] = field(default_factory=set)
    bookings: set[Pair] = field(default_factory=set)
    spend: set[str] = field(default_factory=set)
    pay: set[str] = field(default_factory=set)
    costs: set[str] = field(default_factory=set)

    def moves(self, source: str, channel: str, segment: str) -> bool:
        """Whether moves out of a stage (or out of ``source``) may differ for a class."""
        return self.everything or (
            channel in self.arrivals if source == "source" else (source, channel, segment) in self.cells
        )

    def stage(self, name: str) -> bool:
        """Whether anything about a stage may differ."""
        return self.everything or any(stage == name for stage, _, _ in self.cells)

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, sorted, for JSON."""
        if self.everything:
            return {"everything": True}
        return {"everything": False} | {
            f.name: sorted(getattr(self, f.name)) for f in fields(self) if f.name != "everything"
        }

    def lines(self) -> list[str]:
        """In words, one line for each kind of thing that is reached."""
        if self.everything:
            return ["everything: the scenarios differ in dates, calendar or classes"]
        text = []
        for what, names in (
            ("arrivals", self.arrivals),
            ("people of", self.people),
            ("capacity of", self.capacity),
            ("work of", self.work),
        ):
            if names:
                text.append(f"{what}: {', '.join(sorted(names))}")
        for stage in dict.fromkeys(stage for stage, _, _ in sorted(self.cells)):
            pairs = sorted((channel, segment) for name, channel, segment in self.cells if name == stage)
            text.append(f"stage {stage}: {_pairs(pairs)}")
        if self.bookings:
            text.append(f"bookings: {_pairs(sorted(self.bookings))}")
        for what, names in (("spend", self.spend), ("pay", self.pay), ("costs", self.costs)):
            if names:
                text.append(f"{what}: {', '.join(sorted(names))}")
        return text or ["nothing: the scenarios simulate the same thing"]


def _pairs(pairs: list[Pair]) -> str:
    """Channels, each with its segments where there are several."""
    by_channel: dict[str, list[str]] = {}
    for channel, segment in pairs:
        by_channel.setdefault(channel, []).append(segment)
    alike = {tuple(segments) for segments in by_channel.values()}
    if len(alike) == 1:
        return f"{', '.join(by_channel)} ({', '.join(next(iter(alike)))})"
    return "; ".join(f"{channel} ({', '.join(segments)})" for channel, segments in by_channel.items())


def influence_reach(a: Model, b: Model) -> Reach:
    """What the difference between two models can reach.

    Parameters
    ----------
    a, b : Model
        Usually a plan and a what-if of it; the order does not matter.

    Returns
    -------
    Reach
        Whatever is not in it is identical in every replication, given the same seed.
    """
    reach = Reach()
    apart = ("as_of", "until", "grades", "bands", "max_returns")
    if any(getattr(a, name) != getattr(b, name) for name in apart) or not _same_days(a, b):
        reach.everything = True
        return reach
    spread = _Spread(a, b, reach)
    for before, after in _differing_contents(a, b):
        _start_from_contents(before, after, reach, spread, bool(a.bands))
    _start_from_clocks(a, b, reach, spread)
    _start_from_opening(a, b, reach, spread)
    spread.run()
    return reach


def _same_days(a: Model, b: Model) -> bool:
    return (a.calendar.work, a.calendar.holidays) == (b.calendar.work, b.calendar.holidays)


def _versions(model: Model) -> list[tuple[dt.date, Any, Content]]:
    """Contents by the day from which they hold, with how each comes in."""
    return [
        (model.first_day, None, model.content),
        *((c.start, (c.phase_days, c.affects_open), c.content) for c in model.changes),
    ]


def _differing_contents(a: Model, b: Model) -> Iterator[tuple[Content, Content]]:
    """Pairs of contents whose differences matter on some day."""
    in_a, in_b = _versions(a), _versions(b)
    for day in sorted({start for start, _, _ in (*in_a, *in_b)}):
        current_a, current_b = _current(in_a, day), _current(in_b, day)
        if current_a != current_b:
            yield current_a, current_b
        new_a = [version for version in in_a if version[0] == day and version[1] is not None]
        new_b = [version for version in in_b if version[0] == day and version[1] is not None]
        if [how for _, how, _ in new_a] == [how for _, how, _ in new_b]:
            yield from ((one[2], other[2]) for one, other in zip(new_a, new_b, strict=True) if one[2] != other[2])
        else:
            # A change that comes in otherwise (phased, or for open leads too) matters in all that it changes.
            for versions, new in ((in_a, new_a), (in_b, new_b)):
                for version in new:
                    before = versions[versions.index(version) - 1][2]
                    yield before, version[2]


def _current(versions: list[tuple[dt.date, Any, Content]], day: dt.date) -> Content:
    return [content for start, _, content in versions if start <= day][-1]


def _start_from_contents(a: Content, b: Content, reach: Reach, spread: _Spread, bands: bool) -> None:
    _differing_stages(a, b, spread)
    _differing_channels(a, b, reach, spread)
    _differing_roles(a, b, reach, spread)
    for name in _differing(a.segments, b.segments, lambda s: s.amount):
        pairs = {pair for stage_pairs in spread.pairs.values() for pair in stage_pairs if pair[1] == name}
        reach.bookings |= pairs
        if bands:
            spread.cells(
                [(stage.name, *pair) for stage in (*a.stages, *b.stages) if stage.amount_here for pair in pairs]
            )
    reach.costs |= _differing(a.costs, b.costs, lambda cost: cost)


def _differing(a: tuple[Any, ...], b: tuple[Any, ...], part: Any) -> set[str]:
    """Names of the things of which a part differs, or which stand on one side only."""
    parts_a, parts_b = ({thing.name: part(thing) for thing in things} for things in (a, b))
    return {
        name
        for name in parts_a.keys() | parts_b.keys()
        if name not in parts_a or name not in parts_b or parts_a[name] != parts_b[name]
    }


def _differing_stages(a: Content, b: Content, spread: _Spread) -> None:
    stages_a, stages_b = (
        {stage.name: replace(stage, label="", kind="other") for stage in content.stages} for content in (a, b)
    )
    for name in stages_a.keys() | stages_b.keys():
        one, other = stages_a.get(name), stages_b.get(name)
        if one == other:
            continue
        for pair in spread.pairs.get(name, ()):
            if one is None or other is None or for_pair(one, pair) != for_pair(other, pair):
                spread.cells([(name, *pair)])


def for_pair(value: Any, pair: Pair) -> Any:
    """A value with all that differs by channel or segment resolved for one of each."""
    if isinstance(value, ByClass):
        if value.dimension in ("channel", "segment"):
            name = pair[0] if value.dimension == "channel" else pair[1]
            return for_pair(dict(value.cases).get(name, value.default), pair)
        cases = tuple((name, for_pair(case, pair)) for name, case in value.cases)
        return ByClass(value.dimension, cases, for_pair(value.default, pair))
    if isinstance(value, tuple):
        return tuple(for_pair(item, pair) for item in value)
    if isinstance(value, Stage | Outcome | Response):
        return replace(value, **{f.name: for_pair(getattr(value, f.name), pair) for f in fields(value)})
    return value


def _differing_channels(a: Content, b: Content, reach: Reach, spread: _Spread) -> None:
    def source(channel: Channel) -> Channel:
        plain = replace(channel, label="", kind="")
        # Spend that is only a cost carries over to the days on which it drives leads, if there are any.
        return plain if channel.name in spread.driven else replace(plain, spend_per_month=None, spend_by_month=())

    def money(channel: Channel) -> Any:
        driven = channel.spend and (channel.spend.per_month, channel.spend.by_month)
        return driven, channel.spend_per_month, channel.spend_by_month

    spread.arrivals(_differing(a.channels, b.channels, source))
    reach.spend |= _differing(a.channels, b.channels, money)


def _differing_roles(a: Content, b: Content, reach: Reach, spread: _Spread) -> None:
    def people(role: Role) -> Any:
        team = tuple(replace(person, pay_per_month=None) for person in role.team)
        return (
            role.heads,
            role.tenure_months,
            team,
            role.hires,
            role.departures,
            role.time_to_fill,
            role.backfill,
            role.leaves_per_month,
        )

    def capacity(role: Role) -> Any:
        return people(role), role.ramp, role.per_day, role.in_hours, role.holds, role.works_every_day

    def pay(role: Role) -> Any:
        return people(role), role.pay_per_month, tuple(person.pay_per_month for person in role.team)

    reach.people |= _differing(a.roles, b.roles, people)
    reach.capacity |= _differing(a.roles, b.roles, capacity)
    reach.pay |= _differing(a.roles, b.roles, pay)
    spread.roles(_differing(a.roles, b.roles, lambda role: (capacity(role), role.leavers_items, role.order)))


def _start_from_clocks(a: Model, b: Model, reach: Reach, spread: _Spread) -> None:
    """Stages whose times run on a clock that differs."""
    differing = _differing(a.calendar.clocks, b.calendar.clocks, lambda clock: clock)
    for content in (content for model in (a, b) for _, _, content in _versions(model)):
        for stage in content.stages:
            clocks = {delay.clock for outcome in stage.outcomes for delay in leaves(outcome.delay)}
            if clocks & differing:
                spread.cells([(stage.name, *pair) for pair in spread.pairs.get(stage.name, ())])


def _start_from_opening(a: Model, b: Model, reach: Reach, spread: _Spread) -> None:
    """Stock and records that are there at the start, and how their amounts change."""
    for item in set(a.opening) ^ set(b.opening):
        spread.cells([(item.stage, item.channel, item.segment)])
    if set(a.opening) == set(b.opening) and sorted(map(str, a.opening)) != sorted(map(str, b.opening)):
        spread.cells([(item.stage, item.channel, item.segment) for item in a.opening])
    deals_a, deals_b = ({deal.id: replace(deal, label="") for deal in model.open_deals} for model in (a, b))
    for name in deals_a.keys() | deals_b.keys():
        one, other = deals_a.get(name), deals_b.get(name)
        if one == other:
            continue
        for deal in (deal for deal in (one, other) if deal is not None):
            reach.bookings.add((deal.channel, deal.segment))
            if one is None or other is None or replace(one, amount=None) != replace(other, amount=None) or a.bands:
                spread.cells([(deal.stage, deal.channel, deal.segment)])
    if a.revision != b.revision:
        reach.bookings |= {(deal.channel, deal.segment) for deal in a.open_deals}


class _Spread:
    """Carries differences through the graph of influence, which is that of both models taken together."""

    def __init__(self, a: Model, b: Model, reach: Reach) -> None:
        self.reach = reach
        self.contents = [content for model in (a, b) for _, _, content in _versions(model)]
        self.driven = {c.name for content in self.contents for c in content.channels if c.spend is not None}
        self.pairs: dict[str, set[Pair]] = {}
        opening = [(i.stage, i.channel, i.segment) for model in (a, b) for i in model.opening]
        opening += [(deal.stage, deal.channel, deal.segment) for model in (a, b) for deal in model.open_deals]
        for content in self.contents:
            for stage, pairs in pairs_by_stage(content, opening).items():
                self.pairs.setdefault(stage, set()).update(pairs)
        self._ways: dict[str, set[str]] = {}
        self._worked: dict[Cell, set[str]] = {}
        self._cells_of: dict[str, set[Cell]] = {}
        self._won = {stage.name for content in self.contents for stage in content.stages if stage.kind == "won"}
        self._todo: list[Cell | str] = []
        self._read_graph()

    def _read_graph(self) -> None:
        for content in self.contents:
            for stage in content.stages:
                self._ways.setdefault(stage.name, set()).update(edge.target for edge in edges_of(stage, content))
                for pair in self.pairs.get(stage.name, ()):
                    for role in leaves(for_pair(stage.worked_by, pair)):
                        if role:
                            self._worked.setdefault((stage.name, *pair), set()).add(role)
                            self._cells_of.setdefault(role, set()).add((stage.name, *pair))

    def cells(self, cells: list[Cell]) -> None:
        """Reach cells."""
        for cell in cells:
            if cell not in self.reach.cells and cell[1:] in self.pairs.get(cell[0], ()):
                self.reach.cells.add(cell)
                self._todo.append(cell)

    def roles(self, names: set[str]) -> None:
        """Reach the work of roles."""
        new = names - self.reach.work
        self.reach.work |= new
        self._todo += new

    def arrivals(self, names: set[str]) -> None:
        """Reach the arrivals of channels."""
        new = names - self.reach.arrivals
        self.reach.arrivals |= new
        for content in self.contents:
            for channel in content.channels:
                if channel.name in new:
                    self.cells([(channel.into, channel.name, segment) for segment, _ in channel.mix])

    def run(self) -> None:
        """Follow everything that is reached to its end."""
        while self._todo:
            item = self._todo.pop()
            if isinstance(item, str):
                self.cells(sorted(self._cells_of.get(item, ())))
                self.arrivals(
                    {
                        channel.name
                        for content in self.contents
                        for channel in content.channels
                        if channel.made_by == item
                    }
                )
                continue
            stage, channel, segment = item
            if stage in self._won:
                self.reach.bookings.add((channel, segment))
            self.cells([(target, channel, segment) for target in sorted(self._ways.get(stage, ()))])
            self.roles(self._worked.get(item, set()) - self.reach.work)
