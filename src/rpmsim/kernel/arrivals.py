"""Arrivals of leads: counts by channel and day, split to classes (model, section 5)."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.purposes import COUNT, COUNTS, DRIFT, GAMMA, MIX
from rpmsim.kernel.random import LOW, TO_UNIT, TO_UNIT53, U32, U64, block
from rpmsim.kernel.sample import binomial, gamma_unit, normal_quantile, poisson_quantile


@part
def unit(index, replication, purpose, item, key0, key1):
    """One uniform in (0, 1) with 53 bits."""
    a, b, _, _ = block(index, replication, purpose, item, key0, key1)
    return (np.float64((a << U64(21)) ^ (b >> U64(11))) + 0.5) * TO_UNIT53


@part
def seek(state, index, replication, purpose, item, key0, key1):
    """Point the sequential stream ``state`` at a place of its own."""
    state[0] = U64(index)
    state[1] = U64(replication) & LOW
    state[2] = U64(purpose)
    state[3] = U64(item)
    state[4] = U64(key0)
    state[5] = U64(key1)


@part
def arrivals_kernel(frame, tables, work, replication, key0, key1):
    """Write the arrivals of all channels that no role makes into ``moved``, as moves over the source edges.

    The level of a week, the mixing of a day and the count's uniform are keyed by date and channel: a higher rate
    keeps the leads that a lower rate has.
    """
    for c in range(len(frame.channel_hash)):
        if frame.channel_role[c] >= 0:
            continue
        item = frame.channel_hash[c]
        alpha = tables.dispersion[c]
        drift = tables.drift[c]
        rate = tables.rate[c]
        step, persistence, shared = drift[0], drift[1], drift[2]
        x = 0.0
        variance = 0.0
        factor = 1.0
        week = -1
        mixed = np.int64(0)
        for t in range(frame.days):
            if step > 0.0 and frame.week_of[t] != week:
                week = frame.week_of[t]
                key = frame.week_key[week]
                common = normal_quantile(unit(key, replication, DRIFT, 0, key0, key1))
                own = normal_quantile(unit(key, replication, DRIFT, item, key0, key1))
                x = persistence * x + step * (math.sqrt(shared) * common + math.sqrt(1.0 - shared) * own)
                variance = persistence * persistence * variance + step * step
                factor = math.exp(x - 0.5 * variance)
            mean = rate[t] * factor
            if mean <= 0.0:
                continue
            if alpha > 0.0:
                seek(work.state, frame.day_key[t] << 16, replication, GAMMA, item, key0, key1)
                mean *= gamma_unit(1.0 / alpha, work.state)
            n = poisson_quantile(mean, unit(frame.day_key[t], replication, COUNT, item, key0, key1))
            if n > 0:
                mixed = mix_arrivals(frame, tables, work, c, t, n, mixed, replication, key0, key1)


@part
def mix_arrivals(frame, tables, work, channel, day, count, mixed, replication, key0, key1):
    """Split arrivals over the channel's classes; ``mixed`` is the number split before; returns the new number."""
    edge = frame.channel_edge[channel]
    classes = frame.channel_class_count[channel]
    if classes == 1:
        work.moved[day, edge, frame.channel_classes[channel, 0]] += count
        return mixed + count
    shares = work.shares
    weight = frame.epoch_weight[day]
    for j in range(classes):
        before = tables.mix_sum[frame.epoch_from[day], channel, j]
        shares[j] = before + weight * (tables.mix_sum[frame.epoch_to[day], channel, j] - before)
    if count <= frame.split_above:
        # Lead i of a channel owns word i of its stream, four words to a block.
        words = work.words[len(work.word_next)]
        for i in range(mixed, mixed + count):
            if i == mixed or i % 4 == 0:
                a, b, c, d = block(i // 4, replication, MIX, frame.channel_hash[channel], key0, key1)
                words[0, 0], words[1, 0], words[2, 0], words[3, 0] = U32(a), U32(b), U32(c), U32(d)
            u = (words[i % 4, 0] + 0.5) * TO_UNIT
            j = 0
            while j < classes - 1 and u >= shares[j]:
                j += 1
            work.moved[day, edge, frame.channel_classes[channel, j]] += 1
        return mixed + count
    seek(work.state, mixed, replication, MIX, frame.channel_hash[channel] ^ U32(COUNTS), key0, key1)
    left = count
    before = 0.0
    for j in range(classes):
        rest = 1.0 - before
        n = left if j == classes - 1 else binomial(left, (shares[j] - before) / rest if rest > 0.0 else 1.0, work.state)
        work.moved[day, edge, frame.channel_classes[channel, j]] += n
        left -= n
        before = shares[j]
    return mixed + count
