"""The reference of the metrics, written from the metrics themselves.

``python -m rpmsim.analysis.reference FILE.md`` renews the generated parts of the page, each between its marker line and
the closing one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rpmsim.analysis import dictionary, pipeline, sourcing
from rpmsim.analysis.metric import Metric
from rpmsim.text.reference import replaced

_BEGIN = "<!-- generated: python -m rpmsim.analysis.reference, {} -->"


def groups() -> dict[str, list[Metric]]:
    """Metrics of each generated part of the page; a metric stands in the first part to which it belongs."""
    on_request = [*pipeline.WHOLE, *sourcing.WHOLE]
    whole = [metric for metric in (*dictionary.WHOLE, *dictionary.SOURCED) if metric not in on_request]
    parts: dict[str, Iterable[Metric]] = {
        "whole": (metric for metric in whole if not metric.needs),
        "channel": dictionary.BY_CHANNEL,
        "stage": (metric for metric in dictionary.BY_STAGE if not metric.needs),
        "role": dictionary.BY_ROLE,
        "pipeline": on_request,
        "cycle": (metric for metric in whole if metric.needs),
        "stage on request": (metric for metric in dictionary.BY_STAGE if metric.needs),
    }
    seen: set[str] = set()
    result = {}
    for name, metrics in parts.items():
        result[name] = [metric for metric in metrics if metric.name not in seen]
        seen |= {metric.name for metric in result[name]}
    return result


def part(metrics: Sequence[Metric]) -> str:
    """A table of metrics, then formula, trap and example of each, or of the statistics of one thing together."""
    rows = ["| metric | unit | definition |", "|---|---|---|"]
    rows += [f"| `{metric.name}` | {metric.unit} | {_sentences(metric)[0]} |" for metric in metrics]
    together = groupby(metrics, lambda metric: (metric.formula, metric.trap, metric.example, _sentences(metric)[1]))
    return "\n".join([*rows, *(_section(list(members)) for _, members in together)]) + "\n"


def renewed(page: str) -> str:
    """A page with its generated parts renewed."""
    for name, metrics in groups().items():
        page = replaced(page, _BEGIN.format(name), part(metrics))
    return page


def _sentences(metric: Metric) -> tuple[str, str]:
    """The first sentence of the definition, and the others."""
    first, *others = re.split(r"(?<=\.) (?=[A-Z])", metric.definition, maxsplit=1)
    return first, "".join(others)


def _section(metrics: Sequence[Metric]) -> str:
    first = metrics[0]
    names = ", ".join(f"`{metric.name}`" for metric in metrics)
    more = _sentences(first)[1]
    texts = [f"- {word}: {text.rstrip('.')}." for word, text in (("Formula", first.formula), ("Trap", first.trap))]
    texts += [f"- Example: {first.example.rstrip('.')}."]
    return "\n".join([f"\n### {names}\n", *([f"{more}\n"] if more else []), *texts])


def main(arguments: list[str]) -> None:
    """Renew the pages that are named."""
    for argument in arguments:
        page = Path(argument)
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
