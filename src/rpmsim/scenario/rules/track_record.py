"""A track record agrees with itself, and with the day on which the data end."""

from __future__ import annotations

import datetime as dt

from rpmsim.model.plan import Model, TrackRecord
from rpmsim.scenario.assemble.place import Place


def check_track_record(model: Model, place: Place) -> None:
    """Counts and dates can be those of forecasts that are over."""
    for record in model.track_record:
        _counts(record, place)
        _dates(record, model.as_of, place)


def _counts(record: TrackRecord, place: Place) -> None:
    for key, count in (("inside", record.inside), ("separate", record.separate)):
        if count > record.forecasts:
            place.error(
                ("track_record", record.metric, key),
                f"{count:,} of {record.forecasts:,} forecasts",
                f"write at most {record.forecasts:,}, or correct `forecasts`",
            )


def _dates(record: TrackRecord, as_of: dt.date, place: Place) -> None:
    path = ("track_record", record.metric)
    if record.first > record.last:
        place.error(
            (*path, "to"),
            f"the last forecast, of {record.last}, was made before the first one, of {record.first}",
            "correct one of the dates",
        )
        return
    over = record.last + dt.timedelta(record.days)
    if over > as_of:
        place.error(
            (*path, "to"),
            f"the forecast of {record.last} is for the days up to {over}, after the last day of the data, {as_of}",
            "leave out forecasts that are not over by then, or the whole record, with `track_record: null`",
        )
    days = (record.last - record.first).days
    for key, count, most in (
        ("forecasts", record.forecasts, days + 1),
        ("separate", record.separate, days // record.days + 1),
    ):
        if count > most:
            what = "one a day" if key == "forecasts" else f"one in {record.days} days"
            place.error(
                (*path, key),
                f"{count:,} from {record.first} to {record.last}, where there are at most {most:,}, {what}",
                "correct it, or one of the dates",
            )
