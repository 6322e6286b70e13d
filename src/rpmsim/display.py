"""What may be shown of a text that came from elsewhere: no control characters, and no password."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Control characters but for tab and line break, those that turn the direction of writing, halves of characters."""
_IN_ADDRESS = re.compile(r"(?<=://)([^\s:@/?#]*):(?!\$\{\w+\}@)[^\n]*@")
_IN_WORDS = re.compile(r"(?i)\b((?:ssl)?password\s*=\s*)('(?:\\.|[^'\\])*'|[^\s&'\"`;]+)")


def plain(text: str) -> str:
    r"""The text with what a terminal, XML or Markdown must not get written as escapes, such as ``\u001b``."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def masked(text: str) -> str:
    """The text without the passwords of addresses in it: all between the user and the last ``@`` of the line.

    The name of a variable of the environment is none.
    """
    if "://" in text:
        text = _IN_ADDRESS.sub(r"\1:***@", text)
    return _IN_WORDS.sub(r"\1***", text) if "assword" in text or "ASSWORD" in text else text
