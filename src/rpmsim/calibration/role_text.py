"""Roles of a calibration as the scenario writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.calibration.part import Finding, Part
from rpmsim.calibration.queue_order import NEWER_FIRST, OLDER_FIRST
from rpmsim.calibration.role_days import F64
from rpmsim.calibration.roles import Role
from rpmsim.calibration.take_ups import Visits
from rpmsim.model.staffing import DAYS_PER_MONTH

DRAWN = "posterior"

HOURS = 8
"""Hours of a workday, if the stages of a role differ in the work that they take."""


def write_role(part: Part, visits: Visits, role: Role) -> None:
    """A role with its people of today, its limit, and how people come and go.

    People who are still in the ramp are named by the role and their first day.
    """
    new = sorted(p.first for p in role.there if p.tenure(visits.last) < role.ramp.months * DAYS_PER_MONTH)
    text: dict[str, Any] = {"label": role.team.label, "heads": role.heads - len(new)}
    path = f"roles.{role.name}"
    if new:
        text["team"] = {f"{role.name}_new_{i}": {"start": str(visits.date(day))} for i, day in enumerate(new, 1)}
    if role.limit.effort is not None:
        text["handles"] = f"{HOURS} hours per day each"
    else:
        text[role.limit.kind] = f"{DRAWN} per day each" if role.limit.kind == "handles" else f"{DRAWN} each"
        draw(part, f"{path}.{role.limit.kind}", role.limit.per_head, role.limit.taken)
    if role.ramp.months:
        text["ramp"] = [DRAWN] * role.ramp.months
        for month in range(role.ramp.months):
            draw(part, f"{path}.ramp.{month}", role.ramp.share[:, month], role.ramp.starters)
    part.text.setdefault("roles", {})[role.name] = text
    part.findings.append(Finding(f"role {role.name}", "PASS", _measured(role)))
    if role.order is not None and NEWER_FIRST < role.order < OLDER_FIRST:
        part.findings.append(_no_order(role))
    _write_turnover(part, text, role, path)


def draw(part: Part, path: str, values: F64, records: int) -> None:
    """Add draws."""
    part.draws[path], part.records[path] = values, records


def _measured(role: Role) -> str:
    amount, days = float(np.median(role.limit.per_head)), role.limit.busy_days
    what = f"takes up {amount:.3g} records a day" if role.limit.kind == "handles" else f"holds {amount:.3g} records"
    if role.limit.effort is not None:
        what += ", with stages that take different work"
    people = "the team as a whole" if not role.team.people else f"{role.heads} people today; a full one"
    return f"{people} {what}, from {days} days on which more waited than could be taken up ({role.limit.why})."


def _no_order(role: Role) -> Finding:
    what = (
        f"Records are not taken up in the order in which they come: of two that wait, the older one is first in "
        f"{role.order:.0%}. The model takes up the oldest: as many records, but others."
    )
    return Finding(f"order of {role.name}", "REVIEW", what, "State the `queue` of its stages, with `priority`.")


def _write_turnover(part: Part, text: dict[str, Any], role: Role, path: str) -> None:
    """Leaving, if seats are seen to be filled again: heads that only leave would shrink every forecast."""
    turnover = role.turnover
    if turnover is None:
        return
    if turnover.days is not None and turnover.sigma is not None:
        text["leaves"] = f"{DRAWN} per month"
        text["backfill"] = {"median": f"{DRAWN} days", "sigma": DRAWN}
        draw(part, f"{path}.leaves", turnover.leaves, turnover.leavers)
        draw(part, f"{path}.backfill.median", turnover.days, turnover.filled)
        draw(part, f"{path}.backfill.sigma", turnover.sigma, turnover.filled)
    elif turnover.leavers:
        what = (
            f"{turnover.leavers} left ({float(np.median(turnover.leaves)):.1%} a month). So few seats were filled "
            f"again ({turnover.filled}) that the time until then is not known; the model keeps the people of today."
        )
        to_do = f"If people will leave, state `{path}.leaves` and `{path}.backfill`."
        part.findings.append(Finding(f"leavers of {role.name}", "REVIEW", what, to_do))
    if turnover.empty:
        what = f"{turnover.empty} seats of people who left are empty today, and stay empty in the model."
        to_do = f"If they will be filled, state `{path}.hires`."
        part.findings.append(Finding(f"empty seats of {role.name}", "REVIEW", what, to_do))
