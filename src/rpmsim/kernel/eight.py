"""Eight integers at a time, as processors can.

``eight`` reads eight elements of an array that follow each other, ``put`` writes them, ``at_least`` and ``below``
compare; sums and products are those of integers. What is found of up to 64 elements stands in the bits of an integer,
the first one in the lowest: ``ones``, ``first_one`` and ``without_first`` go through them. The compiler makes of it
what the processor has; a short loop over arrays that may overlap, for all it knows, it would leave as it is.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from rpmsim.kernel.bundle import WORD
from rpmsim.kernel.compiled import small_part

EIGHT = 8
"""Elements that are done at a time: arrays that are read or written so have room for one less after their end."""

BITS = 64
"""Bits of an integer."""


class EightType(types.Type):
    """Type of eight integers."""

    code = ir.VectorType(WORD, EIGHT)

    def __init__(self) -> None:
        super().__init__(name="Eight")


@register_model(EightType)
class _EightModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: EightType) -> None:
        super().__init__(manager, kind, kind.code)


_eight = EightType()


def _spread(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Eight times the same, where an integer is given."""
    if kind is _eight:
        return value
    return _eight_times(builder, context.cast(builder, value, kind, types.int64))


def _eight_times(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(ir.VectorType(value.type, EIGHT), ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), EIGHT), [0] * EIGHT))


@infer_global(operator.add)
@infer_global(operator.mul)
class _Arithmetic(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        some = any(arg is _eight for arg in args)
        return (
            signature(_eight, *args)
            if some and all(a is _eight or isinstance(a, types.Integer) for a in args)
            else None
        )


def _arithmetic(function: Any, name: str) -> None:
    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, name)(
            *(_spread(context, builder, kind, value) for kind, value in zip(sig.args, args, strict=True))
        )

    for kinds in ((EightType, EightType), (EightType, types.Integer), (types.Integer, EightType)):
        lower_builtin(function, *kinds)(code)


_arithmetic(operator.add, "add")
_arithmetic(operator.mul, "mul")


@intrinsic
def repeated(context: Any, value: Any) -> Any:
    """Eight times the same integer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(context, builder, signature.args[0], args[0])

    return _eight(value), code


@intrinsic
def at_least(context: Any, values: Any, bound: Any) -> Any:
    """1 for each of the eight that is not below a bound, 0 for each other."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bound = _spread(context, builder, signature.args[1], args[1])
        return builder.zext(builder.icmp_signed(">=", args[0], bound), EightType.code)

    return _eight(values, bound), code


@intrinsic
def ones(context: Any, bits: Any) -> Any:
    """How many bits of an integer are set."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), code


@intrinsic
def first_one(context: Any, bits: Any) -> Any:
    """Place of the lowest bit that is set, of an integer that is not 0."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), code


@intrinsic
def without_first(context: Any, bits: Any) -> Any:
    """Clear the lowest bit that is set; Python's way, ``bits & (bits - 1)``, is not defined for the highest alone."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.and_(args[0], builder.sub(args[0], ir.Constant(WORD, 1)))

    return types.int64(types.int64), code


@intrinsic
def all_bits(context: Any, count: Any) -> Any:
    """1 to :data:`BITS` bits that are set, the lowest ones."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.lshr(ir.Constant(WORD, -1), builder.sub(ir.Constant(WORD, BITS), args[0]))

    return types.int64(types.int64), code


def _first(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Address of eight elements of an array from a place on."""
    data = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0]).data
    place = context.cast(builder, args[1], sig.args[1], types.int64)
    elements = ir.VectorType(context.get_data_type(sig.args[0].dtype), EIGHT)
    return builder.bitcast(builder.gep(data, [place], inbounds=True), elements.as_pointer())


def _read(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Eight elements of an array, as they lie there."""
    values = builder.load(_first(context, builder, sig, args))
    values.align = sig.args[0].dtype.bitwidth // 8
    return values


@intrinsic
def below(context: Any, array: Any, place: Any, bound: Any) -> Any:
    """Bits of the elements ``place`` ... ``place`` + 7 of an array that are below a bound: bit i for the i-th.

    They are compared as they lie there, so a bound beyond what an element can be is brought back to that.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0].dtype
        element = context.get_data_type(kind)
        values = _read(context, builder, signature, args)
        last = builder.sub(context.cast(builder, args[2], signature.args[2], types.int64), ir.Constant(WORD, 1))
        some = builder.icmp_signed(">=", last, ir.Constant(WORD, kind.minval))
        if kind.bitwidth < WORD.width:
            most = ir.Constant(WORD, kind.maxval)
            last = builder.trunc(builder.select(builder.icmp_signed("<", last, most), last, most), element)
        compare = builder.icmp_signed if kind.signed else builder.icmp_unsigned
        bits = builder.bitcast(compare("<=", values, _eight_times(builder, last)), ir.IntType(EIGHT))
        return builder.select(some, builder.zext(bits, WORD), ir.Constant(WORD, 0))

    return types.int64(array, place, bound), code


@intrinsic
def eight(context: Any, array: Any, place: Any) -> Any:
    """Elements ``place`` ... ``place`` + 7 of an array of one dim."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0].dtype
        values = _read(context, builder, signature, args)
        if kind.bitwidth == WORD.width:
            return values
        return (builder.sext if kind.signed else builder.zext)(values, EightType.code)

    return _eight(array, place), code


@intrinsic
def put(context: Any, array: Any, place: Any, values: Any) -> Any:
    """Write eight integers, or one eight times, to ``place`` ... ``place`` + 7 of an array of one dim."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0].dtype
        values = _spread(context, builder, signature.args[2], args[2])
        if kind.bitwidth < WORD.width:
            values = builder.trunc(values, ir.VectorType(context.get_data_type(kind), EIGHT))
        builder.store(values, _first(context, builder, signature, args)).align = kind.bitwidth // 8
        return context.get_dummy_value()

    return types.none(array, place, values), code


@small_part
def bits_below(array, place, count, bound):
    """Bits of the elements from ``place`` on, 1 to :data:`BITS` of them, that are below a bound."""
    bits = np.int64(0)
    for i in range(0, count, EIGHT):
        bits |= below(array, place + i, bound) << i
    return bits & all_bits(count)


@small_part
def bits_above_zero(array, place, count):
    """Bits of the elements from ``place`` on, 1 to :data:`BITS` of them, that are 1 or more."""
    return all_bits(count) & ~bits_below(array, place, count, 1)
