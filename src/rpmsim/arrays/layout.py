"""The arrays that the kernel reads: name, shape and unit of each.

Letters: S stages, K classes, E edges, O outcomes (of all stages), J most outcomes of a stage, V versions of stages
(one more for each dated change that touches the stage), L distributions, D days of a distribution table, R roles, C
channels, T simulated days, H days of history before day 0, P periods, N points of a quantile table, G parameter draws
(1 where no number in the array is ranged). Days are 0 ... T - 1; arrays over H + T days hold day d at index d + H.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
F64 = NDArray[np.float64]

MICRO = 1_000_000
"""Units of work in one lead or one hour: carried fractions are exact integers."""

GUIDE_BITS = 10
"""A distribution's guide table has 2**10 entries, one for each value of the upper bits of the random word."""

QUANTILE_POINTS = 1024
"""Points of a quantile table by the logit."""

QUANTILE_STEPS = 1024
"""Steps of a quantile table by u."""

QUANTILE_TAIL = 32
"""So many steps at each end of a quantile table are read by the logit."""

LOGIT_SPAN = 21.0
"""A quantile table runs over logit(u) from -21 to 21; of 32 random bits only the last cell reaches beyond (22.2)."""

MOST_CENTS = 2**62
"""Cents that are counted in one place, at most: the sum of two such numbers fits 64 bits."""

NO_LIMIT = -1.0

NO_DUE = -(1 << 40)
"""Day of the due date of a deal that has none."""

WAY = 5
"""Entries of a way. The last one is 0 where nothing is to be noted of a move; n + 1 where leavers may take it back, to
be noted under late edge n; -n - 1 where it is a win whose amount is drawn at once lead by lead, and of a count later,
noted under late edge n."""

POWER_FROM = 5
POWER_TO = 2880
"""Minutes between which the power form of response decay falls; it is flat below and above."""

SPLIT_ABOVE = 512
"""Leads of a class that begin a stage on one day are drawn one by one up to here: the quicker way there, and two
scenarios stay paired lead by lead."""

EXACT_AMOUNTS = 4096
"""Wins of a class in a period that are drawn one by one where leads are drawn as counts; above, their sum is drawn."""


class Frame(NamedTuple):
    """What does not depend on a parameter draw."""

    # sizes
    days: int
    history: int
    classes: int
    periods: int
    split_above: int  # leads of a class that begin a stage on a day are drawn one by one up to here, else as a count
    exact_amounts: int  # amounts that are drawn one by one where wins are counted
    # the program: components in the order of the flow; a daily component runs day by day, another at once
    component_steps: I64  # [components + 1] ranges of steps
    component_stages: I64  # [components + 1] ranges of component_stage
    component_roles: I64  # [components + 1] ranges of component_role
    component_daily: I64  # [components]
    component_stage: I64  # [S]
    component_role: I64  # [R]
    step_stage: I64  # [steps]
    step_role: I64  # [steps] -1: leads begin at once
    step_first: I64  # [steps] 1 on the first step of a stage
    step_landed: I64  # [steps] 1: serves the queues as they stand after the landings
    step_queues: I64  # [steps, 2] range of queues (one for each rank)
    # stages and edges
    outcome_range: I64  # [S + 1] ranges of outcomes
    outcome_edge: I64  # [O]
    advancing: I64  # [S] number of advancing outcomes; they come first
    edge_class: I64  # [E, K] class after the move
    edge_to: I64  # [E]
    edge_from: I64  # [E] -1: source
    edge_won: I64  # [E] 1 where it leads to a won stage
    edge_late: I64  # [E] number of the edge among those whose moves are noted by day, -1: none
    edge_back: I64  # [E] 1 where leavers may take moves back
    edge_loose: I64  # [E] 1 where the day of a move matters for nothing but its period and prices
    way: I64  # [E * K * WAY] of a class over an edge: place and step of its landings, place in the moves of a
    # period, the stage that it comes to, and what is noted of it (see WAY)
    landings: int  # size of the landings
    landing_place: I64  # [S * K] where day 0 of a stage and class stands in the landings ...
    landing_step: I64  # [S] ... and how far it is to the next day
    period_place: I64  # [T] first place of the day's period in the moves
    band_stage: I64  # [S] 1 where leads get their size band on entry
    band_class: I64  # [K, bands] class with that band
    stage_hash: I64  # [S]
    class_hash: I64  # [K]
    timeout_edge: I64  # [S] -1: none
    give_up_edge: I64  # [S] -1: none
    leaver_edge: I64  # [S, R] -1: none
    # versions (dated changes)
    version_range: I64  # [S + 1]
    version_at: I64  # [S, H + T] latest version that has started
    version_start: I64  # [V]
    version_phase: I64  # [V] days
    open_change: I64  # [S, H + T] start of the next version that redraws open leads, after the day (T: none)
    tail_version: I64  # [V] version by which leads go on that are older than the distributions, -1: there can be none
    by_due: I64  # [S] 1 where deals with a due date may end by it
    tail_age: I64  # [V, 2] days before day 0, and after it, that such leads can have been in the stage
    # clocks: those of stated weights, then random ones
    clock_sum: F64  # [stated clocks, H + T + 1] weights summed before the day
    clock_first: I64  # [stated clocks, n] first day index at which the sum through the day reaches n
    delay_days: int  # days for which delays are tabulated: one that is longer ends beyond the last day
    clock_slack: F64  # [clocks] by how much a sum may fall short of a delay that ends
    clock_waits: I64  # [clocks] 1 where a delay of 0 waits for a day with a weight
    random_base: I64  # [random clocks] the clock whose weights are multiplied
    pace_clock: I64  # [sources of pace] random clock that it drives, in order
    pace_stage: I64  # [sources of pace]
    pace_hash: I64  # [sources of pace]
    pace_every: I64  # [sources of pace] row of period_number
    shock_every: I64  # [S] row of period_number
    period_number: I64  # [4, H + T] number of the day, week, month and quarter, by the calendar
    # staff
    staffed: I64  # [S]
    stage_component: I64  # [S]
    role_component: I64  # [R]
    serves: I64  # [S, R]
    role_of: I64  # [S, K] -1: unstaffed
    queue_stage: I64  # [queues]
    queue_role: I64  # [queues]
    queue_of: I64  # [S, K] queue number
    waiting_row: I64  # [S, K] row of the waiting counts, -1: unstaffed; rows stand as in queue_class
    stage_rows: I64  # [S + 1] ranges of rows
    row_offset: I64  # [rows] days added to the day of arrival to make the key of the queue
    queue_range: I64  # [queues + 1] ranges of queue_class, which are rows of the waiting counts
    queue_class: I64  # by queue, ties in order
    tie_until: I64  # end of the tie group of each, a place in queue_class; inside a group ties are random
    queue_last_in: I64  # [queues]
    queue_least_offset: I64  # [queues] smallest key offset of its classes
    queue_span: I64  # [queues] largest key offset of its classes
    decay_kind: I64  # [S] 0 none, 1 per day, 2 power
    decay_probability: I64  # [S] 1: acts on the probability
    one_work: I64  # [S, R] a class that stands for all that the role serves there, -1 where classes need different work
    open_day: I64  # [R, T]
    leaver_policy: I64  # [R] 0 colleagues, 1 queue, 2 stage
    role_load: I64  # [R] 1 where some effect reads the load
    role_hash: I64  # [R]
    person_role: I64  # [people]
    person_start: I64  # [people] first day (may be far before day 0), or the day on which the search begins
    person_end: I64  # [people] last day, T where open
    person_weight: F64  # [people] heads (1, or a part-time fraction)
    person_search: I64  # [people] 1 where the seat must be filled first
    person_named: I64  # [people] 1 where the person has dates of their own
    departure_role: I64  # [departures] in order of date for each role
    departure_day: I64  # [departures] first day away
    departure_count: I64  # [departures] people
    person_hash: I64  # [people]
    month_days: F64  # [T] days of the month
    # arrivals
    channel_hash: I64  # [C]
    channel_edge: I64  # [C] source edge
    channel_role: I64  # [C] role that makes the leads, -1: none
    channel_batch: I64  # [C] number of the channel among those whose leads come in batches, -1: one by one
    role_makes: I64  # [R] 1 where the role makes leads
    channel_classes: I64  # [C, M] classes of the mix
    channel_class_count: I64  # [C]
    week_of: I64  # [T] number of the week since the first
    week_key: I64  # [weeks] ordinal of the Monday
    day_key: I64  # [T] ordinal of the day
    period_of: I64  # [T]
    period_until: I64  # [T] first day after the day's period
    cell_of: I64  # [K] channel and segment
    cells: int
    epoch_from: I64  # [T] content in force: amounts and mixes of this one ...
    epoch_to: I64  # [T] ... and, while a change is phased in, of this one
    epoch_weight: F64  # [T] with this weight
    alike_until: I64  # [T] last day of those in a row with the same reporting period and prices
    by_day: int  # 1: moves have their days, though random numbers are those of reporting periods
    follows: int  # 1: leads are followed one by one, and what becomes of them is logged
    opening_stock: I64  # [S, cells]
    # opening stock: rows
    stock_stage: I64
    stock_class: I64
    stock_day: I64  # negative
    stock_count: I64
    stock_waiting: I64
    stock_index: I64  # first index in the opening stream of its stage and class
    stock_band: I64  # band that takes its part of the row's count, band 0 first, -1: all are of the row's class
    deal_stage: I64
    deal_class: I64
    deal_day: I64
    deal_waiting: I64
    deal_hash: I64
    deal_row: I64  # row in the outputs, -1: not followed
    deal_odds: F64
    deal_cents: F64  # not a number: none of its own
    deal_band: I64  # of its own amount, -1: drawn
    deal_due: I64  # day of the due date, NO_DUE: none
    deal_here: I64  # 1: in a stage where leads have their size band


class Tables(NamedTuple):
    """What depends on the parameter draw; the first axis is the draw, of size 1 where nothing is ranged."""

    share_row: I64  # [G, V + tails, K] row of share_sum
    share_sum: F64  # [rows, J] shares summed over the outcomes, advancing ones first; the remainder stays
    share_advance: F64  # [rows]
    distribution_row: I64  # [G, V + tails, J, K] row of law_top
    due_row: I64  # [G, V + tails, J, K] row of the days after ``due_first`` at which an outcome ends that runs by the
    # due date, -1: it does not; or [1, 1, 1, 1] where no deal has a due date
    due_first: I64  # [V + tails, J, K] earliest day of such an end, from the due date on
    due_least: I64  # [V + tails, J, K] least days in the stage
    distribution_size: int  # D + 1
    distribution_top: U32  # [rows * (D + 1)] largest word whose delay is at most d; the last entry catches all
    distribution_guide: U16  # [rows * 2**GUIDE_BITS] shortest delay of each range of words
    distribution_clock: I64  # [rows] clock, 0 is the calendar
    response_row: I64  # [G, V, K] row of quantile_log, -1: none
    response_stretch: F64  # [G, V] factor per open item per head above
    response_above: F64  # [G, V]
    decay: F64  # [G, V] logarithm of the factor per minute of waiting, in the form per day
    decay_row: I64  # [G, V] row of decay_power
    decay_power: F64  # [rows, POWER_TO + 1] factor after so many minutes, in the power form
    sla_minutes: F64  # [G, V, K]
    work: I64  # [G, V, K] micro-units per lead
    give_up: F64  # [G, V] chance per day
    timeout: I64  # [G, V] days
    shock: F64  # [G, V] sigma
    pace: F64  # [G, sources of pace, V] sigma while a version of the stage is in force
    load_odds: F64  # [G, V]
    load_above: F64  # [G, V]
    band_sum: F64  # [G, K, bands] summed shares of the size bands
    band_low: F64  # [G, K] lower and upper end of the class's band, as probabilities of its amount distribution
    band_high: F64  # [G, K]
    per_day: F64  # [G, R, T] leads or hours per ramped head, NO_LIMIT: none
    holds: F64  # [G, R, T] open items per ramped head, NO_LIMIT: none
    ramp: F64  # [G, R, months] share of full capacity; the last entry holds from then on
    leaves: F64  # [G, R] chance per day
    fill_row: I64  # [G, R] distribution of the time to fill, -1: at once
    backfill_row: I64  # [G, R] -1: never
    rate: F64  # [G, C, T] expected arrivals
    made_rate: F64  # [G, C, T] leads per ramped head and open day
    dispersion: F64  # [G, C]
    drift: F64  # [G, C, 4] step, persistence, shared part, logarithm of the level at the start
    batch_mean: F64  # [G, batched channels] expected leads of a batch
    batch_sum: F64  # [G, batched channels, sizes] probability of a batch of at most 1, 2, ... leads
    mix_sum: F64  # [G, epochs, C, M] summed shares of the classes
    quantile_log: F64  # [rows, N] logarithm of the quantile at equal steps of the logit
    quantile_even: F64  # [rows, QUANTILE_STEPS + 1] the quantile at equal steps of u; or resampled values in order
    quantile_step: I64  # [rows] 1: resampled values
    quantile_mean: F64  # [rows]
    quantile_variance: F64  # [rows]
    amount_row: I64  # [G, epochs, K] row of quantile_log, -1: no amount
    revision_row: I64  # [G, 1] -1: none
    pay_month: F64  # [G, R, T] cents per head and month
    person_pay: F64  # [G, people] cents per month, NO_LIMIT: as the role


SHARED = frozenset(
    {
        "due_first",
        "due_least",
        "share_sum",
        "share_advance",
        "distribution_top",
        "distribution_guide",
        "distribution_clock",
        "decay_power",
        "quantile_log",
        "quantile_even",
        "quantile_step",
        "quantile_mean",
        "quantile_variance",
    }
)
"""Tables whose first axis is not the parameter draw."""


class Outputs(NamedTuple):
    """What a block of replications writes; the first axis is the replication."""

    moves: I64  # [n, P * E * cells]
    stock: I64  # [n, P, S, cells]
    waiting: I64  # [n, P, S]
    waiting_minutes: I64  # [n, P, S] that the leads waiting have waited so far
    bookings: I64  # [n, P, cells] cents
    deal_cents: I64  # [n, followed deals] amount won
    deal_period: I64  # [n, followed deals] period of the win, counted from 1; 0: not won
    taken_up: I64  # [n, P, S]
    wait_minutes: I64  # [n, P, S]
    within_sla: I64  # [n, P, S]
    gave_up: I64  # [n, P, S]
    head_days: F64  # [n, P, R]
    capacity: F64  # [n, P, R]
    capacity_used: F64  # [n, P, R]
    prospecting: F64  # [n, P, R]
    slot_days: F64  # [n, P, R]
    slot_days_used: F64  # [n, P, R]
    pay: I64  # [n, P, R] cents
