"""What is dated after a day may be anything: no table of the day's view changes by a byte."""

from __future__ import annotations

import csv
import datetime as dt
import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rpmsim.history import TABLES, open_history

FIRST, LAST = dt.date(2027, 1, 1), dt.date(2027, 4, 30)
DAYS = (LAST - FIRST).days
MAPPING = """\
as_of: 2027-04-30
stages: {trial: {kind: opportunity, enters: yes, to: [offer, won, lost]}, offer: {kind: opportunity, to: [won, lost]}}
sources:
  d: {file: d.csv, shape: wide, object: deal, record: id, created: created, current: state, channel: source,
      amount: worth, owner: rep, attributes: {region: region}, stages: {won: {time: closed, where: {state: won}}}}
  h: {file: h.csv, shape: field history, object: deal, record: id, field: what, old: old, new: new, time: at,
      fields: {state: stage, worth: amount, rep: owner}}
  w: {file: w.csv, shape: work, object: deal, record: id, item: item, created: made, started: begun, completed: done,
      owner: rep}
people: {file: p.csv, id: id, name: id, role: role, start: first, end: last}
"""
STATES, REPS = ("trial", "offer", "won", "lost"), ("lea", "tom", "ann")
DATED = {
    "d.csv": ("created", "closed"),
    "h.csv": ("at",),
    "w.csv": ("made", "begun", "done"),
    "p.csv": ("first", "last"),
}
"""Time columns of each file, the one without which a row is not there first."""
TODAY = {"d.csv": ("state", "worth", "rep", "region"), "h.csv": (), "w.csv": (), "p.csv": ("role",)}
"""What holds when the export is made."""


def made(rng: random.Random) -> dict[str, list[dict[str, str]]]:
    """Random tables of a small CRM."""

    def day(after: int = 0) -> int:
        return rng.randint(after, DAYS)

    tables: dict[str, list[dict[str, str]]] = {name: [] for name in DATED}
    for i in range(12):
        created = day()
        state = rng.choice(STATES)
        closed = text(day(created)) if state in ("won", "lost") and rng.random() < 0.7 else ""
        tables["d.csv"].append({
            "id": str(i), "created": text(created), "closed": closed, "state": state, "worth": str(rng.randint(1, 99)),
            "rep": rng.choice(REPS), "source": rng.choice(("web", "fair")), "region": rng.choice(("n", "s")),
        })  # fmt: skip
        for _ in range(rng.randint(0, 3)):
            what = rng.choice(("state", "worth", "rep"))
            old, new = (rng.choice({"state": STATES, "worth": ("5", "7", ""), "rep": REPS}[what]) for _ in range(2))
            tables["h.csv"].append({"id": str(i), "what": what, "old": old, "new": new, "at": text(day(created))})
        begun = day(created)
        tables["w.csv"].append({
            "id": str(i), "item": "call", "made": text(created), "begun": text(begun), "done": text(day(begun)),
            "rep": rng.choice(REPS),
        })  # fmt: skip
    for rep in REPS:
        tables["p.csv"].append({"id": rep, "role": rng.choice("xy"), "first": text(day()), "last": text(day())})
    return tables


def text(day: int) -> str:
    return f"{FIRST + dt.timedelta(day)} 09:00"


def poison(tables: dict[str, list[dict[str, str]]], day: int, rng: random.Random) -> None:
    """Replace all that is known only after the day; rows that came later become others."""
    end = text(day + 1)[:10]
    noise = made(rng)
    for name, rows in tables.items():
        times = DATED[name]
        for i, row in enumerate(rows):
            later = rng.choice(noise[name])
            for column in times:
                if row[column][:10] >= end:
                    row[column] = text(rng.randint(day + 1, DAYS)) if day < DAYS else row[column]
            if row[times[0]][:10] >= end:
                keep = {times[0]: row[times[0]], **({"id": f"new{i}"} if name == "d.csv" else {})}
                rows[i] = later | keep | {c: row[c] for c in times[1:]}
            if name == "w.csv" and row["begun"][:10] >= end:
                rows[i]["rep"] = later["rep"]  # nobody had taken it up
            for column in TODAY[name]:
                if column != "state" or not row["closed"] or row["closed"][:10] >= end:
                    rows[i][column] = later[column]
        rows.sort(key=lambda row: row[times[0]][:10] >= end)  # rows of the past keep their places


def answers(tables: dict[str, list[dict[str, str]]], day: int) -> dict[str, list[tuple[object, ...]]]:
    """All tables of the view of a day."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in tables.items():
            with (Path(folder) / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        path = Path(folder) / "history.yaml"
        path.write_text(MAPPING, encoding="utf-8")
        with open_history(path) as history:
            view = history.as_of(FIRST + dt.timedelta(day))
            return {table: view.rows(table) for table in TABLES}


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), day=st.integers(10, DAYS - 1))
def test_the_future_changes_no_table(seed: int, day: int) -> None:
    rng = random.Random(seed)
    tables = made(rng)
    end = text(day + 1)[:10]
    for name, rows in tables.items():
        rows.sort(key=lambda row, first=DATED[name][0]: row[first][:10] >= end)
    before = answers(tables, day)
    poison(tables, day, rng)
    assert answers(tables, day) == before
