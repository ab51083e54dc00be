"""What holds for all bytes, all JSON and all statements, not only for those that we thought of."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from xapi_examples import (
    AGENT,
    ASKING,
    CROWD,
    FULL,
    GROUP,
    NESTED,
    REFERENCE,
    SIMPLE,
    told,
)

from tests.trials import times
from xapi import InvalidStatement, parse_statement, read_statements, reading, same_statement

VALID = [
    SIMPLE,
    FULL,
    NESTED,
    ASKING,
    {**SIMPLE, "object": AGENT},
    {**SIMPLE, "object": GROUP},
    {**FULL, "object": REFERENCE, "context": {}},
    {**SIMPLE, "actor": CROWD},
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)


def names_in(value: Any) -> set[str]:
    """All names of properties in `value`."""
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


NAMES = st.sampled_from(sorted(names_in(VALID)))
WORDS = st.sampled_from(
    [
        "Agent",
        "Group",
        "Activity",
        "SubStatement",
        "StatementRef",
        "act:x",
        "mailto:a@b.c",
        "choice",
    ]
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each array or object in `value` with each key in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            found += places(value[key])
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid statement in which some things were replaced, renamed, added or taken out."""
    statement = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        all_places = places(statement)
        if not all_places:
            break
        holder, key = draw(st.sampled_from(all_places))
        change = draw(st.sampled_from(["replace", "word", "part", "take out", "add", "rename"]))
        if change == "replace":
            holder[key] = draw(JSON)
        elif change == "word":
            holder[key] = draw(WORDS)
        elif change == "part":
            other, name = draw(st.sampled_from(places(copy.deepcopy(draw(st.sampled_from(VALID))))))
            holder[key] = other[name]
        elif change == "take out":
            del holder[key]
        elif isinstance(holder, dict):
            holder[draw(NAMES)] = draw(JSON) if change == "add" else holder.pop(key)
    return statement


def accepted(body: bytes) -> bool:
    """Whether `body` is accepted; when it is refused, it is refused in full sentences."""
    try:
        read_statements(body)
    except InvalidStatement as error:
        refused = error
    else:
        return True
    assert refused.path.startswith("$")
    assert refused.clause.startswith(("Data ", "Communication "))
    assert len(str(refused)) < 600
    assert str(refused).isprintable()
    return False


@given(st.binary())
def test_no_bytes_do_anything_but_be_accepted_or_refused(body: bytes) -> None:
    accepted(body)


@given(JSON)
def test_no_json_does_anything_but_be_accepted_or_refused(value: Any) -> None:
    accepted(told(value))
    accepted(told([SIMPLE, value]))


@settings(max_examples=times(5))
@given(mutated())
def test_no_statement_gone_wrong_does_anything_but_be_accepted_or_refused(statement: Any) -> None:
    body = json.dumps(statement).encode()
    assert accepted(body) is accepted(b"[%b]" % body)


@given(st.sampled_from(VALID), st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_bytes_gone_wrong_do_anything_but_be_accepted_or_refused(
    statement: Any, chance: random.Random, times: int
) -> None:
    body = bytearray(told([statement, statement]))
    for _ in range(times):
        place = chance.randrange(len(body))
        change = chance.choice(["flip", "cut", "repeat"])
        if change == "flip":
            body[place] = chance.choice(b'{}[]",:\\ue0\xff\x00tn-')
        elif change == "cut":
            del body[place : place + chance.randrange(9)]
        else:
            body[place:place] = body[place : place + chance.randrange(30)]
        if not body:
            break
    accepted(bytes(body))


@given(mutated())
def test_the_short_way_of_decoding_accepts_what_the_long_one_does(statement: Any) -> None:
    raw = json.dumps(statement).encode()
    try:
        usual = reading._USUAL.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return
    long = reading._STATEMENT.decode(raw)
    assert msgspec.structs.asdict(usual) == msgspec.structs.asdict(long)


@given(mutated())
def test_what_was_understood_is_what_was_said(statement: Any) -> None:
    raw = json.dumps(statement).encode()
    try:
        understood = msgspec.json.encode(parse_statement(raw))
    except InvalidStatement:
        return
    assert json.loads(understood) == statement


SPACE = st.text(alphabet=" \t\r\n", max_size=3).map(str.encode)


@given(st.lists(st.sampled_from([SIMPLE, NESTED, ASKING]), max_size=4), st.data())
def test_statements_keep_their_bytes_however_they_are_written(
    statements: list[Any], data: st.DataObject
) -> None:
    raws = [
        json.dumps(
            statement,
            indent=data.draw(st.none() | st.integers(0, 2)),
            ensure_ascii=data.draw(st.booleans()),
        ).encode()
        for statement in statements
    ]
    around = [data.draw(SPACE) + raw + data.draw(SPACE) for raw in raws]
    body = data.draw(SPACE) + b"[" + b",".join(around) + b"]" + data.draw(SPACE)
    if not around:
        body = b"[" + data.draw(SPACE) + b"]"
    assert [one.raw for one in read_statements(body)] == raws


def shuffled(value: Any, chance: random.Random) -> Any:
    """`value` with the properties of all its objects in another order."""
    if isinstance(value, dict):
        items = [(name, shuffled(inner, chance)) for name, inner in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(inner, chance) for inner in value]
    return value


@given(mutated(), st.randoms(use_true_random=False))
def test_a_statement_is_itself_in_any_order_of_its_properties(
    statement: Any, chance: random.Random
) -> None:
    raw = json.dumps(statement).encode()
    if accepted(raw):
        assert same_statement(raw, json.dumps(shuffled(statement, chance), indent=1).encode())


@given(mutated(), mutated())
def test_comparing_either_way_says_the_same(one: Any, other: Any) -> None:
    a, b = json.dumps(one).encode(), json.dumps(other).encode()
    if accepted(a) and accepted(b):
        assert same_statement(a, b) is same_statement(b, a)
