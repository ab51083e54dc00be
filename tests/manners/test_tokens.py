"""Until when tokens are good: kept without the token, and told once."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.http.surroundings import Issued
from lms_bridge.manners import tokens
from lms_bridge.manners.tokens import TokenLine
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from tests.conftest import Clock

REMOTE = "registry.siasn"


def jwt(until: dt.datetime | None = None, **claims: object) -> str:
    said = {**({"exp": int(until.timestamp())} if until else {}), **claims}
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2ln"


class Office:
    """A bridge with an operator who pastes tokens."""

    def __init__(self, store: Store, clock: Clock, folder: Path) -> None:
        self.store = store
        self.clock = clock
        self.file = folder / "sso-token"
        siasn = SiasnSettings(
            consumer_key=Secret("env:KEY"),
            consumer_secret=Secret("env:SECRET"),
            sso_token=Secret("file:sso-token", folder),
        )
        self.settings = Settings(registry={"siasn": siasn})

    def paste(self, token: str) -> None:
        self.file.write_text(token + "\n")
        os.utime(self.file, times=(self.clock().timestamp(),) * 2)

    def warn_before(self, hours: float) -> None:
        siasn = msgspec.structs.replace(self.settings.registry["siasn"], warn_before_hours=hours)
        self.settings = Settings(registry={"siasn": siasn})

    def lines(self) -> list[TokenLine]:
        with self.store.reading() as db:
            return tokens.standing(db, self.settings, self.clock())

    def tell(self) -> list[str]:
        """What one run of the job tells; nothing if there is no work."""
        with self.store.reading() as db:
            if not tokens.is_anything_to_tell(db, self.settings, self.clock()):
                return []
        with capture_logs() as logs:
            tokens.tell(self.store, self.settings, self.clock())
        return [_reason(entry) for entry in logs]

    def issued(self, name: str = "apim", **more: Any) -> None:
        values = {"source": "consumer_key, consumer_secret", "token": "a1b2", "lifetime": 3600.0}
        issued = Issued(name=name, **values | more)
        tokens.note_issued(self.store, REMOTE, issued, clock=self.clock)


def _reason(entry: MutableMapping[str, Any]) -> str:
    assert entry["log_level"] == "warning"
    return str(entry["reason"])


@pytest.fixture
def office(store: Store, clock: Clock, tmp_path: Path) -> Office:
    return Office(store, clock, tmp_path)


def test_a_given_token_says_where_it_is_from_since_when_and_until_when(office: Office) -> None:
    until = office.clock() + dt.timedelta(days=3)
    office.paste(jwt(until))
    (line,) = office.lines()
    assert (line.remote, line.name, line.source) == (REMOTE, "sso_token", "file:sso-token")
    assert (line.got_at, line.good_until) == (office.clock(), until)
    assert not line.issued
    assert line.concern is None


@pytest.mark.parametrize("token", ["opaque", jwt(), "a.b.c"])
def test_a_token_that_does_not_say_until_when_is_no_concern(office: Office, token: str) -> None:
    office.paste(token)
    (line,) = office.lines()
    assert (line.good_until, line.concern) == (None, None)
    office.clock.forward(days=400)
    assert office.tell() == []


def test_no_token_is_nothing_to_be_known(office: Office) -> None:
    assert office.lines() == []
    assert office.tell() == []


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(600.0, 600), (1e30, 1e9)], ids=["short", "beyond all time"]
)
def test_an_issued_token_is_known_by_what_its_answer_said(
    office: Office, lifetime: float, seconds: float
) -> None:
    office.issued(lifetime=lifetime)
    (line,) = office.lines()
    assert line.issued
    assert line.got_at == office.clock()
    assert line.good_until == office.clock() + dt.timedelta(seconds=seconds)


def test_an_issued_token_whose_answer_said_nothing_says_it_itself_or_nobody_does(
    office: Office,
) -> None:
    until = office.clock() + dt.timedelta(hours=9)
    office.issued(token=jwt(until), lifetime=None)
    assert office.lines()[0].good_until == until
    office.issued(lifetime=None)
    assert office.lines()[0].good_until is None


def test_an_issued_token_is_replaced_by_the_next_and_forgotten_long_after_the_last(
    office: Office,
) -> None:
    office.issued(token="one")
    office.issued(token="two")
    (line,) = office.lines()
    assert line.fingerprint == tokens.fingerprint("two")
    office.clock.forward(days=1)
    assert len(office.lines()) == 1
    office.clock.forward(days=2)
    assert office.lines() == []


def test_the_bridge_renews_what_was_issued_so_nobody_is_told(office: Office) -> None:
    office.issued(lifetime=60.0)
    assert office.tell() == []


def test_no_token_is_kept(office: Office) -> None:
    office.issued(token="rahasia-satu")
    office.paste(secret := jwt(office.clock() + dt.timedelta(hours=1)))
    office.tell()
    with office.store.reading() as db:
        kept = str(db.execute(select(schema.tokens)).all())
    assert "rahasia" not in kept
    assert secret not in kept
    assert kept.count(REMOTE) == 2


def test_a_note_that_cannot_be_kept_is_no_failure_of_the_token(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.store, "writing", lambda: 1 / 0)
    with capture_logs() as logs:
        office.issued()
    assert logs[0]["event"] == "could not note a token"


# --- telling


def test_a_token_that_expires_soon_is_told_of_once_and_once_more_when_it_has(
    office: Office,
) -> None:
    office.paste(jwt(office.clock() + dt.timedelta(hours=30)))
    assert office.tell() == []
    office.clock.forward(hours=6)
    assert office.tell() == [
        "The token of registry.siasn.sso_token is good until 2026-11-25 16:00 (Asia/Jakarta) only."
        " Give a fresh one before then: lms-bridge registry token siasn"
    ]
    for _ in range(3):
        office.clock.forward(hours=7)
        assert office.tell() == []
    office.clock.forward(hours=7)
    (told,) = office.tell()
    assert "has expired" in told
    assert office.tell() == []


def test_a_token_that_was_dead_when_it_was_pasted_is_told_of_once(office: Office) -> None:
    office.paste(jwt(office.clock() - dt.timedelta(hours=1)))
    assert len(office.tell()) == 1
    assert office.tell() == []


def test_the_next_token_is_told_of_as_well(office: Office) -> None:
    for days in (1, 10):
        office.paste(jwt(office.clock() + dt.timedelta(hours=1), jti=days))
        assert len(office.tell()) == 1
        office.clock.forward(days=days)


def test_how_long_before_is_a_setting(office: Office) -> None:
    office.paste(jwt(office.clock() + dt.timedelta(hours=30)))
    office.tell()
    office.warn_before(48)
    assert len(office.tell()) == 1


def test_one_that_lives_for_a_day_is_told_of_in_its_last_quarter(office: Office) -> None:
    since = office.clock()
    office.paste(jwt(since + dt.timedelta(hours=12), iat=int(since.timestamp())))
    assert office.tell() == []
    office.clock.forward(hours=8, minutes=59)
    assert office.tell() == []
    office.clock.forward(minutes=1)
    assert len(office.tell()) == 1


def test_of_two_processes_one_tells(office: Office) -> None:
    office.paste(jwt(office.clock() + dt.timedelta(hours=1)))
    with capture_logs() as logs:
        for _ in range(2):
            tokens.tell(office.store, office.settings, office.clock())
    assert len(logs) == 1


def test_who_cannot_read_the_file_shows_what_another_process_saw(office: Office) -> None:
    office.paste(jwt(office.clock() + dt.timedelta(hours=1)))
    office.tell()
    before = office.lines()
    office.file.unlink()
    assert [line.concern for line in office.lines()] == [line.concern for line in before]
    assert office.tell() == []


def test_what_is_to_be_done_is_listed_by_registry(office: Office) -> None:
    office.paste(jwt(office.clock() + dt.timedelta(hours=1)))
    office.issued()
    with office.store.reading() as db:
        found = tokens.concerns(db, office.settings, office.clock())
    assert {remote: [one.code for one in each] for remote, each in found.items()} == {
        REMOTE: ["token_expires_soon"]
    }
