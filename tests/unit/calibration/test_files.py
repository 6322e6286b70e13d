"""The files of a calibration: complete, the same each time, and refused if edited."""

import datetime as dt

import h5py
import numpy as np
import pytest

import rpmsim
from rpmsim.calibration.stage_fit import later_than

MAPPING = """
as_of: 2027-06-30
stages: {deal: {kind: opportunity, to: [won, lost]}}
sources:
  deals: {file: deals.csv, shape: events, record: id, stage: stage, time: day, amount: amount, channel: channel}
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    rng, rows = np.random.default_rng(1), ["id,stage,day,amount,channel"]
    for i in range(400):
        begin = dt.date(2026, 7, 1) + dt.timedelta(int(rng.integers(365)))
        end = begin + dt.timedelta(int(rng.integers(1, 60)))
        amount, channel = round(float(rng.lognormal(9, 0.6)), 2), rng.choice(["web", "partner"])
        rows.append(f"d{i},deal,{begin},{amount},{channel}")
        if end <= dt.date(2027, 6, 30):
            rows.append(f"d{i},{'won' if rng.random() < 0.3 else 'lost'},{end},{amount},{channel}")
    (folder / "deals.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "history.yaml").write_text(MAPPING, encoding="utf-8")
    return rpmsim.calibrate(folder / "history.yaml", draws=40)


def test_the_same_bytes_each_time(fitted, tmp_path):
    for name in ("a", "b"):
        fitted.write(tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    assert {file.name for file in (tmp_path / "a").iterdir()} == {
        "model.yaml",
        "posterior.nc",
        "open.csv",
        "actuals.csv",
    }


def test_an_edited_posterior_is_refused(fitted, tmp_path):
    fitted.write(tmp_path)
    rpmsim.load_scenario(tmp_path / "model.yaml")
    with h5py.File(tmp_path / "posterior.nc", "r+") as file:
        file["value"][0, 0] *= 1.5
    with pytest.raises(rpmsim.InputError, match="sha256"):
        rpmsim.load_scenario(tmp_path / "model.yaml")


def test_a_plan_extends_the_model(fitted, tmp_path):
    fitted.write(tmp_path)
    (tmp_path / "plan.yaml").write_text(
        "extends: model.yaml\nname: More leads\nchannels.*.change: +20%\n", encoding="utf-8"
    )
    plan, model = (rpmsim.load_scenario(tmp_path / name) for name in ("plan.yaml", "model.yaml"))
    more, base = (
        rpmsim.simulate(s, 200)["moves"].sum(["period", "channel", "segment"]).sel(edge="source->deal").mean()
        for s in (plan, model)
    )
    assert float(more / base) == pytest.approx(1.2, abs=0.02)


def test_draws_come_first(fitted):
    posterior = fitted.posterior
    assert posterior["value"].dims[0] == posterior["hazard"].dims[0] == "draw"
    assert posterior.sizes["draw"] == 40


def test_share_later_than_an_age():
    """Geometric times: after age a, a share of (1 - h)^(a + 1) is left of those leaving."""
    hazards = np.full((3, 1, 2), 0.1)
    assert later_than(hazards, np.array([0, 1]), 9) == pytest.approx(0.9**10)
    ended = np.concatenate([hazards, np.zeros((3, 1, 1))], axis=2)
    assert later_than(ended, np.array([0, 1, 20]), 9) == pytest.approx((0.9**10 - 0.9**20) / (1 - 0.9**20))
    assert later_than(ended, np.array([0, 1, 20]), 25) == 0
