"""Channels and segments of a view as the model has them, and the numbers of its records."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.calibration.names import Names, named, unique
from rpmsim.history.view import View

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

GROUPS = 4096
"""Records are put into so many groups that are weighted together in a draw; with fewer records, each has its own."""

MOST_CHANNELS, MOST_SEGMENTS, LEAST_RECORDS = 12, 8, 20
"""Channels and segments that are distinguished; smaller ones are put together."""

ENTRY_SHARE = 0.02
"""A stage in which more than this share of all records begins has channels of its own."""


def table_name(table: str, view: View) -> str:
    """Name of a table of the calibration in the working database."""
    return f"calibrate_{table}_{view.tag}"


def channels_of(view: View, number_of: dict[str, int], used: set[str]) -> tuple[Names, tuple[int, ...], list[Any]]:
    """Channels, one for each stage in which many records begin; the stage of each; and the code of each record."""
    rows = view.con.execute(f"""
        SELECT channel, stage, count(*) FROM {table_name("begun", view)} GROUP BY 1, 2 ORDER BY 1, 2
    """).fetchall()
    texts = list(dict.fromkeys(channel for channel, _, _ in rows))
    counts = np.array([sum(n for c, _, n in rows if c == text) for text in texts])
    least = min(LEAST_RECORDS, int(counts.max()))
    if texts == [None]:
        plain = Names(("leads",), ("Leads",), np.zeros(1, dtype=np.int64))
        used.add("leads")
    else:
        plain = named(texts, counts, MOST_CHANNELS, least, "channel", used)
    total = counts.sum()
    by_entry: dict[tuple[int, str], int] = {}
    for channel, stage, n in rows:
        key = int(plain.of_text[texts.index(channel)]), stage
        by_entry[key] = by_entry.get(key, 0) + n
    names: list[str] = []
    labels: list[str] = []
    into: list[int] = []
    code: dict[tuple[int, str], int] = {}
    for number, name in enumerate(plain.names):
        entries = sorted(((n, stage) for (c, stage), n in by_entry.items() if c == number), reverse=True)
        for place, (n, stage) in enumerate(entries):
            if place and n < ENTRY_SHARE * total:
                code[number, stage] = code[number, entries[0][1]]
                continue
            code[number, stage] = len(names)
            into.append(number_of[stage])
            label = plain.labels[number]
            if place:
                name, label = unique(f"{plain.names[number]}_{stage}"[:60], used), f"{label}, from {stage}"
            names.append(name)
            labels.append(label)
    codes = [(channel, stage, code[int(plain.of_text[texts.index(channel)]), stage]) for channel, stage, _ in rows]
    return Names(tuple(names), tuple(labels), np.arange(len(names)), plain.merged), tuple(into), codes


def segments_of(view: View, used: set[str]) -> tuple[Names, list[Any]]:
    """Segments, and the code of each text of the history."""
    rows = view.con.execute(f"""
        SELECT segment, count(*) FROM {table_name("begun", view)} GROUP BY 1 ORDER BY 1
    """).fetchall()
    texts, counts = [text for text, _ in rows], np.array([n for _, n in rows])
    if texts == [None]:
        used.add("deals")
        return Names(("deals",), ("Deals",), np.zeros(1, dtype=np.int64)), [(None, 0)]
    least = min(LEAST_RECORDS, int(counts.max()))
    names = named(texts, counts, MOST_SEGMENTS, least, "segment", used)
    return names, [(text, int(names.of_text[i])) for i, text in enumerate(texts)]


def make_codes(view: View, channel_of: list[Any], segment_of: list[Any]) -> None:
    """Each record with its numbers: its own, that of its group, of its channel and of its segment.

    ``origin`` and ``kind`` are places in the two lists.
    """
    con, tables = view.con, {}
    for kind, columns, rows in (
        ("channel", "channel VARCHAR, stage VARCHAR, code BIGINT, place BIGINT", channel_of),
        ("segment", "segment VARCHAR, code BIGINT, place BIGINT", segment_of),
    ):
        tables[kind] = table_name(kind, view)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {tables[kind]} ({columns})")
        placed = [(*row, place) for place, row in enumerate(rows)]
        con.executemany(f"INSERT INTO {tables[kind]} VALUES ({', '.join('?' * len(placed[0]))})", placed)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table_name("codes", view)} AS
        SELECT
            b.record, b.number, c.code AS channel, s.code AS segment, c.place AS origin, s.place AS kind,
            CAST(b.entered AS DATE) AS begun,
            CASE WHEN count(*) OVER () <= {GROUPS} THEN number ELSE mod(number, {GROUPS}) END AS member
        FROM {table_name("begun", view)} b
        JOIN {tables["channel"]} c ON c.channel IS NOT DISTINCT FROM b.channel AND c.stage = b.stage
        JOIN {tables["segment"]} s ON s.segment IS NOT DISTINCT FROM b.segment
    """)
