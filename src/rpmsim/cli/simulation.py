"""A simulation that people wait for: a word before it compiles, and progress while it runs."""

from __future__ import annotations

DEFAULT_REPLICATIONS = 2000
DEFAULT_SEED = 20270101
MOST_REPLICATIONS = 10_000_000
"""A year of reference takes about a millisecond: beyond this a run takes hours and fills the disk."""
MOST_THREADS = 1024
