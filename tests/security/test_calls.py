"""Whom the bridge calls, and whom it does not, whatever address it is handed."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from lms_bridge.accounts.oidc import Provider, SignOnFailed
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Oidc
from lms_bridge.http import public
from lms_bridge.http.client import Answer, HttpClient
from lms_bridge.openbadges.fetching import fetched
from lms_bridge.openbadges.untrue import Untrue
from tests.conftest import on_sqlite
from tests.scene import completed
from tests.webhook.conftest import Client

PRIVATE = (
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.20.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.1.2.3",
    "",
    "not an address",
)


@pytest.fixture
def listening() -> Iterator[tuple[int, list[Any]]]:
    """A port of this machine, and who has connected to it."""
    seen: list[Any] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        try:
            while True:
                seen.append(server.accept())
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    with closing(server):
        yield server.getsockname()[1], seen


@on_sqlite
def test_no_address_in_a_statement_is_called(
    lrs: Client, listening: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, _ = listening
    connected: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        connected.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    here = f"http://127.0.0.1:{port}/"
    file = {
        "usageType": f"{here}usage",
        "display": {"en": "x"},
        "contentType": "text/plain",
        "length": 1,
        "sha2": hashlib.sha256(b"x").hexdigest(),
        "fileUrl": f"{here}file",
    }
    who = {"account": {"homePage": here, "name": "siti"}}
    told = completed(who, activity=f"{here}activity", attachments=[file])
    assert lrs.post(told).status_code == 200
    asked = lrs.send("GET", query_string={"attachments": "true"})
    assert asked.status_code == 200
    assert connected == []


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_we_can_reach_is_not_public(address: str) -> None:
    assert not public.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_an_address_of_a_stranger_is_called_in_the_public_internet_only(
    listening: tuple[int, list[Any]], host: str
) -> None:
    port, seen = listening
    with pytest.raises(Untrue, match="is none of the public Internet"):
        fetched(f"https://{host}:{port}/did.json")
    assert seen == []


def test_a_name_that_leads_elsewhere_when_it_is_asked_again_is_not_called(
    listening: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = listening
    asked: list[str] = []

    def resolved(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        address = "203.160.1.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(Untrue, match="is none of the public Internet"):
        fetched(f"https://rebinding.example:{port}/did.json")
    assert len(asked) == 2
    assert all(not each.recv(1) for each, _ in seen), "not a byte was sent"


def test_a_provider_cannot_have_the_secret_sent_in_the_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {
        "issuer": "https://sso.example",
        "authorization_endpoint": "https://sso.example/auth",
        "token_endpoint": "http://sso.example/token",
        "jwks_uri": "https://sso.example/keys",
    }

    def answer(self: HttpClient, method: str, url: str, **_: Any) -> Answer:
        return Answer(200, {}, msgspec.json.encode(said if "well-known" in url else {"keys": []}))

    monkeypatch.setattr(HttpClient, "exchange", answer)
    oidc = Oidc(issuer="https://sso.example", client_id="x", client_secret=Secret("env:X"))
    with pytest.raises(SignOnFailed, match="does not speak TLS"):
        Provider(oidc)._known()
