"""The document from which a run can be repeated."""

from __future__ import annotations

import datetime as dt
import platform
import sys
from importlib.metadata import version
from typing import Any

import numpy as np

from rpmsim import __version__
from rpmsim.engine.settings import Run
from rpmsim.model.plan import Model
from rpmsim.scenario.scenario import Scenario


def provenance_of(scenario: Scenario | Model, run: Run, keep: str, block: int) -> dict[str, Any]:
    """Document from which the run can be repeated; of a bare Model only the run itself is known."""
    document: dict[str, Any] = {
        "software": "rpmsim",
        "version": __version__,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "run": {
            "replications": run.replications,
            "first": run.first,
            "seed": run.seed,
            "draws": run.draws,
            "keep": keep,
            **({"measure": list(run.measure)} if run.measure else {}),
        },
        "block": block,
        "environment": {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "numba": version("numba"),
            "machine": platform.machine(),
            "processor": platform.processor(),
            "system": platform.system(),
        },
    }
    if isinstance(scenario, Scenario):
        document["scenario"] = scenario.resolved_text()
        document["files"] = [{"path": str(file.path), "sha256": file.sha256} for file in scenario.files]
        document["inputs"] = scenario.inputs
        document["overrides"] = dict(scenario.overrides)
        if scenario.posterior is not None:
            contents = scenario.posterior.contents
            document["posterior"] = {
                "file": scenario.posterior.path.name,
                "sha256": contents.sha256,
                "draws": contents.draws,
                "source": contents.source,
            }
        document["status"], document["approved_by"] = scenario.status, scenario.approved_by
    return document
