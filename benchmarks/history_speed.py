"""How long an audit of many event rows takes, and how much memory.

    python benchmarks/history_speed.py [ROWS]

Makes an export of about ROWS rows (default 10 million): scenarios/base.yaml simulated once, with mess, and its records
repeated under other ids. Prints seconds of reading, of the event log and of the audit, and the highest memory. On a
busy machine look at the processor seconds: they are those of all threads together.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from rpmsim import load_scenario, open_history
from rpmsim.generate import generate_history
from rpmsim.generate.mess import USUAL, cut, make_mess
from rpmsim.generate.shapes import SHAPES
from rpmsim.generate.write import write_export
from rpmsim.history.audit import audit

TOP = Path(__file__).resolve().parents[1]


def make_export(rows: int, folder: Path) -> int:
    """Write the export; returns its rows."""
    model = load_scenario(TOP / "scenarios" / "base.yaml").model
    history = generate_history(model, seed=1)
    make_mess(history, USUAL, seed=1)
    cut(history, model.until, model.first_day)
    export = SHAPES["events"](history)
    export = export._replace(tables=export.tables[:1], mapping=export.mapping.partition("  tasks:")[0])
    write_export(export, folder, "csv")
    one = folder / "events.csv"
    with duckdb.connect(config={"threads": 1, "preserve_insertion_order": False}) as con:
        read = f"read_csv('{one}', all_varchar = true, header = true)"
        (single,) = con.execute(f"SELECT count(*) FROM {read}").fetchone() or (0,)
        times = max(1, round(rows / single))
        many = f"SELECT k || '-' || record AS record, * EXCLUDE (record) FROM {read}, range({times}) t(k)"
        con.execute(f"COPY ({many}) TO '{folder / 'many.csv'}' (HEADER)")
    (folder / "many.csv").replace(one)
    return int(single) * times


def main(arguments: list[str]) -> None:
    rows = int(arguments[0]) if arguments else 10_000_000
    with tempfile.TemporaryDirectory() as work:
        written = make_export(rows, Path(work))
        start, cpu = time.perf_counter(), time.process_time()
        with open_history(Path(work) / "history.yaml") as history:
            print(f"{written:,} rows read in {time.perf_counter() - start:.0f} s")
            before = time.perf_counter()
            history.as_of()
            print(f"event log in {time.perf_counter() - before:.0f} s")
            before = time.perf_counter()
            found = audit(history)
            print(f"audit in {time.perf_counter() - before:.0f} s: {found.verdict}")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        total, used = time.perf_counter() - start, time.process_time() - cpu
        print(f"in all {total:.0f} s, {used:.0f} processor seconds, {memory:,.0f} MB at most")


if __name__ == "__main__":
    main(sys.argv[1:])
