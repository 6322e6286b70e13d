"""What the leads of a class need to know of the outcomes of a stage, laid out so that a lead reads it in one go."""

from __future__ import annotations

import numpy as np
from numba import njit

from rpmsim.arrays.layout import GUIDE_BITS, WAY
from rpmsim.kernel.compiled import part
from rpmsim.kernel.outcome import FAR, scaled_advance, share_factors, summed_share, takes_no_time
from rpmsim.kernel.random import TO_UNIT, U32, WORDS
from rpmsim.kernel.workspace import LANE

MORE = 1 << 50
"""Days that are added where there is more to do with a lead than to move it."""

BY_CLOCK = 1 << 45
"""Days that are added where a clock says when the lead leaves: more than any end without a clock has, also beyond every
horizon, and less than :data:`MORE`, so that one comparison separates these leads from others."""


@njit(inline="always")
def first_lane(work, stream):
    """Place of the first lane of a stage and class."""
    return stream * ((work.tops.shape[1] + 1) * LANE)


@part
def lay_lanes(frame, tables, work, stage, version, lead_class):
    """Fill the lanes of a stage and class.

    A lane holds where its distribution begins in the guide and in the words, days that are added, place and step of its
    landings, its place in the moves of a period, the stage that it leads to, and its clock: -1 where the outcome takes
    no time, by whatever clock, and nothing is to be noted of it. Lanes after the outcomes' are to stay.
    """
    stream = stage * frame.classes + lead_class
    work.lanes_version[stream] = version
    first = first_lane(work, stream)
    low = frame.outcome_range[stage]
    outcomes = frame.outcome_range[stage + 1] - low
    work.at_once[stream] = 0
    for j in range(outcomes + 1):
        lane = first + j * LANE
        for i in range(LANE):
            work.lanes[lane + i] = 0
        work.lanes[lane + 2] = FAR + (MORE if frame.follows == 1 else 0)
        if j < outcomes:
            row = tables.distribution_row[version, j, lead_class]
            way = (frame.outcome_edge[low + j] * frame.classes + lead_class) * WAY
            work.lanes[lane] = row << GUIDE_BITS
            work.lanes[lane + 1] = row * tables.distribution_size
            clock = tables.distribution_clock[row]
            work.lanes[lane + 2] = (0 if frame.way[way + 4] == 0 else MORE) + (0 if clock == 0 else BY_CLOCK)
            work.lanes[lane + 3] = frame.way[way]
            work.lanes[lane + 4] = frame.way[way + 1]
            work.lanes[lane + 5] = frame.way[way + 2]
            work.lanes[lane + 6] = frame.way[way + 3]
            work.lanes[lane + 7] = clock
            if frame.way[way + 4] == 0 and takes_no_time(frame, tables, row):
                work.lanes[lane + 2] = 0
                work.lanes[lane + 7] = -1
                work.at_once[stream] = 1


@part
def fill_tops(frame, tables, work, stage, version, lead_class, odds, probability, are_carried):
    """Fill the words below which outcomes end, after the effects on the advancing share.

    No top is above that of the words that are :func:`carried`, if they are.
    """
    stream = stage * frame.classes + lead_class
    work.tops_version[stream] = version
    work.tops_odds[stream] = odds
    work.tops_probability[stream] = probability
    share = tables.share_row[version, lead_class]
    advance = tables.share_advance[share]
    after = scaled_advance(advance, odds, probability)
    most = np.int64(4294967295) if are_carried and advance >= 1.0 else np.int64(WORDS)
    tops = work.tops[stream]
    factors = share_factors(advance, after)
    outcomes = frame.outcome_range[stage + 1] - frame.outcome_range[stage]
    for j in range(outcomes):
        tops[j] = min(np.int64(summed_share(frame, tables, stage, share, j, after, factors) * WORDS + 0.5), most)


@part
def outcome_of(tops, outcomes, word):
    """Outcome of a word: the first one whose top is above it; the number of outcomes where the lead stays."""
    outcome = 0
    while outcome < outcomes and word >= tops[outcome]:
        outcome += 1
    return outcome


@part
def carried(word, advance, odds, probability):
    """Carry the word of an outcome to where it would lie without effects: shares may stay as they are.

    Effects are a factor on the odds of the advancing share and one on its probability. Where all advance without
    effects, the last word is that of those who are held back (see :func:`fill_tops`).
    """
    # The share after the factor on the odds is top / whole; all is multiplied by the whole, as divisions are slow.
    top = odds * advance
    whole = 1.0 - advance + top
    u = (word + 0.5) * TO_UNIT * whole
    if probability != 1.0:
        top = min(top * probability, whole)
    after = u - top
    if probability != 1.0 and top < whole:
        after *= (1.0 - advance) / (whole - top)
    first = u < top
    place = u / top * advance if first else advance + after
    return U32(min(np.int64(place * WORDS), 4294967294 if first else 4294967295))
