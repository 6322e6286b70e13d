"""Arrivals: growth and volume that stay on the ground."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from rpmsim.model.arrivals import LARGEST_BATCH, Channel
from rpmsim.model.calendar import add_months
from rpmsim.model.distributions import Distribution, cdf, shape_of
from rpmsim.model.number import Number, ValueOf
from rpmsim.scenario.rules.look import Look

MOST_A_DAY = 5e7
RARE_BATCH = 1e-6
REFUSED = 1e-9
"""What a size of 0 or less is read as, after it has been refused."""

LARGEST_GROWTH = 1000.0
"""A channel that grows more than this over the run is a slip of the pen."""


def check_growth(look: Look) -> None:
    """Growth, taken to the end of the run, stays below a thousandfold."""
    months = look.model.days / 30.4375
    for channel in look.content.channels:
        since = 0 if channel.growth_from is None else (look.model.first_day - channel.growth_from).days
        factor = growth_factor(channel, months + since / 30.4375)
        if factor > LARGEST_GROWTH:
            look.place.error(
                ("channels", channel.name, "growth"),
                f"grows {factor:,.0f}-fold until {look.model.until}",
                "lower `growth`, or let it slow down: `damping: 0.9`",
            )
        if channel.drift_sigma.mid > 1:
            look.place.error(
                ("channels", channel.name, "drift", "sigma"),
                "a weekly step of more than 100% of the log level",
                "a few percent are usual: `sigma: 4%`",
            )


def check_batches(look: Look) -> None:
    """Batches have one lead or more, and not so many that a handful of them is the whole year."""
    for channel in look.content.channels:
        if channel.batch is None:
            continue
        path = ("channels", channel.name, "batch")
        for key, number in channel.batch.parameters:
            smallest = number.mid if number.low is None else number.low
            if key in ("value", "median", "mean") and REFUSED < smallest < 1.0:
                look.place.error((*path, key), "a batch of fewer than 1 lead", "write 1 or more, or remove `batch`")
        small = [size for size, _ in channel.batch.points if REFUSED < size < 1.0]
        if small:
            look.place.error((*path, "table"), f"a batch of {small[0]:g} leads", "write sizes of 1 or more")
        elif max(_chance_of_huge(channel.batch, value_of) for value_of in (_mid, _largest)) > RARE_BATCH:
            look.place.error(
                path,
                f"more than one batch in a million has more than {LARGEST_BATCH:,} leads",
                "lower the `p90` or `sd`; a few lists of known size are better stated as leads by month",
            )


def _mid(number: Any) -> float:
    return float(number.mid)


def _largest(number: Any) -> float:
    return largest(number)


def _chance_of_huge(batch: Distribution, value_of: ValueOf) -> float:
    return 1.0 - float(cdf(shape_of(batch, value_of), LARGEST_BATCH))


def check_tables(look: Look) -> None:
    """Tables that run month by month reach over the run: a month that is not there brings no leads.

    A table with gaps lists events, and is as it is meant.
    """
    first, last = look.model.first_day.replace(day=1), look.model.until
    months = [add_months(first, i) for i in range((last.year - first.year) * 12 + last.month - first.month + 1)]
    for channel in look.content.channels:
        there = sorted(month for month, _ in channel.by_month)
        in_a_row = all(add_months(before, 1) == after for before, after in pairwise(there))
        missing = [month for month in months if month not in there]
        if missing and in_a_row and len(there) > 1:
            span = f"{missing[0]:%Y-%m}" + (f" to {missing[-1]:%Y-%m}" if len(missing) > 1 else "")
            look.place.warn(
                ("channels", channel.name, "leads"),
                f"the table has no number for {len(missing)} of {len(months)} months ({span}), which bring no leads",
                "add them, `shift` the table, or write 0",
            )


def check_volume(look: Look) -> None:
    """Leads stay countable: no market has more than fifty million of them a day in a channel."""
    per_day = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
    for channel in look.content.channels:
        rate = 0.0 if channel.rate is None else largest(channel.rate) / per_day[channel.rate_unit]
        rate = max([rate, *(largest(number) / 30.0 for _, number in channel.by_month)])
        if channel.spend is not None:
            rate = largest(channel.spend.current_leads_per_month) / 30.0
        rate *= largest(channel.change) * max(1.0, growth_factor(channel, look.model.days / 30.0))
        if rate > MOST_A_DAY:
            look.place.error(
                ("channels", channel.name),
                f"up to {rate:,.0f} leads a day",
                f"at most {MOST_A_DAY:,.0f}: check the number and its unit",
            )


def largest(number: Number) -> float:
    """The number, or the upper end of its range."""
    return number.mid if number.high is None else number.high


def growth_factor(channel: Channel, months: float) -> float:
    """Factor on the rate after so many months."""
    log = 0.0
    step = largest(channel.growth_per_month)
    for _ in range(math.ceil(months)):
        log += math.log1p(max(step, -0.99))
        step *= channel.damping.mid
        if log > 50:
            break
    return math.exp(min(log, 50.0))
