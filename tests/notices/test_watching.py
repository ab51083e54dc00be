"""What is told, to whom, when, and when not: on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries import health
from lms_bridge.lms.hook import signing
from lms_bridge.notices import digest, outbox, watching
from lms_bridge.notices.outbox import Message, State
from lms_bridge.notices.sending import Sending
from lms_bridge.notices.settings import Notices
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import job_runs, messages, sightings
from tests.conftest import Clock
from tests.notices.conftest import HR, Mailbox, text_of

Make = Callable[..., Settings]
PLAIN = Settings(notices=(HR,))


def waits(store: Store, clock: Clock, count: int, code: str = "unknown_course") -> None:
    """Let so many statements wait for a person."""
    reason = reason_columns(Reason(code, activity="https://lms.example/7", actor="Siti"))
    with store.writing() as db:
        before = db.execute(select(sightings.c.id)).all()
        for number in range(count):
            values: dict[str, Any] = {
                "pull_key": f"{code}-{len(before) + number}",
                "state": "attention",
                "actor": f"account:{number}",
                "object_id": "https://lms.example/7",
                "course_name": "Kursus Rahasia",
                "completed_at": clock(),
                **reason,
            }
            db.execute(sightings.insert().values(values))


def is_down(store: Store, clock: Clock, remote: str = "registry.siasn") -> None:
    reason = Reason("remote_unavailable", remote=remote, error="HTTP 503 198703152010012001")
    policy = Settings().delivery.breaker
    with store.writing() as db:
        health.note_failure(db, remote, reason, now=clock(), policy=policy, certain=True)


def told(store: Store, clock: Clock, settings: Settings = PLAIN) -> list[Message]:
    """What is put into messages now."""
    with store.reading() as db:
        expected = watching.is_any(db, settings, clock())
        before = {one.id for one in outbox.listed(db)}
    watching.tell(store, settings, clock())
    with store.reading() as db:
        new = [one for one in outbox.listed(db) if one.id not in before]
    assert expected or not new
    return new


def test_what_waits_is_told_in_one_message(store: Store, clock: Clock) -> None:
    waits(store, clock, 2)
    waits(store, clock, 3, "unknown_person")
    [message] = told(store, clock)
    text = message.content["text"]
    assert message.subject == "Something needs a person: 5"
    assert "not in the catalogue: 2" in text
    assert "/console/attention" in text
    assert "Kursus Rahasia" not in text


def test_the_same_is_told_again_when_there_is_twice_as_much_or_a_day_has_passed(
    store: Store, clock: Clock
) -> None:
    waits(store, clock, 4)
    assert told(store, clock)
    clock.forward(hours=1)
    waits(store, clock, 3)
    assert told(store, clock) == []
    waits(store, clock, 1)
    assert [one.subject for one in told(store, clock)] == ["Something needs a person: 8"]
    clock.forward(hours=23)
    assert told(store, clock) == []
    clock.forward(hours=1)
    assert told(store, clock)


def test_what_comes_soon_after_is_gathered_for_the_next(store: Store, clock: Clock) -> None:
    waits(store, clock, 1)
    assert told(store, clock)
    waits(store, clock, 5)
    is_down(store, clock)
    clock.forward(minutes=29)
    assert told(store, clock) == []
    clock.forward(minutes=2)
    [message] = told(store, clock)
    assert message.subject == "Something is wrong: registry.siasn"
    assert "not in the catalogue: 6" in message.content["text"]


def test_a_thousand_news_are_no_flood(store: Store, clock: Clock) -> None:
    eager = msgspec.structs.replace(HR, gather_minutes=5, most_per_hour=3)
    settings = Settings(notices=(eager,))
    found = 0
    for _ in range(60):
        with store.reading() as db:
            many = len(db.execute(select(sightings.c.id)).all())
        waits(store, clock, min(many + 1, 100))
        found += len(told(store, clock, settings))
        clock.forward(minutes=1)
    assert found == 3


def test_a_system_that_is_down_is_told_and_that_it_is_back(store: Store, clock: Clock) -> None:
    is_down(store, clock)
    assert told(store, clock) == []  # it may be back in a minute
    clock.forward(minutes=6)
    [down] = told(store, clock)
    assert "198703152010012001" not in down.content["text"]
    clock.forward(hours=1)
    assert told(store, clock) == []
    with store.writing() as db:
        health.reset(db, "registry.siasn", now=clock())
    [back] = told(store, clock)
    assert back.subject == "Something works again: registry.siasn"
    clock.forward(days=2)
    assert told(store, clock) == []


def ran(store: Store, clock: Clock, job: str, outcome: str) -> None:
    values = {"job": job, "started_at": clock(), "outcome": outcome}
    with store.writing() as db:
        db.execute(job_runs.insert().values(**values, error="198703152010012001 lacks a key"))


def test_a_job_that_fails_is_told_once_until_it_works_again(store: Store, clock: Clock) -> None:
    for outcome in ("done", "failed", "stopped"):
        ran(store, clock, "read_histories", outcome)
    [fails] = told(store, clock)
    assert fails.subject == "Something is wrong: read_histories"
    assert "fails: 1987************01 lacks a key" in fails.content["text"]
    assert "/console/jobs/read_histories" in fails.content["text"]
    for _ in range(3):
        clock.forward(days=1)
        ran(store, clock, "read_histories", "failed")
        assert told(store, clock) == []
    ran(store, clock, "read_histories", "done")
    [works] = told(store, clock)
    assert "“read_histories” works again." in works.content["text"]
    clock.forward(days=1)
    ran(store, clock, "read_histories", "failed")
    assert told(store, clock)


def test_a_job_that_is_run_all_the_time_has_to_fail_for_a_while(store: Store, clock: Clock) -> None:
    ran(store, clock, "deliver", "failed")
    clock.forward(minutes=4)
    ran(store, clock, "deliver", "done")
    ran(store, clock, "deliver", "failed")
    clock.forward(minutes=4)
    ran(store, clock, "deliver", "failed")
    assert told(store, clock) == []
    clock.forward(minutes=1)
    assert [one.subject for one in told(store, clock)] == ["Something is wrong: deliver"]


def test_each_is_told_only_of_what_they_want_in_their_language(store: Store, clock: Clock) -> None:
    it = Notices(name="it", email=("it@siantar.example",), tells=("remotes",), digest="")
    waits(store, clock, 1)
    is_down(store, clock)
    clock.forward(minutes=6)
    both = Settings(notices=(msgspec.structs.replace(HR, tells=("attention",)), it))
    by_name = {one.recipient: one for one in told(store, clock, both)}
    assert by_name["sdm"].subject == "Something needs a person: 1"
    assert by_name["it"].subject == "Ada yang tidak beres: registry.siasn"


def test_names_are_told_where_the_configuration_allows_it(store: Store, clock: Clock) -> None:
    waits(store, clock, 2)
    named = Settings(notices=(msgspec.structs.replace(HR, names=True),))
    [message] = told(store, clock, named)
    assert "Kursus Rahasia (2)" in message.content["text"]


def test_the_summary_of_a_day_is_made_once_at_its_hour(store: Store, clock: Clock) -> None:
    settings = Settings(notices=(msgspec.structs.replace(HR, digest="10:30"),))
    waits(store, clock, 3)
    assert digest.put_due(store, settings, clock()) == {}  # 10:00 WIB
    clock.forward(minutes=31)
    assert digest.put_due(store, settings, clock())["messages"] == 1
    clock.forward(minutes=31)
    with store.reading() as db:
        assert not digest.is_any_due(db, settings, clock())
        [message] = outbox.listed(db)
    assert digest.put_due(store, settings, clock()) == {}
    assert message.subject == "Daily summary: recorded 0, waiting for a person 3"
    clock.forward(days=1)
    assert digest.put_due(store, settings, clock())["messages"] == 1


def sending(store: Store, settings: Settings, clock: Clock, owner: str = "a") -> Sending:
    return Sending(store, settings, owner=owner, clock=clock)


def only(store: Store) -> Message:
    with store.reading() as db:
        [message] = outbox.listed(db)
    return message


def test_a_message_is_sent_once_by_whoever_comes_first(
    store: Store, clock: Clock, mailbox: Mailbox, settings: Make
) -> None:
    waits(store, clock, 1)
    told(store, clock, settings())
    assert sending(store, settings(), clock).run() == {"sent": 1}
    assert sending(store, settings(), clock, "b").run() == {}
    [letter] = mailbox.letters
    assert "not in the catalogue" in text_of(letter)
    assert only(store).state == State.SENT


def test_a_process_that_dies_with_a_message_leaves_it_to_another(
    store: Store, clock: Clock, mailbox: Mailbox, settings: Make
) -> None:
    waits(store, clock, 1)
    told(store, clock, settings())
    assert outbox.take(store, "dead", clock()) is not None
    assert not sending(store, settings(), clock).has_work()
    clock.forward(minutes=11)
    assert sending(store, settings(), clock).run() == {"sent": 1}
    assert len(mailbox.letters) == 1


def test_what_cannot_be_sent_is_tried_again_and_given_up_in_the_end(
    store: Store, clock: Clock, mailbox: Mailbox, settings: Make
) -> None:
    waits(store, clock, 1)
    told(store, clock, settings())
    mailbox.refuses = "451 later"
    assert sending(store, settings(), clock).run() == {"not_sent": 1}
    assert only(store).state == State.WAITING
    assert only(store).due_at > clock()
    clock.forward(days=3)
    assert sending(store, settings(), clock).run() == {"not_sent": 1}
    assert only(store).state == State.FAILED
    mailbox.refuses = ""
    with store.writing() as db:
        assert outbox.retry(db, [only(store).id], clock()) == 1
    assert sending(store, settings(), clock).run() == {"sent": 1}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_webhook_is_signed_and_names_nobody(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    import responses

    from lms_bridge.config.secrets import Secret

    monkeypatch.setenv("NOTICES_SECRET", "whsec_" + "QUJD" * 8)
    hook = Notices(
        name="pesan",
        webhook="https://pesan.example/hook",
        secret=Secret("env:NOTICES_SECRET"),
        names=True,
    )
    settings = Settings(notices=(hook,))
    waits(store, clock, 2)
    told(store, clock, settings)
    with responses.RequestsMock() as mock:
        mock.post("https://pesan.example/hook", status=204)
        assert sending(store, settings, clock).run() == {"sent": 1}
        request = mock.calls[0].request
    body = request.body
    assert isinstance(body, bytes)
    said = json.loads(body)
    assert said["type"] == "bridge.notice"
    assert said["data"]["new"][0]["count"] == 2
    assert b"Kursus Rahasia" not in body
    expected = signing.headers(
        [signing.key_of("whsec_" + "QUJD" * 8)],
        request.headers["webhook-id"],
        int(request.headers["webhook-timestamp"]),
        body,
    )
    assert request.headers["webhook-signature"] == expected["webhook-signature"]


def test_old_messages_are_forgotten_and_those_that_wait_are_not(store: Store, clock: Clock) -> None:
    waits(store, clock, 1)
    told(store, clock)
    clock.forward(days=100)
    with store.writing() as db:
        outbox.forget(db, clock())
    assert only(store).state == State.WAITING
    with store.writing() as db:
        db.execute(update(messages).values(state=State.SENT))
        outbox.forget(db, clock())
        assert outbox.listed(db) == []
