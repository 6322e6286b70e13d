"""Every kind of wrong file: exit code 2, the place and the fix on stderr, nothing written, no traceback."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import SMALL, Answer, Run


def replaced(old: str, new: str) -> str:
    """The small scenario with one passage changed."""
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


TO = "{won: {share: 20% to 40%, median: 5, p90: 10}, lost: {share: rest, after: 3 days}}"
ROLE = "{heads: 1, handles: 5 per day each}"
TEXTS = {
    "unknown key": (replaced("handles", "handels"), r":12:\d+: roles\.sdr\.handels: .*`handles`"),
    "wrong unit": (replaced("after: 3 days", "after: 3 euros"), r":11:\d+: stages\.mql\.to\.lost\.after: .*euros"),
    "share over 100 %": (replaced("20% to 40%", "120%"), r":11:\d+: stages\.mql\.to\.won\.share: .*100"),
    "negative share": (replaced("20% to 40%", "-10%"), r":11:\d+: stages\.mql\.to\.won\.share: "),
    "shares over 100 % together": (
        replaced(TO, "{won: {share: 70%, median: 5}, lost: {share: 60%}}"),
        r":\d+:\d+: stages\.mql.*130",
    ),
    "shares under 100 % together": (
        replaced(TO, "{won: {share: 30%, median: 5}, lost: {share: 60%}}"),
        r":\d+:\d+: stages\.mql.*rest",
    ),
    "unreachable stage": (
        replaced("roles:", "  island: {to: {lost: {share: rest}}}\nroles:"),
        r":\d+:\d+: (stages\.island|channels\.web)",
    ),
    "dead end": (
        replaced("lost: {share: rest, after: 3 days}}", "stuck: {share: rest}}").replace(
            "roles:", "  stuck: {}\nroles:"
        ),
        r":12:\d+: stages\.stuck",
    ),
    "outcome to an unknown stage": (
        replaced("lost: {share", "lots: {share"),
        r":11:\d+: stages\.mql\.to\.lots: .*`lost`",
    ),
    "cycle that takes 0": (
        replaced("lost: {share: rest, after: 3 days}}", "back: {share: rest}}").replace(
            "roles:", "  back: {to: {mql: {share: 50%}, lost: {share: rest}}}\nroles:"
        ),
        r":\d+:\d+: stages\.\w+.*day",
    ),
    "negative delay": (replaced("median: 5", "median: -5"), r":11:\d+: stages\.mql\.to\.won\.median: "),
    "absurd delay": (replaced("after: 3 days", "after: 1e12 days"), r":11:\d+: stages\.mql\.to\.lost\.after: "),
    "role that serves nothing": (
        replaced(f"roles: {{sdr: {ROLE}}}", f"roles: {{sdr: {ROLE}, idle: {ROLE}}}"),
        r":12:\d+: roles\.idle: ",
    ),
    "slots held for ever": (
        replaced(TO, "{won: {share: 30%, median: 5}, lost: {share: 60%}}\n    stays: {share: rest}").replace(
            "handles: 5 per day each", "holds: 5 each"
        ),
        r":\d+:\d+: stages\.mql.*time-?out",
    ),
    "empty span": (replaced("until: 2027-02", "until: 2026-12-31"), r":4:\d+: until: "),
    "huge span": (replaced("until: 2027-02", "until: 3027"), r":4:\d+: until: "),
    "duplicate key": (replaced("until: 2027-02", "until: 2027-02\nuntil: 2027-03"), r":5:\d+: .*until"),
    "tab": (replaced("  mql:", "\tmql:"), r":9:\d+: .*tab"),
    "syntax error": (replaced("{all: rest}", "{all: rest"), r":\d+:\d+: "),
    "extends missing": ("extends: nowhere.yaml\nname: x\n", r":1:\d+: .*nowhere\.yaml"),
    "extends itself": ("extends: wrong.yaml\nname: x\n", r":1:\d+: extends: .*itself"),
    "extends outside": ("extends: ../../secret.yaml\nname: x\n", r":1:\d+: extends: .*outside"),
    "a relative value, but": (replaced("heads: 1", "heads: +1"), r":12:\d+: roles\.sdr\.heads: .*relative"),
    "range upside down": (replaced("20% to 40%", "40% to 20%"), r":11:\d+: stages\.mql\.to\.won\.share: "),
    "alias bomb": (
        "a: &a [x, x]\n"
        + "".join(f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        r":\d+:\d+: ",
    ),
    "decimal comma": (replaced("heads: 1", 'heads: "1,5"'), r":12:\d+: roles\.sdr\.heads: .*comma"),
    "a list": ("- a\n- b\n", r":1:\d+: "),
    "empty": ("", r"wrong\.yaml"),
    "targets of an unknown metric": (replaced("{wins:", "{winz:"), r":5:\d+: targets\.winz: .*`wins`"),
    "tables from files": (replaced("10 per month", "leads.csv"), r":7:\d+: channels\.web\.leads: "),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_wrong_text(answer: Answer, tmp_path: Path, kind: str) -> None:
    text, said = TEXTS[kind]
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    for command in (["validate"], ["show", "--json"], ["run", "-n", "1", "--json"]):
        code, out, err = answer(*command, "wrong.yaml")
        assert (code, out) == (2, ""), (out, err)
        assert re.search(rf"^wrong\.yaml{said}|^{said}" if kind != "empty" else said, err, re.MULTILINE), err
        assert all("; " in line or line.startswith("warning:") for line in err.splitlines()), (
            f"a repair is missing: {err}"
        )
        assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wrong.yaml"]


def test_small_scenario_itself_is_fine(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    assert answer("validate", "small.yaml") == (0, "small.yaml: ok\n", "")


def test_circle_of_files(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    code, _, err = answer("validate", "a.yaml")
    assert code == 2
    assert re.match(r"b\.yaml:1:\d+: extends: .*itself", err)


def test_all_errors_of_all_files_are_reported_at_once(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(replaced("heads: 1", "heads: many").replace("median: 10k", "median: often"))
    (tmp_path / "b.yaml").write_text("\tx: 1\n")
    (tmp_path / "c.yaml").write_text(SMALL)
    code, out, err = answer("validate", "a.yaml", "b.yaml", "c.yaml")
    assert (code, out) == (2, "c.yaml: ok\n")
    assert [line.split(":")[0] for line in err.splitlines()] == ["a.yaml", "a.yaml", "b.yaml"]


def make_directory(path: Path) -> None:
    path.mkdir()


def make_binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 10)


def make_huge(path: Path) -> None:
    path.write_bytes(b"# line\n" * 1_000_000)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_nothing(path: Path) -> None:
    assert not path.exists()


def make_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    "make",
    [make_directory, make_binary, make_huge, make_pipe, make_nothing, make_dangling_link],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("command", ["validate", "run", "show"])
def test_what_is_no_scenario_file(answer: Answer, tmp_path: Path, make: Callable[[Path], None], command: str) -> None:
    make(tmp_path / "wrong.yaml")
    code, out, err = answer(command, "wrong.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("wrong.yaml")
    assert "; " in err
    assert len(list(tmp_path.iterdir())) <= 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(answer: Answer, small: Path) -> None:
    small.chmod(0)
    code, _, err = answer("run", small)
    assert code == 2
    assert "Permission denied" in err or "permission" in err


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("roles.sdr.heads", "is not a path and a value"),
        ("=3", "is not a path and a value"),
        ("roles.sdr.hedas=3", "`heads`"),
        ("roles.sdr.heads=many", "many"),
        ("roles..heads=3", "path"),
        ("stages.mql.to.won.share=90%to", "share"),
        ("roles.sdr.heads={", ""),
    ],
)
@pytest.mark.parametrize("command", ["validate", "run", "show"])
def test_wrong_setting(answer: Answer, small: Path, command: str, setting: str, said: str) -> None:
    code, out, err = answer(command, small, "--set", setting)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert list(small.parent.iterdir()) == [small]


def test_setting_twice(answer: Answer, small: Path) -> None:
    code, _, err = answer("show", small, "--set", "roles.sdr.heads=3", "--set", "roles.sdr.heads=4")
    assert code == 2
    assert "is set twice" in err


@pytest.mark.parametrize(
    "words",
    [
        ["-n", "0"],
        ["-n", "-1"],
        ["-n", "1e3"],
        ["-n", "99999999999999999999"],
        ["--replications", "10000001"],
        ["--seed", "-1"],
        ["--seed", "x"],
        ["--draws", "0"],
        ["--threads", "0"],
        ["--threads", "100000"],
        ["--keep", "everything"],
        ["--precision", "bookings:p10"],
    ],
)
def test_wrong_options_of_run(answer: Answer, small: Path, words: list[str]) -> None:
    code, out, err = answer("run", small, *words)
    assert (code, out) == (2, "")
    assert words[0] in err
    assert list(small.parent.iterdir()) == [small]


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_output_folder_is_a_file(answer: Answer, small: Path, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    for words in (["run", small, "--out", below], ["init", below]):
        code, out, err = answer(*words)
        assert (code, out) == (2, "")
        assert err == "file: is not a folder; choose a folder for the output\n"
    assert (tmp_path / "file").read_text() == "mine"


def test_output_folder_that_takes_nothing(answer: Answer, small: Path) -> None:
    for words in (["run", small, "--out", "/proc/forecasts"], ["init", "/proc/plan"]):
        code, out, err = answer(*words)
        assert (code, out) == (2, "")
        assert err.startswith("/proc/")
        assert "cannot be written" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_folder_without_rights(answer: Answer, small: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    code, _, err = answer("run", small, "--out", "closed/x")
    assert code == 2
    assert "cannot be written: Permission denied" in err


def test_the_program_itself_answers_so(rpmsim: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(TEXTS["unknown key"][0])
    done = rpmsim("run", "wrong.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"wrong\.yaml:12:\d+: roles\.sdr\.handels: [^\n]*\n", done.stderr)
