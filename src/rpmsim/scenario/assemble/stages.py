"""Stages: what may happen to a lead, who takes it up, and what waiting does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from rpmsim.model.calendar import Every
from rpmsim.model.cycle import (
    NO_DELAY,
    LoadEffect,
    Outcome,
    Queue,
    RandomEffect,
    Response,
    Stage,
    StageKind,
    advances,
)
from rpmsim.model.number import ByClass, Number
from rpmsim.scenario.assemble.distributions import delay_of, distribution_of
from rpmsim.scenario.assemble.due import check_due, due_delay, offset_of
from rpmsim.scenario.assemble.place import Place
from rpmsim.scenario.schema.reading import REST
from rpmsim.text.nodes import Path

_KINDS = get_args(StageKind)


@dataclass(frozen=True)
class _Known:
    """What a stage must know of the rest of the scenario: kinds by stage, clocks, whether returns are counted."""

    kinds: dict[str, StageKind]
    clocks: Mapping[str, bool]
    returns: bool


def stages_of(records: dict[str, Any], clocks: Mapping[str, bool], returns: bool, place: Place) -> tuple[Stage, ...]:
    """All stages in the order of the file; won and lost stand at the end where they are not declared.

    ``clocks`` says of each clock whether a delay of 0 days waits on it for a day on which it runs.
    """
    declared = {name: record or {} for name, record in records.items()}
    for built_in in ("won", "lost"):
        declared.setdefault(built_in, {})
    kinds: dict[str, Any] = {
        name: record.get("kind") or (name if name in _KINDS else "other") for name, record in declared.items()
    }
    known = _Known(kinds, clocks, returns)
    return tuple(_stage(name, record, known, place) for name, record in declared.items())


def _stage(name: str, record: dict[str, Any], known: _Known, place: Place) -> Stage:
    path = ("stages", name)
    due = record.get("due")
    outcomes = tuple(
        _outcome(name, to, outcome or {}, known, (*path, "to", to), place, due)
        for to, outcome in (record.get("to") or {}).items()
    )
    check_due(due, outcomes, path, place)
    stays = (record.get("stays") or {}).get("share")
    queue = record.get("queue") or {}
    worked_by = record.get("worked_by")
    pace = _random_effect(record, "pace", "week", path, place)
    if pace is not None and outcomes and all(outcome.delay == NO_DELAY for outcome in outcomes):
        place.warn((*path, "pace"), "`pace` has no effect: no outcome takes time", "state a time, or remove it")
    return Stage(
        name=name,
        kind=known.kinds[name],
        label=record.get("label") or "",
        outcomes=outcomes,
        stays=_rest_as_word(stays),
        timeout=_limit(record, "timeout", "after", path, place),
        worked_by=_nobody(worked_by),
        work_hours=filled(record.get("work", Number(1.0))),
        response=_response(record.get("response") or {}, (*path, "response"), place),
        queue=Queue(
            queue.get("order") or "first_in", tuple(queue.get("priority") or ()), tuple(queue.get("ties") or ())
        ),
        load=_load(record.get("load"), (*path, "load"), place),
        gives_up=_limit(record, "gives_up", "share", path, place),
        odds=record.get("odds") or (),
        stretch=record.get("stretch") or (),
        shock=_random_effect(record, "shock", "quarter", path, place),
        pace=pace,
        amount_here=bool(record.get("amount")),
    )


def _outcome(
    name: str,
    to: str,
    record: dict[str, Any],
    known: _Known,
    path: Path,
    place: Place,
    due: dict[str, Any] | None,
) -> Outcome:
    if "share" not in record:
        place.error(path, "an outcome without a share", "write `share: 20%` or `share: rest`")
    offset = offset_of(record, path, place)
    delay = (
        (delay_of(record, path, place, known.clocks) or NO_DELAY)
        if offset is None
        else due_delay(record, offset, due, path, place, known.clocks)
    )
    if record.get("returning") and not known.returns:
        place.warn(
            (*path, "returning"), "returns are not tracked, so this has no effect", "state `returns: 2` at the top"
        )
    pace = _random_effect(record, "pace", "week", path, place)
    if pace is not None and delay == NO_DELAY:
        place.warn((*path, "pace"), "`pace` has no effect without a time", "state a time, such as `median: 12 days`")
    stated = record.get("advances")
    by_kind = to in known.kinds and advances(known.kinds[name], known.kinds[to])
    return Outcome(
        to,
        _share(record.get("share", REST)),
        delay,
        by_kind if stated is None else stated,
        bool(record.get("returning")),
        pace,
        record.get("beyond"),
        offset,
    )


def _random_effect(record: dict[str, Any], key: str, every: Every, path: Path, place: Place) -> RandomEffect | None:
    stated = record.get(key)
    if stated is None:
        return None
    if stated.get("sigma") is None:
        if "sigma" not in stated:
            place.error((*path, key), f"a {key} without `sigma`", f"write `{key}: {{sigma: 15%, every: {every}}}`")
        return None
    return RandomEffect(stated["sigma"], stated.get("every") or every)


def _share(share: Any) -> Any:
    """A share as the model has it: None is the rest, and classes that no one named have none."""
    if share is REST:
        return None
    if isinstance(share, ByClass):
        cases = tuple((name, _share(case)) for name, case in share.cases)
        default = Number(0.0) if share.default is None else _share(share.default)
        return ByClass(share.dimension, cases, default)
    return share


def _rest_as_word(share: Any) -> Any:
    if isinstance(share, ByClass):
        cases = tuple((name, _rest_as_word(case)) for name, case in share.cases)
        return ByClass(share.dimension, cases, _rest_as_word(share.default))
    return "rest" if share is REST else share


def _nobody(role: Any) -> Any:
    if isinstance(role, ByClass):
        return ByClass(role.dimension, tuple((name, _nobody(case)) for name, case in role.cases), _nobody(role.default))
    return None if role == "nobody" else role


def filled(value: Any) -> Any:
    """A value by class in which also the classes that never come here have one."""
    if not isinstance(value, ByClass):
        return value
    cases = tuple((name, filled(case)) for name, case in value.cases)
    return ByClass(value.dimension, cases, filled(value.default) if value.default is not None else cases[0][1])


def _limit(record: dict[str, Any], key: str, number: str, path: Path, place: Place) -> tuple[Number, str] | None:
    stated = record.get(key)
    if stated is None:
        return None
    for part in (number, "to"):
        if part not in stated:
            place.error((*path, key), f"`{key}` without `{part}`", f"write `{key}: {{{number}: ..., to: STAGE}}`")
    if number not in stated or "to" not in stated or stated[number] is None:
        return None
    return stated[number], stated["to"]


def _response(record: dict[str, Any], path: Path, place: Place) -> Response:
    form: Any = "none"
    acts_on: Any = "odds"
    strength = Number(1.0)
    if "odds" in record and "probability" in record:
        place.error((*path, "probability"), "waiting affects both the odds and the probability", "keep one of the two")
    for key in ("odds", "probability"):
        if record.get(key) is not None:
            (form, strength), acts_on = record[key], key
    load = record.get("load") or {}
    if "load" in record and "time" not in load:
        place.error((*path, "load"), "an effect of load without a factor", "write `time: x1.02 per open item each`")
    if load and "time" not in record:
        place.error((*path, "load"), "load lengthens a response time that is not stated", "state `response.time`")
    sla = record.get("sla")
    return Response(
        time=distribution_of(record["time"] or {}, (*path, "time"), place) if "time" in record else None,
        decay=form,
        strength=strength,
        acts_on=acts_on,
        sla_hours=None if sla is None else filled(sla),
        load_stretch=load.get("time"),
        load_above=load.get("above") or Number(0.0),
    )


def _load(record: dict[str, Any] | None, path: Path, place: Place) -> LoadEffect | None:
    if record is None:
        return None
    if record.get("odds") is None:
        place.error(path, "an effect of load without a factor", "write `odds: x0.98 per open item each`")
        return None
    return LoadEffect(record["odds"], record.get("above") or Number(0.0))
