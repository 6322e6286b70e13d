"""What init, validate, show and schema print and write."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from rpmsim.cli import program
from tests.cli.conftest import Answer

STARTER = ["base.yaml", "fewer_leads.yaml", "one_more_ae.yaml", "scenario.schema.json"]


def test_init_writes_the_starter(answer: Answer, tmp_path: Path) -> None:
    code, out, err = answer("init", "plan/new")
    assert (code, out) == (0, "".join(f"plan/new/{name}\n" for name in STARTER))
    assert err == "Next: rpmsim run plan/new/base.yaml\n"
    assert sorted(path.name for path in (tmp_path / "plan" / "new").iterdir()) == STARTER
    packaged = files("rpmsim.cli").joinpath("starter", "base.yaml").read_bytes()
    assert (tmp_path / "plan" / "new" / "base.yaml").read_bytes() == packaged


def test_starter_is_valid_and_without_warnings(answer: Answer) -> None:
    assert answer("init", "plan")[0] == 0
    names = [f"plan/{name}" for name in STARTER if name.endswith(".yaml")]
    assert answer("validate", *names) == (0, "".join(f"{name}: ok\n" for name in names), "")


def test_init_refuses_to_overwrite(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("mine")
    code, out, err = answer("init", ".")
    assert (code, out) == (2, "")
    assert err == "base.yaml: already exists; choose another folder, or move this one\n"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("base.yaml", "mine")]


def test_init_beside_other_files(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert answer("init", ".")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*STARTER, "notes.txt"])


def test_validate_writes_nothing(answer: Answer, small: Path) -> None:
    assert answer("validate", small) == (0, f"{small}: ok\n", "")
    assert list(small.parent.iterdir()) == [small]


def test_validate_reports_warnings(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "child.yaml").write_text("extends: small.yaml\nroles: {sdr: {heads: }}\n")
    code, _, err = answer("validate", "child.yaml", "--set", "roles.sdr.heads=2")
    assert code == 0
    assert err.startswith("warning: child.yaml:2:")


def test_show_reports_the_origin_of_each_value(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "child.yaml").write_text("extends: small.yaml\nroles: {sdr: {heads: +2}}\n")
    code, out, err = answer("show", "child.yaml", "--set", "channels.web.leads=x2", "--set", "until=2027-03")
    assert (code, err) == (0, "")
    lines = {line.partition(" = ")[0]: line.partition(" = ")[2].split("  # ") for line in out.splitlines()}
    assert lines["until"][0].strip() == "2027-03"
    assert lines["until"][1] == "--set until=2027-03"
    assert lines["currency"] == ["EUR".ljust(len(lines["currency"][0])), "small.yaml:2"]
    assert lines["roles.sdr.heads"][0].strip() == "3"
    assert lines["roles.sdr.heads"][1] == "1 small.yaml:12, then +2 child.yaml:2"
    assert lines["channels.web.leads"][0].strip() == "20 per month"
    assert lines["channels.web.leads"][1].endswith(", then x2 --set channels.web.leads=x2")


def test_a_line_of_show_can_be_given_to_set(answer: Answer, small: Path) -> None:
    _, out, _ = answer("show", small)
    settings = [line.partition("  # ")[0].strip().replace(" = ", "=", 1) for line in out.splitlines()]
    assert len(settings) > 15
    words = [word for setting in settings if not setting.startswith("name=") for word in ("--set", setting)]
    code, again, err = answer("show", small, *words)
    assert (code, err) == (0, "")
    assert [line.partition("  # ")[0].strip() for line in again.splitlines()] == [
        line.partition("  # ")[0].strip() for line in out.splitlines()
    ]


def test_show_json_is_one_document(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "child.yaml").write_text(
        "extends: small.yaml\nname: Child\nstatus: draft\nroles: {sdr: {owner: Ana, heads: +2}}\n"
    )
    code, out, err = answer("show", "child.yaml", "--json", "--set", "until=2027-03")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["scenario"], document["status"], document["set"]) == ("Child", "draft", {"until": "2027-03"})
    assert [file["file"] for file in document["files"]] == ["small.yaml", "child.yaml"]
    assert all(len(file["sha256"]) == 64 for file in document["files"])
    heads = next(value for value in document["values"] if value["path"] == "roles.sdr.heads")
    assert heads == {
        "path": "roles.sdr.heads",
        "value": "3",
        "file": "child.yaml",
        "line": 4,
        "steps": [
            {"text": "1", "file": "small.yaml", "line": 12},
            {"text": "+2", "file": "child.yaml", "line": 4},
        ],
        "owner": "Ana",
        "source": "",
        "date": "",
        "note": "",
    }


TWO_WAYS = """\
extends: small.yaml
channels: {ads: {kind: marketing, into: lead, leads: 5 per month, mix: {all: rest}}}
stages: {lead: {to: {mql: {share: 10%, median: 4}, lost: {share: rest}}}}
"""


def test_reach_names_levers_and_what_they_cannot_touch(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "two.yaml").write_text(TWO_WAYS)
    (tmp_path / "more.yaml").write_text("extends: two.yaml\nname: More\nroles: {sdr: {heads: +1}}\n")
    code, out, err = answer("show", "two.yaml", "--reach", "more.yaml")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == ["From two to More:", "  roles.sdr.heads: 1 -> 2", "can affect:"]
    assert "  capacity of: sdr" in lines
    assert lines[-4:] == [
        "Everything else is identical in every replication, given the same random seed:",
        "  arrivals: web, ads",
        "  stages: lead",
        "  roles: none",
    ]


def test_reach_as_json(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "two.yaml").write_text(TWO_WAYS)
    (tmp_path / "fewer.yaml").write_text("extends: two.yaml\nname: Fewer\nchannels: {ads: {change: -20%}}\n")
    code, out, err = answer("show", "two.yaml", "--reach", "fewer.yaml", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["levers"] == [{"path": "channels.ads.change", "from": None, "to": "x0.8"}]
    assert document["reach"]["arrivals"] == ["ads"]
    assert document["apart"] == {"arrivals": ["web"], "stages": [], "roles": []}


def test_reach_of_a_setting(answer: Answer, small: Path) -> None:
    _, out, _ = answer("show", small, "--set", "roles.sdr.heads=4", "--reach", small)
    assert "  roles.sdr.heads: 4 -> 1" in out.splitlines()


def test_reach_between_spans_that_differ_is_everything(answer: Answer, small: Path) -> None:
    code, out, _ = answer("show", small, "--set", "until=2027-06", "--reach", small)
    assert code == 0
    assert out.splitlines()[-1].startswith("  everything: ")


def test_reach_of_a_scenario_that_is_wrong(answer: Answer, tmp_path: Path, small: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("extends: small.yaml\nrolls: {}\n")
    code, out, err = answer("show", small, "--reach", "wrong.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("wrong.yaml:2:1: rolls: ")


def test_schema_is_the_stored_one(answer: Answer) -> None:
    code, out, err = answer("schema")
    assert (code, err) == (0, "")
    stored = Path(__file__).parents[2] / "scenarios" / "scenario.schema.json"
    assert out == stored.read_text(encoding="utf-8")
    assert "stages" in json.loads(out)["properties"]


@pytest.mark.parametrize("words", [["init", "a"], ["schema"], ["--version"]])
def test_done_is_zero(answer: Answer, words: list[str]) -> None:
    assert answer(*words)[0] == program.DONE
