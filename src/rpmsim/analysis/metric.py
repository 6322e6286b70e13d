"""What a metric is: a name, a unit, a definition, and how it is measured and totalled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from rpmsim.dataset import with_empty
from rpmsim.dataset.variables import CURRENCY

if TYPE_CHECKING:
    import xarray as xr


class Ratio(NamedTuple):
    """A ratio before the division, so that a total can be sum over sum."""

    numerator: xr.DataArray
    denominator: xr.DataArray


Measure = Callable[["xr.Dataset", tuple[str, ...]], "xr.DataArray | Ratio"]
"""Takes the dataset and the class dims to keep; gives replication x period x own dims x class dims."""


@dataclass(frozen=True)
class Metric:
    """A metric of the dictionary; call it with a dataset.

    Parameters
    ----------
    name, unit, definition : str
        As the dictionary has them; the definition is printed wherever the metric is explained.
    measure : Measure
        How it is measured.
    total : {"sum", "last"}
        Total over periods: the sum (of a ratio: sum over sum), or the last value, for what is counted at the
        end of a period.
    by : tuple of str
        Class dims by which it may be split.
    formula, trap, example : str
        For the reference page: the formula, what people get wrong with it, and a worked number.
    needs : tuple of str
        Variables that are there only if they were requested (``measure``).
    """

    name: str
    unit: str
    definition: str
    measure: Measure
    totals: Literal["sum", "last"] = "sum"
    by: tuple[str, ...] = ("channel", "segment")
    formula: str = ""
    trap: str = ""
    example: str = ""
    needs: tuple[str, ...] = ()

    def __call__(self, dataset: xr.Dataset, by: Sequence[str] = ()) -> xr.DataArray:
        """Values by replication and period; a ratio is NaN where its denominator is zero.

        Parameters
        ----------
        dataset : xarray.Dataset
            A forecast.
        by : sequence of {"channel", "segment"}
            Class dims by which to split.

        Returns
        -------
        xarray.DataArray
            replication x period x own dims (such as ``stage``) x ``by``, with ``units``, ``long_name`` and
            ``definition``.
        """
        return self._finish(dataset, self._measured(dataset, by))

    def total(self, dataset: xr.Dataset, by: Sequence[str] = ()) -> xr.DataArray:
        """Values by replication over all periods of the dataset: sums, sum over sum, or the last value."""
        return self._finish(dataset, self.over_periods(self._measured(dataset, by)))

    def both(self, dataset: xr.Dataset, by: Sequence[str] = ()) -> tuple[xr.DataArray, xr.DataArray]:
        """Values by period, and in total, measured once."""
        measured = self._measured(dataset, by)
        return self._finish(dataset, measured), self._finish(dataset, self.over_periods(measured))

    def over_periods(self, measured: xr.DataArray | Ratio) -> xr.DataArray | Ratio:
        """The total before the division."""
        if isinstance(measured, Ratio):
            return Ratio(*(self._total(part) for part in measured))
        return self._total(measured)

    def _total(self, values: xr.DataArray) -> xr.DataArray:
        if "period" not in values.dims:
            return values
        if self.totals == "last":
            return values.isel(period=-1, drop=True)
        return values.sum("period", skipna=False)  # nothing is undefined before a division, and need not be looked for

    def _measured(self, dataset: xr.Dataset, by: Sequence[str]) -> xr.DataArray | Ratio:
        wrong = [dim for dim in by if dim not in self.by]
        if wrong:
            raise ValueError(f"{self.name} is not split by {wrong[0]}")
        return self.measure(with_empty(dataset), tuple(by))

    def _finish(self, dataset: xr.Dataset, measured: xr.DataArray | Ratio) -> xr.DataArray:
        if isinstance(measured, Ratio):
            measured = divided(*measured)
        units = dataset.attrs.get("currency", CURRENCY) if self.unit == CURRENCY else self.unit
        attrs = {"units": units, "long_name": self.name.replace("_", " "), "definition": self.definition}
        result = measured.copy(deep=False)
        result.name, result.attrs = self.name, measured.attrs | attrs
        return result


def divided(numerator: xr.DataArray, denominator: xr.DataArray) -> xr.DataArray:
    """Quotient, and NaN (undefined, not zero) where the denominator is zero."""
    if numerator.dims != denominator.dims:
        return numerator / denominator.where(denominator != 0)
    over, under = numerator.values, denominator.values  # of the same dims they are of one dataset: nothing to align
    return numerator.copy(data=np.divide(over, under, out=np.full(over.shape, np.nan), where=under != 0))


def of_marketing(dataset: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Sum over the channels of the kind marketing."""
    channels = np.flatnonzero(dataset["channel_kind"].values == "marketing")
    return values.isel(channel=channels).sum("channel", skipna=False)


def others(by: Sequence[str]) -> tuple[str, ...]:
    """Class dims that are summed over."""
    return tuple(dim for dim in ("channel", "segment") if dim not in by)
