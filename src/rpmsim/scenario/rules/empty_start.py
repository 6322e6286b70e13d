"""A start without open records and opening stock: for how long the results are too low."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from rpmsim.model.arrivals import expected_per_day
from rpmsim.model.cycle import Delay, Stage
from rpmsim.model.distributions import cumulative_days, shape_of
from rpmsim.model.number import LeadClass, Number, median_of, resolve
from rpmsim.model.plan import Content
from rpmsim.model.staffing import DAYS_PER_MONTH
from rpmsim.scenario.rules.look import Look

LEVEL = 0.9
"""Share of the level that wins reach when the start has worn off."""
DAYS = 2_048
"""Days over which wins of one day's leads are followed; later ones come round, damped a millionfold."""
MOST_PAIRS, MOST_STAGES = 12, 60


def check_empty_start(look: Look) -> None:
    """Warn, with the number of months that are too low, where nothing is there at the start and nobody says so."""
    tree = look.place.tree.items
    if look.model.open_deals or look.model.opening or "opening" in tree or "open" in tree:
        return
    days = _days_to_level(look)
    if days is None or days < DAYS_PER_MONTH / 2:
        return
    months = math.ceil(days / DAYS_PER_MONTH)
    span = look.model.days / DAYS_PER_MONTH
    which = "the first month is" if months == 1 else f"the first {months} months are"
    if months >= span:
        which = "all months are"
    look.place.warn(
        ("as_of",),
        f"no `open` or `opening`: every stage is empty on the first day, so {which} too low: of the wins from one "
        f"day's leads, {LEVEL:.0%} have come after {days:,} days",
        "state open leads and deals in `open` or `opening`, or write `opening: {}` if there are none",
    )


def _days_to_level(look: Look) -> int | None:
    """Days after which wins reach their level, at the middle of ranges and without waits; None if nothing is won."""
    if len(look.content.stages) > MOST_STAGES:
        return None
    weights = _arrivals(look)
    total = np.zeros(DAYS)
    for (into, channel, segment), weight in sorted(weights.items(), key=lambda item: -item[1])[:MOST_PAIRS]:
        grades = look.names["grade"]
        bands = look.names["band"]
        lead = LeadClass(channel, segment, grades[-1] if grades else "", 0, bands[0] if bands else "")
        total += weight * _wins(look.content, into, lead)
    if total.sum() <= 0:
        return None
    return int(np.argmax(np.cumsum(total) >= LEVEL * total.sum()))


def _arrivals(look: Look) -> dict[tuple[str, str, str], float]:
    """Expected leads by stage of entry, channel and segment; of channels that a role makes, one lead."""
    result: dict[tuple[str, str, str], float] = {}
    for channel in look.content.channels:
        leads = 1.0
        if not channel.made_by:
            by_day = expected_per_day(channel, look.model.calendar, look.model.first_day, look.model.days, median_of)
            leads = float(np.sum(by_day))
        stated = sum(share.mid for _, share in channel.mix if share is not None)
        for segment, share in channel.mix:
            result[channel.into, channel.name, segment] = leads * (max(0.0, 1 - stated) if share is None else share.mid)
    return {key: leads for key, leads in result.items() if leads > 0}


def _wins(content: Content, into: str, lead: LeadClass) -> NDArray[np.float64]:
    """Wins of one lead by day since it came: the renewal equations of the stage graph, solved by Fourier transform."""
    names = [stage.name for stage in content.stages]
    size = 2 * DAYS
    tilt = np.exp(-14.0 * np.arange(size) / size)  # what would come round is damped by 1e-6
    moves = np.zeros((size // 2 + 1, len(names), len(names)), dtype=np.complex128)
    for i, stage in enumerate(content.stages):
        for to, share, days in _ways(stage, lead):
            if share > 0 and to in names:
                moves[:, i, names.index(to)] += share * np.fft.rfft(days * tilt[:DAYS], size)
    start = np.zeros(len(names))
    start[names.index(into)] = 1.0
    entries = np.linalg.solve(np.swapaxes(np.eye(len(names)) - moves, 1, 2), start[:, None])[..., 0]
    won = [i for i, stage in enumerate(content.stages) if stage.kind == "won"]
    by_day = np.fft.irfft(entries[:, won].sum(axis=1), size)[:DAYS] / tilt[:DAYS]
    return np.maximum(by_day, 0.0)


def _ways(stage: Stage, lead: LeadClass) -> list[tuple[str, float, NDArray[np.float64]]]:
    """Outcomes of a stage with share and probabilities by day."""
    stated = [resolve(outcome.share, lead) for outcome in stage.outcomes]
    stays = resolve(stage.stays, lead)
    total = sum(share.mid for share in stated if share is not None) + (stays.mid if isinstance(stays, Number) else 0.0)
    result = []
    for outcome, share in zip(stage.outcomes, stated, strict=True):
        delay = resolve(outcome.delay, lead)
        result.append((outcome.to, max(0.0, 1 - total) if share is None else share.mid, _by_day(delay)))
    return result


@functools.lru_cache(maxsize=256)
def _by_day(delay: Delay) -> NDArray[np.float64]:
    distribution = shape_of(delay.distribution, median_of)
    if delay.clock == "work":
        distribution = distribution.stretched(7.0 / 5.0)
    return np.diff(cumulative_days(distribution, delay.least, DAYS), prepend=0.0)
