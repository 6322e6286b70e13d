"""The picture of a cycle: everything is in it once, nothing overlaps, names are text, and no request is made."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

import rpmsim
from rpmsim.cli.program import program
from rpmsim.errors import InputError
from rpmsim.report.cycle_facts import cycle_of
from rpmsim.report.cycle_picture import BOX, BOX_WIDTH, RIGHT, WIDTH, cycle_svg, layout

SVG = "{http://www.w3.org/2000/svg}"
SHIPPED = ["base", "enterprise", "olist", "smb", "reference"]


def many_stages(count: int) -> str:
    """A plan of so many stages in a row, with long names in other scripts and marks that HTML takes for its own."""
    rows = [
        f"  s{i}: {{kind: {'lead' if i < 3 else 'opportunity'}, "
        f"label: 'Stage <b>{i}</b> & 見込み客 {'very ' * 12}long', "
        f"to: {{{'won' if i == count - 1 else f's{i + 1}'}: {{share: 60%, median: 4, p90: 9, advances: yes}}, "
        f"lost: {{share: rest, median: 3}}}}}}"
        for i in range(count)
    ]
    return "\n".join([
        "name: 'Many <script>alert(1)</script>'", "as_of: 2026-12-31", "until: 2027-12-31", "currency: EUR",
        "segments: {all: {amount: 1000}}", "channels: {web: {kind: marketing, into: s0, leads: 100 per month}}",
        "stages:", *rows])  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_every_stage_way_channel_and_role_is_there(name):
    model = rpmsim.load_scenario(f"scenarios/{name}.yaml").model
    cycle = cycle_of(model)
    root = ET.fromstring(cycle_svg(cycle))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for stage in model.content.stages:
        assert texts.count(stage.label or stage.name) == 1
    rows = layout(cycle)
    assert sorted(row.stage.name for row in rows) == sorted(stage.name for stage in model.content.stages)
    for row in rows:
        assert len(row.ways) + (row.next_way is not None) == len(row.stage.ways)
    shown = sum(len(row.ways) for row in rows)
    assert sum(text.startswith("→ ") for text in texts) == shown
    for channel in cycle.channels:
        assert any(channel.text.startswith(text.removesuffix("...")) for text in texts if "·" in text)
    staffed = [line for stage in cycle.stages for line in stage.people]
    assert all(line in texts for line in staffed)


def test_what_it_says_of_the_base_plan():
    cycle = cycle_of(rpmsim.load_scenario("scenarios/enterprise.yaml").model)
    by_name = {stage.name: stage for stage in cycle.stages}
    ways = {way.to: way.share_and_time for way in by_name["engaged"].ways}
    assert ways["nurture"] == "40% · 25 days"
    assert ways["lost"] == "the rest · 25 days"
    assert ways["meeting"].endswith("% · 12 days")
    assert "27 to 37" in ways["meeting"]  # medians of the ranges of events and inbound, of classes that come there
    assert by_name["engaged"].people == ("BDRs · 6 people",)
    assert by_name["engaged"].lines == ("80 there at the start", "SLA 24 to 96 hours")
    assert any(channel.text == "outbound · made by BDRs" for channel in cycle.channels)
    (partner,) = [channel.text for channel in cycle.channels if channel.text.startswith("partner")]
    assert partner == "partner · 14 leads a month"


@pytest.mark.parametrize("source", [*SHIPPED, 20])
def test_boxes_do_not_overlap_and_lines_stay_inside(source):
    scenario = (
        rpmsim.load_scenario_text(many_stages(source))
        if isinstance(source, int)
        else rpmsim.load_scenario(f"scenarios/{source}.yaml")
    )
    svg = cycle_svg(cycle_of(scenario.model))
    root = ET.fromstring(svg)
    height = float(root.get("height"))
    boxes = [(float(box.get("y")), float(box.get("height"))) for box in root.iter(f"{SVG}rect")]
    assert all(low + tall <= after for (low, tall), (after, _) in itertools.pairwise(boxes))
    assert boxes[-1][0] + boxes[-1][1] < height
    for group in root.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        top, bottom = float(box.get("y")), float(box.get("y")) + float(box.get("height"))
        for text in group.findall(f"{SVG}text"):
            x, y = float(text.get("x")), float(text.get("y"))
            room = {BOX + 16: BOX_WIDTH - 20, RIGHT: WIDTH - RIGHT}.get(int(x))
            if room is not None:
                assert len(text.text) * 7.6 <= room * 1.05 or not text.text.isascii()
                assert top < y < bottom


def test_names_are_text_and_nothing_is_asked_for():
    svg = cycle_svg(cycle_of(rpmsim.load_scenario_text(many_stages(3)).model))
    assert "<script" not in svg
    assert "<b>" not in svg
    assert "&lt;script&gt;" in svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in svg
    assert "url(" not in svg
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}desc").text


def test_the_same_plan_gives_the_same_bytes():
    model = rpmsim.load_scenario("scenarios/base.yaml").model
    assert cycle_svg(cycle_of(model)) == cycle_svg(cycle_of(model))


def test_the_picture_in_the_docs_is_that_of_the_base_plan():
    """Renewed by: rpmsim show scenarios/base.yaml --picture docs/cycle.svg."""
    drawn = cycle_svg(cycle_of(rpmsim.load_scenario("scenarios/base.yaml").model))
    assert Path("docs/cycle.svg").read_text(encoding="utf-8") == drawn


def test_show_writes_the_picture_and_never_over_a_scenario(tmp_path, monkeypatch):
    text = many_stages(3)
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    done = runner.invoke(program, ["show", "plan.yaml", "--picture"])
    assert (done.exit_code, done.stdout.strip()) == (0, "plan.cycle.svg")
    again = runner.invoke(program, ["show", "plan.yaml", "--picture"])
    assert isinstance(again.exception, InputError)
    assert "already exists" in str(again.exception)
    named = runner.invoke(program, ["show", "plan.yaml", "--picture", "plan.cycle.svg"])
    assert named.exit_code == 0
    swallowed = runner.invoke(program, ["show", "--picture", "plan.yaml", "plan.yaml"])
    assert swallowed.exit_code == 2
    assert "does not end in .svg" in swallowed.output
    assert (tmp_path / "plan.yaml").read_text(encoding="utf-8") == text
