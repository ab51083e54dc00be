"""Who may come in: HTTP Basic credentials (RFC 7617; Communication 4.0), and whose they are."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from lms_bridge import credentials as keys
from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.config.settings import Sender, Settings, Web
from lms_bridge.credentials import Scope
from lms_bridge.store.engine import Store
from tests.conftest import NOW, Clock
from webhook.access import SECONDS, Access, Senders, credentials

SENDER = Sender(name="moodle", username="moodle", password=Secret("env:ACCESS_TEST_PASSWORD"))

usernames = st.text().filter(lambda text: ":" not in text)
surroundings = st.sampled_from(["Basic ", "basic ", "BASIC  "])


def encoded(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


@given(usernames, st.text(), surroundings)
def test_what_was_encoded_is_read_back(username: str, password: str, scheme: str) -> None:
    header = scheme + encoded(username, password)
    assert credentials(header) == (username.encode(), password.encode())


@given(st.none() | st.text() | st.text().map("Basic {}".format))
def test_no_header_whatever_does_anything_but_be_read_or_not(header: str | None) -> None:
    found = credentials(header)
    assert found is None or all(isinstance(part, bytes) for part in found)


@given(st.binary().map(lambda data: "Basic " + base64.b64encode(data).decode()))
def test_a_pair_is_found_wherever_there_is_a_colon(header: str) -> None:
    data = base64.b64decode(header.removeprefix("Basic "))
    assert credentials(header) == (tuple(data.split(b":", 1)) if b":" in data else None)


@given(usernames, st.text(max_size=20))
def test_nobody_comes_in_but_with_the_username_and_the_password(
    username: str, password: str
) -> None:
    os.environ["ACCESS_TEST_PASSWORD"] = "rahasia"
    found = Senders([SENDER]).of("Basic " + encoded(username, password))
    assert (found is SENDER) == ((username, password) == ("moodle", "rahasia"))


def test_the_right_pair_names_its_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TEST_PASSWORD", "rahasia")
    assert Senders([SENDER]).of("Basic " + encoded("moodle", "rahasia")) is SENDER


def test_a_password_is_read_anew_so_that_it_can_be_changed_without_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    senders = Senders([SENDER])
    monkeypatch.setenv("ACCESS_TEST_PASSWORD", "old")
    assert senders.of("Basic " + encoded("moodle", "old")) is SENDER
    monkeypatch.setenv("ACCESS_TEST_PASSWORD", "new")
    assert senders.of("Basic " + encoded("moodle", "old")) is None
    assert senders.of("Basic " + encoded("moodle", "new")) is SENDER


def test_a_password_that_cannot_be_read_is_told_apart_from_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACCESS_TEST_PASSWORD", raising=False)
    with pytest.raises(SecretMissing):
        Senders([SENDER]).of("Basic " + encoded("moodle", ""))


# --- credentials of the database --------------------------------------------------------------


class Seconds:
    """A clock of seconds that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ACCESS_TEST_PASSWORD", "rahasia")
    return Settings(senders=(SENDER,), web=Web(public_url="https://bridge.example/"))


@pytest.fixture
def access(settings: Settings, store: Store, clock: Clock, seconds: Seconds) -> Access:
    return Access(settings, store, clock=clock, seconds=seconds)


@pytest.fixture
def queries(store: Store) -> Iterator[list[str]]:
    """What the database is asked."""
    asked: list[str] = []

    def note(_db: object, _cursor: object, statement: str, *_: object) -> None:
        if "credentials" in statement:
            asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.engine, "before_cursor_execute", note)


def made(store: Store, name: str = "konten", **more: Any) -> str:
    """A new credential in the database; its header."""
    with store.writing() as db:
        issued = keys.create(db, name, settings=Settings(), now=NOW, **more)
    return "Basic " + encoded(issued.credential.username, issued.secret)


def test_a_credential_may_what_it_was_given(access: Access, store: Store) -> None:
    header = made(
        store,
        username="pemutar é",
        scopes=["state", "statements/write"],
        origins=["https://a.example"],
        per_minute=60,
    )
    grant = access.grant_of(header)
    assert grant is not None
    assert (grant.name, grant.per_minute) == ("konten", 60)
    assert grant.scopes == {Scope.STATE, Scope.WRITE}
    assert grant.origins == access.origins() == {"https://a.example"}


def test_a_sender_of_the_configuration_may_do_everything(access: Access) -> None:
    grant = access.grant_of("Basic " + encoded("moodle", "rahasia"))
    assert grant is not None
    assert (grant.name, grant.scopes, grant.per_minute) == ("moodle", {Scope.ALL}, None)
    assert grant.origins == frozenset()


def test_each_is_an_authority_with_an_account_at_the_bridge(access: Access, store: Store) -> None:
    headers = {"moodle": "Basic " + encoded("moodle", "rahasia"), "konten": made(store)}
    for name, header in headers.items():
        grant = access.grant_of(header)
        assert grant is not None
        assert json.loads(grant.authority) == {
            "objectType": "Agent",
            "account": {"homePage": "https://bridge.example", "name": name},
        }


@pytest.mark.parametrize(
    ("web", "home_page"),
    [
        (Web(), "http://127.0.0.1:8080"),
        (Web(host="::1", port=80), "http://[::1]:80"),
        (Web(public_url="https://bridge.example/lrs/"), "https://bridge.example/lrs"),
    ],
)
def test_the_address_of_the_bridge_is_the_one_by_which_others_know_it(
    web: Web, home_page: str
) -> None:
    assert web.home_page == home_page


@pytest.mark.parametrize(
    ("scopes", "only_its_own"),
    [
        (["statements/read/mine", "statements/write"], True),
        (["state"], True),
        (["statements/read/mine", "statements/read"], False),
        (["all/read"], False),
        (["all"], False),
    ],
)
def test_who_may_read_all_statements_is_not_kept_to_its_own(
    access: Access, store: Store, scopes: list[str], only_its_own: bool
) -> None:
    grant = access.grant_of(made(store, scopes=scopes))
    assert grant is not None
    assert grant.reads_only_its_own == only_its_own


def test_without_the_right_secret_nobody_comes_in(access: Access, store: Store) -> None:
    header = made(store)
    _, secret = credentials(header) or (b"", b"")
    for wrong in ("", secret.decode()[:-1], keys.fingerprint(secret), "0" * 64):
        assert access.grant_of("Basic " + encoded("konten", wrong)) is None
    assert access.grant_of("Basic " + encoded("nobody", secret.decode())) is None
    assert access.grant_of("Basic " + encoded("moodle", secret.decode())) is None
    assert access.grant_of(None) is None
    assert access.grant_of(header) is not None


def test_a_request_costs_no_query(
    access: Access, store: Store, seconds: Seconds, queries: list[str]
) -> None:
    header = made(store)
    queries.clear()
    for _ in range(20):
        seconds.now += SECONDS / 20 * 0.99
        assert access.grant_of(header)
        assert access.grant_of("Basic " + encoded("nobody", "x")) is None
        access.origins()
    assert len(queries) == 1


def test_a_sender_of_the_configuration_needs_no_database(access: Access, store: Store) -> None:
    with store.writing() as db:
        db.exec_driver_sql("DROP TABLE credentials")
    assert access.grant_of("Basic " + encoded("moodle", "rahasia"))


def test_what_is_changed_counts_within_two_seconds(
    access: Access, store: Store, seconds: Seconds
) -> None:
    header = made(store)
    assert access.grant_of(header)
    with store.writing() as db:
        keys.revoke(db, "konten", now=NOW)
    other = made(store, "lain", origins=["https://b.example"])
    assert access.grant_of(header)
    assert access.grant_of(other) is None
    seconds.now += 2
    assert access.grant_of(header) is None
    assert access.grant_of(other)
    assert access.origins() == {"https://b.example"}


def test_one_that_was_revoked_is_not_taken_when_the_database_is_away(
    access: Access, store: Store, seconds: Seconds
) -> None:
    header = made(store)
    assert access.grant_of(header)
    with store.writing() as db:
        db.exec_driver_sql("DROP TABLE credentials")
    seconds.now += 2
    with pytest.raises(Exception, match="credentials"):
        access.grant_of(header)


def test_while_a_secret_is_replaced_both_are_taken(
    access: Access, store: Store, seconds: Seconds, clock: Clock
) -> None:
    old = made(store)
    with store.writing() as db:
        issued = keys.rotate(db, "konten", now=NOW, overlap=dt.timedelta(hours=1))
    new = "Basic " + encoded("konten", issued.secret)
    assert access.grant_of(old)
    assert access.grant_of(new)
    clock.forward(hours=1)  # nothing has to be read again for it
    assert access.grant_of(old) is None
    assert access.grant_of(new)
