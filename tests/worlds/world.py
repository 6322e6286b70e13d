"""A random company by number: its scenario, and the day and the kind of its CRM export."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any, Literal

import numpy as np
from ruamel.yaml import YAML

from rpmsim import Scenario, load_scenario_text

SEED = 22
AHEAD_DAYS = 90
"""Days after the export of which the truth is known."""

FUNNELS = (
    ("mql", "opportunity"),
    ("mql", "sql", "opportunity"),
    ("lead", "mql", "sql", "opportunity"),
    ("lead", "mql", "sal", "sql", "opportunity"),
)
CHANNELS = ("inbound", "outbound", "partner", "events")
SEGMENTS = ("smb", "midmarket", "enterprise")

Past = Literal["whole", "window", "migrated", "tracked"]
"""What an export holds of the time before its first day.

``whole``: the company began then. ``window``: records created since then. ``migrated``: records that were created since
then or open on that day, with all their past (delayed entry). ``tracked``: only what happened since then, so that some
records begin in the middle.
"""


@dataclass(frozen=True)
class World:
    """A company, and what is exported of it.

    Parameters
    ----------
    number : int
    tree : dict
        The scenario, from the first simulated day to 90 days after the export.
    first_day, recorded_from, as_of : date
        First simulated day, first day of the export (of the kind ``past``), and its last one.
    no_losses : bool
        Whether losses are not recorded: lost records look open.
    shape : str
        Of the export, as ``rpmsim generate`` has them.
    features : dict of str to bool
        By which results are split: what this world has.
    """

    number: int
    tree: dict[str, Any]
    first_day: dt.date
    recorded_from: dt.date
    as_of: dt.date
    past: Past
    no_losses: bool
    shape: str
    features: dict[str, bool]

    @cached_property
    def text(self) -> str:
        """The scenario as YAML."""
        return yaml_text(self.tree)

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario, checked."""
        return load_scenario_text(self.text, f"world {self.number}")

    @property
    def channels(self) -> list[str]:
        return list(self.tree["channels"])

    @property
    def segments(self) -> list[str]:
        return list(self.tree["segments"])


def yaml_text(tree: dict[str, Any]) -> str:
    """Nested maps as YAML."""
    stream = StringIO()
    yaml = YAML()
    yaml.dump(tree, stream)
    return stream.getvalue()


def random_world(number: int, *, largest: int = 8_000) -> World:
    """The world of a number, always the same.

    Parameters
    ----------
    number : int
    largest : int
        Most records that are expected.
    """
    return _Maker(np.random.default_rng([SEED, number]), number, largest).world()


class _Maker:
    """Draws one world."""

    def __init__(self, rng: np.random.Generator, number: int, largest: int) -> None:
        self.rng, self.number, self.largest = rng, number, largest
        self.features: dict[str, bool] = {}

    def chance(self, share: float, feature: str = "") -> bool:
        """Draw whether something is there, and note it."""
        there = bool(self.rng.random() < share)
        if feature:
            self.features[feature] = self.features.get(feature, False) or there
        return there

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def scaled(self, low: float, high: float) -> float:
        """Uniform on the logarithm."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def pick(self, options: tuple[Any, ...], weights: tuple[float, ...] | None = None) -> Any:
        return options[int(self.rng.choice(len(options), p=weights))]

    def world(self) -> World:
        rng = self.rng
        self.funnel = self.pick(FUNNELS, (0.3, 0.35, 0.2, 0.15))
        recycling = self.chance(0.3, "recycling")
        days = int(rng.integers(365, 1096))
        past: Past = self.pick(("whole", "window", "migrated", "tracked"), (0.3, 0.3, 0.25, 0.15))
        past = "window" if past == "tracked" and recycling else past  # who returns there would look like a new record
        before = 0 if past == "whole" else int(rng.integers(90, 240))
        as_of = dt.date(2027, 1, 1) + dt.timedelta(int(rng.integers(0, 730)))
        first_day = as_of - dt.timedelta(days + before - 1)
        self.segments = SEGMENTS[: int(rng.integers(1, 4))]
        self.channels = CHANNELS[: int(rng.integers(1, 5))]
        no_losses = self.chance(0.08, "no losses") and past in ("whole", "window") and not recycling
        self.features["no losses"] = no_losses
        tree = {
            "name": f"World {self.number}",
            "as_of": str(first_day - dt.timedelta(1)),
            "until": str(as_of + dt.timedelta(AHEAD_DAYS)),
            "calendar": {"work": "Mon-Fri", "clocks": {"closing": {"weekdays": "work", "month_end": ["3", "1.5"]}}},
            "opening": {},
            "segments": {name: {"amount": self.amount()} for name in self.segments},
            "channels": self.channel_map(days),
            "stages": self.stage_map(recycling),
        }
        shape = "events"
        if past in ("whole", "window") and not recycling and not no_losses:
            shape = self.pick(("events", "values", "field-history", "wide"), (0.76, 0.08, 0.08, 0.08))
        for kind in ("window", "migrated", "tracked"):
            self.features[kind] = past == kind
        self.features["other shape"] = shape != "events"
        start = first_day + dt.timedelta(before)
        return World(self.number, tree, first_day, start, as_of, past, no_losses, shape, self.features)

    def amount(self) -> dict[str, str]:
        return {"median": f"{self.scaled(2_000, 80_000):.2f}", "sigma": f"{self.between(0.4, 1.1):.4f}"}

    def channel_map(self, days: int) -> dict[str, Any]:
        """Channels with 0.5 to 30 leads a day each."""
        total = self.scaled(self.largest / 8, self.largest) / days
        levels = np.clip(total * self.rng.dirichlet([2.0] * len(self.channels)), 0.5, 30.0)
        drifting = self.chance(0.75, "drift")
        dispersed = self.chance(0.75, "dispersion")
        shared = self.between(0.0, 0.8) if len(self.channels) > 1 else 0.0
        result = {}
        for name, level in zip(self.channels, levels, strict=True):
            channel: dict[str, Any] = {"leads": f"{level:.4f} per day", "into": self.funnel[0]}
            if name == "partner" and len(self.funnel) > 2 and self.chance(0.5, "two entries"):
                channel["into"] = self.funnel[1]
            pattern = self.pick(("flat", "work", "weights"), (0.2, 0.4, 0.4))
            if pattern == "work":
                channel["weekdays"] = "work"
            elif pattern == "weights":
                weights = [self.between(0.7, 1.3) for _ in range(5)] + [self.between(0.2, 0.8) for _ in range(2)]
                days_of_week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                channel["weekdays"] = {d: f"{w:.3f}" for d, w in zip(days_of_week, weights, strict=True)}
            if dispersed:
                channel["dispersion"] = f"{self.between(0.005, 0.1):.4f}"
            if drifting:
                sigma, phi = self.between(0.02, 0.12), self.between(0.5, 0.95)
                channel["drift"] = {"sigma": f"{sigma:.4f}", "phi": f"{phi:.4f}", "shared": f"{shared:.4f}"}
            if len(self.segments) > 1:
                channel["mix"] = self.mix()
            result[name] = channel
        return result

    def mix(self) -> dict[str, str]:
        shares = 0.1 + (1.0 - 0.1 * len(self.segments)) * self.rng.dirichlet([1.5] * len(self.segments))
        mix = {name: f"{100 * share:.3f}%" for name, share in zip(self.segments, shares, strict=True)}
        return {**mix, self.segments[-1]: "rest"}

    def stage_map(self, recycling: bool) -> dict[str, Any]:
        several = [d for d, names in (("channel", self.channels), ("segment", self.segments)) if len(names) > 1]
        by_class = self.pick(tuple(several)) if several and self.chance(0.5) else ""
        self.features["shares by class"] = bool(by_class)
        clock = self.pick(("calendar", "work", "closing"), (0.55, 0.3, 0.15))
        self.features |= {"work clock": clock == "work", "month-end clock": clock == "closing"}
        stages: dict[str, Any] = {}
        for i, name in enumerate(self.funnel):
            after = [*self.funnel[i + 1 :], "won"]
            last = after[0] == "won"
            share = self.share(0.15, 0.5, by_class) if last else self.share(0.3, 0.68, by_class)
            to = {after[0]: {"share": share, **self.delay(0.5, 40.0)}}
            if len(after) > 1 and self.chance(0.15, "shortcut"):
                to[after[1]] = {"share": f"{100 * self.between(0.02, 0.1):.3f}%", **self.delay(0.5, 40.0)}
            if recycling and i in (len(self.funnel) - 2, len(self.funnel) - 1):
                to["nurture"] = {"share": f"{100 * self.between(0.05, 0.2):.3f}%", **self.delay(3.0, 40.0)}
            to["lost"] = {"share": "rest", **self.delay(2.0, 40.0)}
            for target, outcome in to.items():
                if clock == "work" or (clock == "closing" and last and target == "won"):
                    outcome["clock"] = clock
            stages[name] = {"to": to}
            if self.chance(0.4 if last else 0.15, "shock"):
                stages[name]["shock"] = {"sigma": f"{self.between(0.05, 0.25):.4f}", "every": "quarter"}
            if self.chance(0.3 if last else 0.15, "pace"):
                stages[name]["pace"] = {"sigma": f"{self.between(0.08, 0.2):.4f}", "every": "week"}
        if recycling:
            back = {"share": f"{100 * self.between(0.15, 0.5):.3f}%", **self.delay(10.0, 40.0, same_day=False)}
            lost = {"share": "rest", **self.delay(15.0, 40.0)}
            stages["nurture"] = {"to": {self.funnel[-2]: back, "lost": lost}}
        return stages

    def share(self, low: float, high: float, by_class: str) -> Any:
        share = self.scaled(low, high)
        if not by_class:
            return f"{100 * share:.3f}%"
        names = self.channels if by_class == "channel" else self.segments
        odds = share / (1.0 - share) * np.exp(self.rng.normal(0.0, 0.5, len(names)))
        shares = np.minimum(odds / (1.0 + odds), 0.68)
        return {name: f"{100 * s:.3f}%" for name, s in zip(names, shares, strict=True)}

    def delay(self, fastest: float, slowest: float, *, same_day: bool = True) -> dict[str, str]:
        """A time whose median is between two numbers of days."""
        median = self.scaled(fastest, slowest)
        least = {"least": "0 days"} if same_day and (median < 3.0 or self.chance(0.5)) else {}
        if self.chance(0.3):
            return {"law": "gamma", "mean": f"{1.2 * median:.4f}", "shape": f"{self.between(0.8, 3.0):.4f}", **least}
        return {"median": f"{median:.4f}", "sigma": f"{self.between(0.4, 1.2):.4f}", **least}
