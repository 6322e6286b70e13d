"""The flow of leads through the stages: land, take up, begin, close (model, section 1).

Components of the graph of influence are done one after the other. What is open in a component at the start goes on
first; then one without a queue or a cycle runs over the whole span at once, another day by day.
"""

from __future__ import annotations

from rpmsim.kernel.begin import begin_cohorts
from rpmsim.kernel.close import close_day
from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.land import land
from rpmsim.kernel.opening import go_on
from rpmsim.kernel.outcome import NO_END
from rpmsim.kernel.span import begin_span
from rpmsim.kernel.start import begin_at_once, open_cohorts
from rpmsim.kernel.takeup import may_take_up, take_up


@part
def flow_kernel(frame, tables, work, out):
    """Simulate one replication; ``landing`` holds the arrivals on entry."""
    for component in range(len(frame.component_daily)):
        first, last = frame.component_steps[component], frame.component_steps[component + 1]
        for step in range(first, last):
            _open(frame, tables, work, out, step)
        if frame.component_daily[component] == 1:
            for day in range(frame.days):
                if land(frame, tables, work, out, component, day):
                    _finish_begun(frame, tables, work, out, component, day)
                for step in range(first, last):
                    _do_step(frame, tables, work, out, step, day)
                close_day(frame, tables, work, out, component, day)
        else:
            for step in range(first, last):
                begin_span(frame, tables, work, out, frame.step_stage[step])


@part
def _open(frame, tables, work, out, step):
    """Let what is in progress at the start go on, in the first step of its stage."""
    stage = frame.step_stage[step]
    ends = frame.outcome_range[stage + 1] == frame.outcome_range[stage] and frame.timeout_edge[stage] < 0
    if frame.step_first[step] == 1 and not ends:
        go_on(frame, tables, work, out, stage, open_cohorts(frame, work, stage))


@small_part
def _do_step(frame, tables, work, out, step, day):
    """One stage (and role) on a day: which leads begin, and what becomes of them."""
    stage = frame.step_stage[step]
    role = frame.step_role[step]
    if role < 0:
        cohorts = begin_at_once(frame, tables, work, stage, day)
        if cohorts > 0:
            begin_cohorts(frame, tables, work, out, stage, role, cohorts)
    elif may_take_up(frame, work, step, stage, role):
        _serve(frame, tables, work, out, step, day, NO_END, 1)


@rare_part
def _finish_begun(frame, tables, work, out, component, day):
    """Work that was begun on a lead is finished before anything else is taken up."""
    for step in range(frame.component_steps[component], frame.component_steps[component + 1]):
        role = frame.step_role[step]
        if role >= 0 and frame.step_stage[step] == work.begun_stage[role]:
            work.begun_stage[role] = -1
            _serve(frame, tables, work, out, step, day, 1, 0)


@part
def _serve(frame, tables, work, out, step, day, most, attempt):
    """Let a role take up at most ``most`` leads of a stage; those that leave on the same day make room for others."""
    stage = frame.step_stage[step]
    role = frame.step_role[step]
    while True:
        turn = attempt * (step + 1)
        cohorts = take_up(frame, tables, work, step, stage, role, day, most, turn)
        if cohorts == 0:
            break
        freed = begin_cohorts(frame, tables, work, out, stage, role, cohorts)
        if freed == 0 or most == 1 or not may_take_up(frame, work, step, stage, role):
            break
        attempt += 16
