"""What is open at the start: stock by class and age, and listed deals one by one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from rpmsim.arrays.classes import Classes
from rpmsim.arrays.layout import NO_DUE
from rpmsim.arrays.name_hashes import hashes
from rpmsim.model.deals import followed_deals
from rpmsim.model.number import LeadClass
from rpmsim.model.plan import Content, Model, OpenDeal


def opening_fields(model: Model, classes: Classes) -> dict[str, Any]:
    """Fields of the frame on the opening state; ages count back from ``as_of``, which is day -1."""
    stages = [stage.name for stage in model.content.stages]
    index = {lead: i for i, lead in enumerate(classes.leads)}
    stock = np.zeros((len(stages), len(classes.channels) * len(classes.segments)), dtype=np.int64)
    next_index: dict[tuple[int, int], int] = defaultdict(int)
    rows = []
    banded = stages_after_bands(model.content)
    for item in model.opening:
        lead = LeadClass(item.channel, item.segment, item.grade, min(item.returns, model.max_returns), item.band)
        stage = stages.index(item.stage)
        stock[stage, classes.cell(lead)] += item.count
        # Stock whose size bands are not stated is split over them in each replication.
        kinds = [lead]
        if item.stage in banded and not item.band:
            kinds = [kind for band in classes.bands if (kind := classes.banded(lead, band)) is not None] or kinds
        for i, kind in enumerate(kinds):
            band = i if len(kinds) > 1 else -1
            k = index[kind]
            rows.append((stage, k, -1 - item.days, item.count, int(item.waiting), next_index[stage, k], band))
            next_index[stage, k] += item.count
    deals = []
    for deal in model.open_deals:
        lead = LeadClass(deal.channel, deal.segment, deal.grade, min(deal.returns, model.max_returns))
        band = band_of(model, classes, deal)
        here = int(deal.stage in banded)
        stage = stages.index(deal.stage)
        cents = np.nan if deal.amount is None else round(deal.amount * 100.0)
        entered = -1 - (model.as_of - deal.entered).days
        due = NO_DUE if deal.due is None else (deal.due - model.first_day).days
        deals.append((stage, index[lead], entered, int(deal.waiting), deal.odds, cents, band, here, due))
        stock[stage, classes.cell(lead)] += 1

    followed = {deal.id: row for row, deal in enumerate(followed_deals(model))}

    def columns(values: list[Any], names: list[str], reals: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            name: np.array([row[i] for row in values], dtype=np.float64 if name in reals else np.int64)
            for i, name in enumerate(names)
        }

    stock_names = [
        "stock_stage",
        "stock_class",
        "stock_day",
        "stock_count",
        "stock_waiting",
        "stock_index",
        "stock_band",
    ]
    deal_names = ["deal_stage", "deal_class", "deal_day", "deal_waiting", "deal_odds", "deal_cents"]
    deal_names += ["deal_band", "deal_here", "deal_due"]
    return {
        "opening_stock": stock,
        **columns(rows, stock_names),
        **columns(deals, deal_names, ("deal_odds", "deal_cents")),
        "deal_hash": hashes("deal", [deal.id for deal in model.open_deals]),
        "deal_row": np.array([followed.get(deal.id, -1) for deal in model.open_deals], dtype=np.int64),
    }


def band_of(model: Model, classes: Classes, deal: OpenDeal) -> int:
    """Number of the size band of a deal's own amount, -1 where it has none.

    A listed amount is the whole contract's; bands are reported in the terms of the segment's distribution.
    """
    distribution = next(s for s in model.content.segments if s.name == deal.segment).amount
    if deal.amount is None or distribution is None or not classes.bands:
        return -1
    per_term = {"total": 1.0, "year": distribution.term_months.mid / 12.0, "month": distribution.term_months.mid}[
        distribution.per
    ]
    below = [band.below for band in model.bands]
    amount = deal.amount / per_term
    return next((i for i, limit in enumerate(below) if limit is None or amount < limit), len(below) - 1)


def stages_after_bands(content: Content) -> set[str]:
    """Stages in which leads have their size band: those marked ``amount: here`` and all that follow them."""
    result = {stage.name for stage in content.stages if stage.amount_here}
    while True:
        further = {o.to for stage in content.stages if stage.name in result for o in stage.outcomes} - result
        if not further:
            return result
        result |= further
