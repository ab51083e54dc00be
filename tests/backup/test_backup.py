"""A backup has all that was answered before it, and what is restored is what was backed up."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import select, text

from lms_bridge.backup import making, postgresql
from lms_bridge.backup.archive import open_archive
from lms_bridge.bridge import Bridge
from lms_bridge.errors import BackupError
from lms_bridge.intake import Intake, Origin
from lms_bridge.operation.workers import beat
from lms_bridge.store import marks
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import statements, workers
from tests import postgres
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from xapi import read_statements

CONFIGURATION = """
[database]
url = "{url}"
[[senders]]
name = "moodle"
username = "moodle"
password = "file:rahasia"
"""
BINARIES = postgres._BINARIES


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that fit the server of the tests."""
    monkeypatch.setenv("PATH", f"{BINARIES}{os.pathsep}{os.environ['PATH']}")


class Place:
    """A folder with the configuration of a bridge, and statements that it takes in."""

    def __init__(self, folder: Path, url: str, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.config = folder / "lms-bridge.toml"
        self.config.write_text(CONFIGURATION.format(url=url), encoding="utf-8")
        (folder / "rahasia").write_text("sandi", encoding="utf-8")
        self.backup = folder / "cadangan.zip"
        self.answered: list[str] = []
        self.open()

    def open(self) -> None:
        """The service is started."""
        self.intake = Intake(self.store, clock=lambda: dt.datetime.now(dt.UTC))

    def close(self) -> None:
        """It is stopped."""
        self.intake.close()
        self.store.close()

    def terminal(self) -> Terminal:
        return Terminal(self.config)

    def send(self, many: int = 1) -> None:
        """The statements of a request are stored, and it is answered."""
        body = b"[" + b",".join([_statement()] * many) + b"]"
        self.answered += self.intake.store(Origin("moodle"), read_statements(body, most=1000))

    def stored(self) -> set[str]:
        store = open_store(self.store.engine.url.render_as_string(hide_password=False))
        with store.reading() as db:
            found = set(db.scalars(select(statements.c.id)))
        store.close()
        return found

    def empty(self) -> None:
        """The service is stopped and the database is lost."""
        self.close()
        if self.store.engine.dialect.name == "sqlite":
            for path in self.folder.glob("bridge.db*"):
                path.unlink()
            return
        with self.store.engine.begin() as db:
            db.execute(text("DROP SCHEMA public CASCADE"))
            db.execute(text("CREATE SCHEMA public"))

    def refused(self, *arguments: str) -> str:
        """Why a command, which may have said something before, is refused."""
        done = self.terminal().run(*arguments)
        assert done.exit_code == 1, done.output
        return done.stderr

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command, in a process of its own."""
        command = [sys.executable, "-m", "lms_bridge", "--config", str(self.config), *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _statement() -> bytes:
    return (
        b'{"actor": {"mbox": "mailto:siti@example.go.id"},'
        b'"verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},'
        b'"object": {"id": "https://lms.example/course/%s"}}' % uuid.uuid4().hex.encode()
    )


@pytest.fixture
def place(tmp_path: Path, database_url: str, store: Store) -> Iterator[Place]:
    url = store.engine.url.set(drivername=store.engine.dialect.name)
    made = Place(tmp_path, url.render_as_string(hide_password=False), store)
    yield made
    made.intake.close()


def test_what_was_answered_before_a_backup_is_restored_and_can_be_gone_on_with(
    place: Place,
) -> None:
    place.send(20)
    assert "statements 20" in place.terminal().read("backup", str(place.backup))
    assert place.backup.stat().st_mode & 0o777 == 0o600
    place.send()
    place.empty()
    told = place.terminal().read("restore", str(place.backup))
    assert "lms-bridge jobs run pull_completions" in told
    assert place.stored() == set(place.answered[:20])
    place.open()
    place.send()
    assert place.stored() == set(place.answered[:20]) | {place.answered[-1]}


def test_nothing_is_overwritten_unless_that_is_asked_for_and_then_it_is_kept(place: Place) -> None:
    place.send()
    place.terminal().read("backup", str(place.backup))
    place.send()
    assert "--replace" in place.refused("restore", str(place.backup))
    beat(place.store, "elsewhere/1", now=dt.datetime.now(dt.UTC))
    how = ("restore", str(place.backup), "--replace", "--yes")
    place.close()
    assert "a worker is at work (elsewhere)" in place.refused(*how)
    with place.store.writing() as db:
        db.execute(workers.delete())
    place.store.close()
    told = place.terminal().read(*how)
    assert place.stored() == set(place.answered[:1])
    kept = told.partition("What was there is kept as ")[2].split(". Restored")[0]
    if kept.startswith("schema "):
        with place.store.reading() as db:
            rows = db.execute(text(f"SELECT id FROM {kept.split()[1]}.statements"))
            assert set(rows.scalars()) == set(place.answered)
    else:
        assert open_and_count(Path(kept)) == 2


def open_and_count(path: Path) -> int:
    store = open_store(f"sqlite:///{path}")
    with store.reading() as db:
        count = len(db.execute(select(statements.c.id)).all())
    store.close()
    return count


@on_sqlite
@pytest.mark.parametrize("where", [0.3, 0.7])
def test_a_damaged_backup_is_not_restored(place: Place, where: float) -> None:
    place.send(50)
    place.terminal().read("backup", str(place.backup))
    whole = bytearray(place.backup.read_bytes())
    whole[int(len(whole) * where)] ^= 1
    place.backup.write_bytes(whole)
    place.empty()
    said = place.terminal().refused("restore", str(place.backup))
    assert "damaged" in said or "no backup" in said
    assert not (place.folder / "bridge.db").exists()


@on_sqlite
def test_what_is_no_backup_is_told_as_such(place: Place, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("manifest.json", "{}")
    assert "no backup" in place.terminal().refused("restore", str(tmp_path / "other.zip"))
    assert "cannot be read" in place.terminal().refused("restore", str(tmp_path / "none.zip"))


@on_sqlite
def test_secrets_are_in_a_backup_only_if_that_is_asked_for(place: Place) -> None:
    place.terminal().read("backup", str(place.folder / "a.zip"), "--with-config")
    told = place.terminal().read("backup", str(place.folder / "b.zip"), "--with-secrets")
    assert "secrets in clear" in told
    to = place.folder / "there"
    place.terminal().read("restore", str(place.folder / "a.zip"), "--check", "--files", str(to))
    assert [each.name for each in to.rglob("*") if each.is_file()] == ["lms-bridge.toml"]
    place.terminal().read("restore", str(place.folder / "b.zip"), "--check", "--files", str(to))
    [secret] = to.rglob("rahasia")
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("sandi", 0o600)


@on_sqlite
def test_only_so_many_backups_are_kept_in_a_folder(place: Place) -> None:
    for day in range(1, 5):
        (place.folder / f"lms-bridge-2026110{day}-000000.zip").touch()
    (place.folder / "lms-bridge-notes.zip").touch()
    place.terminal().read("backup", str(place.folder), "--keep", "2")
    kept = sorted(path.name for path in place.folder.glob("*.zip"))
    assert kept[0] == "lms-bridge-20261104-000000.zip"
    assert len(kept) == 3


@on_sqlite
def test_of_a_backup_of_another_kind_of_database_it_is_said_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.terminal().read("backup", str(place.backup))
    place.config.write_text(CONFIGURATION.format(url="postgresql://nobody@127.0.0.1:1/none"))
    assert "the backup is of sqlite" in place.refused("restore", str(place.backup))


def test_a_program_that_is_missing_or_too_old_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="apt install postgresql-client"):
        postgresql._program("pg_dump")
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    assert postgresql._major(str(old)) == 9


def test_the_programs_are_told_all_of_an_address_but_its_password() -> None:
    url = "postgresql://u:k4t4@db1:1,db2/x?sslmode=require&connect_timeout=5&application_name=b"
    where, secret = postgresql._place(open_store(url))
    assert secret == {"PGPASSWORD": "k4t4"}
    assert "k4t4" not in where, "others on the machine see how a program was started"
    said = conninfo_to_dict(where.removeprefix("--dbname="))
    assert (said["host"], said["port"], said["user"], said["dbname"]) == ("db1,db2", "1,", "u", "x")
    assert (said["sslmode"], said["connect_timeout"], said["application_name"]) == (
        "require",
        "5",
        "b",
    )
    assert said["target_session_attrs"] == "read-write"


# --- by the job --------------------------------------------------------------------------------


def test_the_job_makes_one_each_night_and_keeps_only_so_many(place: Place) -> None:
    place.send(3)
    folder = place.folder / "cadangan"
    for day in (1, 2):  # what others left
        folder.mkdir(exist_ok=True)
        (folder / f"lms-bridge-2026010{day}-000000.zip").touch()
    left = folder / ".backup-killed"
    left.mkdir()
    os.utime(left, (0, 0))
    with place.config.open("a", encoding="utf-8") as config:
        config.write('[backup]\nfolder = "cadangan"\nkeep = 2\n')
    place.terminal().read("jobs", "run", "backup")
    oldest, made = sorted(folder.iterdir())
    assert oldest.name == "lms-bridge-20260102-000000.zip"
    with open_archive(made) as archive:
        archive.check()
        assert archive.manifest.counts["statements"] == 3
    assert made.stat().st_mode & 0o777 == 0o600
    with place.store.reading() as db:
        assert not marks.any_unread(db, making.READER)


@on_sqlite
def test_the_job_says_what_keeps_it_from_making_one(place: Place) -> None:
    assert "[backup] folder" in place.refused("jobs", "run", "backup")
    with place.config.open("a", encoding="utf-8") as config:
        config.write('[backup]\nfolder = "rahasia"\n')  # which is a file
    assert "cannot be written to" in place.refused("jobs", "run", "backup")


# --- killed, and under load ----------------------------------------------------------------------


def killed(begin: Callable[[], subprocess.Popen[bytes]], seconds: float) -> bool:
    """Begin it, and kill it so much later unless it has ended; whether it had to be killed."""
    process = begin()
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    was_alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return was_alive


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_that_was_answered_is_lost_although_all_is_killed_again_and_again(
    place: Place,
) -> None:
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            place.send(5)
            time.sleep(0.02)

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    try:
        took = time.monotonic()
        assert place.begin("backup", str(place.folder / "first.zip")).wait() == 0
        took = time.monotonic() - took
        backup = ("backup", str(place.backup))
        many = 0
        for part in (0.6, 0.8, 0.95):
            begun = time.monotonic()
            if killed(lambda: place.begin(*backup), took * part):
                many += 1
            else:  # the first compiles what it reads, where nothing has been run before
                took = time.monotonic() - begun
            if place.backup.exists():
                with open_archive(place.backup) as archive:
                    archive.check()
            place.backup.unlink(missing_ok=True)
        assert many
        answered = set(place.answered)
        assert place.begin(*backup).wait() == 0
    finally:
        over.set()
        for sender in senders:
            sender.join()
    place.empty()
    restore = ("restore", str(place.backup))
    for part in (0.8, 0.95):
        killed(lambda: place.begin(*restore, "--replace", "--yes"), took * part)
    assert place.begin(*restore, "--replace", "--yes").wait() == 0
    assert answered <= place.stored() <= set(place.answered)
    Bridge.open(place.config).close()
