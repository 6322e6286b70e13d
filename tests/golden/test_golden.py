"""Small scenarios that together use every key of the language give the numbers that they gave before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import rpmsim
from rpmsim.scenario.language.scenario import SCENARIO
from rpmsim.scenario.schema.special import ChangeBlock
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Node
from rpmsim.text.reference import records
from rpmsim.text.schema.base import PROVENANCE, Type
from rpmsim.text.schema.maps import Either, ListOf, Record
from rpmsim.text.yaml_text import parse_yaml
from tests.golden.golden import FOLDER, SCENARIOS, STORED, hashes, simulated

DISTRIBUTION = {"median", "p90", "sigma", "mean", "sd", "shape", "scale", "law", "table", "after", "value"}
"""Keys of distributions: they are read by one piece of code wherever a distribution may stand."""
NOT_BY_HAND = {"frozen"}
"""Keys that only `rpmsim freeze` writes."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_numbers_are_the_stored_ones(name: str) -> None:
    assert hashes(simulated(name)) == json.loads(STORED.read_text(encoding="utf-8"))[name]


def used(type_: Type | None, node: Node) -> Iterator[tuple[str, str]]:
    """Every key with the map of the language in which it stands."""
    if isinstance(type_, Either):
        for option in type_.options:
            yield from used(option, node)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from used(type_.inner if isinstance(type_, ListOf) else type_, item)
    elif isinstance(node, Mapping) and type_ is not None:
        record = type_.header if isinstance(type_, ChangeBlock) else type_
        for path, item in node.items.items():
            first, _, rest = path.partition(".")
            if isinstance(record, Record) and first in record.fields:
                yield record.noun, first
            yield from used(type_.step(first), Mapping({rest: item}, {}, node.mark) if rest else item)


def test_together_they_use_every_key_of_the_language() -> None:
    found: set[tuple[str, str]] = set()
    for file in (FOLDER / f"{name}.yaml" for name in SCENARIOS):
        written = parse_yaml(file.read_text(encoding="utf-8"), file.name, Complaints())
        assert written is not None
        found |= {*used(SCENARIO, written), *used(SCENARIO, rpmsim.load_scenario(file).tree)}
    known = {
        (record.noun, key)
        for path, record in records(SCENARIO)
        if not NOT_BY_HAND & set(path)
        for key in set(record.fields) - set(PROVENANCE)
    }
    of_any = {("any", key) for _, key in found if key in DISTRIBUTION}
    left = {(record, key) for record, key in known - found if ("any", key) not in of_any and key not in NOT_BY_HAND}
    assert left == set()
