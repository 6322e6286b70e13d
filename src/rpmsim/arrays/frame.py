"""The frame: everything that does not depend on a parameter draw."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from rpmsim.arrays import layout
from rpmsim.arrays.classes import Classes
from rpmsim.arrays.clocks import clock_fields
from rpmsim.arrays.days import Span, versions_of
from rpmsim.arrays.layout import Frame
from rpmsim.arrays.name_hashes import hashes
from rpmsim.arrays.opening import opening_fields
from rpmsim.arrays.packing import packed
from rpmsim.arrays.queues import queue_fields
from rpmsim.arrays.staff import people_fields
from rpmsim.arrays.tails import tail_fields
from rpmsim.arrays.work_order import Component, Edge
from rpmsim.model.cycle import SOURCE, Stage
from rpmsim.model.graph import roles_of
from rpmsim.model.plan import Model


def integers(values: Any) -> Any:
    """An int64 array."""
    return np.array(values, dtype=np.int64)


def build_frame(
    model: Model,
    classes: Classes,
    edges: tuple[Edge, ...],
    components: tuple[Component, ...],
    span: Span,
    follows: bool = False,
) -> Frame:
    """Build the frame of a compiled model; if it ``follows`` leads, what becomes of them is logged."""
    fields: dict[str, Any] = {
        "days": span.days,
        "history": span.history,
        "classes": len(classes.leads),
        "periods": len(span.periods),
        "split_above": layout.SPLIT_ABOVE,
        "follows": int(follows),
        "exact_amounts": layout.EXACT_AMOUNTS,
        "cells": len(classes.channels) * len(classes.segments),
        "cell_of": integers([classes.cell(lead) for lead in classes.leads]),
        "stage_hash": hashes("stage", [stage.name for stage in model.content.stages]),
        "class_hash": hashes("class", [lead.key for lead in classes.leads]),
        "role_hash": hashes("role", [role.name for role in model.content.roles]),
        "channel_hash": hashes("channel", [channel.name for channel in model.content.channels]),
    }
    fields |= _graph_fields(model, classes, edges, follows)
    fields |= _program_fields(model, components)
    fields |= _version_fields(model, span)
    fields |= tail_fields(model, span)
    fields |= clock_fields(model, span)
    fields |= queue_fields(model, classes, components)
    fields |= _stage_fields(model, classes, edges)
    fields |= people_fields(model, span)
    fields |= _channel_fields(model, classes, edges)
    fields |= _day_fields(model, span)
    fields["period_place"] = fields["period_of"] * len(edges) * fields["cells"]
    fields |= _landing_fields(fields)
    fields["way"] = _ways(fields)
    fields |= opening_fields(model, classes)
    if follows:
        fields["by_day"] = 1
    return packed(Frame(**fields))


def last_days(frame: Frame) -> layout.I64:
    """Last simulated day of each period, shape (periods,)."""
    return np.flatnonzero(np.diff([*frame.period_of, frame.periods])).astype(np.int64)


def outcomes_in_order(stage: Stage) -> list[Any]:
    """Outcomes of a stage, the advancing ones first, each part in the order of the scenario."""
    return sorted(stage.outcomes, key=lambda outcome: not outcome.advances)


def _graph_fields(model: Model, classes: Classes, edges: tuple[Edge, ...], follows: bool) -> dict[str, Any]:
    stages = model.content.stages
    number = {stage.name: i for i, stage in enumerate(stages)}
    edge_number = {(edge.source, edge.target): i for i, edge in enumerate(edges)}
    ranges, outcome_edge = [0], []
    for stage in stages:
        outcome_edge += [edge_number[stage.name, outcome.to] for outcome in outcomes_in_order(stage)]
        ranges.append(len(outcome_edge))
    index = {lead: i for i, lead in enumerate(classes.leads)}
    bands = max(len(classes.bands), 1)
    band_class = np.full((len(classes.leads), bands), -1, dtype=np.int64)
    for lead, i in index.items():
        for b, band in enumerate(classes.bands):
            banded = classes.banded(lead, band)
            if banded is not None:
                band_class[i, b] = i if lead.band else index[banded]
    edge_class = integers(
        [[index[classes.returned(lead)] if edge.returning else i for lead, i in index.items()] for edge in edges]
    )
    edge_to = integers([number[edge.target] for edge in edges])
    edge_won = integers([edge.won for edge in edges])
    leaver = integers([edge.leaver for edge in edges])
    noted = leaver | edge_won | integers(follows)
    late = np.where(noted, np.cumsum(noted) - 1, -1)
    return {
        "outcome_range": integers(ranges),
        "outcome_edge": integers(outcome_edge),
        "advancing": integers([sum(outcome.advances for outcome in stage.outcomes) for stage in stages]),
        "edge_class": edge_class,
        "edge_to": edge_to,
        "edge_from": integers([number.get(edge.source, -1) if edge.source != SOURCE else -1 for edge in edges]),
        "edge_won": edge_won,
        "edge_late": late,
        "edge_back": leaver,
        "edge_loose": integers(
            [
                not edge.leaver and not stages[number[edge.target]].outcomes and not stages[number[edge.target]].timeout
                for edge in edges
            ]
        ),
        "band_stage": integers([stage.amount_here for stage in stages]),
        "band_class": band_class,
    }


def _landing_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Where the landings of a stage and class stand, so that what is read or written together lies together.

    Of stages that are done day by day, those of a day are side by side; of others, the days of a class. What lands in a
    stage that no role serves and nobody leaves is not looked at: all that shares place 0.
    """
    days, classes = fields["days"], fields["classes"]
    some_leave = (np.diff(fields["outcome_range"]) > 0) | (fields["timeout_edge"] >= 0)
    looked_at = some_leave | (fields["staffed"] == 1)
    daily = looked_at & (fields["component_daily"][fields["stage_component"]] == 1)
    at_once = looked_at & ~daily
    row = int(daily.sum()) * classes  # the landings of a day
    first = np.zeros(len(looked_at), dtype=np.int64)
    first[daily] = 1 + np.arange(daily.sum()) * classes
    first[at_once] = 1 + days * row + np.arange(at_once.sum()) * classes * days
    return {
        "landings": int(1 + days * classes * looked_at.sum()),
        "landing_place": (first[:, None] + np.arange(classes) * (daily + days * at_once)[:, None]).ravel(),
        "landing_step": np.where(daily, row, at_once),
    }


def _ways(fields: dict[str, Any]) -> Any:
    """The ways of all classes over all edges in a row, from the fields that they gather."""
    to, late = fields["edge_to"], fields["edge_late"]
    ways = np.empty((*fields["edge_class"].shape, layout.WAY), dtype=np.int64)
    ways[..., 0] = fields["landing_place"][to[:, None] * fields["classes"] + fields["edge_class"]]
    ways[..., 1] = fields["landing_step"][to][:, None]
    ways[..., 2] = np.arange(len(to))[:, None] * fields["cells"] + fields["cell_of"]
    ways[..., 3] = to[:, None]
    ways[..., 4] = np.where((fields["edge_won"] == 1) & (fields["edge_back"] == 0), -late - 1, late + 1)[:, None]
    return ways.ravel()


def _program_fields(model: Model, components: tuple[Component, ...]) -> dict[str, Any]:
    stage_number = {stage.name: i for i, stage in enumerate(model.content.stages)}
    role_number = {role.name: i for i, role in enumerate(model.content.roles)} | {"": -1}
    steps = [step for component in components for step in component.steps]
    seen: set[str] = set()
    first = [not (step.stage in seen or seen.add(step.stage)) for step in steps]  # type: ignore[func-returns-value]
    stages = [name for component in components for name in component.stages]
    roles = [name for component in components for name in component.roles]

    def ranges(lengths: list[int]) -> Any:
        return integers([0, *np.cumsum(lengths)])

    stage_component = np.zeros(len(stage_number), dtype=np.int64)
    role_component = np.zeros(len(role_number) - 1, dtype=np.int64)
    for i, component in enumerate(components):
        stage_component[[stage_number[name] for name in component.stages]] = i
        role_component[[role_number[name] for name in component.roles]] = i
    return {
        "component_steps": ranges([len(component.steps) for component in components]),
        "component_stages": ranges([len(component.stages) for component in components]),
        "component_roles": ranges([len(component.roles) for component in components]),
        "component_daily": integers([component.daily for component in components]),
        "component_stage": integers([stage_number[name] for name in stages]),
        "component_role": integers([role_number[name] for name in roles]),
        "step_stage": integers([stage_number[step.stage] for step in steps]),
        "step_role": integers([role_number[step.role] for step in steps]),
        "step_first": integers(first),
        "step_landed": integers([step.landed for step in steps]),
        "stage_component": stage_component,
        "role_component": role_component,
    }


def _version_fields(model: Model, span: Span) -> dict[str, Any]:
    total = span.history + span.days
    ranges = [0]
    starts: list[int] = []
    phases: list[int] = []
    at, redraws = [], []
    for stage in model.content.stages:
        contents = versions_of(stage.name, span)
        low = len(starts)
        starts += [max(span.starts[i], -(10**6)) for i in contents]
        phases += [span.phases[i] for i in contents]
        ranges.append(len(starts))
        at.append(
            [
                low + max(j for j, i in enumerate(contents) if span.in_force(i, day))
                for day in range(-span.history, span.days)
            ]
        )
        opens = sorted(span.starts[i] for i in contents if span.opens[i])
        redraws.append(
            [next((s for s in opens if s > day and s >= 0), span.days) for day in range(-span.history, span.days)]
        )
    return {
        "version_range": integers(ranges),
        "version_at": integers(at).reshape(-1, total),
        "version_start": integers(starts),
        "version_phase": integers(phases),
        "open_change": integers(redraws).reshape(-1, total),
    }


def _stage_fields(model: Model, classes: Classes, edges: tuple[Edge, ...]) -> dict[str, Any]:
    stages = model.content.stages
    roles = [role.name for role in model.content.roles]
    edge_number = {(edge.source, edge.target): i for i, edge in enumerate(edges)}
    policies = {role.name: role.leavers_items for role in model.content.roles}
    leaver_edge = np.full((len(stages), max(len(roles), 1)), -1, dtype=np.int64)
    for i, stage in enumerate(stages):
        for role in roles_of(stage):
            if policies[role] not in ("colleagues", "queue"):
                leaver_edge[i, roles.index(role)] = edge_number[stage.name, policies[role]]
    kinds = {"none": 0, "per_day": 1, "power": 2}
    return {
        "timeout_edge": integers([edge_number[s.name, s.timeout[1]] if s.timeout else -1 for s in stages]),
        "give_up_edge": integers([_give_up_edge(model, s.name, edge_number) for s in stages]),
        "leaver_edge": leaver_edge,
        "decay_kind": integers([kinds[s.response.decay] for s in stages]),
        "decay_probability": integers([s.response.acts_on == "probability" for s in stages]),
        "role_load": integers(
            [
                any(name in roles_of(s) and (s.load is not None or s.response.load_stretch is not None) for s in stages)
                for name in roles
            ]
        ),
    }


def _give_up_edge(model: Model, name: str, edge_number: dict[tuple[str, str], int]) -> int:
    """Edge of the leads that give up waiting, now or after a dated change."""
    for content in model.contents:
        stage = next(s for s in content.stages if s.name == name)
        if stage.gives_up is not None:
            return edge_number[name, stage.gives_up[1]]
    return -1


def _channel_fields(model: Model, classes: Classes, edges: tuple[Edge, ...]) -> dict[str, Any]:
    channels = model.content.channels
    roles = [role.name for role in model.content.roles]
    edge_number = {(edge.source, edge.target): i for i, edge in enumerate(edges)}
    members = [channel_classes(classes, channel.name) for channel in channels]
    width = max((len(m) for m in members), default=1)
    return {
        "channel_edge": integers([edge_number[SOURCE, channel.into] for channel in channels]),
        "channel_role": integers([roles.index(c.made_by) if c.made_by else -1 for c in channels]),
        "channel_batch": integers(
            [
                sum(b.batch is not None for b in channels[:i]) if c.batch is not None else -1
                for i, c in enumerate(channels)
            ]
        ),
        "role_makes": integers([any(c.made_by == role for c in channels) for role in roles]),
        "channel_classes": integers([m + [0] * (width - len(m)) for m in members]).reshape(len(channels), width),
        "channel_class_count": integers([len(m) for m in members]),
    }


def channel_classes(classes: Classes, channel: str) -> list[int]:
    """Classes in which leads of a channel arrive: no returns, no band."""
    return [
        i for i, lead in enumerate(classes.leads) if lead.channel == channel and lead.returns == 0 and not lead.band
    ]


def _day_fields(model: Model, span: Span) -> dict[str, Any]:
    dates = span.dates
    mondays = [(day - dt.timedelta(day.weekday())).toordinal() for day in dates]
    weeks = sorted(set(mondays))
    blends = [span.content_at(day) for day in range(span.days)]
    starts = [(period.first - span.first).days for period in span.periods]
    period_of = np.searchsorted(starts, np.arange(span.days), side="right") - 1
    ends = {(period.last - span.first).days for period in span.reporting} | {span.days - 1}
    last = np.array([day for day in range(span.days) if day in ends or blends[day] != blends[day + 1]])
    return {
        "open_day": integers(
            [[role.works_every_day or model.calendar.is_open(day) for day in dates] for role in model.content.roles]
        ).reshape(len(model.content.roles), span.days),
        "week_of": integers([weeks.index(monday) for monday in mondays]),
        "week_key": integers(weeks),
        "day_key": integers([day.toordinal() for day in dates]),
        "period_of": integers(period_of),
        "period_until": integers([*starts[1:], span.days])[period_of],
        "month_days": span.month_days,
        "epoch_from": integers([before for before, _, _ in blends]),
        "epoch_to": integers([after for _, after, _ in blends]),
        "epoch_weight": np.array([weight for _, _, weight in blends]),
        "alike_until": integers(last[np.searchsorted(last, np.arange(span.days))]),
        "by_day": int(span.periods != span.reporting),
    }
