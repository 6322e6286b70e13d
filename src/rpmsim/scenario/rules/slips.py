"""Numbers that are allowed and are usually a slip: win shares, hires, tails."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rpmsim.model.cycle import Delay
from rpmsim.model.distributions import DEFAULT_SIGMA, Z_P90, Distribution
from rpmsim.model.graph import cases, leaves
from rpmsim.model.number import Number
from rpmsim.model.plan import Content
from rpmsim.model.staffing import Role
from rpmsim.scenario.rules.look import Look
from rpmsim.text.nodes import Path

HIGH_WIN_SHARE = 0.85
"""Share won of all that enter the deal's first stage; new business wins 15 to 40% (D: our judgment)."""
MANY_HIRES = 20
"""Hires of a role in one month that are reported if they also outnumber the people who are there."""
LONG_TAIL = 15.0
"""A p90 this many times the median: sigma 2.1, a mean 9 times the median (D: our judgment)."""


def check_win_shares(look: Look, fresh: set[str]) -> None:
    """Warn where nearly all that enter a deal's first stage are won; last steps of a deal may well be near 100%."""
    won = {stage.name for stage in look.content.stages if stage.kind == "won"}
    deals = {
        stage.name
        for stage in look.content.stages
        if stage.kind == "opportunity" or any(outcome.to in won for outcome in stage.outcomes)
    }
    old_customers = {channel.name for channel in look.content.channels if channel.kind == "customer"}
    entered = {channel.into for channel in look.content.channels if channel.name not in old_customers}
    entered |= {outcome.to for stage in look.content.stages if stage.name not in deals for outcome in stage.outcomes}
    for stage in look.content.stages:
        if (
            stage.name not in deals & entered & fresh
            or not {pair[0] for pair in look.pairs[stage.name]} - old_customers
        ):
            continue
        for outcome in stage.outcomes:
            shares = [share.mid for share in leaves(outcome.share) if isinstance(share, Number)]
            if outcome.to in won and max(shares, default=0.0) >= HIGH_WIN_SHARE:
                look.place.warn(
                    ("stages", stage.name, "to", outcome.to, "share"),
                    f"{max(shares):.0%} of all leads that enter `{stage.name}` are won: all bookings depend on this "
                    "share",
                    "check the share: win rates of new business are mostly 15% to 40%. If deals are decided in an "
                    "earlier stage, give it `kind: opportunity`",
                )
                break


def check_hires(look: Look) -> None:
    """Warn of a month in which a role hires more people than it has, and more than a few."""
    for role in look.content.roles:
        months: dict[str, float] = {}
        for day, heads in role.hires:
            if day > look.model.as_of:
                months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", 0.0) + heads.mid
        there = role.heads.mid + sum(person.start is None or person.start <= look.model.as_of for person in role.team)
        there += sum(heads.mid for day, heads in role.hires if day <= look.model.as_of)
        for month, hires in sorted(months.items()):
            if hires > max(MANY_HIRES, there):
                look.place.warn(
                    ("roles", role.name, "hires", month),
                    f"{hires:,.12g} hires in one month, with {there:,.12g} people before: pay and capacity depend on "
                    "them",
                    "check the number, or explain it in a note",
                )
                break
            there += hires


def check_tails(look: Look, base: Content | None) -> None:
    """Warn of times and amounts whose p90 is many times the median: mostly two units, or a digit too many."""
    before = set() if base is None else {distribution for _, distribution in _distributions(base)}
    for path, distribution in _distributions(look.content):
        ratio = _ratio(distribution)
        if distribution not in before and ratio >= LONG_TAIL:
            sigma = math.log(ratio) / Z_P90
            mean = (
                f", and the mean is {math.exp(min(sigma**2 / 2, 20.0)):,.0f} times the median"
                if distribution.family == "lognormal"
                else ""
            )
            look.place.warn(
                path,
                f"the p90 is {min(ratio, 1e9):,.0f} times the median: 1 in 10 cases is above it{mean}",
                "check the numbers and their units",
            )


def _distributions(content: Content) -> Iterator[tuple[Path, Distribution]]:
    """Distributions of times and amounts with their places; response times may well have such tails."""
    for stage in content.stages:
        for outcome in stage.outcomes:
            for names, delay in cases(outcome.delay):
                if isinstance(delay, Delay):
                    key = "p90" if "p90" in dict(delay.distribution.parameters) else "sigma"
                    yield ("stages", stage.name, "to", outcome.to, key, *names), delay.distribution
    for segment in content.segments:
        if segment.amount is not None:
            yield ("segments", segment.name, "amount"), segment.amount.distribution
    for role in content.roles:
        yield from _of_role(role)


def _of_role(role: Role) -> Iterator[tuple[Path, Distribution]]:
    for key, distribution in (("time_to_fill", role.time_to_fill), ("backfill", role.backfill)):
        if distribution is not None:
            yield ("roles", role.name, key), distribution


def _ratio(distribution: Distribution) -> float:
    """The p90 over the median, at the middle of ranges; 1 where the distribution says nothing of its tail."""
    stated = {name: number.mid for name, number in distribution.parameters}
    if "p90" in stated:
        return stated["p90"] / max(stated["median"], 1e-12)
    if distribution.family == "lognormal":
        sigma = stated.get("sigma", DEFAULT_SIGMA)
        if "sd" in stated:
            sigma = math.sqrt(math.log1p((stated["sd"] / max(stated["mean"], 1e-12)) ** 2))
        return math.exp(min(Z_P90 * sigma, 50.0))
    if distribution.family == "weibull":
        return float((math.log(10.0) / math.log(2.0)) ** (1.0 / max(stated["shape"], 0.05)))
    return 1.0
