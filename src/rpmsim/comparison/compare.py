"""Scenarios side by side: simulate all on common random numbers, take differences, and find why they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rpmsim.analysis.metric import Metric
from rpmsim.analysis.summary import draws_of, has_amounts
from rpmsim.comparison.binding import Binding, binding, with_leads
from rpmsim.comparison.bridge import Bridge, bridge
from rpmsim.comparison.cases import Case
from rpmsim.comparison.forecasts import forecast_of
from rpmsim.comparison.runs import OWN, Draws, Settings, Simulator, Values, values_of
from rpmsim.comparison.variance import Variance, active_sources, origin_shares, range_shares, source_shares
from rpmsim.engine import Sources
from rpmsim.metrics import bookings, wins
from rpmsim.model.plan import Model
from rpmsim.scenario.levers import Lever, levers, with_levers

if TYPE_CHECKING:
    import xarray as xr

MOST_TO_BIND = 500
"""Replications in which what binds is looked for: a gain that shows in no more of them is none to act on."""

Progress = Callable[[int, int, str], None]
"""Gets how many runs are done, of how many, and what is simulated next."""


@dataclass(frozen=True)
class Parts:
    """What a comparison looks for beside the differences, and in which metric.

    Parameters
    ----------
    bridges, binds, variance : bool
    headline : Metric, optional
        It must add up over periods; bookings by default, or wins where deals have no amounts.
    """

    bridges: bool = True
    binds: bool = True
    variance: bool = True
    headline: Metric | None = None


@dataclass
class Comparison:
    """Scenarios side by side.

    Parameters
    ----------
    cases : list of Case
        The first one is the baseline.
    settings : Settings
    metric : Metric
        What bridges, what binds and shares of variance are about: bookings, or wins where deals have no amounts.
    forecasts : list of xarray.Dataset
        One for each case.
    levers, bridges : dict
        By name of a case: its levers, and its bridge from the baseline.
    bindings : dict
        By name of a case.
    variance : Variance or None
        Of the baseline's total.
    """

    cases: list[Case]
    settings: Settings
    metric: Metric
    forecasts: list[xr.Dataset]
    levers: dict[str, list[Lever]] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    variance: Variance | None = None

    @property
    def draws(self) -> Draws | None:
        """Parameter draw of each replication; None where no scenario has a range."""
        return next((draws for one in self.forecasts if (draws := draws_of(one)) is not None), None)


def compare_cases(
    cases: Sequence[Case],
    settings: Settings,
    parts: Parts,
    stack: ExitStack,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate and compare.

    Parameters
    ----------
    cases : sequence of Case
        Two or more that can be compared; the first one is the baseline.
    settings : Settings
        What all runs have in common.
    parts : Parts
        What to look for beside the differences.
    stack : ExitStack
        Closes the forecasts.
    folder : Path, optional
        Where the forecasts are stored, each as soon as it is finished, and found again by a later comparison; else they
        are held in memory.
    progress : callable, optional
        Is reported of every run.

    Raises
    ------
    InputError
        A file cannot be read or written, or there are more leads than can be counted.
    """
    baseline = cases[0]
    metric = parts.headline or (bookings if all(has_amounts(case.scenario.model) for case in cases) else wins)
    found = {case.name: levers(baseline.scenario, case.scenario) for case in cases[1:]} if parts.bridges else {}
    count = _Count(_runs(cases, found, parts), progress)
    simulator = Simulator(settings, metric, count.next)
    forecasts = []
    for case in cases:
        count.next(case.name)
        forecasts.append(stack.enter_context(forecast_of(case, settings, folder)))
    result = Comparison(list(cases), settings, metric, forecasts, found)
    values = [values_of(metric(forecast)) for forecast in forecasts]
    for case, after in zip(cases[1:], values[1:], strict=True):
        if found.get(case.name):
            result.bridges[case.name] = _bridge(
                simulator, (baseline, case), found[case.name], (values[0], after), result.draws
            )
    if parts.binds:
        few = min(settings.replications, MOST_TO_BIND)
        for case, own in zip(cases, values, strict=True):
            result.bindings[case.name] = _binding(simulator, case, own[:few], result.draws)
    if parts.variance:
        result.variance = _variance(simulator, baseline.scenario.model, values[0], forecasts[0])
    count.next("")
    return result


@dataclass
class _Count:
    """How many runs are done."""

    total: int
    progress: Progress | None
    begun: int = 0

    def next(self, what: str) -> None:
        if self.progress is not None:
            self.progress(self.begun, self.total, what)
        self.begun += 1


def _runs(cases: Sequence[Case], found: dict[str, list[Lever]], parts: Parts) -> int:
    """How many runs there will be."""
    count = len(cases) + sum(2 ** len(own) - 2 for own in found.values() if own)
    if parts.binds:
        contents = (case.scenario.model.content for case in cases)
        count += sum(len(content.roles) + len(content.channels) for content in contents)
    if parts.variance:
        count += 2 ** (len(active_sources(cases[0].scenario.model)) - 1) + 1
    return count


def _bridge(
    simulator: Simulator,
    cases: tuple[Case, Case],
    found: list[Lever],
    values: tuple[Values, Values],
    draws: Draws | None,
) -> Bridge:
    baseline, case = cases

    def value_of(pulled: frozenset[int]) -> Values:
        chosen = [found[i] for i in sorted(pulled)]
        model = with_levers(baseline.scenario, case.scenario, chosen).model
        return simulator.values(model, f"{case.name}: {len(chosen)} of {len(found)} changes")

    return bridge(*values, len(found), value_of, draws)


def _binding(simulator: Simulator, case: Case, before: Values, draws: Draws | None) -> Binding:
    def simulate(model: Model, what: str) -> Values:
        return simulator.values(model, f"{case.name}: {what}", replications=len(before))

    return binding(case.scenario.model, before, simulate, None if draws is None else draws[: len(before)])


def _variance(simulator: Simulator, model: Model, before: Values, forecast: xr.Dataset) -> Variance:
    """Shares of the variance of the baseline's total."""
    count = len(before)
    total = before.sum(axis=1)
    names = active_sources(model)
    free = simulator.with_own_draws()

    def simulate(sources: Sources) -> Values:
        if sources == OWN and simulator.settings.draws in (None, count):
            return total
        return free.values(model, "where the band comes from", sources).sum(axis=1)

    variance, sources = source_shares(names, count, simulate)
    ranges = []
    draws = draws_of(forecast)
    if draws is not None:
        ranges = range_shares(total, draws, forecast["parameter_value"].values, forecast["parameter"].values.tolist())
    open_alone = simulator.values(with_leads(model, 0.0), "business that is open today").sum(axis=1)
    return Variance(variance, tuple(sources), tuple(ranges), tuple(origin_shares(total, open_alone, draws)))
