"""What is answered in the thread that speaks HTTP, and what is handed to others."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from flask import Flask

from lms_bridge.bridge import Bridge
from lms_bridge.store.at_once import Appender
from tests.conftest import on_sqlite
from tests.webhook.conftest import LIMIT, PASSWORD, Client, basic
from tests.webhook.examples import ID, statement
from tests.webhook.fronted import Exchange, run
from webhook.front import Front
from webhook.meter import Meter

PATH = "/xapi/statements"


@pytest.fixture
def front(bridge: Bridge, app: Flask) -> Front:
    return Front(bridge, app)


def told(value: Any, *, pieces: int = 1, method: str = "POST", **more: Any) -> Exchange:
    """A request that tells of `value`, which comes in so many pieces."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    headers = {
        "authorization": basic("moodle", PASSWORD),
        "content-type": "application/json",
        "content-length": str(len(body)),
        "x-experience-api-version": "1.0.3",
    } | more.pop("headers", {})
    size = -(-len(body) // pieces)
    return Exchange(
        *(body[at : at + size] for at in range(0, len(body), size)),
        method=method,
        path=PATH,
        headers=[(name.encode(), said.encode()) for name, said in headers.items() if said],
        **more,
    )


def asked(front: Front, *exchanges: Exchange) -> None:
    """Answer all of them, that come at the same time."""

    async def ask() -> None:
        await asyncio.gather(*(each.with_(front) for each in exchanges))

    run(ask())


def test_statements_are_stored_without_a_thread(
    front: Front, known: Client, ordinary: list[str]
) -> None:
    exchanges = [told(statement()), told([statement(id=ID), statement()])]
    front._in_threads = None  # type: ignore[assignment] - it is not needed
    asked(front, *exchanges)
    assert ordinary == []
    ids = [one for each in exchanges for one in json.loads(each.body)]
    assert sorted(row.id for row in known.stored()) == sorted(ids)
    assert {row.sender for row in known.stored()} == {"moodle"}


def test_many_at_once_are_answered_each_with_its_own(front: Front, known: Client) -> None:
    exchanges = [told(statement(result={"response": str(number)})) for number in range(200)]
    asked(front, *exchanges)
    said = {row.id: json.loads(row.raw)["result"]["response"] for row in known.stored()}
    assert [said[json.loads(each.body)[0]] for each in exchanges] == [*map(str, range(200))]


def test_what_is_refused_there_is_refused_the_ordinary_way(
    front: Front, known: Client, ordinary: list[str]
) -> None:
    known.post(statement(id=ID))
    other = told(statement(id=ID, verb={"id": "act:other"}))
    broken = told(b"{")
    asked(front, other, broken)
    assert (other.status, broken.status) == (409, 400)
    assert ordinary == ["POST", "POST"]
    assert [row.id for row in known.stored()] == [ID]


@on_sqlite
def test_what_does_not_come_as_a_whole_is_read_by_a_thread(
    front: Front, known: Client, ordinary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[str] = []
    read = front._short.read

    def seen(*arguments: Any) -> Any:
        here.append(threading.current_thread().name.partition("_")[0])
        return read(*arguments)

    monkeypatch.setattr(front._short, "read", seen)
    asked(front, told([statement()] * 4, pieces=5), told(statement()))
    assert sorted(here) == ["loop", "request"]
    assert ordinary == []
    assert len(known.stored()) == 5


@on_sqlite
def test_a_body_without_a_length_is_taken(front: Front, known: Client, ordinary: list[str]) -> None:
    chunked = {"content-length": "", "transfer-encoding": "chunked"}
    small, large = told([statement()], headers=chunked), told([], headers=chunked)
    large._pieces = [b"[", b" " * LIMIT, b" ", b"]"]
    asked(front, small, large)
    assert (small.status, large.status) == (200, 413)
    assert ordinary == ["POST", "POST"]


@on_sqlite
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_body_that_is_cut_off_is_refused_and_nothing_of_it_stored(
    front: Front, known: Client, pieces: int
) -> None:
    body = json.dumps(statement()).encode()
    length = str(len(body) + 1)
    exchange = told(body, pieces=pieces, cut_off=True, headers={"content-length": length})
    asked(front, exchange)
    assert exchange.status == 400
    assert f"the body ends after {len(body)} of {length}" in exchange.body.decode()
    assert known.stored() == []


@on_sqlite
def test_what_waits_for_the_database_keeps_nobody_else_waiting(
    front: Front, known: Client, bridge: Bridge
) -> None:
    """Also when its sender gives up, it is stored all the same."""
    locked, go = threading.Event(), threading.Event()

    def lock() -> None:
        with bridge.store.writing():
            locked.set()
            assert go.wait(30)

    async def ask() -> None:
        locking = asyncio.create_task(asyncio.to_thread(lock))
        await asyncio.to_thread(locked.wait, 30)
        waiting = asyncio.create_task(told(statement(id=ID)).with_(front))
        health = await Exchange(path="/healthz").with_(front)
        assert health.status == 200
        assert not waiting.done()
        waiting.cancel()
        go.set()
        await locking

    run(ask())
    bridge.intake.close()
    assert [row.id for row in known.stored()] == [ID]


def test_what_cannot_be_stored_at_once_is_stored_all_the_same(
    front: Front, known: Client, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge.intake, "stored_promptly", lambda _: False)
    exchanges = [told(statement()) for _ in range(20)]
    asked(front, *exchanges, told([]))
    ids = [json.loads(each.body)[0] for each in exchanges]
    assert sorted(row.id for row in known.stored()) == sorted(ids)


@on_sqlite
def test_it_is_counted_and_named_as_any_request(front: Front, known: Client, app: Flask) -> None:
    meter: Meter = app.extensions["meter"]
    before = meter.answers()[("statements", "POST", "200")]
    exchange = told(statement(), headers={"x-request-id": "abcd-1234"})
    asked(front, exchange, told(b"{"))
    assert dict(exchange.headers)["x-request-id"] == "abcd-1234"
    assert meter.answers()[("statements", "POST", "200")] == before + 1
    assert meter.answers()[("statements", "POST", "400")] == 1
    assert meter.under_way == 0


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements were stored each time."""
    groups: list[int] = []
    append = Appender.append

    def counted(appender: Appender, rows: Any, **more: Any) -> bool:
        groups.append(len(rows))
        return append(appender, rows, **more)

    monkeypatch.setattr(Appender, "append", counted)
    return groups


def test_one_commit_is_made_for_what_comes_together(
    front: Front, known: Client, groups: list[int]
) -> None:
    asked(front, *(told(statement()) for _ in range(50)))
    assert sum(groups) == 50
    assert len(groups) < 50


@on_sqlite
def test_what_comes_while_others_are_read_is_stored_with_them(
    front: Front, known: Client, groups: list[int]
) -> None:
    async def one_after_the_other() -> None:
        asked = []
        for _ in range(100):
            asked.append(asyncio.create_task(told(statement()).with_(front)))
            await asyncio.sleep(0)
        await asyncio.gather(*asked)

    run(one_after_the_other())
    assert groups == [64, 36]
