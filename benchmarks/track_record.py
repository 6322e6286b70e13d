"""The public track record: forecasts from past days of real histories, held against what came, beside all baselines.

    python -m benchmarks.track_record [--data FOLDER] [--statsforecast PYTHON]

Runs from the project's root. It needs the real histories (`bpic2012` and `olist`) in a folder beside the checkout;
their records stay there, and only counts and scores come back. Models of statsforecast are rows beside the others if
there is an environment for them (benchmarks/statsforecast.txt). Finished forecasts are kept under `out/track_record/`,
so that an interrupted run goes on where it was. Writes `benchmarks/results/track_record.json`, `track_record.md`, and
the table in the README.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import rpmsim
from benchmarks import narrower, real_histories, statsforecast_record, track_record_page
from rpmsim.beside import processors

HORIZONS = (7, 14, 28)
EVERY = 3
HISTORIES = {"bpic2012": ("wins", "bookings", "leads"), "olist": ("wins", "leads")}
"""With the targets that are reported: the amounts of 95% of the deals of olist are zero."""
TOP = Path(__file__).resolve().parents[1]
KEPT = TOP / "out" / "track_record"

Document = dict[str, Any]


def main() -> None:
    """Forecast, score, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.track_record", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=real_histories.DATA)
    parser.add_argument("--statsforecast", type=Path, default=statsforecast_record.PYTHON, metavar="PYTHON")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    real_histories.check(options.data, HISTORIES)
    document: Document = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(), "processors": processors(), "statsforecast": None,
        "histories": {}, "synthetic": _synthetic(),
    }  # fmt: skip
    for name in HISTORIES:
        with real_histories.mapping_of(options.data, name) as mapping:
            document["histories"][name], version = record(name, mapping, options.statsforecast)
            document["statsforecast"] = document["statsforecast"] or version
    track_record_page.write(document)


def record(name: str, mapping: Path, python: Path) -> tuple[Document, str | None]:
    """All scores of one history, and the version of statsforecast if it took part."""
    targets, kept, version = HISTORIES[name], KEPT / name, None
    found, seconds = _backtest(mapping, kept, plug_in=False)
    plain, _ = _backtest(mapping, kept / "plug_in", plug_in=True)
    with rpmsim.open_history(mapping) as history:
        if python.exists():
            _say(f"{name}: statsforecast")
            version = statsforecast_record.add(found, history, targets, python, kept / "statsforecast")
        _say(f"{name}: Poisson arrivals")
        (key,) = (folder.name for folder in (kept / "origins").iterdir())
        poisson = narrower.poisson(found, history, targets, kept / "poisson" / key)
    about = ("first_origin", "last_origin", "origins", "until", "every", "horizons", "replications", "currency")
    result = {
        **{item: found[item] for item in about},
        "seconds": seconds,
        "targets": {target: {str(h): _cell(found, target, str(h)) for h in HORIZONS} for target in targets},
        "without": {
            "parameter draws": narrower.plug_in(found, plain, targets),
            "varying arrivals": poisson,
        },
    }
    return _rounded(result), version


def _backtest(mapping: Path, kept: Path, *, plug_in: bool) -> tuple[Document, dict[str, float]]:
    """A backtest, and the seconds that it took, with those of runs that it went on from."""
    clock = kept / "seconds.json"
    spent = json.loads(clock.read_text(encoding="utf-8")) if clock.exists() else [0.0, 0.0]
    begun, done_before = _clocks(), [0, 0]

    def progress(done: int, of: int, what: str) -> None:
        if what.startswith("fitting"):
            done_before[:] = done, of
        _say(f"{mapping.stem}{', plug-in' if plug_in else ''}: {done} of {of}")

    found = rpmsim.backtest(
        mapping, horizons=HORIZONS, every=EVERY, plug_in=plug_in, accept=("all",), folder=kept, progress=progress
    )
    done, of = done_before
    if done < of:
        now = [end - start for start, end in zip(begun, _clocks(), strict=True)]
        spent = [a + b for a, b in zip(spent, now, strict=True)] if done else now
        clock.write_text(json.dumps(spent), encoding="utf-8")
    return found.document, {"clock": spent[0], "processor": spent[1]}


def _clocks() -> tuple[float, float]:
    """Wall clock, and processor time of this process and of those that it has ended."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def _cell(document: Document, target: str, horizon: str) -> Document:
    """The scores of a target and horizon, and of every baseline."""
    found = document["targets"][target][horizon]
    rows = [row for row in document["forecasts"] if row["target"] == target and row["horizon"] == horizon]
    kept = ("unit", "origins", "effective_origins", "crps", "inside", "coverage_interval", "bias", "verdict")

    def holds(row: Document, name: str) -> bool:
        return bool(row["baselines"][name]["p10"] <= row["actual"] <= row["baselines"][name]["p90"])

    return {item: found[item] for item in kept} | {
        "baselines": {
            name: {**skill, "inside": sum(holds(row, name) for row in rows)} for name, skill in found["skill"].items()
        }
    }


def _synthetic() -> Document:
    """How often 80% bands held in simulated companies, as benchmarks/worlds.py found: leads, wins and bookings."""
    kinds = json.loads((TOP / "benchmarks" / "results" / "worlds.json").read_text(encoding="utf-8"))["kinds"]
    result = {}
    for days in ("28", "90"):
        found = [kinds[f"{what} {days} days"] for what in ("arrivals", "wins", "bookings")]
        forecasts = sum(of["quantities"] for of in found)
        inside = sum(of["coverage_80"]["value"] * of["quantities"] for of in found)
        result[days] = {"inside": inside / forecasts, "forecasts": forecasts}
    return _rounded(result)


def _rounded(value: Any) -> Any:
    """The same with four digits."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
