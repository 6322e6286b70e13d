"""Sizes and coordinates of one forecast: everything about the dataset that is known before the first replication."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rpmsim.dataset.breakdowns import AGE_BANDS, CYCLES, STATISTICS, Breakdown, breakdowns_of
from rpmsim.dataset.variables import CURRENCY, Variable, variables_of
from rpmsim.model.calendar import Period, periods
from rpmsim.model.deals import followed_deals
from rpmsim.model.graph import advances
from rpmsim.model.plan import Content, Model

if TYPE_CHECKING:
    import xarray as xr

Keep = Literal["summary", "classes", "full"]
KEEP: tuple[Keep, ...] = ("summary", "classes", "full")
"""How much is stored: totals over channels and segments; every class; and (a later issue) moves by entry as well."""

_TEXT_COORDS = ("stage_label", "role_label", "channel_label", "segment_label", "deal_label")


@dataclass(frozen=True)
class Named:
    """A name of a dimension, display name for it, and its kind where it has one."""

    name: str
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Layout:
    """Dims and coordinates of a forecast dataset.

    Parameters
    ----------
    replications, first : int
        How many replications, and the number of the first one.
    edges : tuple of (str, str)
        Stage left and stage entered; arrivals leave the pseudo-stage ``source``.
    advancing : tuple of bool
        For each edge, whether it takes the lead towards the win.
    staffed, limited : tuple of bool
        For each stage, whether some role works it, and whether it states a time within which leads are taken up.
    draws : int
        Number of distinct parameter draws.
    expected_close : tuple of str
        For each listed deal, the close date that the CRM expects; empty where none is stated.
    parameters : tuple of str
        Paths of the ranged numbers.
    wide : bool
        Whether counts need 64 bits.
    measure : tuple of str
        Parts that are measured on request.
    breakdowns : tuple of Breakdown
        Parts of the business for which times and ages are given.
    """

    scenario: str
    label: str
    currency: str
    as_of: dt.date
    until: dt.date
    periods: tuple[Period, ...]
    replications: int
    edges: tuple[tuple[str, str], ...]
    advancing: tuple[bool, ...]
    stages: tuple[Named, ...]
    staffed: tuple[bool, ...]
    limited: tuple[bool, ...]
    channels: tuple[Named, ...]
    segments: tuple[Named, ...]
    roles: tuple[Named, ...] = ()
    costs: tuple[Named, ...] = ()
    deals: tuple[Named, ...] = ()
    expected_close: tuple[str, ...] = ()
    draws: int = 1
    parameters: tuple[str, ...] = ()
    first: int = 0
    wide: bool = False
    keep: Keep = "classes"
    measure: tuple[str, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()

    @classmethod
    def of(
        cls,
        model: Model,
        edges: Iterable[tuple[str, str]],
        replications: int,
        *,
        first: int = 0,
        draws: int = 1,
        parameters: Iterable[str] = (),
        wide: bool = False,
        keep: Keep = "classes",
        measure: tuple[str, ...] = (),
    ) -> Layout:
        """Layout of the forecast of a model whose arrays hold these edges, in this order."""
        edges = tuple(edges)
        contents = model.contents
        content = model.content
        return cls(
            scenario=model.name,
            label=model.label or model.name,
            currency=model.currency,
            as_of=model.as_of,
            until=model.until,
            periods=periods(model.first_day, model.until, model.period, model.calendar),
            replications=replications,
            edges=edges,
            advancing=tuple(advances(contents, *edge) for edge in edges),
            stages=tuple(Named(s.name, s.label or s.name, s.kind) for s in content.stages),
            staffed=tuple(_staffed(contents, s.name) for s in content.stages),
            limited=tuple(_limited(contents, s.name) for s in content.stages),
            channels=tuple(Named(c.name, c.label or c.name, c.kind) for c in content.channels),
            segments=tuple(Named(s.name, s.label or s.name) for s in content.segments),
            roles=tuple(Named(r.name, r.label or r.name) for r in content.roles),
            costs=tuple(Named(c.name, c.name, c.kind) for c in content.costs),
            deals=tuple(Named(d.id, d.label or d.id) for d in followed_deals(model)),
            expected_close=tuple(
                "" if d.expected_close is None else d.expected_close.isoformat() for d in followed_deals(model)
            ),
            draws=draws,
            parameters=tuple(parameters),
            first=first,
            wide=wide,
            keep=keep,
            measure=measure,
            breakdowns=breakdowns_of(model),
        )

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Variables of the forecast."""
        return variables_of(self.measure)

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dim, also of those that ``keep`` leaves out."""
        return {
            "replication": self.replications,
            "period": len(self.periods),
            "edge": len(self.edges),
            "stage": len(self.stages),
            "channel": len(self.channels),
            "segment": len(self.segments),
            "role": len(self.roles),
            "cost": len(self.costs),
            "deal": len(self.deals),
            "draw": self.draws,
            "parameter": len(self.parameters),
            "breakdown": len(self.breakdowns),
            "statistic": len(STATISTICS),
            "cycle": len(CYCLES),
            "age_band": len(AGE_BANDS),
            "periods_later": len(self.periods),
        }

    def dims(self, variable: Variable) -> tuple[str, ...]:
        """Dims under which the variable is stored; spend keeps its channels at every level."""
        if self.keep != "summary" or "segment" not in variable.dims:
            return variable.dims
        return tuple(dim for dim in variable.dims if dim not in ("channel", "segment"))

    def shape(self, variable: Variable) -> tuple[int, ...]:
        """Shape under which the variable is stored."""
        return tuple(self.sizes[dim] for dim in self.dims(variable))

    def dtype(self, variable: Variable) -> str:
        """NumPy dtype under which the variable is stored."""
        if variable.kind == "real":
            return "float64"
        if variable.kind == "single":
            return "float32"
        return "int64" if variable.kind == "count" and self.wide else "int32"

    def attributes(self, variable: Variable) -> dict[str, str]:
        """Attributes of the variable."""
        units = self.currency if variable.units == CURRENCY else variable.units
        return {"units": units, "long_name": variable.long_name}

    def state(self, period: Period) -> str:
        """``partial`` where the simulated days do not fill the period, else ``whole``."""
        return "whole" if self.as_of < period.first and period.last <= self.until else "partial"

    def days(self, period: Period) -> int:
        """Simulated days of the period."""
        first = max(period.first, self.as_of + dt.timedelta(1))
        return (min(period.last, self.until) - first).days + 1

    def coordinates(self) -> xr.Dataset:
        """Dataset of all coordinates, without variables."""
        import numpy as np
        import xarray as xr

        def text(dim: str, values: Iterable[str], long_name: str) -> tuple[str, Any, dict[str, str]]:
            return dim, np.array(list(values), dtype=str), {"long_name": long_name}

        coords: dict[str, Any] = {
            "replication": (
                "replication",
                np.arange(self.first, self.first + self.replications),
                {"long_name": "number of the replication", "standard_name": "realization"},
            ),
            "period": (
                "period",
                np.array([p.first for p in self.periods], dtype="datetime64[ns]"),
                {"long_name": "first day of the period"},
            ),
            "period_last": (
                "period",
                np.array([p.last for p in self.periods], dtype="datetime64[ns]"),
                {"long_name": "last day of the period (inclusive)"},
            ),
            "period_label": text("period", (p.label for p in self.periods), "name of the period"),
            "period_state": text("period", (self.state(p) for p in self.periods), "whole or partial"),
            "period_days": (
                "period",
                np.array([self.days(p) for p in self.periods], dtype="int32"),
                {"long_name": "simulated days of the period", "units": "1"},
            ),
            "edge": text("edge", (f"{a}->{b}" for a, b in self.edges), "stage left -> stage entered"),
            "from": text("edge", (a for a, _ in self.edges), "stage left"),
            "to": text("edge", (b for _, b in self.edges), "stage entered"),
            "from_stage": text("edge", (a for a, _ in self.edges), "stage left"),
            "to_stage": text("edge", (b for _, b in self.edges), "stage entered"),
            "edge_advances": (
                "edge",
                np.array(self.advancing, dtype=bool),
                {"long_name": "whether the edge advances the lead toward a win"},
            ),
            "stage": text("stage", (s.name for s in self.stages), "stage"),
            "stage_kind": text("stage", (s.kind for s in self.stages), "kind of the stage"),
            "stage_staffed": (
                "stage",
                np.array(self.staffed, dtype=bool),
                {"long_name": "whether a role works the stage"},
            ),
            "stage_limited": (
                "stage",
                np.array(self.limited, dtype=bool),
                {"long_name": "whether the stage states an SLA"},
            ),
            "channel": text("channel", (c.name for c in self.channels), "channel"),
            "channel_kind": text("channel", (c.kind for c in self.channels), "kind of the channel"),
            "segment": text("segment", (s.name for s in self.segments), "segment"),
            "role": text("role", (r.name for r in self.roles), "role"),
            "cost": text("cost", (c.name for c in self.costs), "cost"),
            "cost_kind": text("cost", (c.kind for c in self.costs), "kind of the cost"),
            "deal": text("deal", (d.name for d in self.deals), "listed deal (the largest ones)"),
            "deal_expected_close": text(
                "deal", self.expected_close, "expected close date in the CRM; empty if none is stated"
            ),
            "breakdown": text("breakdown", (b.label for b in self.breakdowns), "part of the business"),
            "breakdown_kind": text("breakdown", (b.kind for b in self.breakdowns), "all, channel, segment or group"),
            "breakdown_name": text("breakdown", (b.name for b in self.breakdowns), "name of the part; empty for all"),
            "statistic": text("statistic", STATISTICS, "mean, median, or 90% quantile of the leads"),
            "cycle": text("cycle", CYCLES, "from lead to opportunity, from opportunity to win, from lead to win"),
            "age_band": text("age_band", (band.label for band in AGE_BANDS), "days since the lead came to the stage"),
            "periods_later": (
                "periods_later",
                np.arange(len(self.periods), dtype="int32"),
                {"long_name": "periods since the one in which the lead was created", "units": "1"},
            ),
            "draw": ("draw", np.arange(self.draws), {"long_name": "number of the parameter draw"}),
            "parameter": text("parameter", self.parameters, "path of the number given as a range"),
        }
        for dim, items in zip(
            _TEXT_COORDS, (self.stages, self.roles, self.channels, self.segments, self.deals), strict=True
        ):
            coords[dim] = text(dim.removesuffix("_label"), (item.label for item in items), "display name")
        used = {dim for variable in self.variables for dim in self.dims(variable)}
        return xr.Dataset(coords={name: value for name, value in coords.items() if value[0] in used})


def _staffed(contents: Iterable[Content], name: str) -> bool:
    return any(stage.worked_by is not None for content in contents for stage in content.stages if stage.name == name)


def _limited(contents: Iterable[Content], name: str) -> bool:
    stages = [stage for content in contents for stage in content.stages if stage.name == name]
    return any(stage.response.sla_hours is not None for stage in stages)
