"""From where ``[console] access`` lets anybody in to sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Console
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.webhook.conftest import settings
from webhook.app import create_app

pytestmark = on_sqlite

Visit = Callable[..., TestResponse]


@pytest.fixture
def visit(store: Store) -> Visit:
    def get(console: Console, path: str = "/console/sign-in", **more: Any) -> TestResponse:
        bridge = Bridge(settings(console=console), store)
        try:
            return create_app(bridge).test_client().get(path, **more)
        finally:
            bridge.intake.close()

    return get


LOOPBACK = Console(access="loopback")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"]
)
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
def test_whoever_is_on_this_machine_is_let_in(visit: Visit, host: str, address: str) -> None:
    here = {"REMOTE_ADDR": address}
    assert visit(LOOPBACK, headers={"Host": host}, environ_base=here).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "2001:db8::1", "", "unix:"])
def test_whoever_is_on_another_machine_is_not(visit: Visit, address: str) -> None:
    answer = visit(LOOPBACK, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 403
    assert "on this machine only" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"])
def test_a_page_of_somebody_elses_cannot_fetch_ours_under_its_own_name(
    visit: Visit, host: str
) -> None:
    assert visit(LOOPBACK, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"]
)
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_here(visit: Visit, header: str) -> None:
    assert visit(LOOPBACK, headers={header: "10.0.0.7"}).status_code == 403


@pytest.mark.parametrize("protocol", ["HTTP/1", "HTTP/1.0"])
def test_nor_is_what_nginx_passes_on_without_having_been_told_to_say_so(
    visit: Visit, protocol: str
) -> None:
    old = {"SERVER_PROTOCOL": protocol}
    assert visit(LOOPBACK, environ_overrides=old).status_code == 403


def test_whoever_comes_is_shown_the_way_in_where_that_is_wanted(visit: Visit) -> None:
    answer = visit(
        Console(access="network"),
        headers={"X-Forwarded-For": "10.0.0.7"},
        environ_base={"REMOTE_ADDR": "10.0.0.7"},
    )
    assert answer.status_code == 200


def test_a_page_that_is_switched_off_is_not_there(visit: Visit) -> None:
    assert visit(Console(access="off")).status_code == 404
    assert visit(Console(access="off"), "/console/static/console.css").status_code == 404


def test_even_the_looks_are_shown_to_nobody_else(visit: Visit) -> None:
    away = {"REMOTE_ADDR": "10.0.0.7"}
    assert visit(LOOPBACK, "/console/static/console.css", environ_base=away).status_code == 403


def test_the_root_leads_to_the_console(visit: Visit) -> None:
    assert visit(LOOPBACK, "/").headers["Location"] == "/console/"
