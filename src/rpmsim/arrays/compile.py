"""The model as arrays: the frame once, the tables for each group of parameter draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from rpmsim.arrays.classes import Classes, classes_of
from rpmsim.arrays.costs import other_cents, spend_cents
from rpmsim.arrays.days import Span
from rpmsim.arrays.frame import build_frame
from rpmsim.arrays.layout import F64, GUIDE_BITS, I64, Frame, Tables
from rpmsim.arrays.name_hashes import name_hash
from rpmsim.arrays.packing import packed
from rpmsim.arrays.tables import build_tables
from rpmsim.arrays.work_order import Component, Edge, components_of, edges_of
from rpmsim.model.calendar import Period
from rpmsim.model.distributions import Distribution, DrawnWeights, distributions_in, in_order
from rpmsim.model.hazards import AgeHazards
from rpmsim.model.number import Number, ValueOf, median_of, numbers_in
from rpmsim.model.plan import Model


class ParameterDraws(NamedTuple):
    """Parameter draws: their numbers, shape (draws,), and standard normals of ranges, shape (draws, parameters)."""

    numbers: I64
    normals: F64


@dataclass(frozen=True)
class Program:
    """A compiled model.

    Parameters
    ----------
    model : Model
        What was compiled.
    classes, edges, components : Classes, tuple of Edge, tuple of Component
        Numbering of the frame's axes, and the order of the work.
    span : Span
        Days, history and periods.
    frame : Frame
        What does not depend on a parameter draw.
    """

    model: Model
    classes: Classes
    edges: tuple[Edge, ...]
    components: tuple[Component, ...]
    span: Span
    frame: Frame

    @property
    def periods(self) -> tuple[Period, ...]:
        """Reporting periods."""
        return self.span.periods

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the ranged numbers, in order."""
        return tuple(sorted({number.name for number in numbers_in(self._stated) if number.ranged}))

    @property
    def _stated(self) -> tuple[object, ...]:
        """All parts of the model in which numbers may be ranged."""
        return self.model.content, self.model.changes, self.model.revision

    @cached_property
    def parameter_hashes(self) -> tuple[int, ...]:
        """Hash of each parameter's name."""
        return tuple(name_hash("parameter", name) for name in self.parameters)

    @cached_property
    def posterior_draws(self) -> int:
        """Draws of the posterior from which the scenario takes numbers; 0 where it takes none."""
        numbers = [number.draws.values for number in numbers_in(self._stated) if number.draws is not None]
        others = [distribution.drawn for distribution in self._distributions if distribution.drawn is not None]
        return max((len(values) for values in (*numbers, *others)), default=0)

    @cached_property
    def only_posterior(self) -> bool:
        """Whether all that is drawn is drawn from the posterior."""
        ranged = (number for number in numbers_in(self._stated) if number.ranged)
        return self.posterior_draws > 0 and all(number.draws is not None for number in ranged)

    @property
    def is_uncertain(self) -> bool:
        """Whether parameter draws differ."""
        return bool(self.parameters) or self.posterior_draws > 0

    def parameter_values(self, drawn: ParameterDraws) -> F64:
        """Values of the ranged numbers as the base content uses them, shape (draws, parameters)."""
        first: dict[str, Number] = {}
        for number in numbers_in(self._stated):
            if number.ranged:
                first.setdefault(number.name, number)
        value_of = self._value_of(drawn)
        columns = [value_of(first[name]) for name in self.parameters]
        return np.stack(columns, axis=1) if columns else np.zeros((len(drawn.normals), 0))

    @cached_property
    def middle(self) -> Tables:
        """Tables of one draw, in which every ranged number has its median."""
        return packed(self._built(in_order(median_of, self._distributions), 1))

    def tables(self, drawn: ParameterDraws) -> Tables:
        """Tables for parameter draws."""
        count = len(drawn.normals)
        if not self.is_uncertain and count == 1:
            return self.middle
        return self._built(self._value_of(drawn), count)

    def _built(self, value_of: ValueOf, count: int) -> Tables:
        return build_tables(self.model, self.classes, self.span, self.frame, value_of, count)

    def costs(self, drawn: ParameterDraws) -> tuple[I64, I64]:
        """Spend by channel and other cost by name, in cents; shapes (draws, periods, channels or costs)."""
        value_of, draws = self._value_of(drawn), len(drawn.normals)
        return spend_cents(self.model, self.span, value_of, draws), other_cents(self.model, self.span, value_of, draws)

    def _value_of(self, drawn: ParameterDraws) -> ValueOf:
        index = {name: i for i, name in enumerate(self.parameters)}

        def value(source: Number | AgeHazards | DrawnWeights) -> Any:
            if not isinstance(source, Number):
                return source.at(drawn.numbers)
            if source.draws is not None:
                return source.draws.at(drawn.numbers)
            return source.at(drawn.normals[:, index[source.name]]) if source.ranged else source.mid

        return in_order(value, self._distributions)

    @cached_property
    def _distributions(self) -> tuple[Distribution, ...]:
        """Every distribution of the model; blocks of replications need them again and again."""
        return tuple(distributions_in(self._stated))

    @property
    def draw_bytes(self) -> int:
        """About the bytes of the delay tables of one parameter draw."""
        drawn = {d for d in self._distributions if d.drawn is not None or any(n.ranged for _, n in d.parameters)}
        return len(drawn) * (4 * self.middle.distribution_size + 2 * 2**GUIDE_BITS)

    def most_leads(self) -> float:
        """A bound on the leads of one replication: many times the expected arrivals, and moves in circles."""
        rate = self.middle.rate.sum()
        return 20.0 * float(rate) + float(self.frame.opening_stock.sum())


def compile_model(model: Model, by_day: bool = False, follows: bool = False) -> Program:
    """Compile a model to flat arrays; with ``by_day`` days are periods, with ``follows`` leads are logged."""
    classes = classes_of(model)
    edges = edges_of(*model.contents)
    components = components_of(model, classes)
    span = Span.of(model, by_day)
    frame = build_frame(model, classes, edges, components, span, follows)
    return Program(model, classes, edges, components, span, frame)
