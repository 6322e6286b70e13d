"""The scenarios of a comparison: where they come from, what they are called, and whether they can be compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rpmsim import __version__
from rpmsim.comparison.runs import Settings
from rpmsim.dataset import open_file, provenance
from rpmsim.engine import DEFAULT_SEED
from rpmsim.engine.given import Given, given_in
from rpmsim.errors import Diagnostic, InputError
from rpmsim.model.calendar import Period, periods
from rpmsim.model.plan import Model
from rpmsim.scenario import Scenario

DEFAULT_REPLICATIONS = 1000
LEAST_REPLICATIONS = 2
MOST_CASES = 20


@dataclass(frozen=True)
class Case:
    """One scenario of a comparison.

    Parameters
    ----------
    name : str
        What it is called; no two of a comparison are called the same.
    place : str
        Where it comes from, for messages.
    scenario : Scenario
    forecast : Path or None
        A stored forecast of it, which is then not simulated again.
    """

    name: str
    place: str
    scenario: Scenario
    forecast: Path | None = None


def cases_of(given: Sequence[Scenario | Given | str | os.PathLike[str]]) -> list[Case]:
    """The scenarios of a comparison, in their order.

    Parameters
    ----------
    given : sequence of Scenario, Given or path
        A path is that of a scenario file, of a stored forecast, or of the folder that holds one.

    Raises
    ------
    InputError
        A file is wrong, or there are too few or too many.
    """
    if not 2 <= len(given) <= MOST_CASES:
        message = f"{len(given)} scenario{'' if len(given) == 1 else 's'} given"
        fix = f"give the baseline and 1 to {MOST_CASES - 1} others, or one file and a --set for each variant"
        raise InputError([Diagnostic("compare", None, None, "", message, fix)])
    found = []
    for item in given:
        one = item if isinstance(item, Given | Scenario) else given_in(Path(item))
        scenario = one if isinstance(one, Scenario) else one.scenario
        forecast = None if isinstance(one, Scenario) else one.forecast
        name, place = _name(scenario, one), str(forecast or scenario.path or scenario.name)
        if forecast is None and scenario.overrides:
            place = f"{place} with {name}"
        found.append(Case(name, place, scenario, forecast))
    return _distinguished(found)


def _name(scenario: Scenario, given: Scenario | Given) -> str:
    overrides = scenario.overrides or (given.overrides if isinstance(given, Given) else {})
    return ", ".join(f"{path}={value}" for path, value in overrides.items()) or scenario.model.label or scenario.name


def _distinguished(found: list[Case]) -> list[Case]:
    """Scenarios of one name get the name of their file behind it, and where that is the same, too, a number."""
    found = _renamed(found, lambda _, case: f"{case.name} [{Path(case.forecast or case.scenario.path or '').stem}]")
    while len({case.name for case in found}) < len(found):
        found = _renamed(found, lambda i, case: f"{case.name} ({i + 1})")
    return found


def _renamed(found: list[Case], name_of: Callable[[int, Case], str]) -> list[Case]:
    """The scenarios; those that share a name get another one."""
    names = [case.name for case in found]
    return [
        replace(case, name=name_of(i, case)) if names.count(case.name) > 1 else case for i, case in enumerate(found)
    ]


def common_settings(
    cases: Sequence[Case], replications: int | None, seed: int | None, draws: int | None, threads: int | None
) -> Settings:
    """What all runs have in common, once it is known that the scenarios can be compared.

    Stored forecasts say how the others are to be simulated; what is stated must be as they say.

    Raises
    ------
    InputError
        With every reason for which they cannot be compared, and what to do about it.
    """
    diagnostics = [diagnostic for case in cases[1:] for diagnostic in _other_plan(cases[0], case)]
    stored = {case.place: _stored_run(case) for case in cases if case.forecast is not None}
    for place, own in stored.items():
        if own["first"]:
            message = f"its replications begin with number {own['first']}"
            diagnostics.append(Diagnostic(place, None, None, "", message, "run it without `first`"))
        if own["version"] != __version__:
            message = f"was made by rpmsim {own['version'] or '?'}, and this is {__version__}: the numbers may differ"
            diagnostics.append(Diagnostic(place, None, None, "", message, "run its scenario again"))
    stated = {"replications": replications, "seed": seed, "draws": draws}
    settings: dict[str, int | None] = {"replications": DEFAULT_REPLICATIONS, "seed": DEFAULT_SEED, "draws": None}
    words = {"seed": "random seed", "replications": "number of replications", "draws": "number of draws"}
    for key, word in words.items():
        values = {place: own[key] for place, own in stored.items() if key != "draws" or own["ranged"]}
        asked = stated[key]
        if asked is not None:
            values["the command"] = asked
        if len(set(values.values())) > 1:
            said = ", ".join(f"{value} in {place}" for place, value in values.items())
            fix = "run the scenario files again with one of them, or compare the scenario files"
            diagnostics.append(Diagnostic(next(iter(values)), None, None, "", f"another {word}: {said}", fix))
        settings[key] = next(iter(values.values()), settings[key])
    if settings["replications"] is not None and settings["replications"] < LEAST_REPLICATIONS:
        message = f"too few replications: {settings['replications']}"
        diagnostics.append(
            Diagnostic(
                next(iter(stored), "compare"),
                None,
                None,
                "",
                message,
                f"use at least {LEAST_REPLICATIONS}, which have a band and an error",
            )
        )
    if diagnostics:
        raise InputError(diagnostics)
    assert settings["replications"] is not None
    assert settings["seed"] is not None
    return Settings(settings["replications"], settings["seed"], settings["draws"], threads)


def _stored_run(case: Case) -> dict[str, Any]:
    """Settings of the run of a stored forecast."""
    assert case.forecast is not None
    with open_file(case.forecast) as stored:
        document = provenance(stored)
        ranged = stored.sizes.get("parameter", 0) > 0
    return document["run"] | {"version": document.get("version"), "ranged": ranged}


def _other_plan(baseline: Case, case: Case) -> list[Diagnostic]:
    """What keeps a scenario from being compared with the baseline."""
    one, other = baseline.scenario.model, case.scenario.model
    diagnostics = []
    for key, word, path, more in (
        ("as_of", "another last day of the data", "as_of", ""),
        ("until", "another end", "until", ""),
        ("currency", "another currency", "report.currency", ", and the `rates`"),
        ("period", "other reporting periods", "report.period", ""),
    ):
        wanted, has = getattr(one, key), getattr(other, key)
        if wanted != has:
            message = f"{word} than {baseline.place}: {has}, not {wanted}"
            fix = f"compare a what-if that extends it and states `{path}: {wanted}`{more}"
            if case.forecast is not None:
                fix = f"run its scenario again with --set {path}={wanted}{more}"
            elif path in case.scenario.overrides:
                fix = f"leave {path} out of the --set"
            diagnostics.append(Diagnostic(case.place, None, None, key, message, fix))
    if not diagnostics and _periods(one) != _periods(other):
        message = f"another fiscal year, and so other reporting periods, than {baseline.place}"
        fix = "state the same fiscal year in its `calendar`, or report both by `report: {period: month}`"
        diagnostics.append(Diagnostic(case.place, None, None, "calendar", message, fix))
    return diagnostics


def _periods(model: Model) -> tuple[Period, ...]:
    return periods(model.first_day, model.until, model.period, model.calendar)
