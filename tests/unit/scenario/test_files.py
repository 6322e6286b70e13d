"""Files: what is read, from where, and that nothing on disk can make reading hang or blow up."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.scenario import load_scenario
from tests.unit.scenario.texts import END, SMALL, edited


def said(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return str(caught.value)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_byte_order_mark_and_line_ends_of_windows(plan: Path) -> None:
    expected = load_scenario(plan).model
    plan.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_scenario(plan).model == expected


def test_labels_in_any_script(plan: Path) -> None:
    plan.write_text(edited(("smb: {amount", "smb: {label: Малый 小 Übergröße, amount")), encoding="utf-8")
    assert load_scenario(plan).model.content.segments[0].label == "Малый 小 Übergröße"


@pytest.mark.parametrize(
    ("data", "reported"),
    [
        ("name: Größe\n".encode("cp1252"), "plan.yaml:1:9: the byte 0xF6 is not UTF-8"),
        (SMALL.encode("utf-16"), "is encoded in UTF-16"),
        (SMALL.encode("utf-16-le"), "is encoded in UTF-16"),
        (bytes(range(256)) * 4, "plan.yaml:"),
        (b"name: a\0b\n", "plan.yaml:1:8: character 0x00"),
        (b"#" * 5_000_001, "larger than 5,000,000 bytes"),
        (b"", "the file is empty"),
    ],
)
def test_files_that_are_no_text(plan: Path, data: bytes, reported: str) -> None:
    plan.write_bytes(data)
    message = said(plan)
    assert reported in message
    assert "; " in message


def test_folder_missing_file_and_fifo(tmp_path: Path) -> None:
    assert "is a folder" in said(tmp_path)
    assert "does not exist" in said(tmp_path / "none.yaml")
    assert "cannot be read" in said(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "not a regular file" in said(tmp_path / "pipe.yaml")
    assert "not a regular file" in said(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(plan: Path) -> None:
    plan.chmod(0)
    assert "cannot be opened for reading" in said(plan)


class TestExtends:
    def test_files_and_hashes_are_recorded_farthest_ancestor_first(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "base.yaml").write_text(SMALL)
        (tmp_path / "plan.yaml").write_text("extends: sub/base.yaml\nname: Plan\n")
        files = load_scenario(tmp_path / "plan.yaml").files
        assert [Path(file.path).relative_to(tmp_path).as_posix() for file in files] == ["sub/base.yaml", "plan.yaml"]
        assert files[0].sha256 == hashlib.sha256(SMALL.encode()).hexdigest()

    def test_paths_are_shown_as_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "base.yaml").write_text(SMALL)
        (tmp_path / "plan.yaml").write_text("extends: base.yaml\nroles: {sdr: {heds: 1}}\n")
        monkeypatch.chdir(tmp_path)
        assert said(Path("plan.yaml")).startswith("plan.yaml:2:15: roles.sdr.heds: ")

    def test_a_parent_in_a_folder_below_may_extend_its_neighbour_above(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "base.yaml").write_text(SMALL)
        (tmp_path / "sub" / "middle.yaml").write_text("extends: ../base.yaml\nroles.sdr.heads: 7\n")
        (tmp_path / "plan.yaml").write_text("extends: sub/middle.yaml\n")
        assert load_scenario(tmp_path / "plan.yaml").model.content.roles[0].heads.mid == 7.0
        assert "outside the folder" in said(tmp_path / "sub" / "middle.yaml")

    @pytest.mark.parametrize(
        ("extends", "reported"),
        [
            ("../secret.yaml", "outside the folder"),
            ("/etc/passwd", "not a relative path"),
            ("C:/plan.yaml", "not a relative path"),
            ("sub\\base.yaml", "not a relative path"),
            ("none.yaml", "does not exist"),
            (".", "is a folder"),
            ("[a.yaml, b.yaml]", "not the name of a file"),
            ("", "not the name of a file"),
            ("plan.yaml", "extends itself"),
            ("link.yaml", "outside the folder"),
            ("~/plan.yaml", "not a relative path"),
        ],
    )
    def test_parents_that_cannot_be(self, tmp_path: Path, extends: str, reported: str) -> None:
        folder = tmp_path / "plans"
        folder.mkdir()
        (tmp_path / "secret.yaml").write_text(SMALL)
        (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
        (folder / "plan.yaml").write_text(f"name: x\nextends: {extends}\n")
        message = said(folder / "plan.yaml")
        assert reported in message
        assert "plan.yaml:2:" in message

    def test_circles_and_endless_chains(self, tmp_path: Path) -> None:
        for i in range(30):
            (tmp_path / f"p{i}.yaml").write_text(f"extends: p{i + 1}.yaml\n")
        (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
        (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
        assert "b.yaml:1:10: extends: " in said(tmp_path / "a.yaml")
        assert "extends itself through other files" in said(tmp_path / "a.yaml")
        assert "more than 20 files" in said(tmp_path / "p0.yaml")

    def test_errors_of_the_text_in_all_files_are_reported_together(self, tmp_path: Path) -> None:
        (tmp_path / "base.yaml").write_text("a: 1\na: 2\n")
        (tmp_path / "plan.yaml").write_text("extends: base.yaml\nb: 1\nb: 2\n")
        lines = said(tmp_path / "plan.yaml").splitlines()
        assert [Path(line.split(":")[0]).name for line in lines] == ["plan.yaml", "base.yaml"]


class TestOpenRecords:
    @pytest.mark.parametrize(
        ("rows", "reported"),
        [
            ("id,stage,entered,chanel\n", "deals.csv:1:1: open: unknown column `chanel`; did you mean `channel`?"),
            ("id;stage;entered\n", "separate columns with commas"),
            ("id,stage,entered\n", "no column `channel`"),
            ("id,id,stage,entered,channel\n", "appears twice"),
            ("id,stage,entered,channel\na,b\n", "deals.csv:2:1: open: 2 cells, but the header has 4"),
            ('id,stage,entered,channel\n"a,b\n', "not a CSV file"),
            ("", "the table is empty"),
            (
                "id,stage,entered,channel,segment,grade\na,mql,soon,inbound,smb,hot\n",
                "deals.csv:2:1: open.0.entered: `soon` is not a date",
            ),
        ],
    )
    def test_errors_name_the_line_of_the_csv(self, plan: Path, rows: str, reported: str) -> None:
        (plan.parent / "deals.csv").write_text(rows)
        plan.write_text(edited((END, "open: deals.csv")))
        assert reported in said(plan)

    @pytest.mark.parametrize(
        ("name", "reported"),
        [
            ("none.csv", "does not exist"),
            ("../deals.csv", "outside the folder"),
            ("deals.xlsx", "does not exist"),
            ("deals.ods", "not a relative path to a CSV or XLSX file"),
            ("/x.csv", "not a relative path"),
            ("deals", "not a relative path"),
        ],
    )
    def test_files_that_cannot_be(self, plan: Path, name: str, reported: str) -> None:
        plan.write_text(edited((END, f"open: {name}")))
        message = said(plan)
        assert reported in message
        assert "plan.yaml:32:7: " in message

    def test_too_many_records(self, plan: Path) -> None:
        rows = "".join(f"x{i},mql,2026-12-01,inbound,smb,hot\n" for i in range(20_001))
        (plan.parent / "deals.csv").write_text("id,stage,entered,channel,segment,grade\n" + rows)
        plan.write_text(edited((END, "open: deals.csv")))
        assert "more than 20,000 rows" in said(plan)


def test_reading_is_light() -> None:
    code = (
        "import sys; from rpmsim.scenario import load_scenario_text; "
        f"load_scenario_text({SMALL!r}); "
        "heavy = ('numba', 'xarray', 'matplotlib', 'pandas', 'pydantic', 'holidays', 'click'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
