"""No file imports a file that imports it, be it through other files or inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"


def modules(src: Path) -> dict[str, Path]:
    """Every file below a folder by the name under which it is imported."""
    files = {".".join(file.relative_to(src).with_suffix("").parts): file for file in src.rglob("*.py")}
    return {name.removesuffix(".__init__"): file for name, file in files.items()}


def imports(node: ast.AST) -> Iterator[str]:
    """What a file imports, wherever in it, but not for types alone; of `from a import b`, both `a.b` and `a`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for inner in node.orelse:
            yield from imports(inner)
    else:
        for inner in ast.iter_child_nodes(node):
            yield from imports(inner)


def graph(src: Path) -> dict[str, set[str]]:
    """The files that each file imports: `from a import b` is the file `a.b` if there is one, and else `a`."""
    known = modules(src)
    found = {}
    for name, file in known.items():
        named = imports(ast.parse(file.read_text(encoding="utf-8")))
        nearest = (n if n in known else n.rpartition(".")[0] for n in named)
        found[name] = {n for n in nearest if n in known and n != name}
    return found


def test_no_file_imports_itself_by_way_of_others() -> None:
    TopologicalSorter(graph(SRC)).prepare()


@pytest.mark.parametrize("first", ["from a.y import Y", "def f():\n    from a import y"])
def test_a_cycle_is_seen(tmp_path: Path, first: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/__init__.py").touch()
    (tmp_path / "a/x.py").write_text(first)
    (tmp_path / "a/y.py").write_text("import a.x")
    with pytest.raises(CycleError):
        TopologicalSorter(graph(tmp_path)).prepare()


def test_an_import_for_types_alone_is_no_cycle(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import y")
    (tmp_path / "y.py").write_text("import x")
    assert graph(tmp_path) == {"x": set(), "y": {"x"}}
