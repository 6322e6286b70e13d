"""What is measured lead by lead, from the stories of the plain simulator: slow, and plain to see."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from rpmsim.model.calendar import periods
from rpmsim.model.cycle import SOURCE
from rpmsim.model.plan import Model
from rpmsim.plain import Simulation
from rpmsim.plain.lead import Entered, Lead, Queued, TakenUp

CYCLES = ("marketing_cycle", "sales_cycle", "cycle_time")
STATISTICS = ("mean", "median", "p90")


@dataclass
class Stay:
    """A lead in a stage from a day on, until it enters the next one; ``None`` where it is still there."""

    stage: str
    entered: int
    left: int | None
    to: str | None


def stays_of(lead: Lead) -> list[Stay]:
    """All stays of a lead, in order."""
    visits = [event for event in lead.story if isinstance(event, Entered)]
    return [
        Stay(visit.stage, visit.day, None if after is None else after.day, None if after is None else after.stage)
        for visit, after in itertools.zip_longest(visits, visits[1:])
    ]


def quantile(values: list[float], share: float) -> float:
    """The smallest value that a share of all do not exceed."""
    values = sorted(values)
    return values[int(np.ceil(share * len(values) - 1e-9)) - 1]


def plain_statistics(values: list[float]) -> list[float]:
    """Mean, median and 90% quantile; NaN of nothing."""
    if not values:
        return [np.nan] * 3
    return [float(np.mean(values)), quantile(values, 0.5), quantile(values, 0.9)]


def censored_statistics(ended: list[tuple[int, bool]], open_since: list[int], days: int, among: bool) -> list[float]:
    """Mean, median and 90% quantile of times, by the product-limit and the cumulative incidence.

    ``ended`` has the age at the end, and whether it counts; ``open_since`` ages at the last day; ``among`` those who
    reach it.
    """

    def by_age(ages: list[int]) -> np.ndarray:
        return np.bincount(np.array(ages, dtype=np.int64), minlength=days)

    count = {own: by_age([age for age, counts in ended if counts == own]) for own in (True, False)}
    at_risk = len(ended) + len(open_since)
    gone = count[True] + count[False] + by_age(open_since)
    staying, reached, mean = 1.0, 0.0, 0.0
    curve = []
    for age in range(days):
        if at_risk:
            now = staying * count[True][age] / at_risk
            reached += now
            mean += age * now
            staying *= 1 - (count[True][age] + count[False][age]) / at_risk
        at_risk -= gone[age]
        curve.append(reached)
    if reached <= 1e-9:
        return [np.nan] * 3
    whole = reached if among else 1.0
    found = [mean / reached if reached >= 0.99 * whole else np.nan]
    for share in (0.5, 0.9):
        ages = [age for age, c in enumerate(curve) if c >= share * whole - 1e-9]
        found.append(float(ages[0]) if ages else np.nan)
    return found


def measured(model: Model, simulation: Simulation) -> dict[str, float]:
    """Quantities by name; NaN where one is not known."""
    kinds = {stage.name: stage.kind for stage in model.content.stages}
    ends = {s.name for s in model.content.stages if not s.outcomes and s.stays is None and s.timeout is None}
    spans = periods(model.first_day, model.until, model.period, model.calendar)
    last_days = [(min(span.last, model.until) - model.first_day).days for span in spans]
    period_of = np.searchsorted(last_days, np.arange(model.days))
    lives = [stays_of(lead) for lead in simulation.leads]
    created = [_created(stays, kinds) for stays in lives]
    by_stage: dict[str, list[Stay]] = {name: [] for name in kinds}
    for stay in itertools.chain.from_iterable(lives):
        by_stage[stay.stage].append(stay)
    hours: dict[str, list[float]] = {name: [] for name in kinds}
    waits: dict[str, list[float]] = {name: [] for name in kinds}
    for lead in simulation.leads:
        for event in lead.story:
            if isinstance(event, TakenUp) and event.hours is not None:
                hours[event.stage].append(event.hours)
        if lead.story and isinstance(lead.story[-1], Queued):
            waits[lead.story[-1].stage].append(24.0 * (last_days[-1] - lead.story[-1].day))
    found: dict[str, float] = {}

    def note(name: str, values: list[float]) -> None:
        found.update({f"{name} {statistic}": value for statistic, value in zip(STATISTICS, values, strict=True)})

    for stage in (name for name in kinds if name not in ends):
        own = by_stage[stage]
        entered = [stay for stay in own if stay.entered >= 0]
        done = [(stay.left - stay.entered, True) for stay in entered if stay.left is not None]
        still = [model.days - 1 - stay.entered for stay in entered if stay.left is None]
        note(f"time in {stage}", censored_statistics(done, still, model.days, among=False))
        ages = [last_days[-1] - stay.entered for stay in own if stay.left is None]
        note(f"age in {stage}", plain_statistics(ages))
        found[f"older than 14 days in {stage}"] = sum(age > 14 for age in ages)
        first = [stay for stay in entered if period_of[stay.entered] == 0]
        for to in sorted({stay.to for stay in first if stay.to is not None}):
            went = [stay for stay in first if stay.to == to]
            found[f"moves of the first cohort {stage}->{to}"] = len(went)
            found[f"days of the first cohort {stage}->{to}"] = sum(stay.left - stay.entered for stay in went)
        note(f"response in {stage}", plain_statistics(hours[stage]))
        note(f"waiting in {stage}", plain_statistics(waits[stage]))
    for cycle in CYCLES:
        begun, done, lost, still = 0, [], [], []
        for stays, created_on in zip(lives, created, strict=True):
            start, goal = _milestones(stays, kinds, cycle, created_on)
            if start is None:
                continue
            begun += 1
            if goal is not None:
                done.append((goal - start, True))
            elif stays[-1].stage in ends:
                lost.append((stays[-1].entered - start, False))
            else:
                still.append(model.days - 1 - start)
        found[f"begun {cycle}"], found[f"done {cycle}"] = begun, len(done)
        note(cycle, censored_statistics(done + lost, still, model.days, among=True))
    come: dict[str, int] = dict.fromkeys(kinds, 0)
    for stays, day in zip(lives, created, strict=True):
        if day is not None:
            for stage in {stay.stage for stay in stays if stay.entered >= day}:
                come[stage] += 1
    found |= {f"first come to {stage}": count for stage, count in come.items()}
    return found


def _created(stays: list[Stay], kinds: dict[str, str]) -> int | None:
    """Day on which it became a lead; None where that was before the start, or never."""
    before = SOURCE
    for stay in stays:
        known = kinds[stay.stage] not in ("anonymous", "lost")
        if stay.entered < 0:
            if kinds[stay.stage] != "anonymous":
                return None
        elif known and (before == SOURCE or kinds[before] == "anonymous"):
            return stay.entered
        before = stay.stage
    return None


def _first(stays: list[Stay], kinds: dict[str, str], kind: str) -> int | None:
    return next((stay.entered for stay in stays if kinds[stay.stage] == kind), None)


def _milestones(
    stays: list[Stay], kinds: dict[str, str], cycle: str, created: int | None
) -> tuple[int | None, int | None]:
    """Day of the first milestone inside the run, and of the second."""
    opportunity, won = _first(stays, kinds, "opportunity"), _first(stays, kinds, "won")
    start = opportunity if cycle == "sales_cycle" else created
    goal = opportunity if cycle == "marketing_cycle" else won
    if start is None or start < 0 or (goal is not None and goal < 0):
        return None, None
    return start, goal


def engine_measured(model: Model, dataset: Any) -> dict[str, np.ndarray]:
    """The same from the engine's dataset, by replication."""
    found: dict[str, np.ndarray] = {}
    kinds = {stage.name: stage.kind for stage in model.content.stages}
    whole = dataset.isel(breakdown=0)

    def note(name: str, array: Any) -> None:
        for statistic in STATISTICS:
            found[f"{name} {statistic}"] = array.sel(statistic=statistic).values.astype(np.float64)

    for stage in kinds:
        own = whole.sel(stage=stage)
        note(f"time in {stage}", own["time_in_stage_total"])
        note(f"age in {stage}", own["lead_age"].isel(period=-1))
        note(f"response in {stage}", own["response_time_total"])
        note(f"waiting in {stage}", own["waiting_time"].isel(period=-1))
        aged = own["lead_age_count"].isel(period=-1).sum("channel")
        found[f"older than 14 days in {stage}"] = aged.isel(age_band=slice(2, None)).sum("age_band").values
        found[f"first come to {stage}"] = own["cohort_reached"].sum(["period", "periods_later", "channel"]).values
    for edge in dataset["edge"].values.astype(str):
        first = dataset.isel(period=0).sel(edge=edge)
        for name, variable in (("moves", "cohort_moves"), ("days", "stay_days")):
            found[f"{name} of the first cohort {edge}"] = first[variable].sum(["channel", "segment"]).values
    for cycle in CYCLES:
        own = whole.sel(cycle=cycle)
        note(cycle, own["cycle_days_total"])
        for name in ("begun", "done"):
            found[f"{name} {cycle}"] = own[f"cycle_{name}"].sum(["period", "channel", "segment"]).values
    return found


def known(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Quantities without what is not known, and how often it is."""
    found: dict[str, np.ndarray] = {}
    for name, array in values.items():
        there = ~np.isnan(array)
        if not there.all():
            found[f"{name} is known"] = there.astype(np.float64)
        if there.sum() > 1:
            found[name] = array[there]
    return found
