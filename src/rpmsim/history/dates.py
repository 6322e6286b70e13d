"""The forms in which times are written, and which of them a cell that cannot be read seems to be in."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence

CLOCKS = ("", *(mark + clock for mark in (" ", ", ") for clock in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")))


def _day_forms(first: str, second: str) -> tuple[str, ...]:
    """Forms of a day; years of two digits come first, as ``%Y`` would take 26 as the year 26."""
    return tuple(f"{first}{mark}{second}{mark}{year}" for year in ("%y", "%Y") for mark in "./-")


FIRST = {"day first": _day_forms("%d", "%m"), "month first": _day_forms("%m", "%d")}
EXAMPLES = {
    "iso": "2026-02-23 20:55",
    "day first": "23.02.2026 or 23/02/26 20:55",
    "month first": "02/23/2026 or 02/23/26 08:55 PM",
    "seconds": "1771880100",
    "milliseconds": "1771880100000",
    "excel": "46076.87",
}
OTHERS = ("%Y%m%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%Y.%m.%d", "%y-%m-%d")
NUMBERS = ((r"[12]\d{9}", "seconds"), (r"[12]\d{12}", "milliseconds"), (r"[2-7]\d{4}(\.\d+)?", "excel"))


def in_use(forms: tuple[str, ...]) -> str:
    """The stated forms, for a message, with an example of each word."""
    return " or ".join(f"`{form}`" + (f" ({EXAMPLES[form]})" if form in EXAMPLES else "") for form in forms)


def offered(cells: Sequence[str], forms: tuple[str, ...]) -> str:
    """What to write so that cells can be read: a word or a pattern that fits all of them, or else an example of one."""
    fitting = [form for form in _fitting(cells[0]) if form not in forms]
    for cell in cells[1:]:
        fitting = [form for form in fitting if form in _fitting(cell)] or fitting
    shown = " or ".join(f"`dates: {form}`" if "%" not in form else f'`dates: "{form}"`' for form in fitting[:2])
    return f"write {shown}" if shown else 'say how they are written, such as `dates: "%d.%m.%Y %H:%M"`'


def _fitting(cell: str) -> list[str]:
    text = " ".join(cell.split())
    numbers = [word for pattern, word in NUMBERS if re.fullmatch(pattern, text)]
    words = [
        word for word, days in FIRST.items() if any(_reads(text, d + c) for d, c in itertools.product(days, CLOCKS))
    ]
    others = [day + clock for day, clock in itertools.product(OTHERS, CLOCKS) if _reads(text, day + clock)]
    return [*numbers, *words, *others]


def _reads(text: str, form: str) -> bool:
    try:
        return 1980 <= dt.datetime.strptime(text, form).year < 2100  # noqa: DTZ007
    except ValueError:
        return False
