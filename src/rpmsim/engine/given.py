"""A scenario from wherever it lies: a scenario file, a frozen one, or a stored forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpmsim.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from rpmsim.scenario import Scenario


@dataclass(frozen=True)
class Given:
    """A scenario with the hashes of what it was read from.

    Parameters
    ----------
    run : dict
        Settings of the run, where one is stored: replications, seed, draws, keep.
    inputs : dict of str to str
        SHA-256 of each file, by its path from the scenario's folder.
    overrides : dict of str to str
        What ``--set`` changed.
    forecast : path or None
        The stored forecast.
    """

    scenario: Scenario
    inputs: dict[str, str]
    run: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    forecast: Path | None = None


def given_in(path: Path, settings: tuple[str, ...] = ()) -> Given:
    """Read a scenario file, or the scenario that a forecast holds.

    Raises
    ------
    InputError
        The file is wrong, or a forecast is to be changed.
    """
    from rpmsim.scenario import load_scenario

    if not path.is_dir() and path.suffix != ".nc":
        scenario = load_scenario(path, settings)
        run = dict(scenario.frozen.run) if scenario.frozen else {}
        return Given(scenario, scenario.inputs, run, scenario.overrides)
    if settings:
        raise InputError(
            [
                Diagnostic(
                    str(path),
                    None,
                    None,
                    "",
                    "is a stored forecast, which --set cannot change",
                    "use the scenario file",
                )
            ]
        )
    from rpmsim.dataset import open_file, provenance

    with open_file(path) as stored:
        document = provenance(stored)
    scenario = stored_scenario(document, path)
    run = {key: document["run"][key] for key in ("replications", "seed", "draws", "keep")}
    return Given(scenario, document.get("inputs", {}), run, document.get("overrides", {}), path)


def stored_scenario(document: dict[str, Any], forecast: Path) -> Scenario:
    """The scenario that a forecast's provenance holds."""
    from rpmsim.dataset.document import lacking
    from rpmsim.scenario import load_scenario_text

    if lacking(document):
        fix = "replay it on the machine where it was made, or run a scenario file"
        raise InputError(
            [Diagnostic(str(forecast), None, None, "", "does not contain a scenario that can be repeated", fix)]
        )
    return load_scenario_text(document["scenario"], f"scenario in {forecast}", _posterior(document, forecast))


def _posterior(document: dict[str, Any], forecast: Path) -> Path | None:
    """The posterior of a forecast: next to it, where `rpmsim run` puts it, or else where it was read."""
    stated = document.get("posterior")
    if not stated:
        return None
    folder = forecast if forecast.is_dir() else forecast.parent
    beside = folder / Path(stated["file"]).name
    read = [Path(file["path"]) for file in document.get("files", []) if file["sha256"] == stated["sha256"]]
    return next((path for path in [beside, *read] if path.is_file()), beside)
