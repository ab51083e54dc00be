"""Credentials of the LRS: made, limited, rotated, revoked (Communication 4.0 and 4.2)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge import credentials
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Sender, Settings
from lms_bridge.credentials import (
    Credential,
    CredentialError,
    Issued,
    Key,
    Scope,
    fingerprint,
    origin,
)
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import credentials as table
from tests.conftest import NOW

DAY = dt.timedelta(days=1)
SETTINGS = Settings(
    senders=(Sender(name="moodle", username="pengirim", password=Secret("env:X")),),
    lms={"moodle": MoodleSettings(url="https://lms.example", token=Secret("env:Y"))},
)


def create(store: Store, name: str = "konten", **more: Any) -> Issued:
    with store.writing() as db:
        return credentials.create(db, name, **({"settings": SETTINGS, "now": NOW} | more))


def limit(store: Store, name: str = "konten", **changes: Any) -> Credential:
    with store.writing() as db:
        return credentials.limit(db, name, settings=SETTINGS, **changes)


def rotate(store: Store, overlap: dt.timedelta, now: dt.datetime = NOW) -> str:
    with store.writing() as db:
        return credentials.rotate(db, "konten", now=now, overlap=overlap).secret


def revoke(store: Store, name: str = "konten") -> Credential:
    with store.writing() as db:
        return credentials.revoke(db, name, now=NOW)


def every(store: Store) -> list[Credential]:
    with store.reading() as db:
        return credentials.every(db)


def key(store: Store) -> Key:
    with store.reading() as db:
        [(_, found)] = credentials.in_force(db)
    return found


def refused(store: Store, **more: Any) -> str:
    """Why a credential cannot be made, after which there is none more than before."""
    before = every(store)
    with pytest.raises(CredentialError) as raised:
        create(store, **more)
    assert every(store) == before
    return str(raised.value)


def test_a_credential_is_kept_as_it_was_made(store: Store) -> None:
    made = create(
        store,
        username="pemutar é",
        scopes=["state", "statements/write", "state"],
        origins=["https://konten.example"],
        per_minute=60,
        lms="moodle",
    )
    assert every(store) == [made.credential]
    assert made.credential == Credential(
        name="konten",
        username="pemutar é",
        scopes=(Scope.WRITE, Scope.STATE),
        origins=("https://konten.example",),
        per_minute=60,
        lms="moodle",
        created_at=NOW,
        rotated_at=None,
        old_until=None,
        revoked_at=None,
    )


def test_one_that_is_told_nothing_else_is_called_by_its_name_and_writes_and_reads_its_own(
    store: Store,
) -> None:
    made = create(store).credential
    assert (made.username, made.scopes) == ("konten", (Scope.WRITE, Scope.READ_MINE))
    assert (made.origins, made.per_minute, made.lms) == ((), None, "")


def test_a_secret_is_32_random_bytes_of_which_only_the_hash_is_kept(store: Store) -> None:
    made = create(store, random=lambda count: bytes(range(count)))
    assert base64.urlsafe_b64decode(made.secret + "=") == bytes(range(32))
    with store.reading() as db:
        row = db.execute(select(table)).one()
    assert row.secret_hash == fingerprint(made.secret.encode())
    assert made.secret not in repr(row)
    assert create(store, "lain").secret != create(store, "lagi").secret


def test_only_its_own_secret_fits(store: Store) -> None:
    secret = create(store).secret.encode()
    assert key(store).fits(secret, NOW)
    for wrong in (b"", secret[:-1], secret + b"x", fingerprint(secret).encode()):
        assert not key(store).fits(wrong, NOW)


def test_a_name_or_a_username_belongs_to_one_only(store: Store) -> None:
    create(store, username="pemutar")
    create(store, "lama")
    revoke(store, "lama")
    for taken in ("konten", "lama", "moodle", "lms-bridge"):
        assert f"{taken} already" in refused(store, name=taken, username="new")
    for taken in ("pemutar", "lama", "pengirim"):
        assert f"the username {taken} is taken" in refused(store, name="new", username=taken)


@pytest.mark.parametrize("name", ["", "Konten", "a b", "-a", "x" * 41, "é", "a\n"])
def test_a_name_is_a_short_word(store: Store, name: str) -> None:
    assert "is no name" in refused(store, name=name, username="x")


@pytest.mark.parametrize("username", ["a:b", "a\nb", "x" * 101, "\x7f", "\ud800"])
def test_a_username_is_text_that_a_header_can_carry(store: Store, username: str) -> None:
    assert "that is no username" in refused(store, username=username)


def test_a_scope_that_does_not_exist_is_told_with_the_nearest(store: Store) -> None:
    told = refused(store, scopes=["statement/write"])
    assert told == "there is no scope statement/write; did you mean statements/write?"
    assert "there are all, all/read, define" in refused(store, scopes=["x"])
    assert "without a scope" in refused(store, scopes=[])


def test_an_lms_that_does_not_exist_is_told_with_the_nearest(store: Store) -> None:
    assert refused(store, lms="modle") == "there is no [lms.modle]; did you mean moodle?"


def test_what_is_not_changed_stays(store: Store) -> None:
    made = create(store, scopes=["state"], origins=["https://a.example"], per_minute=5).credential
    assert limit(store) == made
    changed = limit(store, scopes=["all"])
    assert changed.scopes == (Scope.ALL,)
    assert (changed.origins, changed.per_minute) == (made.origins, made.per_minute)
    freed = limit(store, origins=(), per_minute=0)
    assert (freed.origins, freed.per_minute, freed.scopes) == ((), None, (Scope.ALL,))


def test_a_change_that_is_wrong_changes_nothing(store: Store) -> None:
    made = create(store).credential
    for wrong in ({"scopes": ["x"]}, {"origins": ["*"]}, {"lms": "x"}):
        with pytest.raises(CredentialError):
            limit(store, per_minute=1, **wrong)
    assert every(store) == [made]


def test_of_one_that_is_not_there_the_nearest_is_told(store: Store) -> None:
    create(store)
    with pytest.raises(CredentialError, match="no credential kontn; did you mean konten"):
        limit(store, "kontn")


def test_the_secret_that_was_replaced_is_taken_until_the_overlap_is_over(store: Store) -> None:
    old = create(store).secret.encode()
    new = rotate(store, DAY).encode()
    assert key(store).fits(new, NOW)
    assert key(store).fits(old, NOW + DAY - dt.timedelta(seconds=1))
    assert not key(store).fits(old, NOW + DAY)
    assert key(store).fits(new, NOW + 2 * DAY)
    [one] = every(store)
    assert (one.rotated_at, one.old_until) == (NOW, NOW + DAY)


def test_without_an_overlap_it_ends_at_once(store: Store) -> None:
    old = create(store).secret.encode()
    rotate(store, dt.timedelta())
    assert not key(store).fits(old, NOW)


def test_of_two_rotations_the_first_secret_ends_at_the_second(store: Store) -> None:
    first = create(store).secret.encode()
    second = rotate(store, DAY).encode()
    third = rotate(store, DAY).encode()
    assert [key(store).fits(one, NOW) for one in (first, second, third)] == [False, True, True]


def test_one_that_is_revoked_is_out_of_force_for_good(store: Store) -> None:
    create(store)
    assert revoke(store).revoked_at == NOW
    with store.reading() as db:
        assert credentials.in_force(db) == []
    for change in (limit, revoke, lambda store: rotate(store, DAY)):
        with pytest.raises(CredentialError, match="was revoked"):
            change(store)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://konten.example.go.id", "https://konten.example.go.id"),
        ("HTTPS://Konten.Example.go.id/", "https://konten.example.go.id"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://a.example:80", "https://a.example:80"),
        ("http://192.0.2.7", "http://192.0.2.7"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(given: str, sent: str) -> None:
    assert origin(given) == sent


@pytest.mark.parametrize(
    "given",
    [
        "",
        "*",
        "null",
        "konten.example",
        "https://",
        "https://*.example",
        "https://a.example/modul",
        "https://a.example?x",
        "https://a.example#x",
        "https://u:p@a.example",
        "ftp://a.example",
        "file:///a",
        "https://a.example:99999",
        "https://a b.example",
        "https://[::1",
    ],
)
def test_anything_else_is_no_origin(given: str) -> None:
    with pytest.raises(CredentialError, match="is no origin"):
        origin(given)


@given(st.text() | st.text().map("https://{}".format))
def test_whatever_is_given_is_an_origin_or_is_refused(given: str) -> None:
    try:
        found = origin(given)
    except CredentialError:
        return
    assert origin(found) == found
    assert found.isascii()
    assert not set(found) & set(" ,\r\n*")
