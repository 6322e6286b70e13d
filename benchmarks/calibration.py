"""Calibration on real histories: forecasts of what comes after the export, and of what came after past days.

    python benchmarks/calibration.py [--data FOLDER] [--replications N]

Needs the real histories (`bpic2012` and `olist`) in a folder beside the checkout; their records stay there, and only
counts come back. Writes benchmarks/results/calibration.json and calibration.md:

- the forecast of the 14 and 28 days after the last day of each export, with bands,
- forecasts from weekly past days on, each calibrated on what was known then, against what came, beside baselines that
  need no simulation: the run rate of the last 28 days, and a life table of wins by age with run-rate arrivals (all
  history, and the last 56 days). All baselines are Poisson.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src")]

import rpmsim  # noqa: E402
from rpmsim.calibration import calibrate  # noqa: E402
from rpmsim.calibration.evidence import Evidence  # noqa: E402
from rpmsim.calibration.gathering import gather  # noqa: E402

HORIZONS = (14, 28)
HISTORIES = {"bpic2012": (dt.date(2011, 11, 15), 8), "olist": (dt.date(2018, 1, 28), 8)}
"""First past day, and the number of weekly ones."""
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
RESULTS = HERE / "results"


def forecast(history: Any, day: dt.date, replications: int) -> dict[int, dict[str, np.ndarray]]:
    """Draws of wins, bookings and leads of the days after a day, by horizon."""
    model = calibrate(history, as_of=day, until=day + dt.timedelta(max(HORIZONS)), accept=("all",))
    result = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.write(folder)
        for horizon in HORIZONS:
            last = str(day + dt.timedelta(horizon))
            scenario = rpmsim.load_scenario(folder / "model.yaml", {"until": last})
            found = rpmsim.simulate(scenario, replications=replications)
            moves = found["moves"].sum(["period", "channel", "segment"])
            result[horizon] = {
                "wins": moves.values[:, found["to"].values == "won"].sum(axis=1).astype(float),
                "leads": moves.values[:, found["from"].values == "source"].sum(axis=1).astype(float),
                "bookings": found["bookings"].sum(["period", "channel", "segment"]).values,
            }
    return result


def came(whole: Evidence, day: dt.date, horizon: int) -> dict[str, float]:
    """What came in the days after a day."""
    after = whole.number(day)
    won = (whole.wins.day > after) & (whole.wins.day <= after + horizon)
    return {
        "wins": float(won.sum()),
        "leads": float(whole.arrivals[after + 1 : after + horizon + 1].sum()),
        "bookings": float(np.nansum(whole.wins.amount[won])),
    }


def life_table(whole: Evidence, day: int, horizon: int, window: int) -> float:
    """Expected wins: records by their age since creation, with run-rate arrivals; counted in the last so many days."""
    won = np.array([i for i, name in enumerate(whole.targets) if whole.view.mapping.stages[i].kind == "won"])
    spells = whole.spells
    begun = np.full(whole.records, np.iinfo(np.int64).max)
    np.minimum.at(begun, spells.record, spells.entered)
    ended = np.full(whole.records, np.iinfo(np.int64).max)
    wins = np.isin(spells.outcome, won)
    ended[spells.record[wins]] = spells.until[wins]
    here = begun <= day
    begun, ended = begun[here], ended[here]
    longest = day + horizon + 2
    exits, at_risk = np.zeros(longest), np.zeros(longest)
    for age in range(longest):
        at = begun + age
        counted = (at <= day) & (at > day - window) & (ended >= at)
        at_risk[age] = counted.sum()
        exits[age] = (counted & (ended == at)).sum()
    hazard = np.divide(exits, at_risk, out=np.zeros(longest), where=at_risk > 0)
    left = np.concatenate([[1.0], np.cumprod(1 - hazard)])
    ages = day - begun[ended > day]
    known = left[ages + 1] - left[np.minimum(ages + 1 + horizon, longest)]
    rate = whole.arrivals[max(day - 27, 0) : day + 1].sum() / min(28, day + 1)
    new = rate * sum(1 - left[min(h, longest)] for h in range(1, horizon + 1))
    return float((known / np.maximum(left[ages + 1], 1e-12)).sum() + new)


def crps(draws: np.ndarray, truth: float) -> float:
    """Fair continuous ranked probability score."""
    ordered, m = np.sort(draws), len(draws)
    rank = 2 * np.arange(1, m + 1) - m - 1
    return float(np.abs(draws - truth).mean() - (rank * ordered).sum() / (m * (m - 1)))


def summary(draws: np.ndarray) -> dict[str, float]:
    """Mean and quantiles."""
    return {"mean": float(draws.mean())} | {
        f"p{100 * level:02.0f}": float(q) for level, q in zip(LEVELS, np.quantile(draws, LEVELS), strict=True)
    }


def past(history: Any, name: str, replications: int) -> list[dict[str, Any]]:
    """Forecasts from past days on, beside baselines."""
    whole = gather(history.as_of())
    assert whole is not None
    first, count = HISTORIES[name]
    rng, rows = np.random.default_rng(1), []
    for i in range(count):
        day = first + dt.timedelta(7 * i)
        number = whole.number(day)
        for horizon, found in forecast(history, day, replications).items():
            truth = came(whole, day, horizon)
            rates = {
                "run rate": ((whole.wins.day > number - 28) & (whole.wins.day <= number)).sum() / 28 * horizon,
                "life table, all history": life_table(whole, number, horizon, number + 1),
                "life table, last 56 days": life_table(whole, number, horizon, 56),
            }
            draws = {("rpmsim", metric): values for metric, values in found.items()}
            draws |= {(method, "wins"): rng.poisson(rate, replications).astype(float) for method, rate in rates.items()}
            for (method, metric), values in draws.items():
                if metric == "bookings" and not values.any():
                    continue
                low, high = np.quantile(values, [0.1, 0.9])
                rows.append(
                    {
                        "history": name, "as_of": str(day), "horizon": horizon, "method": method, "metric": metric,
                        "actual": truth[metric], **summary(values), "crps": crps(values, truth[metric]),
                        "inside_80": bool(low <= truth[metric] <= high),
                    }
                )  # fmt: skip
        print(f"{name} {day}", file=sys.stderr)
    return rows


def page(document: dict[str, Any]) -> str:
    """The results as a page."""
    lines = [
        "# Calibration on real histories",
        "",
        "Generated by `python benchmarks/calibration.py`, which describes the histories; their records are not here.",
        "",
        "## After the last day of the export",
        "",
        "| history | as of | days | metric | mean | 5% | 10% | median | 90% | 95% |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in document["forecasts"]:
        values = " | ".join(f"{row[key]:,.0f}" for key in ("mean", "p05", "p10", "p50", "p90", "p95"))
        lines.append(f"| {row['history']} | {row['as_of']} | {row['horizon']} | {row['metric']} | {values} |")
    lines += [
        "",
        "## From past days on",
        "",
        "Weekly days, whose spans overlap: with three or four separate spans of 28 days, coverage cannot be judged.",
        "",
        "| history | days | metric | method | forecasts | mean CRPS | in the 80% band | bias |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, int, str, str], list[dict[str, Any]]] = {}
    for row in document["past"]:
        groups.setdefault((row["history"], row["horizon"], row["metric"], row["method"]), []).append(row)
    for (name, horizon, metric, method), rows in sorted(groups.items()):
        score = np.mean([row["crps"] for row in rows])
        inside = np.mean([row["inside_80"] for row in rows])
        bias = sum(row["mean"] for row in rows) / sum(row["actual"] for row in rows) - 1
        lines.append(
            f"| {name} | {horizon} | {metric} | {method} | {len(rows)} | {score:,.1f} | {inside:.0%} | {bias:+.0%} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Forecast, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--replications", type=int, default=2000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    document: dict[str, Any] = {"replications": options.replications, "forecasts": [], "past": []}
    for name in HISTORIES:
        if not (options.data / name).is_dir():
            sys.exit(f"{name} is not in {options.data.name}: state its folder with --data")
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            for file in (options.data / name).iterdir():
                shutil.copy(file, work)
            shutil.copy(HERE / "histories" / f"{name}.yaml", work / f"{name}.yaml")
            with rpmsim.open_history(work / f"{name}.yaml") as history:
                day = history.mapping.as_of
                for horizon, found in forecast(history, day, options.replications).items():
                    for metric, values in found.items():
                        if values.any():
                            row = {"history": name, "as_of": str(day), "horizon": horizon, "metric": metric}
                            document["forecasts"].append(row | summary(values))
                document["past"] += past(history, name, options.replications)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "calibration.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "calibration.md").write_text(page(document), encoding="utf-8")


if __name__ == "__main__":
    main()
