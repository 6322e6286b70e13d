"""The record that ``rpmsim.backtest`` makes of one world: forecasts of spans that do not overlap, and what came.

Spans are the last ones of the export. Forecasts of different worlds are independent. Those of one world are held
against different days, but share what the fits got wrong of its parameters, so that a world is one unit of evidence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rpmsim
from rpmsim.history.history import History
from tests.worlds.coverage import Pooled, pooled
from tests.worlds.judge import Row
from tests.worlds.world import World

TARGETS = ("wins", "bookings", "leads")
DAYS = 28
"""Length of a span, and so days between origins."""
ENDS = {50: ("p25", "p75"), 80: ("p10", "p90"), 90: ("p05", "p95")}
"""Quantiles that are the ends of a band, by its level."""


@dataclass(frozen=True)
class SpanRow(Row):
    """One forecast of a backtest; ``what`` is the target and its days, ``where`` the origin, ``rank`` its PIT value.

    Parameters
    ----------
    bands : dict of str to list of float
        Ends of the bands by level.
    place : int
        1 for the last span of the export, 2 for the one before it, and so on.
    """

    bands: dict[str, list[float]]
    place: int

    def held(self, level: int) -> float:
        """1 if the band holds what came, both ends included, as the backtest counts; else 0."""
        low, high = self.bands[str(level)]
        return float(low <= self.truth <= high)


def backtested(
    world: World,
    history: History,
    spans: int,
    *,
    plug_in: bool,
    replications: int,
    horizons: Collection[int] = (DAYS,),
    folder: Path | None = None,
) -> list[SpanRow]:
    """Backtest the export of a world over its last spans.

    Parameters
    ----------
    world : World
        Its number is the seed, so that PIT values of different worlds are randomized independently.
    history : History
        Its export.
    spans : int
    plug_in : bool
        Whether best estimates are in place of parameter draws.
    replications : int
    horizons : collection of int
        Up to the length of a span.
    folder : path, optional
        Where forecasts are kept.
    """
    record = rpmsim.backtest(
        history, horizons=sorted({*horizons, DAYS}), every=DAYS, start=world.as_of - dt.timedelta(spans * DAYS),
        targets=TARGETS, replications=replications, seed=world.number, plug_in=plug_in, accept=["all"], jobs=1,
        folder=folder,
    )  # fmt: skip
    document = record.document
    if document["not_forecast"]:
        raise RuntimeError(f"not forecast: {document['not_forecast']}")
    return [_row(world, row) for row in document["forecasts"] if "-" not in row["horizon"]]


def _row(world: World, row: dict[str, Any]) -> SpanRow:
    days = (world.as_of - dt.date.fromisoformat(row["origin"])).days
    return SpanRow(
        world=world.number, what=f"{row['target']} {row['horizon']} days", where=row["origin"], of="all",
        truth=row["actual"], mean=row["mean"], low=row["p10"], high=row["p90"], rank=row["pit"], crps=row["crps"],
        bands={str(level): [row[low], row[high]] for level, (low, high) in ENDS.items()},
        place=-(-days // DAYS),
    )  # fmt: skip


def held(rows: Collection[SpanRow], level: int = 80) -> Pooled:
    """Share of the bands that hold what came."""
    return pooled(rows, lambda row: row.held(level))


def held_less(rows: Collection[SpanRow], others: Collection[SpanRow], level: int = 80) -> Pooled:
    """How much larger that share is than the share of other bands for the same spans."""
    of = {row.key: row.held(level) for row in others}
    return pooled(rows, lambda row: row.held(level) - of[row.key])
