from __future__ import annotations

from rpmsim.report.audit_text import audit_markdown, audit_text
from rpmsim.report.findings import Found, findings_markdown, findings_text
from rpmsim.report.table import lines, width


def item(name, status, finding, todo=""):
    return {"name": name, "status": status, "finding": finding, "todo": todo, "numbers": {}}


DOCUMENT = {
    "history": "crm",
    "as_of": "2027-12-31",
    "verdict": "FAIL",
    "items": [
        item("rows", "PASS", "3 rows were read"),
        item("owners", "REVIEW", "without an owner: `a|b`", "fill them in"),
        item("bulk edits", "FAIL", "9 closes in one second", "leave them out"),
    ],
}


def test_an_audit_is_read_from_the_worst_on():
    assert audit_text(DOCUMENT) == (
        "crm, as known on 2027-12-31: FAIL\n\nFAIL    bulk edits: 9 closes in one second.\n".replace("9 c", "9 c")
        + "        To do: leave them out.\n"
        "REVIEW  owners: Without an owner: `a|b`.\n"
        "        To do: fill them in.\n\n"
        "PASS    1 of 3: rows\n\n"
        "3 rows were read.\n\n"
    )
    page = audit_markdown(DOCUMENT, {"levels.svg": "Levels"}).splitlines()
    assert page[5:10] == [
        "| | what | finding | to do |",
        "|---|---|---|---|",
        "| FAIL | bulk edits | 9 closes in one second | leave them out |",
        "| REVIEW | owners | Without an owner: `a\\|b` | fill them in |",
        "| PASS | rows | 3 rows were read |  |",
    ]
    assert "![Levels](levels.svg)" in page


def test_long_findings_are_broken_between_words_in_any_script():
    found = Found("FAIL", "種類", "数字 " * 40, "直す " * 40)
    text = findings_text([found], 60)
    assert max(map(width, text)) <= 60
    assert "".join("".join(text).split()).count("数字") == 40
    assert findings_markdown([found])[2].count("|") == 5


def test_lines_keep_long_words_whole():
    path = "/a" * 60
    assert lines(f"see {path} there", 40, "- ", "  ") == ["- see", f"  {path}", "  there"]
    assert lines("", 40, "- ") == ["-"]
