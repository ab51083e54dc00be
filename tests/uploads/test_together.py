"""Many at once: exports by several processes, a kill at any moment, and ten thousand rows."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import NoResultFound

from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import completions, deliveries, upload_rows, uploads
from lms_bridge.tables import TableError
from lms_bridge.uploads import making, marking
from lms_bridge.uploads.states import IN_FORCE, CannotDo
from lms_bridge.withdrawals import CannotDecide
from tests.conftest import NOW, Clock
from tests.deliveries.yard import Yard, refuse_illegal_transitions
from tests.trials import times
from tests.uploads.desk import NAME, Desk, form

_SPAWN = multiprocessing.get_context("spawn")


def _export(url: str, often: int, started: Any = None) -> None:
    """What a process of its own does."""
    store = open_store(url)
    layout = form(most_rows=3)
    if started is not None:
        started.set()
    for _ in range(often):
        with store.writing() as db:
            made = making.make(db, NAME, layout, by="ani", now=NOW)
        if made:
            with store.writing() as db:
                marking.uploaded(db, NAME, made.number, on=NOW.date(), by="ani", now=NOW)
    store.close()


def _numbers(store: Store) -> list[int]:
    with store.reading() as db:
        return list(db.execute(select(uploads.c.number).order_by(uploads.c.number)).scalars())


def _listed(store: Store) -> list[int]:
    query = select(upload_rows.c.delivery_id).where(upload_rows.c.state.in_(IN_FORCE))
    with store.reading() as db:
        return sorted(db.execute(query).scalars())


@pytest.mark.slow
def test_several_processes_export_at_once_and_each_completion_is_in_one_batch(
    desk: Desk, database_url: str
) -> None:
    found = desk.records(30)
    processes = [_SPAWN.Process(target=_export, args=(database_url, 6)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert _listed(desk.yard.store) == found
    assert _numbers(desk.yard.store) == list(range(1, 11))
    assert desk.work() == {"done": 30}


@pytest.mark.slow
def test_an_export_that_is_killed_has_made_a_batch_or_not(desk: Desk, database_url: str) -> None:
    found = desk.records(40)
    for wait in (0.0, 0.02, 0.08):
        started = _SPAWN.Event()
        process = _SPAWN.Process(target=_export, args=(database_url, 3, started))
        process.start()
        assert started.wait(60)
        time.sleep(wait)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        desk.work()
    while desk.export():
        pass
    for number in _numbers(desk.yard.store):
        if desk.upload_state(number) != "uploaded":
            desk.uploaded(number)
    desk.work()
    assert _listed(desk.yard.store) == found
    assert {desk.state(delivery) for delivery in found} == {"done"}
    assert _numbers(desk.yard.store) == list(range(1, len(_numbers(desk.yard.store)) + 1))


@pytest.mark.slow
def test_thousands_are_exported_and_answered_in_seconds(desk: Desk) -> None:
    desk.layout = form(format="xlsx", most_rows=2_000)
    _multiply(desk, 2_000)
    began = time.monotonic()
    assert desk.exported().rows == 2_000
    exported = time.monotonic() - began
    rows = desk.rows(1)
    path = desk.result_file(
        *((row.nip, f"N/{row.position:05d}", "ok", "", f"rw-{row.position}") for row in rows)
    )
    began = time.monotonic()
    assert desk.results_of(1, path).untold == 0
    answered = time.monotonic() - began
    print(f"exported in {exported:.1f} s, answered in {answered:.1f} s")
    assert (exported < 40, answered < 40) == (True, True)


def _multiply(desk: Desk, count: int) -> None:
    """So many completions of one person that wait to be exported."""
    (first,) = desk.records(1)
    with desk.yard.store.writing() as db:
        completion = dict(db.execute(select(completions)).one()._mapping)
        delivery = dict(db.execute(select(deliveries)).one()._mapping)
        db.execute(update(completions).values(certificate_number="N/00001"))
        more = range(first + 1, first + count)
        db.execute(
            completions.insert(),
            [
                completion | {"id": n, "run": str(n), "certificate_number": f"N/{n:05d}"}
                for n in more
            ],
        )
        db.execute(deliveries.insert(), [delivery | {"id": n, "completion_id": n} for n in more])


# --- any order of commands

_IT_CANNOT_BE_DONE = (
    CannotDecide,
    CannotDo,
    IllegalTransition,
    NoResultFound,
    NoSuchDelivery,
    TableError,
)

Do = st.sampled_from(
    [
        "record",
        "work",
        "export",
        "upload",
        "discard",
        "accept",
        "refuse",
        "retry",
        "take back",
        "tell again",
        "remove",
        "look",
    ]
)


@pytest.mark.slow
@settings(max_examples=times(0.4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(Do, st.integers(1, 4)), min_size=5, max_size=40))
def test_whatever_is_done_each_is_in_one_batch_and_none_is_lost(
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int]],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "bridge.db"
    path.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{path}")
    try:
        refuse_illegal_transitions(store)
        _play(Desk(Yard(store, Clock()), folder, form(most_rows=2)), steps)
    finally:
        store.close()


def _play(desk: Desk, steps: list[tuple[str, int]]) -> None:
    for what, number in steps:
        _do(desk, what, number)
        _check(desk)
    # In the end somebody does all that is to be done.
    for _ in range(4):
        desk.work()
        while desk.export():
            pass
        for number in _numbers(desk.yard.store):
            _do(desk, "upload", number)
        desk.work()
        for number in range(1, desk.yard._completions + 1):
            _do(desk, "retry", number)
            _do(desk, "remove", number)
    desk.work()
    with desk.yard.store.reading() as db:
        for row in db.execute(text("SELECT id, state FROM deliveries WHERE step = 'record'")):
            in_force = db.execute(
                select(func.count()).where(
                    upload_rows.c.delivery_id == row.id, upload_rows.c.state.in_(IN_FORCE)
                )
            ).scalar_one()
            assert (row.state, in_force) in (("done", 1), ("cancelled", 0)), (row, in_force)


def _do(desk: Desk, what: str, number: int) -> None:
    def result(word: str) -> object:
        return desk.results(number, (*desk.told_of(number, 1), word, "", ""))

    does: dict[str, Callable[[], object]] = {
        "record": lambda: desk.record(number),
        "work": desk.work,
        "export": desk.export,
        "upload": lambda: desk.uploaded(number),
        "discard": lambda: desk.discard(number),
        "accept": lambda: result("ok"),
        "refuse": lambda: result("gagal"),
        "retry": lambda: desk.retry(number),
        "take back": lambda: _stands(desk, number) and desk.take_back(number),
        "tell again": lambda: _stands(desk, number) or desk.tell_again(number),
        "remove": lambda: desk.removed(number),
        "look": lambda: desk.yard.clock.forward(days=31),
    }
    with suppress(*_IT_CANNOT_BE_DONE):
        does[what]()


def _stands(desk: Desk, completion: int) -> bool:
    query = select(completions.c.withdrawn_at).where(completions.c.id == completion)
    with desk.yard.store.reading() as db:
        return db.execute(query).scalar_one() is None


def _check(desk: Desk) -> None:
    numbers = _numbers(desk.yard.store)
    assert numbers == list(range(1, len(numbers) + 1))
    listed = _listed(desk.yard.store)
    assert len(listed) == len(set(listed))
