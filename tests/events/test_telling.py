"""Telling: in order, at least once, with the same id, and no more than is to be told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.events import journal, telling
from lms_bridge.events.kinds import Kind
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import SITI
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import events
from tests.conftest import Clock, on_sqlite
from tests.events.conftest import SECRET, Dashboard
from tests.scene import Scene, by_mail, completed, voiding

Rows = Callable[[], list[Any]]


def note(store: Store, clock: Clock, *numbers: int) -> None:
    """Something happens, of which nothing is known any more but its number."""
    with store.writing() as db:
        for number in numbers:
            journal.note(db, Kind.RECOGNISED, clock(), completion=number)


def numbers(dashboard: Dashboard) -> list[int]:
    return [one["data"]["completion"]["id"] for one in dashboard.told()]


def test_a_completion_is_told_of_with_its_course_and_jp_and_without_a_nip(
    scene: Scene, dashboard: Dashboard
) -> None:
    dashboard.begin()
    scene.hear(completed(4))
    assert dashboard.tell() == {"told": 1}
    [told] = dashboard.told()
    assert told["type"] == "completion.recognised"
    assert told["timestamp"] == "2026-11-24T03:00:00Z"
    data = told["data"]
    assert data["course"]["key"] == "DIKLAT-LATSAR-2026"
    assert data["completion"]["jp"] == 20
    assert set(data["employee"]) == {"id"}
    assert SITI not in str(told)
    assert dashboard.tell() == {}


def test_a_nip_is_told_to_whom_it_is_to_be_told(scene: Scene, dashboard: Dashboard) -> None:
    dashboard.begin(include_nip=True)
    scene.hear(completed(4))
    dashboard.tell()
    assert dashboard.told()[0]["data"]["employee"]["nip"] == SITI


def test_what_is_taken_back_is_told_after_what_was_recognised(
    scene: Scene, dashboard: Dashboard
) -> None:
    dashboard.begin()
    [statement] = scene.hear(completed(4))
    scene.hear(voiding(statement))
    dashboard.tell()
    types = [one["type"] for one in dashboard.told()]
    assert types == ["completion.recognised", "completion.withdrawn"]


def test_what_waits_for_a_person_is_told_once_however_often_it_is_judged(
    scene: Scene, dashboard: Dashboard
) -> None:
    dashboard.begin()
    scene.hear(completed(4, "KURSUS-BARU", activity="https://moodle.example/course/view.php?id=99"))
    with scene.store.writing() as db:
        from lms_bridge.recognition import sightings

        sightings.judge_waiting(db)
    scene.recognise()
    dashboard.tell()
    [told] = dashboard.told()
    assert (told["type"], told["data"]["about"]) == ("attention.raised", "statement")
    assert told["data"]["reason"]["code"] == "unknown_course"
    assert told["data"]["reason"]["remedy"]


def test_that_a_remote_is_down_and_up_again_is_told(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin(types=(Kind.DOWN, Kind.UP))
    reason = Reason("remote_unavailable", remote="registry.siasn", error=f"no {SITI}")
    with store.writing() as db:
        for _ in range(2):
            health.note_failure(
                db, "registry.siasn", reason, now=clock(), policy=Breaker(), certain=True
            )
        journal.note(db, Kind.RECOGNISED, clock(), completion=1)
        health.note_success(db, "registry.siasn", now=clock.forward(minutes=1))
    dashboard.tell()
    down, up = dashboard.told()
    assert (down["type"], up["type"]) == ("remote.down", "remote.up")
    assert down["data"]["reason"]["code"] == "remote_unavailable"
    assert SITI not in str(down)


def test_it_is_signed_as_standard_webhooks_says(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin()
    note(store, clock, 7)
    dashboard.tell()
    request = dashboard.network.calls[0].request
    signed = b".".join(
        (
            request.headers["webhook-id"].encode(),
            request.headers["webhook-timestamp"].encode(),
            request.body,
        )
    )
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{right}"


def test_nothing_is_written_as_long_as_nobody_is_to_be_told(
    store: Store, clock: Clock, dashboard: Dashboard, rows: Rows
) -> None:
    note(store, clock, 1)
    assert rows() == []
    dashboard.begin()
    note(store, clock, 2)
    with store.writing() as db:
        journal.begin(db, [])  # it was taken out of the configuration
    note(store, clock, 3)
    assert [row.details["completion"] for row in rows()] == [2]


def test_what_is_undone_with_its_transaction_is_not_told(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin()

    def fails() -> None:
        with store.writing() as db:
            journal.note(db, Kind.RECOGNISED, clock(), completion=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert dashboard.tell() == {}


def test_an_event_that_is_not_taken_keeps_those_after_it_waiting_and_keeps_its_id(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin()
    note(store, clock, 1, 2, 3)
    dashboard.answers(500)
    assert dashboard.tell() == {"block": 1}
    [first] = dashboard.ids()
    assert dashboard.tell() == {"block": 1}  # not yet: it is not even asked
    assert dashboard.ids() == [first]
    clock.forward(minutes=1)
    dashboard.answers(204)
    assert dashboard.tell() == {"told": 3}
    assert numbers(dashboard) == [1, 2, 3]
    assert dashboard.ids()[0] == first


def test_a_refusal_says_what_to_do_and_one_event_can_be_skipped(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin()
    note(store, clock, 1, 2)
    dashboard.answers(422)
    dashboard.tell()
    with store.reading() as db:
        [one] = telling.standing(db, [dashboard.settings], now=clock())
    assert (one.waiting, one.since, one.health.is_down) == (2, clock(), True)
    assert one.health.reason is not None
    assert "lms-bridge events skip dasbor" in one.health.reason.remedy()
    with store.writing() as db:
        assert telling.skip(db, dashboard.settings, now=clock()) is not None
    dashboard.answers(204)
    dashboard.tell()
    assert numbers(dashboard) == [2]


def test_a_process_that_dies_after_sending_tells_it_again(
    store: Store, clock: Clock, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard.begin()
    note(store, clock, 1)
    with store.writing() as db:
        journal.arrange(db)

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    teller = dashboard.teller()
    monkeypatch.setattr(teller, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        teller.tell()
    dashboard.tell()
    assert numbers(dashboard) == [1, 1]
    assert len(set(dashboard.ids())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_becomes_visible_later_is_told_although_its_number_is_lower(
    store: Store, clock: Clock, dashboard: Dashboard
) -> None:
    dashboard.begin()
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with store.writing() as db:
            journal.note(db, Kind.RECOGNISED, clock(), completion=1)
            begun.set()
            go_on.wait(10)

    thread = threading.Thread(target=slowly)
    thread.start()
    assert begun.wait(10)
    note(store, clock, 2)
    dashboard.tell()
    go_on.set()
    thread.join()
    dashboard.tell()
    assert numbers(dashboard) == [2, 1]


@on_sqlite
def test_what_was_told_is_let_go_of_and_places_go_on(
    store: Store, clock: Clock, dashboard: Dashboard, rows: Rows
) -> None:
    dashboard.begin()
    note(store, clock, 1, 2)
    dashboard.tell()
    clock.forward(days=31)
    dashboard.tell()
    assert rows() == []
    note(store, clock, 3)
    dashboard.tell()
    assert numbers(dashboard) == [1, 2, 3]
    with store.reading() as db:
        last = db.scalar(select(func.max(events.c.place)))
        assert (last, marks.read_through(db, dashboard.settings.remote)) == (3, 3)


@on_sqlite
def test_somebody_unknown_is_told_of_without_their_address(
    scene: Scene, dashboard: Dashboard
) -> None:
    dashboard.begin()
    scene.hear(completed(by_mail("entah.siapa@example.go.id")))
    dashboard.tell()
    [told] = dashboard.told()
    assert told["type"] == "attention.raised"
    assert "entah.siapa" not in str(told)
