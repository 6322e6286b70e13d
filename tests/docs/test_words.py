"""People read the field's vocabulary, in American English: old and home-made words stay out of every text.

The glossary (``docs/reference/glossary.md``) has the words to use.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from rpmsim.cli.group import COMMANDS
from rpmsim.cli.program import program

TOP = Path(__file__).parents[2]
SOURCES = sorted((TOP / "src").rglob("*.py"))

OLD = {
    r"laws?": "distribution",
    r"luck\w*": "chance, random numbers, common random numbers",
    r"mend(s|ed|ing)?": "fix",
    r"faults?": "error",
    r"repairs?": "fix",
    r"tells?|told|telling": "report, say, state",
    r"play(s|ed|ing)?": "simulate",
    r"as likely (as|more|reached)|even chances?|evenly likely": "median (50/50)",
    r"stands? twice|doubled (key|heading|month)s?": "appears twice",
    r"(take|takes|taken|taking) (it|them|the \w+|`\w+`) away": "remove",
    r"what has happened": "actuals to date",
    r"short by": "average shortfall if missed",
    r"against plan": "target",
    r"what people read": "display name",
    r"the other way round": "vice versa",
    r"per cent|time-outs?": "percent, timeout",
    r"\w*(colour|favour|behaviour|neighbour|honour|labour)\w*": "American spelling",
    r"\w*(summar|special|recogn|organ|util|normal|initial|real|minim|maxim)is(e|es|ed|ing|ation)": "American spelling",
    r"(licence|centre|misspelt|judgement|analyse|catalogue)\w*": "American spelling",
}
"""Old words, as regular expressions of whole words, and what to write instead."""

PERCENT = re.compile(r"\d %(?!\w)")
"""Percents are written without a space."""

ALLOWED = [
    (r"percent\|per cent", "a spelling that numbers may have"),
    (r"`[^`\n]*`", "quoted code: keys of the language such as `law`, names in JSON such as `utilisation`"),
    (r"\blaw: \w+|\blaw=", "the key of the scenario language"),
    (r"Little's law", "its name"),
    (r"[Cc]annot tell", "the verdict of a backtest whose data do not suffice"),
    (r"utilisation|slot_utilisation", "names in the dataset and in JSON"),
]
"""What is no old word, with the reason."""


class Text(NamedTuple):
    """A text that somebody reads, with its place."""

    place: str
    line: int
    text: str


def old_words(text: str) -> list[str]:
    """Old words of a text, each with what to write instead."""
    for allowed, _ in ALLOWED:
        text = re.sub(allowed, "", text)
    found = [
        f"{match[0]!r}: write {new}" for old, new in OLD.items() for match in re.finditer(rf"\b(?:{old})\b", text, re.I)
    ]
    return found + [f"{match[0]!r}: write percents without a space" for match in PERCENT.finditer(text)]


def complaints(texts: Iterator[Text]) -> list[str]:
    """``file:line: word`` for every old word."""
    return [f"{text.place}:{text.line}: {word}" for text in texts for word in old_words(text.text)]


def lines_of(path: Path) -> Iterator[Text]:
    """The lines of a page; fenced blocks of Python and outputs are read, too."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield Text(str(path.relative_to(TOP)), number, line)


def comments_of(path: Path) -> Iterator[Text]:
    """Comments, sources and names of a scenario or mapping file."""
    for text in lines_of(path):
        parts = re.findall(r"(?:^|\s)#.*|\b(?:source|note|name|label|description): [^,}]*", text.text)
        yield text._replace(text=" ".join(parts))


def _docstrings(tree: ast.AST) -> set[ast.expr]:
    """Strings that stand alone: docstrings, and those below a constant."""
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def reads(text: str) -> bool:
    """Whether a string is prose: neither a single word, which is a key or name, nor SQL."""
    return " " in text.strip() and not re.search(r"\b(SELECT|FROM|WHERE|CASE|INSERT|PARTITION)\b", text)


def strings_of(path: Path) -> Iterator[Text]:
    """Every string of a source file but docstrings, SQL and single words, which are keys and names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in alone and reads(node.value):
            yield Text(str(path.relative_to(TOP)), node.lineno, node.value)


def remarks_of(path: Path) -> Iterator[Text]:
    """Docstrings and comments of a source file."""
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.startswith('"""')):
                for number, line in enumerate(re.sub(r"``[^`]*``", "", token.string).splitlines(), token.start[0]):
                    yield Text(str(path.relative_to(TOP)), number, line)


def names_of(path: Path) -> Iterator[Text]:
    """Identifiers of a source file, as words."""
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.NAME:
                words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", token.string).replace("_", " ")
                yield Text(str(path.relative_to(TOP)), token.start[0], words)


def helps_of(command: click.Command) -> Iterator[Text]:
    """What ``--help`` of a command prints."""
    context = click.Context(command, info_name=command.name)
    for number, line in enumerate(command.get_help(context).splitlines(), 1):
        yield Text(f"rpmsim {command.name} --help", number, line)


PAGES = [TOP / "README.md", TOP / "CHANGELOG.md", *sorted((TOP / "docs").rglob("*.md"))]
FILES = [
    *sorted((TOP / "scenarios").rglob("*.yaml")),
    *sorted((TOP / "src").rglob("starter/*.yaml")),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TOP)))
def test_pages(path: Path) -> None:
    assert complaints(lines_of(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_comments_of_scenarios_and_mappings(path: Path) -> None:
    assert complaints(comments_of(path)) == []


@pytest.mark.parametrize("name", [*COMMANDS, None])
def test_help(name: str | None) -> None:
    command = program if name is None else program.get_command(click.Context(program), name)
    assert command is not None
    assert complaints(helps_of(command)) == []


def test_messages_of_the_program() -> None:
    assert [line for path in SOURCES for line in complaints(strings_of(path))] == []


@pytest.mark.parametrize("texts_of", [remarks_of, names_of])
def test_docstrings_comments_and_identifiers(texts_of: Callable[[Path], Iterator[Text]]) -> None:
    assert [line for path in SOURCES for line in complaints(texts_of(path))] == []


def test_an_old_word_is_found() -> None:
    assert old_words("The law of delays is told again.") == [
        "'law': write distribution",
        "'told': write report, say, state",
    ]
    assert old_words("Faults: 30 % of colours, with `law: gamma`, by Little's law, outlaws replayed") == [
        "'Faults': write error",
        "'colours': write American spelling",
        "'0 %': write percents without a space",
    ]
    assert old_words("drop other law") == ["'law': write distribution"]
    assert old_words("Short by 5") == ["'Short by': write average shortfall if missed"]
    assert next(comments_of(FILES[0])).text.startswith("# yaml-language-server")
