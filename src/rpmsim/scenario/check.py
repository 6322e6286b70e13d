"""The resolved tree to a checked model: form first, then meaning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rpmsim.model.calendar import Calendar
from rpmsim.model.number import Dimension
from rpmsim.model.plan import LONGEST_SPAN_DAYS, Actual, Change, Model, Target
from rpmsim.posterior.contents import Posterior
from rpmsim.scenario.assemble.calendar import calendar_of, fiscal_of, period_days
from rpmsim.scenario.assemble.content import content_of
from rpmsim.scenario.assemble.distributions import distribution_of
from rpmsim.scenario.assemble.due import moved_days
from rpmsim.scenario.assemble.money import bands_of
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.assemble.start import open_deals_of, opening_of
from rpmsim.scenario.assemble.track_record import track_record_of
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.overlay import CONTENT_TREE, content_tree, overlay
from rpmsim.scenario.rules.all import check_content, check_plan, look_twice
from rpmsim.scenario.rules.limits import classes_are_few
from rpmsim.scenario.schema.reading import ClassMap, ScenarioReading
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Node, Scalar, find, mark_of, scalars
from rpmsim.text.quantity import QuantityError, parse_quantity

REQUIRED = ("as_of", "until", "segments", "channels", "stages")
MOST_CHANGED_VALUES = 500_000
"""Values times changes: every change is read as a plan of its own."""


@dataclass
class _Version:
    """The content from some day on, as tree, as read record, and as built."""

    place: Place
    record: dict[str, Any]
    class_maps: list[ClassMap]
    name: str = ""
    header: dict[str, Any] | None = None
    start: dt.date | None = None


def class_names(tree: Mapping) -> dict[Dimension, tuple[str, ...]]:
    """Names of all classes by dimension, from the keys of the tree."""

    def keys(name: str) -> tuple[str, ...]:
        node = tree.items.get(name)
        return tuple(node.items) if isinstance(node, Mapping) else ()

    returns = tree.items.get("returns")
    most = (
        int(returns.text) if isinstance(returns, Scalar) and returns.text.isdecimal() and int(returns.text) <= 10 else 0
    )
    counts = tuple(str(i) for i in range(most + 1)) if most else ()
    return {
        "segment": keys("segments"),
        "channel": keys("channels"),
        "grade": keys("grades"),
        "returns": counts,
        "band": keys("bands"),
    }


def worth_of(tree: Mapping, complaints: Complaints) -> dict[str, Decimal]:
    """What one unit of each currency is worth in the reporting currency; the empty name is that of bare numbers."""

    def text(node: Node | None, default: str) -> str:
        return node.text if isinstance(node, Scalar) else default

    own = text(tree.items.get("currency"), "EUR")
    reporting = text(find(tree, ("report", "currency")), own)
    table = tree.items.get("rates")
    rates: dict[str, Decimal] = {}
    for code, node in table.items.items() if isinstance(table, Mapping) else ():
        try:
            value = parse_quantity(node.text).value if isinstance(node, Scalar) else None
        except QuantityError:
            value = None  # reported where the table is read
        if value is not None and value > 0:
            rates[code] = value
        if code == own and value is not None and value != 1:
            complaints.error(node.mark, ("rates", code), f"a rate of {own} to itself", "remove the line")
    rates[own] = Decimal(1)
    if reporting not in rates:
        complaints.error(
            mark_of(tree, ("report", "currency")),
            ("report", "currency"),
            f"there is no rate for {reporting}",
            f"write `rates: {{{reporting}: 0.92}}`: the value of one {reporting} in {own}",
        )
        reporting = own
    worth = {code: rate / rates[reporting] for code, rate in rates.items()}
    return worth | {"": worth[own]}


def check(tree: Mapping, complaints: Complaints, posterior: Posterior | None = None) -> Model:
    """Build the model that a resolved tree means; ``posterior`` is the one that it names.

    Raises
    ------
    InputError
        With all errors of form, or else all errors of meaning.
    """
    meaning = Complaints()
    place = Place(tree, meaning)
    worth = worth_of(tree, complaints)
    own = tree.items.get("currency")
    currency = own.text if isinstance(own, Scalar) else "EUR"
    reading = ScenarioReading(
        complaints, meaning, class_names(tree), worth=worth, currency=currency, posterior=posterior
    )
    for key in REQUIRED:
        node = tree.items.get(key)
        if node is None or (isinstance(node, Mapping) and not node.items):
            complaints.error(tree.mark, key, f"`{key}` is missing", f"write `{key}: {SCENARIO.fields[key].example}`")
    record = SCENARIO.read(tree, (), reading) or {}
    calendar, until = _days(record, place)
    versions = [_Version(place, record, reading.class_maps), *_changes(tree, record, calendar, reading)]
    complaints.raise_if_any()
    model = _model(record, calendar, until, versions, place)
    if not classes_are_few(model, place):
        meaning.raise_if_any()
    for version, content in zip(versions, model.contents, strict=True):
        check_content(model, content, version.class_maps, version.place)
    check_plan(model, versions[0].class_maps, place)
    meaning.raise_if_any()
    look_twice(model, [version.place for version in versions])
    for warning in meaning.warnings:
        complaints.keep(warning)
    return model


def _days(record: dict[str, Any], place: Place) -> tuple[Calendar, dt.date]:
    """The calendar, and the last day."""
    stated = record.get("calendar") or {}
    as_of = record.get("as_of") or dt.date(2026, 12, 31)
    without_holidays = Calendar(
        **fiscal_of(stated),
    )
    period = period_days(record.get("until") or "", without_holidays)
    if record.get("until") and period is None:
        place.error(("until",), f"{record['until']} is not a period", "check the spelling")
    until = period.last if period else as_of + dt.timedelta(365)
    if until <= as_of:
        place.error(
            ("until",),
            f"nothing to simulate: the last day, {until}, is not after {as_of}",
            "write a later `until`",
        )
        until = as_of + dt.timedelta(365)
    if (until - as_of).days > LONGEST_SPAN_DAYS:
        place.error(("until",), f"a forecast of {(until - as_of).days // 365} years", "at most 30 years are simulated")
        until = as_of + dt.timedelta(365)
    return calendar_of(stated, range(as_of.year - 1, until.year + 2), place), until


def _changes(tree: Mapping, record: dict[str, Any], calendar: Calendar, reading: ScenarioReading) -> list[_Version]:
    """The content from each change on, all earlier changes included."""
    dated = []
    for name, block in (record.get("changes") or {}).items():
        if block is None or not block.get("from"):
            continue
        period = period_days(block["from"], calendar)
        if period is None:
            reading.meaning.error(
                tree.mark, ("changes", name, "from"), f"{block['from']} is not a period", "check the spelling"
            )
            continue
        dated.append((period.first, name, block))
    versions = []
    content = content_tree(tree)
    size = len(dated) * sum(1 for _ in scalars(content))
    if size > MOST_CHANGED_VALUES:
        message = f"{len(dated)} changes of {size // len(dated):,} values"
        reading.form.error(
            tree.marks["changes"], "changes", message, "combine changes, or leave out what you do not need"
        )
        return []
    for start, name, block in sorted(dated, key=lambda item: item[:2]):
        node = find(tree, ("changes", name))
        assert isinstance(node, Mapping)
        content = overlay(content, name, block["statements"], node.marks, reading.form)
        again = replace(reading, class_maps=[])
        read = CONTENT_TREE.read(content, (), again) or {}
        versions.append(
            _Version(Place(content, reading.meaning, ("changes", name)), read, again.class_maps, name, block, start)
        )
    return versions


def _model(record: dict[str, Any], calendar: Calendar, until: dt.date, versions: list[_Version], place: Place) -> Model:
    as_of = record["as_of"]
    first = as_of + dt.timedelta(1)
    returns = record.get("returns")
    counted = returns is not None and returns.mid > 0
    contents = [content_of(version.record, calendar, first, counted, version.place) for version in versions]
    segments = contents[0].segments
    only_segment = segments[0].name if len(segments) == 1 else ""
    currency = record.get("currency") or "EUR"
    reporting = (record.get("report") or {}).get("currency") or currency
    for path, code in ((("currency",), currency), (("report", "currency"), reporting)):
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            place.error(path, f"`{code}` is not a currency", "write three capital letters, such as `EUR`")
    revision = distribution_of(record["revision"], ("revision",), place) if record.get("revision") else None
    changes = tuple(
        Change(
            version.name,
            version.start or first,
            content,
            int(header["phase"].mid) if (header := version.header or {}).get("phase") else 0,
            bool(header.get("affects")),
        )
        for version, content in zip(versions[1:], contents[1:], strict=True)
    )
    return Model(
        name=record.get("name") or "",
        label=record.get("label") or "",
        currency=reporting,
        as_of=as_of,
        until=until,
        calendar=calendar,
        content=contents[0],
        changes=changes,
        grades=tuple(record.get("grades") or ()),
        bands=bands_of(record.get("bands") or {}, place),
        max_returns=int(returns.mid) if returns else 0,
        opening=opening_of(record.get("opening") or {}, only_segment, place),
        open_deals=open_deals_of(record.get("open"), only_segment, as_of, _moved(record), place),
        revision=revision,
        targets=_targets(record.get("targets") or {}, calendar, place),
        class_targets=_class_targets(record.get("targets") or {}, calendar, place),
        actuals=_actuals(record.get("actuals") or {}, as_of, calendar, place),
        track_record=track_record_of(record.get("track_record") or {}, place),
        period=(record.get("report") or {}).get("period") or "month",
    )


def _moved(record: dict[str, Any]) -> dict[str, int]:
    """Days by which the due dates of each stage move."""
    return {name: moved_days((stage or {}).get("due")) for name, stage in (record.get("stages") or {}).items()}


def _actuals(stated: dict[str, Any], as_of: dt.date, calendar: Calendar, place: Place) -> tuple[Actual, ...]:
    result = []
    for metric, values in stated.items():
        for label, number in (values or {}).items():
            period, path = period_days(label, calendar), ("actuals", metric, label)
            if period is None:
                place.error(path, f"`{label}` is not a period", "write `2027-01`, `2027-Q1`, `2027` or `FY27-Q1`")
            elif period.first > as_of:
                place.error(
                    path,
                    f"the period begins on {period.first}, after the last day of the data, {as_of}",
                    "leave out periods in the future",
                )
            elif metric in ("leads", "wins", "bookings") and number is not None:
                last = min(period.last, as_of)
                result.append(Actual(metric, label, period.first, last, number.mid))  # type: ignore[arg-type]
    return tuple(result)


def _targets(
    stated: dict[str, Any], calendar: Calendar, place: Place, of: str = "", name: str = ""
) -> tuple[Target, ...]:
    """Targets of the whole, or of a channel, segment or group."""
    targets = []
    for metric in (metric for metric in stated if metric in ("leads", "wins", "bookings")):
        for label, number in (stated[metric] or {}).items():
            period = period_days(label, calendar)
            if period is None:
                place.error(
                    ("targets", *((f"{of}s", name) if of else ()), metric, label),
                    f"`{label}` is not a period",
                    "write `2027-01`, `2027-Q1`, `2027` or `FY27-Q1`",
                )
            else:
                targets.append(Target(metric, label, period.first, period.last, number.mid, of, name))  # type: ignore[arg-type]
    return tuple(targets)


def _class_targets(stated: dict[str, Any], calendar: Calendar, place: Place) -> tuple[Target, ...]:
    """Targets of channels, segments and groups of segments."""
    return tuple(
        target
        for of in ("channel", "segment", "group")
        for name, record in (stated.get(f"{of}s") or {}).items()
        for target in _targets(record or {}, calendar, place, of, name)
    )
