"""Health: what is amiss is told with what to do, and a token is replaced there."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Breaker, Console, Settings
from lms_bridge.deliveries import health
from lms_bridge.jobs.lead import Lead
from lms_bridge.operation import condition, trying, workers
from lms_bridge.reasons import Reason
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor, text_of
from tests.manners.test_tokens import jwt

Visiting = Callable[[], Visitor]
REMOTE = "registry.siasn"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CONSOLE_KEY", "k" * 40)
    monkeypatch.setenv("KEY", "kunci-rahasia")
    siasn = SiasnSettings(
        api_url="http://127.0.0.1:9",
        apim_token_url="http://127.0.0.1:9/token",
        consumer_key=Secret("env:KEY"),
        consumer_secret=Secret("env:KEY"),
        sso_token=Secret("file:sso-token", tmp_path),
    )
    return Settings(
        language="en", console=Console(key=Secret("env:CONSOLE_KEY")), registry={"siasn": siasn}
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of the token, which has expired."""
    path = tmp_path / "sso-token"
    path.write_text(jwt(utc_now() - dt.timedelta(hours=3)))
    return path


def test_an_expired_token_is_replaced_where_it_is_told(
    visitor: Visiting, store: Store, file: Path, audited: Callable[[], list[Entry]]
) -> None:
    budi = visitor().as_(Role.IT)
    with store.writing() as db:
        health.note_failure(
            db,
            REMOTE,
            Reason("credentials_rejected", remote=REMOTE, message="expired"),
            now=utc_now(),
            policy=Breaker(),
            certain=True,
        )
    before = text_of(budi.get("/health"))
    assert "says that it has expired" in before
    assert str(file) in before
    fresh = jwt(utc_now() + dt.timedelta(days=1))
    answer = budi.post(
        f"/health/{REMOTE}/secret", {"setting": "sso_token", "secret": f" Bearer {fresh}\n"}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#registry-siasn")
    assert file.read_text() == f"{fresh}\n"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    page = budi.get("/health").text
    assert "good until" in page
    assert "It is being tried" in page
    assert fresh not in page
    assert "has expired" not in page
    entry = audited()[0]
    assert (entry.action, entry.subject) == ("secret.renewed", f"remote:{REMOTE}")
    assert fresh not in str(entry)
    with store.reading() as db:
        known = health.read(db, REMOTE, now=utc_now())
        assert known.probe_at is not None
        assert known.probe_at <= utc_now()
        assert trying.asked(db, now=utc_now()) == [REMOTE]


@on_sqlite
def test_what_cannot_be_meant_is_not_taken_unless_it_is_insisted_on(
    visitor: Visiting, file: Path
) -> None:
    budi, before = visitor().as_(Role.IT), file.read_text()
    form = {"setting": "sso_token", "secret": "bukan-token-rahasia"}
    answer = budi.post(f"/health/{REMOTE}/secret", form)
    assert answer.status_code == 422
    assert "it is no JWT" in answer.text
    assert "bukan-token-rahasia" not in answer.text
    assert file.read_text() == before
    assert budi.post(f"/health/{REMOTE}/secret", form | {"force": "1"}).status_code == 303
    assert file.read_text() == "bukan-token-rahasia\n"


@on_sqlite
def test_only_what_the_configuration_names_in_a_file_can_be_written(
    visitor: Visiting, file: Path, tmp_path: Path
) -> None:
    budi = visitor().as_(Role.IT)
    path = f"/health/{REMOTE}/secret"
    assert budi.post(path, {"setting": "../x", "secret": "a"}).status_code == 404
    assert budi.post("/health/lms.x/secret", {"setting": "token"}).status_code == 404
    answer = budi.post(path, {"setting": "consumer_key", "secret": "abcd"})
    assert answer.status_code == 422
    assert "not kept in a file" in answer.text
    assert os.listdir(tmp_path) == ["sso-token"] or (tmp_path / "sso-token").exists()


def test_a_worker_tries_what_is_asked_once_and_keeps_what_it_found(
    visitor: Visiting, bridge: Bridge, store: Store, file: Path
) -> None:
    budi = visitor().as_(Role.IT)
    assert budi.post(f"/health/{REMOTE}/try").status_code == 303
    trying.carry_out(bridge, REMOTE)
    with store.reading() as db:
        first = trying.last(db)[REMOTE]
        assert trying.asked(db, now=utc_now()) == []
    trying.carry_out(bridge, REMOTE)
    with store.reading() as db:
        assert trying.last(db)[REMOTE] == first
    assert first.failed
    assert not first.is_under_way
    assert "does not work" in text_of(budi.get("/health"))


def test_a_pause_is_told_and_ends_when_it_is_resumed(
    visitor: Visiting, file: Path, audited: Callable[[], list[Entry]]
) -> None:
    budi = visitor().as_(Role.IT)
    budi.post(f"/health/{REMOTE}/pause", {"why": "SIASN pindah"})
    assert "it.x has paused what is delivered to registry.siasn: SIASN pindah" in text_of(
        budi.get("/health")
    )
    budi.post(f"/health/{REMOTE}/resume")
    assert "SIASN pindah" not in text_of(budi.get("/health"))
    assert [one.action for one in audited()] == ["remote.resumed", "remote.paused"]


def test_each_part_says_how_it_is(bridge: Bridge, store: Store) -> None:
    now = utc_now()
    with store.reading() as db:
        found = {one.subject: one for one in condition.parts(bridge, db, now)}
    assert found["Scheduler"].verdict == "failed"
    assert "lms-bridge serve" in found["Scheduler"].remedy
    assert found["Database"].verdict == "ok"
    assert "answers within" in found["Database"].finding
    assert {"Disk", "Queue"} <= found.keys()
    workers.beat(store, bridge.owner, now=now)

    def verdicts() -> list[str]:
        with store.reading() as db:
            every = condition.parts(bridge, db, now)
        return [one.verdict for one in every if one.subject == "Scheduler"]

    if store.engine.dialect.name == "sqlite":
        assert verdicts() == ["ok"]
        return
    assert verdicts() == ["ok", "warning"]  # it works, and does not lead
    lead = Lead(store, bridge.owner)
    lead.look()
    assert verdicts() == ["ok", "ok"]
    lead.stop()


def test_a_full_disk_is_told_in_time(tmp_path: Path) -> None:
    gib = 1 << 30
    verdicts = [
        condition._disk(tmp_path, free, 100 * gib).verdict for free in (gib // 4, gib, 50 * gib)
    ]
    assert verdicts == ["failed", "warning", "ok"]
