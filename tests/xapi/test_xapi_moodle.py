"""Statements as Moodle's logstore_xapi sends them: one request of each kind that was captured.

The people in it are made up.
"""

from __future__ import annotations

import json
from pathlib import Path

from xapi import Activity, Agent, actor_key, read_statements, same_statement, vocabulary

BODY = (Path(__file__).parent / "moodle-request.json").read_bytes()
RECEIVED = read_statements(BODY)


def test_all_of_them_are_accepted_and_keep_their_bytes() -> None:
    assert len(RECEIVED) == len(json.loads(BODY))
    assert b"[%b]" % b",".join(one.raw for one in RECEIVED) == BODY.strip()


def test_none_has_an_id_and_all_have_a_moment() -> None:
    assert not any(one.statement.id for one in RECEIVED)
    assert all(one.statement.occurred_at for one in RECEIVED)


def test_a_completed_course_is_told_by_the_type_of_the_activity() -> None:
    completed = [
        one.statement.object.id
        for one in RECEIVED
        if one.statement.verb.id == vocabulary.COMPLETED
        and isinstance(one.statement.object, Activity)
        and one.statement.object.type == vocabulary.COURSE
    ]
    assert completed == ["https://moodle.example/course/view.php?id=3"]


def test_the_id_number_of_a_course_stands_in_its_extensions() -> None:
    numbers = {
        one.statement.object.extensions.get(vocabulary.EXTERNAL_ID)
        for one in RECEIVED
        if isinstance(one.statement.object, Activity)
    }
    assert "DIKLAT-PKA-2026" in numbers


def test_the_event_of_a_statement_stands_in_its_context() -> None:
    events = {
        one.statement.context.extensions[vocabulary.SOURCE_EVENT]["event_name"]
        for one in RECEIVED
        if one.statement.context and one.statement.context.extensions
    }
    assert "\\core\\event\\course_completed" in events


def test_an_actor_is_known_by_account_or_mailbox() -> None:
    keys = {actor_key(one.statement.actor) for one in RECEIVED}
    assert all(isinstance(one.statement.actor, Agent) for one in RECEIVED)
    assert {"account:https://moodle.example|4", "mbox:mailto:learner1@example.go.id"} <= keys
    assert "account:https://nip.bkn.example|learner1" in keys


def test_the_same_event_sent_again_differs_by_its_registration_alone() -> None:
    """logstore_xapi makes a registration anew in each run, so the standard sees two statements."""
    once = json.loads(RECEIVED[0].raw)
    again = json.loads(RECEIVED[0].raw)
    again["context"]["registration"] = "d54e7677-213c-56b3-9925-c202b382bf92"
    assert not same_statement(json.dumps(once).encode(), json.dumps(again).encode())
    del once["context"]["registration"], again["context"]["registration"]
    assert same_statement(json.dumps(once).encode(), json.dumps(again, indent=1).encode())
