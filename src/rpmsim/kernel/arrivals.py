"""Arrivals of leads: counts by channel and day, split to classes (model, section 7)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part, rare_part, small_part
from rpmsim.kernel.eight import BITS, bits_below, ones
from rpmsim.kernel.log import ARRIVED, note
from rpmsim.kernel.move import move
from rpmsim.kernel.purposes import BATCH, COUNT, COUNTS, DRIFT, GAMMA, MIX
from rpmsim.kernel.random import ROW_WORDS, WORD_BITS, WORDS, next_unit, seek, turn_to, unit, unit_in_row
from rpmsim.kernel.sample import binomial, gamma_unit, normal_quantile, poisson_quantile, split


@part
def arrivals_kernel(frame, tables, work, out):
    """Let the leads of all channels that no role makes land, as moves over the source edges.

    The level of a week, the mixing of a day and the count's uniform are keyed by date and channel: a higher rate
    keeps the leads, and the batches, that a lower rate has.
    """
    key = work.arrivals_key
    for c in range(len(frame.channel_hash)):
        if frame.channel_role[c] >= 0:
            continue
        item = frame.channel_hash[c]
        alpha = tables.dispersion[c]
        drift = tables.drift[c]
        rate = tables.rate[c]
        step, persistence, shared = drift[0], drift[1], drift[2]
        x = drift[3]
        drifts = step > 0.0 or x != 0.0
        batch = frame.channel_batch[c]
        variance = 0.0
        factor = 1.0
        week = -1
        mixed = np.int64(0)
        for t in range(frame.days):
            if drifts and frame.week_of[t] != week:
                week = frame.week_of[t]
                common = normal_quantile(unit(frame.week_key[week], DRIFT, 0, key))
                own = normal_quantile(unit(frame.week_key[week], DRIFT, item, key))
                x = persistence * x + step * (math.sqrt(shared) * common + math.sqrt(1.0 - shared) * own)
                variance = persistence * persistence * variance + step * step
                factor = math.exp(x - 0.5 * variance)
            mean = rate[t] * factor
            if mean <= 0.0:
                continue
            if alpha > 0.0:
                seek(work.state, frame.day_key[t] << 16, GAMMA, item, key)
                mean *= gamma_unit(1.0 / alpha, work.state)
            if batch >= 0:
                mean /= tables.batch_mean[batch]
            u = unit_in_row(work.day_words, work.day_row, c, frame.day_key[t], COUNT, item, key)
            n = poisson_quantile(mean, u)
            if n > 0 and batch >= 0:
                n = leads_of_batches(frame, tables, work, batch, n, frame.day_key[t], item, key)
            if n > 0:
                mixed = mix_arrivals(frame, tables, work, out, c, t, n, mixed)


@rare_part
def leads_of_batches(frame, tables, work, batch, batches, day, item, key):
    """Leads of the batches of a channel on a day; batch i has a size of its own, whatever comes with it."""
    sums = tables.batch_sum[batch]
    sizes = len(sums)
    seek(work.state, day << 16, BATCH, item, key)
    leads = np.int64(0)
    if batches <= frame.split_above:
        for _ in range(batches):
            u = next_unit(work.state)
            low = 0
            high = sizes - 1
            while low < high:
                middle = (low + high) >> 1
                if u <= sums[middle]:
                    high = middle
                else:
                    low = middle + 1
            leads += low + 1
        return leads
    left = batches
    before = 0.0
    size = 0
    while left > 0:
        rest = 1.0 - before
        last = size == sizes - 1 or rest <= 0.0
        of_size = left if last else binomial(left, (sums[size] - before) / rest, work.state)
        before = sums[size]
        size += 1
        leads += size * of_size
        left -= of_size
    return leads


@part
def mix_arrivals(frame, tables, work, out, channel, day, count, mixed):
    """Split arrivals over the channel's classes; ``mixed`` is the number split before; returns the new number."""
    edge = frame.channel_edge[channel]
    classes = frame.channel_class_count[channel]
    if classes == 1:
        _arrive(frame, work, out, edge, frame.channel_classes[channel, 0], day, count)
        return mixed + count
    shares = work.shares
    weight = frame.epoch_weight[day]
    for j in range(classes):
        before = tables.mix_sum[frame.epoch_from[day], channel, j]
        shares[j] = before + weight * (tables.mix_sum[frame.epoch_to[day], channel, j] - before)
    item = frame.channel_hash[channel]
    counts = work.parts
    if count <= frame.split_above:
        # Lead i of a channel owns word i of its stream. A class counts the words that are below its top.
        for j in range(classes):
            counts[j] = 0
        tops = work.mix_tops
        for j in range(classes - 1):
            tops[j] = max(np.int64(shares[j] * WORDS + 0.5), tops[j - 1] if j > 0 else np.int64(0))
        lead = mixed
        last = mixed + count
        while lead < last:
            turn_to(work.mix_words, work.mix_row, channel, lead >> WORD_BITS, MIX, item, work.arrivals_key)
            words = work.mix_words[channel]
            at = lead & (ROW_WORDS - 1)
            here = min(last - lead, ROW_WORDS - at, BITS)
            for j in range(classes - 1):
                counts[j] += ones(bits_below(words, at, here, tops[j]))
            lead += here
        counts[classes - 1] = count
        for j in range(classes - 1, 0, -1):
            counts[j] -= counts[j - 1]
    else:
        seek(work.state, mixed, MIX + (COUNTS << 8), item, work.arrivals_key)
        split(count, shares, classes, counts, work.state)
    for j in range(classes):
        if counts[j] > 0:
            _arrive(frame, work, out, edge, frame.channel_classes[channel, j], day, counts[j])
    return mixed + count


@small_part
def _arrive(frame, work, out, edge, lead_class, day, count):
    """Let leads of a class come over a source edge."""
    note(frame, work, ARRIVED, -1, lead_class, day, day, day, edge, count, -1)
    move(frame, work, out, edge, lead_class, day, count)
