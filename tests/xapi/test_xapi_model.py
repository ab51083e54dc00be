"""The parts of a statement as Python sees them, and who an actor is."""

from __future__ import annotations

import datetime as dt
import doctest
import importlib
import pkgutil
from typing import Any

import msgspec
import pytest
from xapi_examples import AGENT, COURSE, CROWD, FULL, GROUP, REFERENCE, SIMPLE, told

import xapi
from xapi import (
    Account,
    Activity,
    Agent,
    Attachment,
    Group,
    InvalidStatement,
    Score,
    Statement,
    StatementRef,
    SubStatement,
    Verb,
    actor_key,
    parse_statement,
)


def read(**properties: Any) -> Statement:
    return parse_statement(told({**SIMPLE, **properties}))


def test_every_property_is_there_under_its_name() -> None:
    statement = parse_statement(told(FULL))
    context, result = statement.context, statement.result
    assert context
    assert context.context_activities
    assert result
    assert result.score
    assert isinstance(statement.actor, Group)
    assert isinstance(statement.object, Activity)
    assert statement.object.definition
    assert statement.attachments
    assert statement.id == FULL["id"]
    assert statement.actor.member
    assert statement.actor.member[0].account == Account(home_page="https://lms.example", name="4")
    assert statement.verb.display == {"en-US": "completed", "id": "menyelesaikan"}
    assert statement.object.definition.more_info == "https://lms.example/about/7"
    assert result.score == Score(scaled=0.5, raw=50, min=0, max=100)
    assert (result.success, result.completion, result.response) == (True, False, "")
    assert context.statement == StatementRef(object_type="StatementRef", id=REFERENCE["id"])
    assert (context.platform, context.language) == ("Moodle", "id")
    assert statement.attachments[0].file_url == "https://lms.example/certificate/1.pdf"
    assert (statement.timestamp, statement.version) == (FULL["timestamp"], "1.0.0")


def test_what_is_absent_is_unset_and_false() -> None:
    statement = read()
    assert statement.result is statement.id is statement.verb.display is msgspec.UNSET
    assert not (statement.result and statement.result.score)


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        (COURSE, Activity),
        ({"id": "act:x"}, Activity),
        (AGENT, Agent),
        (GROUP, Group),
        (REFERENCE, StatementRef),
        ({**SIMPLE, "objectType": "SubStatement"}, SubStatement),
    ],
)
def test_the_object_is_of_the_kind_that_it_says(thing: Any, kind: type) -> None:
    assert type(read(object=thing).object) is kind


@pytest.mark.parametrize(
    ("actor", "kind"),
    [({"mbox": "mailto:a@b.c"}, Agent), (AGENT, Agent), (GROUP, Group), (CROWD, Group)],
)
def test_an_actor_is_of_the_kind_that_it_says(actor: Any, kind: type) -> None:
    statement = read(actor=actor, context={"instructor": actor})
    assert statement.context
    assert type(statement.actor) is type(statement.context.instructor) is kind


def test_the_moment_of_a_statement_is_in_utc() -> None:
    moment = dt.datetime(2026, 11, 24, 6, 9, 27, tzinfo=dt.UTC)
    assert read(timestamp="2026-11-24T13:09:27+07:00").occurred_at == moment
    assert read().occurred_at is None


def test_a_voiding_statement_says_so() -> None:
    voiding = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    assert read(verb=voiding, object=REFERENCE).is_voiding
    assert not read().is_voiding


def test_an_activity_tells_its_type_and_its_extensions() -> None:
    course = parse_statement(told(FULL)).object
    assert isinstance(course, Activity)
    assert course.type == xapi.vocabulary.COURSE
    assert course.extensions == {"https://example.org/code": "PKA-2026"}
    assert (Activity("act:x").type, Activity("act:x").extensions) == (None, {})


def test_context_activities_are_tuples_however_they_were_sent() -> None:
    one, two = Activity("act:1"), Activity("act:2")
    sent = {"parent": {"id": "act:1"}, "grouping": [{"id": "act:1"}, {"id": "act:2"}], "other": []}
    context = read(context={"contextActivities": sent}).context
    assert context
    around = context.context_activities
    assert around
    assert (around.parents, around.groupings) == ((one,), (one, two))
    assert around.categories == around.others == ()


def test_an_attachment_tells_whether_it_is_a_signature() -> None:
    certificate = Attachment(
        usage_type="act:certificate",
        display={},
        content_type="application/pdf",
        length=1,
        sha2="a" * 64,
    )
    assert not certificate.is_signature
    signature = msgspec.structs.replace(
        certificate,
        usage_type=xapi.vocabulary.SIGNATURE,
        content_type="application/octet-stream",
    )
    assert signature.is_signature


def test_parts_are_frozen() -> None:
    with pytest.raises(AttributeError):
        read().id = FULL["id"]  # type: ignore[misc]


def test_a_part_that_is_built_in_python_keeps_the_rules_as_well() -> None:
    with pytest.raises(InvalidStatement) as caught:
        Verb("completed")
    assert caught.value.path == "$.id"
    with pytest.raises(InvalidStatement) as caught:
        Agent(name="Siti")
    assert str(caught.value).startswith('$: {"name":"Siti"} has no identifier')


def test_a_statement_is_encoded_as_it_was_sent() -> None:
    assert msgspec.json.decode(msgspec.json.encode(parse_statement(told(FULL)))) == FULL


# --- who an actor is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "key"),
    [
        ({"mbox": "mailto:Siti@Example.ID"}, "mbox:mailto:Siti@example.id"),
        ({"mbox_sha1sum": "A" * 40}, "mbox_sha1sum:" + "a" * 40),
        ({"openid": "https://id.example/Budi"}, "openid:https://id.example/Budi"),
        (GROUP, "account:https://lms.example|angkatan-7"),
        (CROWD, None),
    ],
)
def test_an_actor_is_known_by_its_identifier(actor: Any, key: str | None) -> None:
    assert actor_key(read(actor=actor).actor) == key


def test_the_name_of_an_actor_does_not_make_another_of_it() -> None:
    assert actor_key(Agent(name="Siti", openid="act:x")) == actor_key(Agent(openid="act:x"))


def test_no_two_accounts_have_one_key() -> None:
    keys = {
        actor_key(Agent(account=Account(home_page, name)))
        for home_page in ("https://a.example", "https://a.example/", "https://a.example/b")
        for name in ("", "|", "b", "b|", "|b", "/b", "https://a.example|b")
    }
    assert len(keys) == 21


def test_a_group_without_identifier_is_anonymous() -> None:
    crowd, class_of = read(actor=CROWD).actor, read(actor=GROUP).actor
    assert isinstance(crowd, Group)
    assert isinstance(class_of, Group)
    assert crowd.is_anonymous
    assert not class_of.is_anonymous


# --- the examples in the documentation -------------------------------------------------------


@pytest.mark.parametrize(
    "module",
    [xapi.__name__, *(f"xapi.{module.name}" for module in pkgutil.iter_modules(xapi.__path__))],
)
def test_the_examples_in_the_documentation_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
