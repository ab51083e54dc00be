"""Several processes that claim at the same moment, and claims from a long queue."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import event, insert

from lms_bridge.deliveries import queue
from lms_bridge.store.schema import completions, deliveries
from tests.conftest import NOW
from tests.deliveries.yard import REGISTRY, Yard


@pytest.fixture
def postgresql(yard: Yard) -> Yard:
    """A yard in which transactions can be under way side by side."""
    if yard.store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one transaction write at a time")
    return yard


def claim(yard: Yard, db, owner: str):
    return queue.claim(db, REGISTRY, owner=owner, now=yard.clock(), settings=yard.settings)


def test_a_claim_that_is_not_committed_keeps_others_from_the_same_person(postgresql: Yard):
    yard = postgresql
    first, second = yard.plan(person=1), yard.plan(person=1)
    other = yard.plan(person=2)
    with ExitStack() as stack:
        one, two = (stack.enter_context(yard.store.writing()) for _ in range(2))
        taken = claim(yard, one, "one")
        assert taken is not None
        assert taken.delivery_id == first
        also = claim(yard, two, "two")
        assert also is not None
        assert also.delivery_id == other, "not the first person's other one, and without waiting"
        assert claim(yard, two, "two") is None
    assert yard.state(second) == "waiting"


def test_a_claim_that_was_committed_meanwhile_is_seen(postgresql: Yard):
    yard = postgresql
    first, second = yard.plan(person=1), yard.plan(person=1)
    with yard.store.writing() as two:
        assert yard.taken(owner="one").delivery_id == first
        assert claim(yard, two, "two") is None
    assert yard.state(second) == "waiting"


def test_a_claim_that_is_undone_leaves_the_person_to_others(postgresql: Yard):
    yard = postgresql
    first = yard.plan(person=1)
    with yard.store.engine.connect() as broken:
        assert claim(yard, broken, "broken") is not None
    assert yard.taken().delivery_id == first


def test_many_who_claim_at_once_never_have_two_of_one_person(yard: Yard):
    for number in range(24):
        yard.plan(person=number % 4 + 1)
    taken: list[tuple[int, int]] = []
    together = threading.Barrier(4)

    def work(number: int) -> None:
        together.wait()
        while (one := yard.claim(owner=f"owner-{number}")) is not None:
            taken.append((one.employee_id, one.delivery_id))

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    people = [person for person, _ in taken]
    assert sorted(people) == sorted(set(people))
    assert len(people) == 4


def test_in_a_long_queue_the_next_is_found_at_the_head_of_an_index(yard: Yard):
    yard.plan()
    _fill(yard, 3000)
    if yard.store.engine.dialect.name == "postgresql":
        with yard.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.exec_driver_sql("ANALYZE")
    asked: list[tuple[str, object]] = []
    event.listen(
        yard.store.engine,
        "before_cursor_execute",
        lambda _c, _cursor, sql, values, *_: asked.append((sql, values)),
    )
    assert yard.claim() is not None
    candidate = next((sql, values) for sql, values in asked if "is_alone" in sql)
    explain = "EXPLAIN" if yard.store.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with yard.store.writing() as db:
        assert db.connection.driver_connection is not None
        cursor = db.connection.driver_connection.cursor()
        cursor.execute(f"{explain} {candidate[0]}", candidate[1])
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "ix_deliveries_due" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
    assert "Seq Scan" not in plan


def _fill(yard: Yard, count: int) -> None:
    """That many more, due one after another, of half as many people."""
    some = yard.row(1)
    with yard.store.writing() as db:
        row = db.execute(completions.select()).mappings().first()
        assert row is not None
        db.execute(
            insert(completions),
            [{**row, "id": 10 + n, "run": f"filler {n}"} for n in range(count)],
        )
        db.execute(
            insert(deliveries),
            [
                {
                    **some._mapping,
                    "id": 10 + n,
                    "completion_id": 10 + n,
                    "lane": f"{REGISTRY}:filler {n // 2}",
                    "due_at": NOW - dt.timedelta(seconds=n),
                    "state": "retrying" if n % 3 else "waiting",
                }
                for n in range(count)
            ],
        )
