"""When two serializations are the same statement: Data 2.3.1, one rule a line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from xapi_examples import (
    AGENT,
    ATTACHMENT,
    COURSE,
    FULL,
    GROUP,
    NESTED,
    REFERENCE,
    SIMPLE,
    changed,
    told,
    without,
)

from xapi import InvalidStatement, same_statement

AUTHORITY = {"account": {"homePage": "https://lrs.example", "name": "other"}}
ELSEWHERE = {"id": "https://lms.example/course/8"}


def of_result(value: Any) -> Any:
    return changed(FULL, "result.extensions", {"act:x": value})


def of_member(name: str, value: Any) -> Any:
    return changed(FULL, f"actor.member.0.{name}", value)


SAME: dict[str, tuple[Any, Any]] = {
    "the id that one does not have": (FULL, without(FULL, "id")),
    "the case of an id": (FULL, changed(FULL, "id", FULL["id"].upper())),
    "the authority": (FULL, changed(FULL, "authority", AUTHORITY)),
    "the authority that one does not have": (FULL, without(FULL, "authority")),
    "stored": (FULL, changed(FULL, "stored", "2027-01-01T00:00:00Z")),
    "the stored that one does not have": (FULL, without(FULL, "stored")),
    "the version that one does not have": (FULL, without(FULL, "version")),
    "the version": (FULL, changed(FULL, "version", "1.0.3")),
    "the timestamp that one does not have": (FULL, without(FULL, "timestamp")),
    "the time zone of a timestamp": (
        FULL,
        changed(FULL, "timestamp", "2026-11-24T13:09:27.250+07:00"),
    ),
    "the form of a timestamp": (FULL, changed(FULL, "timestamp", "20261124T060927.25Z")),
    "a timestamp cut to milliseconds": (
        changed(FULL, "timestamp", "2026-11-24T06:09:27.2509Z"),
        changed(FULL, "timestamp", "2026-11-24T06:09:27.250Z"),
    ),
    "a timestamp rounded to milliseconds": (
        changed(FULL, "timestamp", "2026-11-24T06:09:27.2509Z"),
        changed(FULL, "timestamp", "2026-11-24T06:09:27.251Z"),
    ),
    "the time zone of a SubStatement's timestamp": (
        changed(NESTED, "object.timestamp", "2026-11-24T06:09:27Z"),
        changed(NESTED, "object.timestamp", "2026-11-24T13:09:27+07:00"),
    ),
    "the display of a verb": (FULL, changed(FULL, "verb.display", {"en": "did"})),
    "the display that one does not have": (FULL, without(FULL, "verb.display")),
    "the display of a SubStatement's verb": (
        NESTED,
        changed(NESTED, "object.verb.display", {"en": "did"}),
    ),
    "the definition of an Activity": (FULL, changed(FULL, "object.definition.name", {"en": "x"})),
    "the definition that one does not have": (FULL, without(FULL, "object.definition")),
    "the definition of a context Activity": (
        FULL,
        changed(FULL, "context.contextActivities.grouping.0.definition", {"type": "act:t"}),
    ),
    "the definition of a SubStatement's Activity": (
        NESTED,
        changed(NESTED, "object.object.definition", {"type": "act:t"}),
    ),
    "the order of a Group's members": (
        FULL,
        changed(FULL, "actor.member", FULL["actor"]["member"][::-1]),
    ),
    "the attachments": (FULL, changed(FULL, "attachments.0.length", 28)),
    "the attachments that one does not have": (FULL, without(FULL, "attachments")),
    "a context Activity alone and in an array": (
        changed(FULL, "context.contextActivities.parent", COURSE),
        changed(FULL, "context.contextActivities.parent", [COURSE]),
    ),
    "the case of a domain": (SIMPLE, changed(SIMPLE, "actor.mbox", "mailto:siti@EXAMPLE.id")),
    "the case of a hash": (
        changed(SIMPLE, "actor", {"mbox_sha1sum": "a" * 40}),
        changed(SIMPLE, "actor", {"mbox_sha1sum": "A" * 40}),
    ),
    "the case of a registration": (
        FULL,
        changed(FULL, "context.registration", FULL["context"]["registration"].upper()),
    ),
    "the case of a reference": (
        {**SIMPLE, "object": REFERENCE},
        {**SIMPLE, "object": {**REFERENCE, "id": REFERENCE["id"].upper()}},
    ),
    "the case of a reference in the context": (
        FULL,
        changed(FULL, "context.statement.id", REFERENCE["id"].upper()),
    ),
    "the case of a language tag": (FULL, changed(FULL, "context.language", "ID")),
    "a duration cut to hundredths of a second": (
        changed(FULL, "result.duration", "PT1.2399S"),
        changed(FULL, "result.duration", "PT1.23S"),
    ),
    "the spelling of a number": (FULL, changed(FULL, "result.score.raw", 50.0)),
    "the spelling of a number in an extension": (of_result([1, 2]), of_result([1.0, 2.0])),
}

DIFFERENT: dict[str, tuple[Any, Any]] = {
    "the id, when both have one": (
        FULL,
        changed(FULL, "id", "00000000-b88b-4b20-a0a5-a4c32391aaa0"),
    ),
    "the moment, when both have one": (FULL, changed(FULL, "timestamp", "2026-11-24T06:09:28Z")),
    "a millisecond": (FULL, changed(FULL, "timestamp", "2026-11-24T06:09:27.251Z")),
    "the timestamp that one SubStatement does not have": (
        NESTED,
        changed(NESTED, "object.timestamp", "2026-11-24T06:09:27Z"),
    ),
    "the actor": (FULL, changed(FULL, "actor", AGENT)),
    "the name of an actor": (FULL, changed(FULL, "actor.name", "Angkatan VIII")),
    "the name of a member": (FULL, of_member("name", "Budi")),
    "a member": (FULL, of_member("account.name", "5")),
    "how often a member stands": (
        FULL,
        changed(FULL, "actor.member", [*FULL["actor"]["member"], FULL["actor"]["member"][0]]),
    ),
    "an objectType that only one writes out": (FULL, without(FULL, "object.objectType")),
    "the case of a local part": (SIMPLE, changed(SIMPLE, "actor.mbox", "mailto:Siti@example.id")),
    "the verb": (FULL, changed(FULL, "verb.id", "http://adlnet.gov/expapi/verbs/passed")),
    "the case of an IRI": (FULL, changed(FULL, "verb.id", FULL["verb"]["id"].upper())),
    "the Activity": (FULL, changed(FULL, "object.id", ELSEWHERE["id"])),
    "the kind of object": (FULL, {**FULL, "object": REFERENCE, "context": {}}),
    "the Activity of a SubStatement": (NESTED, changed(NESTED, "object.object", ELSEWHERE)),
    "an Agent and a Group as object": ({**SIMPLE, "object": AGENT}, {**SIMPLE, "object": GROUP}),
    "a result that only one has": (FULL, without(FULL, "result")),
    "an empty result that only one has": (SIMPLE, {**SIMPLE, "result": {}}),
    "success": (FULL, changed(FULL, "result.success", False)),
    "a score": (FULL, changed(FULL, "result.score.raw", 50.001)),
    "a response": (FULL, changed(FULL, "result.response", " ")),
    "a duration written in another unit": (
        changed(FULL, "result.duration", "PT60S"),
        changed(FULL, "result.duration", "PT1M"),
    ),
    "a hundredth of a second": (
        changed(FULL, "result.duration", "PT1.23S"),
        changed(FULL, "result.duration", "PT1.24S"),
    ),
    "a zero at the end of a duration": (
        changed(FULL, "result.duration", "PT1.2S"),
        changed(FULL, "result.duration", "PT1.20S"),
    ),
    "a value in an extension": (of_result({"a": [1, 2]}), of_result({"a": [1, 3]})),
    "the order of an array in an extension": (of_result([1, 2]), of_result([2, 1])),
    "true and 1 in an extension": (of_result(True), of_result(1)),
    "false and null in an extension": (of_result(False), of_result(None)),
    "a number and a string in an extension": (of_result(1), of_result("1")),
    "a name in an extension": (of_result({"a": 1}), of_result({"b": 1})),
    "the case of a domain in an extension": (
        of_result("mailto:a@X.org"),
        of_result("mailto:a@x.org"),
    ),
    "the registration": (
        FULL,
        changed(FULL, "context.registration", "00000000-b57b-4c15-8d91-d292c5b2b8f7"),
    ),
    "the instructor": (FULL, changed(FULL, "context.instructor", GROUP)),
    "the platform": (FULL, changed(FULL, "context.platform", "moodle")),
    "a context Activity": (FULL, changed(FULL, "context.contextActivities.grouping.0", ELSEWHERE)),
    "the order of context Activities": (
        changed(FULL, "context.contextActivities.grouping", [COURSE, ELSEWHERE]),
        changed(FULL, "context.contextActivities.grouping", [ELSEWHERE, COURSE]),
    ),
    "the kind of a context Activity": (
        changed(SIMPLE, "context.contextActivities", {"parent": [COURSE]}),
        changed(SIMPLE, "context.contextActivities", {"grouping": [COURSE]}),
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_a_statement_stays_the_same_whatever(one: Any, other: Any) -> None:
    assert same_statement(told(one), told(other))
    assert same_statement(told(other), told(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_statement_becomes_another_by(one: Any, other: Any) -> None:
    assert not same_statement(told(one), told(other))
    assert not same_statement(told(other), told(one))


def test_the_same_bytes_are_the_same_statement() -> None:
    assert same_statement(told(FULL), told(FULL))


def test_the_order_of_properties_and_the_white_space_do_not_count() -> None:
    shuffled = json.dumps(dict(reversed(FULL.items())), indent=3).encode()
    assert same_statement(told(FULL), shuffled)


def test_what_an_lrs_adds_on_the_way_leaves_the_statement_the_same() -> None:
    kept = {
        **SIMPLE,
        "id": FULL["id"],
        "stored": "2026-11-24T06:09:28Z",
        "timestamp": "2026-11-24T06:09:28Z",
        "authority": AUTHORITY,
        "version": "1.0.0",
    }
    assert same_statement(told(SIMPLE), told(kept))


def test_a_signature_that_is_attached_leaves_the_statement_the_same() -> None:
    signature = {
        **ATTACHMENT,
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "contentType": "application/octet-stream",
    }
    assert same_statement(told(SIMPLE), told({**SIMPLE, "attachments": [signature]}))


def test_only_statements_are_compared() -> None:
    with pytest.raises(InvalidStatement):
        same_statement(told(SIMPLE), b"{}")
    with pytest.raises(InvalidStatement):
        same_statement(b"[", told(SIMPLE))
