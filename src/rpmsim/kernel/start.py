"""The state at the start, and the cohorts of leads that need no staff."""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.compiled import part, rare_part
from rpmsim.kernel.effects import draw_shocks, run_clocks
from rpmsim.kernel.eight import BITS, first_one, without_first
from rpmsim.kernel.land import give_bands, landed_classes
from rpmsim.kernel.log import note_start
from rpmsim.kernel.purposes import BAND, OPENING
from rpmsim.kernel.queue import add_cohort, let_wait
from rpmsim.kernel.random import seek, unit
from rpmsim.kernel.sample import split


@part
def start(frame, tables, work):
    """Set the state of a replication before day 0."""
    work.landing[:] = 0
    work.late[:] = 0
    work.fresh[:] = 0
    work.banded[:] = 0
    work.waiting[:] = 0
    work.waiting_total[:] = 0
    work.quit_row[:] = -1
    work.queue_total[:] = 0
    work.queue_head[:] = 0
    work.tops_version[:] = -1
    work.lanes_version[:] = -1
    work.begun[:] = 0
    work.word_row[:] = -1
    work.answer_row[:] = -1
    work.release[:] = 0
    work.held[:] = 0
    work.slot_debt[:] = 0.0
    work.items[:] = 0
    work.credit[:] = 0
    work.credit_stage[:] = -1
    work.beyond[:] = 0
    work.made[:] = 0
    work.mix_row[:] = -1
    work.day_row[:] = -1
    work.load_factor[:] = 1.0
    work.response_factor[:] = 1.0
    work.deals_on[:] = 0
    work.deals_waiting[:] = 0
    draw_shocks(frame, tables, work)
    run_clocks(frame, tables, work)
    bands = frame.band_class.shape[1]
    _split_by_band(frame, tables, work)
    for i in range(len(frame.stock_stage)):
        stage, lead_class = frame.stock_stage[i], frame.stock_class[i]
        role = frame.role_of[stage, lead_class]
        if role >= 0:
            work.items[role] += work.stock_count[i]
        if frame.stock_waiting[i] == 1:
            let_wait(frame, work, stage, lead_class, frame.stock_day[i], work.stock_count[i])
    for i in range(len(frame.deal_stage)):
        stage, lead_class = frame.deal_stage[i], frame.deal_class[i]
        work.deal_band[i] = frame.deal_band[i]
        if frame.band_class[lead_class, 0] >= 0:
            if work.deal_band[i] < 0:
                u = unit(0, frame.deal_hash[i] ^ BAND, 0, work.key)
                work.deal_band[i] = 0
                while work.deal_band[i] < bands - 1 and u >= tables.band_sum[lead_class, work.deal_band[i]]:
                    work.deal_band[i] += 1
            if frame.deal_here[i] == 1:
                lead_class = frame.band_class[lead_class, work.deal_band[i]]
        work.deal_stage[i] = stage
        work.deal_class[i] = lead_class
        work.deal_day[i] = frame.deal_day[i]
        work.deal_state[i] = 1 if frame.deal_waiting[i] == 1 else 2
        work.deal_visit[i] = 0
        work.deal_from[i] = -1
        role = frame.role_of[stage, lead_class]
        if role >= 0:
            work.items[role] += 1
        if frame.deal_waiting[i] == 1:
            work.deals_waiting[stage] += 1
            work.queue_total[frame.queue_of[stage, lead_class]] += 1
    if frame.follows == 1:
        note_start(frame, work)


@part
def _split_by_band(frame, tables, work):
    """Fill the counts of the opening stock; what is of no stated size band is split over the bands."""
    bands = frame.band_class.shape[1]
    for i in range(len(frame.stock_stage)):
        band = frame.stock_band[i]
        if band < 0:
            work.stock_count[i] = frame.stock_count[i]
            continue
        if band == 0:
            seek(work.state, 0, frame.stage_hash[frame.stock_stage[i]] ^ (BAND + (OPENING << 8)), i, work.key)
            split(frame.stock_count[i], tables.band_sum[frame.stock_class[i]], bands, work.parts, work.state)
        work.stock_count[i] = work.parts[band]


@part
def open_cohorts(frame, work, stage):
    """Cohorts of what is in progress at the start; ``arrival`` is the first index of their words."""
    cohorts = 0
    for i in range(len(frame.stock_stage)):
        if frame.stock_stage[i] == stage and frame.stock_waiting[i] == 0 and work.stock_count[i] > 0:
            cohorts = add_cohort(
                work,
                cohorts,
                frame.stock_class[i],
                frame.stock_day[i],
                frame.stock_index[i],
                work.stock_count[i],
                -1,
            )
    for i in range(len(frame.deal_stage)):
        if frame.deal_stage[i] == stage and frame.deal_waiting[i] == 0:
            cohorts = add_cohort(work, cohorts, work.deal_class[i], frame.deal_day[i], 0, 1, i)
    return cohorts


@part
def landed_leads(frame, work, stage, lead_class, low, high, cohorts):
    """Append cohorts of the leads of a class that land in a stage on days ``low`` ... ``high`` - 1."""
    place = frame.landing_place[stage * frame.classes + lead_class]
    step = frame.landing_step[stage]
    for day in range(low, high):
        landed = place + day * step
        count = np.int64(work.landing[landed])
        if count > 0:
            work.landing[landed] = 0
            cohorts = add_cohort(work, cohorts, lead_class, day, day, count, -1)
    return cohorts


@rare_part
def landed_deals(frame, work, stage, low, high, cohorts):
    """Append cohorts of the listed deals that land in a stage on days ``low`` ... ``high`` - 1 and need no staff."""
    for day in range(low, high):
        if work.deals_on[day] > 0:
            for deal in range(len(work.deal_stage)):
                lands = work.deal_state[deal] == 0 and work.deal_stage[deal] == stage and work.deal_day[deal] == day
                if lands and frame.role_of[stage, work.deal_class[deal]] < 0:
                    work.deal_state[deal] = 2
                    work.deals_on[day] -= 1
                    cohorts = add_cohort(work, cohorts, work.deal_class[deal], day, day, 1, deal)
    return cohorts


@part
def begin_at_once(frame, tables, work, stage, day):
    """Cohorts of the leads that land in a stage on a day and need no staff."""
    if frame.band_stage[stage] == 1:
        give_bands(frame, tables, work, stage, day)
    cohorts = 0
    for low in range(0, frame.classes, BITS):
        bits = landed_classes(frame, work, stage, day, low)
        while bits != 0:
            lead_class = low + first_one(bits)
            bits = without_first(bits)
            if frame.role_of[stage, lead_class] < 0:
                cohorts = landed_leads(frame, work, stage, lead_class, day, day + 1, cohorts)
    return landed_deals(frame, work, stage, day, day + 1, cohorts)
