"""A small funnel of which everything is known: two channels, two stages, deals with amounts, as an event log."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np

FIRST = dt.date(2027, 1, 4)
DAYS = 200
AS_OF = FIRST + dt.timedelta(DAYS - 1)
MAPPING = f"""\
as_of: {AS_OF}
currency: USD
stages:
  lead: {{kind: lead, enters: yes, to: [offer, lost]}}
  offer: {{kind: opportunity, to: [won, lost]}}
sources:
  log: {{file: log.csv, shape: events, record: id, stage: stage, time: time, channel: channel, amount: amount}}
"""
Row = dict[str, str]


def rows_of(seed: int = 1) -> list[Row]:
    """Events in the order of their days."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, Row]] = []
    number = 0
    for day in range(DAYS):
        for channel, rate in (("web", 2.5), ("fair", 1.0)):
            for _ in range(rng.poisson(rate)):
                number += 1
                amount = str(round(float(rng.lognormal(7.0, 0.6)), 2))
                at = day
                path = ["lead"]
                if rng.random() < 0.5:
                    path += ["offer", "won" if rng.random() < 0.4 else "lost"]
                else:
                    path.append("lost")
                for stage in path:
                    if at < DAYS:
                        row = {"id": f"r{number}", "stage": stage, "channel": channel, "amount": amount}
                        rows.append((at, row | {"time": f"{FIRST + dt.timedelta(at)} {9 + len(rows) % 8:02d}:00"}))
                    at += int(rng.geometric(0.12))
    return [row for _, row in sorted(rows, key=lambda pair: pair[1]["time"])]


def write(folder: Path, rows: list[Row]) -> Path:
    """Write a history; the path of its mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "stage", "channel", "amount", "time"])
        writer.writeheader()
        writer.writerows(rows)
    path = folder / "history.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path
