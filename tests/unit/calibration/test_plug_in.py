"""One value in place of draws."""

import numpy as np
import pytest

from rpmsim.calibration.fitting import _best


def test_best_estimates_of_shares_add_up_to_no_more_than_all():
    """Some draws have few wins, others few moves, the rest few losses: their medians add up to more."""
    won = np.where(np.arange(999) % 3 == 0, 0.1, 0.48)
    moved = np.where(np.arange(999) % 3 == 1, 0.1, 0.48)
    lost = 1.0 - won - moved
    paths = ("stages.mql.to.won.share.web", "stages.mql.to.sql.share.web", "stages.mql.to.lost.share.web")
    draws = dict(zip(paths, (won, moved, lost), strict=True))
    assert sum(np.median(drawn) for drawn in draws.values()) > 1.1
    assert sum(_best(path, drawn) for path, drawn in draws.items()) == pytest.approx(1.0, abs=1e-12)


def test_other_best_estimates_are_medians():
    assert _best("stages.mql.shock.sigma", np.array([0.1, 0.2, 5.0])) == 0.2
