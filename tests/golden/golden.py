"""What is stored of each golden scenario: a hash for every variable, of counts as they are and of real numbers rounded.

``python -m tests.golden.golden`` simulates all of them again and renews ``hashes.json``; with ``--check`` it compares.
Renew it only with a line in the CHANGELOG that is marked **Changes results** and says why the numbers of some scenarios
are other ones now.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import rpmsim
from rpmsim.dataset import with_empty

if TYPE_CHECKING:
    import xarray as xr

FOLDER = Path(__file__).parent
STORED = FOLDER / "hashes.json"
SCENARIOS = ("flow", "desk", "slots", "unknown", "what_if", "drawn", "pace", "open", "demand")
REPLICATIONS = 24
SEED = 7
DIGITS = 6
"""Significant digits of real numbers that count; the last bits differ between processors and compilers."""


def simulated(name: str) -> xr.Dataset:
    """The forecast of a golden scenario, in memory."""
    return rpmsim.simulate(rpmsim.load_scenario(FOLDER / f"{name}.yaml"), REPLICATIONS, seed=SEED)


def hashes(forecast: xr.Dataset) -> dict[str, str]:
    """A short hash of dims and values for every variable."""
    return {str(name): _hash(array) for name, array in sorted(with_empty(forecast).data_vars.items())}


def _hash(array: xr.DataArray) -> str:
    values = array.values
    if values.dtype.kind == "f":
        values = np.char.mod(f"%.{DIGITS - 1}e", values + 0.0)
    text = json.dumps([list(array.dims), list(array.shape), values.ravel().tolist()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main(arguments: list[str]) -> int:
    """Renew the stored hashes, or, with ``--check``, say which variables differ from them."""
    found = {name: hashes(simulated(name)) for name in SCENARIOS}
    if "--check" not in arguments:
        STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    other = [f"{name}: {key}" for name, pairs in found.items() for key in pairs if pairs[key] != stored[name].get(key)]
    sys.stdout.write(
        "\n".join(["other numbers than the stored ones:", *other] if other else ["the stored numbers"]) + "\n"
    )
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
