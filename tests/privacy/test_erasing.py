"""Erasing one person: what goes, what stays, and that none comes back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, update

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Privacy
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.lrs import removing
from lms_bridge.lrs.finding import Reader
from lms_bridge.lrs.indexing import Index
from lms_bridge.people import erased
from lms_bridge.people.erased import Erased, KeyMissing
from lms_bridge.people.identities import employee_of
from lms_bridge.people.importing import Person
from lms_bridge.privacy import erasing, scrubbing, whose
from lms_bridge.privacy.erasing import CannotErase, Plan
from lms_bridge.recognition import sightings
from lms_bridge.sandbox.city import SITI
from lms_bridge.store import schema
from tests.eventful import LATSAR, SITIS_ID
from tests.scene import SITE, Scene, actor, completed
from xapi.query import StatementsQuery

SHELL = Actor(name="budi", role="shell")
KEY = "k" * 32


@pytest.fixture(autouse=True)
def with_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVACY", KEY)
    scene.change(privacy=Privacy(key=Secret("env:PRIVACY")))


def _read(scene: Scene) -> None:
    """Have all that came in judged and indexed."""
    scene.recognise()
    for _ in Index(scene.store).in_steps():
        pass


def _erase(scene: Scene, employee_id: int) -> Plan:
    _read(scene)
    return erasing.erase(scene.store, employee_id, SHELL, clock=scene.clock)


def _everything(scene: Scene) -> str:
    """All text in the database that is not of other people's statements."""
    with scene.store.reading() as db:
        return "\n".join(
            str(tuple(row))
            for table in schema.metadata.sorted_tables
            for row in db.execute(select(table))
        )


def _found(scene: Scene, agent: str) -> int:
    _read(scene)
    query = StatementsQuery(agent=agent)
    page = Reader(scene.store, b"{}").page(query, after=None, most=100)
    return sum(len(part) for part in page)


def test_nothing_says_any_more_who_it_was(scene: Scene, siti: int) -> None:
    assert _found(scene, f"account:{SITE}|4") == 2
    plan = _erase(scene, siti)
    assert (plan.statements, plan.completions, plan.open_deliveries) == (2, 1, 0)
    assert _found(scene, f"account:{SITE}|4") == 0
    left = _everything(scene)
    assert SITI not in left
    assert "Siti" not in left
    assert f"{SITE}|4'" not in left
    assert "Yuni" in left
    with scene.store.reading() as db:
        assert erased.is_any(db, [f"account:{SITE}|4"])
        assert not erased.is_any(db, [f"account:{SITE}|13"])
        (entry,) = audit.entries(db, action="employee.erased")
    assert (entry.subject, entry.by, entry.details) == (f"employee:{siti}", "budi", {})


def test_that_it_was_recorded_stays_known_without_saying_of_whom(scene: Scene, siti: int) -> None:
    before = scene.completions()[0]
    _erase(scene, siti)
    after = scene.completions()[0]
    assert after.nip == erased.nip_of(siti)
    assert (after.id, after.number, after.steps) == (before.id, before.number, before.steps)


def test_a_statement_that_is_sent_once_more_is_not_taken_for_a_new_one(
    scene: Scene, siti: int
) -> None:
    told = {**completed(4, LATSAR, actor=actor(4, shown="Siti Rahmawati")), "id": SITIS_ID}
    _erase(scene, siti)
    many = len(scene.completions())
    assert list(scene.hear(told)) == [SITIS_ID]
    assert len(scene.completions()) == many
    assert Reader(scene.store, b"{}").one(SITIS_ID, voided=False) is None


def test_none_comes_back_by_a_statement_the_lms_or_hr(scene: Scene, siti: int) -> None:
    _erase(scene, siti)
    before = scene.nips()
    scene.hear(completed(4, LATSAR, actor=actor(4, shown="Siti Rahmawati")))
    new = scene.sightings()[-1]
    assert (new.state, new.reason_code) == ("none", "erased_person")
    assert (new.actor, new.actor_name) == (None, None)
    scene.pull()
    imported = scene.link(Person(nip=SITI, name="Siti"))
    assert "was erased" in str(imported.warnings[0])
    with pytest.raises(Erased), scene.store.writing() as db:
        employee_of(db, SITI, name="", now=scene.clock())
    assert scene.nips() == before
    assert len([one for one in scene.completions() if one.nip == erased.nip_of(siti)]) == 1


def test_one_who_is_judged_anew_is_left_alone(scene: Scene, siti: int) -> None:
    _erase(scene, siti)
    states = scene.states()
    with scene.store.writing() as db:
        sightings.judge_all(db)
    scene.recognise()
    assert scene.states() == states


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_what_was_interrupted_goes_on(
    scene: Scene, siti: int, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The process dies before the `at`-th commit."""
    for number in range(3):
        scene.tell(completed(4, f"X-{number}", activity=f"{SITE}/{number}"))
    _read(scene)
    monkeypatch.setattr(erasing, "_AT_ONCE", 2)
    commits, writing = 0, scene.store.writing

    class Killed(BaseException):
        pass

    @contextmanager
    def dying() -> Any:
        nonlocal commits
        with writing() as db:
            yield db
            commits += 1
            if commits == at:
                raise Killed

    monkeypatch.setattr(scene.store, "writing", dying)
    with pytest.raises(Killed):
        erasing.erase(scene.store, siti, SHELL, clock=scene.clock)
    monkeypatch.setattr(scene.store, "writing", writing)
    with scene.store.reading() as db:
        assert audit.entries(db, action="employee.erased") == []
    _erase(scene, siti)
    assert "Siti" not in _everything(scene)
    assert len(scene.completions()) == 4
    with pytest.raises(CannotErase, match="erased already"):
        _erase(scene, siti)


def test_what_is_open_is_given_up_and_what_is_under_way_is_waited_for(scene: Scene) -> None:
    with scene.store.reading() as db:
        query = select(schema.completions.c.employee_id, schema.completions.c.id)
        yuni, completion = db.execute(query.order_by(schema.completions.c.id).offset(1)).first()
    mine = schema.deliveries.c.completion_id == completion
    with scene.store.writing() as db:
        db.execute(update(schema.deliveries).where(mine).values(state=State.RUNNING))
    with pytest.raises(CannotErase, match="at this moment"):
        _erase(scene, yuni)
    with scene.store.writing() as db:
        db.execute(update(schema.deliveries).where(mine).values(state=State.WAITING))
    assert _erase(scene, yuni).open_deliveries == 2
    with scene.store.reading() as db:
        states = db.scalars(select(schema.deliveries.c.state).where(mine)).all()
    assert set(states) == {State.CANCELLED}


def test_without_the_key_nobody_is_erased_and_nobody_comes_back(
    scene: Scene, siti: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVACY", "short")
    with pytest.raises(KeyMissing, match="fewer than 32"):
        _erase(scene, siti)
    monkeypatch.setenv("PRIVACY", KEY)
    _erase(scene, siti)
    scene.change(privacy=Privacy())
    with scene.store.reading() as db, pytest.raises(KeyMissing, match="is not set"):
        erased.check(db)
    with pytest.raises(KeyMissing), scene.store.writing() as db:
        employee_of(db, SITI, name="", now=scene.clock())


def test_attachments_go_unless_somebody_else_has_them_as_well(scene: Scene, siti: int) -> None:
    hers, shared = "a" * 64, "b" * 64
    with scene.store.writing() as db:
        for sha2 in (hers, shared):
            about = {"sha2": sha2, "content_type": "text/plain", "length": 1}
            db.execute(schema.attachments.insert().values(stored=scene.clock(), **about))
            chunk = {"sha2": sha2, "number": 0, "data": b"x"}
            db.execute(schema.attachment_chunks.insert().values(**chunk))

    def attached(sha2: str) -> dict[str, Any]:
        kind = {"usageType": "https://x/certificate", "display": {"id": "Sertifikat"}}
        more = {"contentType": "text/plain", "length": 1, "fileUrl": "https://x/f"}
        return {"sha2": sha2, **kind, **more}

    scene.tell(
        completed(4, "X", activity=f"{SITE}/x", attachments=[attached(hers), attached(shared)]),
        completed(12, "X", activity=f"{SITE}/x", attachments=[attached(shared)]),
    )
    _erase(scene, siti)
    with scene.store.reading() as db:
        assert db.scalars(select(schema.attachments.c.sha2)).all() == [shared]
        assert db.scalars(select(schema.attachment_chunks.c.sha2)).all() == [shared]


def test_every_table_is_spoken_of() -> None:
    spoken = {*scrubbing.GO, *scrubbing.STAY}
    tables = {one.table for one in whose.TABLES}
    assert {one.name for one in tables - spoken} == {"accesses"}
    assert spoken <= tables


# --- statements whose text is removed -------------------------------------------------------------


def _remove(scene: Scene, *ids: str) -> None:
    _read(scene)
    query = select(schema.statements.c.seq).where(schema.statements.c.id.in_(ids))
    with scene.store.writing() as db:
        removing.remove(db, db.scalars(query).all())


def test_what_refers_to_a_removed_statement_is_found_by_itself_only(scene: Scene) -> None:
    (told,) = scene.tell(completed(12, "X", activity=f"{SITE}/x"))
    comment = completed(13, "Y") | {"object": {"objectType": "StatementRef", "id": told}}
    scene.tell(comment)
    before = _found(scene, f"account:{SITE}|12")
    others = _found(scene, f"account:{SITE}|13")
    _remove(scene, told)
    assert _found(scene, f"account:{SITE}|12") == before - 2
    assert _found(scene, f"account:{SITE}|13") == others


def test_nothing_of_a_removed_statement_is_left_in_the_index(scene: Scene) -> None:
    every = [scene.tell(completed(12, "X", activity=f"{SITE}/x"))[0]]
    every += scene.tell(
        completed(13, "Y") | {"object": {"objectType": "StatementRef", "id": every[0]}}
    )
    _remove(scene, every[0])
    _remove(scene, every[1])
    keys, rows = schema.statement_keys, schema.statements
    gone = select(rows.c.seq).where(rows.c.id.in_(every))
    with scene.store.reading() as db:
        left = select(func.count()).select_from(keys).where(keys.c.seq.in_(gone))
        assert db.scalar(left) == 0
        assert db.scalar(select(func.count()).where(rows.c.raw == b"")) == 2
    everything = Reader(scene.store, b"{}").page(StatementsQuery(), after=None, most=100)
    told = [json.loads(one)["id"] for part in everything for one in part]
    assert not set(told) & set(every)
