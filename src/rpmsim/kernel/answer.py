"""Waiting and response times, and what they do to conversion (model, section 3)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import decay_factor, table_quantile
from rpmsim.kernel.random import TO_UNIT


@part
def answer(frame, tables, work, out, stage, role, lead_class, version, begin, wait, count, word):
    """Count the waiting time of leads that are taken up. Returns what it does to conversion, a factor.

    Where there are response times, ``word`` decides it.
    """
    minutes = wait
    response = tables.response_row[version, lead_class]
    if response >= 0:
        stretch = work.response_factor[stage, role]
        value = table_quantile(tables, response, (word + 0.5) * TO_UNIT) * stretch
        minutes += np.int64(math.floor(value + 0.5))
    period = frame.period_of[begin]
    out.wait_minutes[period, stage] += count * minutes
    if minutes <= tables.sla_minutes[version, lead_class]:
        out.within_sla[period, stage] += count
    if frame.decay_kind[stage] == 0:
        return 1.0
    return decay_factor(tables, frame.decay_kind[stage], version, minutes)
