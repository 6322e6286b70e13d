"""Where the error of forecasts on real histories comes from: parts of the model held at what came.

    python -m benchmarks.error_budget [--data FOLDER] [--every 7]

From each past day, wins are forecast four times: as a backtest does; with the level of arrivals of each channel that
came; with shares and times of a model that also knows the 28 days to come; and with both. What the CRPS falls by is the
part of the error that comes from not knowing these. Writes benchmarks/results/error_budget.json and error_budget.md.
Needs the real histories in a folder beside the checkout, as benchmarks/calibration.py does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import rpmsim
from benchmarks import real_histories
from rpmsim import scores
from rpmsim.backtesting.forecast import model_at, totals
from rpmsim.backtesting.observed import Observed
from rpmsim.backtesting.origins import planned
from rpmsim.backtesting.settings import Settings
from rpmsim.backtesting.targets import Target, members_of
from rpmsim.model.number import Number
from rpmsim.model.plan import Model

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
HISTORIES = ("bpic2012", "olist")
HORIZONS = (14, 28)
REPLICATIONS = 1000
WINS = Target("wins")
HELD = {
    "as a backtest": "nothing is known of later days",
    "arrivals": "each channel gets the number of new leads that came, evenly but for weekdays",
    "shares and times": "fitted with the 28 days to come, half-lives as chosen then",
    "both": "",
}


def with_arrivals(model: Model, whole: Observed, known: Observed, origin: dt.date, days: int) -> Model:
    """The model in which every channel brings as many leads as came."""
    channels = []
    for channel in model.content.channels:
        target = Target("leads", kind="channels", member=channel.name)
        members = members_of(known.evidence.records, target, known.evidence.channels.names)
        came = whole.total(target, members, origin, (days,))[0]
        channels.append(
            replace(
                channel, rate=Number(came / days), rate_unit="day", by_month=(), change=Number(1.0),
                growth_per_month=Number(0.0), month_pattern=(), dispersion=Number(0.0), drift_sigma=Number(0.0),
                drift_now=Number(1.0), batch=None,
            )
        )  # fmt: skip
    return replace(model, content=replace(model.content, channels=tuple(channels)))


def with_stages(model: Model, later: Model) -> Model | None:
    """The model with the shares and times of another one; None where that has other stages, classes or clocks."""
    mine, theirs = model.content, later.content
    alike = (
        [stage.name for stage in mine.stages] == [stage.name for stage in theirs.stages]
        and {channel.name for channel in mine.channels} == {channel.name for channel in theirs.channels}
        and {segment.name for segment in mine.segments} == {segment.name for segment in theirs.segments}
        and [band.name for band in model.bands] == [band.name for band in later.bands]
    )
    if not alike:
        return None
    calendar = replace(model.calendar, clocks=later.calendar.clocks)
    return replace(model, calendar=calendar, content=replace(mine, stages=theirs.stages))


def forecasts(history: rpmsim.history.History, every: int) -> Iterator[dict[str, Any]]:
    """Scores of each origin, way and horizon."""
    whole = Observed.of(history.as_of())
    assert whole is not None
    settings, origins = planned(whole, Settings(HORIZONS, every=every, replications=REPLICATIONS))
    for origin in origins:
        came = whole.total(WINS, None, origin, HORIZONS)
        known = Observed.of(history.as_of(origin))
        if known is None or not np.isfinite(came).all():
            continue
        model = model_at(history, origin, settings)
        ways: dict[str, Model | None] = {"as a backtest": model}
        ways["arrivals"] = with_arrivals(model, whole, known, origin, max(HORIZONS))
        later = model_at(history, origin + dt.timedelta(max(HORIZONS)), settings)
        ways["shares and times"] = with_stages(model, later)
        both = ways["shares and times"]
        ways["both"] = both and with_arrivals(both, whole, known, origin, max(HORIZONS))
        if any(of is None for of in ways.values()):
            continue
        for way, of in ways.items():
            assert of is not None
            draws = totals(of, settings, [WINS], REPLICATIONS, None)["wins"]
            for i, horizon in enumerate(HORIZONS):
                low, high = scores.band(draws[:, i], 0.8)
                yield {
                    "origin": str(origin), "way": way, "horizon": horizon, "actual": float(came[i]),
                    "mean": float(draws[:, i].mean()), "crps": float(scores.crps(draws[:, i], came[i])),
                    "inside": bool(scores.covered(low, high, came[i])),
                }  # fmt: skip
        print(history.mapping.name, origin, file=sys.stderr)


def table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean scores of each way and horizon."""
    result = []
    for horizon in HORIZONS:
        for way in HELD:
            some = [row for row in rows if (row["way"], row["horizon"]) == (way, horizon)]
            actual, mean = (np.array([row[key] for row in some]) for key in ("actual", "mean"))
            result.append(
                {
                    "horizon": horizon, "way": way, "origins": len(some), "bias": float(scores.bias(mean, actual)),
                    "crps": float(np.mean([row["crps"] for row in some])),
                    "inside": int(sum(row["inside"] for row in some)),
                }
            )  # fmt: skip
    return result


def page(document: dict[str, Any]) -> str:
    """The results as a page."""
    lines = ["# Error budget of forecasts of wins", "", "Written by `python -m benchmarks.error_budget`.", ""]
    lines += [f"- *{way}*: {what}." for way, what in HELD.items() if what]
    lines += ["", "What the CRPS falls by is the part of the error that comes from not knowing the one or the other. "]
    lines[-1] += "Spans of 28 days from weekly origins overlap: two or three of each history do not."
    lines += [
        "",
        "| history | days | held at what came | forecasts | CRPS | of the backtest's | bias | in the 80% band |",
    ]
    lines += ["|---|---:|---|---:|---:|---:|---:|---:|"]
    for name, rows in document.items():
        for row in rows:
            base = next(r for r in rows if r["horizon"] == row["horizon"])["crps"]
            lines.append(
                f"| {name} | {row['horizon']} | {row['way']} | {row['origins']} | {row['crps']:.1f} | "
                f"{row['crps'] / base:.0%} | {row['bias']:+.0%} | {row['inside'] / row['origins']:.0%} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Forecast, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=real_histories.DATA)
    parser.add_argument("--every", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    real_histories.check(options.data, HISTORIES)
    document = {}
    for name in HISTORIES:
        with real_histories.mapping_of(options.data, name) as mapping, rpmsim.open_history(mapping) as history:
            document[name] = table(list(forecasts(history, options.every)))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "error_budget.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "error_budget.md").write_text(page(document), encoding="utf-8")


if __name__ == "__main__":
    main()
