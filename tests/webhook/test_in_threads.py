"""A WSGI application in threads: what it is given, and what becomes of its answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from werkzeug.exceptions import ClientDisconnected

from tests.webhook.fronted import Exchange, run
from webhook.exchange import Receive, Scope, Send, environ_of
from webhook.in_threads import Body, InThreads

LENGTH = [(b"content-length", b"10")]


def answered(application: Any, exchange: Exchange, *, has_more: bool = True) -> Exchange:
    """What `application` answers to it, of whose body nothing has been looked at before."""
    threads = InThreads(application, threads=2)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(scope, receive, has_more=has_more)
        await threads(environ_of(scope), body, receive, send)

    return run(exchange.with_(serve))


def echo(environ: Any, start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body))), ("X-Thing", "1")])
    return [body]


def test_a_body_is_read_as_it_comes() -> None:
    exchange = answered(echo, Exchange(b"one ", b"", b"two ", b"three"))
    assert (exchange.status, exchange.body) == (200, b"one two three")
    assert exchange.headers == [("content-length", "13"), ("x-thing", "1")]


def test_a_body_is_read_by_lines_and_by_pieces() -> None:
    def read(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        read = [body.readline(), body.read(3), *body]
        start_response("200 OK", [])
        return [b"|".join(read)]

    assert answered(read, Exchange(b"a\nbcd", b"ef\n", b"g")).body == b"a\n|bcd|ef\n|g"


def test_it_works_in_a_thread_of_its_own() -> None:
    def who(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [threading.current_thread().name.encode()]

    assert answered(who, Exchange()).body.startswith(b"request")


def test_an_answer_that_is_there_as_a_whole_is_sent_once_the_work_is_done() -> None:
    closed: list[int] = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"all"])

        def close(self) -> None:
            closed.append(len(exchange.sent))

    def whole(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", "3")])
        return Parts()

    exchange = Exchange()
    assert answered(whole, exchange).body == b"all"
    assert closed == [0]


def test_an_answer_in_pieces_is_passed_on_before_it_is_there_as_a_whole() -> None:
    seen: list[int] = []

    def pieces(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        for number in range(5):
            seen.append(len(exchange.sent))
            yield b"%d" % number

    exchange = Exchange()
    assert answered(pieces, exchange).body == b"01234"
    assert seen[0] == 0
    assert seen[-1] >= 4  # the start and what came before the last but one


def test_an_answer_that_nobody_takes_is_not_made_any_further() -> None:
    ended = threading.Event()

    def without_end(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"x"
        finally:
            ended.set()

    exchange = answered(without_end, Exchange(gone=5), has_more=False)
    assert ended.is_set()
    assert len(exchange.sent) < 20


@pytest.mark.parametrize("status", ["204 NO CONTENT", "304 NOT MODIFIED"])
def test_an_answer_without_content_names_no_length(status: str) -> None:
    def nothing(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Length", "0"), ("ETag", '"1"')])
        return []

    exchange = answered(nothing, Exchange())
    assert (exchange.headers, exchange.body) == ([("etag", '"1"')], b"")


def test_when_it_is_is_said_by_the_server_alone() -> None:
    def dated(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Date", "Fri, 27 Nov 2026 19:23:24 GMT"), ("X-Thing", "1")])
        return [b"all"]

    assert answered(dated, Exchange()).headers == [("x-thing", "1")]


def test_what_is_written_the_old_way_is_sent_as_well() -> None:
    def written(_environ: Any, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        write(b"first ")
        return [b"second"]

    assert answered(written, Exchange()).body == b"first second"


def test_an_answer_that_is_taken_back_before_it_was_sent_is_not_sent() -> None:
    def changed(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("X-First", "1"), ("Content-Length", "100")])
        start_response("500 ERROR", [], (ValueError, ValueError(), None))
        return [b"sorry"]

    exchange = answered(changed, Exchange())
    assert (exchange.status, exchange.headers, exchange.body) == (500, [], b"sorry")


def test_what_goes_wrong_goes_to_the_server() -> None:
    def wrong(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answered(wrong, Exchange())


@pytest.mark.parametrize("headers", [[], LENGTH])
def test_a_body_that_is_cut_off_is_told_from_a_whole_one(headers: Any) -> None:
    """By its length, if it has one; else by us."""
    seen: list[Any] = []

    def read(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        seen.append(body.read(4))
        try:
            seen.append(body.read(4))
        except ClientDisconnected:
            seen.append("cut off")
        start_response("400 BAD", [])
        return []

    assert answered(read, Exchange(b"half", cut_off=True, headers=headers)).status == 400
    assert seen == [b"half", b"" if headers else "cut off"]


def test_so_many_are_worked_on_at_once_and_the_others_wait() -> None:
    inside, go = threading.Semaphore(0), threading.Event()

    def slow(_environ: Any, start_response: Any) -> Iterable[bytes]:
        inside.release()
        assert go.wait(30)
        start_response("200 OK", [])
        return [b"done"]

    threads = InThreads(slow, threads=2)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await threads(environ_of(scope), Body(scope, receive, has_more=False), receive, send)

    async def ask() -> list[Exchange]:
        asked = [asyncio.create_task(Exchange().with_(serve)) for _ in range(3)]
        for _ in range(2):
            assert await asyncio.to_thread(inside.acquire, timeout=30)
        await asyncio.sleep(0.05)
        assert not inside.acquire(blocking=False)
        go.set()
        return await asyncio.gather(*asked)

    assert [each.body for each in run(ask())] == [b"done"] * 3
