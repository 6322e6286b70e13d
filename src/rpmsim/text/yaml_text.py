"""YAML text to a tree of nodes, with all errors of the text level.

The tree is built from the parser's events, not from its objects: so every scalar stays text with its
position, nothing is guessed (`no`, `010`, `12:30`), and duplicates, aliases and depth are under control.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from rpmsim.text.complaints import Complaints
from rpmsim.text.nodes import Listing, Mapping, Mark, Node, Path, Scalar, dotted

DEEPEST = 40
MOST_LINES = 30_000
LONGEST_LINE = 20_000
MOST_NODES = 60_000
MOST_ALIASES = 1_000
MOST_ALIASED_NODES = 20_000
"""Limits that no plan written by people meets; they stop files built to exhaust memory or patience."""

TOO_LONG = "is it a scenario? Long records belong in a CSV file"
FREE_TEXT = ("label", "name", "note", "source", "owner", "description")
"""Keys whose value people write freely, where a ` #` is likelier meant than a comment."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_ESCAPES = re.compile(r"\\(?:[0abevf]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
_COMMENT = re.compile(r" +#(?P<space>\s?)")


def parse_yaml(text: str, file: str, complaints: Complaints) -> Mapping | None:
    """Parse one YAML document whose top is a map.

    Returns
    -------
    Mapping or None
        None if the text is wrong; the errors are then among the complaints.
    """
    if not _characters_are_fine(text, file, complaints):
        return None
    builder = _Builder(text.split("\n"), file, complaints)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _TooMuch:
        return None
    except MarkedYAMLError as error:
        at_the_end = "end of stream" in str(error.problem) or "stream end" in str(error.problem)
        place = error.context_mark if at_the_end and error.context_mark else error.problem_mark or error.context_mark
        mark = Mark(file, place.line + 1, place.column + 1) if place else Mark(file, 0, 0)
        problem = " ".join(str(part).split("\n")[0] for part in (error.context, error.problem) if part)
        complaints.error(mark, "", f"not YAML: {problem}", _syntax_fix(str(error.problem), builder.lines, mark))
        return None
    except YAMLError as error:
        complaints.error(
            Mark(file, 0, 0), "", f"not YAML: {str(error).splitlines()[0]}", "check quotes and indentation"
        )
        return None
    except (ValueError, IndexError, AttributeError, TypeError, OverflowError, RecursionError):
        # Some malformed escapes and directives make the parser itself stumble; to the user that is a syntax error.
        mark = Mark(file, builder.last_line, 1)
        complaints.error(
            mark, "", "not YAML: the parser cannot continue from here", "check quotes, escapes and indentation"
        )
        return None
    if builder.root is None or (isinstance(builder.root, Scalar) and builder.root.is_null):
        complaints.error(
            Mark(file, 1, 1),
            "",
            "the file is empty",
            "a scenario states at least `name`, `as_of` and `until`, or `extends`",
        )
        return None
    if not isinstance(builder.root, Mapping):
        complaints.error(builder.root.mark, "", "the file is not a map of keys and values", "begin with `name: ...`")
        return None
    return builder.root


def _characters_are_fine(text: str, file: str, complaints: Complaints) -> bool:
    """Answer control characters and tabs; the parser would say less about them."""
    fine = True
    found = CONTROL.search(text)
    if found:
        place = Mark(file, text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start()))
        complaints.error(
            place,
            "",
            f"character {ord(found.group()):#04x} is not allowed in a text file",
            "is it a binary file? Save it as UTF-8 text",
        )
        return False
    lines = text.split("\n")
    longest = max(lines, key=len)
    pairs = text.count(": ") + text.count(":\n")
    for what, count, most, number in (
        ("lines", len(lines), MOST_LINES, MOST_LINES + 1),
        ("characters in a line", len(longest), LONGEST_LINE, lines.index(longest) + 1),
        ("keys", pairs, MOST_NODES // 2, 1),
    ):
        if count > most:
            complaints.error(Mark(file, number, 1), "", f"more than {most:,} {what}", TOO_LONG)
            return False
    for number, line in enumerate(lines, 1):
        column = line.find("\t")
        if column >= 0 and "#" not in line[:column]:
            complaints.error(Mark(file, number, column + 1), "", "a tab", "indent and separate with spaces")
            fine = False
    return fine


def _syntax_fix(problem: str, lines: list[str], mark: Mark) -> str:
    """What most often fixes a syntax error."""
    line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
    if "cannot start any token" in problem or "alphabetic or numeric" in problem:
        return "put the value in quotes"
    if "mapping values are not allowed" in problem:
        return "quote a value that contains `: `, or check the indentation"
    if "expected ','" in problem or "expected <block end>" in problem:
        return "check brackets, commas and the indentation of this line and the one before"
    if "could not find expected ':'" in problem:
        return "a key needs `: ` after it"
    if "end of stream" in problem or "document separator" in problem:
        return "a quote or bracket is not closed"
    return "put the value in quotes" if line.count('"') % 2 else "check quotes, brackets and indentation"


class _TooMuch(Exception):
    """A limit is exceeded; the error has been reported."""


class _Builder:
    """Builds the tree from the events."""

    def __init__(self, lines: list[str], file: str, complaints: Complaints) -> None:
        self.lines = lines
        self.file = file
        self.complaints = complaints
        self.root: Node | None = None
        self.last_line = 1
        self._open: list[tuple[Listing | Mapping, str | None]] = []
        self._key: tuple[str, Mark] | None = None
        self._keys: list[tuple[str, Mark] | None] = []
        self._path: list[Path] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = self._aliases = self._aliased = 0
        self._documents = 0

    def take(self, event: ev.Event) -> None:
        """Take the next event."""
        mark = Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        self.last_line = mark.line
        if isinstance(event, ev.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self.complaints.error(
                    mark, "", "a second document begins", "a file contains one scenario: remove the `---`"
                )
                raise _TooMuch
        elif isinstance(event, ev.AliasEvent):
            self._place(self._alias(event.anchor, mark), mark)
        elif isinstance(event, ev.ScalarEvent):
            self._scalar(event, mark)
        elif isinstance(event, ev.CollectionStartEvent):
            self._begin(event, mark)
        elif isinstance(event, ev.CollectionEndEvent):
            self._end()

    def _count(self, mark: Mark) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self.complaints.error(mark, "", f"more than {MOST_NODES:,} values", TOO_LONG)
            raise _TooMuch

    def _tag(self, event: ev.Event, mark: Mark) -> None:
        tag = getattr(event, "ctag", None)
        if tag is not None and str(tag) not in ("!", "tag:yaml.org,2002:str"):
            self.complaints.error(mark, dotted(self._here()), f"the tag {tag}", "tags are not supported: remove it")

    def _here(self) -> Path:
        path = self._path[-1] if self._path else ()
        if self._key is not None:
            return (*path, *self._key[0].split(".")) if "." in self._key[0] else (*path, self._key[0])
        if self._open and isinstance(self._open[-1][0], Listing):
            return (*path, str(len(self._open[-1][0].items)))
        return path

    def _scalar(self, event: ev.ScalarEvent, mark: Mark) -> None:
        self._count(mark)
        self._tag(event, mark)
        plain = event.style is None
        text = event.value.rstrip("\n") if event.style in ("|", ">") else event.value
        if not plain:
            self._no_escaped_control(event, text, mark)
        if self._open and isinstance(self._open[-1][0], Mapping) and self._key is None:
            self._take_key(text, mark, event.anchor)
            return
        if plain:
            self._cut_short(event, mark)
        node = Scalar(text, mark, quoted=not plain)
        self._remember(event.anchor, node)
        self._place(node, mark)

    def _no_escaped_control(self, event: ev.ScalarEvent, text: str, mark: Mark) -> None:
        """Answer what an escape makes of a quoted text and could not stand there itself."""
        found = CONTROL.search(text)
        if found is None:
            return
        for number in range(event.start_mark.line, min(event.end_mark.line + 1, len(self.lines))):
            first = event.start_mark.column if number == event.start_mark.line else 0
            escape = _ESCAPES.search(self.lines[number], first)
            if escape:
                mark = Mark(self.file, number + 1, escape.start() + 1)
                break
        self.complaints.error(
            mark,
            dotted(self._here()),
            f"the escaped character {ord(found.group()):#04x} is not allowed in a text",
            "remove it: names and labels are printed as written",
        )
        raise _TooMuch

    def _take_key(self, key: str, mark: Mark, anchor: str | None) -> None:
        mapping = self._open[-1][0]
        assert isinstance(mapping, Mapping)
        if anchor:
            self.complaints.error(
                mark, dotted((*self._path[-1], key)), "an anchor on a key", "put the anchor on the value"
            )
        if key in mapping.items:
            first = mapping.marks[key].line
            self.complaints.error(
                mark,
                dotted((*self._path[-1], key)),
                f"the key `{key}` appears twice, first in line {first}",
                "keep one of them",
            )
        elif key == "":
            self.complaints.error(mark, dotted(self._path[-1]), "a value without a key", "write `key: value`")
        self._key = (key, mark)

    def _cut_short(self, event: ev.ScalarEvent, mark: Mark) -> None:
        """Warn of a value that a ` #` ended, where the comment looks like a part of it."""
        end = event.end_mark
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        comment = _COMMENT.match(rest)
        if comment is None or event.value == "":
            return
        free = self._key is not None and self._key[0] in FREE_TEXT
        if (not comment["space"] and rest.strip() != "#") or (free and rest.startswith(" #")):
            self.complaints.warn(
                mark,
                self._here(),
                f"the value ends before ` #`: `{event.value}`",
                "quote the value if the rest is part of it; a comment has a space before and after its `#`",
            )

    def _begin(self, event: ev.CollectionStartEvent, mark: Mark) -> None:
        self._count(mark)
        self._tag(event, mark)
        if len(self._open) >= DEEPEST:
            self.complaints.error(
                mark, dotted(self._here())[:200], f"more than {DEEPEST} levels deep", "no scenario needs that many"
            )
            raise _TooMuch
        if self._open and isinstance(self._open[-1][0], Mapping) and self._key is None:
            self.complaints.error(
                mark, dotted(self._path[-1]), "a key that is itself a map or list", "keys are plain words"
            )
            raise _TooMuch
        node: Listing | Mapping = (
            Listing([], mark) if isinstance(event, ev.SequenceStartEvent) else Mapping({}, {}, mark)
        )
        here = self._here()
        self._open.append((node, event.anchor))
        self._path.append(here)
        self._keys.append(self._key)
        self._key = None

    def _end(self) -> None:
        node, anchor = self._open.pop()
        self._path.pop()
        self._key = self._keys.pop()
        if isinstance(node, Mapping) and "<<" in node.items:
            node = self._merged(node)
        self._remember(anchor, node)
        self._place(node, node.mark)

    def _place(self, node: Node, mark: Mark) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1][0]
        if isinstance(parent, Listing):
            parent.items.append(node)
        elif self._key is None:
            self.complaints.error(mark, dotted(self._path[-1]), "an alias as a key", "keys are plain words")
            raise _TooMuch
        else:
            key, key_mark = self._key
            self._key = None
            if key not in parent.items:
                parent.put(key, node, key_mark)

    def _remember(self, anchor: str | None, node: Node) -> None:
        """Keep an anchored node; its numbers stay one parameter wherever an alias repeats them."""
        if anchor:
            self._anchors[anchor] = _written(node, self._here())

    def _alias(self, name: str, mark: Mark) -> Node:
        self._aliases += 1
        node = self._anchors.get(name)
        if node is None:
            self.complaints.error(
                mark,
                dotted(self._here()),
                f"the alias *{name} is used before its anchor",
                f"write &{name} on a value above",
            )
            return Scalar("", mark, quoted=True)
        self._aliased += _size(node)
        if self._aliases > MOST_ALIASES or self._aliased > MOST_ALIASED_NODES:
            self.complaints.error(
                mark,
                dotted(self._here())[:200],
                "aliases that expand to too many values",
                "write the values out, or use `extends` and `*`",
            )
            raise _TooMuch
        return node.copy() if isinstance(node, Mapping) else node

    def _merged(self, node: Mapping) -> Mapping:
        """Fill in a merge key `<<`: what the map states itself stays."""
        source = node.items["<<"]
        mark = node.marks["<<"]
        parts = source.items if isinstance(source, Listing) else [source]
        result = Mapping({}, {}, node.mark)
        for key in node.items:
            if key != "<<":
                result.put(key, node.items[key], node.marks[key])
                continue
            for part in parts:
                if not isinstance(part, Mapping):
                    self.complaints.error(mark, dotted((*self._here(), "<<")), "`<<` needs a map", "write `<<: *name`")
                    continue
                for inner, value in part.items.items():
                    if inner not in node.items and inner not in result.items:
                        result.put(inner, value.copy() if isinstance(value, Mapping) else value, part.marks[inner])
        return result


def _written(node: Node, path: Path) -> Node:
    if isinstance(node, Scalar):
        return replace(node, written=node.written or path)
    if isinstance(node, Mapping):
        return Mapping(
            {key: _written(item, (*path, key)) for key, item in node.items.items()}, dict(node.marks), node.mark
        )
    return Listing([_written(item, (*path, str(i))) for i, item in enumerate(node.items)], node.mark)


def _size(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1
    items = node.items.values() if isinstance(node, Mapping) else node.items
    return 1 + sum(_size(item) for item in items)
