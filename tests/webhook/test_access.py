"""Reading HTTP Basic credentials (RFC 7617; Communication 4.0)."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.config.settings import Sender
from webhook.access import Senders, credentials

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
