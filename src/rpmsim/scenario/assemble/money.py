"""Segments with their amounts, size bands, and costs."""

from __future__ import annotations

from typing import Any, Literal

from rpmsim.model.distributions import Distribution
from rpmsim.model.money import Amount, Band, Cost, Segment
from rpmsim.model.number import Number
from rpmsim.scenario.assemble.distributions import distribution_of
from rpmsim.scenario.assemble.place import Place

AmountPer = Literal["total", "year", "month"]


def segments_of(records: dict[str, Any], place: Place) -> tuple[Segment, ...]:
    """All segments in the order of the file."""
    result = []
    for name, record in records.items():
        stated = record or {}
        amount = stated.get("amount")
        result.append(
            Segment(
                name,
                stated.get("label") or "",
                stated.get("group") or "",
                _amount(amount, ("segments", name, "amount"), place) if amount else None,
            )
        )
    return tuple(result)


def _amount(record: dict[str, Any], path: tuple[str, ...], place: Place) -> Amount | None:
    distribution = distribution_of(record, path, place)
    if not isinstance(distribution, Distribution):
        place.error(path, "an amount without numbers", "write `amount: 18k`, or `median` and `p90`")
        return None
    per: AmountPer = record.get("per") or "total"
    if "term" in record and per == "total":
        place.warn(
            (*path, "term"),
            "`term` has no effect on an amount of the whole contract",
            "write `per: year` or `per: month`, or remove it",
        )
    return Amount(distribution, per, record.get("term") or Number(12.0))


def bands_of(records: dict[str, Any], place: Place) -> tuple[Band, ...]:
    """Size bands from small to large."""
    bands = []
    last = 0.0
    for position, (name, record) in enumerate(records.items()):
        below = (record or {}).get("below")
        path = ("bands", name)
        if below is None and position < len(records) - 1:
            place.error(path, "only the last band has no limit", "write `below: 10k`")
        if below is not None and position == len(records) - 1:
            place.error(
                (*path, "below"),
                "the last band has a limit, so larger amounts have no band",
                "remove `below` from the last band",
            )
        if below is not None:
            if below.ranged:
                place.error((*path, "below"), "the limit of a band is a range", "write one number")
            if below.mid <= last:
                place.error((*path, "below"), "bands are not in order", "write them from small to large")
            last = below.mid
        bands.append(Band(name, None if below is None else below.mid))
    return tuple(bands)


def costs_of(records: dict[str, Any]) -> tuple[Cost, ...]:
    """All costs in the order of the file."""
    return tuple(
        Cost(
            name,
            (record or {}).get("kind") or "other",
            (record or {}).get("per_month") or Number(0.0),
            tuple((record or {}).get("months") or ()),
        )
        for name, record in records.items()
    )
