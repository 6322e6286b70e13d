"""People of the frame: opening heads, named people and hires, one seat each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rpmsim.arrays.days import Span
from rpmsim.arrays.name_hashes import hashes
from rpmsim.model.plan import Model
from rpmsim.model.staffing import DAYS_PER_MONTH

LONG_AGO = -(10**7)
"""Start of people who are past every ramp."""


def people_fields(model: Model, span: Span) -> dict[str, Any]:
    """Fields of the frame on people. Heads that are not whole end in a part-time head."""
    rows: list[tuple[int, int, int, float, int, str]] = []
    for r, role in enumerate(model.content.roles):
        start = LONG_AGO
        if role.tenure_months is not None:
            start = -round(role.tenure_months.mid * DAYS_PER_MONTH)
        for i, weight in enumerate(whole_and_part(role.heads.mid)):
            rows.append((r, start, span.days, weight, 0, f"{role.name}/opening/{i}"))
        for person in role.team:
            begins = LONG_AGO if person.start is None else (person.start - span.first).days
            ends = span.days if person.end is None else (person.end - span.first).days
            if ends < -1:
                continue  # gone before the start: neither they nor their seat are part of the forecast
            rows.append((r, begins, ends, 1.0, 0, f"{role.name}/person/{person.name}"))
        for date, heads in role.hires:
            for i, weight in enumerate(whole_and_part(heads.mid)):
                rows.append((r, (date - span.first).days, span.days, weight, 1, f"{role.name}/hire/{date}/{i}"))

    def column(i: int, dtype: Any = np.int64) -> Any:
        return np.array([row[i] for row in rows], dtype=dtype)

    departures = [
        (r, (date - span.first).days, int(people.mid))
        for r, role in enumerate(model.content.roles)
        for date, people in role.departures
        if date <= model.until
    ]
    policies = {"colleagues": 0, "queue": 1}
    return {
        "person_role": column(0),
        "person_start": column(1),
        "person_end": column(2),
        "person_weight": column(3, np.float64),
        "person_search": column(4),
        "departure_role": np.array([row[0] for row in departures], dtype=np.int64),
        "departure_day": np.array([row[1] for row in departures], dtype=np.int64),
        "departure_count": np.array([row[2] for row in departures], dtype=np.int64),
        "person_named": np.array(["/person/" in row[5] for row in rows], dtype=np.int64),
        "person_hash": hashes("person", [row[5] for row in rows]),
        "leaver_policy": np.array(
            [policies.get(role.leavers_items, 2) for role in model.content.roles], dtype=np.int64
        ),
    }


def whole_and_part(heads: float) -> list[float]:
    """Heads as a list of weights: ones, and what is left."""
    whole = math.floor(heads + 1e-9)
    part = heads - whole
    return [1.0] * whole + ([part] if part > 1e-9 else [])
