"""All that a dated change may touch: stages, channels, segments, roles, costs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rpmsim.model.calendar import Calendar
from rpmsim.model.cycle import Stage
from rpmsim.model.plan import Content
from rpmsim.scenario.assemble.channels import channels_of
from rpmsim.scenario.assemble.money import costs_of, segments_of
from rpmsim.scenario.assemble.people import roles_of
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.assemble.stages import stages_of


def content_of(record: dict[str, Any], calendar: Calendar, first: dt.date, returns: bool, place: Place) -> Content:
    """Build the content that a tree states; ``returns`` says whether returns are counted."""
    clocks = {"calendar": False, "work": False} | {clock.name: clock.waits for clock in calendar.clocks}
    segments = segments_of(record.get("segments") or {}, place)
    stages = stages_of(record.get("stages") or {}, clocks, returns, place)
    roles = roles_of(record.get("roles") or {}, first, place)
    entries = _entries(stages) or _entries(stages, but_from="nurture")
    only_entry = entries[0] if len(entries) == 1 else ""
    every_day = frozenset(role.name for role in roles if role.works_every_day)
    names = tuple(segment.name for segment in segments)
    channels = channels_of(record.get("channels") or {}, names, only_entry, every_day, calendar, first, place)
    return Content(stages, channels, segments, roles, costs_of(record.get("costs") or {}))


def _entries(stages: tuple[Stage, ...], but_from: str = "") -> list[str]:
    """Stages without a way in; ways back from stages of the kind ``but_from`` do not count."""
    ways = [outcome.to for stage in stages if stage.kind != but_from for outcome in stage.outcomes]
    return [stage.name for stage in stages if stage.name not in {*ways, "won", "lost"}]
