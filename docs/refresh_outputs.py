"""Run the commands of the pages again and put what they print into the pages.

A fenced ``sh`` block that a fenced ``text`` block follows is a command and its output. The commands of a page
run one after the other in an empty folder with a copy of ``scenarios/``, with the installed ``rpmsim``.

    python docs/refresh_outputs.py docs/tutorial/planner.md
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```sh\n(?P<command>.*?)^```\n(?P<between>\n)?(?:^```text\n(?P<output>.*?)^```\n)?", re.M | re.S)


def refresh(page: Path) -> None:
    """Rewrite the outputs of one page."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TOP / "scenarios", Path(folder) / "scenarios")

        def rewritten(match: re.Match[str]) -> str:
            done = subprocess.run(
                ["sh", "-c", match["command"]],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if "faulty" in match["command"] else subprocess.DEVNULL,
                text=True,
                check=False,
            )
            if match["output"] is None:
                return match[0]
            return f"```sh\n{match['command']}```\n{match['between'] or ''}```text\n{done.stdout}```\n"

        page.write_text(BLOCK.sub(rewritten, text), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
