"""A real PostgreSQL, started for these tests: Debian's, or whichever is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpmsim.errors import InputError
from rpmsim.history import open_history
from tests.unit.history.conftest import Write, fault_of

MAPPING = """\
as_of: 2027-03-31
time_zone: Europe/Berlin
stages: {lead: {enters: yes, to: [won]}}
sources:
  leads:
    url: "URL"
    READ
    shape: events
    record: id
    stage: stage
    time: at
    amount: amount
"""
ROWS = """\
CREATE TABLE leads (id bigint, stage text, at timestamptz, amount numeric(12, 2));
INSERT INTO leads VALUES (1, 'lead', '2027-01-05 10:00+00', NULL), (1, 'won', '2027-02-05 23:30+00', 1200.50),
                         (2, 'lead', '2027-01-07 10:00+00', NULL);
CREATE ROLE reader LOGIN PASSWORD 's3cret';
GRANT SELECT ON leads TO reader;
"""


def program(name: str) -> str | None:
    """A program of PostgreSQL, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Folder of the socket of a running server."""
    initdb, postgres, psql = program("initdb"), program("postgres"), program("psql")
    if not (initdb and postgres and psql):
        pytest.skip("PostgreSQL is not installed")
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    words = [initdb, "-D", str(data), "-U", "admin", "-A", "trust", "--no-sync", "-E", "UTF8"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False, cwd=folder, **own)
    if done.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"initdb does not work here: {done.stderr[-200:]}")
    words = [postgres, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment, cwd=folder, **own)
    try:
        for _ in range(100):
            if (folder / ".s.PGSQL.5432").exists():
                break
            time.sleep(0.2)
        for _ in range(50):
            words = [psql, "-h", str(folder), "-U", "admin", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", ROWS]
            if subprocess.run(words, capture_output=True, env=environment, check=False).returncode == 0:
                break
            time.sleep(0.2)
        else:
            pytest.skip("PostgreSQL does not start here")
        yield str(folder)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def mapping(url: str, read: str = "table: leads") -> str:
    return MAPPING.replace("URL", url).replace("READ", read)


@pytest.mark.parametrize("read", ["table: leads", "query: select * from leads where id < 10"])
def test_rows_of_a_database(read: str, server: str, written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "s3cret")
    path = written(mapping(f"postgresql://reader:${{CRM_PASSWORD}}@/postgres?host={server}", read))
    with open_history(path) as history:
        rows = history.as_of().rows()
    assert [(row[0], row[2], str(row[3]), None if row[9] is None else str(row[9])) for row in rows] == [
        ("1", "lead", "2027-01-05 11:00:00", None),
        ("1", "won", "2027-02-06 00:30:00", "1200.50"),
        ("2", "lead", "2027-01-07 11:00:00", None),
    ]


@pytest.mark.parametrize(
    ("read", "reported"),
    [
        ("table: leeds", "leeds"),
        ("query: select * from leads; drop table leads", "cannot insert multiple commands"),
        ("query: delete from leads returning *", ""),
        ("query: select pg_sleep(30)\n    timeout: 1", "did not answer within 1 seconds"),
    ],
)
def test_a_query_that_fails_or_writes_or_never_ends(read: str, reported: str, server: str, written: Write) -> None:
    message = fault_of(written(mapping(f"postgresql://reader@/postgres?host={server}", read)))
    assert reported in message
    with open_history(written(mapping(f"postgresql://reader@/postgres?host={server}"))) as history:
        assert len(history.as_of().rows()) == 3


def test_a_database_that_is_down(written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "s3cret")
    path = written(mapping(f"postgresql://reader:${{CRM_PASSWORD}}@/postgres?host={tmp_path}"))
    message = fault_of(path)
    assert "no connection to " in message
    assert "s3cret" not in message


def test_a_password_that_the_environment_lacks(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_PASSWORD", raising=False)
    message = fault_of(written(mapping("postgresql://reader:${CRM_PASSWORD}@db.example.com/crm")))
    assert "there is no environment variable `CRM_PASSWORD`" in message


@pytest.mark.parametrize(
    "password", ["s3cr3t/x", "s3cr3t[x", "s3cr3t@x:y#?", "tr%40nslated", "plainword", "sp ace", "s3c]r3t%x"]
)
@pytest.mark.parametrize("where", ["environment", "written", "whole"])
def test_no_part_of_a_password_is_reported(
    password: str, where: str, written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"postgresql://bob:{password}@127.0.0.1:1/crm"
    monkeypatch.setenv("CRM_PASSWORD", password)
    monkeypatch.setenv("CRM_URL", address)
    url = {"environment": "postgresql://bob:${CRM_PASSWORD}@127.0.0.1:1/crm", "written": address, "whole": "${CRM_URL}"}
    path = written(MAPPING.replace("URL", url[where]).replace("READ", "table: leads"))
    with pytest.raises(InputError) as error, open_history(path):
        pass
    reported = "".join(traceback.format_exception(error.value))
    assert "no connection to " + ("${CRM_URL}" if where == "whole" else "127.0.0.1:1") in reported
    assert not any(chunk in reported for chunk in ("s3c", "r3t", "nslated", "plainword", "ace@"))


@pytest.mark.parametrize("url", ["postgresql://bob:s3cr3t@[127.0.0.1:1/crm", "host=h password=s3cr3t", "s3cr3t"])
def test_an_address_that_is_none(url: str, written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", url)
    path = written(MAPPING.replace("URL", "${CRM_URL}").replace("READ", "table: leads"))
    with (
        pytest.raises(InputError, match="`url` is not a database address; write postgresql://USER:") as error,
        open_history(path),
    ):
        pass
    assert "s3cr3t" not in "".join(traceback.format_exception(error.value))
