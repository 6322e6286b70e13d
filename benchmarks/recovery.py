"""A calibration of a company whose numbers are known: each parameter's 95% interval against the truth, as a chart.

    python -m benchmarks.recovery -n 20

Runs from the project's root. It simulates `benchmarks/recovery.yaml` under so many random seeds, and exports 18 months
of each as a CRM would. The chart shows the first; how many intervals of all of them hold the truth is written with it
to `benchmarks/results/recovery.json`. The chart is `docs/recovery.svg`, which docs/background/calibration.md shows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ruamel.yaml import YAML

import rpmsim
from rpmsim.calibration import calibrate
from rpmsim.report import canvas
from rpmsim.report.canvas import Chart
from rpmsim.report.compare_axes import TEXT, beside
from rpmsim.report.panels import Words, head_and_foot, quiet
from tests.worlds.numbers import Key, numbers_of
from tests.worlds.past import make_past
from tests.worlds.world import World

TOP = Path(__file__).parents[1]
PLAN = TOP / "benchmarks" / "recovery.yaml"
FROM, AS_OF = dt.date(2026, 4, 1), dt.date(2027, 9, 30)
DRAWS = 1_000
LEVEL = 0.95
KINDS = {
    "share": "share",
    "share by class": "share",
    "median days": "median time",
    "level": "leads",
    "dispersion": "dispersion of leads",
    "drift sigma": "drift of leads",
    "amount mean": "mean amount",
    "amount median": "median amount",
    "pace sigma": "pace",
    "shock sigma": "shock",
}
"""Kinds of quantities in the order of the chart, and what the chart calls them."""

ROW, HEAD, FOOT = 0.27, 1.75, 0.85
"""Inches of a row, and of what is above and below the rows."""


class Recovered(NamedTuple):
    """One parameter: the truth, and what the draws of a calibration say of it."""

    name: str
    unit: str
    truth: float
    low: float
    middle: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high


def recover(seed: int) -> tuple[list[Recovered], int]:
    """Simulate, export, calibrate; the parameters, and the number of records in the export."""
    tree = YAML(typ="safe").load(PLAN.read_text(encoding="utf-8"))
    first = dt.date.fromisoformat(str(tree["as_of"])) + dt.timedelta(1)
    world = World(seed, tree, first, FROM, AS_OF, "window", False, "events", {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        past = make_past(world, folder)
        with rpmsim.open_history(past.history) as history:
            calibrate(history, seed=seed, draws=DRAWS).write(folder)
        fitted = numbers_of(rpmsim.load_scenario(folder / "model.yaml").model, past, DRAWS)
    truth = numbers_of(world.scenario.model, past, 1)
    edges = (1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2
    rows = [
        Recovered(_name(key), key.what, float(truth[key][0]), *(float(q) for q in np.quantile(fitted[key], edges)))
        for key in sorted(fitted, key=_place)
        if key.what in KINDS and key in truth and truth[key][0] > 0 and np.ptp(fitted[key]) > 0
        if _is_stated(key, tree)
    ]
    return rows, past.records


def _is_stated(key: Key, tree: dict[str, Any]) -> bool:
    """Whether the plan states the quantity: of a share by class not those of all, or of other classes."""
    if not key.what.startswith("share"):
        return True
    stage, outcome = key.where.split(" to ")
    share = tree["stages"][stage]["to"][outcome]["share"]
    return key.of in share if isinstance(share, dict) else key.of == "all"


def _place(key: Key) -> int:
    return list(KINDS).index(key.what) if key.what in KINDS else len(KINDS)


def _name(key: Key) -> str:
    where = f"{key.where}, {key.of}" if key.of != "all" else key.where
    return f"{where}: {KINDS.get(key.what, key.what)}"


def said(row: Recovered, *values: float) -> str:
    """A value, or an interval, with its unit."""
    if row.unit in ("share", "share by class", "pace sigma", "shock sigma", "drift sigma"):
        return " to ".join(f"{value:.1%}" for value in values)
    if row.unit.startswith("amount"):
        return " to ".join(f"${value:,.0f}" for value in values)
    if row.unit == "median days":
        return " to ".join(f"{value:.1f}" for value in values) + " days"
    if row.unit == "level":
        return " to ".join(f"{7 * value:.1f}" for value in values) + " a week"
    return " to ".join(f"{value:.3f}" for value in values)


def chart(companies: list[tuple[list[Recovered], int]]) -> Chart:
    """Intervals of the first company relative to the truth, one row each."""
    (rows, records), every = companies[0], held_by(companies)["all parameters"]
    words = Words(
        "A calibration against the truth",
        f"{sum(every) / len(every):.0%} of {len(every)} intervals of 95% from {len(companies)} companies hold the true "
        "value; here is the first company",
        "Dot: median.  Bar: 95% interval.  Line at 1: the truth.  Orange: the interval misses it.",
        f"A simulated company, {records:,} records of 18 months, {DRAWS:,} parameter draws. benchmarks/recovery.py",
    )
    height = HEAD + ROW * len(rows) + FOOT
    with canvas.sheet(height) as figure:
        head_and_foot(figure, words)
        axes = figure.add_axes((0.29, FOOT / height, 0.42, ROW * len(rows) / height))
        for i, row in enumerate(rows):
            low, middle, high = (value / row.truth for value in (row.low, row.middle, row.high))
            axes.barh(i, high - low, 0.5, low, color=canvas.INNER if row.inside else canvas.TARGET)
            axes.plot([middle], [i], "o", color=canvas.MIDDLE, markersize=5)
            beside(axes, 68, i, said(row, row.truth), fontweight="bold", color=canvas.MIDDLE)
            beside(axes, 195, i, said(row, row.low, row.high))
        for points, text in ((68, "truth"), (195, "95% interval")):
            axes.annotate(text, (1, 1), (points, 4), xycoords="axes fraction", textcoords="offset points", ha="right",
                          fontsize=9, color=canvas.QUIET, annotation_clip=False)  # fmt: skip
        axes.axvline(1.0, color=canvas.INK, linewidth=1.0, zorder=3)
        axes.set_xscale("log")
        ticks = [t for t in (0.1, 0.25, 0.5, 1, 2, 4, 10) if _least(rows) <= t <= _most(rows)]
        axes.set_xticks(ticks, [f"x{t:g}" for t in ticks])
        axes.minorticks_off()
        axes.set_xlim(_least(rows), _most(rows))
        axes.set_yticks(range(len(rows)), [row.name for row in rows], **TEXT)
        quiet(axes)
        axes.grid(visible=False, axis="y")
        axes.grid(axis="x", color=canvas.LINE, linewidth=0.6)
        axes.tick_params(axis="y", labelsize=9, labelcolor=canvas.INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        return canvas.render(figure, words.title, words[1])


def _least(rows: list[Recovered]) -> float:
    return 0.9 * max(min(row.low / row.truth for row in rows), 0.1)


def _most(rows: list[Recovered]) -> float:
    return 1.1 * min(max(row.high / row.truth for row in rows), 10.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/recovery.py", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=22, help="of the first company, which the chart shows")
    parser.add_argument("-n", type=int, default=20, help="number of companies")
    parser.add_argument("--png", type=Path, help="also write the chart as PNG, to look at it")
    options = parser.parse_args()
    companies = [recover(options.seed + i) for i in range(options.n)]
    rows, records = companies[0]
    drawn = chart(companies)
    (TOP / "docs" / "recovery.svg").write_text(drawn.svg, encoding="utf-8", newline="\n")
    document = {
        "seed": options.seed,
        "records": records,
        "parameters": [row._asdict() for row in rows],
        "companies": options.n,
        "inside": {name: [sum(held), len(held)] for name, held in held_by(companies).items()},
    }
    results = TOP / "benchmarks" / "results" / "recovery.json"
    results.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if options.png:
        options.png.write_bytes(drawn.png)
    print(*(f"{name:45} {sum(held):4} of {len(held):4}" for name, held in held_by(companies).items()), sep="\n")


def held_by(companies: list[tuple[list[Recovered], int]]) -> dict[str, list[bool]]:
    """By parameter, and for all of them, whether the interval of each company holds the truth."""
    held: dict[str, list[bool]] = {"all parameters": []}
    for rows, _ in companies:
        for row in rows:
            held["all parameters"].append(row.inside)
            held.setdefault(row.name, []).append(row.inside)
    return held


if __name__ == "__main__":
    main()
