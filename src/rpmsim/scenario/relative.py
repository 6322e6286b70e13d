"""A relative value: what becomes of the parent's value, be it a number, a range, a table or a distribution."""

from __future__ import annotations

from dataclasses import replace

from rpmsim.scenario.schema.periods import Dated
from rpmsim.scenario.schema.quantities import ByClass, Num, RestOr, Table, TableByClass
from rpmsim.scenario.schema.reading import NUMBER_KEYS
from rpmsim.scenario.schema.special import ByMonth, Decay, Effects, GradeMix
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Node, Path, Scalar, Step
from rpmsim.text.quantity import QuantityError, Relative, apply_relative, parse_quantity, parse_relative
from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.maps import Either, ListOf, Named, Record


def number_type(schema: Type | None) -> Num | None:
    """The number that a scalar at a place would be, or None where no number may stand."""
    if isinstance(schema, Num):
        return schema
    if isinstance(schema, RestOr | ByClass):
        return number_type(schema.inner)
    if isinstance(schema, ByMonth):
        return schema.always
    if isinstance(schema, Decay):
        return schema.per_day
    if isinstance(schema, Record) and (schema.bare or schema.scaled):
        return number_type(schema.fields[schema.bare].type) if schema.bare else None
    if isinstance(schema, Either):
        return next((n for n in (number_type(option) for option in schema.options) if n), None)
    if isinstance(schema, Dated | ListOf | Named):
        return number_type(schema.inner)
    return Num(schema.kind) if isinstance(schema, Table) else None


def relative_at(schema: Type | None, node: Node) -> Relative | None:
    """The relative value that a node states, or None if it states something else.

    Raises
    ------
    QuantityError
        If it begins like a relative value and is none.
    """
    number = number_type(schema)
    if number is None or not isinstance(node, Scalar):
        return None
    return parse_relative(node.text, number.kind.signed, number.kind.factor == "value")


def nothing_stated(schema: Type | None, in_dated: bool) -> str | None:
    """What a relative value refers to where nothing is stated: 0 for a count by date, x1 for a change."""
    number = number_type(schema)
    if isinstance(schema, Num) and in_dated and schema.kind.counts:
        return "0"
    return "x1" if number is not None and number.kind.factor == "composes" else None


def changed(
    parent: Node, change: Relative, said: Scalar, schema: Type | None, path: Path, complaints: Complaints
) -> Node:
    """The parent's node after a relative change; the parameters of its ranges keep their names."""
    if isinstance(schema, Either):
        option = (
            schema.scalar
            if isinstance(parent, Scalar)
            else schema.mapping
            if isinstance(parent, Mapping)
            else schema.listing
        )
        return changed(parent, change, said, option, path, complaints)
    if isinstance(schema, TableByClass) and not schema.differs(parent):
        schema = schema.inner
    if isinstance(parent, Scalar):
        return _scalar(parent, change, said, schema, path, complaints)
    if isinstance(parent, Listing):
        inner = (
            schema.step("0") if isinstance(schema, ListOf) else Num(schema.kind) if isinstance(schema, Table) else None
        )
        return Listing(
            [changed(item, change, said, inner, (*path, str(i)), complaints) for i, item in enumerate(parent.items)],
            parent.mark,
        )
    if isinstance(schema, Table):
        return _table(parent, change, said, schema, path, complaints)
    result = parent.copy()
    for key, node in parent.items.items():
        if _touches(schema, parent, key):
            result.items[key] = changed(
                node, change, said, schema.step(key) if schema else None, (*path, key), complaints
            )
    if (isinstance(schema, Record) and not schema.scaled) or schema is None:
        complaints.error(said.mark, path, f"`{change.text}` for a whole map", "state which value in it you mean")
    return result


def _touches(schema: Type | None, parent: Mapping, key: str) -> bool:
    """Whether a relative value for the map concerns one of its keys."""
    if not isinstance(schema, Named) and (key in PROVENANCE or key == "draw"):
        return False
    if isinstance(schema, Record):
        return key in schema.scaled
    return (
        isinstance(schema, Num | RestOr | ByClass | ByMonth | Dated | Named | Decay | Effects | GradeMix)
        or key in NUMBER_KEYS
    )


def _scalar(
    parent: Scalar, change: Relative, said: Scalar, schema: Type | None, path: Path, complaints: Complaints
) -> Scalar:
    try:
        text = _changed_text(parent, change, number_type(schema))
    except QuantityError as error:
        complaints.error(said.mark, path, error.message, error.fix)
        return parent
    chain = parent.chain or ((Step(parent.text, parent.mark),) if parent.mark.file else ())
    chain = (*chain, Step(change.text, said.mark))
    written = said.written if change.by.ranged else parent.written
    return replace(parent, text=text, mark=said.mark, layer=said.layer, chain=chain, written=written)


def _changed_text(parent: Scalar, change: Relative, number: Num | None) -> str:
    """The text of a number after a relative change."""
    if parent.text == "rest":
        raise QuantityError(
            f"`{change.text}` refers to `rest`", "state the share in the parent, or change another share"
        )
    if number is None:
        raise QuantityError(f"`{change.text}` is relative, and `{parent.text}` is not a number", "write the value")
    kind = number.kind
    if change.how == "add" and not kind.counts:
        fix = "only counts can be added to; write `+20%`, `x1.1` or the value itself"
        raise QuantityError(f"`{change.text}` adds to {kind.noun}", fix)
    if change.how in ("points", "odds") and kind.scale != "share":
        raise QuantityError(f"`{change.text}` is for shares, and this is {kind.noun}", "write `+20%` or `x1.1`")
    result = apply_relative(parse_quantity(parent.text), change)
    smallest = result.low if result.low is not None else result.value
    if smallest is not None and smallest < 0 and not kind.signed:
        raise QuantityError(
            f"`{change.text}` subtracts more than the {parent.text} in the parent", "subtract at most that"
        )
    return str(result)


def _table(
    parent: Mapping, change: Relative, said: Scalar, schema: Table, path: Path, complaints: Complaints
) -> Mapping:
    """A distribution's table with its values changed; the weights stay."""
    result = Mapping({}, {}, parent.mark)
    for key, node in parent.items.items():
        point = changed(Scalar(key, parent.marks[key]), change, said, Num(schema.kind), (*path, key), complaints)
        assert isinstance(point, Scalar)
        result.put(point.text, node, parent.marks[key])
    return result
