"""A real funnel, where its export is at hand: forecasts from past days beat what a spreadsheet would say.

Three past days whose spans overlap: with so few, coverage cannot be judged, so only the scores are compared.
"""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

import rpmsim

TOP = Path(__file__).parents[2]
OLIST = TOP.parent / "shared" / "data" / "olist"
ORIGINS = [dt.date(2018, 2, 18), dt.date(2018, 3, 4), dt.date(2018, 3, 18)]
DAYS = 28
DEFAULT_CHANCE = 0.2
"""Of a deal in the first stage, as a CRM comes out of the box; a weighted pipeline does not say when."""


def crps(draws, truth):
    return np.abs(draws - truth).mean() - np.abs(draws[:, None] - draws[None, :]).mean() / 2


@pytest.mark.skipif(not OLIST.is_dir(), reason=f"there is no export in {OLIST}")
def test_forecasts_of_a_marketing_funnel(tmp_path):
    """Against the share of leads won so far times open leads, and a weighted pipeline with a CRM's default chance."""
    for file in OLIST.iterdir():
        shutil.copy(file, tmp_path)
    shutil.copy(TOP / "benchmarks" / "histories" / "olist.yaml", tmp_path)
    rng, scores = np.random.default_rng(1), []
    with rpmsim.open_history(tmp_path / "olist.yaml") as history:
        records = history.as_of().to_pandas("events")
        won = records[records["stage"] == "won"]["entered"].dt.date
        came = records[records["stage"] == "mql"]["entered"].dt.date
        for day in ORIGINS:
            end = day + dt.timedelta(DAYS)
            truth = int(((won > day) & (won <= end)).sum())
            model = rpmsim.calibrate(history, as_of=day, until=end, accept=["all"], draws=300)
            model.write(tmp_path / "model")
            found = rpmsim.simulate(rpmsim.load_scenario(tmp_path / "model" / "model.yaml"), 300)
            wins = found["moves"].sum(["period", "channel", "segment"]).sel(edge="mql->won").values
            so_far, leads = (won <= day).sum(), (came <= day).sum()
            lifetime = so_far / leads * (leads - so_far)
            weighted = DEFAULT_CHANCE * (leads - so_far)
            plain = [rng.poisson(rate, 300) for rate in (lifetime, weighted)]
            scores.append([crps(draws.astype(float), truth) for draws in (wins, *plain)])
    ours, lifetime, weighted = np.mean(scores, axis=0)
    assert ours < lifetime
    assert ours < weighted
