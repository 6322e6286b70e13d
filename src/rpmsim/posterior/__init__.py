"""Posterior files: joint parameter draws that a scenario reads in place of typed numbers."""

from rpmsim.posterior.contents import ALL, HazardTable, Posterior
from rpmsim.posterior.reading import open_posterior
from rpmsim.posterior.writing import write_posterior

__all__ = ["ALL", "HazardTable", "Posterior", "open_posterior", "write_posterior"]
