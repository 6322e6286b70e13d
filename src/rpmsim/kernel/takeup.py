"""Taking leads up: as many as time and slots allow, in the order of the queue (model, section 5)."""

from __future__ import annotations

import numpy as np

from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.land import join_queues, seek_day
from rpmsim.kernel.outcome import NO_END
from rpmsim.kernel.purposes import TIES
from rpmsim.kernel.queue import key_of, let_wait, take_from_queue


@small_part
def may_take_up(frame, work, step, stage, role):
    """Whether leads wait for a step whose role has time, or may have landed for it since the morning."""
    return _landed_since(frame, work, step, stage) or (_has_time(work, stage, role) and _waiting(frame, work, step) > 0)


@small_part
def _landed_since(frame, work, step, stage):
    """Whether leads may have landed for a step since its queues were last filled."""
    return frame.step_landed[step] == 0 and work.fresh[stage] == 1


@small_part
def _waiting(frame, work, step):
    """Leads that wait for a step."""
    waiting = np.int64(0)
    for queue in range(frame.step_queues[step, 0], frame.step_queues[step, 1]):
        waiting += work.queue_total[queue]
    return waiting


@small_part
def _has_time(work, stage, role):
    """Whether a role has time left, or has begun on a lead of the stage."""
    return work.time_left[role] != 0 or work.credit_stage[role] == stage


@part
def take_up(frame, tables, work, step, stage, role, day, most, attempt):
    """Cohorts of the leads that the role takes up in the stage now: as many as time and slots allow."""
    if _landed_since(frame, work, step, stage):
        join_queues(frame, tables, work, stage, day)
    if frame.open_day[role, day] == 0:
        return 0
    waiting = _waiting(frame, work, step)
    if waiting == 0 or not _has_time(work, stage, role):
        return 0
    limited = work.time_left[role] < NO_END // 2
    version = frame.version_at[stage, day + frame.history]
    seek_day(frame, work, day, frame.stage_hash[stage] ^ (TIES + (attempt << 8)), frame.role_hash[role])
    cohorts = 0
    needs = tables.work[version]
    while waiting > 0 and most > 0:
        wanted = min(waiting, most)
        if work.slots[role, day] >= 0:
            wanted = min(wanted, work.slots[role, day] - work.held[role] - _cohorts_total(work, cohorts))
            if wanted <= 0:
                break
        credit = work.credit[role] if work.credit_stage[role] == stage else 0
        time = work.time_left[role] + credit
        need = np.int64(0)
        if limited:
            if time == 0:
                break
            need = frame.one_work[stage, role]
            if need >= 0:
                need = needs[need]
                wanted = min(wanted, (work.time_left[role] + min(credit, need)) // need)
            else:
                wanted = min(wanted, 1)
        taken = np.int64(0)
        before = cohorts
        for queue in range(frame.step_queues[step, 0], frame.step_queues[step, 1]):
            if wanted > taken:
                cohorts, here = take_from_queue(frame, work, stage, queue, day, wanted - taken, cohorts)
                taken += here
        if limited and need < 0:
            need = needs[work.cohort_class[cohorts - 1]]
            if time < need:
                _put_back(frame, work, stage, before)
                cohorts = before
                taken = 0
            else:
                cohorts = _merge(work, before)
        waiting -= taken
        most -= taken
        if taken > 0 and limited:
            spent = taken * need - min(credit, need)
            work.time_left[role] -= spent
            work.time_used[role] += spent
            if work.credit_stage[role] == stage:
                work.credit[role] = 0
                work.credit_stage[role] = -1
        if taken == 0:
            if (
                limited
                and work.time_left[role] > 0
                and (work.credit_stage[role] < 0 or work.credit_stage[role] == stage)
            ):
                # The time that is left goes into the next lead, which is then begun but not taken up.
                work.credit[role] = time
                work.credit_stage[role] = stage
                work.time_used[role] += work.time_left[role]
                work.time_left[role] = 0
            break
        if not limited:
            break
    return cohorts


@rare_part
def _merge(work, cohort):
    """Let the lead of the last cohort join those of its class and day of arrival. Returns the number of cohorts."""
    if work.cohort_deal[cohort] < 0:
        for other in range(cohort - 1, -1, -1):
            if (
                work.cohort_class[other] == work.cohort_class[cohort]
                and work.cohort_arrival[other] == work.cohort_arrival[cohort]
                and work.cohort_deal[other] < 0
            ):
                work.cohort_count[other] += 1
                return cohort
    return cohort + 1


@rare_part
def _put_back(frame, work, stage, cohort):
    """Return the lead of a cohort to its place in the queue."""
    lead_class = work.cohort_class[cohort]
    arrival = work.cohort_arrival[cohort]
    queue = frame.queue_of[stage, lead_class]
    deal = work.cohort_deal[cohort]
    if deal >= 0:
        work.deal_state[deal] = 1
        work.deals_waiting[stage] += 1
        work.queue_total[queue] += 1
    else:
        let_wait(frame, work, stage, lead_class, arrival, 1)
    key = key_of(frame, frame.waiting_row[stage, lead_class], arrival)
    work.queue_head[queue] = min(work.queue_head[queue], key)


@part
def _cohorts_total(work, cohorts):
    total = np.int64(0)
    for i in range(cohorts):
        total += work.cohort_count[i]
    return total
