"""Many arrays as one argument.

A kernel that reads a hundred arrays cannot take them as arguments: Numba passes each as seven scalars at every call,
which costs minutes of compilation and microseconds a call. A bundle is a table of addresses and shapes; compiled code
gets the table's address, and ``bundle.name`` reads one entry. The arrays are borrowed: the bundle, held by the caller,
keeps them alive.

What ``bundle.name`` gives is plainer than Numba's arrays: it is indexed by integers alone (fewer of them than it has
dims give a part of it) that are inside and not negative, it has a length and a shape, and ``a[:] = x`` fills it.
Entries of a bundle, and elements of one that is ``constant``, never change while compiled code runs, and the compiler
is reported so: it may keep them in registers, which halves the time of a replication.
"""

from __future__ import annotations

import hashlib
import operator
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np import numpy_support


class PlainType(types.Type):
    """Type of an array in C order, or a part of one: its address, and that of its shape."""

    def __init__(self, dtype: Any, ndim: int, constant: bool) -> None:
        self.dtype = dtype
        self.ndim = ndim
        self.constant = constant
        super().__init__(name=f"{'Constant' if constant else 'Plain'}_{dtype}_{ndim}")


class BundleType(types.Type):
    """Type of a bundle (or of several in a row): names, element types and numbers of dims of its fields."""

    def __init__(self, fields: tuple[tuple[str, str, int], ...], several: bool, constant: bool) -> None:
        self.fields = fields
        self.several = several
        self.constant = constant
        self.places: dict[str, int] = {}
        self.types: dict[str, Any] = {}
        self.entries = 0
        for name, dtype, ndim in fields:
            self.places[name] = self.entries
            self.entries += 1 + max(ndim, 0)
            element = numpy_support.from_dtype(np.dtype(dtype))
            self.types[name] = element if ndim < 0 else PlainType(element, ndim, constant)
        # The name enters every symbol of compiled code; a long one makes compilation slow.
        digest = hashlib.sha256(repr(fields).encode()).hexdigest()[:12]
        super().__init__(name=f"{'Bundles' if several else 'Bundle'}{'C' * constant}_{digest}")


class Bundle:
    """Arrays and integers of a NamedTuple as one argument; or several such tuples that differ along first axes.

    Parameters
    ----------
    values : NamedTuple
        C-contiguous arrays and integers.
    rows : int, optional
        Number of bundles. Bundle r then sees, of each array that is not ``shared``, row r of the first axis (row 0
        where that has one row only); compiled code takes one with :func:`pick`.
    shared : set of str
        Arrays that all bundles see whole.
    constant : bool
        Whether no element changes while compiled code runs.
    """

    def __init__(
        self,
        values: NamedTuple,
        rows: int | None = None,
        shared: frozenset[str] = frozenset(),
        *,
        constant: bool = False,
    ) -> None:
        entries: list[int] = []
        steps: list[int] = []
        fields: list[tuple[str, str, int]] = []
        for name, value in zip(values._fields, values, strict=True):
            if isinstance(value, np.ndarray):
                if not value.flags.c_contiguous:
                    raise ValueError(f"{name} is not contiguous")
                by_row = rows is not None and name not in shared
                shape = value.shape[1:] if by_row else value.shape
                fields.append((name, value.dtype.str, len(shape)))
                entries += [value.ctypes.data, *shape]
                steps += [value.strides[0] if by_row and len(value) > 1 else 0] + [0] * len(shape)
            else:
                fields.append((name, "int64", -1))
                entries.append(int(value))
                steps.append(0)
        self.values = values
        table = np.array(entries, dtype=np.int64) + np.arange(rows or 1)[:, None] * np.array(steps, dtype=np.int64)
        self._table = np.ascontiguousarray(table)
        self._address = int(self._table.ctypes.data)
        self.type = BundleType(tuple(fields), rows is not None, constant)


@intrinsic
def pick(context: Any, bundles: BundleType, row: Any) -> Any:
    """Bundle ``row`` of several."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, number = arguments
        return builder.add(address, builder.mul(number, ir.Constant(ir.IntType(64), 8 * bundles.entries)))

    return BundleType(bundles.fields, False, bundles.constant)(bundles, types.int64), code


@typeof_impl.register(Bundle)
def _typeof(value: Bundle, context: Any) -> BundleType:
    return value.type


@register_model(BundleType)
class _BundleModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: BundleType) -> None:
        super().__init__(manager, kind, ir.IntType(64))


@unbox(BundleType)
def _unbox(kind: BundleType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "_address")
    result = c.unbox(types.int64, address)
    c.pyapi.decref(address)
    return result


@infer_getattr
class _BundleAttribute(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, kind: BundleType, name: str) -> Any:  # type: ignore[override]
        return None if kind.several else kind.types.get(name)


@lower_getattr_generic(BundleType)
def _getattr(context: Any, builder: Any, kind: BundleType, value: Any, name: str) -> Any:
    table = builder.inttoptr(value, WORD.as_pointer())
    place = cgutils.gep_inbounds(builder, table, ir.Constant(WORD, kind.places[name]))
    field = kind.types[name]
    if not isinstance(field, PlainType):
        return _constant(builder, place)
    array = cgutils.create_struct_proxy(field)(context, builder)
    array.data = builder.inttoptr(_constant(builder, place), context.get_data_type(field.dtype).as_pointer())
    array.dims = cgutils.gep_inbounds(builder, place, ir.Constant(WORD, 1))
    return array._getvalue()


WORD = ir.IntType(64)


def _constant(builder: Any, address: Any) -> Any:
    """Load what does not change while compiled code runs."""
    value = builder.load(address)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@register_model(PlainType)
class _PlainModel(models.StructModel):
    def __init__(self, manager: Any, kind: PlainType) -> None:
        members = [("data", types.CPointer(kind.dtype)), ("dims", types.CPointer(types.int64))]
        super().__init__(manager, kind, members)


def _indices(index: Any) -> list[Any] | None:
    """Types of the integers of an index, None where it holds anything else."""
    many: bool = isinstance(index, types.BaseTuple)
    parts = list(index) if many else [index]
    return parts if all(isinstance(part, types.Integer) for part in parts) else None


@infer_global(operator.getitem)
class _PlainGet(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, index = args
        parts = _indices(index) if isinstance(array, PlainType) else None
        if parts is None or len(parts) > array.ndim:
            return None
        rest = array.ndim - len(parts)
        return signature(PlainType(array.dtype, rest, array.constant) if rest else array.dtype, array, index)


@infer_global(operator.setitem)
class _PlainSet(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, index, _ = args
        if not isinstance(array, PlainType) or array.constant:
            return None
        parts = _indices(index)
        if index != types.slice2_type and (parts is None or len(parts) != array.ndim):
            return None
        return signature(types.none, array, index, array.dtype)


@infer_global(len)
class _PlainLen(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.int64, *args) if isinstance(args[0], PlainType) else None


@infer_getattr
class _PlainAttribute(AttributeTemplate):
    key = PlainType

    def resolve_shape(self, kind: PlainType) -> Any:
        return types.UniTuple(types.int64, kind.ndim)


def _dim(builder: Any, array: Any, i: int) -> Any:
    return _constant(builder, cgutils.gep_inbounds(builder, array.dims, ir.Constant(WORD, i)))


def _element(context: Any, builder: Any, kind: PlainType, array: Any, index_type: Any, index: Any) -> Any:
    """Address of an element, or of the first one of a part."""
    many = isinstance(index_type, types.BaseTuple)
    values = cgutils.unpack_tuple(builder, index) if many else [index]
    place = None
    for i in range(kind.ndim):
        if place is not None:
            place = builder.mul(place, _dim(builder, array, i), flags=("nsw",))
        if i < len(values):
            value = context.cast(builder, values[i], _indices(index_type)[i], types.int64)  # type: ignore[index]
            place = value if place is None else builder.add(place, value, flags=("nsw",))
    return builder.gep(array.data, [place], inbounds=True)


@lower_builtin(operator.getitem, PlainType, types.Integer)
@lower_builtin(operator.getitem, PlainType, types.BaseTuple)
def _getitem(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind, index_type = sig.args
    array = cgutils.create_struct_proxy(kind)(context, builder, value=args[0])
    address = _element(context, builder, kind, array, index_type, args[1])
    if isinstance(sig.return_type, PlainType):
        part = cgutils.create_struct_proxy(sig.return_type)(context, builder)
        part.data = address
        gone = ir.Constant(WORD, kind.ndim - sig.return_type.ndim)
        part.dims = cgutils.gep_inbounds(builder, array.dims, gone)
        return part._getvalue()
    return _constant(builder, address) if kind.constant else builder.load(address)


@lower_builtin(operator.setitem, PlainType, types.Integer, types.Any)
@lower_builtin(operator.setitem, PlainType, types.BaseTuple, types.Any)
def _setitem(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    builder.store(args[2], _element(context, builder, sig.args[0], array, sig.args[1], args[1]))
    return context.get_dummy_value()


@lower_builtin(operator.setitem, PlainType, types.SliceType, types.Any)
def _fill(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    array = cgutils.create_struct_proxy(kind)(context, builder, value=args[0])
    size = _dim(builder, array, 0)
    for i in range(1, kind.ndim):
        size = builder.mul(size, _dim(builder, array, i))
    with cgutils.for_range(builder, size) as loop:
        builder.store(args[2], builder.gep(array.data, [loop.index], inbounds=True))
    return context.get_dummy_value()


@lower_builtin(len, PlainType)
def _len(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    return _dim(builder, array, 0)


@lower_getattr(PlainType, "shape")
def _shape(context: Any, builder: Any, kind: PlainType, value: Any) -> Any:
    array = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    return cgutils.pack_array(builder, [_dim(builder, array, i) for i in range(kind.ndim)], WORD)
