"""What baselines are computed from: the records that were known at an origin, and where each of them was when."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from rpmsim.backtesting.known import NEVER, Known
from rpmsim.backtesting.observed import Observed
from rpmsim.calibration.evidence import Evidence

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CRM_RATES = (0.2, 0.4, 0.6, 0.8, 0.9)
"""Win rates that a CRM suggests for the first to the last stage of an opportunity (those of HubSpot's sales pipeline);
between them for pipelines of other lengths."""


def known_at(observed: Observed, origin: dt.date) -> Known:
    """Arrays of the records that a view knows.

    Parameters
    ----------
    observed : Observed
        Of the view of the origin.
    origin : date
    """
    evidence = observed.evidence
    spells, wins = evidence.spells, evidence.wins
    count = len(evidence.records)
    won = np.full(count, NEVER)
    np.minimum.at(won, wins.record.astype(np.int64), wins.day.astype(np.int64))
    amount = np.full(count, np.nan)
    last_first = np.argsort(-wins.day, kind="stable")  # the first win of a record is written last
    amount[wins.record[last_first].astype(np.int64)] = wins.amount[last_first]
    left = spells.outcome >= 0
    return Known(
        last=evidence.number(origin),
        recorded=evidence.number(observed.recorded_from),
        begun=np.minimum(evidence.records.begun, evidence.number(origin)),
        won=won,
        ended=np.minimum(_closed(evidence), won),
        amount=amount,
        stage=spells.stage,
        record=spells.record,
        entered=spells.entered,
        until=np.where(left, spells.until, NEVER),
        spell_amount=spells.amount,
        default_rates=_default_rates(evidence),
    )


def _closed(evidence: Evidence) -> I64:
    """Day on which each record left its last open stage; never for those that are open.

    One that left before exits were recorded has no spell: it was gone when it came.
    """
    spells = evidence.spells
    result = evidence.records.begun.copy()
    np.maximum.at(result, spells.record, spells.until)
    result[evidence.open_records["number"].astype(np.int64)] = NEVER
    return result


def _default_rates(evidence: Evidence) -> F64:
    """A rate for each stage of an opportunity by its place among them; of all stages where none is called so."""
    kinds = [rule.kind for rule in evidence.stages]
    at = [i for i, kind in enumerate(kinds) if kind == "opportunity"] or list(range(len(kinds)))
    places = np.linspace(0.0, 1.0, len(at)) if len(at) > 1 else np.array([0.5])
    result = np.zeros(len(kinds))
    result[at] = np.interp(places, np.linspace(0.0, 1.0, len(CRM_RATES)), CRM_RATES)
    return result
