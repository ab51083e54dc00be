"""A request of ASGI as WSGI knows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webhook.fronted import scope
from webhook.exchange import environ_of


def test_it_says_all_that_an_application_asks_for() -> None:
    environ = environ_of(
        scope(
            "POST",
            "/xapi/statements",
            "limit=1&x=%20",
            http_version="1.0",
            headers=[
                (b"host", b"bridge.example"),
                (b"content-type", b"application/json"),
                (b"content-length", b"2"),
                (b"x-experience-api-version", b"1.0.3"),
            ],
        )
    )
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/xapi/statements",
        "QUERY_STRING": "limit=1&x=%20",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "bridge.example",
        "HTTP_X_EXPERIENCE_API_VERSION": "1.0.3",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.0",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
    }
    assert {name: environ.get(name) for name in expected} == expected


def headers(*pairs: tuple[bytes, bytes]) -> dict[str, Any]:
    environ = environ_of(scope(headers=list(pairs)))
    return {name: value for name, value in environ.items() if name.startswith("HTTP_")}


def test_what_a_header_says_more_than_once_is_said_in_one() -> None:
    said = headers(
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"cookie", b"a=1"),
        (b"x-forwarded-for", b"10.0.0.2"),
        (b"cookie", b"b=2"),
    )
    assert said == {"HTTP_X_FORWARDED_FOR": "10.0.0.1,10.0.0.2", "HTTP_COOKIE": "a=1; b=2"}


def test_an_underscore_is_not_taken_for_the_hyphen_that_a_proxy_looks_at() -> None:
    assert headers((b"x_forwarded_for", b"10.9.9.9"), (b"x-real-ip", b"10.0.0.1")) == {
        "HTTP_X_REAL_IP": "10.0.0.1"
    }


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a%20b", "/a b"),
        (b"/%C3%A9", "/\xc3\xa9"),
        (b"/%ff%00", "/\xff\x00"),
        (b"/100%", "/100%"),
    ],
)
def test_a_path_is_unescaped_byte_by_byte(raw: bytes, path: str) -> None:
    assert environ_of(scope(raw_path=raw))["PATH_INFO"] == path


def test_names_without_end_are_understood_and_not_remembered() -> None:
    from webhook import exchange

    for number in range(5000):
        name = b"x-made-up-%d" % number
        assert headers((name, b"1")) == {f"HTTP_X_MADE_UP_{number}": "1"}
    assert len(exchange._VARIABLES) <= exchange._MOST_NAMES
