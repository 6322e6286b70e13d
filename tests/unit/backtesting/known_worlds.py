"""Random histories as known at an origin, and the same histories as known earlier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.known import NEVER, Known

STAGES = 4
RATES = np.array([0.0, 0.1, 0.4, 0.8])


def make_known(
    records: int = 60, days: int = 90, *, seed: int = 1, recorded: int = 0, unknown: float = 0.2, stay: float = 6.0
) -> Known:
    """Records that go through up to four stages, skip some, and are won, lost or still open."""
    rng = np.random.default_rng(seed)
    last = days - 1
    begun = np.sort(rng.integers(0, days, records))
    won, ended = np.full((2, records), NEVER)
    amount = np.full(records, np.nan)
    spells = []
    for record in range(records):
        day, size = int(begun[record]), rng.lognormal(3.0, 0.8)
        for stage in range(STAGES):
            if rng.random() < 0.2:
                continue
            until = day + int(rng.geometric(1.0 / stay)) - 1
            if day <= last:
                left = until if until <= last else NEVER
                spells.append((stage, record, day, left, np.nan if rng.random() < unknown else size))
            day = until
            if rng.random() < 0.15:
                break
        else:
            if max(day, recorded) <= last and day >= recorded:
                won[record] = day
                amount[record] = np.nan if rng.random() < unknown else size
        if day <= last:
            ended[record] = day
    stage, record, entered, until, spell_amount = (np.array(part) for part in zip(*spells, strict=True))
    return Known(
        last, recorded, begun, won, ended, amount,
        stage.astype(np.int64), record.astype(np.int64), entered.astype(np.int64), until.astype(np.int64),
        spell_amount.astype(np.float64), RATES,
    )  # fmt: skip


def as_of(known: Known, day: int) -> Known:
    """What was known at the end of an earlier day."""

    def hidden(when: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where(when > day, NEVER, when)

    seen = of_class(known, known.begun <= day)
    spells = seen.entered <= day
    return replace(
        seen,
        last=day,
        won=hidden(seen.won),
        ended=hidden(seen.ended),
        amount=np.where(seen.won <= day, seen.amount, np.nan),
        stage=seen.stage[spells],
        record=seen.record[spells],
        entered=seen.entered[spells],
        until=hidden(seen.until[spells]),
        spell_amount=seen.spell_amount[spells],
    )


def daily(known: Known, measure: str | None = "wins") -> NDArray[np.float64]:
    """Wins, or their known amounts, by day."""
    series = np.zeros(known.last + 1)
    for won, amount in zip(known.won, known.amount, strict=True):
        if known.recorded <= won <= known.last:
            series[won] += 1.0 if measure == "wins" else np.nan_to_num(amount)
    return series


def of_class(known: Known, records: np.ndarray) -> Known:
    """The same for some of the records."""
    spells = records[known.record]
    number = np.cumsum(records) - 1
    return replace(
        known,
        **{name: getattr(known, name)[records] for name in ("begun", "won", "ended", "amount")},
        **{name: getattr(known, name)[spells] for name in ("stage", "entered", "until", "spell_amount")},
        record=number[known.record[spells]],
    )
