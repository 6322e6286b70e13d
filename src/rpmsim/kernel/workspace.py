"""Arrays that one thread uses for one replication after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rpmsim.arrays.layout import F64, I32, I64, U32, Frame
from rpmsim.arrays.packing import packed
from rpmsim.kernel.eight import EIGHT
from rpmsim.kernel.log import FIELDS
from rpmsim.kernel.random import PAIRS, ROW_WORDS, STATE_WORDS

LANE = 8
"""Entries of a lane: what a lead needs to know of its outcome (see :func:`rpmsim.kernel.lanes.lay_lanes`)."""

GROUP = 128
"""Leads that begin a stage together."""


class Workspace(NamedTuple):
    """State of the replication that is being simulated."""

    key: NDArray[np.uint64]  # [3] replication and the two words of the seed
    arrivals_key: NDArray[np.uint64]  # [3] the same for what brings leads
    people_key: NDArray[np.uint64]  # [3] the same for who leaves, and when a seat is filled again
    too_much: (
        I64  # [1] one more than a class whose bookings in a period cannot be counted, -1 for pay, else 0; set back
    )
    # by the caller
    too_many: I64  # [1] 1 where a count of leads did not fit its place; set back by the caller
    landing: I32  # [frame.landings + EIGHT] leads of a class that land in a stage on a day, until they are dealt with
    late: I32  # [late edges, K, T] moves by class before them: what leavers may take back, wins without amounts
    fresh: I64  # [S] 1 where something may have landed today since the queues were last filled
    banded: I64  # [S] place in the stream of size bands
    waiting: I32  # [H + T + largest offset + EIGHT, rows] leads that wait, by the key of the queue: day of arrival,
    # counted from the first one of the history, and offset; listed deals are not among them
    waiting_total: I64  # [rows + EIGHT]
    quit_words: U32  # [rows, ROW_WORDS] words of days on which leads may give up
    quit_row: I64  # [rows]
    queue_total: I64  # [queues]
    queue_head: I64  # [queues] no lead waits under a smaller key
    begun: I64  # [S * K] leads that have begun the stage
    words: U32  # [S * K + 1, ROW_WORDS] pairs of words of leads that begin: outcome and delay
    word_row: I64  # [S * K] row of the stream that stands in them
    answer_words: U32  # [S * K, ROW_WORDS] words of response times
    answer_row: I64  # [S * K]
    open_words: U32  # [ROW_WORDS] pairs of words of leads that are open at the start
    release: I64  # [R, T] items whose slots come free on the day
    held: I64  # [R] items in progress
    items: I64  # [R] items waiting or in progress
    time: I64  # [R, T] work that the role can do on the day, micro-units; NO_END: no limit
    time_left: I64  # [R] what is left of it today
    time_used: I64  # [R] micro-units on this day
    credit: I64  # [R] work done on the lead that is begun, micro-units
    credit_stage: I64  # [R] -1: none
    begun_stage: I64  # [R] stage whose begun lead is finished first today, -1: none
    slots: I64  # [R, T] items that the role holds at most, -1: no limit; with the fraction's once the day before ends
    slot_debt: F64  # [R] item-days by which the fraction of a slot was used too much
    heads: F64  # [R, T]
    ramped: F64  # [R, T]
    ramped_before: F64  # [R] on the day before day 0
    pay: F64  # [R, T] cents
    departures_left: I64  # [departures] people who have still to be found
    leave_share: F64  # [R, T] share of the role's items that leavers of the day held, where they move
    shock: F64  # [S, H + T] factor on the odds of leads that begin on the day
    clock_sum: F64  # [clocks, H + T + 1] weights summed before the day; random clocks come last
    clock_first: I64  # [clocks, delay_days] first day index at which the sum through the day reaches n
    clock_speed: F64  # [T] factors on the weights of a random clock
    load_factor: F64  # [S, R]
    response_factor: F64  # [S, R]
    beyond: I64  # [S, K] staffed leads in progress that do not leave inside the span
    made: I64  # [C] leads made so far
    cohort_class: I64
    cohort_day: I64  # day of beginning
    cohort_arrival: I64  # day of arrival (staffed stages); number of the first lead (open at the start)
    cohort_count: I64
    cohort_deal: I64  # -1: none
    stock_count: I64  # rows of the opening stock, size bands given
    deal_stage: I64
    deal_class: I64
    deal_day: I64  # day on which the deal lands in its stage, or came to its queue
    deal_state: I64  # 0 lands, 1 waits, 2 in progress for good
    deal_visit: I64
    deal_band: I64  # size band, of its own amount or drawn
    deal_from: I64  # stage in which the deal is in progress until day deal_end, -1: none
    deal_edge: I64  # edge that it takes then
    deal_end: I64
    deal_before: I64  # its class until then
    deal_booked: I64  # cents of its win
    deals_on: I64  # [T + 1] deals that land on the day
    deals_waiting: I64  # [S]
    shares: F64  # [K] summed shares of a mix
    moving: I64  # [T] leads of a count that leave on the day
    splitting: I64  # [2] days on which the leads of the count that is being split landed and began the stage
    state: NDArray[np.uint64]  # [STATE_WORDS] sequential stream for the rare draws
    day_state: NDArray[np.uint64]  # [STATE_WORDS] the same for days inside a period
    tops: I64  # [S * K, outcomes] words below which an outcome ends ...
    tops_version: I64  # [S * K] ... for this version, -1: not filled ...
    tops_odds: F64  # [S * K] ... and these effects on the advancing share
    tops_probability: F64  # [S * K]
    lanes: I64  # [S * K * lanes * LANE] what a lead needs to know of its outcome ...
    lanes_version: I64  # [S * K] ... in this version, -1: not filled
    at_once: I64  # [S * K] 1 where an outcome takes no time, and nothing is to be noted of it
    row_day: I64  # [PAIRS] days on which leads of a row begin
    group_lane: I64  # [GROUP + EIGHT] leads that begin together: place of the lane
    group_begin: I64  # [GROUP + EIGHT] day
    group_word: U32  # [GROUP + EIGHT] word of the delay
    group_run: I64  # [GROUP + EIGHT] place of the first lead of the run that it came with; a run is of one cohort
    group_odds: F64  # [GROUP] factor on the odds, and ...
    group_probability: F64  # [GROUP] ... on the probability, where the lead may be drawn again
    run_cohort: I64  # [GROUP] cohort
    run_lead: I64  # [GROUP] number of the run's first lead in its stream
    rest: I64  # [GROUP] leads of a group with which there is more to do
    parts: I64  # [K] parts of a count that is split over classes or size bands
    mix_tops: I64  # [K] words below which a class of a mix ends
    mix_words: U32  # [C + 1, ROW_WORDS] words of the mix of a channel
    mix_row: I64  # [C]
    day_words: U32  # [C, ROW_WORDS] words of the counts of a channel, day by day
    day_row: I64  # [C]
    log: I64  # [rows, FIELDS] what becomes of leads, where they are followed
    log_length: I64  # [1] records, also those that there was no room for


def lanes_of(frame: Frame) -> int:
    """Lanes of a stage and class: one for each outcome, and one for those that stay."""
    return int(np.diff(frame.outcome_range).max(initial=0)) + 1


def make_workspace(frame: Frame, log_rows: int = 0) -> Workspace:
    """Allocate the arrays for a frame, with room for so many records of the log."""
    t, h, k = frame.days, frame.history, frame.classes
    s = len(frame.stage_hash)
    roles = len(frame.role_hash)
    deals = len(frame.deal_stage)
    channels = max(len(frame.channel_hash), 1)
    rows = int(frame.waiting_row.max(initial=-1)) + 1
    queues = len(frame.queue_last_in)
    cohorts = k * (h + t + 1) + len(frame.stock_stage) + deals + 64

    def ints(*shape: int) -> I64:
        return np.zeros(shape, np.int64)

    def reals(*shape: int) -> F64:
        return np.zeros(shape)

    return packed(
        Workspace(
            key=np.zeros(3, np.uint64),
            arrivals_key=np.zeros(3, np.uint64),
            people_key=np.zeros(3, np.uint64),
            too_much=ints(1),
            too_many=ints(1),
            landing=np.zeros(frame.landings + EIGHT, np.int32),
            late=np.zeros((int(frame.edge_late.max(initial=-1)) + 1, k, t), np.int32),
            fresh=ints(s),
            banded=ints(s),
            waiting=np.zeros((h + t + int(frame.row_offset.max(initial=0)) + EIGHT, max(rows, 1)), np.int32),
            waiting_total=ints(max(rows, 1) + EIGHT),
            quit_words=np.zeros((max(rows, 1), ROW_WORDS), np.uint32),
            quit_row=ints(max(rows, 1)),
            queue_total=ints(max(queues, 1)),
            queue_head=ints(max(queues, 1)),
            begun=ints(s * k),
            words=np.zeros((s * k + 1, ROW_WORDS), np.uint32),  # the last row may be read past its end
            word_row=ints(s * k),
            answer_words=np.zeros((s * k, ROW_WORDS), np.uint32),
            answer_row=ints(s * k),
            open_words=np.zeros(ROW_WORDS, np.uint32),
            release=ints(max(roles, 1), t),
            held=ints(max(roles, 1)),
            items=ints(max(roles, 1)),
            time=ints(max(roles, 1), t),
            time_left=ints(max(roles, 1)),
            time_used=ints(max(roles, 1)),
            credit=ints(max(roles, 1)),
            credit_stage=ints(max(roles, 1)),
            begun_stage=ints(max(roles, 1)),
            slots=ints(max(roles, 1), t),
            slot_debt=reals(max(roles, 1)),
            heads=reals(max(roles, 1), t),
            ramped=reals(max(roles, 1), t),
            ramped_before=reals(max(roles, 1)),
            pay=reals(max(roles, 1), t),
            departures_left=ints(max(len(frame.departure_day), 1)),
            leave_share=reals(max(roles, 1), t),
            shock=np.ones((s, h + t)),
            clock_sum=np.concatenate([frame.clock_sum, frame.clock_sum[frame.random_base]]),
            clock_first=np.concatenate([frame.clock_first, frame.clock_first[frame.random_base]]),
            clock_speed=reals(t),
            load_factor=np.ones((s, max(roles, 1))),
            response_factor=np.ones((s, max(roles, 1))),
            beyond=ints(s, k),
            made=ints(channels),
            cohort_class=ints(cohorts),
            cohort_day=ints(cohorts),
            cohort_arrival=ints(cohorts),
            cohort_count=ints(cohorts),
            cohort_deal=ints(cohorts),
            stock_count=ints(len(frame.stock_count)),
            deal_stage=ints(deals),
            deal_class=ints(deals),
            deal_day=ints(deals),
            deal_state=ints(deals),
            deal_visit=ints(deals),
            deal_band=ints(deals),
            deal_from=ints(deals),
            deal_edge=ints(deals),
            deal_end=ints(deals),
            deal_before=ints(deals),
            deal_booked=ints(deals),
            deals_on=ints(t + 1),
            deals_waiting=ints(s),
            shares=reals(k),
            moving=ints(t),
            splitting=ints(2),
            state=np.zeros(STATE_WORDS, np.uint64),
            day_state=np.zeros(STATE_WORDS, np.uint64),
            tops=np.full((s * k, lanes_of(frame) - 1), 2**32),
            tops_version=ints(s * k),
            tops_odds=reals(s * k),
            tops_probability=reals(s * k),
            lanes=ints(s * k * lanes_of(frame) * LANE),
            lanes_version=ints(s * k),
            at_once=ints(s * k),
            row_day=ints(PAIRS + EIGHT),
            group_lane=ints(GROUP + EIGHT),
            group_begin=ints(GROUP + EIGHT),
            group_word=np.zeros(GROUP + EIGHT, np.uint32),
            group_run=ints(GROUP + EIGHT),
            group_odds=reals(GROUP),
            group_probability=reals(GROUP),
            run_cohort=ints(GROUP),
            run_lead=ints(GROUP),
            rest=ints(GROUP),
            parts=ints(max(k, frame.band_class.shape[1])),
            mix_tops=ints(k),
            mix_words=np.zeros((channels + 1, ROW_WORDS), np.uint32),  # the last row may be read past its end
            mix_row=ints(channels),
            day_words=np.zeros((channels, ROW_WORDS), np.uint32),
            day_row=ints(channels),
            log=ints(log_rows, FIELDS),
            log_length=ints(1),
        )
    )
