"""Public holidays of the region that a mapping states."""

import datetime as dt

import numpy as np
import pytest

import rpmsim
from rpmsim.calibration.clocks import WORKWEEK
from rpmsim.calibration.days_off import days_off
from rpmsim.calibration.gathering import gather

MAPPING = """
as_of: 2027-06-30
holidays: {region}
stages: {{deal: {{kind: opportunity, to: [won, lost]}}}}
sources:
  deals: {{file: deals.csv, shape: events, record: id, stage: stage, time: day}}
"""


def history(folder, region="US"):
    """A year and a half of deals that come and end on working days that are no holidays."""
    import holidays

    closed = holidays.country_holidays("US", years=range(2026, 2029))
    days = [dt.date(2026, 1, 2) + dt.timedelta(i) for i in range(545)]
    days = [day for day in days if day.weekday() < 5 and day not in closed]
    rng, rows = np.random.default_rng(1), ["id,stage,day"]
    for i in range(900):
        begin = int(rng.integers(len(days)))
        end = begin + int(rng.integers(2, 15))
        rows.append(f"d{i},deal,{days[begin]}")
        if end < len(days) and days[end] <= dt.date(2027, 6, 30):
            rows.append(f"d{i},{'won' if rng.random() < 0.4 else 'lost'},{days[end]}")
    (folder / "deals.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path = folder / "history.yaml"
    path.write_text(MAPPING.format(region=region), encoding="utf-8")
    return path


def test_clocks_and_leads_stop_on_them(tmp_path):
    found = rpmsim.calibrate(history(tmp_path), accept=("all",), draws=20)
    clock = found.fits[0].causes[0].clock
    assert clock.open_days == WORKWEEK
    assert clock.weights[found.evidence.number(dt.date(2026, 12, 25))] == 0
    assert clock.weights[found.evidence.number(dt.date(2027, 7, 5))] == 0  # after the last day
    assert "holidays: US" in found.model
    found.write(tmp_path)
    scenario = rpmsim.load_scenario(tmp_path / "model.yaml")
    assert dt.date(2027, 7, 5) in scenario.model.calendar.holidays
    starts = [s for s in found.fits[0].starts if s]
    ages = found.fits[0].spells.until - found.fits[0].spells.entered
    assert max(starts) < ages.max()  # ages are working days


def test_no_region_means_no_holidays(tmp_path):
    path = history(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("holidays: US\n", ""), encoding="utf-8")
    with rpmsim.open_history(path) as opened:
        assert days_off(gather(opened.as_of())) == frozenset()


@pytest.mark.parametrize("region", ["Atlantis", "ZZ", "us"])
def test_an_unknown_region_is_refused(tmp_path, region):
    with pytest.raises(rpmsim.InputError, match=f"no holidays are known for `{region}`"):
        rpmsim.open_history(history(tmp_path, region))
