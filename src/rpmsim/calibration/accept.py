"""Whether the audit of a history lets it be calibrated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from rpmsim.calibration.part import Finding
from rpmsim.errors import Diagnostic, InputError
from rpmsim.history.audit import audit
from rpmsim.history.history import History
from rpmsim.model.cycle import SOURCE
from rpmsim.text.complaints import nearest

HANDLED = ("recording starts", "identification", "amounts", "loops", "leaks", "rows without any time")
"""What a calibration deals with itself, and says so: outcomes that were not recorded from the start, no losses, no
amounts, stages that are entered again, attributes that it does not use, rows that it leaves out."""

EVERYTHING = "all"


@dataclass(frozen=True)
class Accepted:
    """What an audit says to a calibration.

    Parameters
    ----------
    findings : list of Finding
        What failed, and was accepted or is dealt with.
    breaks : list of date
        Days from which the number of new records has another level.
    """

    findings: list[Finding]
    breaks: list[dt.date]


def check_stages(history: History) -> None:
    """Refuse stages of a history that a model cannot have.

    Raises
    ------
    InputError
        For a stage with a reserved name.
    """
    mapping = history.mapping
    if any(rule.name == SOURCE for rule in mapping.stages):
        at = mapping.mark("stages", SOURCE)
        what = f"`{SOURCE}` is a reserved word in a model: the forecast calls so where new leads come from"
        fix = f"give the stage another name, with `names: [{SOURCE}]`, and use it in the sources"
        raise InputError([Diagnostic(str(mapping.path), at.line, at.column, f"stages.{SOURCE}", what, fix)])


def check_audit(history: History, as_of: dt.date | None, accept: Collection[str]) -> Accepted:
    """Audit a history before it is calibrated.

    Parameters
    ----------
    history : History
    as_of : date, optional
    accept : collection of str
        Items that may fail; ``all`` for all of them.

    Returns
    -------
    Accepted

    Raises
    ------
    InputError
        For items that fail and were not accepted, and for accepted items that do not exist.
    """
    found = audit(history, as_of)
    path = str(history.mapping.path)
    names = [item.name for item in found.items]
    unknown = [name for name in accept if name not in names and name != EVERYTHING]
    if unknown:
        raise InputError(
            [
                Diagnostic(path, None, None, "--accept", f"the audit has no item `{name}`", nearest(name, names))
                for name in unknown
            ]
        )
    failed = [item for item in found.items if item.status == "FAIL"]
    open_items = [
        item
        for item in failed
        if item.name not in accept and EVERYTHING not in accept and not item.name.endswith(HANDLED)
    ]
    if open_items:
        raise InputError(
            [
                Diagnostic(
                    path, None, None, "audit",
                    f"{item.name}: {item.finding}",
                    f'{item.todo}; or go on as it is with --accept "{item.name}"',
                )
                for item in open_items
            ]
        )  # fmt: skip
    breaks = [
        dt.date.fromisoformat(change["week_of"])
        for item in found.items
        if item.name == "changes of volume"
        for change in item.numbers.get("changes", [])
    ]
    return Accepted([Finding(item.name, "REVIEW", item.finding, item.todo) for item in failed], breaks)
