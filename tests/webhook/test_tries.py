"""Who guesses the password of a sender has to wait, and nobody else."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Web
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.webhook.conftest import PASSWORD, Client, basic, settings
from webhook.access import Access, Grant
from webhook.app import create_app
from webhook.peer import address
from webhook.tries import PER_MINUTE, PER_PLACE, TooMany, Tries

pytestmark = on_sqlite

SOMEWHERE = "203.0.113.7"


def knock(
    lrs: Client, password: str, *, username: str = "moodle", at: str = SOMEWHERE, **more: Any
) -> TestResponse:
    headers = {"Authorization": basic(username, password)} | more
    return lrs.post([], headers=headers, environ_base={"REMOTE_ADDR": at})


def guess(lrs: Client, times: int = PER_MINUTE, **more: Any) -> list[int]:
    return [knock(lrs, f"guess {number}", **more).status_code for number in range(times)]


def test_after_so_many_wrong_ones_it_has_to_wait(lrs: Client, lines: io.StringIO) -> None:
    assert guess(lrs) == [401] * PER_MINUTE
    answer = knock(lrs, PASSWORD)
    assert answer.status_code == 429, "not looked at, so that nothing is found out by it"
    assert answer.headers["Retry-After"] == "6"
    assert answer.json["error"] == (
        "too many wrong passwords for this username came from 203.0.113.7, so this one was not"
        " looked at; nothing was stored, send it again in 6 s"
    )
    assert "address=203.0.113.7" in lines.getvalue()


def test_whoever_was_right_before_is_let_in_all_the_same(lrs: Client) -> None:
    assert knock(lrs, PASSWORD).status_code == 200
    assert guess(lrs, PER_MINUTE + 1)[-1] == 429
    long_way = {"Origin": "https://lms.example"}  # else a glance at the header is enough
    assert [knock(lrs, PASSWORD, **long_way).status_code for _ in range(30)] == [200] * 30
    assert guess(lrs, 1) == [429], "what is right gives nobody more tries"


@pytest.mark.parametrize(
    ("place", "other"),
    [(SOMEWHERE, "203.0.113.8"), ("2001:db8:1:2::1", "2001:db8:1:3::1")],
)
def test_others_are_let_in_from_elsewhere(lrs: Client, place: str, other: str) -> None:
    assert guess(lrs, PER_MINUTE + 1, at=place)[-1] == 429
    assert knock(lrs, PASSWORD, at=other).status_code == 200
    assert guess(lrs, 1, username="konten é", at=place) == [401]


def test_all_of_a_network_of_ipv6_is_one_place(lrs: Client) -> None:
    tried = [guess(lrs, 1, at=f"2001:db8:1:2::{number:x}")[0] for number in range(PER_MINUTE + 1)]
    assert tried == [401] * PER_MINUTE + [429]


def test_usernames_that_nobody_has_are_treated_alike(lrs: Client) -> None:
    assert guess(lrs, PER_MINUTE + 1, username="nobody")[-1] == 429


def test_of_all_usernames_together_one_place_has_so_many(lrs: Client) -> None:
    tried = [guess(lrs, 1, username=f"nobody{number}")[0] for number in range(PER_PLACE + 1)]
    assert tried == [401] * PER_PLACE + [429]
    assert guess(lrs, 1, at="203.0.113.8") == [401]


def test_what_was_not_looked_at_counts_for_nothing(lrs: Client) -> None:
    assert guess(lrs, PER_PLACE * 2)[-1] == 429
    assert guess(lrs, 1, username="konten é") == [401]


def test_this_machine_never_waits_nor_whom_a_proxy_on_it_does_not_name(lrs: Client) -> None:
    assert set(guess(lrs, PER_MINUTE * 3, at="127.0.0.1")) == {401}
    named = {"at": "127.0.0.1", "X-Forwarded-For": SOMEWHERE}
    assert guess(lrs, PER_MINUTE + 1, **named)[-1] == 429
    assert knock(lrs, PASSWORD, at="127.0.0.1").status_code == 200


def test_what_carries_no_credentials_is_no_try(lrs: Client) -> None:
    for _ in range(PER_MINUTE * 2):
        answer = lrs.post(
            [], headers={"Authorization": None}, environ_base={"REMOTE_ADDR": SOMEWHERE}
        )
        assert answer.status_code == 401
    assert knock(lrs, PASSWORD).status_code == 200


def test_a_password_that_could_not_be_read_was_not_wrong(
    lrs: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOODLE_PASSWORD")
    assert {knock(lrs, PASSWORD).status_code for _ in range(PER_MINUTE * 2)} == {500}
    monkeypatch.setenv("MOODLE_PASSWORD", PASSWORD)
    assert knock(lrs, PASSWORD).status_code == 200


def test_whoever_waits_as_long_as_told_has_one_more(bridge: Bridge) -> None:
    now = 0.0
    tries = Tries(Access(bridge.settings, bridge.store), lambda: now)
    for _ in range(PER_MINUTE):
        assert tries.grant_of(basic("moodle", "wrong"), SOMEWHERE) is None
    with pytest.raises(TooMany) as refused:
        tries.grant_of(basic("moodle", PASSWORD), SOMEWHERE)
    now += refused.value.seconds
    assert tries.grant_of(basic("moodle", PASSWORD), SOMEWHERE)


def test_many_at_once_are_not_more(bridge: Bridge) -> None:
    tries = Tries(Access(bridge.settings, bridge.store), lambda: 0.0)

    def one(number: int) -> bool:
        try:
            return tries.grant_of(basic("moodle", str(number)), SOMEWHERE) is None
        except TooMany:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(100))) == PER_MINUTE


def test_many_right_ones_at_once_keep_each_other_from_nothing(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access(bridge.settings, bridge.store)
    look, go_on = access.grant_of, threading.Event()

    def slowly(authorization: str | None) -> Grant | None:
        go_on.wait(10)
        return look(authorization)

    monkeypatch.setattr(access, "grant_of", slowly)
    tries = Tries(access, lambda: 0.0)
    header, many = basic("moodle", PASSWORD), 2 * PER_MINUTE
    with ThreadPoolExecutor(many) as pool:
        found = [pool.submit(tries.grant_of, header, SOMEWHERE) for _ in range(many)]
        time.sleep(0.3)  # by then all of them are at it
        go_on.set()
        assert all(one.result() for one in found)


@pytest.mark.parametrize(
    ("peer", "named", "said"),
    [
        ("192.0.2.11", "203.0.113.7", "203.0.113.7"),
        ("192.0.2.11", "203.0.113.9, 203.0.113.7", "203.0.113.7"),
        ("192.0.2.11", "203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 192.0.2.11", "203.0.113.7"),
        ("::ffff:192.0.2.11", "2001:db8::7", "2001:db8::7"),
        ("192.0.2.12", "203.0.113.7", "192.0.2.12"),
        ("192.0.2.11", "nobody", "192.0.2.11"),
        ("192.0.2.11", "", "192.0.2.11"),
    ],
)
def test_a_proxy_of_the_configuration_says_from_where_somebody_comes(
    store: Store, secrets: None, peer: str, named: str, said: str
) -> None:
    bridge = Bridge(settings(web=Web(proxies=("192.0.2.11", "10.0.0.0/8"))), store)
    app: Flask = create_app(bridge)
    with app.test_request_context(
        environ_base={"REMOTE_ADDR": peer}, headers={"X-Forwarded-For": named}
    ):
        assert address() == said
    bridge.intake.close()
