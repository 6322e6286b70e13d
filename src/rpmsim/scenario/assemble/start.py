"""What is there at the start: opening stock by class, and open records one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rpmsim.model.plan import OpenDeal, OpeningStock
from rpmsim.scenario.assemble.place import Place

FARTHEST_DUE_DAYS = 30 * 366


def opening_of(records: dict[str, Any], only_segment: str, place: Place) -> tuple[OpeningStock, ...]:
    """Opening stock, in the order of the file."""
    result = []
    for stage, rows in records.items():
        for i, row in enumerate(rows or []):
            path = ("opening", stage, str(i))
            row = row or {}
            segment = row.get("segment") or only_segment
            if "age" in row and "wait" in row:
                place.error(
                    path, "both an age and a wait", "write `wait` for leads that are still waiting, otherwise `age`"
                )
            elif "age" not in row and "wait" not in row:
                place.error(path, "neither an age nor a wait", "write `age: 12 days`")
            for key in ("channel", "count") if segment else ("channel", "segment", "count"):
                if row.get(key) is None:
                    place.error(path, f"opening leads without a {key}", f"write `{key}: ...`")
            days = row.get("wait") or row.get("age")
            result.append(
                OpeningStock(
                    stage,
                    row.get("channel") or "",
                    segment,
                    int(row["count"].mid) if row.get("count") else 0,
                    int(days.mid) if days else 0,
                    "wait" in row,
                    row.get("grade") or "",
                    int(row["returns"].mid) if row.get("returns") else 0,
                    row.get("band") or "",
                )
            )
    return tuple(result)


def open_deals_of(
    records: Any, only_segment: str, as_of: dt.date, moved: dict[str, int], place: Place
) -> tuple[OpenDeal, ...]:
    """Open records, in the order of the file; ``moved`` says by how many days the due dates of each stage move."""
    if isinstance(records, dict):
        rows = [(("open", name), {"id": name, **(row or {})}) for name, row in records.items()]
    else:
        rows = [(("open", str(i)), row or {}) for i, row in enumerate(records or [])]
    result, seen = [], set()
    for path, row in rows:
        segment = row.get("segment") or only_segment
        for key in ("id", "stage", "entered", "channel", "segment"):
            if row.get(key) is None and not (key == "segment" and segment):
                place.error(path, f"an open deal without `{key}`", f"write `{key}: ...`")
        if row.get("id") in seen:
            place.error((*path, "id"), f"the deal `{row['id']}` is listed twice", "keep one of them")
        seen.add(row.get("id"))
        for key in ("amount", "odds"):
            if row.get(key) is not None and row[key].ranged:
                place.error(
                    (*path, key), "a range in an open deal", "write one number; `revision` states how amounts change"
                )
        entered = row.get("entered") or as_of
        if entered > as_of:
            place.error(
                (*path, "entered"),
                f"entered on {entered}, after the last day of the data, {as_of}",
                "leave out later ones",
            )
        due = row.get("due")
        if due is not None and due < entered:
            place.error((*path, "due"), f"due on {due}, before it entered on {entered}", "correct one of the dates")
        if due is not None and (due - as_of).days > FARTHEST_DUE_DAYS:
            place.error((*path, "due"), f"due on {due}, more than 30 years after {as_of}", "check the date")
        amount, odds = row.get("amount"), row.get("odds")
        result.append(
            OpenDeal(
                row.get("id") or "",
                row.get("stage") or "",
                entered,
                row.get("channel") or "",
                segment,
                None if amount is None else amount.mid,
                1.0 if odds is None else odds.mid,
                bool(row.get("waiting")),
                row.get("grade") or "",
                int(row["returns"].mid) if row.get("returns") else 0,
                row.get("label") or "",
                row.get("expected_close"),
                None if due is None else due + dt.timedelta(moved.get(row.get("stage") or "", 0)),
            )
        )
    return tuple(result)
