"""The posterior of the golden scenario ``drawn``; ``python -m tests.golden.posterior`` writes it again."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from rpmsim.posterior import HazardTable, write_posterior

DRAWS = 8


def main() -> None:
    """Write a few draws of everything that the scenario takes from a posterior."""
    rng = np.random.default_rng(11)
    values = {
        "segments.smb.amount.median": rng.lognormal(9.0, 0.1, DRAWS),
        "channels.web.leads": rng.gamma(400.0, 0.1, DRAWS),
        "channels.web.mix.smb": rng.beta(60.0, 40.0, DRAWS),
        "channels.web.dispersion": rng.gamma(4.0, 0.02, DRAWS),
        "roles.ae.leaves": rng.beta(3.0, 97.0, DRAWS),
    }
    ages = np.array([0, 1, 5, 20, 60])
    hazards = np.zeros((DRAWS, 2, 3, 3, len(ages)), dtype=np.float32)
    hazards[:, 0, 0] = rng.gamma(20.0, 0.001, (DRAWS, 3, len(ages)))
    hazards[:, 0, 2] = rng.gamma(30.0, 0.001, (DRAWS, 3, len(ages)))
    hazards[:, 1, 1:] = rng.gamma(20.0, 0.0008, (DRAWS, 2, 3, len(ages)))
    names = ("mql", "opportunity"), ("opportunity", "won", "lost"), ("all", "smb", "enterprise")
    target = Path(__file__).with_suffix(".nc")
    write_posterior(target, values, HazardTable(ages, *names, hazards), source="tests")


if __name__ == "__main__":
    sys.exit(main())
