"""The lives of leads, put together from the log of a replication.

The kernel counts leads by class, stage and day. Leads of a class that came to a stage on the same day have the same
prospects whatever lies behind them, so which one of them a record means is drawn at random: then every lead has a life
of its own, with the distribution that it would have if leads were simulated one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rpmsim.arrays.layout import I32, I64
from rpmsim.kernel.cache import caching
from rpmsim.kernel.log import (
    ANSWERED,
    ARRIVED,
    BANDED,
    BEGUN,
    BOOKED,
    CLASS,
    COUNT,
    DEAL,
    EDGE,
    ENDED,
    GAVE_UP,
    KIND,
    LANDED,
    LEFT,
    OPEN,
    STAGE,
    TAKEN_BACK,
)

NEVER = 1 << 30
"""A day after all days: of what has not happened inside the span."""

LONG_AGO = -(1 << 30)
"""A day before all days: of what happened before the lead was first seen."""

ANONYMOUS, LOST, WON, OPPORTUNITY = 1, 2, 3, 4
"""Numbers of the kinds of stages that matter here; others are 0."""

AT, AS, ENTERED, QUEUED, NEXT_EDGE, NEXT_CLASS, TAKEN, END, CREATED, FIRST_OPPORTUNITY, FIRST_WON, LIFE_ENDED = range(
    12
)
"""Entries of a lead: stage, class, days of entry and of queueing; edge over which it leaves, class as it does, day
of take-up, day of leaving; its dates."""
LEAD_FIELDS = 16
"""A lead fills one line of the processor's cache, as leads are met in no order."""

VISIT_FIELDS = 8

NOTHING_TO_COME = -1
STAYS = -2
HANDED_BACK = -3


class Cycle(NamedTuple):
    """What the lives need to know of the cycle; S stages, E edges, K classes."""

    days: int
    history: int
    edge_from: I64  # [E] -1: source
    edge_to: I64  # [E]
    edge_class: I64  # [E, K] class after the move
    role_of: I64  # [S, K] -1: no staff
    kind: I64  # [S] number of the kind
    ends: I64  # [S] 1 where nobody leaves the stage
    deals: int


class Visits(NamedTuple):
    """Stays of leads in stages, those of a lead in the order of time; [visits] each."""

    lead: I32
    stage: I32
    lead_class: I32  # at the end of the stay
    entered: I32  # day; negative: before the span
    queued: I32  # day on which it came to the queue, after a leaver for the last time
    begun: I32  # day on which it was taken up, NEVER where it was not
    left: I32  # day, NEVER where it is still there
    edge: I32  # -1 where it is still there; HANDED_BACK: the stay goes on, but a leaver put the lead back in the queue


class Leads(NamedTuple):
    """Dates of leads; [leads] each. LONG_AGO: before the start, NEVER: not inside the span."""

    created: I32
    opportunity: I32  # day of the first entry into a stage of that kind
    won: I32
    ended: I32  # day on which it came to the stage at which its life ends
    lead_class: I32  # in the end


class _State(NamedTuple):
    """Where leads are while the log is read."""

    lead: I32  # [leads, LEAD_FIELDS]
    visit: I32  # [visits, VISIT_FIELDS] in the order of the fields of Visits
    deal_lead: I64  # [deals] the lead of a listed deal
    pool: I32  # leads by stage, class and day of landing
    pool_first: I64
    pool_size: I64
    so_far: I64  # [2] leads, visits
    random: I64  # [1] state of the random numbers


@njit(nogil=True, cache=caching())
def lives_of(log, cycle, seed):
    """Lives of all leads of a replication.

    Parameters
    ----------
    log : ndarray of int64, shape (records, FIELDS)
    cycle : Cycle
    seed : int
        Of the choice among leads alike.

    Returns
    -------
    visits : Visits
    leads : Leads
    """
    first, leads_most, visits_most = _room(log, cycle)
    state = _State(
        np.empty((leads_most, LEAD_FIELDS), np.int32),
        np.empty((visits_most, VISIT_FIELDS), np.int32),
        np.full(cycle.deals, -1),
        np.zeros(first[-1], np.int32),
        first,
        np.zeros(len(first) - 1, np.int64),
        np.zeros(2, np.int64),
        np.array([seed]),
    )
    for i in range(len(log)):
        kind = log[i, KIND]
        if kind == OPEN:
            _open(log[i], cycle, state)
        elif kind == ARRIVED:
            _arrive(log[i], cycle, state)
        elif kind in (LEFT, GAVE_UP):
            _leave(log[i], cycle, state)
        elif kind == BANDED:
            _give_band(log[i], cycle, state)
        elif kind == TAKEN_BACK:
            _take_back(log[i], cycle, state)
    for lead in range(state.so_far[0]):
        _move(lead, cycle, state)
        stage = state.lead[lead, AT]
        if cycle.ends[stage] == 1:
            state.lead[lead, LIFE_ENDED] = state.lead[lead, ENTERED]
        _visit(lead, cycle, state, -1)
    row, own = state.visit[: state.so_far[1]].T, state.lead[: state.so_far[0]].T
    return (
        Visits(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]),
        Leads(own[CREATED], own[FIRST_OPPORTUNITY], own[FIRST_WON], own[LIFE_ENDED], own[AS]),
    )


@njit(nogil=True, cache=caching())
def _room(log, cycle):
    """Where the pools begin, and the most leads and visits."""
    days = cycle.history + cycle.days + 1
    stages, classes = cycle.role_of.shape
    size = np.zeros(stages * classes * days + 1, np.int64)
    leads = 0
    visits = 0
    for i in range(len(log)):
        kind, stage, lead_class, count, edge = (log[i, KIND], log[i, STAGE], log[i, CLASS], log[i, COUNT], log[i, EDGE])
        if kind in (ANSWERED, BOOKED):
            continue
        if kind in (OPEN, ARRIVED):
            leads += count
        if kind in (LEFT, GAVE_UP) or (kind == TAKEN_BACK and log[i, LANDED] < 0):
            visits += count
        if log[i, DEAL] >= 0:
            continue
        day = log[i, ENDED]
        if kind == OPEN:
            place = _pool(cycle, stage, lead_class, day)
        elif kind == BANDED:
            place = _pool(cycle, stage, edge, day)
        elif kind == TAKEN_BACK:
            place = _pool_back(log[i], cycle)
        elif edge < 0 or day >= cycle.days:
            place = _pool(cycle, stage, lead_class, cycle.days)
        else:
            place = _pool(cycle, cycle.edge_to[edge], cycle.edge_class[edge, lead_class], day)
        size[place + 1] += count
    return np.cumsum(size), leads, visits + leads


@njit(nogil=True, cache=caching())
def _pool(cycle, stage, lead_class, day):
    """Pool of the leads of a class that land in a stage on a day; those who stay in it have the day after the last."""
    days = cycle.history + cycle.days + 1
    return (stage * cycle.role_of.shape[1] + lead_class) * days + cycle.history + day


@njit(nogil=True, cache=caching())
def _pool_back(record, cycle):
    """Pool of leads that are taken back: their queue, or the stage to which they are sent, on the day of the leaver."""
    edge = record[LANDED]
    if edge < 0:
        return _pool(cycle, record[STAGE], record[CLASS], record[BEGUN])
    return _pool(cycle, cycle.edge_to[edge], cycle.edge_class[edge, record[CLASS]], record[BEGUN])


@njit(nogil=True, cache=caching())
def _below(state, n):
    """A random number below ``n`` (xorshift64*)."""
    x = np.uint64(state.random[0])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state.random[0] = np.int64(x)
    return np.int64((x * np.uint64(0x2545F4914F6CDD1D) >> np.uint64(33)) * np.uint64(n) >> np.uint64(31))


@njit(nogil=True, cache=caching())
def _put(state, place, lead):
    state.pool[state.pool_first[place] + state.pool_size[place]] = lead
    state.pool_size[place] += 1


@njit(nogil=True, cache=caching())
def _take(state, place, at):
    """Take the lead at a position out of a pool; the last one fills the gap."""
    first = state.pool_first[place]
    state.pool_size[place] -= 1
    lead = state.pool[first + at]
    state.pool[first + at] = state.pool[first + state.pool_size[place]]
    return lead


@njit(nogil=True, cache=caching())
def _new(state, stage, lead_class, day):
    lead = state.so_far[0]
    state.so_far[0] += 1
    own = state.lead[lead]
    own[AT], own[AS], own[ENTERED], own[QUEUED] = stage, lead_class, day, day
    own[NEXT_EDGE], own[TAKEN] = NOTHING_TO_COME, NEVER
    own[CREATED], own[FIRST_OPPORTUNITY], own[FIRST_WON], own[LIFE_ENDED] = NEVER, NEVER, NEVER, NEVER
    return lead


@njit(nogil=True, cache=caching())
def _open(record, cycle, state):
    """Leads that are open at the start; what lies behind them is not known."""
    stage, lead_class, day = record[STAGE], record[CLASS], record[LANDED]
    kind = cycle.kind[stage]
    for _ in range(record[COUNT]):
        lead = _new(state, stage, lead_class, day)
        if kind != ANONYMOUS:
            state.lead[lead, CREATED] = LONG_AGO
        if kind == OPPORTUNITY:
            state.lead[lead, FIRST_OPPORTUNITY] = LONG_AGO
        if record[DEAL] >= 0:
            state.deal_lead[record[DEAL]] = lead
        else:
            _put(state, _pool(cycle, stage, lead_class, day), lead)


@njit(nogil=True, cache=caching())
def _arrive(record, cycle, state):
    edge, day = record[EDGE], record[ENDED]
    stage, lead_class = cycle.edge_to[edge], cycle.edge_class[edge, record[CLASS]]
    place = _pool(cycle, stage, lead_class, day)
    for _ in range(record[COUNT]):
        lead = _new(state, stage, lead_class, day)
        _date(lead, -1, stage, day, cycle, state)
        _put(state, place, lead)


@njit(nogil=True, cache=caching())
def _date(lead, before, stage, day, cycle, state):
    """Date what a lead comes to be as it enters a stage from another one (-1: the source)."""
    kind = cycle.kind[stage]
    was_anonymous = before < 0 or cycle.kind[before] == ANONYMOUS
    if was_anonymous and kind != ANONYMOUS and kind != LOST and state.lead[lead, CREATED] == NEVER:
        state.lead[lead, CREATED] = day
    if kind == OPPORTUNITY and state.lead[lead, FIRST_OPPORTUNITY] == NEVER:
        state.lead[lead, FIRST_OPPORTUNITY] = day
    if kind == WON and state.lead[lead, FIRST_WON] == NEVER:
        state.lead[lead, FIRST_WON] = day


@njit(nogil=True, cache=caching())
def _leave(record, cycle, state):
    """Leads, or a listed deal, begin a stage or give up waiting for it: how they will leave is known."""
    deal = record[DEAL]
    stage, lead_class, edge, end = record[STAGE], record[CLASS], record[EDGE], record[ENDED]
    begun = NEVER if record[KIND] == GAVE_UP else record[BEGUN]
    source = _pool(cycle, stage, lead_class, record[LANDED])
    stays = edge < 0 or end >= cycle.days
    end = min(end, NEVER)
    for _ in range(record[COUNT]):
        lead = state.deal_lead[deal] if deal >= 0 else _take(state, source, _below(state, state.pool_size[source]))
        _move(lead, cycle, state)
        state.lead[lead, AS] = lead_class
        state.lead[lead, NEXT_CLASS] = lead_class
        state.lead[lead, NEXT_EDGE] = STAYS if stays else edge
        state.lead[lead, TAKEN] = begun
        state.lead[lead, END] = end
        if deal >= 0:
            continue
        if stays:
            _put(state, _pool(cycle, stage, lead_class, cycle.days), lead)
        else:
            _put(state, _pool(cycle, cycle.edge_to[edge], cycle.edge_class[edge, lead_class], end), lead)


@njit(nogil=True, cache=caching())
def _move(lead, cycle, state):
    """Let a lead that is to leave its stage, if it is, come to the next one."""
    edge = state.lead[lead, NEXT_EDGE]
    if edge < 0:
        return
    _visit(lead, cycle, state, edge)
    before, day = state.lead[lead, AT], state.lead[lead, END]
    state.lead[lead, AT] = cycle.edge_to[edge]
    state.lead[lead, AS] = cycle.edge_class[edge, state.lead[lead, NEXT_CLASS]]
    state.lead[lead, ENTERED] = day
    state.lead[lead, QUEUED] = day
    state.lead[lead, NEXT_EDGE] = NOTHING_TO_COME
    state.lead[lead, TAKEN] = NEVER
    _date(lead, before, state.lead[lead, AT], day, cycle, state)


@njit(nogil=True, cache=caching())
def _visit(lead, cycle, state, edge):
    """Note the stay of a lead in its stage, which ends over an edge, or goes on (-1), or is handed back."""
    n = state.so_far[1]
    state.so_far[1] += 1
    stage, lead_class = state.lead[lead, AT], state.lead[lead, AS]
    begun = state.lead[lead, TAKEN]
    if cycle.role_of[stage, lead_class] < 0 and begun == NEVER:
        begun = state.lead[lead, ENTERED]
    row = state.visit[n]
    row[0], row[1], row[2], row[3] = lead, stage, lead_class, state.lead[lead, ENTERED]
    row[4], row[5] = state.lead[lead, QUEUED], begun
    row[6] = NEVER if edge == -1 else state.lead[lead, END]
    row[7] = edge


@njit(nogil=True, cache=caching())
def _give_band(record, cycle, state):
    source = _pool(cycle, record[STAGE], record[CLASS], record[LANDED])
    target = _pool(cycle, record[STAGE], record[EDGE], record[LANDED])
    for _ in range(record[COUNT]):
        lead = _take(state, source, _below(state, state.pool_size[source]))
        _put(state, target, lead)
        # Its move, if it is still to be noted, comes to the stage with the class without a band.
        if state.lead[lead, NEXT_EDGE] < 0:
            state.lead[lead, AS] = record[EDGE]


@njit(nogil=True, cache=caching())
def _take_back(record, cycle, state):
    """Undo moves of leads whose owner has left, and let them wait again or go to the stated stage."""
    deal, edge, day = record[DEAL], record[EDGE], record[BEGUN]
    to = record[LANDED]
    stays = edge < 0 or record[ENDED] >= cycle.days
    for _ in range(record[COUNT]):
        if deal >= 0:
            lead = state.deal_lead[deal]
        elif stays:
            place = _pool(cycle, record[STAGE], record[CLASS], cycle.days)
            lead = _take(state, place, _below(state, state.pool_size[place]))
        else:
            place = _pool(cycle, cycle.edge_to[edge], cycle.edge_class[edge, record[CLASS]], record[ENDED])
            lead = _take(state, place, _held(state, place, edge, record[CLASS]))
        if to < 0:
            state.lead[lead, END] = day
            _visit(lead, cycle, state, HANDED_BACK)
            state.lead[lead, NEXT_EDGE] = NOTHING_TO_COME
            state.lead[lead, TAKEN] = NEVER
            state.lead[lead, QUEUED] = day
        else:
            state.lead[lead, NEXT_EDGE] = to
            state.lead[lead, END] = day
        if deal < 0:
            _put(state, _pool_back(record, cycle), lead)


@njit(nogil=True, cache=caching())
def _held(state, place, edge, lead_class):
    """Position in a pool of a lead at random among those who were taken up and are to come over an edge."""
    first, size = state.pool_first[place], state.pool_size[place]
    found = 0
    chosen = 0
    for at in range(size):
        lead = state.pool[first + at]
        if (
            state.lead[lead, NEXT_EDGE] == edge
            and state.lead[lead, NEXT_CLASS] == lead_class
            and state.lead[lead, TAKEN] != NEVER
        ):
            found += 1
            if _below(state, found) == 0:
                chosen = at
    return chosen
