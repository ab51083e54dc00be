"""What is asked of a million statements: of the bridge, and in SQL written by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from benchmarks import million
from lms_bridge.lrs.finding import search
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.lrs.searching import Search
from lms_bridge.store.engine import Store
from lms_bridge.store.places import moment_of
from xapi import actor_key
from xapi.cursor import Cursor
from xapi.outline import Account, Who
from xapi.parameters import pairs_in
from xapi.query import StatementsQuery, read_query
from xapi.times import format_timestamp


class Question(NamedTuple):
    """What is asked of the bridge, and of the yardstick."""

    query: str
    """a query string for ``/xapi/statements``"""
    sql: str
    """the name of the query in :mod:`benchmarks.by_hand`"""
    values: Mapping[str, Any]

    def search(self, store: Store) -> Search:
        """The search that the bridge makes of it."""
        pairs = pairs_in(self.query.encode())
        if pairs[0][0] == "more":
            cursor = Cursor.of(pairs[0][1])
            return search(store, cursor.query, cursor.after)
        return search(store, read_query(pairs), None)


class Case(NamedTuple):
    """Questions of one kind, made by chance."""

    name: str
    ask: Callable[[random.Random], Question]


def cases(count: int, ids: Sequence[str]) -> list[Case]:
    """Every kind of question to `count` statements; `ids` are some that are not voided."""

    def place(chance: random.Random) -> int:
        return million.place(chance.randrange(count // 10, count - count // 10))

    def agent(chance: random.Random, *, related: bool = False, **more: Any) -> Question:
        number = int(million.AGENTS * chance.random() ** 1.5)
        return _agent(number, related=related, **more)

    def activity(chance: random.Random) -> int:
        return int(million.COURSES + 360 * chance.random() ** 2)

    def since(chance: random.Random) -> Question:
        then = place(chance)
        query = {"since": format_timestamp(moment_of(then)), "ascending": "true"}
        return _question(query, "all, since a place", since=then)

    def until(chance: random.Random) -> Question:
        then = place(chance)
        query = {"until": format_timestamp(moment_of(then)), "verb": million.VERBS[0]}
        values = {"k": _verb(0), "until": then + 1}
        return _question(query, "key, until a place", **values)

    def deep(chance: random.Random) -> Question:
        after = place(chance)
        query = StatementsQuery(verb=million.VERBS[1], limit=50)
        token = Cursor(query, after).token()
        return Question(f"more={token}", "key, until a place", {"k": _verb(1), "until": after})

    def one(chance: random.Random) -> Question:
        id = chance.choice(ids)
        return Question(urlencode({"statementId": id}), "one", {"id": id})

    def three(chance: random.Random) -> Question:
        number, then = activity(chance), place(chance)
        query = {
            "activity": million.activity(number),
            "verb": million.VERBS[chance.randrange(3)],
            "since": format_timestamp(moment_of(then)),
        }
        values = {"k": _activity(number), "a": key(Kind.VERB, query["verb"]), "since": then}
        return _question(query, "two keys, since a place", **values)

    def registration(chance: random.Random) -> Question:
        one = million.registration(chance.randrange(300), chance.randrange(million.COURSES))
        return _question({"registration": one}, "key", k=key(Kind.REGISTRATION, one))

    def of_course(chance: random.Random) -> Question:
        number = chance.randrange(million.COURSES)
        return _question(
            {"activity": million.activity(number), "related_activities": "true"},
            "either key",
            a=_activity(number),
            b=key(Kind.RELATED_ACTIVITY, million.activity(number)),
        )

    def of_activity(chance: random.Random) -> Question:
        number = activity(chance)
        return _question({"activity": million.activity(number)}, "key", k=_activity(number))

    def of_verb(number: int, **more: str) -> Callable[[random.Random], Question]:
        query = {"verb": million.VERBS[number]} | more
        return lambda _: _question(query, "key", k=_verb(number))

    def with_verb(number: int) -> Callable[[random.Random], Question]:
        return lambda chance: agent(chance, verb=number)

    return [
        Case("nothing but the limit", lambda _: _question({}, "all")),
        Case("agent", agent),
        Case("agent who came seldom", lambda chance: _agent(million.AGENTS - 1)),
        Case("agent, related", lambda chance: agent(chance, related=True)),
        Case("verb, of half of them", of_verb(0)),
        Case("verb, of a few in a million", of_verb(-1)),
        Case("activity", of_activity),
        Case("activity, related", of_course),
        Case("registration", registration),
        Case("since, ascending", since),
        Case("until, and a frequent verb", until),
        Case("agent and a frequent verb", with_verb(0)),
        Case("agent and a rare verb", with_verb(8)),
        Case("activity, verb and since", three),
        Case("more, deep in", deep),
        Case("statementId", one),
        Case("format ids", of_verb(1, format="ids")),
        Case("format canonical", of_verb(1, format="canonical")),
    ]


def _question(query: Mapping[str, str], sql: str, **values: Any) -> Question:
    return Question(urlencode({**query, "limit": "50"}), sql, values)


def _agent(number: int, *, related: bool = False, verb: int | None = None) -> Question:
    account = million.account(number)["account"]
    known_as = actor_key(Who(account=Account(account["homePage"], account["name"])))
    assert known_as is not None
    query = {"agent": json.dumps({"account": account})}
    own = key(Kind.AGENT, known_as)
    if related:
        query["related_agents"] = "true"
        return _question(query, "either key", a=own, b=key(Kind.RELATED_AGENT, known_as))
    if verb is not None:
        query["verb"] = million.VERBS[verb]
        return _question(query, "two keys", k=own, a=_verb(verb))
    return _question(query, "key", k=own)


def _verb(number: int) -> int:
    return key(Kind.VERB, million.VERBS[number])


def _activity(number: int) -> int:
    return key(Kind.ACTIVITY, million.activity(number))
