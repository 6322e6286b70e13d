"""People: every role has work and a limit, and people come after the start."""

from __future__ import annotations

import math

from rpmsim.model.graph import leaves, roles_of
from rpmsim.model.number import Number
from rpmsim.model.plan import Model
from rpmsim.model.reach import for_pair
from rpmsim.model.staffing import Role
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.rules.look import Look
from rpmsim.scenario.schema.periods import parse_month_or_date
from rpmsim.text.complaints import nearest
from rpmsim.text.nodes import Mapping, Path, find


def check_roles(look: Look) -> None:
    """Roles serve something, and what they serve fits how they count."""
    serving = {
        role.name: [stage for stage in look.content.stages if role.name in roles_of(stage)]
        for role in look.content.roles
    }
    making = {channel.made_by for channel in look.content.channels}
    for role in look.content.roles:
        path = ("roles", role.name)
        stages = serving[role.name]
        if not stages and role.name not in making:
            look.place.error(
                path,
                f"the role `{role.name}` has no work",
                "use it in a stage (`worked_by`) or a channel (`made_by`), or remove it",
            )
        if stages and role.per_day is None and role.holds is None:
            look.place.error(
                path,
                f"what one head of `{role.name}` can do is not stated",
                "write `handles: 9 per day each` or `holds: 25 each`",
            )
        if stages and role.name in making and role.per_day is None and role.holds is not None:
            look.place.error(
                path,
                f"`{role.name}` creates leads in the time its queues leave free, but its throughput is not stated",
                "write `handles: 9 per day each`",
            )
        _order(look, role, [stage.name for stage in stages], (*path, "serves"))
        _nobody(look, role, path)
        _segments(look, role, [stage.name for stage in stages], (*path, "team"))
        if role.leavers_items not in ("colleagues",) and not stages:
            look.place.warn(
                (*path, "leavers_items"),
                "the role works no stage, so its leavers have no open items",
                "remove the line",
            )
    in_hours = {role.name for role in look.content.roles if role.in_hours}
    for stage in look.content.stages:
        names = set(roles_of(stage))
        stated = any(n != Number(1.0) for n in leaves(stage.work_hours))
        if stated and not names & in_hours:
            look.place.error(
                ("stages", stage.name, "work"),
                "hours of work, but no role states `handles` in hours",
                "write `handles: 6 hours per day each` in the role, or remove `work`",
            )
        _staffed_only(look, stage.name, bool(names))
        if stage.queue.order == "deadline" and stage.response.sla_hours is None:
            look.place.error(
                ("stages", stage.name, "queue"),
                "a queue by deadline without an SLA",
                "state `response: {sla: 24 hours}`",
            )


def _staffed_only(look: Look, name: str, staffed: bool) -> None:
    """Words that mean nothing where nobody works."""
    stage = look.stages[name]
    stated = {
        "gives_up": stage.gives_up is not None,
        "load": stage.load is not None,
        "queue": bool(stage.queue.priority or stage.queue.ties),
        "response": stage.response.time is not None
        or stage.response.decay != "none"
        or stage.response.sla_hours is not None,
    }
    for key, is_stated in stated.items():
        if is_stated and not staffed:
            look.place.error(
                ("stages", name, key),
                f"`{key}` in a stage without a role: no lead waits here",
                "state `worked_by`, or remove it",
            )


def _order(look: Look, role: Role, stages: list[str], path: Path) -> None:
    for name in role.order:
        if name in look.stages and name not in stages:
            look.place.error(path, f"`{role.name}` does not work `{name}`", "list only its own stages")
    missing = [name for name in stages if name not in role.order]
    if role.order and missing:
        look.place.error(path, f"the order leaves out {', '.join(missing)}", "list all stages of the role")


def _nobody(look: Look, role: Role, path: Path) -> None:
    if role.heads.mid == 0 and not role.team and not role.hires:
        look.place.warn(path, f"the role `{role.name}` has no people, now or later", "state `heads`, `team` or `hires`")


def _segments(look: Look, role: Role, stages: list[str], path: Path) -> None:
    """People work for segments for which their role works."""
    worked = {
        segment
        for name in stages
        for channel, segment in look.pairs.get(name, ())
        if role.name in leaves(for_pair(look.stages[name].worked_by, (channel, segment)))
    }
    known = look.names["segment"]
    for person in role.team:
        here = (*path, person.name, "segment")
        if person.segment and person.segment not in known:
            look.place.error(here, f"there is no segment `{person.segment}`", nearest(person.segment, known))
        elif person.segment and worked and person.segment not in worked:
            look.place.error(
                here,
                f"works for {person.segment}, but `{role.name}` works for {', '.join(sorted(worked))} only",
                "move the person to a role that works for it",
            )


def check_people_dates(model: Model, place: Place) -> None:
    """Hires come after the start, and people start before they end."""
    for role in model.content.roles:
        path = ("roles", role.name)
        for day, heads in role.hires:
            key = f"{day:%Y-%m}" if day.day == 1 else day.isoformat()
            if day <= model.as_of and not place.older_than_start((*path, "hires", key)):
                place.warn(
                    (*path, "hires", key),
                    f"a hire before the start, {model.first_day}, counts as present since {day}, in addition to "
                    "`heads`",
                    "remove it if `heads` already includes these people",
                )
            elif day > model.until:
                place.warn(
                    (*path, "hires", key),
                    f"a hire after the end, {model.until}, has no effect",
                    "remove it, or simulate longer",
                )
            if heads.mid < 0:
                place.error(
                    (*path, "hires", key),
                    "a negative number of hires",
                    "to remove people, use `departures`, `leaves` or a person's `end`",
                )
        _departures(role, model, place)
        for person in role.team:
            if person.start and person.end and person.end < person.start:
                place.error(
                    (*path, "team", person.name),
                    f"ends on {person.end}, before the start on {person.start}",
                    "check the dates",
                )


def _departures(role: Role, model: Model, place: Place) -> None:
    """As many people leave as are there; those who left before the start have been taken off."""
    path = ("roles", role.name, "departures")
    stated = find(place.tree, path)
    for key in stated.items if isinstance(stated, Mapping) else ():
        day = parse_month_or_date(key)
        if day is not None and day <= model.as_of and not place.older_than_start((*path, key)):
            place.warn(
                (*path, key),
                f"a departure before the start, {model.first_day}, is subtracted from `heads`",
                "remove it if `heads` already excludes these people",
            )
    there = math.ceil(role.heads.mid)
    left = 0
    for day, people in role.departures:
        left += int(people.mid)
        come = there + sum(math.ceil(heads.mid) for hired, heads in role.hires if hired < day)
        if left > come:
            named = "; people of `team` leave by their `end`" if role.team else ""
            place.warn(
                (*path, f"{day:%Y-%m}" if day.day == 1 else day.isoformat()),
                f"{left} people leave by {day}, but there are at most {come}",
                f"lower one of the numbers{named}",
            )
            return
