"""Progress on stderr, for people only."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any

import click

from rpmsim.display import plain


@contextmanager
def progress_bar(length: int, label: str) -> Iterator[Callable[[int], None] | None]:
    """Show how many of ``length`` replications are done while the block runs.

    Yields
    ------
    callable or None
        Takes the number of further replications done; ``None`` where stderr is not a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label=label, file=sys.__stderr__) as bar:
        yield bar.update


@contextmanager
def progress_line(standing: Callable[[], str], label: str) -> Iterator[Callable[[int], None] | None]:
    """Show how far something is whose end nobody knows, in words that change while the block runs.

    Yields
    ------
    callable or None
        As :func:`progress_bar` does.
    """
    if not sys.stderr.isatty():
        yield None
        return
    reported = ""
    when = -math.inf

    def status(_: int | None) -> str:
        nonlocal reported, when
        if time.monotonic() - when >= 1.0:  # finding the words takes longer than a block in a long run
            reported, when = standing(), time.monotonic()
        return reported

    with _words(label, status) as bar:
        yield bar.update
        when = -math.inf
        bar.render_progress()


def _words(label: str, status: Callable[[int | None], str]) -> AbstractContextManager[Any]:
    """A line of words, without a bar, as nobody knows the end."""
    return click.progressbar(
        count(),
        label=label,
        file=sys.__stderr__,
        bar_template="%(label)s  %(info)s",
        show_eta=False,
        item_show_func=status,
    )


@contextmanager
def steps_line(label: str) -> Iterator[Callable[[int, int, str], None] | None]:
    """Show how many steps of a long work are done, and what the next one is, while the block runs.

    Yields
    ------
    callable or None
        Takes the number of steps done, of all, and what comes next in words.
    """
    if not sys.stderr.isatty():
        yield None
        return
    bar = None

    def show(done: int, total: int, what: str) -> None:
        nonlocal bar
        if bar is None:
            bar = click.progressbar(length=total, label=label, file=sys.__stderr__, item_show_func=lambda item: item)
            bar.render_progress()
        bar.update(done - bar.pos, what[:40])

    try:
        yield show
    finally:
        if bar is not None:
            bar.render_finish()


@contextmanager
def words_line(label: str) -> Iterator[Callable[[str], None] | None]:
    """Show in words what is done, while the block runs.

    Yields
    ------
    callable or None
        Takes what is done next; ``None`` where stderr is not a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    said = ""
    with _words(label, lambda _: plain(said)[:60]) as bar:

        def show(text: str) -> None:
            nonlocal said
            said = text
            bar.render_progress()

        yield show
        show("")
