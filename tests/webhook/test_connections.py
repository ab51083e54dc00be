"""Requests that come over one connection, however what is sent is cut on its way."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from itertools import pairwise
from typing import NamedTuple

import httptools
import pytest
from sqlalchemy import select

from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import statements
from tests.webhook.conftest import PASSWORD, basic
from tests.webhook.examples import statement
from tests.webhook.serving import Served, serving
from webhook.connection import SMALL
from webhook.exchange import Receive, Scope, Send
from webhook.serving import Server

LINES = (
    "Host: 127.0.0.1\r\n"
    f"authorization: {basic('moodle', PASSWORD)}\r\n"
    "X-Experience-API-Version: 1.0.3\r\n"
)


class Sent(NamedTuple):
    """A request, with what it is to be answered and the statements that are stored then."""

    request: bytes
    status: int
    ids: tuple[str, ...] = ()


def request(first: str, body: bytes | None = None, *, more: str = "", chunks: int = 0) -> bytes:
    head = f"{first} HTTP/1.1\r\n{LINES}{more}"
    if body is None:
        return f"{head}\r\n".encode()
    head += "Content-Type: application/json\r\n"
    if not chunks:
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    size = -(-len(body) // chunks)
    pieces = [body[at : at + size] for at in range(0, len(body), size)] + [b""]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunked


def told(count: int = 1, **more: str) -> tuple[bytes, tuple[str, ...]]:
    ids = tuple(str(uuid.uuid4()) for _ in range(count))
    found = [statement(id=each, **more) for each in ids]
    return json.dumps(found if count > 1 else found[0]).encode(), ids


def anything(chance: random.Random) -> list[Sent]:
    """One request or a few that belong together."""
    body, ids = told()
    path, put = "/xapi/statements", f"PUT /xapi/statements?statementId={ids[0]}"
    large, of_large = told(SMALL // len(body) + 5)
    some, of_some = told(3)
    other = json.dumps(statement(id=ids[0], timestamp="2020-01-01T00:00:00Z")).encode()
    return chance.choice(
        [
            [Sent(request(f"POST {path}", body), 200, ids)],
            [Sent(request(f"POST {path}", some), 200, of_some)],
            [Sent(request(f"POST {path}", large), 200, of_large)],
            [Sent(request(f"POST {path}", some, chunks=3), 200, of_some)],
            [Sent(request(f"POST {path}", large, chunks=4), 200, of_large)],
            [Sent(request(f"POST http://127.0.0.1{path}", body), 200, ids)],
            [Sent(request(f"POST {path}?", body), 200, ids)],
            [Sent(request(f"POST {path}", body, more="X-Request-ID: a-b\r\n"), 200, ids)],
            [Sent(request(f"POST {path}", body, more="x_y: 1\r\nA: 1\r\na: 2\r\n"), 200, ids)],
            [Sent(request(put, body), 204, ids), Sent(request(put, body), 204)],
            [Sent(request(put, body), 204, ids), Sent(request(put, other), 409)],
            [Sent(request(f"POST {path}", body[:-1]), 400)],
            [Sent(request(f"POST {path}", b""), 400)],
            [Sent(request("GET /xapi/about"), 200)],
            [Sent(request("GET /xapi/nowhere"), 404)],
            [Sent(request(f"POST {path}", body, more="Origin: https://a.example\r\n"), 200, ids)],
        ]
    )


class Answers:
    """What is answered, in its order."""

    def __init__(self, came: bytes) -> None:
        self.statuses: list[int] = []
        self.parser = httptools.HttpResponseParser(self)
        self.parser.feed_data(came)

    def on_message_complete(self) -> None:
        self.statuses.append(self.parser.get_status_code())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, database_of_module: str) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("service"), database_of_module) as service:
        yield service


@pytest.mark.parametrize("seed", range(12))
def test_all_are_answered_in_their_order(
    served: Served, database_of_module: str, seed: int
) -> None:
    """Several may come before the first is answered, and the last with the end of the line."""
    chance = random.Random(seed)
    sent = [each for _ in range(chance.randrange(1, 30)) for each in anything(chance)]
    sent.append(Sent(request("GET /xapi/about", more="Connection: close\r\n"), 200))
    whole = b"".join(each.request for each in sent)
    cuts = sorted(chance.sample(range(1, len(whole)), chance.choice([0, 1, 5, 30])))
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin, end in pairwise([0, *cuts, len(whole)]):
            line.sendall(whole[begin:end])
            if chance.random() < 0.5:
                time.sleep(0.002)
        if chance.random() < 0.3:
            line.shutdown(socket.SHUT_WR)
        answers = Answers(b"".join(iter(lambda: line.recv(65536), b"")))
    assert answers.statuses == [each.status for each in sent]
    expected = {its_id for each in sent for its_id in each.ids}
    store = open_store(database_of_module)
    with store.reading() as db:
        assert expected <= set(db.execute(select(statements.c.id)).scalars())
    store.close()


# --- the server without the service -----------------------------------------------------------


class Says:
    """An application that answers by asking nobody what it is asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = f"{scope['method']} {scope['path']} {scope['http_version']}".encode()
        lines = [(b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": said})


@contextmanager
def listening(application: Says, *, connections: int) -> Iterator[int]:
    """Where a server of `application` is found."""
    server = Server(application, connections=connections, seconds=20)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


def ask(line: socket.socket, first: str = "GET /a%20b?c HTTP/1.1") -> tuple[int, bytes]:
    line.sendall(f"{first}\r\nHost: x\r\n\r\n".encode())
    answer = HTTPResponse(line)
    answer.begin()
    return answer.status, answer.read()


def test_more_than_there_is_room_for_are_told_so_and_others_are_not() -> None:
    with listening(Says(), connections=3) as port, ExitStack() as lines:
        here = [
            lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            for _ in range(2)
        ]
        assert [ask(line) for line in here * 2] == [(200, b"GET /a b 1.1")] * 4
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one_more:
            assert ask(one_more) == (503, b"Service Unavailable")
            assert one_more.recv(1) == b"", "it is ended"
        assert [ask(line) for line in here] == [(200, b"GET /a b 1.1")] * 2


@pytest.mark.parametrize("first", ["GET /a%20b HTTP/1.0", "GET http://x/a%20b?c#d HTTP/1.0"])
def test_what_is_asked_in_an_old_way_is_answered_once(first: str) -> None:
    with (
        listening(Says(), connections=9) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
    ):
        assert ask(line, first) == (200, b"GET /a b 1.0")
        assert line.recv(1) == b""
