"""The summary of a run: the document that ``run --json`` prints, and that tables and charts are made from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rpmsim.analysis import cohorts, cost, dictionary, flow, revenue, speed, staffing
from rpmsim.analysis.bands import QUANTILES, plain, reduced, statistics, statistics_of
from rpmsim.analysis.classes import Classes, class_targets
from rpmsim.analysis.condense import CLASS_DIMS, summed
from rpmsim.analysis.deals import Deals
from rpmsim.analysis.growth import AGAINST, base_of, bridge, growth
from rpmsim.analysis.metric import Metric
from rpmsim.analysis.spans import Spans, in_order, years_and_targets
from rpmsim.analysis.sums import Sums
from rpmsim.analysis.targets import fares
from rpmsim.analysis.track_record import track_record
from rpmsim.dataset import provenance, with_empty
from rpmsim.dataset.store import loaded
from rpmsim.model.calendar import Period
from rpmsim.model.number import ByClass
from rpmsim.model.plan import Model

if TYPE_CHECKING:
    import xarray as xr

Document = dict[str, Any]
"""Plain values only: what ``json.dumps`` takes, with None for what is undefined."""

_MOST_VALUES = 4 << 20
"""Values of a metric that are held at once; a run of any length then takes little more than its totals."""
_OFTEN = ("spend", "pay", "other_cost", "capacity", "slot_days", "waiting", "taken_up")
"""What many metrics need."""
_OF_COHORTS = ("cohort_moves", "cohort_final")
"""What is read again for every few stages."""
FOR_TARGETS: dict[str, Metric] = {m.name: m for m in (flow.leads, flow.wins, revenue.bookings)}
"""Metrics that may have targets, by name; they add up over periods."""
_OF_AMOUNTS = (
    "bookings",
    "average_deal",
    "sourced_share",
    "pipeline_value",
    "pipeline_weighted",
    "pipeline_coverage",
    "bookings_open",
    "bookings_new",
    "marketing_sourced_pipeline",
    "marketing_sourced_pipeline_share",
    "marketing_sourced_bookings",
    "marketing_sourced_share",
)
"""What says nothing where deals have no amounts."""
_OF_STAFF = (
    "waiting",
    "waiting_hours",
    "waiting_age_hours",
    "taken_up",
    "wait_hours",
    "response_hours",
    "within_sla",
    "response_rate",
    "gave_up",
    "response_hours_median",
    "response_hours_p90",
    "waiting_age_hours_median",
    "waiting_age_hours_p90",
)


def posterior_of(dataset: xr.Dataset) -> Document:
    """The posterior that a forecast was drawn from, as an entry of the summary; nothing where there was none."""
    found = provenance(dataset).get("posterior")
    return {"posterior": found} if found else {}


def summary(
    dataset: xr.Dataset,
    model: Model,
    timing: Mapping[str, float] | None = None,
    sums: Sums | None = None,
    begun: Callable[[Document], None] | None = None,
) -> Document:
    """Summarize a forecast.

    Parameters
    ----------
    dataset : xarray.Dataset
        The forecast, in memory or on disk; it is read one variable at a time.
    model : Model
        What was simulated; gives the targets and the fiscal year.
    timing : mapping, optional
        ``prepare_s`` and ``simulate_s``.
    sums : Sums, optional
        What was gathered while it was simulated; else the forecast is read for it.
    begun : callable, optional
        Gets the document as soon as it holds the whole business (all that the chart needs), before channels, segments,
        stages and staff.

    Returns
    -------
    dict
        The document of ``run --json``. Each metric has ``unit``, ``total`` and ``periods``; the total of a ratio is
        sum over sum inside each replication, of a stock its last value. ``undefined`` stands beside the
        statistics where some replications have no value.
    """
    dataset = with_empty(dataset)
    draws = draws_of(dataset)
    sums = sums or Sums.of(dataset)
    totals = sums.totals(dataset).reset_coords()  # labels and kinds as variables: arithmetic does not carry them along
    totals = totals.assign({name: loaded(totals[name]) for name in _OFTEN})  # read once
    totals = totals.assign({name: summed(totals[name], CLASS_DIMS) for name in _OF_COHORTS if name in totals})
    classes = Classes.of(sums, totals, model)
    write = _Writer(totals, draws)
    spans = Spans(totals, model, {name: metric(totals) for name, metric in FOR_TARGETS.items()})
    metrics = {
        m.name: _with_actuals(write.whole(m), m.name, model, spans) | _spans(m, totals, model, spans, draws)
        for m in dictionary.WHOLE
        if applies(m, totals, model)
    }
    metrics |= _sourced(classes, totals, model, draws)
    document: Document = {
        "scenario": model.name,
        "label": model.label or model.name,
        "status": provenance(dataset).get("status", ""),
        "approved_by": provenance(dataset).get("approved_by", ""),
        "overrides": dict(provenance(dataset).get("overrides", {})),
        "as_of": model.as_of.isoformat(),
        "until": model.until.isoformat(),
        "replications": int(dataset.sizes["replication"]),
        "seed": provenance(dataset).get("run", {}).get("seed"),
        "draws": int(dataset.sizes["draw"]) if draws is not None else 0,
        "ranged_numbers": int(dataset.sizes["parameter"]),
        **posterior_of(dataset),
        "currency": model.currency,
        "period_kind": model.period,
        "metrics": metrics,
        "targets": _targets(model, spans, draws),
        "deals": _deals(metrics, dataset, spans),
        "growth": _growth(metrics, model, spans, draws),
        "growth_bridge": _bridges(metrics, model, spans, draws),
        "track_record": track_record(model),
    }
    if begun is not None:
        begun(dict(document))
    return document | {
        "channels": _channels(write, classes, totals, model),
        "segments": write.split(classes.segment, _that_apply(dictionary.OF_CLASSES, totals, model), "segment"),
        "groups": write.split(classes.group, _that_apply(dictionary.OF_CLASSES, totals, model), "segment"),
        "stages": _stages(write, totals, model),
        "roles": _roles(write, totals),
        "costs": write.along((cost.other_cost,), "cost"),
        "class_targets": class_targets(model, classes, draws),
        "busiest_role": _busiest(totals),
        "worked_by": _worked_by(model),
        "labels": {
            dim: dict(zip(dataset[dim].values.tolist(), dataset[f"{dim}_label"].values.tolist(), strict=True))
            for dim in ("stage", "role", "channel", "segment")
            if dim in dataset.dims
        },
        **cohorts.cohorts_and_ages(dataset),
        "timing": dict(timing or {}),
    }


def draws_of(dataset: xr.Dataset) -> NDArray[np.integer[Any]] | None:
    """Parameter draw of each replication; None where the scenario has no ranged number."""
    if dataset.sizes["parameter"] == 0:
        return None
    values: NDArray[np.integer[Any]] = dataset["parameter_draw"].values
    return values


def has_amounts(model: Model) -> bool:
    """Whether deals have amounts, so that bookings mean something."""
    contents = model.contents
    of_segments = any(segment.amount is not None for content in contents for segment in content.segments)
    return of_segments or any(deal.amount is not None for deal in model.open_deals)


class _Writer:
    """Turns metrics into parts of the document."""

    def __init__(self, dataset: xr.Dataset, draws: NDArray[np.integer[Any]] | None) -> None:
        self.draws = draws
        self.dataset = dataset
        names = {"period": "period_label", "state": "period_state", "first": "period", "last": "period_last"}
        columns = {key: dataset[name].values for key, name in names.items()}
        for key in ("first", "last"):
            columns[key] = columns[key].astype("datetime64[D]").astype(str)
        rows = zip(*(values.tolist() for values in columns.values()), strict=True)
        self.periods = [dict(zip(columns, row, strict=True)) for row in rows]

    def whole(self, metric: Metric) -> Document:
        """A metric without further dims."""
        unit, flat = self._flat(metric, self.dataset, "")
        return self._entries(unit, reduced(flat, self.draws), 1)[0]

    def along(self, metrics: Iterable[Metric], dim: str) -> dict[str, Document]:
        """Metrics that have a value for each entry of a dim: by entry, then by metric."""
        names = [str(name) for name in self.dataset[dim].values]
        step = max(1, _MOST_VALUES // (self.dataset.sizes["replication"] * self.dataset.sizes["period"]))
        result: dict[str, Document] = {name: {} for name in names}
        for first in range(0, len(names), step):
            part = self.dataset.isel({dim: slice(first, first + step)})
            part = part.assign({name: loaded(array) for name, array in part.data_vars.items() if dim in array.dims})
            for name, entries in self.split(part, metrics, dim).items():
                result[name] |= entries
        return result

    def split(self, dataset: xr.Dataset | None, metrics: Iterable[Metric], dim: str) -> dict[str, Document]:
        """Metrics of another dataset, for each entry of a dim; nothing where there is none."""
        if dataset is None:
            return {}
        names = [str(name) for name in dataset[dim].values]
        result: dict[str, Document] = {name: {} for name in names}
        with ThreadPoolExecutor(1) as beside:  # sorts one metric while the next one is measured
            pending: list[tuple[str, str, Future[NDArray[np.float64]]]] = []
            for metric in (*metrics, None):
                if metric is not None:
                    unit, flat = self._flat(metric, dataset, dim)
                    pending.append((metric.name, unit, beside.submit(reduced, flat, self.draws)))
                while len(pending) > (metric is not None):
                    key, unit, done = pending.pop(0)
                    for name, entry in zip(names, self._entries(unit, done.result(), len(names)), strict=True):
                        result[name][key] = entry
        return result

    def _flat(self, metric: Metric, dataset: xr.Dataset, dim: str) -> tuple[str, NDArray[np.float64]]:
        """Unit of a metric and its values, replication x (total, then the periods, each by the dim if there is one)."""
        by_period, total = metric.both(dataset, (dim,) if dim in metric.by else ())
        dims = (dim,) if dim else ()
        values = by_period.transpose("replication", "period", *dims).values.astype(np.float64)
        totals = total.transpose("replication", *dims).values.astype(np.float64)
        count = len(totals)
        return total.attrs["units"], np.hstack([totals.reshape(count, -1), values.reshape(count, -1)])

    def _entries(self, unit: str, found: NDArray[np.float64], count: int) -> list[Document]:
        """An entry for each of the values of a dim, from the statistics of totals and periods."""
        rows = found.T.reshape(-1, count, len(found))
        return [
            {
                "unit": unit,
                "total": statistics(own[0]),
                "periods": [head | statistics(row) for head, row in zip(self.periods, own[1:], strict=True)],
            }
            for own in rows.transpose(1, 0, 2)
        ]


def applies(metric: Metric, dataset: xr.Dataset, model: Model) -> bool:
    """Whether the forecast has what the metric counts."""
    if any(needed not in dataset for needed in metric.needs):
        return False
    name = metric.name
    if name in _OF_AMOUNTS:
        return has_amounts(model)
    if name in ("roi_channel", "roi_marketing"):
        return has_amounts(model) and _any(dataset, "spend", "pay", "other_cost")
    if name in ("opportunities", "cost_per_opportunity") and "opportunity" not in dataset["stage_kind"].values:
        return False
    if name in ("cac_simple", "marketing_spend", "cost_per_entry", *(metric.name for metric in cost.DIRECT)):
        return _any(dataset, "spend")
    if name in ("spend", "pay", "other_cost"):
        return _any(dataset, name)
    if name in ("cac_loaded", "cac_by_channel", "total_cost"):
        return _any(dataset, "spend", "pay", "other_cost")
    return not name.endswith("pipeline_count") or "opportunity" in dataset["stage_kind"].values


def _any(dataset: xr.Dataset, *names: str) -> bool:
    """Whether some value of these variables is above zero."""
    return any(bool((loaded(dataset[name]) > 0).any()) for name in names)


def _with_actuals(entry: Document, name: str, model: Model, spans: Spans) -> Document:
    """Add actuals to date to the reporting period that ``as_of`` cuts: every quantile moves by it."""
    first = entry["periods"][0]
    if name not in FOR_TARGETS or first["state"] != "partial":
        return entry
    span = spans.of(name, *(dt.date.fromisoformat(first[key]) for key in ("first", "last")))
    if span.state == "actual+simulated" and span.actual is not None:
        for key in ("mean", *QUANTILES):
            first[key] = plain(first[key] + span.actual)
        first |= {"state": span.state, "actual": plain(span.actual)}
        total = {key: plain(entry["total"][key] + span.actual) for key in ("mean", *QUANTILES)}
        entry["total_with_actual"] = entry["total"] | total | {"actual": plain(span.actual)}
    return entry


def _spans(
    metric: Metric, dataset: xr.Dataset, model: Model, spans: Spans, draws: NDArray[np.integer[Any]] | None
) -> Document:
    """Totals over years, and over the targets' periods that are longer than a reporting period."""
    if metric.name not in FOR_TARGETS:
        return {}
    targets = [target for target in model.targets if target.metric == metric.name]
    entries = []
    for period in years_and_targets(model, targets):
        span = spans.of(metric.name, period.first, period.last)
        of_target = any(target.period == period.label for target in targets)
        if span.values is None or (span.state == "partial" and not of_target):
            continue
        if period.label not in dataset["period_label"].values:
            head: Document = {"period": period.label, "state": span.state}
            head |= {"first": period.first.isoformat(), "last": period.last.isoformat()}
            head |= {} if span.actual is None else {"actual": plain(span.actual)}
            entries.append(head | statistics(statistics_of(span.values, draws)))
    return {"spans": entries}


def _deals(metrics: Document, dataset: xr.Dataset, spans: Spans) -> list[Document]:
    """The listed deals that decide a period, for every period, longer span, and the whole run."""
    entries = [*metrics.get("bookings", {}).get("periods", ()), *metrics.get("bookings", {}).get("spans", ())]
    deals = Deals(dataset)
    result = []
    model = spans.model
    expected = {d.id: d.expected_close.isoformat() for d in model.open_deals if d.expected_close is not None}
    whole = {"period": "total", "first": model.first_day.isoformat(), "last": model.until.isoformat()}
    for entry in (*entries, whole) if entries else ():
        first, last = (dt.date.fromisoformat(entry[key]) for key in ("first", "last"))
        span = spans.of("bookings", first, last)
        named = [] if span.values is None else deals.decisive(span.values, spans.inside(first, last))
        result += [
            {
                "period": entry["period"],
                "deal": deal.deal,
                "label": deal.label,
                "chance": plain(deal.chance),
                "amount": plain(deal.amount),
                "share_of_variance": plain(deal.share),
                "expected_close": expected.get(deal.deal),
            }
            for deal in named
        ]
    return result


def _compared(metrics: Document, name: str, model: Model) -> Iterator[tuple[Document, Period, Period]]:
    """Every period and longer span of a metric beside what it may be compared with, and what an entry says of both."""
    for entry in (*metrics.get(name, {}).get("periods", ()), *metrics.get(name, {}).get("spans", ())):
        period = Period(entry["period"], *(dt.date.fromisoformat(entry[key]) for key in ("first", "last")))
        for against in AGAINST:
            base = base_of(period, against, model.calendar)
            if base is not None:
                head = {"metric": name, "period": period.label, "state": entry["state"], "against": against}
                yield head | {"base": base.label}, period, base


def _growth(metrics: Document, model: Model, spans: Spans, draws: NDArray[np.integer[Any]] | None) -> list[Document]:
    """Growth of every period and longer span that has something to be compared with."""
    result = []
    for name in FOR_TARGETS:
        for head, period, base in _compared(metrics, name, model):
            values = growth(spans, name, period, base)
            if values is not None and np.isfinite(values).any():
                result.append(head | statistics(statistics_of(values, draws)))
    return result


def _bridges(metrics: Document, model: Model, spans: Spans, draws: NDArray[np.integer[Any]] | None) -> list[Document]:
    """What of each change of bookings is the number of deals, and what the average deal."""
    result = []
    for head, period, base in _compared(metrics, "bookings", model):
        found = bridge(spans, period, base)
        if found is not None and np.isfinite(found.change).any():
            parts = {name: statistics(statistics_of(values, draws)) for name, values in found._asdict().items()}
            result.append(head | parts)
    return result


def _sourced(
    classes: Classes, dataset: xr.Dataset, model: Model, draws: NDArray[np.integer[Any]] | None
) -> dict[str, Document]:
    """What marketing returns, and where the pipeline is measured what it sourced, if there are such channels."""
    if classes.channel is None or "marketing" not in dataset["channel_kind"].values:
        return {}
    write = _Writer(classes.channel, draws)
    metrics = dictionary.SOURCED if "pipeline_value" in dataset else (cost.roi_marketing,)
    return {metric.name: write.whole(metric) for metric in _that_apply(metrics, dataset, model)}


def _channels(write: _Writer, classes: Classes, dataset: xr.Dataset, model: Model) -> dict[str, Document]:
    """Metrics of every channel; of a run that keeps no classes, what it spends."""
    metrics = (*dictionary.OF_CLASSES, *dictionary.BY_CHANNEL, cost.spend, *cost.DIRECT)
    if classes.channel is not None:
        return write.split(classes.channel, _that_apply(metrics, dataset, model), "channel")
    return write.along((cost.spend,), "channel") if _any(dataset, "spend") else {}


def _that_apply(metrics: Iterable[Metric], dataset: xr.Dataset, model: Model) -> list[Metric]:
    return [metric for metric in metrics if applies(metric, dataset, model)]


def _stages(write: _Writer, dataset: xr.Dataset, model: Model) -> dict[str, Document]:
    staffed = set(dataset["stage"].values[dataset["stage_staffed"].values.astype(bool)].tolist())
    limited = set(dataset["stage"].values[dataset["stage_limited"].values.astype(bool)].tolist())
    advancing = set(dataset["from"].values[dataset["edge_advances"].values.astype(bool)].tolist())
    conversions = ("conversion_period", *(metric.name for metric in cohorts.BY_STAGE))
    names, kinds = (dataset[name].values.astype(str).tolist() for name in ("stage", "stage_kind"))
    passed = {name for name, kind in zip(names, kinds, strict=True) if kind not in ("won", "lost")}
    passed |= set(dataset["from"].values.astype(str).tolist())
    only = {metric.name: passed for metric in speed.BY_STAGE} | dict.fromkeys(_OF_STAFF, staffed)
    only |= {"within_sla": limited} | dict.fromkeys(conversions, advancing)
    return _by_name(write, _that_apply(dictionary.BY_STAGE, dataset, model), "stage", only)


def _roles(write: _Writer, dataset: xr.Dataset) -> dict[str, Document]:
    time, slots, making = (
        set(dataset["role"].values[(loaded(dataset[name]).values > 0).any(axis=(0, 1))].tolist())
        for name in ("capacity", "slot_days", "prospecting")
    )
    only = dict.fromkeys(("capacity", "capacity_used", "utilisation"), time)
    only |= dict.fromkeys(("prospecting", "prospecting_share"), making)
    only |= dict.fromkeys(("slot_days", "slot_days_used", "slot_utilisation"), slots)
    only |= {"pay": set(dataset["role"].values.tolist() if _any(dataset, "pay") else ())}
    return _by_name(write, dictionary.BY_ROLE, "role", only)


def _by_name(write: _Writer, metrics: Iterable[Metric], dim: str, only: Mapping[str, set[str]]) -> dict[str, Document]:
    return {
        name: {metric: entry for metric, entry in found.items() if metric not in only or name in only[metric]}
        for name, found in write.along(metrics, dim).items()
    }


def _targets(model: Model, spans: Spans, draws: NDArray[np.integer[Any]] | None) -> list[Document]:
    result = []
    metrics = list(dict.fromkeys(target.metric for target in model.targets))
    for target in sorted(model.targets, key=lambda t: (metrics.index(t.metric), *in_order(t.first, t.last))):
        span = spans.of(target.metric, target.first, target.last)
        entry: Document = {"metric": target.metric, "period": target.period, "state": span.state}
        entry |= fares(span.values, target.value, draws)
        if span.actual is not None:
            entry |= {"actual": plain(span.actual), "to_go": plain(target.value - span.actual)}
        if span.state == "actual":
            entry["reached"] = bool(entry["probability"])
        result.append(entry)
    return result


def _busiest(dataset: xr.Dataset) -> Document | None:
    found = staffing.busiest_role(dataset)
    return None if found is None else {"role": found.role, "limit": found.limit, "share": plain(found.share)}


def _worked_by(model: Model) -> dict[str, list[str]]:
    """Roles that work each staffed stage, in the order of the scenario."""
    result: dict[str, list[str]] = {}
    for content in model.contents:
        for stage in content.stages:
            for role in _names(stage.worked_by):
                if role not in result.setdefault(stage.name, []):
                    result[stage.name].append(role)
    return result


def _names(value: Any) -> list[str]:
    """Names inside a value that may differ by class."""
    if isinstance(value, ByClass):
        return [name for case in (*(v for _, v in value.cases), value.default) for name in _names(case)]
    return [value] if value else []
