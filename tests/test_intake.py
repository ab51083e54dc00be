"""Taking statements in, without the web in front."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, func, select

from lms_bridge.bridge import utc_now
from lms_bridge.intake import Conflict, Intake, Origin
from lms_bridge.store.at_once import Appender, Row
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import statements
from tests.conftest import NOW, Clock
from tests.webhook.examples import ID, OTHER_ID, statement
from xapi import Received, read_statements

MOODLE = Origin("moodle")
THREADS = 8


def received(*values: dict[str, Any]) -> list[Received]:
    return read_statements(json.dumps(values).encode())


@pytest.fixture
def intake(store: Store, clock: Clock) -> Iterator[Intake]:
    intake = Intake(store, clock=clock)
    yield intake
    intake.close()


def count(store: Store) -> int:
    """How many statements are stored."""
    with store.reading() as db:
        return db.execute(select(func.count()).select_from(statements)).scalar_one()


def together(work: Callable[[int], Any]) -> list[Any]:
    """`work` by several threads that begin at the same moment; what each returned or raised."""
    ready = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        ready.wait()
        try:
            return work(number)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def places(store: Store) -> list[int]:
    with store.reading() as db:
        return list(db.scalars(select(statements.c.seq).order_by(statements.c.seq)))


def test_statements_have_the_places_that_follow_the_time_at_which_they_are_stored(
    store: Store, intake: Intake, clock: Clock
) -> None:
    first = place_of(NOW)
    intake.store(MOODLE, received(statement(), statement()))
    assert places(store) == [first, first + 1]
    clock.forward(seconds=1)
    intake.store(MOODLE, received(statement()))
    assert places(store)[2:] == [first + 1_000_000]


def test_a_clock_that_is_put_back_puts_no_statement_before_another(
    store: Store, intake: Intake, clock: Clock
) -> None:
    intake.store(MOODLE, received(statement(id=ID)))
    clock.forward(days=-1)
    intake.store(MOODLE, received(statement(id=OTHER_ID)))
    assert places(store) == [place_of(NOW), place_of(NOW) + 1]
    with store.reading() as db:
        query = select(statements.c.id).order_by(statements.c.seq)
        assert list(db.scalars(query)) == [ID, OTHER_ID]


def test_whoever_reads_in_order_misses_nothing_of_many_writers(
    database_url: str, store: Store
) -> None:
    stores = [open_store(database_url) for _ in range(2)]
    intakes = [Intake(each, clock=utc_now) for each in stores]
    ended = threading.Event()

    def send(number: int) -> None:
        for _ in range(20):
            intakes[number % 2].store(MOODLE, received(*[statement()] * (1 + number)))

    def read() -> list[int]:
        seen: list[int] = []
        while True:
            last_time = ended.is_set()
            with store.reading() as db:
                after = statements.c.seq > (seen[-1] if seen else 0)
                seen += db.scalars(select(statements.c.seq).where(after).order_by("seq"))
            if last_time:
                return seen

    with ThreadPoolExecutor(THREADS + 1) as pool:
        reader = pool.submit(read)
        list(pool.map(send, range(THREADS)))
        ended.set()
        seen = reader.result()
    assert len(seen) == 20 * sum(range(1, THREADS + 1))
    assert seen == places(store)
    for intake, each in zip(intakes, stores, strict=True):
        intake.close()
        each.close()


def test_nothing_received_needs_no_transaction(store: Store, intake: Intake) -> None:
    begun = []
    event.listen(store.engine, "begin", begun.append)
    assert intake.store(MOODLE, []) == []
    assert begun == []


def test_concurrent_senders_share_a_commit(
    store: Store, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    append = Appender.append

    def slow_disk(appender: Appender, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        commits.append(len(rows))
        time.sleep(0.05)
        return append(appender, rows, now=now)

    monkeypatch.setattr(Appender, "append", slow_disk)
    senders, requests = 32, 3
    ready = threading.Barrier(senders)

    def send(_number: int) -> set[str]:
        ready.wait()
        return {intake.store(MOODLE, received(statement()))[0] for _ in range(requests)}

    with ThreadPoolExecutor(senders) as pool:
        ids = set().union(*pool.map(send, range(senders)))
    assert len(ids) == senders * requests
    assert count(store) == senders * requests
    assert sum(commits) == senders * requests
    assert len(commits) <= senders * requests / 4


def test_what_was_committed_when_the_connection_was_lost_is_not_stored_again(
    store: Store, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Appender.append
    lost = []

    def lose(appender: Appender, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        stored = append(appender, rows, now=now)
        if lost:
            return stored
        lost.append(rows)
        raise TimeoutError("nobody knows what became of it")

    monkeypatch.setattr(Appender, "append", lose)
    [given] = intake.store(MOODLE, received(statement()))
    with store.reading() as db:
        assert db.scalars(select(statements.c.id)).all() == [given]


def test_a_conflict_of_one_request_is_not_felt_by_those_it_shares_a_commit_with(
    store: Store, intake: Intake
) -> None:
    intake.store(MOODLE, received(statement(id=ID)))

    def send(number: int) -> list[str]:
        told = statement(id=ID, verb={"id": "x:other"}) if number % 2 else statement()
        return intake.store(MOODLE, received(told))

    answers = together(send)
    assert [isinstance(answer, Conflict) for answer in answers] == [False, True] * (THREADS // 2)
    assert count(store) == 1 + THREADS // 2


def test_of_many_who_send_one_id_at_once_all_are_answered_and_one_is_stored(
    store: Store, intake: Intake
) -> None:
    answers = together(lambda _: intake.store(MOODLE, received(statement(id=ID))))
    assert answers == [[ID]] * THREADS
    assert count(store) == 1


def test_of_many_who_send_different_statements_by_one_id_only_one_is_believed(
    store: Store, intake: Intake
) -> None:
    def send(number: int) -> list[str]:
        return intake.store(MOODLE, received(statement(id=ID, verb={"id": f"x:{number}"})))

    answers = together(send)
    assert Counter(isinstance(answer, Conflict) for answer in answers) == {
        True: THREADS - 1,
        False: 1,
    }
    assert count(store) == 1


def test_several_web_processes_may_receive_the_same_statements_in_any_order(
    database_url: str, store: Store, clock: Clock
) -> None:
    stores = [open_store(database_url) for _ in range(2)]
    intakes = [Intake(each, clock=clock) for each in stores]
    ids = [f"fd41c918-b88b-4b20-a0a5-{number:012}" for number in range(20)]

    def send(number: int) -> list[str]:
        order = ids if number % 3 else ids[::-1]
        return intakes[number % 2].store(MOODLE, received(*(statement(id=i) for i in order)))

    answers = together(send)
    assert all(sorted(answer) == ids for answer in answers)
    assert count(store) == len(ids)
    for intake, each in zip(intakes, stores, strict=True):
        intake.close()
        each.close()


def test_one_statement_may_be_stored_under_an_id_that_it_does_not_carry(
    store: Store, intake: Intake
) -> None:
    [one] = received(statement())
    intake.store(MOODLE, [one], under=OTHER_ID.upper())
    with store.reading() as db:
        row = db.execute(select(statements)).one()
    assert (row.id, row.raw) == (OTHER_ID, one.raw)


def test_more_ids_than_a_query_takes_are_looked_up_all_the_same(
    store: Store, intake: Intake
) -> None:
    many = [statement(id=f"fd41c918-b88b-4b20-a0a5-{number:012}") for number in range(1100)]
    intake.store(MOODLE, received(*many))
    intake.store(MOODLE, received(*many))
    assert count(store) == 1100
