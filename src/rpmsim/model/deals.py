"""Which listed deals are followed one by one into the results: the largest ones, since they decide a period."""

from __future__ import annotations

from rpmsim.model.plan import Model, OpenDeal

MOST_FOLLOWED = 100
"""Each takes 12 bytes a replication; a deal that is not among the 100 largest does not decide a period."""


def followed_deals(model: Model) -> tuple[OpenDeal, ...]:
    """The largest listed deals, in the order of the list; one without an amount counts by its segment."""
    typical = {segment.name: _typical(model, segment.name) for segment in model.content.segments}

    def size(deal: OpenDeal) -> float:
        return abs(deal.amount) if deal.amount is not None else typical.get(deal.segment, 0.0)

    largest = sorted(model.open_deals, key=lambda deal: (-size(deal), deal.id))[:MOST_FOLLOWED]
    kept = {deal.id for deal in largest}
    return tuple(deal for deal in model.open_deals if deal.id in kept)


def _typical(model: Model, segment: str) -> float:
    """Median, mean or value of a segment's amount, or the largest of a table."""
    amount = next(s for s in model.content.segments if s.name == segment).amount
    if amount is None:
        return 0.0
    stated = dict(amount.distribution.parameters)
    number = stated.get("median") or stated.get("mean") or stated.get("value")
    value = number.mid if number is not None else max((point for point, _ in amount.distribution.points), default=0.0)
    return value * {"total": 1.0, "year": amount.term_months.mid / 12.0, "month": amount.term_months.mid}[amount.per]
