"""Many arrays as one argument.

A kernel that reads a hundred arrays cannot take them as arguments: Numba passes each as seven scalars at every call,
which costs minutes of compilation and microseconds a call. A bundle is a table of addresses and shapes; compiled code
gets the table's address, and ``bundle.name`` reads one entry. The arrays it gives are borrowed: the bundle, held by
the caller, keeps them alive.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
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


class BundleType(types.Type):
    """Type of a bundle (or of several in a row): names, element types and numbers of dimensions of its fields."""

    def __init__(self, fields: tuple[tuple[str, str, int], ...], several: bool = False) -> None:
        self.fields = fields
        self.several = several
        self.places: dict[str, tuple[int, str, int]] = {}
        place = 0
        for name, dtype, ndim in fields:
            self.places[name] = (place, dtype, ndim)
            place += 1 + max(ndim, 0)
        self.entries = place
        self.types = {name: _field_type(dtype, ndim) for name, dtype, ndim in fields}
        # The name enters every symbol of compiled code; a long one makes compilation slow.
        digest = hashlib.sha256(repr(fields).encode()).hexdigest()[:12]
        super().__init__(name=f"{'Bundles' if several else 'Bundle'}_{digest}")


def _field_type(dtype: str, ndim: int) -> Any:
    """Numba type of a field; a field of -1 dimensions is an integer."""
    return types.int64 if ndim < 0 else types.Array(numpy_support.from_dtype(np.dtype(dtype)), ndim, "C")


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
    """

    def __init__(self, values: NamedTuple, rows: int | None = None, shared: frozenset[str] = frozenset()) -> None:
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
        self.type = BundleType(tuple(fields), several=rows is not None)


@intrinsic
def pick(context: Any, bundles: BundleType, row: Any) -> Any:
    """Bundle ``row`` of several."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, number = arguments
        return builder.add(address, builder.mul(number, ir.Constant(ir.IntType(64), 8 * bundles.entries)))

    return BundleType(bundles.fields)(bundles, types.int64), code


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
    place, _, ndim = kind.places[name]
    word = ir.IntType(64)
    table = builder.inttoptr(value, word.as_pointer())

    def entry(i: int) -> Any:
        value = builder.load(cgutils.gep_inbounds(builder, table, ir.Constant(word, place + i)))
        # A bundle never changes while code runs: its entries may be kept in registers.
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value

    if ndim < 0:
        return entry(0)
    field = kind.types[name]
    size = context.get_abi_sizeof(context.get_data_type(field.dtype))
    shape = [entry(1 + i) for i in range(ndim)]
    strides = [ir.Constant(word, size)]
    items = shape[-1] if ndim else ir.Constant(word, 1)
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    for length in shape[:-1]:
        items = builder.mul(items, length)
    array = context.make_array(field)(context, builder)
    context.populate_array(
        array,
        data=builder.inttoptr(entry(0), context.get_data_type(field.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, shape, word),
        strides=cgutils.pack_array(builder, strides, word),
        itemsize=ir.Constant(word, size),
        meminfo=None,
    )
    return array._getvalue()
