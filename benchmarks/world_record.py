"""What the track record of `rpmsim.backtest` says in companies with a known truth: do bands hold?

    python -m benchmarks.world_record -n 120 --jobs 2

Runs from the project's root. Each world is kept under `out/world_record/`, by the state of the code that made it, so
that an interrupted run goes on where it was. The table is written to `benchmarks/results/world_record.md`, with its
numbers in `world_record.json`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept_worlds import RESULTS, over_worlds
from rpmsim import open_history
from tests.worlds.coverage import Pooled, bias, coverage, crps, lean, ratio, smooth_test, width
from tests.worlds.past import make_past
from tests.worlds.record import DAYS, ENDS, TARGETS, SpanRow, backtested, held, held_less
from tests.worlds.world import random_world

BOUNDS = (0.76, 0.84)
"""Between which 80% bands must cover."""
SPANS = 3
REPLICATIONS = 1_000
HORIZONS = (14, 28)
HEADLINE = f"all, {DAYS} days"
FORECASTERS = ("draws", "plug-in")
BINS = 10
SIZES = (3.0, 10.0, 30.0, 100.0)
"""Forecast totals that separate small from large ones."""

ABOUT = """\
# The record of backtests in companies with a known truth

Written by `python -m benchmarks.world_record`: {worlds} random companies (`tests/worlds`), each simulated and exported
as a CRM would, and each export backtested by `rpmsim.backtest` over its last {spans} separate spans of {days} days,
once with parameter draws and once with best estimates in their place (plug-in). After ± is one standard error, with a
company as the unit: what a fit gets wrong of a company, it may get wrong in all of its spans.

In {forecasts} forecasts of {days} days ({targets}), the 80% bands of forecasts with parameter
draws hold {covered} of what came; the aim is {low} to {high}. By PIT, see below, it is {by_pit}. The plug-in bands hold
{plug_in} (by PIT {plug_in_by_pit}), which is {less} points less, and are narrower by {narrower}. An export that does
not say since when it knew amounts has no forecasts of bookings.

*Bands* count as a backtest does: both ends belong to the band, so that bands of small counts hold more often than they
say even if the forecast is exactly right. *By PIT* is the same with randomized PIT values, which are uniform for any
counts if the forecast is right; *p* is that of a test of uniform PIT values (Neyman's smooth test, 4 components,
companies as units), *lean* the mean PIT value less 50 points. *Width* (of 80% bands) and *CRPS* are sums over forecasts
relative to the sum of what came; *width x* and *CRPS x* are geometric means of their ratios to those with draws.

| target | forecast | n | 50% | 80% | 90% | 80% by PIT | lean | p | bias | width | CRPS | width x | CRPS x |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""
PIT = """
Share of PIT values in each tenth of 0 to 1, {days} days ahead (10% each if forecasts are right; the standard error of
a share is about {error} points for one target):

| target | forecast | {bins} |
|---|---|{rule}|
"""
SPLIT = """
With draws, {days} days ahead, by what may matter: number of forecasts, 80% by PIT, and lean. Large deviations of a few
among many numbers are to be expected.

| | wins: n | 80% | lean | bookings: n | 80% | lean | leads: n | 80% | lean |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""

By = dict[str, list[SpanRow]]
"""Rows by forecaster."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world_record", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=120, help="number of worlds")
    parser.add_argument("--first", type=int, default=1_000, help="number of the first one; tests use those below 1,000")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    done, failed = over_worlds(
        partial(_scored, SPANS), range(options.first, options.first + options.n), f"world_record/{SPANS}", options.jobs
    )
    by: By = {name: [SpanRow(**row) for rows in done.values() for row in rows[name]] for name in FORECASTERS}
    document = summary(by, failed)
    text = page(document)
    print(text)
    (RESULTS / "world_record.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "world_record.md").write_text(text, encoding="utf-8")


def _scored(spans: int, number: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of a world by forecaster."""
    world = random_world(number)
    with tempfile.TemporaryDirectory() as folder, open_history(make_past(world, Path(folder)).history) as history:
        found = {
            name: backtested(
                world, history, spans, plug_in=name == "plug-in", replications=REPLICATIONS, horizons=HORIZONS
            )
            for name in FORECASTERS
        }
    return {name: [row.as_dict() for row in rows] for name, rows in found.items()}


def summary(by: By, failed: dict[int, str]) -> dict[str, Any]:
    """All numbers of the page."""
    draws = by["draws"]
    kinds = [f"{target} {days} days" for days in reversed(HORIZONS) for target in TARGETS]
    groups = {HEADLINE: [kind for kind in kinds if kind.endswith(f" {DAYS} days")], **{kind: [kind] for kind in kinds}}
    return {
        "worlds": len({row.world for row in draws}),
        "spans": SPANS,
        "replications": REPLICATIONS,
        "failed": failed,
        "targets": {
            name: _of_group({of: [row for row in rows if row.what in group] for of, rows in by.items()})
            for name, group in groups.items()
        },
        "by": _by_part([row for row in draws if row.what.endswith(f" {DAYS} days")]),
    }


def _by_part(rows: list[SpanRow]) -> dict[str, dict[str, Any]]:
    """Numbers of each part of the forecasts, by target."""
    parts: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        for name, of in _parts([row for row in rows if row.what.startswith(target)]):
            parts.setdefault(name, {})
            if of:
                parts[name][target] = _held(of)
    return {name: of for name, of in parts.items() if of}


def _of_group(by: By) -> dict[str, Any]:
    """Numbers of a target, or of several together, by forecaster."""
    draws = by["draws"]
    return {
        name: {
            **_held(rows),
            "coverage": {str(level): held(rows, level)._asdict() for level in ENDS},
            "less_than_draws": held_less(draws, rows)._asdict(),
            "p_uniform": smooth_test(rows),
            "pit": (np.histogram([row.rank for row in rows], BINS, (0.0, 1.0))[0] / len(rows)).tolist(),
            "width": _relative(rows, width),
            "crps": _relative(rows, crps),
            "width_ratio": ratio(rows, draws, width),
            "crps_ratio": ratio(rows, draws, crps),
        }
        for name, rows in by.items()
    }


def _held(rows: list[SpanRow]) -> dict[str, Any]:
    return {
        "forecasts": len(rows),
        "worlds": len({row.world for row in rows}),
        "held_80": held(rows)._asdict(),
        "by_pit_80": coverage(rows)._asdict(),
        "lean": lean(rows)._asdict(),
        "bias": bias(rows)._asdict(),
    }


def _relative(rows: list[SpanRow], value: Callable[[SpanRow], float]) -> float:
    return sum(value(row) for row in rows) / sum(row.truth for row in rows)


def _parts(rows: list[SpanRow]) -> Iterator[tuple[str, list[SpanRow]]]:
    """Rows by place of the span, size of the forecast, kind of export, and what the world has."""
    for place in range(1, SPANS + 1):
        ago = "last span" if place == 1 else f"span {place} from the end"
        yield ago, [row for row in rows if row.place == place]
    if not rows[0].what.startswith("bookings"):  # a count
        for low, high in pairwise((0.0, *SIZES, np.inf)):
            name = f"{low:.0f} to {high:.0f} forecast" if high < np.inf else f"{low:.0f} or more forecast"
            yield name, [row for row in rows if low <= row.mean < high]
    worlds = {row.world: _features(row.world) for row in rows}
    for name in dict.fromkeys(name for of in worlds.values() for name in of):
        shown = name.replace("no losses", "unrecorded losses")
        yield f"with {shown}", [row for row in rows if worlds[row.world].get(name)]
        yield f"without {shown}", [row for row in rows if not worlds[row.world].get(name)]


@cache
def _features(number: int) -> dict[str, bool]:
    return random_world(number).features


def page(document: dict[str, Any]) -> str:
    """The tables as a page."""
    first = document["targets"][HEADLINE]
    text = ABOUT.format(
        worlds=document["worlds"],
        spans=document["spans"],
        days=DAYS,
        forecasts=first["draws"]["forecasts"],
        targets=", ".join(
            f"{document['targets'][f'{target} {DAYS} days']['draws']['forecasts']} of {target}" for target in TARGETS
        ),
        covered=_percent(first["draws"]["held_80"], digits=1),
        low=f"{100 * BOUNDS[0]:.0f}%",
        high=f"{100 * BOUNDS[1]:.0f}%",
        by_pit=_percent(first["draws"]["by_pit_80"], digits=1),
        plug_in_by_pit=_percent(first["plug-in"]["by_pit_80"], digits=1),
        narrower=f"{100 * (1.0 - first['plug-in']['width_ratio']):.0f}%",
        plug_in=_percent(first["plug-in"]["held_80"], digits=1),
        less=_percent(first["plug-in"]["less_than_draws"], digits=1).replace("%", ""),
    )
    for target, by in document["targets"].items():
        for name, of in by.items():
            pooled_units = target == HEADLINE
            cells = [
                str(of["forecasts"]), *(_percent(of["coverage"][str(level)]) for level in ENDS),
                _percent(of["by_pit_80"]), _percent(of["lean"], "+"), f"{of['p_uniform']:.2g}",
                *([""] * 3 if pooled_units else [_percent(of["bias"], "+"), f"{of['width']:.3f}", f"{of['crps']:.4f}"]),
                *(f"{of[key]:.3f}" if name != "draws" else "" for key in ("width_ratio", "crps_ratio")),
            ]  # fmt: skip
            text += f"| {target} | {name} | {' | '.join(cells)} |\n"
    wins = document["targets"][f"wins {DAYS} days"]["draws"]["forecasts"]
    text += PIT.format(
        days=DAYS,
        error=f"{100 * (0.09 / wins) ** 0.5:.1f}",
        bins=" | ".join(f"{10 * k} to {10 * k + 10}" for k in range(BINS)),
        rule="|".join(["---:"] * BINS),
    )
    for target, by in document["targets"].items():
        if target.endswith(f" {DAYS} days"):
            for name, of in by.items():
                text += f"| {target} | {name} | {' | '.join(f'{100 * share:.0f}%' for share in of['pit'])} |\n"
    text += SPLIT.format(days=DAYS)
    for name, of_targets in document["by"].items():
        cells = []
        for target in TARGETS:
            of = of_targets.get(target)
            cells += [str(of["forecasts"]), _percent(of["by_pit_80"]), _percent(of["lean"], "+")] if of else [""] * 3
        text += f"| {name} | {' | '.join(cells)} |\n"
    if document["failed"]:
        text += "\nNot backtested:\n\n" + "".join(f"- world {n}: {what}\n" for n, what in document["failed"].items())
    return text


def _percent(value: Pooled | dict[str, float], sign: str = "", digits: int = 0) -> str:
    mean, error = value.values() if isinstance(value, dict) else value
    return "" if mean != mean else f"{100 * mean:{sign}.{digits}f}%±{100 * error:.{digits}f}"


if __name__ == "__main__":
    main()
