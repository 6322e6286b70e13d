"""One thing that an audit looks at, and what it found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["PASS", "REVIEW", "FAIL"]
"""``REVIEW``: somebody should look. ``FAIL``: a fit on this is wrong unless something is done."""

STATUSES: tuple[Status, ...] = ("FAIL", "REVIEW", "PASS")
"""The worst first."""


def worst(found: Collection[Status]) -> Status:
    """The worst of some, PASS of none."""
    return next((status for status in STATUSES if status in found), "PASS")


@dataclass
class Item:
    """A finding.

    Parameters
    ----------
    name : str
        What was looked at.
    status : {"PASS", "REVIEW", "FAIL"}
    finding : str
        What was found, in one or two sentences.
    todo : str
        What to do about it; empty for PASS.
    numbers : dict
        The figures behind the finding, ready for JSON.
    """

    name: str
    status: Status
    finding: str
    todo: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def passed(name: str, finding: str, **numbers: Any) -> Item:
    """A finding about which nothing need be done."""
    return Item(name, "PASS", finding, "", numbers)


def graded(name: str, share: float, fail_above: float, finding: str, todo: str, **numbers: Any) -> Item:
    """REVIEW, or FAIL where the share is above a limit."""
    return Item(name, "FAIL" if share > fail_above else "REVIEW", finding, todo, numbers)
