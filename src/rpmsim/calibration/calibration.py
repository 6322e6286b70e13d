"""From a history to a model: what was fitted, and the files that a scenario extends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.amounts import Amounts
from rpmsim.calibration.arrivals import ArrivalFit
from rpmsim.calibration.evidence import Evidence
from rpmsim.calibration.open_records import MOST_ROWS, counted_rows, table_text
from rpmsim.calibration.part import Finding
from rpmsim.calibration.settings import Settings
from rpmsim.calibration.stage_fit import StageFit
from rpmsim.posterior import HazardTable, write_posterior

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

F64 = NDArray[np.float64]

POSTERIOR, OPEN, OPENING, ACTUALS, MODEL = "posterior.nc", "open.csv", "opening.csv", "actuals.csv", "model.yaml"
OPEN_COLUMNS = ["id", "stage", "entered", "channel", "segment", "amount", "returns", "due", "odds", "waiting"]
OPENING_COLUMNS = ["stage", "channel", "segment", "returns", "age", "wait", "count"]
ACTUAL_COLUMNS = ["period", "metric", "value"]


@dataclass
class Calibration:
    """A model of a history: a scenario, the draws of its numbers, today's pipeline, and what all of it rests on.

    Parameters
    ----------
    model : str
        Text of the scenario ``model.yaml``.
    values : dict of str to array, shape (draws,)
        Draws by path.
    hazards : HazardTable or None
        Draws of shares and times of outcomes.
    open_rows, actual_rows : list of dict
        Rows of ``open.csv`` (or of ``opening.csv``, if there are more than it can hold) and of ``actuals.csv``.
    findings : list of Finding
        What was looked at in the fit, and what to do.
    evidence : Evidence
        What was counted.
    fits : list of StageFit
        The stages that somebody leaves.
    track_record : dict of str to dict
        How past forecasts fared, by metric, as the model states it; empty without a backtest.

    Notes
    -----
    :func:`rpmsim.calibrate` makes one. ``write`` makes the files, and ``scenario`` a scenario that
    :func:`rpmsim.simulate` takes.
    """

    model: str
    values: dict[str, F64]
    records: dict[str, int]
    hazards: HazardTable | None
    open_rows: list[dict[str, str]]
    actual_rows: list[dict[str, str]]
    findings: list[Finding]
    evidence: Evidence
    fits: list[StageFit]
    settings: Settings
    arrivals: ArrivalFit
    amounts: Amounts
    source: str = ""
    track_record: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def posterior(self) -> xr.Dataset:
        """All draws, ``draw`` first.

        Returns
        -------
        Dataset
            ``value`` (draw, path), and ``hazard`` (draw, stage, outcome, class, age) as in
            docs/reference/posterior.md.
        """
        import xarray as xr

        result: dict[str, Any] = {}
        if self.values:
            values = np.stack(list(self.values.values()), axis=1)
            result["value"] = xr.DataArray(values, dims=("draw", "path"), coords={"path": list(self.values)})
        if self.hazards is not None:
            table = self.hazards
            names = {"stage": table.stages, "outcome": table.outcomes, "class": table.classes, "age": table.ages}
            result["hazard"] = xr.DataArray(
                table.values, dims=("draw", *names), coords={key: list(of) for key, of in names.items()}
            )
        return xr.Dataset(result).assign_coords(draw=np.arange(self.settings.draws))

    @property
    def open(self) -> pd.DataFrame:
        """Today's open records, one row each, with the columns of ``open.csv``."""
        import pandas as pd

        return pd.DataFrame(self.open_rows)

    @property
    def health(self) -> dict[str, Any]:
        """The document of ``health.json``."""
        return self.document()

    def document(self) -> dict[str, Any]:
        """What was fitted, from what, and how sure it is; ready for JSON."""
        from rpmsim.calibration.document import document

        return document(self)

    def write(self, folder: Path | str) -> None:
        """Write model.yaml, posterior.nc, open.csv and actuals.csv.

        The model states the SHA-256 of its posterior, so that another or an edited one is refused.

        Parameters
        ----------
        folder : path
            Made if it does not exist. Files of these names are replaced.
        """
        folder, model = Path(folder), self.model
        folder.mkdir(parents=True, exist_ok=True)
        if self.values or self.hazards is not None:
            write_posterior(folder / POSTERIOR, self.values, self.hazards, records=self.records, source=self.source)
            digest = hashlib.sha256((folder / POSTERIOR).read_bytes()).hexdigest()
            model = model.replace(
                f"posterior: {POSTERIOR}\n", f"posterior: {{file: {POSTERIOR}, sha256: {digest}}}\n", 1
            )
        if self.open_rows and len(self.open_rows) <= MOST_ROWS:
            _write(folder / OPEN, table_text(self.open_rows, [c for c in OPEN_COLUMNS if c in self.open_rows[0]]))
        elif self.open_rows:
            rows = counted_rows(self.evidence, self.open_rows)
            columns = [name for name in OPENING_COLUMNS if any(row[name] for row in rows)]
            _write(folder / OPENING, table_text(rows, columns))
        if self.actual_rows:
            _write(folder / ACTUALS, table_text(self.actual_rows, ACTUAL_COLUMNS))
        _write(folder / MODEL, model)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
