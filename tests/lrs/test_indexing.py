"""Statements are found by the same, in whatever order and batches they are indexed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Intake, Origin
from lms_bridge.jobs.index import Index as IndexJob
from lms_bridge.lrs import indexing
from lms_bridge.lrs.indexing import Index
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.lrs.knowledge import definition_of
from lms_bridge.store.engine import Store
from lms_bridge.store.marks import read_through
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    activities,
    agents,
    marks,
    statement_keys,
    statement_targets,
    statements,
    voidings,
)
from tests.conftest import NOW, Clock
from xapi import read_statements, vocabulary

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(7)]
PEOPLE = [
    {"mbox": f"mailto:orang{number}@example.id", "name": f"Orang {number}"} for number in range(3)
]
AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"https://lrs.example","name":"lms"}}'


def statement(number: int) -> dict[str, Any]:
    return {
        "actor": {"mbox": f"mailto:orang{number}@example.id"},
        "verb": {"id": "act:read"},
        "object": {"id": "act:book"},
    }


def test_the_job_indexes_what_came_in_and_then_has_no_work(
    store: Store, clock: Clock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(indexing, "_AT_ONCE", 3)
    intake = Intake(store, clock=clock)
    body = json.dumps([statement(n) for n in range(7)]).encode()
    intake.store(Origin("moodle"), read_statements(body))
    intake.close()
    job = IndexJob(cast(Bridge, SimpleNamespace(store=store, index=Index(store))))
    steps: list[int] = []
    assert job.has_work()
    assert job.run(lambda done, _: steps.append(done)) == {"indexed": 7}
    assert steps == [3, 6, 7]
    assert not job.has_work()
    with store.reading() as db:
        assert not indexing.any_unindexed(db)
        found = select(func.count(func.distinct(statement_keys.c.seq)))
        assert db.scalar(found) == 7


class Stored(NamedTuple):
    """A statement, and who sent it."""

    id: str
    sender: str
    verb: str
    actor: int
    thing: str
    told: str
    """what the definition of the object says"""
    target: str | None

    @property
    def voids(self) -> bool:
        return self.verb == vocabulary.VOIDED

    def raw(self) -> bytes:
        thing: dict[str, Any] = {"id": self.thing, "definition": {"name": {"id": self.told}}}
        if self.target is not None:
            thing = {"objectType": "StatementRef", "id": self.target}
        said = {"actor": PEOPLE[self.actor], "verb": {"id": self.verb}, "object": thing}
        return json.dumps({"id": self.id, **said}).encode()

    def found_by(self) -> set[int]:
        """What it is found by itself, whoever sent it."""
        found = {
            key(Kind.VERB, self.verb),
            key(Kind.AGENT, f"mbox:{PEOPLE[self.actor]['mbox']}"),
            key(Kind.RELATED_AGENT, "account:https://lrs.example|lms"),
        }
        return found if self.target else found | {key(Kind.ACTIVITY, self.thing)}


@st.composite
def _arriving(draw: st.DrawFn) -> list[Stored]:
    """Some statements, in the order in which they arrive; many refer to others."""
    ids = draw(st.permutations(IDS))[: draw(st.integers(1, len(IDS)))]
    found = []
    for id in ids:
        target = draw(st.none() | st.sampled_from(IDS))
        verbs = ["act:read", "act:write", *([vocabulary.VOIDED] if target else [])]
        found.append(
            Stored(
                id,
                sender=draw(st.sampled_from(["moodle", "konten"])),
                verb=draw(st.sampled_from(verbs)),
                actor=draw(st.integers(0, len(PEOPLE) - 1)),
                thing=draw(st.sampled_from(["act:book", "act:film"])),
                told=draw(st.sampled_from(["Buku", "Buku baru"])),
                target=target,
            )
        )
    return found


class Expected:
    """What the index has to hold, said without a thought of how it comes to it."""

    def __init__(self, arrived: Sequence[Stored]) -> None:
        self._by_id = {one.id: one for one in arrived}
        self._arrived = arrived

    def voidings(self) -> set[tuple[str, int]]:
        """What is voided, by which: a voiding cannot be, and the first one counts."""
        found: dict[str, int] = {}
        for seq, one in enumerate(self._arrived, 1):
            if one.voids and one.target and not self._is_voiding(one.target):
                found.setdefault(one.target, seq)
        return set(found.items())

    def keys(self) -> set[tuple[int, int]]:
        """A statement is found by what it says, and what those say that it leads to."""
        voided = {id for id, _ in self.voidings()}
        found = set()
        for seq, one in enumerate(self._arrived, 1):
            if one.id not in voided:
                found |= {(key(Kind.SENDER, one.sender), seq)}
                found |= {(number, seq) for each in self._led_to(one) for number in each.found_by()}
        return found

    def definition(self, activity: str) -> Any:
        """The last word, all of which are said in the same language."""
        told = [one.told for one in self._arrived if one.thing == activity and not one.target]
        return {"name": {"id": told[-1]}} if told else None

    def _is_voiding(self, id: str) -> bool:
        return id in self._by_id and self._by_id[id].voids

    def _led_to(self, one: Stored) -> list[Stored]:
        found = [one]
        while one.target in self._by_id and self._by_id[one.target] not in found:
            one = self._by_id[one.target]
            found.append(one)
        return found


@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_arriving(), st.lists(st.integers(1, 4)), st.integers(1, 4))
def test_any_order_and_any_batches_come_to_the_same(
    store: Store, arriving: list[Stored], pauses: list[int], at_once: int
) -> None:
    index = Index(store)
    with store.writing() as db:
        _forget_everything(db)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "_AT_ONCE", at_once)
        seq = 0
        for count in [*pauses, len(arriving)]:
            with store.writing() as db:
                for one in arriving[seq : seq + count]:
                    seq += 1
                    _store(db, seq, one)
            index.catch_up(NOW, seconds=60)
    expected = Expected(arriving)
    with store.reading() as db:
        assert {tuple(row) for row in db.execute(select(statement_keys))} == expected.keys()
        assert {tuple(row) for row in db.execute(select(voidings))} == expected.voidings()
        for activity in ("act:book", "act:film"):
            known = definition_of(db, activity)
            assert (json.loads(known) if known else None) == expected.definition(activity)


def test_what_another_process_has_learnt_is_not_overlooked(store: Store) -> None:
    here, there = Index(store), Index(store)
    told = ["Buku", "Buku baru", "Buku"]
    for seq, (index, name) in enumerate(zip((here, there, here), told, strict=True), 1):
        with store.writing() as db:
            one = Stored(IDS[seq], "moodle", "act:read", 0, "act:book", name, None)
            _store(db, seq, one)
        index.catch_up(NOW, seconds=60)
        with store.reading() as db:
            assert json.loads(definition_of(db, "act:book") or b"") == {"name": {"id": name}}


def test_what_was_undone_counts_as_not_learnt(store: Store, monkeypatch: Any) -> None:
    index = Index(store)
    with store.writing() as db:
        _store(db, 1, Stored(IDS[1], "moodle", "act:read", 0, "act:book", "Buku", None))

    def fail(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("lms_bridge.store.marks.move", fail)
        with pytest.raises(OSError, match="no room"):
            index.catch_up(NOW, seconds=60)
    index.catch_up(NOW, seconds=60)
    with store.reading() as db:
        assert definition_of(db, "act:book") is not None
        assert db.scalars(select(agents.c.names)).all() == [["Orang 0"]]


def test_who_waits_for_the_index_does_not_wait_longer_than_they_want(
    store: Store, monkeypatch: Any
) -> None:
    monkeypatch.setattr(indexing, "_AT_ONCE", 2)
    with store.writing() as db:
        for seq in range(1, 6):
            _store(db, seq, Stored(IDS[seq], "moodle", "act:read", 0, "act:book", "Buku", None))
    assert Index(store).catch_up(NOW, seconds=0) == moment_of(3)
    with store.reading() as db:
        assert read_through(db, "index") == 2
        assert indexing.any_unindexed(db)


def _store(db: Connection, seq: int, one: Stored) -> None:
    db.execute(
        statements.insert().values(
            seq=seq, id=one.id, sender=one.sender, raw=one.raw(), authority=AUTHORITY
        )
    )


def _forget_everything(db: Connection) -> None:
    tables = (statements, marks, statement_keys, statement_targets, voidings, activities, agents)
    for table in tables:
        db.execute(delete(table))
