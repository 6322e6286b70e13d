"""Pipeline that is open on the first day, in money."""

from __future__ import annotations

from collections.abc import Mapping

from rpmsim.model.distributions import mean, shape_of
from rpmsim.model.money import Segment
from rpmsim.model.number import median_of
from rpmsim.model.plan import Model


def open_amount(model: Model) -> float:
    """Amounts of all open opportunities, unweighted: a listed deal's own, else the mean of its segment.

    Source: the metric dictionary, ``pipeline_value``.
    """
    kinds = {stage.name: stage.kind for stage in model.content.stages}
    means = {segment.name: _mean(segment) for segment in model.content.segments}
    listed = (means[d.segment] if d.amount is None else d.amount for d in model.open_deals if _open(kinds, d.stage))
    stock = (row.count * means[row.segment] for row in model.opening if _open(kinds, row.stage))
    return sum(listed) + sum(stock)


def _open(kinds: Mapping[str, str], stage: str) -> bool:
    return kinds.get(stage) == "opportunity"


def _mean(segment: Segment) -> float:
    """Mean total contract value of a segment's deals, ranges at their medians."""
    amount = segment.amount
    if amount is None:
        return 0.0
    months = {"total": 1.0, "year": amount.term_months.mid / 12.0, "month": amount.term_months.mid}[amount.per]
    return float(mean(shape_of(amount.distribution, median_of))) * months
