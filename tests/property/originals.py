"""What mutants are made from: small scenarios with tables of every form, and a history in every kind of file."""

# ruff: noqa: E501  (the texts are files as people write them)
from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


@dataclass(frozen=True)
class Original:
    """Files that belong together.

    Parameters
    ----------
    main : tuple of str
        What a command is given; the last one is what ``diff`` compares with.
    files : mapping of str to bytes
        The others.
    """

    name: str
    main: tuple[str, ...]
    contents: dict[str, bytes] = field(hash=False)

    @property
    def files(self) -> list[str]:
        """Names of the files that are no main ones."""
        return [name for name in self.contents if name not in self.main]


def write(original: Original, folder: Path) -> None:
    """Write all files."""
    for name, content in original.contents.items():
        (folder / name).write_bytes(content)


def workbook(rows: list[list[str]]) -> bytes:
    """Rows as an XLSX file; numbers become numbers."""
    import xlsxwriter

    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Table")
        for i, row in enumerate(rows):
            for k, cell in enumerate(row):
                if re.fullmatch(r"\d+(\.\d+)?", cell):
                    sheet.write_number(i, k, float(cell))
                else:
                    sheet.write_string(i, k, cell)
    return data.getvalue()


def parquet(rows: list[list[str]]) -> bytes:
    """Rows as a Parquet file of texts."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    columns = [pa.array([row[i] or None for row in rows[1:]]) for i in range(len(rows[0]))]
    data = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=rows[0]), data)
    return data.getvalue()


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


PLAN = """\
name: Plan
currency: EUR
as_of: 2026-12-31
until: 2027-03
targets: {bookings: {2027-Q1: 900k}}
segments: {smb: {amount: {median: 8k, p90: 19k}}, large: {amount: {median: 60k, p90: 150k}}}
channels:
  web:  {kind: marketing, into: lead, leads: leads.csv, mix: {smb: 80%, large: rest}, batch: {median: 3, p90: 9}, drift: {sigma: 3%, now: x1.1}}
  paid: {kind: marketing, into: lead, leads: {table: plan.xlsx, column: paid, change: +5%}, mix: {smb: 90%, large: rest}}
stages:
  lead: {worked_by: sdr, to: {deal: {share: 14% to 20%, median: 9 days, p90: 25 days}, lost: {share: rest, median: 10 days}}}
  deal: {kind: opportunity, worked_by: ae, to: {won: {share: 25%, median: 40 days}, lost: {share: rest, median: 30 days}}}
roles:
  sdr: {team: people.csv, handles: 5 per day each}
  ae:  {heads: 4, holds: 30 each, pay: 8k per month, hires: {2027-02: +1}}
costs: {tools: 1k per month, events: {kind: services, months: {2027-02: 20k}}}
opening: stock.xlsx
open: open.csv
actuals: actuals.csv
track_record: {bookings: {days: 28, forecasts: 24, inside: 19, separate: 6, from: 2026-06-02, to: 2026-11-10}}
"""
CHILD = "extends: plan.yaml\nname: Child\nchannels.web: {change: -10%}\nroles.ae.heads: +1\n"
LEADS = [["month", "web"], ["2027-01", "120"], ["2027-02", "130"], ["2027-03", "150"]]
TABLE = [["month", "web", "paid"], ["2027-01", "120", "40"], ["2027-02", "130", "45"], ["2027-03", "150", "50"]]
PEOPLE = [["name", "role", "start", "end"], ["Ann", "sdr", "2025-01-01", ""], ["Bo", "sdr", "2026-06-01", "2027-02-15"]]
OPEN = [
    ["id", "stage", "entered", "channel", "segment", "amount"],
    *([f"O{i}", "deal", f"2026-12-{i + 1:02d}", "web", "large" if i % 3 else "smb", f"{20 + i}000"] for i in range(12)),
]
STOCK = [
    ["stage", "channel", "segment", "age", "wait", "count"],
    *(["lead", "web", "smb", str(i), "", "4"] if i % 3 else ["lead", "paid", "large", "", "2", "5"] for i in range(12)),
]
ACTUALS = [
    ["period", "metric", "value"],
    ["2026-11", "leads", "110"],
    ["2026-12", "leads", "118"],
    ["2026-12", "bookings", "90000"],
]

HISTORY = """\
name: Sales
as_of: 2027-06-30
time_zone: Europe/Berlin
currency: EUR
rates: {USD: 0.9}
stages:
  lead: {kind: lead, names: [Lead, New], enters: yes}
  mql: {kind: mql, names: MQL}
  deal: {kind: opportunity, names: [Deal, Proposal]}
  won: {names: Closed Won}
  lost: {names: Closed Lost}
sources:
  events: {file: EVENTS, shape: events, record: id, stage: stage, time: at, amount: {column: amount, currency: currency}, owner: owner, channel: channel, segment: {column: size, values: {S: small, L: large}, missing: unknown}}
  work: {file: tasks.csv, shape: work, record: id, item: task, created: made, completed: done, owner: owner}
people: {file: people.csv, id: id, name: name, role: role, start: start}
"""
WIDE = """\
as_of: 2027-06-30
stages: {lead: {}, deal: {kind: opportunity}, won: {}, lost: {}}
sources:
  deals:
    file: WIDE
    shape: wide
    record: id
    stages: {lead: made, deal: qualified, won: {time: closed, where: {state: won}}, lost: {time: closed, where: {state: lost}}}
    current: state
    amount: amount
    owner: owner
    dates: iso
"""


@cache
def events() -> list[list[str]]:
    """Rows of an event file."""
    rows = [["id", "stage", "at", "amount", "currency", "owner", "channel", "size"]]
    for i in range(60):
        last = ("New", "MQL", "Proposal", "Closed Won" if i % 2 else "Closed Lost")[: 2 + i % 3]
        for k, stage in enumerate(last):
            day = 1 + (7 * i + 11 * k) % 28
            at = f"2027-{1 + (i + k) % 6:02d}-{day:02d} {8 + k:02d}:30"
            amount = f"{1000 + 37 * i}.50" if k > 1 else ""
            rows.append([f"R{i}", stage, at, amount, "USD" if i % 5 == 0 else "EUR", f"u{i % 4}", "web", "SL"[i % 2]])
    return rows


@cache
def wide() -> list[list[str]]:
    """Rows of a wide file."""
    rows = [["id", "made", "qualified", "closed", "state", "amount", "owner"]]
    for i in range(60):
        closed = f"2027-{3 + i % 4:02d}-20" if i % 3 else ""
        state = ("won" if i % 2 else "lost") if closed else "deal"
        rows.append(
            [f"D{i}", f"2027-01-{1 + i % 28:02d}", f"2027-02-{1 + i % 28:02d}", closed, state, str(900 * i), "ann"]
        )
    return rows


TASKS = [
    ["id", "task", "made", "done", "owner"],
    *(
        [f"R{i}", f"T{i}", f"2027-01-{1 + i % 28:02d} 09:00", f"2027-01-{1 + i % 28:02d} 11:00", "u1"]
        for i in range(30)
    ),
]
STAFF = [["id", "name", "role", "start"], *([f"u{i}", f"Person {i}", "sdr", "2026-01-01"] for i in range(4))]


def _golden(name: str, *others: str) -> Original:
    contents = {f"{each}.yaml": (GOLDEN / f"{each}.yaml").read_bytes() for each in (name, *others)}
    return Original(name, (f"{name}.yaml",), contents)


def _history(kind: str, form: str, content: bytes) -> Original:
    text = (
        HISTORY.replace("EVENTS", f"events.{form}") if kind == "events" else WIDE.replace("WIDE", f"wide.{form}")
    ).encode()
    contents = {"history.yaml": text, f"{kind}.{form}": content}
    if kind == "events":
        contents |= {"tasks.csv": _csv(TASKS), "people.csv": _csv(STAFF)}
    return Original(f"{kind} {form}", ("history.yaml",), contents)


_PLAN_FILES = {
    "plan.yaml": PLAN.encode(),
    "child.yaml": CHILD.encode(),
    "leads.csv": _csv(LEADS),
    "plan.xlsx": workbook(TABLE),
    "people.csv": _csv(PEOPLE),
    "open.csv": _csv(OPEN),
    "stock.xlsx": workbook(STOCK),
    "actuals.csv": _csv(ACTUALS),
}
SCENARIOS = [
    *(_golden(name) for name in ("flow", "desk", "slots", "unknown")),
    _golden("what_if", "unknown"),
    *[Original("plan", ("plan.yaml",), {k: v for k, v in _PLAN_FILES.items() if k != "child.yaml"})] * 2,
    *[Original("child", ("child.yaml", "plan.yaml"), _PLAN_FILES)] * 2,
]
HISTORIES = [
    *[_history("events", "csv", _csv(events()))] * 2,
    _history("events", "xlsx", workbook(events())),
    _history("events", "parquet", parquet(events())),
    _history("wide", "csv", _csv(wide())),
    _history("wide", "xlsx", workbook(wide())),
    _history("wide", "parquet", parquet(wide())),
]
