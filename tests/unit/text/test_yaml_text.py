"""The text level: plain values stay text, and every trap of YAML is answered with its line."""

from __future__ import annotations

import pytest

from rpmsim.errors import InputError
from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Mapping, Scalar, find, scalars
from rpmsim.text.yaml_text import parse_yaml


def parse(text: str) -> tuple[Mapping | None, Complaints]:
    complaints = Complaints()
    return parse_yaml(text, "f.yaml", complaints), complaints


def error(text: str) -> str:
    _, complaints = parse(text)
    assert complaints.has_errors
    with pytest.raises(Exception) as caught:
        complaints.raise_if_any()
    return str(caught.value)


@pytest.mark.parametrize("text", ["no", "010", "12:30", "1e3", "+2", "2027-01-31", "0x1F", ".5", "1_000", "null"])
def test_plain_values_stay_text(text: str) -> None:
    tree, complaints = parse(f"a: {text}")
    assert not complaints.has_errors
    node = find(tree, ("a",))
    assert isinstance(node, Scalar)
    assert node.text == text


def test_positions_count_from_one() -> None:
    tree, _ = parse("a: 1\nb:\n  c: {d: 2}\n")
    node = find(tree, ("b", "c", "d"))
    assert node is not None
    assert (node.mark.line, node.mark.column) == (3, 10)


def test_quotes_make_null_a_word() -> None:
    tree, _ = parse("a: null\nb: 'null'\nc:\nd: ~\n")
    assert tree is not None
    assert [node.is_null for _, node in scalars(tree)] == [True, False, True, True]


def test_block_text_keeps_its_lines() -> None:
    tree, _ = parse("a: |\n  x\n  y\nb: >\n  z\n  w\n")
    assert tree is not None
    assert [node.text for _, node in scalars(tree)] == ["x\ny", "z w"]


def test_aliases_and_merge_keys() -> None:
    tree, complaints = parse("a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, b: 3}\n")
    assert not complaints.has_errors
    assert tree is not None
    assert {".".join(path): node.text for path, node in scalars(tree)} == {
        "a.b": "1",
        "a.c": "2",
        "d.b": "1",
        "d.c": "2",
        "e.c": "2",
        "e.b": "3",
    }


def test_an_alias_remembers_where_it_was_written() -> None:
    tree, _ = parse("a: {b: &x 20% to 26%}\nc: *x\n")
    node = find(tree, ("c",))
    assert isinstance(node, Scalar)
    assert node.written == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: a: the key `a` appears twice, first in line 1"),
        ("a: {b: 1, b: 2}", "f.yaml:1:11: a.b: the key `b` appears twice"),
        ("a:\n\tb: 1\n", "f.yaml:2:1: a tab; indent and separate with spaces"),
        ("a:\t1\n", "f.yaml:1:3: a tab"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins"),
        ("a: !!python/object:os.system x\n", "f.yaml:1:4: a: the tag"),
        ("a: !mine {b: 1}\n", "f.yaml:1:4: a: the tag !mine"),
        ("a: 'x\n", "f.yaml:1:"),
        ("a: {b: 1\n", "f.yaml:"),
        ("a: %b\n", "f.yaml:1:4: not YAML"),
        ("a: b: c\n", "f.yaml:1:5: not YAML"),
        ("? [a]\n: b\n", "f.yaml:1:3: a key that is itself a map or list"),
        ("a: *x\n", "f.yaml:1:4: a: the alias *x is used before its anchor"),
        ("a: &a [*a]\n", "f.yaml:1:8: a.0: the alias *a is used before its anchor"),
        ("- a\n- b\n", "f.yaml:1:1: the file is not a map"),
        ("just words\n", "f.yaml:1:1: the file is not a map"),
        ("", "f.yaml:1:1: the file is empty"),
        ("# only a comment\n", "f.yaml:1:1: the file is empty"),
        ("a: \x07\n", "f.yaml:1:4: character 0x07"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", "more than 40 levels deep"),
        ("".join(f"k{i}: 1\n" for i in range(30_001)), "more than 30,000 lines"),
        ("a: [" + ", ".join(["x"] * 10_000) + "]", "f.yaml:1:1: more than 20,000 characters in a line"),
        (
            "".join(f"a{i}: {{{', '.join(f'k{j}: 1' for j in range(40))}}}\n" for i in range(1000)),
            "more than 30,000 keys",
        ),
    ],
)
def test_errors(text: str, said: str) -> None:
    assert said in error(text)


def test_all_errors_of_the_text_are_reported_at_once() -> None:
    said = error("a: 1\na: 2\nb: {c: !x 1, c: 2}\nd: *none\n")
    assert [line.split(":")[1] for line in said.splitlines()] == ["2", "3", "3", "4"]


def test_an_alias_bomb_is_answered_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "aliases that expand to too many values" in error("\n".join(lines))


@pytest.mark.parametrize("text", ["name: Plan #2", "leads: 40 #per week", "label: A # B"])
def test_a_value_that_a_comment_cuts_short_is_warned_about(text: str) -> None:
    _, complaints = parse(text)
    assert not complaints.has_errors
    assert len(complaints.warnings) == 1
    assert "f.yaml:1:" in complaints.warnings[0]


@pytest.mark.parametrize(
    "text", ["until: FY27   # a year", "share: 20% # from CRM", "name: 'Plan #2'", "name: Plan#2", "# name: #2"]
)
def test_an_ordinary_comment_is_not_warned_about(text: str) -> None:
    _, complaints = parse(f"{text}\na: 1\n")
    assert complaints.warnings == []


def test_line_ends_of_windows_and_comments_with_tabs_are_fine() -> None:
    tree, complaints = parse("a: 1   #\ta tab in a comment\nb: 2\n")
    assert not complaints.has_errors
    assert tree is not None
    assert list(tree.items) == ["a", "b"]


@pytest.mark.parametrize(
    ("escape", "reported"),
    [
        ("\\e[31m", "0x1b"),
        ("\\0", "0x00"),
        ("\\ud800", "0xd800"),
        ("\\x9b", "0x9b"),
        ("\\u0007", "0x07"),
        ("\\U0000001b", "0x1b"),
    ],
)
@pytest.mark.parametrize(
    "text",
    ['name: plan\nlabel: "a ESCAPE"\n', 'name: plan\nlabel:\n  {"ESCAPE": 1}\n', 'name: "two\n  lines\n  ESCAPE"\n'],
)
def test_escapes_make_no_control_characters(escape: str, reported: str, text: str) -> None:
    complaints = Complaints()
    assert parse_yaml(text.replace("ESCAPE", escape), "plan.yaml", complaints) is None
    with pytest.raises(InputError) as error:
        complaints.raise_if_any()
    diagnostic = error.value.diagnostics[0]
    line, before = next((i, row.index("ESCAPE")) for i, row in enumerate(text.split("\n"), 1) if "ESCAPE" in row)
    assert (diagnostic.line, diagnostic.column) == (line, before + 1)
    assert reported in diagnostic.message


def test_escapes_of_letters_and_line_breaks_are_fine() -> None:
    complaints = Complaints()
    assert parse_yaml('name: "a\\tb\\u00e9\\n\\U0001F600\\x41"\n', "plan.yaml", complaints) is not None
    assert not complaints.has_errors
