"""Differences of two scenarios, replication by replication, and what they say in a few numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis.bands import plain, statistics, statistics_of

LESS_IS_BETTER = frozenset(
    {"cac_simple", "cac_loaded", "marketing_spend", "spend", "pay", "other_cost", "total_cost"},
)
"""Metrics of which a smaller value is the better one; of all others it is a larger one."""
SHOWN = ("mean", "sd", "p10", "p25", "p50", "p75", "p80", "p90", "mc_error")
"""Statistics of a difference that a document has."""


def band(values: NDArray[np.float64], draws: NDArray[np.integer[Any]] | None) -> dict[str, Any]:
    """Statistics of one value for each replication, as in the document of a run."""
    return statistics(statistics_of(values, draws))


def difference(
    name: str,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    draws: NDArray[np.integer[Any]] | None,
) -> dict[str, Any]:
    """How one scenario differs from another in a metric.

    Parameters
    ----------
    name : str
        The metric; says whether more is better.
    before, after : ndarray of float, shape (replications,)
        On common random numbers; NaN is undefined.
    draws : ndarray of int, shape (replications,), optional
        Parameter draw of each replication.

    Returns
    -------
    dict
        ``difference``, ``probability_better``, ``probability_same``, and ``variance_saved``: how many times smaller the
        variance of the difference is than with independent random numbers (None where nothing differs).
    """
    change = after - before
    defined = np.isfinite(change)
    count = int(defined.sum())
    better = change[defined] < 0 if name in LESS_IS_BETTER else change[defined] > 0
    spread = float(change[defined].var()) if count else 0.0
    apart = float(before[defined].var() + after[defined].var()) if count else 0.0
    found = statistics(statistics_of(change, draws))
    shown = {key: found[key] for key in (*SHOWN, "undefined") if key in found}
    return {
        "difference": shown,
        "probability_better": plain(float(better.mean())) if count else None,
        "probability_same": plain(float((change[defined] == 0).mean())) if count else None,
        "variance_saved": plain(apart / spread) if spread > 0 else None,
    }
