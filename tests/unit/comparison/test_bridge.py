"""Parts of a difference: Shapley values of games that are solved by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from rpmsim.comparison.bridge import bridge, rounded

SHAPE = (6, 3)
"""Replications, periods."""


def played(game, count):
    """The bridge of a game that gives a number for a set of levers; each replication has its own multiple of it."""
    scale = np.arange(1.0, 1.0 + np.prod(SHAPE)).reshape(SHAPE)
    return scale, bridge(
        scale * game(frozenset()), scale * game(frozenset(range(count))), count, lambda s: scale * game(s)
    )


def test_effects_that_add_up_are_the_parts():
    effects = [5.0, -2.0, 0.0, 11.0]
    scale, found = played(lambda s: 100.0 + sum(effects[i] for i in s), 4)
    for part, effect in zip(found.parts, effects, strict=True):
        np.testing.assert_allclose(part, effect * scale, atol=1e-9)
    assert not found.parts[2].any()  # a lever without effect: exactly nothing
    assert found.interaction is None


def test_gloves():
    """One left glove and two right ones: a pair is worth 1 (the textbook's 2/3, 1/6, 1/6)."""
    scale, found = played(lambda s: float(0 in s and bool(s & {1, 2})), 3)
    for part, share in zip(found.parts, (2 / 3, 1 / 6, 1 / 6), strict=True):
        np.testing.assert_allclose(part, share * scale, atol=1e-9)
    assert found.interaction is not None
    assert found.interaction.levers in {(0, 1), (0, 2)}
    np.testing.assert_allclose(found.alone, 0.0)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_parts_sum_to_the_difference_in_every_replication(count):
    draw = np.random.default_rng(count)
    values = {}

    def value_of(subset):
        return values.setdefault(subset, draw.normal(1e7, 1e6, SHAPE))

    before, after = value_of(frozenset()), value_of(frozenset(range(count)))
    asked = []
    found = bridge(before, after, count, lambda s: (asked.append(s), value_of(s))[1])
    np.testing.assert_allclose(found.parts.sum(axis=0), after - before, rtol=1e-9)
    assert len(asked) == len(set(asked)) == 2**count - 2


def test_the_order_of_the_levers_does_not_matter():
    draw = np.random.default_rng(3)
    values = {frozenset(s for s in range(3) if bits >> s & 1): draw.normal(0, 1, SHAPE) for bits in range(8)}
    reference = bridge(values[frozenset()], values[frozenset(range(3))], 3, values.__getitem__).parts
    for order in permutations(range(3)):
        other = bridge(
            values[frozenset()],
            values[frozenset(range(3))],
            3,
            lambda s, order=order: values[frozenset(order[i] for i in s)],
        ).parts
        for place, lever in enumerate(order):
            np.testing.assert_allclose(other[place], reference[lever], atol=1e-12)


@pytest.mark.parametrize("parts", [[0.333333, 0.333333, 0.333334], [1e7 / 3] * 3, [-5.555, 2.225, 0.0], []])
def test_rounded_parts_sum_to_the_rounded_total(parts):
    found = rounded(parts, sum(parts), 2)
    assert round(sum(found), 2) == round(sum(parts), 2)
    assert all(abs(one - other) <= 0.01 * max(len(parts), 1) for one, other in zip(found, parts, strict=True))
