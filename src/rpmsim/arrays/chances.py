"""The chance of being won in the end: absorption in the graph of stages, by the shares in force on a day."""

from __future__ import annotations

import numpy as np

from rpmsim.arrays.layout import F64, I64, Frame, Tables

SETTLED = 1e-13
"""A pass that changes no chance of a draw by more than this is its last one."""
MOST_PASSES = 100_000


def chances_on(frame: Frame, tables: Tables, day: int, odds: F64, own: I64) -> F64:
    """Chance that a lead that begins a stage is won in the end, by the shares in force on a day.

    What moves shares while a lead waits or is worked on (waiting, load, shocks, time limits) is left out. A win is the
    end here, and counts for those who come to it, not for those who are there.

    Parameters
    ----------
    frame : Frame
    tables : Tables
        Of one draw or more.
    day : int
        Day 0 or later.
    odds : ndarray of float, shape (n,)
        Factors on the odds of advancing that hold in every stage, as those of listed deals do.
    own : ndarray of int, shape (classes,)
        Classes for which to answer: all of some channels and segments, as no lead leaves its own.

    Returns
    -------
    ndarray of float, shape (draws, n, stages, classes)
        A result of its own for every draw, to the last bit, whatever others are computed with it.
    """
    sums, advance = _shares_on(frame, tables, day, own)
    bands = np.diff(tables.band_sum, axis=-1, prepend=0.0)
    draws, stages = max(len(sums), len(bands)), len(frame.stage_hash)
    shares = _with_odds(frame, np.diff(sums, axis=-1, prepend=0.0), advance, odds)
    shares = np.broadcast_to(shares, (draws, *shares.shape[1:])).reshape(-1, *shares.shape[2:])
    bands = np.repeat(np.broadcast_to(bands, (draws, *bands.shape[1:])), len(odds), axis=0)
    chance = np.zeros((len(shares), stages, frame.classes))
    going = np.arange(len(shares))
    for _ in range(MOST_PASSES):
        before = chance[going]
        after = _pass(frame, before.copy(), shares[going], bands[going], own)
        chance[going] = after
        going = going[np.abs(after - before).max(axis=(1, 2), initial=0.0) > SETTLED]
        if not len(going):
            break
    return chance[:, :, own].reshape(draws, len(odds), stages, len(own))


def _pass(frame: Frame, chance: F64, shares: F64, bands: F64, own: I64) -> F64:
    """Renew chances from those of where each stage leads, the last stage first."""
    for stage in reversed(range(len(frame.stage_hash))):
        found = np.zeros((len(chance), len(own)))
        for j in range(frame.outcome_range[stage + 1] - frame.outcome_range[stage]):
            edge = int(frame.outcome_edge[frame.outcome_range[stage] + j])
            reached = 1.0 if frame.edge_won[edge] else _on_arrival(frame, bands, chance, edge, own)
            found += shares[:, stage, :, j] * reached
        chance[:, stage, own] = found
    return chance


def _on_arrival(frame: Frame, bands: F64, chance: F64, edge: int, own: I64) -> F64:
    """Chances of leads that come over an edge, in their class after it, with a size band where they get one."""
    stage, classes = frame.edge_to[edge], frame.edge_class[edge, own]
    result: F64 = chance[:, stage, classes]
    if frame.band_stage[stage]:
        band_class = frame.band_class[classes]
        for i in np.flatnonzero((band_class[:, 0] >= 0) & (band_class[:, 0] != classes)):
            result[:, i] = sum(chance[:, stage, k] * bands[:, classes[i], b] for b, k in enumerate(band_class[i]))
    return result


def _with_odds(frame: Frame, shares: F64, advance: F64, odds: F64) -> F64:
    """Shares (draws, odds, stages, classes, outcomes) after factors on the odds of the advancing outcomes."""
    shares, advance, odds = shares[:, None], advance[:, None], odds[:, None, None]
    whole = 1.0 - advance + odds * advance
    after = np.divide(odds * advance, whole, out=np.zeros_like(whole), where=whole > 0.0)
    up = np.divide(after, advance, out=np.ones_like(whole), where=advance > 0.0)
    down = np.divide(1.0 - after, 1.0 - advance, out=np.ones_like(whole), where=advance < 1.0)
    ahead = np.arange(shares.shape[-1]) < frame.advancing[:, None, None]
    return np.where(odds[..., None] == 1.0, shares, shares * np.where(ahead, up[..., None], down[..., None]))


def _shares_on(frame: Frame, tables: Tables, day: int, own: I64) -> tuple[F64, F64]:
    """Summed shares (draws, stages, classes, outcomes) and advancing ones; changes are phased in as they are."""
    sums, advances = [], []
    for stage in range(len(frame.stage_hash)):
        version, left = int(frame.version_at[stage, day + frame.history]), 1.0
        parts = []
        while left > 0.0:
            age, phase = day - frame.version_start[version], frame.version_phase[version]
            changing = version > frame.version_range[stage] and age < phase
            here = left * (age / phase) if changing else left
            rows = tables.share_row[:, version][:, own]
            parts.append((here * tables.share_sum[rows], here * tables.share_advance[rows]))
            left -= here
            version -= 1
        sums.append(sum(total for total, _ in parts))
        advances.append(sum(advance for _, advance in parts))
    return np.stack(sums, axis=1), np.stack(advances, axis=1)
