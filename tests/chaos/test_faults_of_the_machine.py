"""What the bridge stands on fails it: nothing is stored in part, nothing is lost, and it goes on.

What others do on the wire stands in ``tests/transport/``, and who is slow to send in
``tests/webhook/test_slow_senders.py``.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from lms_bridge.intake import Intake, Origin
from lms_bridge.sandbox.city import SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import statements
from tests.conftest import Clock
from tests.deliveries.conftest import secrets, street
from tests.deliveries.street import SETTLE, Street, until
from tests.deliveries.test_settling import Machine
from xapi import Received, read_statements

__all__ = ["secrets", "street"]

MANY = 300


@pytest.fixture
def file(tmp_path: Any, migrated_file: Any) -> Iterator[Store]:
    path = tmp_path / "bridge.db"
    path.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def intake(file: Store, clock: Clock) -> Iterator[Intake]:
    intake = Intake(file, clock=clock)
    intake._commits._patience = 0.1
    yield intake
    intake.close()


def with_pragma(store: Store, pragma: str) -> Callable[[str], None]:
    """Gives what sets that of every connection of `store`, from when it is next used."""
    now = [""]

    def checkout(connection: Any, *_: object) -> None:
        if now[0]:
            connection.execute(f"PRAGMA {pragma} = {now[0]}")

    event.listen(store.engine, "checkout", checkout)

    def put(value: str) -> None:
        now[0] = value

    return put


def told(count: int) -> list[Received]:
    some = [
        {
            "id": f"6f0c0000-0000-4000-8000-{number:012d}",
            "actor": {"mbox": "mailto:siti@example.go.id", "name": "x" * 1000},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": f"https://lms.example/{number}"},
        }
        for number in range(count)
    ]
    return read_statements(json.dumps(some).encode())


def stored(store: Store) -> int:
    with store.reading() as db:
        return db.execute(select(func.count()).select_from(statements)).scalar_one()


@pytest.mark.parametrize(
    ("pragma", "bad", "good", "said"),
    [("max_page_count", "1", "1000000", "full"), ("query_only", "1", "0", "readonly")],
    ids=["the disk is full", "the file system is read-only"],
)
def test_a_request_that_cannot_be_stored_is_stored_in_no_part_and_can_be_sent_again(
    file: Store, intake: Intake, pragma: str, bad: str, good: str, said: str
) -> None:
    put = with_pragma(file, pragma)
    put(bad)
    with pytest.raises(OperationalError, match=said):
        intake.store(Origin("lms"), told(MANY))
    assert stored(file) == 0, "and what is there can still be read"
    put(good)
    intake.store(Origin("lms"), told(MANY))
    assert stored(file) == MANY


def test_a_lock_of_another_process_is_waited_for(file: Store, intake: Intake) -> None:
    with_pragma(file, "busy_timeout")("50")
    intake._commits._patience = 10
    with closing(sqlite3.connect(str(file.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        storing = threading.Thread(target=lambda: intake.store(Origin("lms"), told(1)))
        storing.start()
        storing.join(0.4)
        assert storing.is_alive(), "it is not given up"
        other.execute("ROLLBACK")
        storing.join(10)
    assert stored(file) == 1


def test_what_a_registry_has_confirmed_waits_until_it_can_be_noted(street: Street) -> None:
    put = with_pragma(street.yard.store, "query_only")
    delivery = street.record(SITI)
    recognise = street.city.registry.recognise

    def saved(request: Any) -> Any:
        if request.path.endswith("/kursus/save"):
            put("1")
        return recognise(request)

    street.city.registry.recognise = saved  # type: ignore[method-assign]
    working = threading.Thread(target=street.deliver, daemon=True)
    working.start()
    until(lambda: bool(street.our_rows(SITI)))
    working.join(0.3)
    assert street.yard.row(delivery).state == "running"
    put("0")
    working.join(20)
    (row,) = street.our_rows(SITI)
    assert street.yard.row(delivery).result_id == row["id"]


@pytest.mark.parametrize("hours", [-1, -48])
def test_a_clock_that_is_put_back_doubles_no_row_whose_answer_did_not_come(
    street: Street, hours: float
) -> None:
    street.faults.force(Fault.COMMIT_THEN_RESET, where="POST /kursus/save")
    street.record(SITI)
    street.deliver()
    street.yard.clock.forward(hours=hours)
    street.settle(most_hours=120)
    assert len(street.our_rows(SITI)) == 1


@pytest.mark.parametrize("hours", [0.1, 5, 24 * 365])
def test_a_clock_that_is_put_forward_doubles_no_row_that_is_still_to_land(
    street: Street, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    machine = Machine(monkeypatch)
    street.faults.force(Fault.LATE_COMMIT, where="POST /kursus/save")
    street.record(SITI)
    street.deliver()
    street.yard.clock.forward(hours=hours)
    machine.seconds += 1
    street.deliver()
    assert street.calls("POST /kursus/save") == 1, "what was sent may still take effect"
    until(lambda: len(street.our_rows(SITI)) == 1)
    for _ in range(2):
        machine.seconds += SETTLE
        street.yard.clock.forward(seconds=SETTLE)
        street.deliver()
    assert [row.state for row in street.rows()] == ["done"]
    assert street.calls("POST /kursus/save") == 1
