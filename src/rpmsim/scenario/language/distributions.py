"""Distributions of times, hours, amounts and factors, by what people know of them."""

from __future__ import annotations

from rpmsim.scenario import kinds as k
from rpmsim.scenario.kind import Kind
from rpmsim.scenario.schema.quantities import ByClass, Num, Table, TableByClass
from rpmsim.text.schema.base import Type
from rpmsim.text.schema.maps import Field, Record
from rpmsim.text.schema.scalars import Word

SCALED_BY_RELATIVE = ("median", "p90", "mean", "sd", "scale", "after", "value", "table", "time")
DISTRIBUTION_KEYS = ("median", "p90", "sigma", "mean", "sd", "shape", "scale", "law", "table", "after", "value")
"""Keys of a distribution, apart from ``time``, which only an outcome has."""

GOES_WITH: dict[str, tuple[str, ...]] = {
    "median": ("p90", "sigma"),
    "p90": ("median",),
    "sigma": ("median",),
    "mean": ("sd", "shape"),
    "sd": ("mean",),
    "shape": ("mean", "scale"),
    "scale": ("shape",),
    "table": (),
    "after": (),
    "value": (),
    "time": (),
}
"""Which keys of a distribution may stand together; stating one of them in a what-if takes the parent's others away."""


def distribution_fields(
    kind: Kind, fixed: str, by_class: bool, unit: str, *, drawn_table: bool = False
) -> dict[str, Field]:
    """The keys by which a distribution is stated.

    ``fixed`` is the key of a fixed value, ``unit`` is in the help, and ``drawn_table`` says whether a table may come
    from a posterior.
    """

    def num(inner: Kind) -> Type:
        return ByClass(Num(inner)) if by_class else Num(inner)

    fixed_doc = {"after": "A fixed time.", "value": "A fixed value."}[fixed]
    return {
        "median": Field(
            num(kind),
            f"The median{unit}: half of all cases are below. Without `p90`, the distribution is lognormal with sigma "
            "0.8.",
            kind.examples[0],
        ),
        "p90": Field(num(kind), f"The 90% quantile{unit}: 9 in 10 cases are below. With `median`.", kind.examples[-1]),
        "sigma": Field(num(k.SIGMA), "Standard deviation of the logarithm, with `median` (lognormal).", "0.6"),
        "mean": Field(
            num(kind), f"The mean{unit}; with `sd`, or for a gamma distribution with `sd` or `shape`.", kind.examples[0]
        ),
        "sd": Field(num(kind), f"The standard deviation{unit}; with `mean`.", kind.examples[0]),
        "shape": Field(
            num(k.SHAPE), "Shape of a gamma distribution (with `mean`) or a Weibull distribution (with `scale`).", "2"
        ),
        "scale": Field(num(kind), "Scale of a Weibull distribution, with `shape`.", kind.examples[0]),
        "law": Field(
            Word({w: w for w in ("lognormal", "gamma", "weibull", "fixed")}, "a distribution"),
            "Family of the distribution. Default lognormal.",
            "gamma",
        ),
        "table": Field(
            TableByClass(Table(kind, k.WEIGHT)) if by_class else Table(kind, k.WEIGHT, drawn_table),
            "Values with weights, or a list of values: an empirical distribution, from data."
            + (" Or `posterior`: with its values, and weights in each draw." if drawn_table else ""),
            f"{{{kind.examples[0]}: 20%, {kind.examples[-1]}: 80%}}",
        ),
        fixed: Field(num(kind), fixed_doc, kind.examples[0]),
    }


TIME_DISTRIBUTION = Record(
    "a time distribution",
    distribution_fields(k.DELAY, "after", False, " of this time"),
    bare="after",
    scaled=SCALED_BY_RELATIVE,
)
HOURS_DISTRIBUTION = Record(
    "a distribution of hours",
    distribution_fields(k.HOURS, "after", True, " of this time"),
    bare="after",
    scaled=SCALED_BY_RELATIVE,
)
BATCH_DISTRIBUTION = Record(
    "a distribution of the batch size",
    distribution_fields(k.BATCH_SIZE, "value", False, " of this number"),
    bare="value",
    scaled=SCALED_BY_RELATIVE,
)
REVISION_DISTRIBUTION = Record(
    "a distribution of the revision",
    distribution_fields(k.EFFECT, "value", False, " of this factor", drawn_table=True),
    bare="value",
    scaled=SCALED_BY_RELATIVE,
)
