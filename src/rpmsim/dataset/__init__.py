"""Arrays to a labelled dataset and back: variables, coordinates, sinks for blocks of replications, files, hashes.

Importing it loads no xarray; that happens where a dataset is made or opened.
"""

from rpmsim.dataset.coordinates import KEEP, Keep, Layout, Named
from rpmsim.dataset.empty import with_empty, without_empty
from rpmsim.dataset.sink import FileSink, MemorySink, Sink
from rpmsim.dataset.store import open_file, open_forecast, provenance, save, variable_hashes
from rpmsim.dataset.variables import PARTS, VARIABLES, Part, Variable, variables_of

__all__ = [
    "KEEP",
    "PARTS",
    "VARIABLES",
    "FileSink",
    "Keep",
    "Layout",
    "MemorySink",
    "Named",
    "Part",
    "Sink",
    "Variable",
    "open_file",
    "open_forecast",
    "provenance",
    "save",
    "variable_hashes",
    "variables_of",
    "with_empty",
    "without_empty",
]
