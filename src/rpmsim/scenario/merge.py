"""Statements on top of a resolved tree: maps merge, scalars replace, null deletes, relative values refer back."""

from __future__ import annotations

from rpmsim.scenario.language.channels import CHANNEL
from rpmsim.scenario.language.distributions import GOES_WITH, SCALED_BY_RELATIVE
from rpmsim.scenario.moved_rows import moved_rows, read_move
from rpmsim.scenario.newcomers import stranger
from rpmsim.scenario.relative import changed, nothing_stated, number_type, relative_at
from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import ByClass, Num, TableByClass
from rpmsim.scenario.schema.reading import NUMBER_KEYS, OTHER
from rpmsim.scenario.schema.special import MONTHS, ByMonth, Decay, PosteriorTime
from rpmsim.scenario.statements import SHIFT, Statement, expand, layer_of, moves_rows, statements_of
from rpmsim.text.complaints import Complaints, nearest
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar, find
from rpmsim.text.quantity import QuantityError, Relative, is_drawn, parse_quantity, parse_relative
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.maps import Either, Named, Record

_NOWHERE = Mark("", 0, 0)


def merge(parent: Mapping, tree: Mapping, schema: Type, layer: int, complaints: Complaints) -> Mapping:
    """Lay the tree of a file on top of the resolved tree of what it extends."""
    return apply_statements(parent, statements_of(tree, schema, layer), schema, complaints)


def apply_statements(parent: Mapping, statements: list[Statement], schema: Type, complaints: Complaints) -> Mapping:
    """Apply statements to a copy of the parent's tree; relative values refer to the parent itself."""
    parent, result = parent.copy(), parent.copy()
    merger = _Merger(parent, result, schema, complaints)
    did_something: dict[int, bool] = {}
    wild: dict[int, Statement] = {}
    expanded = expand(statements, parent, schema, complaints)
    replaced = {statement.path for statement in expanded if not _is_relative(statement.node)}
    replaced |= {path[:-1] for path in replaced if path[-1] in ("value", "low", "high")}  # one number in place of rows
    moved = [merger.move_parent(statement, replaced) for statement in expanded]
    for statement, is_moved in zip(expanded, moved, strict=True):
        done = is_moved or merger.apply(statement)
        if statement.stars:
            key = id(statement.node)
            did_something[key] = did_something.get(key, False) or done
            wild[key] = statement
    merger.move_rows()
    merger.warn_of_rows_that_remain()
    for key, statement in wild.items():
        if not did_something[key]:
            complaints.error(
                statement.mark,
                statement.written,
                "`*` does not match anything that states this",
                "write the name instead of `*`",
            )
    return result


def _is_number(rows: Mapping) -> bool:
    """Whether a map states one number with its history, and no rows."""
    return bool(rows.items) and all(key in NUMBER_KEYS for key in rows.items)


def _is_relative(node: Node) -> bool:
    """Whether a node may be a change of the parent's value; what cannot be read is answered where it is applied."""
    return isinstance(node, Scalar) and node.text.startswith(("+", "-", "x", "odds "))


def _is_time(type_: Type | None) -> bool:
    """Whether a place is the whole time of an outcome."""
    return isinstance(type_, ByClass) and isinstance(type_.inner, PosteriorTime)


class _Merger:
    """Applies one statement after the other."""

    def __init__(self, parent: Mapping, result: Mapping, schema: Type, complaints: Complaints) -> None:
        self.parent = parent
        self.result = result
        self.schema = schema
        self.complaints = complaints
        self.moves: dict[Path, Statement] = {}
        self.own: dict[Path, Statement] = {}

    def apply(self, statement: Statement) -> bool:
        """Apply a statement; False if a wildcard met a place that has nothing to change."""
        types = self._types(statement.path)
        node, type_ = statement.node, types[-1]
        if isinstance(node, Scalar) and not node.is_null and self._moves(statement, types):
            return True
        if isinstance(node, Scalar) and node.is_null:
            return self._delete(statement, node, type_)
        if statement.path[-1] == "time" and _is_time(type_) and isinstance(node, Scalar) and not is_drawn(node.text):
            return self._stretch(statement, types)
        try:
            change = relative_at(type_, node)
        except QuantityError as error:
            self.complaints.error(node.mark, statement.path, error.message, error.fix)
            return True
        if change is None:
            self.own[statement.path] = statement
            self._put(statement, statement.path, node, types)
            return True
        assert isinstance(node, Scalar)
        return self._change(statement, statement.path, change, node, types)

    def move_parent(self, statement: Statement, replaced: set[Path]) -> bool:
        """Move (or scale) the parent's rows, if a statement does so; what is written beside it is laid on top of them.

        ``replaced`` are the places of which everything is stated: their rows are moved when they are there.
        """
        where = self._rows_moved(statement.path, self._types(statement.path))
        rows = find(self.parent, where) if where else None
        if where in replaced or not isinstance(rows, Mapping) or not rows.items:
            return False
        node = statement.node
        change = read_move(statement.path[-1], node) if isinstance(node, Scalar) and not node.is_null else None
        if change is None or _is_number(rows):
            return False
        moved = moved_rows(rows, change, where, self.complaints)
        for tree in (self.parent, self.result):
            holder = find(tree, where[:-1])
            assert isinstance(holder, Mapping)
            holder.items[where[-1]] = moved.copy()
        return True

    @staticmethod
    def _rows_moved(path: Path, types: list[Type | None]) -> Path:
        """The place of the rows that a path moves or scales; empty where it does neither."""
        if types[-2] is CHANNEL and path[-1] in (SHIFT, "scale"):
            return (*path[:-1], "leads")
        return path[:-1] if moves_rows(types[-2], path[-1]) else ()

    def _moves(self, statement: Statement, types: list[Type | None]) -> bool:
        """Whether a statement moves or scales a table of this layer; it does so when all rows are there."""
        if not self._rows_moved(statement.path, types):
            return False
        self.moves[statement.path] = statement
        self._put(statement, statement.path, statement.node, types)
        return True

    def move_rows(self) -> None:
        """Move (and scale) rows that this layer states itself; the parent's were moved before (:meth:`move_parent`)."""
        for path, statement in self.moves.items():
            holder, where = find(self.result, path[:-1]), self._rows_moved(path, self._types(path))
            rows = find(self.result, where)
            said = holder.items.get(path[-1]) if isinstance(holder, Mapping) else None
            if not isinstance(holder, Mapping) or not isinstance(said, Scalar):
                continue
            if not isinstance(rows, Mapping) or _is_number(rows):
                continue  # reading answers a shift without a table
            change = read_move(path[-1], said)
            if change is None and rows is not holder:
                continue  # and a shift that is none
            holder.drop(path[-1])
            if change is None:
                self.complaints.error(
                    said.mark, path, f"`{said.text}` is not a number of months", "write `shift: +1 quarter`"
                )
                continue
            if not rows.items and not statement.stars:
                self.complaints.error(
                    statement.mark, path, "there are no rows to move", "state rows, or remove the line"
                )
            moved = moved_rows(rows, change, where, self.complaints)
            rows.items, rows.marks = moved.items, moved.marks

    def warn_of_rows_that_remain(self) -> None:
        """Warn of hires and costs that come on top of the parent's, as if the parent had stated none."""
        for where in dict.fromkeys(path[:-1] for path, one in self.own.items() if not one.stars):
            type_ = self._types(where)[-1]
            before = find(self.parent, where)
            if not isinstance(type_, Dated) or not isinstance(before, Mapping) or not before.items:
                continue
            added = [path for path in self.own if path[:-1] == where and path[-1] not in before.items]
            now = find(self.result, where)
            left = [key for key in before.items if isinstance(now, Mapping) and (*where, key) not in self.own]
            left = [key for key in left if isinstance(now, Mapping) and key in now.items]
            if added and left:
                shown = ", ".join(left[:4]) + (" ..." if len(left) > 4 else "")
                self.complaints.warn(
                    self.own[added[0]].mark,
                    where,
                    f"the parent's rows ({shown}) stay, and these are added to them",
                    f"write `{left[0]}: null` to delete one, a table to replace all, or `+1` to show that you mean "
                    "more",
                )

    def _types(self, path: Path) -> list[Type | None]:
        types: list[Type | None] = [self.schema]
        for key in path:
            types.append(types[-1].step(key) if types[-1] else None)
        return types

    def _change(
        self, statement: Statement, path: Path, change: Relative, said: Scalar, types: list[Type | None]
    ) -> bool:
        before = _stated(self.parent, path, types)
        if before is None:
            default = nothing_stated(types[-1], isinstance(types[-2], Dated | ByMonth))
            if default is None and statement.stars:
                return False
            if default is None:
                self._of_nothing(path, change, said, types[-1])
                return True
            before = Scalar(default, _NOWHERE)
        self._put(statement, path, changed(before, change, said, types[-1], path, self.complaints), types)
        return True

    def _of_nothing(self, path: Path, change: Relative, said: Scalar, type_: Type | None) -> None:
        """Answer a relative value without a parent's; a minus where nothing is counted is just a negative value."""
        number = number_type(type_)
        if number is not None and change.how == "add" and not number.kind.counts and said.text.startswith("-"):
            self.complaints.error(
                said.mark, path, f"`{said.text}` is below 0", f"{number.noun} cannot be negative: write {number.hint()}"
            )
            return
        nothing = (
            f"`{change.text}` is a relative value, but no parent states the value it refers to",
            "write a value, or extend the scenario that states it",
        )
        self.complaints.error(said.mark, path, *(stranger(path, self.parent) or nothing))

    def _stretch(self, statement: Statement, types: list[Type | None]) -> bool:
        """Change all of a distribution's times."""
        node = statement.node
        try:
            change = parse_relative(node.text) if isinstance(node, Scalar) else None
        except QuantityError as error:
            self.complaints.error(node.mark, statement.path, error.message, error.fix)
            return True
        outcome = find(self.parent, statement.path[:-1])
        keys = [key for key in SCALED_BY_RELATIVE if isinstance(outcome, Mapping) and key in outcome.items]
        if not keys and statement.stars:
            return False
        if change is None or change.how != "times" or not keys or not isinstance(node, Scalar):
            problem = "is a relative value, but no parent states a time" if change else "is not a change of the time"
            self.complaints.error(
                node.mark,
                statement.path,
                f"`time` {problem}",
                "write `time: x0.8` over a parent's time, `median: 12 days`, or `time: posterior`",
            )
            return True
        for key in keys:
            self._change(
                statement,
                (*statement.path[:-1], key),
                change,
                node,
                [*types[:-1], types[-2].step(key) if types[-2] else None],
            )
        return True

    def _delete(self, statement: Statement, node: Scalar, type_: Type | None) -> bool:
        *above, last = statement.path
        container = find(self.result, tuple(above))
        if isinstance(container, Mapping) and last in container.items:
            container.drop(last)
            if node.text == "":
                self.complaints.warn(
                    statement.mark,
                    statement.path,
                    f"`{last}` has no value, so the parent's value is deleted",
                    "write `null` if you mean this, otherwise remove the line",
                )
            return True
        if statement.path[0] == "changes" and len(statement.path) == 3:
            self._put(statement, statement.path, node, [None] * (len(statement.path) + 1))
        elif node.text == "" and isinstance(type_, Record):
            self._put(statement, statement.path, Mapping({}, {}, node.mark), self._types(statement.path))
        elif node.text == "" and isinstance(type_, Named):
            self.complaints.warn(
                statement.mark,
                statement.path,
                f"`{last}` is empty and has no effect",
                "fill it in, or remove the line",
            )
        elif node.text == "":
            self._put(statement, statement.path, node, self._types(statement.path))
        elif statement.stars:
            return False
        else:
            known = list(container.items) if isinstance(container, Mapping) else []
            self.complaints.error(
                statement.mark,
                statement.path,
                f"there is no `{last}` to delete",
                nearest(last, known) if known else "remove the line",
            )
        return True

    def _put(self, statement: Statement, path: Path, node: Node, types: list[Type | None]) -> None:
        here = self.result
        layer = layer_of(node) or (layer_of(statement.node))
        for depth, key in enumerate(path[:-1]):
            _drop_other_distribution(here, types[depth], key, layer)
            inner = _as_map(
                here.items.get(key),
                types[depth + 1],
                path[depth + 1],
                statement.marks[min(depth, len(statement.marks) - 1)],
            )
            here.put(key, inner, statement.marks[min(depth, len(statement.marks) - 1)])
            here = inner
        last = path[-1]
        _drop_other_distribution(here, types[-2], last, layer)
        _drop_other_number(here, last, node, layer)
        if isinstance(node, Mapping) and not node.items and isinstance(here.items.get(last), Mapping):
            return
        here.put(last, node.copy() if isinstance(node, Mapping) else node, statement.mark)


def _stated(tree: Node, path: Path, types: list[Type | None]) -> Node | None:
    """What the parent states for a place; for a class that it does not name, what it states for the others."""
    node: Node | None = tree
    for key, type_ in zip(path, types, strict=False):
        if (
            isinstance(type_, ByClass)
            and key not in NUMBER_KEYS
            and not (isinstance(node, Mapping) and key in node.items)
        ):
            if isinstance(node, Mapping) and not all(inner in NUMBER_KEYS for inner in node.items):
                node = node.items.get(OTHER)
        elif isinstance(node, Mapping):
            node = node.items.get(key)
        elif (isinstance(node, Scalar) and isinstance(type_, Record) and key == type_.bare) or (
            isinstance(node, Scalar) and key == "value" and isinstance(type_, Num | ByClass | ByMonth | Decay)
        ):
            pass
        elif isinstance(node, Listing) and isinstance(type_, Either):
            node = _list_as_map(node, type_).items.get(key)
        else:
            return None
        if node is None:
            return None
    return node


def _as_map(node: Node | None, type_: Type | None, following: str, mark: Mark) -> Mapping:
    """What stands at a place, as a map that can take a further key; a bare value becomes what it stands for."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return Mapping({}, {}, mark)
    of_number = following in NUMBER_KEYS
    is_number = isinstance(node, Scalar) or (
        isinstance(node, Mapping) and bool(node.items) and all(key in NUMBER_KEYS for key in node.items)
    )
    if isinstance(type_, TableByClass):
        if type_.differs(node) and isinstance(node, Mapping):
            return node
        return Mapping({OTHER: node}, {OTHER: node.mark}, node.mark)
    if isinstance(type_, Num | ByClass | ByMonth | Decay):
        if of_number and isinstance(node, Scalar):
            return _with_history(node)
        if isinstance(type_, ByClass) and not of_number and is_number:
            return Mapping({OTHER: node}, {OTHER: node.mark}, node.mark)
        if isinstance(node, Mapping) and of_number == is_number:
            return node
        return Mapping({}, {}, mark)
    if isinstance(node, Scalar) and isinstance(type_, Record) and type_.bare:
        return Mapping({type_.bare: node}, {type_.bare: node.mark}, node.mark)
    if isinstance(node, Listing) and isinstance(type_, Either):
        return _list_as_map(node, type_)
    return node if isinstance(node, Mapping) else Mapping({}, {}, mark)


def _with_history(node: Scalar) -> Mapping:
    """A bare number as a map to which owner, source or another end of its range can be added."""
    parts = {"value": node.text}
    try:
        quantity = parse_quantity(node.text)
    except QuantityError:
        quantity = None
    if quantity is not None and quantity.low is not None and quantity.high is not None:
        ends = {"low": quantity.low, "high": quantity.high}
        parts = {
            key: str(type(quantity)(end, suffix=quantity.suffix, unit=quantity.unit, factor=quantity.factor))
            for key, end in ends.items()
        }
    items: dict[str, Node] = {
        key: Scalar(text, node.mark, written=(*node.written, key), layer=node.layer, chain=node.chain)
        for key, text in parts.items()
    }
    return Mapping(items, dict.fromkeys(items, node.mark), node.mark)


def _list_as_map(node: Listing, type_: Either) -> Mapping:
    """A list of months (of tenure, of the year) as the map by month for which it stands."""
    if not isinstance(type_.mapping, Named):
        return Mapping({}, {}, node.mark)
    names = MONTHS if type_.mapping.pattern.fullmatch("jan") else [str(i + 1) for i in range(len(node.items))]
    items = dict(zip(names, node.items, strict=False))
    return Mapping(items, {key: item.mark for key, item in items.items()}, node.mark)


def _drop_other_number(here: Mapping, key: str, node: Node, layer: int) -> None:
    """Take away the ends of a range under draws of a posterior, or these under the ends of a range."""
    value = node if key == "value" else here.items.get("value")
    if key not in ("value", "low", "high") or not isinstance(value, Scalar) or not is_drawn(value.text):
        return
    for other in ("low", "high") if key == "value" else ("value",):
        if other in here.items and layer_of(here.items[other]) < layer:
            here.drop(other)


def _drop_other_distribution(here: Mapping, type_: Type | None, key: str, layer: int) -> None:
    """Take away what an earlier file said of a distribution in other terms: a distribution is one value."""
    if not isinstance(type_, Record) or key not in GOES_WITH or "median" not in type_.fields:
        return
    for other in list(here.items):
        conflicts = other in GOES_WITH and other != key and other not in GOES_WITH[key]
        conflicts = conflicts or (other == "law" and key in ("after", "value", "table"))
        if conflicts and layer_of(here.items[other]) < layer:
            here.drop(other)
