"""What the bridge says itself: once for each thing done, and taken back with it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from lms_bridge import reports
from lms_bridge.announcing.announcer import Announcer
from lms_bridge.announcing.authoring import Author
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.intake import put
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.people.importing import Person
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import IS_UNANNOUNCED, deliveries, statements
from lms_bridge.store.types import AnyRow
from tests.conftest import Clock
from tests.eventful import LINK
from tests.recognition.test_pulling import finish
from tests.scene import BADGE, SITE, TOKEN, Scene, a_scene, actor, completed, course
from tests.scene import voiding as takes_back
from xapi import read_statements, vocabulary

SITIS_ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
LMS, REGISTRY = "lms.moodle", "registry.siasn"


class Hall(Scene):
    """A scene in which the bridge speaks."""

    def announcer(self) -> Announcer:
        return Announcer(self.store, self.settings, clock=self.clock)

    def announce(self) -> Counter[str]:
        return self.announcer().announce()

    def said(self) -> list[AnyRow]:
        """The bridge's own statements."""
        query = select(statements).where(statements.c.sender == BRIDGE)
        with self.store.reading() as db:
            return list(db.execute(query.order_by(statements.c.seq)))

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(row.raw) for row in self.said()]

    def notes(self) -> list[str | None]:
        """What stands on each delivery."""
        with self.store.reading() as db:
            return list(db.scalars(select(deliveries.c.statement_id).order_by(deliveries.c.id)))


@pytest.fixture
def hall(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with a_scene(store, clock) as scene:
        scene.__class__ = Hall
        assert isinstance(scene, Hall)
        scene.catalogue(course("DIKLAT-LATSAR-2026", name="Latihan Dasar CPNS", badge=BADGE))
        scene.link(Person(nip=SITI, name="Siti Rahmawati"))
        yield scene


@pytest.fixture
def done(hall: Hall) -> int:
    """A completion that is in the registry, and whose badge was issued."""
    hall.hear({**completed(actor(4, shown="Siti Rahmawati")), "id": SITIS_ID})
    one = hall.completion().id
    hall.deliver(one)
    hall.deliver(one, LMS, state=State.DONE, result_id="a1b2", result_link=LINK)
    return one


# --- what is said -----------------------------------------------------------------------------


def test_a_record_and_a_badge_are_said_of_the_learner_of_the_statement(
    hall: Hall, done: int
) -> None:
    assert hall.announce() == {"announced": 2}
    record, badge = hall.told()
    for told in (record, badge):
        assert told["actor"] == {"objectType": "Agent", **actor(4, shown="Siti Rahmawati")}
        assert told["verb"]["id"] == vocabulary.EARNED
        assert told["context"]["statement"]["id"] == SITIS_ID
        assert told["context"]["platform"] == "lms-bridge"
        [course_] = told["context"]["contextActivities"]["grouping"]
        assert course_["id"] == f"{SITE}/course/view.php?id=3"
    number = hall.completion().number
    assert record["object"]["definition"]["type"] == vocabulary.CERTIFICATE
    assert number in record["object"]["definition"]["description"]["id"]
    [registry] = record["context"]["contextActivities"]["category"]
    assert registry["id"] == "http://127.0.0.1:8080/registry/siasn"
    assert badge["object"]["id"] == LINK
    assert badge["object"]["definition"]["type"] == vocabulary.BADGE
    assert badge["object"]["definition"]["name"] == {"id": BADGE.name}


def test_it_keeps_to_the_standard_and_is_vouched_for_by_the_bridge(hall: Hall, done: int) -> None:
    hall.announce()
    for row in hall.said():
        [received] = read_statements(row.raw)
        assert received.statement.id == row.id
        account = {"homePage": "http://127.0.0.1:8080", "name": "lms-bridge"}
        assert json.loads(row.authority) == {"objectType": "Agent", "account": account}


def test_no_nip_is_said_that_was_not_said_before(hall: Hall, done: int) -> None:
    hall.announce()
    assert all(SITI.encode() not in row.raw for row in hall.said())


def test_one_who_goes_by_a_nip_in_the_statements_still_does(hall: Hall) -> None:
    hall.hear(completed(actor(SITI)))
    hall.deliver(hall.completion().id)
    hall.announce()
    [told] = hall.told()
    assert told["actor"]["account"] == {"homePage": SITE, "name": SITI}


def test_an_instructor_is_named_as_one_of_the_statement(hall: Hall) -> None:
    hall.catalogue(course("MENTORING", hours=8, instructor_hours=12, kind=15))
    mentor = actor(7, shown="Dewi Pengajar")
    hall.hear(completed(12, "MENTORING", context={"instructor": mentor}))
    for one in hall.completions():
        hall.deliver(one.id)
    hall.announce()
    names = [told["actor"]["account"]["name"] for told in hall.told()]
    assert sorted(names) == ["12", "7"]


def test_where_nobody_told_it_is_the_account_in_the_lms(hall: Hall) -> None:
    finish(hall, 6)
    hall.pull()
    hall.deliver(hall.completion().id)
    assert hall.announce() == {"announced": 1}
    [told] = hall.told()
    assert told["actor"]["account"] == {"homePage": SITE, "name": "6"}
    assert "statement" not in told["context"]


def test_where_that_is_known_by_no_name_but_a_nip_nothing_is_said(hall: Hall) -> None:
    finish(hall, 6)
    hall.pull()
    hall.deliver(hall.completion().id)
    hall.change_moodle(account_name="nip")
    assert hall.announce() == {}
    assert not hall.announcer().has_work()


# --- once -------------------------------------------------------------------------------------


def test_nothing_is_said_twice_or_before_it_is_done(hall: Hall, done: int) -> None:
    hall.deliver(done, LMS, state=State.RUNNING)
    assert hall.announce() == {"announced": 1}
    assert hall.announce() == {}
    assert not hall.announcer().has_work()
    hall.deliver(done, LMS, state=State.DONE)
    assert hall.announcer().has_work()
    assert hall.announce() == {"announced": 1}
    # The registry lost the row, and it was written once more.
    hall.deliver(done, state=State.BLOCKED)
    hall.deliver(done, state=State.DONE)
    assert hall.announce() == {}


@pytest.mark.parametrize("stored", [False, True])
def test_a_crash_before_the_commit_leaves_it_unsaid(
    hall: Hall, done: int, stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: Any, **more: Any) -> None:
        if stored:
            put(*arguments, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lms_bridge.announcing.announcer.put", crash)
        with pytest.raises(KeyboardInterrupt):
            hall.announce()
    assert hall.said() == []
    assert hall.announce() == {"announced": 2}
    assert [row.id for row in hall.said()] == hall.notes()


def test_what_cannot_be_said_keeps_nothing_else_unsaid(
    hall: Hall, done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Author, "_certificate", lambda *_: 1 / 0)
    assert hall.announce() == {"announced": 1}
    assert not hall.announcer().has_work()


def test_a_link_that_is_none_is_not_said(hall: Hall, done: int) -> None:
    hall.deliver(done, LMS, result_link="no link")
    hall.announce()
    told = hall.told()[-1]["object"]["id"]
    assert told == f"http://127.0.0.1:8080/completions/{done}/badge"


def test_several_at_once_say_it_once(hall: Hall) -> None:
    hall.catalogue(*(course(f"K-{number}") for number in range(30)))
    hall.hear(*(completed(4, f"K-{number}") for number in range(30)))
    for one in hall.completions():
        hall.deliver(one.id)
    threads = [threading.Thread(target=hall.announce) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hall.said()) == 30


# --- taken back -------------------------------------------------------------------------------


def test_what_is_undone_is_taken_back(hall: Hall, done: int) -> None:
    hall.announce()
    [record, _] = hall.said()
    hall.deliver(done, state=State.CANCELLED)
    assert hall.announce() == {"voided": 1}
    *_, told = hall.told()
    assert told["verb"]["id"] == vocabulary.VOIDED
    assert told["object"] == {"objectType": "StatementRef", "id": record.id}
    assert not hall.announcer().has_work()
    hall.deliver(done, state=State.DONE)
    assert hall.announce() == {"announced": 1}, "and said again when it is done again"
    assert len({row.id for row in hall.said()}) == 4


def test_what_was_cancelled_before_it_was_done_was_never_said(hall: Hall, done: int) -> None:
    hall.deliver(done, state=State.CANCELLED)
    hall.deliver(done, LMS, state=State.CANCELLED)
    assert hall.announce() == {}
    assert not hall.announcer().has_work()


def test_a_completion_that_hr_has_undone_is_not_said_to_be_recorded(hall: Hall, done: int) -> None:
    hall.announce()
    hall.hear(takes_back(SITIS_ID))
    assert hall.announce() == {}, "it is still in the registry"


# --- how the bridge takes its own word --------------------------------------------------------


def test_it_is_no_completion_and_is_shown_as_its_own(hall: Hall, done: int) -> None:
    hall.announce()
    hall.recognise()
    *_, record, badge = hall.states()
    assert record == badge == "none: own_statement"
    hall.change(accounts=hall.settings.accounts)
    hall.restart()
    assert hall.recognise().get("recognised") is None


def test_it_is_not_counted_among_what_was_received(hall: Hall, done: int) -> None:
    def look() -> tuple[int, int, dict[str, int]]:
        with hall.store.reading() as db:
            view = reports.overview(db, now=hall.clock())
        return view.statements, view.own_statements, view.sightings

    before = look()
    hall.announce()
    assert look() == (before[0], 2, before[2]), "seen or not"
    hall.recognise()
    assert look() == (before[0], 2, before[2])


def test_what_is_to_be_said_is_found_by_an_index(hall: Hall, done: int) -> None:
    query = f"SELECT id FROM deliveries WHERE {IS_UNANNOUNCED} LIMIT 1"
    with hall.store.writing() as db:
        if db.dialect.name == "sqlite":
            plan = db.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
        else:
            db.execute(text("SET LOCAL enable_seqscan = off"))
            plan = db.execute(text(f"EXPLAIN {query}")).all()
    assert "ix_deliveries_unannounced" in str(plan)
