"""One random change of a file: of its text, of its structure, of its cells, of its bytes."""

# ruff: noqa: E501  (two tables of odd values)
from __future__ import annotations

import copy
import csv
import io
import random
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ODD: tuple[Any, ...] = (
    "", " ", None, 0, -1, 1, 1e308, -1e308, 10**19, 2**63, "1e400", ".nan", ".inf", "nan", True, False, [], {}, [[]], [None],
    {"": ""}, {"a": {"b": 1}}, "x" * 300, "ä€😀", "\u202eabc", "\x1b[31m", "\x00", "yes", "no", "rest", "50%", "150%", "-5%", "0%",
    "20% to 10%", "10% to 90%", "1k to 2M", "3 days", "-3 days", "1e9 days", "0 hours", "100 per second", "1e12 per day",
    "2027-13-45", "2027-02-30", "0001-01-01", "9999-12-31", "2026-12-31", "2027-Q1", "FY27-Q5", "31.12.2026", "12/31/26",
    "€5", "$1k", "5 EUR", "1,000.50", "1.000,50", "x2", "x0", "x-1", "+3", "-3", "+10%", "*", "**", "../secret.csv", "/etc/passwd",
    "missing.csv", "leads.csv", "plan.xlsx", "=1+1", "=HYPERLINK(\"x\")", "#REF!", "#N/A", "N/A", "NULL", "none", "1e-320", "٣",
)  # fmt: skip
TOKENS = (
    ":", ": ", " #", "-", "- ", "{", "}", "[", "]", ",", "'", '"', "\t", "\n", "\n\n", "  ", "&a ", "*a", "<<: *a", "!!python/object:x ",
    "---\n", "...\n", "? ", "| ", "> ", "%YAML 9.9\n", "\\", "\\x00", "\u2028", "\ufeff", "\x00", "\x1b[2J", "0", "9" * 30, "%", "é",
)  # fmt: skip


def mutate(path: Path, chance: random.Random) -> str:
    """Change a file; what was done."""
    kinds = {".yaml": _YAML, ".csv": _CSV, ".xlsx": _XLSX, ".parquet": _PARQUET}[path.suffix]
    change = chance.choice(kinds)
    data = path.read_bytes()
    if len(data) > 200_000:  # an earlier change made it long, and to parse it here would take minutes
        change = some_bytes
    try:
        changed = change(data, chance)
    except Exception:  # what an earlier change broke cannot be changed in its structure: then its bytes are
        change, changed = some_bytes, some_bytes(data, chance)
    path.write_bytes(changed)
    return change.__name__


def some_bytes(data: bytes, chance: random.Random) -> bytes:
    """Other bytes here and there, or the end cut off."""
    if not data or chance.random() < 0.3:
        return data[: chance.randrange(len(data) + 1)]
    changed = bytearray(data)
    for _ in range(chance.choice([1, 2, 8, 64])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def other_text(data: bytes, chance: random.Random) -> bytes:
    """A token more, or one of its neighbors less."""
    text = data.decode()
    at = chance.randrange(len(text) + 1)
    if chance.random() < 0.5:
        return (text[:at] + chance.choice(TOKENS) * chance.choice([1, 1, 1, 3, 2000]) + text[at:]).encode()
    return (text[:at] + text[at + chance.choice([1, 2, 5, 40]) :]).encode()


def other_lines(data: bytes, chance: random.Random) -> bytes:
    """A line less, twice, elsewhere, indented otherwise, or very often."""
    lines = data.decode().split("\n")
    i, k = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(6)
    if what == 0:
        del lines[i]
    elif what == 1:
        lines.insert(k, lines[i])
    elif what == 2:
        lines[i], lines[k] = lines[k], lines[i]
    elif what == 3:
        lines[i] = " " * chance.randrange(8) + lines[i].lstrip()
    elif what == 4:
        lines[i : i + 1] = [lines[i]] * chance.choice([10, 1000, 40_000])
    else:
        lines[i] = lines[i] * chance.choice([2, 1000])
    return "\n".join(lines).encode()


def other_encoding(data: bytes, chance: random.Random) -> bytes:
    """Another encoding, other ends of lines, a mark at the beginning."""
    text = data.decode()
    return chance.choice(
        [
            text.encode("utf-16"),
            text.encode("utf-8-sig"),
            text.replace("a", "ä").encode("latin-1", "replace"),
            text.replace("\n", "\r\n").encode(),
            text.replace("\n", "\r").encode(),
            b"\x1f\x8b" + data,
            b"",
            b"<html>" + data,
        ]
    )


def other_structure(data: bytes, chance: random.Random) -> bytes:
    """Another value, key, or order somewhere in the tree."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    tree = yaml.load(data.decode())
    for _ in range(chance.choice([1, 1, 2, 5])):
        _change_node(tree, chance)
    out = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yaml.dump(tree, out)
    return out.getvalue().encode()


def _change_node(tree: Any, chance: random.Random) -> None:
    places = list(_places(tree))
    holder, key = chance.choice(places)
    what = chance.randrange(7)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, dict):
        name = str(key)
        at = chance.randrange(len(name) + 1)
        holder[chance.choice([name[:at] + "x" + name[at:], name[:at], name.upper(), "*", "", "a.b", 7])] = holder.pop(
            key
        )
    elif what == 2:
        other, name = chance.choice(places)
        if name in other if isinstance(other, dict) else True:
            holder[key] = copy.deepcopy(other[name])
    elif what == 3:
        deep: Any = holder[key]
        for _ in range(chance.choice([1, 2, 60])):
            deep = {"a": deep} if chance.random() < 0.5 else [deep]
        holder[key] = deep
    else:
        holder[key] = copy.deepcopy(chance.choice(ODD))


def _places(node: Any) -> Any:
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from _places(node[key])


def other_cells(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Odd cells, headings and rows of a table."""
    rows = [list(row) for row in rows]
    for _ in range(chance.choice([1, 1, 3, 20])):
        i = chance.choice([0, chance.randrange(len(rows))])
        k = chance.randrange(max(len(rows[i]), 1))
        what = chance.randrange(9)
        if what < 4 and rows[i]:
            rows[i][min(k, len(rows[i]) - 1)] = chance.choice([v for v in ODD if not isinstance(v, dict | list)])
        elif what == 4 and rows[0]:
            rows[0][min(k, len(rows[0]) - 1)] = chance.choice([rows[0][0], str(rows[0][-1]).upper(), "", " "])
        elif what == 5:
            rows.insert(i, chance.choice([[], [""] * len(rows[0]), ["title"], list(rows[i])]))
        elif what == 6 and len(rows) > 1:
            del rows[i]
        elif what == 7:
            rows[i] = rows[i][:k] if chance.random() < 0.5 else [*rows[i], "more"]
        else:
            rows[i:i] = [list(rows[i])] * chance.choice([1, 300])
    return rows


def cells_of_csv(data: bytes, chance: random.Random) -> bytes:
    """Other cells, delimiter or quotes."""
    rows = other_cells(list(csv.reader(io.StringIO(data.decode()))), chance)
    out = io.StringIO()
    delimiter = chance.choice([",", ",", ",", ",", ";", "\t", "|"])
    writer = csv.writer(out, delimiter=delimiter, quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return out.getvalue().encode()


def cells_of_workbook(data: bytes, chance: random.Random) -> bytes:
    """Other cells, of other types, elsewhere on the sheet, on another sheet."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    old = book.worksheets[0]
    rows = other_cells([list(row) for row in old.iter_rows(max_row=400, max_col=20, values_only=True)], chance)
    new = book.create_sheet("Other", 0)
    down, right = chance.choice([0, 0, 0, 3]), chance.choice([0, 0, 0, 2])
    for i, row in enumerate(rows, 1 + down):
        for k, cell in enumerate(row, 1 + right):
            if cell is not None:
                with_no_control = cell if not isinstance(cell, str) else cell.replace("\x1b", "e").replace("\x00", "0")
                new.cell(i, k).value = with_no_control
    if chance.random() < 0.1:
        new["XFD1048576"] = 1
    if chance.random() < 0.8:
        title = old.title
        book.remove(old)
        new.title = title
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts_of_workbook(data: bytes, chance: random.Random) -> bytes:
    """A part of the archive changed, emptied, left out, or with a text that fills memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    name = chance.choice([*parts, "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
    what = chance.randrange(5)
    if what == 0:
        parts.pop(name, None)
    elif what == 1:
        parts[name] = b""
    elif what == 2:
        parts[name] = some_bytes(parts.get(name, b"x"), chance)
    elif what == 3:
        parts[name] = other_text(parts.get(name, b""), chance)
    elif "xl/sharedStrings.xml" in parts:
        size = chance.choice([1_000, 90_000, 20_000_000])
        parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"<t>", b"<t>" + b"x" * size, 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(part, content)
    return out.getvalue()


def cells_of_parquet(data: bytes, chance: random.Random) -> bytes:
    """Other cells, types and names of columns."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    table = pq.read_table(io.BytesIO(data))
    rows = other_cells([table.column_names, *(list(row.values()) for row in table.to_pylist())], chance)
    width = max(map(len, rows))
    rows = [[*row, *[None] * (width - len(row))] for row in rows]
    columns = []
    for i in range(width):
        cells = [None if row[i] in (None, "") else str(row[i]) for row in rows[1:]]
        as_other = chance.random() < 0.2
        other: Callable[[list[Any]], Any] = chance.choice(
            [
                lambda c: pa.array([None] * len(c)),
                lambda c: pa.array([len(x or "") for x in c]),
                lambda c: pa.array([bool(x) for x in c]),
                lambda c: pa.array([[x] for x in c]),
                lambda c: pa.array([{"a": x} for x in c]),
                lambda c: pa.array([(x or "").encode() for x in c]),
                lambda c: pa.array([float("nan")] * len(c)),
                lambda c: pa.array([2**62] * len(c), pa.timestamp("us")),
            ]
        )
        columns.append(other(cells) if as_other else pa.array(cells, pa.string()))
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=[str(name or "") for name in rows[0]]), out)
    return out.getvalue()


Change = Callable[[bytes, random.Random], bytes]
_YAML: tuple[Change, ...] = (
    other_structure,
    other_structure,
    other_structure,
    other_text,
    other_lines,
    some_bytes,
    other_encoding,
)
_CSV: tuple[Change, ...] = (
    cells_of_csv,
    cells_of_csv,
    cells_of_csv,
    other_text,
    other_lines,
    some_bytes,
    other_encoding,
)
_XLSX: tuple[Change, ...] = (cells_of_workbook, cells_of_workbook, parts_of_workbook, some_bytes)
_PARQUET: tuple[Change, ...] = (cells_of_parquet, cells_of_parquet, cells_of_parquet, some_bytes)
