"""Arrivals: growth that stays on the ground."""

from __future__ import annotations

import math

from rpmsim.model.arrivals import Channel
from rpmsim.scenario.rules.look import Look

LARGEST_GROWTH = 1000.0
"""A channel that grows more than this over the run is a slip of the pen."""


def check_growth(look: Look) -> None:
    """Growth, taken to the end of the run, stays below a thousandfold."""
    months = look.model.days / 30.4375
    for channel in look.content.channels:
        factor = growth_factor(channel, months)
        if factor > LARGEST_GROWTH:
            look.place.fault(
                ("channels", channel.name, "growth"),
                f"grows {factor:,.0f}-fold until {look.model.until}",
                "lower `growth`, or let it tire: `damping: 0.9`",
            )
        if channel.drift_sigma.mid > 1:
            look.place.fault(
                ("channels", channel.name, "drift", "sigma"),
                "a weekly step of more than 100% of the log level",
                "a few per cent are usual: `sigma: 4%`",
            )


def growth_factor(channel: Channel, months: float) -> float:
    """Factor on the rate after so many months."""
    log = 0.0
    step = channel.growth_per_month.mid if channel.growth_per_month.high is None else channel.growth_per_month.high
    for _ in range(math.ceil(months)):
        log += math.log1p(max(step, -0.99))
        step *= channel.damping.mid
        if log > 50:
            break
    return math.exp(min(log, 50.0))
