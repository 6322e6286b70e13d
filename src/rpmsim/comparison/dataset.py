"""A comparison as a labelled dataset, for Python."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from rpmsim.analysis import dictionary
from rpmsim.comparison.cases import cases_of, common_settings
from rpmsim.comparison.compare import Comparison, Parts, Progress, compare_cases
from rpmsim.comparison.document import document_of
from rpmsim.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr


def compare(
    baseline: Scenario | str | os.PathLike[str],
    *others: Scenario | str | os.PathLike[str],
    replications: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    bridge: bool = True,
    binds: bool = True,
    variance: bool = True,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Compare scenarios with a baseline, on common random numbers.

    Parameters
    ----------
    baseline, *others : Scenario or path
        Scenarios; a path is that of a scenario file, of a stored forecast, or of the folder that holds one.
    replications, seed : int, optional
        Of every scenario. Default: those of the stored forecasts, or else 1,000 and 20270101.
    threads : int, optional
        Threads; default: processors. The result does not depend on it.
    bridge, binds, variance : bool
        Whether to divide each difference among the changes that make it, to find what limits each scenario, and where
        the width of the baseline's band comes from.
    progress : callable, optional
        Gets how many runs are done, of how many, and what is simulated next.

    Returns
    -------
    xarray.Dataset
        Each metric of the whole cycle as scenario x replication x period, in its unit, and its total as
        ``<metric>_total`` (scenario x replication). ``bridge`` (bar x replication) are the parts of the differences in
        the headline metric's total, with ``bar_scenario`` and ``bar_lever``; they sum to the difference in each
        replication.
        ``gain`` (step x replication) is what one more person or 1% more leads gain, with ``step_scenario``,
        ``step_kind`` and ``step_name``. ``variance_share`` and its Monte Carlo ``variance_share_error`` are by
        ``source``. The attribute ``document`` is what ``rpmsim compare --json`` prints.

    Raises
    ------
    InputError
        A scenario is wrong, or they cannot be compared: the message says why, and what to do.

    Examples
    --------
    >>> found = rpmsim.compare("scenarios/base.yaml", "scenarios/hire_two_sdrs.yaml", replications=500)
    >>> total = found["bookings_total"]
    >>> (total - total.sel(scenario=found.attrs["baseline"])).quantile([0.1, 0.5, 0.9], "replication")
    """
    cases = cases_of([baseline, *others])
    settings = common_settings(cases, replications, seed, None, threads)
    with ExitStack() as stack:
        comparison = compare_cases(cases, settings, Parts(bridge, binds, variance), stack, None, progress)
        return dataset_of(comparison)


def dataset_of(comparison: Comparison) -> xr.Dataset:
    """The labelled dataset of a comparison; see :func:`compare`."""
    import xarray as xr

    document = document_of(comparison)
    names = [case.name for case in comparison.cases]
    variables: dict[str, Any] = {}
    same: Any = {"coords": "minimal", "compat": "override", "combine_attrs": "override"}
    for name in document["metrics"]:
        both = [dictionary.METRICS[name].both(forecast) for forecast in comparison.forecasts]
        for key, arrays in ((name, [one for one, _ in both]), (f"{name}_total", [total for _, total in both])):
            variables[key] = xr.concat(arrays, "scenario", **same)
    first = comparison.forecasts[0]
    periods: dict[Any, Any] = {name: first[name] for name in ("period_last", "period_label")}
    dataset = xr.Dataset({key: array.reset_coords(drop=True) for key, array in variables.items()})
    dataset = dataset.assign_coords(periods | {"scenario": names})
    dataset = dataset.assign(_bridges(comparison)).assign(_gains(comparison)).assign(_shares(comparison))
    headline = {"headline": comparison.metric.name, "currency": document["currency"]}
    return dataset.assign_attrs(baseline=names[0], **headline, document=json.dumps(document))


def _bridges(comparison: Comparison) -> dict[str, Any]:
    """Parts of the differences."""
    bars = [
        (name, lever.title, part.sum(axis=1))
        for name, found in comparison.bridges.items()
        for lever, part in zip(comparison.levers[name], found.parts, strict=True)
    ]
    if not bars:
        return {}
    return {
        "bridge": (("bar", "replication"), np.stack([part for *_, part in bars])),
        "bar_scenario": ("bar", [name for name, *_ in bars]),
        "bar_lever": ("bar", [title for _, title, _ in bars]),
    }


def _gains(comparison: Comparison) -> dict[str, Any]:
    """What a little more of something gains; of fewer replications than the comparison, the others are missing."""
    steps = [(name, step) for name, found in comparison.bindings.items() for step in found.steps]
    if not steps:
        return {}
    gains = np.full((len(steps), comparison.settings.replications), np.nan)
    for row, (_, step) in zip(gains, steps, strict=True):
        row[: len(step.total)] = step.total
    return {
        "gain": (("step", "replication"), gains),
        "step_scenario": ("step", [name for name, _ in steps]),
        "step_kind": ("step", [step.kind for _, step in steps]),
        "step_name": ("step", [step.name for _, step in steps]),
    }


def _shares(comparison: Comparison) -> dict[str, Any]:
    """Where the baseline's band comes from."""
    if comparison.variance is None:
        return {}
    shares = comparison.variance.sources
    return {
        "source": [share.name for share in shares],
        "variance_share": ("source", [share.share for share in shares]),
        "variance_share_error": ("source", [share.mc_error for share in shares]),
    }
