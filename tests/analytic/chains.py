"""Exact distributions of small queues, as Markov chains in days."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats


def bulk_queue_after(rate: float, capacity: float, days: int, size: int = 160) -> np.ndarray:
    """Chances of 0, 1, 2, ... leads waiting at the end of a day, days after an empty start; Poisson arrivals.

    ``capacity`` is in leads a day; a begun lead is carried and finished first, so the state has the part that is done,
    in hundredths. Time with nothing waiting is lost.
    """
    whole, day = 100, round(100 * capacity)
    come = stats.poisson(rate).pmf(np.arange(size))
    chances: dict[tuple[int, int], float] = {(0, 0): 1.0}
    for _ in range(days):
        after: dict[tuple[int, int], float] = {}
        for (waiting, done), chance in chances.items():
            for a, p in enumerate(come):
                if chance * p > 1e-14:
                    state = _serve(waiting + a, done, day, whole)
                    after[state] = after.get(state, 0.0) + chance * p
        chances = after
    result = np.zeros(size)
    for (waiting, _), chance in chances.items():
        result[min(waiting, size - 1)] += chance
    return result


def _serve(waiting: int, done: int, time: int, whole: int) -> tuple[int, int]:
    if waiting == 0:
        return 0, 0
    leads, left = divmod(done + time, whole)
    return (0, 0) if leads >= waiting else (waiting - leads, left)


def bulk_queue_mean(rate: float, capacity: int) -> tuple[float, float]:
    """Stationary mean queue at the end of a day and chance that it is empty, by the roots of z**c = exp(rate (z-1)).

    The classical solution of Q' = max(0, Q + A - c) (Bailey 1954): its generating function is
    (c - rate) (z - 1) / (z**c - A(z)) times the product of (z - z_k) / (1 - z_k) over the roots inside the unit circle.
    """
    roots = []
    for k in range(1, capacity):
        turn, z = np.exp(2j * np.pi * k / capacity), 0j
        for _ in range(2_000):
            z = turn * np.exp(rate * (z - 1) / capacity)
        roots.append(z)
    mean = sum(1 / (1 - z) for z in roots) - (capacity * (capacity - 1) - rate**2) / (2 * (capacity - rate))
    empty = (capacity - rate) / np.exp(-rate) * np.prod([-z / (1 - z) for z in roots])
    return float(np.real(mean)), float(np.real(empty))


def slot_chain(rate: float, leave: float, at_once: float, slots: int, size: int) -> np.ndarray:
    """Transition matrix of (held, waiting) from one evening to the next, states ``held * size + waiting``.

    In the morning each held item leaves with the chance ``leave``; Poisson arrivals join the queue; then free slots are
    filled, and of those taken up a share ``at_once`` goes the same day and frees its slot.
    """
    come = stats.poisson(rate).pmf(np.arange(size))
    come[-1] += 1 - come.sum()
    matrix = np.zeros(((slots + 1) * size, (slots + 1) * size))
    fills = [[_filled(slots - held, waiting, at_once) for waiting in range(size)] for held in range(slots + 1)]
    for held in range(slots + 1):
        stay = stats.binom(held, 1 - leave).pmf(np.arange(held + 1))
        for waiting in range(size):
            for kept, p in enumerate(stay):
                for a, q in enumerate(come):
                    there = min(waiting + a, size - 1)
                    for (more, left), r in fills[kept][there].items():
                        matrix[held * size + waiting, (kept + more) * size + left] += p * q * r
    return matrix


def _filled(free: int, waiting: int, at_once: float) -> dict[tuple[int, int], float]:
    """Chances of (slots newly held, still waiting) when ``waiting`` leads meet ``free`` slots."""
    if free == 0 or waiting == 0:
        return {(0, waiting): 1.0}
    if at_once == 0:
        return {(min(free, waiting), waiting - min(free, waiting)): 1.0}
    result: dict[tuple[int, int], float] = {}
    for held in range(free + 1):
        if held == free:  # the last slot is filled by the lead that stays, after some that did not
            for taken in range(free, waiting + 1):
                chance = float(stats.nbinom(free, 1 - at_once).pmf(taken - free))
                result[free, waiting - taken] = result.get((free, waiting - taken), 0.0) + chance
        elif held <= waiting:  # all are taken up, and fewer stay than there are slots
            result[held, 0] = result.get((held, 0), 0.0) + float(stats.binom(waiting, 1 - at_once).pmf(held))
    return {state: chance for state, chance in result.items() if chance > 1e-15}


def stationary(matrix: np.ndarray) -> np.ndarray:
    """The row vector that the matrix leaves as it is."""
    size = len(matrix)
    equations = np.vstack([matrix.T - np.eye(size), np.ones(size)])
    return np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]


def run(matrix: np.ndarray, days: int, read: Callable[[np.ndarray], float]) -> list[float]:
    """``read`` of the distribution at the end of each day, from state 0."""
    now = np.zeros(len(matrix))
    now[0] = 1.0
    found = []
    for _ in range(days):
        now = now @ matrix
        found.append(read(now))
    return found


def erlang_c_mean(load: float, servers: int) -> float:
    """Mean number in an M/M/m queue, waiting and in service (Erlang 1917); ``load`` is rate x mean service time."""
    terms = [load**k / float(np.prod(range(1, k + 1))) for k in range(servers)]
    last = load**servers / float(np.prod(range(1, servers + 1))) / (1 - load / servers)
    wait = last / (sum(terms) + last)
    return load + wait * (load / servers) / (1 - load / servers)
