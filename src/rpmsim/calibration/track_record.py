"""The track record that a backtest of the history gives to a model: how many results fell inside their band."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rpmsim.calibration.gathering import gather
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.history import History
from rpmsim.scores import effective_origins
from rpmsim.text.complaints import Complaints
from rpmsim.text.schema.scalars import parse_date
from rpmsim.text.source import read_bytes

LARGEST_FILE = 200_000_000
"""Bytes of a backtest: years of origins, and many targets, fit."""
ENOUGH = 4
"""Separate spans that are enough to state a horizon, where a shorter one has more."""
OTHER, OTHER_SHARE = 3, 0.05
"""Records, and their share, by which the same history may differ: what is put right later changes the past."""
METRICS = ("bookings", "wins", "leads")
MOST_DAYS = 7305
"""Days ahead, as many as a scenario takes: 20 years."""
_LARGEST_NUMBER = 1e300
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Scored:
    """One forecast of the total over so many days after an origin, and whether the result fell inside p10 to p90."""

    metric: str
    days: int
    origin: dt.date
    inside: bool

    @property
    def over(self) -> dt.date:
        """The last day of its span."""
        return self.origin + dt.timedelta(self.days)


def read_backtest(path: Path) -> Any:
    """Read the JSON of a backtest, which :func:`scored_forecasts` then checks.

    Raises
    ------
    InputError
        It cannot be read, is too large, or is no JSON.
    """
    complaints = Complaints()
    read = read_bytes(path, str(path), LARGEST_FILE, complaints)
    complaints.raise_if_any()
    assert read is not None
    try:
        return json.loads(read[0], parse_constant=_refuse_constant)
    except RecursionError:
        what = "is nested too deeply"
    except ValueError as error:
        what = f"is not JSON: {error}"
    raise _refused(str(path), "", what)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def scored_forecasts(record: Any, history: str, plug_in: bool = False, file: str = "record") -> list[Scored]:
    """The forecasts of leads, wins and bookings of which the results are known.

    Parameters
    ----------
    record : mapping
        The document of a backtest, from anywhere: nothing in it is trusted.
    history : str
        Name of the history that is calibrated.
    plug_in : bool
        Whether the calibration has best estimates in place of draws: its bands are then others.
    file : str
        Names the document in errors.

    Raises
    ------
    InputError
        It is no such document, or one of another history or other bands.
    """
    if not isinstance(record, Mapping):
        raise _refused(file, "", "is not the document of a backtest")
    name = record.get("history")
    if not isinstance(name, str):
        raise _refused(file, "history", f"is {_shown(record, 'history')}, not the name of a history")
    if name != history:
        raise _refused(file, "history", f"this is a backtest of `{name[:_LONGEST_SHOWN]}`, not of `{history}`")
    fixed = record.get("plug_in", False)
    if not isinstance(fixed, bool):
        raise _refused(file, "plug_in", f"is {_shown(record, 'plug_in')}, neither true nor false")
    if fixed != plug_in:
        made, this = ("with", "without") if fixed else ("without", "with")
        raise _refused(file, "plug_in", f"the backtest was made {made} --plug-in, and this calibration is {this} it")
    rows = record.get("forecasts")
    if not isinstance(rows, list):
        raise _refused(file, "forecasts", f"is {_shown(record, 'forecasts')}, not a list")
    found: dict[tuple[str, int, dt.date], Scored] = {}
    for number, row in enumerate(rows):
        scored = _scored(row, file, f"forecasts.{number}")
        if scored is not None:
            key = (scored.metric, scored.days, scored.origin)
            if key in found:
                what = f"{scored.metric}, {scored.days} days ahead of {scored.origin}, appears twice"
                raise _refused(file, f"forecasts.{number}", what)
            found[key] = scored
    return list(found.values())


def track_record(scored: list[Scored], as_of: dt.date) -> dict[str, dict[str, Any]]:
    """What a model as of a day states of forecasts that were over by then: nothing later leaks into it.

    Parameters
    ----------
    scored : list of Scored
    as_of : date
        Last day of the data.

    Returns
    -------
    dict
        By metric, the key ``track_record`` of a scenario, for the longest horizon of which :data:`ENOUGH` spans do not
        overlap, or else the one with the most such spans.
    """
    result = {}
    for metric in METRICS:
        own = [forecast for forecast in scored if forecast.metric == metric and forecast.over <= as_of]
        rows = [_row(own, days) for days in {forecast.days for forecast in own}]
        if rows:
            result[metric] = max(rows, key=lambda row: (min(row["separate"], ENOUGH), row["days"]))
    return result


def _row(scored: list[Scored], days: int) -> dict[str, Any]:
    """The record of one horizon."""
    own = sorted((forecast for forecast in scored if forecast.days == days), key=lambda forecast: forecast.origin)
    return {
        "days": days,
        "forecasts": len(own),
        "inside": sum(forecast.inside for forecast in own),
        "separate": effective_origins([forecast.origin.toordinal() for forecast in own], days),
        "from": own[0].origin.isoformat(),
        "to": own[-1].origin.isoformat(),
    }


def check_records(document: Any, history: History, file: str = "record") -> None:
    """Refuse a backtest of another history of the same name.

    Parameters
    ----------
    document : mapping
        A backtest; ``records`` states how many records had come by a day.
    history : History
    file : str
        Named in errors.

    Raises
    ------
    InputError
        The history has clearly more or fewer records by that day.
    """
    records = document.get("records") if isinstance(document, Mapping) else None
    if records is None:
        return
    if not isinstance(records, Mapping):
        raise _refused(file, "records", "is not a map")
    day = parse_date(_text(records, "by", file, "records"))
    count = _number(records, "count", file, "records")
    if day is None or count is None:
        raise _refused(file, "records", "does not state a day and a number")
    evidence = gather(history.as_of(min(day, history.mapping.as_of)))
    here = 0 if evidence is None else len(evidence.records)
    if abs(here - count) > OTHER + OTHER_SHARE * count:
        what = f"is of another history of this name: {count:,.0f} records had come by {day}, and in this one {here:,}"
        raise _refused(file, "", what)


def _scored(row: Any, file: str, place: str) -> Scored | None:
    """A forecast of the document; None for one of other targets or periods, or of which the result is not known."""
    if not isinstance(row, Mapping):
        raise _refused(file, place, "is not a forecast")
    target, horizon = (_text(row, key, file, place) for key in ("target", "horizon"))
    if target not in METRICS or not (horizon.isascii() and horizon.isdigit()):
        return None
    days = int(horizon) if len(horizon) <= len(str(MOST_DAYS)) else 0
    if not 1 <= days <= MOST_DAYS:
        raise _refused(file, f"{place}.horizon", f"`{horizon[:_LONGEST_SHOWN]}` is not from 1 to {MOST_DAYS} days")
    text = _text(row, "origin", file, place)
    origin = parse_date(text)
    if origin is None:
        raise _refused(file, f"{place}.origin", f"`{text[:_LONGEST_SHOWN]}` is not a date such as 2027-01-31")
    low, high, actual = (_number(row, key, file, place) for key in ("p10", "p90", "actual"))
    if low is None or high is None or actual is None:
        return None
    if low > high:
        raise _refused(file, place, f"p10, {low:g}, is above p90, {high:g}")
    return Scored(target, days, origin, low <= actual <= high)


def _text(row: Mapping[str, Any], key: str, file: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise _refused(file, f"{place}.{key}", f"is {_shown(row, key)}, not a text")
    return value


def _number(row: Mapping[str, Any], key: str, file: str, place: str) -> float | None:
    """A finite number, or None where it is null."""
    value = row.get(key)
    if value is None and key in row:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER:
        return float(value)
    raise _refused(file, f"{place}.{key}", f"is {_shown(row, key)}, not a finite number")


def _shown(row: Mapping[str, Any], key: str) -> str:
    """A wrong value in few characters."""
    if key not in row:
        return "missing"
    value = row[key]
    if isinstance(value, Mapping | list | tuple):
        return "a map" if isinstance(value, Mapping) else "a list"
    if isinstance(value, str):
        return f'"{value[:_LONGEST_SHOWN]}"'
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_NUMBER:
        return "a huge number"
    return "null" if value is None else str(value)[:_LONGEST_SHOWN].lower()


def _refused(file: str, place: str, what: str) -> InputError:
    fix = "use a backtest.json of this history as `rpmsim backtest` wrote it"
    return InputError([Diagnostic(file, None, None, place, what, fix)])
