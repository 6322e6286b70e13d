"""How well calibrations find the truth: many companies with a known one, scored and pooled.

    python -m benchmarks.worlds -n 200 --jobs 2

Runs from the project's root. Each world is kept under `out/worlds/`, by the state of the code that scored it, so that
an interrupted run goes on where it was. The table is written to `benchmarks/results/worlds.md`, with its numbers in
`worlds.json`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kept_worlds import RESULTS, over_worlds
from tests.worlds.coverage import BOUNDS, Pooled, bias, by_kind, coverage, crps, lean, ratio, uniformity, width
from tests.worlds.fits import FORECASTERS
from tests.worlds.judge import Row, judge
from tests.worlds.world import random_world

ABOUT = """\
# Calibrations of companies with a known truth

Written by `python -m benchmarks.worlds`: {worlds} random companies (`tests/worlds`), each simulated, exported as a CRM
would, calibrated, and compared with the truth. Pooled over all quantities, {covered} of the 80% intervals hold the
truth; the bounds are {low} and {high}. After ± is one standard error, with a company as the unit. *Bias* is relative to
the truth, *lean* the mean rank of the truth among the draws less 50 points. *Plug-in* is the same calibration without
uncertainty of the parameters, *known* the model of somebody who knows all parameters and starts from the same open
records: width and CRPS (lower is better) are relative to those of the calibration.

| quantity | n | 80% | 50% | 90% | bias | lean | plug-in: 80% | width | CRPS | known: 80% | width | CRPS |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""
SPLIT = """
{kind}:

| worlds | with: n | 80% | lean | bias | without: n | 80% | lean | bias |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""


def main() -> None:
    options = _options()
    names, ahead = tuple(options.forecasters), not options.parameters
    done, failed = over_worlds(
        partial(_scored, names, ahead=ahead),
        range(options.first, options.first + options.n),
        f"worlds/{'-'.join(names)}-{'all' if ahead else 'parameters'}",
        options.jobs,
    )
    by_forecaster = {
        name: [Row(**row) for rows in done.values() for row in rows[name] if row["what"].startswith(options.only)]
        for name in names
    }
    document = summary(by_forecaster, len(done), failed)
    text = page(document)
    print(text + (split_page(by_forecaster[options.forecasters[0]], options.split) if options.split else ""))
    if not (options.only or options.parameters) and options.forecasters == list(FORECASTERS):
        (RESULTS / "worlds.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "worlds.md").write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worlds", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=200, help="number of worlds")
    parser.add_argument(
        "--first", type=int, default=1_000, help="number of the first one; the tests use those below 1,000"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="kinds of quantities that begin with this; nothing is written")
    parser.add_argument("--split", default="", help="show kinds that begin with this also by what worlds have")
    parser.add_argument("--parameters", action="store_true", help="do not look at the days after; nothing is written")
    parser.add_argument(
        "--forecasters",
        nargs="+",
        choices=list(FORECASTERS),
        default=list(FORECASTERS),
        help="the first one is shown, the others beside it",
    )
    return parser.parse_args()


def _scored(names: Sequence[str], number: int, *, ahead: bool) -> dict[str, list[dict[str, Any]]]:
    """Rows of a world by forecaster."""
    with tempfile.TemporaryDirectory() as folder:
        rows = judge(random_world(number), Path(folder), {name: FORECASTERS[name] for name in names}, ahead=ahead)
    return {name: [row.as_dict() for row in of] for name, of in rows.items()}


def summary(by_forecaster: dict[str, list[Row]], worlds: int, failed: dict[int, str]) -> dict[str, Any]:
    """All numbers of the page."""
    rows = next(iter(by_forecaster.values()))
    kinds = {"all quantities": rows, **by_kind(rows)}
    return {
        "worlds": worlds,
        "failed": failed,
        "kinds": {name: _numbers(of_kind, by_forecaster) for name, of_kind in kinds.items()},
    }


def _numbers(rows: list[Row], by_forecaster: dict[str, list[Row]]) -> dict[str, Any]:
    about = {row.what for row in rows}
    result: dict[str, Any] = {
        "quantities": len(rows),
        "worlds": len({row.world for row in rows}),
        **{f"coverage_{level}": coverage(rows, level / 100)._asdict() for level in (50, 80, 90)},
        "bias": bias(rows)._asdict(),
        "lean": lean(rows)._asdict(),
        "p_uniform": uniformity(rows),
    }
    for name, others in list(by_forecaster.items())[1:]:
        same = [row for row in others if row.what in about]
        if same:
            result[name] = {
                "coverage_80": coverage(same)._asdict(),
                "width": ratio(same, rows, width),
                "crps": ratio(same, rows, crps),
            }
    return result


def page(document: dict[str, Any]) -> str:
    """The table as a page."""
    low, high = BOUNDS
    all_of_them = document["kinds"]["all quantities"]["coverage_80"]
    text = ABOUT.format(
        worlds=document["worlds"], covered=_percent(all_of_them), low=f"{100 * low:.0f}%", high=f"{100 * high:.0f}%"
    )
    for name, numbers in document["kinds"].items():
        cells = [str(numbers["quantities"]), *(_percent(numbers[f"coverage_{level}"]) for level in (80, 50, 90))]
        cells += [
            "" if name == "all quantities" else _percent(numbers["bias"], sign="+"),
            _percent(numbers["lean"], sign="+"),
        ]
        for other in ("plug-in", "known"):
            of = numbers.get(other)
            show = of is not None and name != "all quantities"
            cells += (
                [_percent(of["coverage_80"]), f"x{of['width']:.2f}", f"x{of['crps']:.2f}"] if show else ["", "", ""]
            )
        text += f"| {name} | {' | '.join(cells)} |\n"
    if document["failed"]:
        text += "\nNot calibrated:\n\n" + "".join(f"- world {n}: {what}\n" for n, what in document["failed"].items())
    return text


def split_page(rows: Iterable[Row], kind: str) -> str:
    """Coverage and lean of worlds that have something, and of those that do not."""
    some = [row for row in rows if row.what.startswith(kind)]
    features = {number: random_world(number).features for number in {row.world for row in some}}
    names = dict.fromkeys(name for of in features.values() for name in of)
    text = SPLIT.format(kind=kind)
    for name in names:
        cells = []
        for has in (True, False):
            of = [row for row in some if features[row.world].get(name, False) is has]
            cells += [str(len(of)), _percent(coverage(of)), _percent(lean(of), sign="+"), _percent(bias(of), sign="+")]
        text += f"| {name} | {' | '.join(cells)} |\n"
    return text


def _percent(value: Pooled | dict[str, float], sign: str = "") -> str:
    mean, error = value.values() if isinstance(value, dict) else value
    return "" if mean != mean else f"{100 * mean:{sign}.0f}%±{100 * error:.0f}"


if __name__ == "__main__":
    main()
