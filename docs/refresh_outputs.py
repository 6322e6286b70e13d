"""Run the commands of the pages again and put what they print into the pages.

A fenced ``sh`` block that a fenced ``text`` block follows is a command and its output. The commands of a page
run one after the other in an empty folder with a copy of ``scenarios/``, with the installed ``rpmsim``. A ``yaml`` or
``python`` block whose first line is ``# NAME.yaml`` or ``# NAME.py`` is a file there.

    python docs/refresh_outputs.py docs/tutorial/planner.md
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SHOWN = re.compile(r"faulty|validate podcast")
"""Commands whose messages on stderr belong to the page."""

TOP = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```sh\n(?P<command>.*?)^```\n(?P<between>\n)?(?:^```text\n(?P<output>.*?)^```\n)?", re.M | re.S)
FILE = re.compile(r"^```(?:yaml|python)\n(?P<text># (?P<name>[\w.]+\.(?:yaml|py))\n.*?)^```$", re.M | re.S)


def refreshed(text: str) -> str:
    """A page with the outputs of its commands as they are now."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TOP / "scenarios", Path(folder) / "scenarios")
        for file in FILE.finditer(text):
            (Path(folder) / file["name"]).write_text(file["text"], encoding="utf-8")

        def rewritten(match: re.Match[str]) -> str:
            done = subprocess.run(
                ["sh", "-c", match["command"]],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if SHOWN.search(match["command"]) else subprocess.DEVNULL,
                text=True,
                check=False,
            )
            if match["output"] is None:
                return match[0]
            return f"```sh\n{match['command']}```\n{match['between'] or ''}```text\n{done.stdout}```\n"

        return BLOCK.sub(rewritten, text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
