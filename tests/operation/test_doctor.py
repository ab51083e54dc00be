"""What the doctor finds, each thing made to be wrong, and that it says what to do."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from lms_bridge.checks import Check
from lms_bridge.config.loading import read
from lms_bridge.deliveries import health
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.operation import reaching
from lms_bridge.operation.doctor import examined
from lms_bridge.operation.reaching import Host, Met
from lms_bridge.operation.workers import beat
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import deliveries, jobs, statements
from tests.conftest import NOW
from tests.e2e.town import free_port
from tests.pooler import pooled

CONFIGURATION = """
[database]
url = "{url}"
[web]
port = {port}
[[senders]]
name = "moodle"
username = "moodle"
password = "file:secret"
[lms.moodle]
type = "moodle"
url = "http://127.0.0.1:{moodle}"
token = "file:secret"
"""


class Examination:
    """A configuration, and what the doctor says of it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.path = folder / "lms-bridge.toml"
        self.secret = folder / "secret"
        self.secret.write_text("rahasia-yang-panjang", encoding="utf-8")
        self.secret.chmod(0o600)
        self.url = url
        self.port = free_port()
        self.write()

    def write(self, more: str = "") -> None:
        """The configuration, with `more` at its end."""
        text = CONFIGURATION.format(url=self.url, port=self.port, moodle=free_port())
        self.path.write_text(text + more, encoding="utf-8")

    def amiss(self, *, outside: bool = False) -> dict[str, list[Check]]:
        """By subject, what is not as it should be."""
        found: dict[str, list[Check]] = {}
        for one in examined(self.path, outside=outside):
            assert one.found_in("id")
            assert one.found_in("en")
            if one.verdict != "ok":
                assert one.remedy_in("id"), one
                found.setdefault(one.subject, []).append(one)
        return found


@pytest.fixture
def examination(store: Store, database_url: str, tmp_path: Path) -> Examination:
    beat(store, "elsewhere/1", now=dt.datetime.now(dt.UTC))
    return Examination(tmp_path, database_url)


@contextmanager
def answering(port: int, status: int) -> Iterator[None]:
    """Somebody who answers every request there with `status`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_bridge_that_is_well_nothing_is_amiss(examination: Examination) -> None:
    with answering(examination.port, 200):
        assert examination.amiss() == {}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_may_lose_what_was_answered_is_told_of(examination: Examination) -> None:
    [found] = examination.amiss()["Database"]  # that of the tests flushes nothing
    assert "fsync, full_page_writes, synchronous_commit" in found.finding


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("password", ["rahasia", "0" * 40])
def test_a_password_of_a_sender_that_can_be_guessed_is_told_of(
    examination: Examination, password: str
) -> None:
    examination.secret.write_text(password, encoding="utf-8")
    with answering(examination.port, 200):
        [found] = examination.amiss()["Secrets"]
    assert found.verdict == "warning"
    assert "moodle is short enough to be guessed" in found.found_in("en")
    assert password not in found.found_in("en") + found.remedy_in("en")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("status", "verdict", "says"),
    [
        (None, "warning", "nobody listens"),
        (503, "failed", "its database"),
        (404, "failed", "not answer as"),
    ],
)
def test_whether_the_web_service_answers(
    examination: Examination, status: int | None, verdict: str, says: str
) -> None:
    with answering(examination.port, status) if status else nullcontext():
        [found] = examination.amiss()["Web service"]
    assert found.verdict == verdict
    assert says in found.finding


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_secrets_that_are_not_there_or_that_everybody_can_read(examination: Examination) -> None:
    examination.secret.chmod(0o644)
    [found] = examination.amiss()["Secrets"]
    assert (found.verdict, found.remedy) == ("warning", f"chmod o-rwx {examination.secret}")
    examination.secret.unlink()
    found, *_ = examination.amiss()["Secrets"]
    assert found.verdict == "failed"
    assert "senders.moodle.password" in found.finding


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_error_of_the_configuration_is_told_and_nothing_else(
    examination: Examination,
) -> None:
    examination.write('[recognition]\nask_again_hours = "often"\n[nothing]\nhere = 1\n')
    amiss = examination.amiss()
    assert list(amiss) == ["Configuration"]
    assert len(amiss["Configuration"]) == 2


def test_a_database_that_cannot_be_opened_hides_nothing_else(tmp_path: Path) -> None:
    examination = Examination(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    examination.secret.unlink()
    amiss = examination.amiss(outside=True)
    assert {"Secrets", "Database", "Web service"} < set(amiss)
    assert any("cannot be reached" in one.finding for each in amiss.values() for one in each)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_pooler_that_lends_sessions_by_the_transaction_is_told_of(
    database_url: str, tmp_path: Path
) -> None:
    with pooled(database_url) as address:
        [only] = Examination(tmp_path, address).amiss()["Database"]
    assert "have it leave each process its own" in only.finding
    assert (only.verdict, only.advises) == ("failed", "No process starts until that is so.")


def test_a_database_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    examination = Examination(tmp_path, "sqlite:///none.db")
    assert examination.amiss()["Database"][0].finding == "there is none yet."
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_told_of(examination: Examination, store: Store) -> None:
    with store.writing() as db:
        db.execute(text("CREATE TABLE large AS SELECT randomblob(4000) AS a, 1 AS b"))
        for _ in range(6):
            db.execute(text("INSERT INTO large SELECT randomblob(4000), b + 1 FROM large"))
        db.execute(text("CREATE INDEX ix_large ON large (b)"))
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    path = Path(examination.url.removeprefix("sqlite:///"))
    with path.open("r+b") as file:
        file.seek(-4096 * 2, 2)
        file.write(b"\0" * 4096 * 2)
    [found] = examination.amiss()["Database"]
    assert found.finding.startswith("the file is damaged")
    assert "lms-bridge restore" in found.remedy


def test_another_schema_is_told_of_and_nothing_is_read(
    examination: Examination, store: Store
) -> None:
    with store.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    [found] = examination.amiss()["Database"]
    assert "0001" in found.finding


def test_what_stands_still_is_told_of(examination: Examination, store: Store) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)
    with store.writing() as db:
        db.execute(text("DELETE FROM workers"))
        db.execute(insert(jobs).values(name="recognise", paused=True))
        health.pause(db, "lms.moodle", by="budi", why="perawatan", now=NOW)
        row = {"id": "3f2c0a9e-6a42-4c0f-9c3e-5b2f6d1a7e11", "sender": "moodle", "raw": b"{}"}
        db.execute(insert(statements).values(seq=place_of(later), **row))
        times = dict.fromkeys(("due_at", "effort_since", "created_at", "changed_at"), NOW)
        db.execute(
            insert(deliveries).values(
                step="badge",
                remote="lms.moodle",
                lane="a",
                state=State.BLOCKED,
                reason_code="new",
                progress={},
                **times,
            )
        )
    amiss = examination.amiss()
    assert amiss["Scheduler"][0].verdict == "failed"
    assert "“recognise” is paused" in amiss["Sync jobs"][0].finding
    assert "budi" in amiss["lms.moodle"][0].finding
    assert "still to come" in amiss["Clock"][0].finding
    assert amiss["Deliveries"][0].finding == "Deliveries that wait for a person: 1."


# --- how others are reached ---------------------------------------------------------------------

HOST = Host(True, "lms.example", 443, "")


def judged(met: Callable[[], Met]) -> list[Check]:
    return list(reaching.checks({HOST: "lms.moodle"}, lambda: NOW, lambda *_: met()))


def test_a_certificate_that_ends_soon_and_a_clock_that_goes_wrong_are_told_of() -> None:
    soon, wrong = NOW + dt.timedelta(days=6), dt.timedelta(seconds=-3600)
    clock, certificate = judged(lambda: Met(soon, wrong))
    assert "differ by -3600 s" in clock.finding
    assert certificate.finding == "its certificate is good until 2026-11-30 only."
    [fine] = judged(lambda: Met(NOW + dt.timedelta(days=60), dt.timedelta(seconds=2)))
    assert fine.verdict == "ok"


def test_the_clock_of_a_host_is_read_over_real_http() -> None:
    port = free_port()
    with answering(port, 404):
        met = reaching.meeting(Host(False, "127.0.0.1", port, ""), lambda: NOW)
    assert met.good_until is None
    assert met.apart is not None
    assert abs(dt.datetime.now(dt.UTC) - NOW - met.apart) < dt.timedelta(seconds=5)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_that_is_too_old_or_not_there_is_told_of(
    examination: Examination, store: Store, tmp_path: Path
) -> None:
    folder, now = tmp_path / "cadangan", dt.datetime.now(dt.UTC)

    def backup() -> str:
        found = examination.amiss().get("Backup", [])
        return " ".join(one.found_in("en") for one in found)

    assert backup() == ""  # nothing has come in that could be lost
    examination.write('[backup]\nfolder = "cadangan"\n')
    assert "there is none" in backup()
    folder.mkdir()
    assert "there is none" in backup()
    old = folder / f"{now - dt.timedelta(days=3):lms-bridge-%Y%m%d-%H%M%S}.zip"
    old.touch()
    assert "was made at" in backup()
    old.rename(folder / f"{now:lms-bridge-%Y%m%d-%H%M%S}.zip")
    assert backup() == ""
    row = {"id": "3f2c0a9e-6a42-4c0f-9c3e-5b2f6d1a7e11", "sender": "moodle", "raw": b"{}"}
    with store.writing() as db:
        before = place_of(now - dt.timedelta(days=3))
        db.execute(insert(statements).values(seq=before, **row))
    assert "is in no backup" in backup()
    with store.writing() as db:
        marks.move(db, "backup", place_of(now))
    assert backup() == ""


def test_nobody_is_called_whom_the_bridge_has_no_need_to_call() -> None:
    table = {
        "type": "siasn",
        "consumer_key": "env:A",
        "consumer_secret": "env:B",
        "sso_token": "env:C",
    }
    settings = read({"registry": {"siasn": table}}, base=Path())
    assert {each.name for each in reaching.hosts(settings)} == {"apimws.bkn.go.id"}
