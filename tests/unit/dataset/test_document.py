"""Whatever somebody wrote into the document of a forecast, it is named, or it is as a run writes it."""

from __future__ import annotations

import pytest

from rpmsim.dataset.document import are_hashes, lacking, parsed, wrong_part

RIGHT = {
    "version": "0.1.0",
    "run": {"replications": 5, "first": 0, "seed": 7, "draws": None, "keep": "full"},
    "environment": {"numpy": "2"},
    "scenario": "name: a",
    "files": [{"path": "a.yaml", "sha256": "0" * 64}],
    "inputs": {"a.yaml": "0" * 64},
    "overrides": {},
    "status": "",
    "approved_by": "",
}


def test_right() -> None:
    assert wrong_part(RIGHT) == ""
    assert wrong_part({}) == ""


@pytest.mark.parametrize("wrong", [None, 7.5, ["x"], [None], {"a": None}, True, -1, 10**30, 1e308])
def test_wrong_types(wrong: object) -> None:
    for name in RIGHT:
        document = RIGHT | {name: wrong}
        assert wrong_part(document).split(".")[0] == name or (name == "run" and lacking(document))
    run: dict[str, object] = RIGHT["run"]  # type: ignore[assignment]
    for name in run:
        if (name, wrong) != ("draws", None):
            assert wrong_part(RIGHT | {"run": run | {name: wrong}}) == f"run.{name}"


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"a":' * 100_000, "null", "7", "[]", None, b"x"])
def test_no_document(text: object) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize("hashes", [None, [], 7, {"a": 7}, {"a": None}, {"a": "x" * 64}, {"a": "0" * 63}, {"a": ["b"]}])
def test_no_hashes(hashes: object) -> None:
    assert not are_hashes(hashes)
