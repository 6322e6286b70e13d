"""``rpmsim replay``: repeat a stored run from its provenance, whole or one replication of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rpmsim.cli.destination import new_files
from rpmsim.cli.options import json_option, threads_option
from rpmsim.cli.simulation import simulate_visibly
from rpmsim.errors import Diagnostic, InputError
from rpmsim.working import working_folder

if TYPE_CHECKING:
    import xarray as xr

    from rpmsim.scenario import Scenario

MOST_INPUT_BYTES = 10_000_000
DIFFERENT = 1
"""Exit code where the repetition gives other numbers."""


@click.command(
    epilog="""\b
Examples:
  rpmsim replay forecasts/fy27/2026-11-02T101500
  rpmsim replay forecasts/fy27/2026-11-02T101500 -r 17 | less
"""
)
@click.argument("forecast", type=click.Path(path_type=Path))
@click.option(
    "-r",
    "--replication",
    type=click.IntRange(0),
    metavar="N",
    help="Trace only replication N: what moved on each day.",
)
@threads_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the output: forecast.nc, or trace.json with -r.",
)
@json_option
@click.pass_context
def replay(
    context: click.Context,
    forecast: Path,
    replication: int | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Repeat the stored run FORECAST (a folder or a forecast.nc) and verify every variable to the byte.

    The exit code is 1 if a variable differs. Identical bytes are promised for one build on one kind of processor.
    """
    from rpmsim.dataset import open_file, provenance
    from rpmsim.engine.given import stored_scenario

    with open_file(forecast) as stored:
        document = provenance(stored)
        scenario = stored_scenario(document, forecast)
        _check_size(stored, document["run"], forecast)
        if replication is None:
            same = _repeat(stored, document["run"], scenario, forecast, threads, out, as_json)
        else:
            same = _trace(stored, document["run"], scenario, replication, forecast, out, as_json)
        _report_changed_inputs(document)
        if not same:
            _report_versions(document)
    if not same:
        context.exit(DIFFERENT)


def _check_size(stored: xr.Dataset, run: dict[str, Any], forecast: Path) -> None:
    """The run that is stated has the replications that are stored."""
    rows = [int(row) for row in stored["replication"].values[[0, -1]]]
    if rows != [run["first"], run["first"] + run["replications"] - 1] or (run["draws"] or 1) > run["replications"]:
        message = "its provenance was changed: it does not state the number of replications that are stored"
        raise InputError([Diagnostic(str(forecast), None, None, "run", message, "use the original file")])


def _repeat(
    stored: xr.Dataset,
    run: dict[str, Any],
    scenario: Scenario,
    forecast: Path,
    threads: int | None,
    out: Path | None,
    as_json: bool,
) -> bool:
    """Simulate everything again, compare the hash of every variable, and report."""
    from rpmsim.dataset import variable_hashes

    def again(folder: Path) -> dict[str, str]:
        repeated = simulate_visibly(
            scenario,
            replications=run["replications"],
            seed=run["seed"],
            draws=run["draws"],
            keep=run["keep"],
            measure=run.get("measure", ()),
            threads=threads,
            path=folder / "forecast.nc",
            first=run["first"],
        )
        repeated.forecast.close()
        return repeated.hashes or {}

    stated = _stated_hashes(forecast)
    expected = variable_hashes(stored)
    if stated is not None and stated != expected:
        others = ", ".join(
            sorted(name for name in expected.keys() | stated.keys() if expected.get(name) != stated.get(name))
        )
        message = f"does not belong to this forecast.nc: its hashes of {others} differ"
        raise InputError(
            [Diagnostic(str(_run_json(forecast)), None, None, "", message, "use both files of the same run")]
        )
    if out is None:
        with working_folder() as folder:
            found = again(folder)
    else:
        with new_files(out, overwrite=True) as work:
            found = again(work)
    differing = _others(expected, found)
    answer = {"forecast": str(forecast), **run, "identical": not differing, "differing": differing, "hashes": found}
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    elif differing:
        click.echo(f"{forecast}: DIFFERENT in {', '.join(differing)}")
    else:
        click.echo(f"{forecast}: identical, all {len(found)} variables of {run['replications']:,} replications")
    return not differing


def _others(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Names of which the hashes differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _stated_hashes(forecast: Path) -> dict[str, str] | None:
    """The hashes in ``run.json`` beside the forecast; None where there is no such file."""
    from rpmsim.dataset.document import are_hashes

    file = _run_json(forecast)
    if not file.is_file():
        return None
    try:
        hashes: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["variable_hashes"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        hashes = {}
    if not hashes or not are_hashes(hashes):
        fix = "remove it to compare with the values in forecast.nc"
        raise InputError([Diagnostic(str(file), None, None, "", "does not state the hashes of the variables", fix)])
    return hashes


def _run_json(forecast: Path) -> Path:
    return (forecast if forecast.is_dir() else forecast.parent) / "run.json"


def _trace(
    stored: xr.Dataset,
    run: dict[str, Any],
    scenario: Scenario,
    replication: int,
    forecast: Path,
    out: Path | None,
    as_json: bool,
) -> bool:
    """Simulate one replication alone, print it, and compare it with the stored one."""
    from rpmsim.analysis.trace import differences, trace
    from rpmsim.engine import replay_days
    from rpmsim.report.trace import trace_text

    last = run["first"] + run["replications"] - 1
    if not run["first"] <= replication <= last:
        message = f"does not have a replication {replication}"
        raise InputError(
            [Diagnostic(str(forecast), None, None, "", message, f"choose one from {run['first']} to {last}")]
        )
    with replay_days(scenario, replication, seed=run["seed"], draws=run["draws"]) as days:
        document = trace(days)
        differing = differences(days, stored)
    document |= {"seed": run["seed"], "identical": not differing, "differing": differing}
    as_text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if out is not None:
        with new_files(out, overwrite=True) as work:
            (work / "trace.json").write_text(as_text, encoding="utf-8", newline="\n")
    click.echo(as_text if as_json else trace_text(document, str(stored.attrs.get("currency", ""))), nl=False)
    if differing:
        click.echo(f"DIFFERENT from the stored forecast in {', '.join(differing)}", err=True)
    else:
        click.echo("Added up by period, it matches the stored forecast.", err=True)
    return not differing


def _report_changed_inputs(document: dict[str, Any]) -> None:
    """Report which input files have changed since the run; the repetition does not need them."""
    for stated in document.get("files", ()):
        file = Path(stated["path"])
        if _hash(file) not in ("", stated["sha256"]):
            click.echo(f"Changed input: {file} has changed since the run; `rpmsim diff` shows how.", err=True)


def _hash(file: Path) -> str:
    """SHA-256 of a file that was an input; empty where it is none today, or not to be read."""
    try:
        if not file.is_file() or file.stat().st_size > MOST_INPUT_BYTES:
            return ""
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


def _report_versions(document: dict[str, Any]) -> None:
    """Say where the forecast was made: on another build or processor the bytes may differ."""
    made = {"rpmsim": document.get("version", "?"), **document.get("environment", {})}
    stated = ", ".join(f"{name} {value}" for name, value in made.items() if value)
    click.echo(
        f"The forecast was made with {stated}; with other versions or processors the bytes may differ.", err=True
    )
