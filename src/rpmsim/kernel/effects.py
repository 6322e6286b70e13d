"""What all leads of a stage share in a period: a shock to their odds, and the speed of their clocks (model, 4)."""

from __future__ import annotations

import math

from rpmsim.kernel.compiled import part
from rpmsim.kernel.purposes import PACE, SHOCK
from rpmsim.kernel.random import unit
from rpmsim.kernel.sample import normal_quantile


@part
def draw_shocks(frame, tables, work):
    """Draw the factors on the odds of leads by the day on which they begin a stage."""
    for stage in range(len(frame.stage_hash)):
        some = False
        for version in range(frame.version_range[stage], frame.version_range[stage + 1]):
            some = some or tables.shock[version] > 0.0
        if some:
            numbers = frame.period_number[frame.shock_every[stage]]
            z, shock, factor = 0.0, 0.0, 1.0
            for place in range(frame.history + frame.days):
                if place == 0 or numbers[place] != numbers[place - 1]:
                    z = normal_quantile(unit(numbers[place], SHOCK, frame.stage_hash[stage], work.key))
                before = shock
                shock = _in_force(frame, tables.shock, stage, place) * z
                if shock != before:
                    factor = math.exp(shock)
                work.shock[stage, place] = factor


@part
def run_clocks(frame, tables, work):
    """Let the random clocks run: from day 0 on, the weight of each day is multiplied by factors of mean 1."""
    history = frame.history
    source = 0
    for clock in range(len(frame.random_base)):
        work.clock_speed[:] = 1.0
        while source < len(frame.pace_clock) and frame.pace_clock[source] == clock:
            _multiply_speed(frame, tables, work, source)
            source += 1
        sums = work.clock_sum[len(frame.clock_sum) + clock]
        base = frame.clock_sum[frame.random_base[clock]]
        for day in range(frame.days):
            place = day + history
            sums[place + 1] = sums[place] + (base[place + 1] - base[place]) * work.clock_speed[day]
        _find_days(sums, work.clock_first[len(frame.clock_sum) + clock])


@part
def _find_days(sums, first):
    """Fill ``first``: for every number the first day through which the sums reach it."""
    day = 0
    last = len(sums) - 1
    for n in range(len(first)):
        while day < last and sums[day + 1] < n:
            day += 1
        first[n] = day


@part
def _multiply_speed(frame, tables, work, source):
    """Multiply the speed of each day by what a source of pace makes of its period."""
    numbers = frame.period_number[frame.pace_every[source]]
    z = 0.0
    for day in range(frame.days):
        place = day + frame.history
        if day == 0 or numbers[place] != numbers[place - 1]:
            z = normal_quantile(unit(numbers[place], PACE, frame.pace_hash[source], work.key))
        sigma = _in_force(frame, tables.pace[source], frame.pace_stage[source], place)
        work.clock_speed[day] *= math.exp(sigma * z - sigma * sigma / 2.0)


@part
def _in_force(frame, sigma, stage, place):
    """Sigma in force on a day, by version; it moves linearly while a change is phased in."""
    version = frame.version_at[stage, place]
    age = place - frame.history - frame.version_start[version]
    phase = frame.version_phase[version]
    if 0 <= age < phase:
        return sigma[version - 1] + (sigma[version] - sigma[version - 1]) * (age / phase)
    return sigma[version]
