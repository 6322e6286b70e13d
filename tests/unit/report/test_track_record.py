"""The track record in words: what is said, of what, and what is not claimed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from rpmsim.analysis.track_record import track_record
from rpmsim.model.plan import TrackRecord
from rpmsim.report.sheets import tables
from rpmsim.report.table import WIDTH, wrapped
from rpmsim.report.text import forecast_text
from rpmsim.report.track_record import NONE, track_record_sentences

WINS = TrackRecord("wins", 28, 24, 19, 6, dt.date(2027, 1, 5), dt.date(2027, 6, 15))


def entries(*records: TrackRecord, model: Any) -> list[dict[str, Any]]:
    return track_record(dataclasses.replace(model, track_record=records))


@pytest.fixture
def said(make_forecast):
    model, _, _ = make_forecast(1)

    def say(*records: TrackRecord, headline: str = "wins", **other: Any) -> str:
        document = {"track_record": entries(*records, model=model), **other}
        return track_record_sentences(json.loads(json.dumps(document)), headline)

    return say


def test_a_record_is_one_sentence(said) -> None:
    assert said(WINS) == (
        "Track record: of 24 forecasts of wins 28 days ahead made from 2027-01-05 to 2027-06-15, 19 fell inside the "
        "8-in-10 band (8 in 10 would be 19); 6 of the spans do not overlap."
    )


def test_the_headline_comes_first_then_leads_and_no_more(said) -> None:
    records = [
        dataclasses.replace(WINS, metric=metric, inside=i) for i, metric in enumerate(("leads", "wins", "bookings"))
    ]
    text = said(*records, headline="bookings")
    assert text.startswith("Track record: of 24 forecasts of bookings ")
    assert "band. " not in text
    assert "not overlap. Of 24 forecasts of leads 28 days" in text
    assert " wins " not in text
    assert said(*records[:2], headline="bookings").startswith("Track record: of 24 forecasts of wins ")
    assert said(records[0]).startswith("Track record: of 24 forecasts of leads ")


def test_another_models_record_is_not_claimed(said) -> None:
    text = said(dataclasses.replace(WINS, inherited=True))
    assert text.startswith("Track record of the model that this scenario builds on: of 24 forecasts of wins ")


@pytest.mark.parametrize(
    ("forecasts", "separate", "words"),
    [(1, 1, "(8 in 10 would be 1)."), (3, 3, "; their spans do not overlap."), (3, 1, "; all of the spans overlap.")],
)
def test_few_forecasts(forecasts: int, separate: int, words: str, said) -> None:
    text = said(dataclasses.replace(WINS, forecasts=forecasts, separate=separate, inside=1, last=dt.date(2027, 1, 5)))
    assert text.endswith(words)
    assert ("1 forecast of wins 28 days ahead made on 2027-01-05," in text) == (forecasts == 1)


def test_a_calibrated_model_without_a_record_says_how_to_get_one(said) -> None:
    assert said(posterior={"file": "posterior.nc"}) == NONE
    assert "`rpmsim backtest HISTORY.yaml`" in NONE
    assert said() == ""
    assert said(WINS, posterior={"file": "posterior.nc"}) == said(WINS)


def test_it_stands_below_the_bands_and_on_the_page_about_the_run(make_document, make_forecast) -> None:
    model, _, _ = make_forecast(1)
    document = make_document()
    assert document["track_record"] == []
    assert "Track record" not in forecast_text(document)
    document["track_record"] = entries(dataclasses.replace(WINS, metric="bookings"), model=model)
    parts = forecast_text(document).split("\n\n")
    assert parts[2] == wrapped(track_record_sentences(document, "bookings"))
    assert parts[1].startswith("Bookings by month")
    assert max(len(line) for line in parts[2].splitlines()) <= WIDTH
    (about,) = (table for table in tables(document, {}) if table.name == "About")
    assert ["Track record", track_record_sentences(document, "bookings")] in list(about.rows)
