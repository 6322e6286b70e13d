"""Values that differ by class, taken together: a median by segment, p90 by channel make one by both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rpmsim.model.number import ByClass, Dimension


def lift(make: Callable[..., Any], values: Sequence[Any]) -> Any:
    """Apply a function to values of which some differ by class.

    Parameters
    ----------
    make : callable
        Takes one plain value for each of ``values``.

    Returns
    -------
    object
        What ``make`` returns, or a ByClass of it. A class that a map does not name has the default of the
        map, and where there is none, what the map says of its first class: the model is checked for
        classes that come where they are not named.
    """
    dimension = next((value.dimension for value in values if isinstance(value, ByClass)), None)
    if dimension is None:
        return make(*values)
    names: dict[str, None] = {}
    for value in values:
        if isinstance(value, ByClass) and value.dimension == dimension:
            names.update((name, None) for name, _ in value.cases)
    cases = tuple((name, lift(make, [_for_class(value, dimension, name) for value in values])) for name in names)
    return ByClass(dimension, cases, lift(make, [_for_class(value, dimension, None) for value in values]))


def _for_class(value: Any, dimension: Dimension, name: str | None) -> Any:
    """The value for one class of a dimension; None is the classes that are not named."""
    if not isinstance(value, ByClass) or value.dimension != dimension:
        return value
    cases = dict(value.cases)
    if name in cases:
        return cases[name]
    return value.default if value.default is not None else value.cases[0][1]
