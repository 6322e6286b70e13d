"""An export as files in a folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from rpmsim.generate.export import Export
from rpmsim.generate.history import History


def write_export(export: Export, folder: Path, file_format: str) -> None:
    """Write the tables, and ``history.yaml`` where the export has a mapping.

    Parameters
    ----------
    folder : path
        An existing folder.
    file_format : {"csv", "parquet"}
        Parquet holds the same texts.
    """
    for table in export.tables:
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.header)
            writer.writerows(table.rows)
        if file_format == "parquet":
            _to_parquet(path)
    if not export.mapping:
        return
    ending = f".{file_format}"
    (folder / "history.yaml").write_text(export.mapping.replace("{ending}", ending), encoding="utf-8", newline="\n")


def write_truth(history: History, path: Path, about: dict[str, object]) -> None:
    """Write what made the history: the values of ranged numbers, and the records that each kind of mess struck."""
    document = {**about, "parameters": history.parameters, "mess": history.truth}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8", newline="\n")


def _to_parquet(path: Path) -> None:
    import duckdb

    target = path.with_suffix(".parquet")
    with duckdb.connect() as con:
        con.execute(
            f"""
            COPY (
                SELECT * FROM read_csv(?, all_varchar = true, header = true, delim = ',', quote = '"', nullstr = '')
            ) TO '{str(target).replace("'", "''")}' (FORMAT parquet)
            """,
            [str(path)],
        )
    path.unlink()
