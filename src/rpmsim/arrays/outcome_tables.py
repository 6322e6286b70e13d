"""Shares and delay distributions of every stage, version and class, and tails."""

from __future__ import annotations

from typing import Any

import numpy as np

from rpmsim.arrays.classes import Classes
from rpmsim.arrays.clocks import Clocks, all_versions
from rpmsim.arrays.days import Span
from rpmsim.arrays.dues import DueRows
from rpmsim.arrays.frame import outcomes_in_order
from rpmsim.arrays.layout import I64, Frame
from rpmsim.arrays.packing import join
from rpmsim.arrays.sampling_tables import DelayRows
from rpmsim.arrays.share_rows import ShareRows, product_of
from rpmsim.arrays.tails import Tail, ages_at_most
from rpmsim.model.number import ValueOf, resolve
from rpmsim.model.plan import Model


def outcome_fields(
    model: Model,
    classes: Classes,
    span: Span,
    clocks: Clocks,
    frame: Frame,
    delays: DelayRows,
    value_of: ValueOf,
    draws: int,
) -> dict[str, Any]:
    """Shares and delay distributions of each version and class, first of all versions, then of their tails."""
    versions = all_versions(model, span)
    width = max(max((len(stage.outcomes) for stage in versions), default=1), 1)
    shares = ShareRows(width, draws, value_of)
    never = np.zeros(draws, dtype=np.int64)
    stages = [stage.name for stage in model.content.stages]
    distribution_rows: list[I64] = []
    dues = DueRows(classes, width, draws, delays, value_of)
    tails: list[list[tuple[I64, list[I64]]]] = []
    for version, stage in enumerate(versions):
        outcomes = outcomes_in_order(stage)
        of_classes = []
        for lead in classes.leads:
            stretch, name = product_of(stage.stretch, lead, value_of)
            rows = []
            for outcome in outcomes:
                delay = resolve(outcome.delay, lead)
                if delay is None:
                    rows.append(never)
                    continue
                clock = clocks.number(stage.name, outcome, delay.clock)
                rows.append(delays.add(delay.distribution, delay.least, clock, stretch, name))
            of_classes.append((shares.add(stage, outcomes, lead), rows))
        distribution_rows += _by_outcome(of_classes, width, never)
        if frame.by_due.any():
            dues.add(outcomes)
        if frame.tail_version[version] >= 0:
            ages = ages_at_most(frame, clocks, version)
            by_due = bool(frame.by_due[stages.index(stage.name)])
            tail = Tail(stage, outcomes, ages, by_due, shares, delays, value_of)
            tails.append([tail.of(lead, *rows) for lead, rows in zip(classes.leads, of_classes, strict=True)])
    for of_classes in tails:
        shares.rows += [row for row, _ in of_classes]
        distribution_rows += _by_outcome(of_classes, width, never)
    n, k = len(versions) + len(tails), len(classes.leads)
    return {
        "share_row": join(shares.rows, (n, k)),
        "share_sum": np.concatenate(shares.sums),
        "share_advance": np.concatenate(shares.advances),
        "distribution_row": join(distribution_rows, (n, width, k)),
        **dues.fields(len(versions), len(tails)),
    }


def _by_outcome(of_classes: list[tuple[I64, list[I64]]], width: int, never: I64) -> list[I64]:
    """Rows of the distributions of a version, outcome by outcome."""
    return [rows[j] if j < len(rows) else never for j in range(width) for _, rows in of_classes]
