"""A file's tree as a flat list of statements: a path, which may hold `*`, and what is stated there."""

from __future__ import annotations

from dataclasses import dataclass

from rpmsim.scenario.language.scenario import CHANGE
from rpmsim.scenario.schema.periods import Dated, parse_month_or_date
from rpmsim.scenario.schema.quantities import ByClass, Table, TableByClass
from rpmsim.scenario.schema.reading import DOTTED
from rpmsim.scenario.schema.special import ByMonth, Effects, GradeMix
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar, dotted, find, stamped
from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.maps import Named

MOST_MATCHES = 20_000


@dataclass(frozen=True)
class Statement:
    """One statement: at ``path`` stands ``node``.

    ``marks`` are the positions of the path's keys; ``stars`` counts the wildcards from which it came.
    """

    path: Path
    node: Node
    marks: tuple[Mark, ...]
    written: Path
    stars: int = 0

    @property
    def mark(self) -> Mark:
        """Position of its last key."""
        return self.marks[-1]


def statements_of(tree: Mapping, schema: Type, layer: int) -> list[Statement]:
    """All statements of a tree, in order."""
    result: list[Statement] = []
    _walk(tree, schema, (), (), (), layer, result)
    return result


def _walk(
    tree: Mapping,
    schema: Type | None,
    path: Path,
    written: Path,
    marks: tuple[Mark, ...],
    layer: int,
    out: list[Statement],
) -> None:
    for key, node in tree.items.items():
        parts = tuple(key.split(".")) if DOTTED.fullmatch(key) else (key,)
        inner, inner_path, inner_marks, inner_written = schema, path, marks, written
        for part in parts:
            inner_path = (*inner_path, _one_spelling(inner, part))
            inner_written = (*inner_written, inner_path[-1])
            inner_marks = (*inner_marks, tree.marks[key])
            inner = inner.step(part) if inner else None
        if isinstance(node, Mapping) and node.items and not node.table and _merges(inner, node):
            _walk(node, inner, inner_path, inner_written, inner_marks, layer, out)
        else:
            inner_path, inner_marks = _as_one_key(inner_path, inner_marks)
            out.append(Statement(inner_path, stamped(node, inner_written, layer), inner_marks, inner_written))


def _as_one_key(path: Path, marks: tuple[Mark, ...]) -> tuple[Path, tuple[Mark, ...]]:
    """What a dated change states is kept under its whole path as one key, with its wildcards."""
    if path[0] == "changes" and len(path) > 3 and path[2] in CHANGE.content:
        return (*path[:2], dotted(path[2:])), (*marks[:2], marks[-1])
    return path, marks


def _one_spelling(schema: Type | None, key: str) -> str:
    """A date that is the first of a month is spelled as the month, so that dated maps merge."""
    if isinstance(schema, Dated) and key.endswith("-01") and len(key) == 10 and parse_month_or_date(key):
        return key[:7]
    return key


def _merges(schema: Type | None, node: Mapping) -> bool:
    """Whether maps of the type merge key by key (unknown places are kept whole: reading says what is wrong)."""
    if isinstance(schema, TableByClass):
        return schema.differs(node)
    return (
        schema is not None
        and not isinstance(schema, Table)
        and any(schema.step(key) for key in ("*", "value", "owner"))
    )


def expand(statements: list[Statement], parent: Mapping, schema: Type, complaints: Complaints) -> list[Statement]:
    """Replace `*` by the names that it matches, the more general statements first."""
    plain = [s for s in statements if "*" not in s.path]
    names: dict[Path, dict[str, None]] = {}
    for statement in plain:
        for depth, key in enumerate(statement.path):
            names.setdefault(statement.path[:depth], {})[key] = None
    expanded: list[Statement] = []
    for statement in statements:
        if "*" not in statement.path:
            continue
        paths = _matches(statement, parent, names, schema)
        if not paths:
            where = find(parent, statement.path[: statement.path.index("*")])
            known = list(where.items) if isinstance(where, Mapping) else []
            complaints.error(
                statement.mark,
                statement.path,
                "`*` does not match anything here",
                nearest(statement.path[-1], known) if known else "there is nothing to change",
            )
        if len(paths) + len(expanded) > MOST_MATCHES:
            complaints.error(
                statement.mark, statement.path, "`*` matches too many names", "write the name instead of `*`"
            )
            return plain
        stars = statement.path.count("*")
        expanded += [Statement(path, statement.node, statement.marks, statement.written, stars) for path in paths]
    expanded.sort(key=lambda s: -s.stars)
    for rank in {s.stars for s in expanded} | {0}:
        _stated_once([s for s in (expanded if rank else plain) if s.stars == rank], complaints)
    return expanded + plain


def _matches(statement: Statement, parent: Mapping, names: dict[Path, dict[str, None]], schema: Type) -> list[Path]:
    """Paths that a wildcard path stands for: names behind a `*` must exist, keys of the language need not."""
    found: list[tuple[Path, Type | None]] = [((), schema)]
    wild = False
    for key in statement.path:
        following: list[tuple[Path, Type | None]] = []
        for path, type_ in found:
            here = {**dict.fromkeys(_keys(find(parent, path))), **names.get(path, {})}
            named = isinstance(type_, Named | Dated | ByClass | Effects | GradeMix)
            if key == "*":
                matched = [name for name in here if isinstance(type_, Named) or name not in PROVENANCE] if named else []
            elif wild and named and key not in here and not isinstance(type_, ByClass) and not moves_rows(type_, key):
                matched = []
            else:
                matched = [key]
            following += [((*path, name), type_.step(name) if type_ else None) for name in matched]
        wild = wild or key == "*"
        found = following
        if len(found) > MOST_MATCHES:
            break
    return [path for path, _ in found]


def _keys(node: Node | None) -> list[str]:
    return list(node.items) if isinstance(node, Mapping) else []


def _stated_once(statements: list[Statement], complaints: Complaints) -> None:
    """Answer two statements of one rank for one place: neither may get lost."""
    seen: dict[Path, Statement] = {}
    for statement in statements:
        other = seen.get(statement.path)
        if other is not None:
            complaints.error(
                statement.mark, statement.path, f"stated twice, first in line {other.mark.line}", "keep one of them"
            )
        seen[statement.path] = statement
    for statement in statements:
        for depth in range(1, len(statement.path)):
            whole = seen.get(statement.path[:depth])
            if whole is not None and not (isinstance(whole.node, Mapping) and not whole.node.items):
                complaints.error(
                    statement.mark,
                    statement.path,
                    f"`{dotted(whole.path)}` is stated as a whole in line {whole.mark.line}, and in part here",
                    "keep one of them",
                )
                break


SHIFT = "shift"


def moves_rows(container: Type | None, key: str) -> bool:
    """Whether a key moves the rows of the dated map in which it stands, and is no row itself."""
    return key == SHIFT and isinstance(container, Dated | ByMonth)


def layer_of(node: Node) -> int:
    """The last layer that wrote something in the node."""
    if isinstance(node, Scalar):
        return node.layer
    items = node.items if isinstance(node, Listing) else list(node.items.values())
    return max((layer_of(item) for item in items), default=0)
