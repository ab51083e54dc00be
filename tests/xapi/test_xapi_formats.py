"""The formats ids and canonical, and the stream in which statements go out (Comm. 2.1.3)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_xapi_completing import ODD, complete
from test_xapi_properties import VALID
from xapi_examples import (
    AGENT,
    BY_ROLE,
    COURSE,
    CROWD,
    FULL,
    GROUP,
    NESTED,
    REFERENCE,
    SIMPLE,
    told,
)

from xapi.canonical_format import Canonical
from xapi.ids_format import with_ids
from xapi.languages import Languages
from xapi.retrieval import StoredFile, last_modified, statement_result, with_attachments

# --- ids ---------------------------------------------------------------------------------------

KNOWN_GROUP = {"objectType": "Group", "account": GROUP["account"]}
KNOWN_AGENT = {"objectType": "Agent", "mbox": AGENT["mbox"]}


def ids(statement: Any) -> Any:
    return json.loads(with_ids(told(statement)))


def test_ids_leaves_only_what_tells_who_and_what() -> None:
    assert ids(FULL) == {
        **FULL,
        "actor": KNOWN_GROUP,
        "verb": {"id": FULL["verb"]["id"]},
        "object": {"id": FULL["object"]["id"]},
        "context": {
            **FULL["context"],
            "instructor": KNOWN_AGENT,
            "contextActivities": {
                "parent": {"id": "https://lms.example/programme/1"},
                "grouping": [{"id": COURSE["id"]}],
                "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
                "other": [],
            },
        },
    }


def test_ids_tells_an_anonymous_group_by_its_members() -> None:
    members = [{**AGENT, "name": "x"}, {"account": {"homePage": "act:h", "name": "4"}, "name": "y"}]
    statement = {**SIMPLE, "actor": {**CROWD, "name": "Panitia", "member": members}}
    known = [KNOWN_AGENT, {"account": {"homePage": "act:h", "name": "4"}}]
    assert ids(statement)["actor"] == {"objectType": "Group", "member": known}


@pytest.mark.parametrize(
    ("thing", "known"),
    [
        (COURSE, {"id": COURSE["id"]}),
        (AGENT, KNOWN_AGENT),
        (GROUP, KNOWN_GROUP),
        (CROWD, CROWD),
        (REFERENCE, REFERENCE),
    ],
)
def test_ids_leaves_of_an_object_what_it_is_known_by(thing: Any, known: Any) -> None:
    assert ids({**SIMPLE, "object": thing})["object"] == known
    inner = {**NESTED["object"], "object": thing}
    assert ids({**SIMPLE, "object": inner})["object"] == {
        **inner,
        "actor": KNOWN_AGENT,
        "object": known,
    }


def test_ids_leaves_of_context_agents_and_groups_who_they_are() -> None:
    context = ids(BY_ROLE)["context"]
    assert [related["agent"] for related in context["contextAgents"]] == [
        KNOWN_AGENT,
        {"openid": "https://id.example/budi"},
    ]
    assert [related["group"] for related in context["contextGroups"]] == [KNOWN_GROUP, CROWD]
    assert context["contextAgents"][0]["relevantTypes"]


def test_ids_keeps_all_else_byte_for_byte() -> None:
    assert b'{"score":{"raw":1.50e+1},"extensions":{"act:x":1234567890123456' in with_ids(ODD % b"")


@given(st.sampled_from(VALID))
def test_ids_of_ids_is_the_same(statement: Any) -> None:
    once = with_ids(complete(statement))
    assert with_ids(once) == once
    assert json.loads(once)["verb"].keys() == {"id"}


# --- canonical ---------------------------------------------------------------------------------

MEETING: dict[str, Any] = {
    "name": {"en-US": "Meeting", "id": "Rapat"},
    "description": {"en-US": "To meet"},
    "type": "act:meeting",
    "extensions": {"act:x": {"en": 1, "id": 2}},
}
DEFINITIONS = {"act:meeting/1": json.dumps(MEETING).encode()}


def canonical(statement: Any, header: str = "id") -> Any:
    tell = Canonical(Languages.of(header), DEFINITIONS.get)
    return json.loads(tell(told(statement)))


def test_canonical_has_the_definition_that_the_lrs_holds() -> None:
    statement = {**SIMPLE, "object": {"id": "act:meeting/1", "definition": {"name": {"en": "?"}}}}
    told_canonical = canonical(statement)
    assert told_canonical["object"] == {
        "id": "act:meeting/1",
        "definition": {**MEETING, "name": {"id": "Rapat"}},
    }
    assert canonical({**SIMPLE, "object": {"id": "act:meeting/1"}}) == told_canonical


def test_canonical_leaves_the_sender_s_own_definition_where_there_is_no_other() -> None:
    name = {"en": "Book", "id": "Buku", "ms": "Buku"}
    statement = {**SIMPLE, "object": {"id": "act:book", "definition": {"name": name}}}
    assert canonical(statement)["object"]["definition"] == {"name": {"id": "Buku"}}
    assert canonical({**SIMPLE, "object": COURSE}) == {**SIMPLE, "object": COURSE}


def test_canonical_has_one_language_in_each_map_of_verbs_and_activities() -> None:
    both = {"en": "x", "id": "y"}
    components = [{"id": "a", "description": both}, {"id": "b"}]
    kinds = {"choice": "choices", "likert": "scale", "performance": "steps"}
    for interaction, name in kinds.items():
        definition = {
            "name": both,
            "description": both,
            "interactionType": interaction,
            name: components,
        }
        question = {"id": "act:q", "definition": definition}
        statement = {
            **SIMPLE,
            "verb": {"id": "act:v", "display": both},
            "object": question,
            "context": {
                "contextActivities": {"parent": [{"id": "act:p", "definition": definition}]}
            },
        }
        one = {
            **definition,
            "name": {"id": "y"},
            "description": {"id": "y"},
            name: [{"id": "a", "description": {"id": "y"}}, {"id": "b"}],
        }
        result = canonical(statement)
        assert result["verb"]["display"] == {"id": "y"}
        assert result["object"]["definition"] == one
        assert result["context"]["contextActivities"]["parent"][0]["definition"] == one
        nested = canonical({**SIMPLE, "object": {**statement, "objectType": "SubStatement"}})
        assert nested["object"]["object"]["definition"] == one


@pytest.mark.parametrize("around", [COURSE, [COURSE, {"id": "act:meeting/1"}]])
def test_canonical_reaches_context_activities_however_they_stand(around: Any) -> None:
    statement = {**SIMPLE, "context": {"contextActivities": {"grouping": around}}}
    grouping = canonical(statement)["context"]["contextActivities"]["grouping"]
    if isinstance(around, list):
        assert grouping[1]["definition"]["name"] == {"id": "Rapat"}
    else:
        assert grouping == COURSE


def test_canonical_keeps_agents_groups_and_all_else_as_they_were_sent() -> None:
    statement = {**FULL, "object": AGENT, "context": {"instructor": AGENT, "team": GROUP}}
    result = canonical(statement)
    for kept in ("actor", "object", "context", "result", "attachments", "authority"):
        assert result[kept] == statement[kept]
    raw = told(FULL["object"]["definition"]["extensions"])
    assert raw in Canonical(Languages.of("id"))(told(FULL))


def test_canonical_can_have_displays_of_verbs_as_well() -> None:
    tell = Canonical(Languages.of("id"), display_of={"act:v": b'{"en":"x","id":"y"}'}.get)
    assert json.loads(tell(told({**SIMPLE, "verb": {"id": "act:v"}})))["verb"] == {
        "id": "act:v",
        "display": {"id": "y"},
    }


def test_a_definition_is_looked_up_once_for_a_page() -> None:
    asked: list[str] = []

    def look_up(iri: str) -> None:
        asked.append(iri)

    tell = Canonical(Languages.of(None), look_up)
    for _ in range(3):
        tell(told(SIMPLE))
    assert asked == [SIMPLE["object"]["id"]]


# --- languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "offered", "choice"),
    [
        ("en-GB", "en-US en-GB", "en-GB"),
        ("EN-gb", "en-US en-GB", "en-GB"),
        ("en", "id en-US en-GB", "en-US"),
        ("id, en;q=0.5", "en id", "id"),
        ("en;q=0.5, id", "en id", "id"),
        ("id;q=0.5, en;q=0.5", "en id", "en"),
        ("fr, en;q=0.8", "id en-US", "en-US"),
        ("en, en-GB;q=0.1", "en-GB en-US", "en-US"),
        ("*", "id en", "id"),
        ("en;q=0.5, *;q=0.1", "id en", "en"),
        ("en;q=0, *", "en id", "id"),
        ("en;q=0", "en id", "id"),
        ("en;q=0", "en", "en"),
        ("en-GB", "id en-US", "en-US"),
        ("zh-Hant-TW", "zh-Hans zh-Hant", "zh-Hant"),
        ("zh-Hant-TW", "en zh", "zh"),
        ("de", "id en", "id"),
        ("", "id en", "id"),
        ("nonsense; q=x, ,;,en;q=2", "id en", "id"),
        ("id ; q=0.25 , en ;q = 0.75", "id en", "en"),
        ("i-klingon", "en i-klingon", "i-klingon"),
    ],
)
def test_each_map_comes_down_to_the_language_that_is_wanted_most(
    header: str, offered: str, choice: str
) -> None:
    assert Languages.of(header).choice(offered.split()) == choice


def test_of_no_language_there_is_no_choice() -> None:
    assert Languages.of("en").choice([]) is None
    assert Languages.of(None).choice(["id", "en"]) == "id"
    assert canonical({**SIMPLE, "verb": {"id": "act:v", "display": {}}})["verb"]["display"] == {}


@given(st.text(), st.lists(st.sampled_from(["en", "en-GB", "id", "zh-Hant", "x-y"]), min_size=1))
def test_whatever_the_header_is_one_of_the_languages_is_chosen(
    header: str, offered: list[str]
) -> None:
    assert Languages.of(header).choice(offered) in offered


# --- the stream --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_a_statement_result_is_the_statements_and_where_there_are_more(count: int) -> None:
    statements = [b'{"id":%d,"x":"%b"}' % (number, b"x" * 300) for number in range(count)]
    result = json.loads(b"".join(statement_result(statements, "/xapi/statements?more=é")))
    assert result["statements"] == [json.loads(statement) for statement in statements]
    assert result["more"] == "/xapi/statements?more=é"
    assert json.loads(b"".join(statement_result(statements)))["more"] == ""


def test_the_first_octets_come_before_the_last_statement_is_read() -> None:
    read = 0

    def statements() -> Iterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 1
            yield b'{"x":"%b"}' % (b"x" * 1000)

    stream = statement_result(statements(), lambda: f"after {read}")
    assert next(stream).startswith(b'{"statements":[{"x"')
    assert read < 10
    chunks = list(stream)
    assert max(map(len, chunks)) < 100_000
    assert len(chunks) < 200
    assert chunks[-1].endswith(b'],"more":"after 10000"}')


def test_attachments_follow_the_statements_each_as_a_part() -> None:
    files = [
        StoredFile("a1", 'text/plain; name="é—"', [b"he", b"llo"]),
        StoredFile("b2", "a/b", []),
    ]
    assert b"".join(with_attachments(b"xyz", [b"{", b"}"], files)).split(b"\r\n") == [
        b"--xyz",
        b"Content-Type: application/json",
        b"",
        b"{}",
        b"--xyz",
        'Content-Type: text/plain; name="é—"'.encode(),
        b"Content-Transfer-Encoding: binary",
        b"X-Experience-API-Hash: a1",
        b"",
        b"hello",
        b"--xyz",
        b"Content-Type: a/b",
        b"Content-Transfer-Encoding: binary",
        b"X-Experience-API-Hash: b2",
        b"",
        b"",
        b"--xyz--",
        b"",
    ]


def test_last_modified_is_when_it_was_stored_to_the_second() -> None:
    east = dt.timezone(dt.timedelta(hours=7))
    stored = dt.datetime(2026, 11, 24, 13, 9, 27, 999_999, tzinfo=east)
    assert last_modified(stored) == "Tue, 24 Nov 2026 06:09:27 GMT"
