"""Statements that are sent on to another LRS, over real HTTP, and what can come between."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.forwarding import backlog, forwarder
from lms_bridge.forwarding.backlog import Backlog
from lms_bridge.forwarding.forwarder import Forwarder, Forwarders
from lms_bridge.forwarding.target import Lrs
from lms_bridge.store import marks
from lms_bridge.store.schema import attachment_chunks
from tests.conftest import on_sqlite
from tests.deliveries.street import until
from tests.forwarding.relay import (
    REMOTE,
    Relay,
    Target,
    a_target,
    settings_of,
    statement,
    with_attachment,
)
from tests.trials import times
from xapi import same_statement, vocabulary
from xapi.versions import Version

DATA = bytes(range(256)) * 9000


def voiding(target: str) -> dict[str, Any]:
    return statement(
        verb={"id": vocabulary.VOIDED}, object={"objectType": "StatementRef", "id": target}
    )


# --- what is sent -----------------------------------------------------------------------------


def test_all_that_came_in_is_there_once_in_the_same_order(relay: Relay) -> None:
    relay.settings = msgspec.structs.replace(relay.settings, batch=7)
    relay.tell_many(50)
    assert relay.forward() == {"forwarded": 50}
    assert relay.target.ids() == relay.ids()
    assert relay.target.requests == [7] * 7 + [1]
    assert not relay.has_work()
    assert relay.forward() == {}


def test_nothing_that_was_sent_changes_on_the_way(relay: Relay) -> None:
    odd = (
        b'{ "actor":{"mbox":"mailto:siti@EXAMPLE.go.id"}, "verb":{"id":"x:y"},\n'
        b'"object":{"id":"x:z"}, "result":{"score":{"raw":1.50e+1}},'
        b'"context":{"contextActivities":{"parent":{"id":"x:p"}}, "extensions":{"x:e":[ 1.0 ]}} }'
    )
    [given] = relay.tell(odd)
    relay.forward()
    [row] = relay.target.rows()
    told = json.loads(row.raw)
    assert row.raw.startswith(odd[:-1])
    assert set(told) - set(json.loads(odd)) == {"id", "timestamp", "version"}
    assert (told["id"], told["version"]) == (given, "1.0.0")
    assert same_statement(row.raw, odd)


def test_who_vouches_for_it_there_is_whose_credentials_sent_it(relay: Relay) -> None:
    """Data 2.4.8, 2.4.9; what the sender claims of itself does not travel on."""
    claims = {"stored": "2001-01-01T00:00:00Z", "authority": {"mbox": "mailto:i@example.go.id"}}
    relay.tell(statement(**claims))
    relay.forward()
    [row] = relay.target.rows()
    assert "authority" not in json.loads(row.raw)
    assert "stored" not in json.loads(row.raw)
    [told] = relay.target.get().json["statements"]
    assert told["authority"]["account"]["name"] == "daerah"
    assert told["stored"] > "2026"


def test_attachments_come_along_byte_for_byte(relay: Relay) -> None:
    small = b"%PDF-1.7"
    relay.tell(with_attachment(DATA), statement(1), with_attachment(small), files=[DATA, small])
    relay.tell(with_attachment(small), files=[small])
    assert relay.forward() == {"forwarded": 4}
    body = relay.target.get("?attachments=true").data
    assert DATA in body
    assert body.count(small) == 1
    assert relay.target.ids() == relay.ids()


def test_an_attachment_of_which_only_an_address_is_known_stays_so(relay: Relay) -> None:
    told = with_attachment(DATA)
    told["attachments"][0]["fileUrl"] = "https://files.example.go.id/sertifikat.pdf"
    relay.tell(told)
    assert relay.forward() == {"forwarded": 1}


def test_a_statement_that_takes_another_back_follows_it(relay: Relay) -> None:
    [told] = relay.tell(statement())
    relay.tell(voiding(told))
    relay.forward()
    assert relay.target.get().json["statements"][0]["verb"]["id"] == vocabulary.VOIDED
    assert relay.target.get(f"?voidedStatementId={told}").json["id"] == told


def test_one_batch_speaks_one_edition(relay: Relay) -> None:
    relay.settings = msgspec.structs.replace(relay.settings, version="2.0.0")
    relay.tell(statement(0), statement(1))
    relay.tell(statement(2), version=Version.V2_0)
    relay.tell(statement(3))
    assert relay.forward() == {"forwarded": 4}
    assert relay.target.requests == [2, 1, 1]
    assert [row.version for row in relay.target.rows()] == ["1.0.3", "1.0.3", "2.0.0", "1.0.3"]


def test_what_an_older_edition_does_not_know_is_refused_there_and_shown(relay: Relay) -> None:
    [first, newer, last] = [
        *relay.tell(statement(0)),
        *relay.tell(statement(1), version=Version.V2_0),
        *relay.tell(statement(2)),
    ]
    assert relay.forward() == {"forwarded": 2, "block": 1}
    assert relay.target.ids() == [first, last]
    assert relay.apart() == {newer: ("blocked", "statement_refused")}


# --- what is refused --------------------------------------------------------------------------


def test_one_of_fifty_that_is_refused_does_not_stop_the_others(relay: Relay) -> None:
    ids = relay.tell_many(50)
    relay.target.refuses = lambda some: (
        "400 Bad Request" if any(one["id"] == ids[37] for one in some) else ""
    )
    assert relay.forward() == {"forwarded": 49, "block": 1}
    assert relay.target.ids() == ids[:37] + ids[38:]
    assert relay.apart() == {ids[37]: ("blocked", "statement_refused")}
    assert not relay.health().is_down
    assert len(relay.target.requests) < 15
    relay.target.refuses = lambda _: ""
    assert relay.forward() == {}
    assert relay.retry() == 1
    assert relay.has_work()
    assert relay.forward() == {"forwarded": 1}
    assert sorted(relay.target.ids()) == sorted(ids)
    assert relay.apart() == {}


def test_what_is_refused_again_says_so_again(relay: Relay) -> None:
    [told] = relay.tell(statement())
    relay.target.refuses = lambda _: "400 Bad Request"
    relay.forward()
    relay.target.refuses = lambda _: "413 Content Too Large"
    relay.retry(told)
    assert relay.apart() == {told: ("waiting", "new")}
    assert relay.forward() == {"block": 1}
    assert relay.apart() == {told: ("blocked", "statement_refused")}


def test_a_batch_that_is_too_large_is_sent_in_parts(relay: Relay) -> None:
    relay.tell_many(20)
    relay.target.refuses = lambda some: "413 Content Too Large" if len(some) > 3 else ""
    assert relay.forward() == {"forwarded": 20}
    assert relay.target.ids() == relay.ids()


def test_another_statement_under_the_same_id_is_refused(relay: Relay) -> None:
    relay.tell(statement(1))
    taken = statement(2, id="fd41c918-b88b-4b20-a0a5-a4c32391aaa0")
    relay.tell(taken)
    other = Relay(relay.target.bridge.store, relay.clock, relay.target)
    other.tell({**taken, "object": {"id": "x:other"}})
    other.intake.close()
    assert relay.forward() == {"forwarded": 1, "block": 1}
    assert relay.apart() == {taken["id"]: ("blocked", "statement_conflicts")}


def test_an_lrs_that_calls_the_same_statement_a_conflict_is_looked_at(relay: Relay) -> None:
    """Communication 2.1.2 leaves it to the LRS what it answers to an id that it has."""
    ids = relay.tell_many(5)
    relay.tell(voiding(ids[1]))
    relay.forward()
    with relay.store.writing() as db:
        marks.move(db, REMOTE, 0)
    relay.target.refuses = lambda _: "409 Conflict"
    assert relay.forward() == {"forwarded": 6}
    assert relay.apart() == {}


def test_what_is_given_up_is_not_sent(relay: Relay) -> None:
    ids = relay.tell_many(3)
    relay.skip(ids[1])
    assert relay.forward() == {"forwarded": 2}
    assert relay.target.ids() == [ids[0], ids[2]]
    assert not relay.has_work()
    assert relay.retry(ids[1]) == 1
    assert relay.forward() == {"forwarded": 1}


def test_nothing_left_but_what_was_given_up_is_nothing_to_do(relay: Relay) -> None:
    ids = relay.tell_many(2)
    relay.skip(*ids)
    assert relay.forward() == {}
    assert not relay.has_work()


def test_a_target_that_refuses_everything_is_left_alone(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "MOST_REFUSED", 5)
    relay.settings = msgspec.structs.replace(relay.settings, batch=4)
    relay.tell_many(20)
    relay.target.refuses = lambda _: "400 Bad Request"
    assert relay.forward() == {"block": 8}
    assert relay.health().reason.code == "target_refuses_all"
    assert not relay.has_work()
    relay.target.refuses = lambda _: ""
    assert relay.retry() == 8
    assert relay.forward() == {"forwarded": 20}


def test_a_statement_whose_attachment_is_damaged_here_does_not_stop_the_others(
    relay: Relay,
) -> None:
    [first, damaged, last] = relay.tell(
        statement(1), with_attachment(DATA), statement(2), files=[DATA]
    )
    with relay.store.writing() as db:
        db.execute(attachment_chunks.delete())
    assert relay.forward() == {"forwarded": 2, "block": 1}
    assert relay.target.ids() == [first, last]
    assert relay.apart() == {damaged: ("blocked", "attachment_damaged")}


# --- a target that cannot be used -------------------------------------------------------------


def test_what_was_not_answered_is_sent_again_and_stored_once(relay: Relay) -> None:
    relay.tell_many(10)
    relay.target.forgets_to_answer = 1
    assert relay.forward() == {}
    assert relay.target.ids() == relay.ids()
    assert relay.mark() == 0
    assert relay.forward() == {"forwarded": 10}
    assert relay.target.ids() == relay.ids()


def test_a_target_that_is_down_is_probed_and_caught_up_with(relay: Relay) -> None:
    relay.tell_many(30)
    relay.target.server.stop()
    for _ in range(3):
        assert relay.has_work()
        assert relay.forward() == {}
    assert relay.health().is_down
    assert relay.health().reason.code == "remote_unavailable"
    assert not relay.has_work()
    relay.clock.forward(seconds=15)
    assert relay.has_work()
    assert relay.forward() == {}
    assert not relay.has_work(), "the next probe is allowed only after a while"
    relay.target.server.start()
    relay.clock.forward(minutes=5)
    assert relay.forward() == {"forwarded": 30}
    assert relay.target.requests == [1, 29], "the probe burdens it the least"
    assert not relay.health().is_down


def test_a_target_that_is_paused_gets_nothing_until_it_is_resumed(relay: Relay) -> None:
    relay.tell_many(3)
    with relay.store.writing() as db:
        assert health.pause(db, REMOTE, by="budi", why="pindah server", now=relay.clock())
    assert not relay.has_work()
    assert relay.forward() == {}
    assert relay.target.requests == []
    with relay.store.writing() as db:
        health.resume(db, REMOTE, now=relay.clock())
    assert relay.has_work()
    assert relay.forward() == {"forwarded": 3}
    assert relay.target.ids() == relay.ids()


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_credentials_that_are_refused_are_certain_at_once(relay: Relay, status: str) -> None:
    relay.tell_many(3)
    relay.target.refuses = lambda _: status
    assert relay.forward() == {}
    assert relay.target.requests == [3]
    assert relay.health().is_down
    assert relay.health().reason.code == "lrs_credentials_rejected"
    relay.target.refuses = lambda _: ""
    relay.clock.forward(minutes=1)
    assert relay.forward() == {"forwarded": 3}


def test_a_server_error_keeps_everything_for_later(relay: Relay) -> None:
    relay.tell_many(3)
    relay.target.refuses = lambda _: "503 Service Unavailable"
    assert relay.forward() == {}
    assert relay.apart() == {}
    relay.target.refuses = lambda _: ""
    assert relay.forward() == {"forwarded": 3}
    assert relay.target.ids() == relay.ids()


def test_a_defect_of_ours_is_shown_and_tried_again(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.tell_many(2)
    with monkeypatch.context() as patch:
        patch.setattr("lms_bridge.forwarding.backlog.passed_on", lambda *_: 1 / 0)
        assert relay.forward() == {}
    assert relay.health().reason.code == "forwarding_failed"
    assert relay.forward() == {"forwarded": 2}


# --- two bridges ------------------------------------------------------------------------------


def test_two_bridges_that_send_to_each_other_come_to_rest(relay: Relay) -> None:
    """The id is the same: what comes back is known, and causes no work."""
    target = relay.target
    back = Relay(target.bridge.store, relay.clock, target)
    own = Target(Bridge(target.bridge.settings, relay.store))
    with own.server:
        back.settings = msgspec.structs.replace(relay.settings, url=f"{own.url}/xapi")
        # One without a timestamp, which gets one on the way, is the same all the same.
        without_time = {k: v for k, v in statement(9).items() if k != "timestamp"}
        relay.tell(statement(1), without_time)
        for _ in range(3):
            relay.forward()
            back.forward()
        assert not relay.has_work()
        assert not back.has_work()
    back.intake.close()
    assert len(relay.ids()) == 2
    assert target.ids() == relay.ids()
    assert relay.apart() == back.apart() == {}


# --- where it begins, and how far it has come -------------------------------------------------


def begin(relay: Relay, start: str) -> None:
    relay.settings = msgspec.structs.replace(relay.settings, start=start)
    with relay.store.writing() as db:
        relay.backlog.begin(db)


def test_it_begins_with_what_comes_after_it_was_configured(relay: Relay) -> None:
    relay.tell_many(3)
    begin(relay, "now")
    [later] = relay.tell(statement(9))
    begin(relay, "now")
    assert relay.forward() == {"forwarded": 1}
    assert relay.target.ids() == [later]


def test_or_with_the_first_of_all(relay: Relay) -> None:
    relay.tell_many(3)
    begin(relay, "beginning")
    assert relay.forward() == {"forwarded": 3}


def test_only_what_is_wanted_is_sent_and_the_rest_is_passed_over(relay: Relay) -> None:
    relay.settings = msgspec.structs.replace(
        relay.settings, verbs=(vocabulary.PASSED,), except_senders=("konten",)
    )
    relay.tell_many(600)
    [passed] = relay.tell(statement(verb={"id": vocabulary.PASSED}))
    relay.tell(statement(verb={"id": vocabulary.PASSED}), sender="konten")
    assert relay.forward() == {"forwarded": 1}
    assert relay.target.ids() == [passed]
    assert relay.target.requests == [1]
    assert not relay.has_work()


def test_what_was_lost_there_can_be_sent_again(relay: Relay) -> None:
    ids = relay.tell_many(4)
    relay.forward()
    with relay.store.writing() as db:
        backlog.rewind(db, REMOTE, relay.clock() - dt.timedelta(hours=1))
    assert relay.forward() == {"forwarded": 4}
    assert relay.target.ids() == ids


def test_a_mark_that_was_moved_meanwhile_is_not_moved_back(relay: Relay) -> None:
    """As by two processes of which one was taken for dead, or by a person."""
    relay.tell_many(4)

    def move(_: Any) -> str:
        relay.target.refuses = lambda _: ""
        with relay.store.writing() as db:
            marks.move(db, REMOTE, 0)
            backlog.rewind(db, REMOTE, relay.clock() - dt.timedelta(days=1))
        return ""

    relay.target.refuses = move
    assert relay.forward() == {"forwarded": 4}
    assert relay.target.requests == [4, 4]
    assert relay.target.ids() == relay.ids()


def test_one_target_that_hangs_does_not_keep_another_waiting(
    relay: Relay, tmp_path: Path, migrated_file: Path
) -> None:
    relay.tell_many(5)
    over = threading.Event()
    first, second = relay.target, relay.forwarder()

    def hang(_: Any) -> str:
        assert over.wait(10)
        return "503 Service Unavailable"

    with a_target(tmp_path / "another.db", migrated_file) as another:
        first.refuses = hang
        lrs = Lrs("lain", settings_of(another.url), relay.store)
        other = Forwarder(
            relay.store,
            lrs,
            Backlog("lain", settings_of(another.url)),
            most=2,
            policy=Breaker(),
            clock=relay.clock,
        )
        drained: list[Any] = []
        thread = threading.Thread(
            target=lambda: drained.append(Forwarders([second, other]).drain())
        )
        thread.start()
        until(lambda: len(another.ids()) == 5)
        relay.tell_many(1)
        until(lambda: len(another.ids()) == 6)
        over.set()
        thread.join(20)
    assert drained == [{"forwarded": 6}]
    assert first.ids() == []
    assert relay.health().failures > 0


def test_a_run_ends_when_it_is_told_to(relay: Relay) -> None:
    relay.settings = msgspec.structs.replace(relay.settings, batch=1)
    relay.tell_many(30)
    calls = 0

    def stop(_: Any) -> str:
        nonlocal calls
        calls += 1
        if calls == 3:
            asked.set()
            assert told.wait(10)
        return ""

    asked, told = threading.Event(), threading.Event()

    def go_on(_: int) -> bool:
        if asked.is_set():
            told.set()
            return False
        return True

    relay.target.refuses = stop
    Forwarders([relay.forwarder()]).drain(go_on)
    assert 3 <= len(relay.target.ids()) < 30
    relay.forward()
    assert relay.target.ids() == relay.ids()


# --- any order of things ----------------------------------------------------------------------


@on_sqlite
@settings(max_examples=times(0.25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_comes_between_each_is_there_once_or_set_apart(
    relay: Relay, data: st.DataObject
) -> None:
    """Batches of any size, statements that are refused, answers that get lost, a server in need."""
    ids = relay.tell_many(data.draw(st.integers(1, 20)))
    bad = set(data.draw(st.lists(st.sampled_from(ids), max_size=3)))
    relay.settings = msgspec.structs.replace(
        relay.settings, batch=data.draw(st.integers(1, 9), label="batch")
    )
    troubles = data.draw(st.lists(st.sampled_from(["", "503 Busy", "forget"]), max_size=8))

    def answer(some: list[dict[str, Any]]) -> str:
        if any(one["id"] in bad for one in some):
            return "400 Bad Request"
        trouble = troubles.pop() if troubles else ""
        if trouble == "forget":
            relay.target.forgets_to_answer = 1
            return ""
        return trouble

    relay.target.refuses = answer
    while relay.has_work() or relay.health().is_down:
        relay.forward()
        relay.clock.forward(minutes=5)
    there = [one for one in relay.target.ids() if one in ids]
    assert len(there) == len(set(there))
    assert set(there) == set(ids) - bad
    assert there == [one for one in ids if one not in bad], "in order"
    assert {one for one in relay.apart() if one in ids} == bad
