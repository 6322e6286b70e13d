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

FILE_TIME = "date in the file's name"
"""What the column is called that is made of it."""
TIME_IN_NAME = "pipeline_%Y-%m-%d.csv"
_PARTS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "j": r"\d{3}", "H": r"\d{1,2}", "M": r"\d{2}",
    "S": r"\d{2}", "b": "[A-Za-z]{3}", "B": "[A-Za-z]+",
}  # fmt: skip


def what_is_missing(form: str) -> str:
    """Why a form of file names gives no day, or nothing."""
    parts = re.findall("%(.)", form)
    unknown = [part for part in parts if part not in _PARTS]
    if unknown:
        return f"has `%{unknown[0]}`, which is not one of {', '.join(f'%{part}' for part in _PARTS)}"
    if len(parts) != len(set(parts)):
        return "has a part of the date twice"
    has_day = "j" in parts or ("d" in parts and {"m", "b", "B"} & set(parts))
    return "" if has_day and {"Y", "y"} & set(parts) else "does not contain year, month and day"


def has_clock(form: str) -> bool:
    """Whether a form of file names has a clock time."""
    return "%H" in form


def time_in_name(path: str, form: str) -> dt.datetime | None:
    """The time that a file's name holds, or None; with ``/`` in the form, its folders' names are looked at too."""
    name = "/".join(path.split("/")[-1 - form.count("/") :])
    parts = re.split(r"%(.)|(\*)", form)
    pattern = "".join(
        re.escape(plain) + (f"(?P<{part}>{_PARTS[part]})" if part else "[^/]*?" if star else "")
        for plain, part, star in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True)
    )
    found = re.fullmatch(pattern, name)
    if not found:
        return None
    said = found.groupdict()
    try:
        return dt.datetime.strptime(" ".join(said.values()), " ".join(f"%{part}" for part in said))  # noqa: DTZ007
    except ValueError:
        return None


def in_use(forms: tuple[str, ...]) -> str:
    """The stated forms, for a message, with an example of each word."""
    return " or ".join(f"`{form}`" + (f" ({EXAMPLES[form]})" if form in EXAMPLES else "") for form in forms)


def offered(cells: Sequence[str], forms: tuple[str, ...]) -> str:
    """What to write so that cells can be read: a word or a pattern that fits all of them, or else an example of one."""
    fitting = [form for form in _fitting(cells[0]) if form not in forms]
    for cell in cells[1:]:
        fitting = [form for form in fitting if form in _fitting(cell)] or fitting
    shown = " or ".join(f"`dates: {form}`" if "%" not in form else f'`dates: "{form}"`' for form in fitting[:2])
    return f"write {shown}" if shown else 'state the format, such as `dates: "%d.%m.%Y %H:%M"`'


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
