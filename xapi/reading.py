"""From the bytes of a request to statements that follow every rule of the standard.

One pass cuts the request into statements without looking into them, so that each keeps
exactly the bytes in which it came; a second decodes each into a :class:`Statement`, and
decoding is validating (:mod:`xapi.part`). A request is accepted as a whole or refused as a
whole, by :exc:`InvalidStatement`; no bytes at all make anything else come out.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from xapi.activity import Activity
from xapi.actor import IDENTIFIERS, Actor, Agent, Group
from xapi.context import StatementRef
from xapi.errors import InvalidStatement, RequestTooLarge, broken
from xapi.explaining import explained, not_a, unreadable
from xapi.identifiers import canonical_uuid
from xapi.limits import Limits, check_lengths
from xapi.part import Part
from xapi.statement import Statement, StatementObject, SubStatement, check_edition
from xapi.versions import Version
from xapi.wellformed import check_names, may_repeat_names

_Pieces = TypeVar("_Pieces")


class Received(msgspec.Struct, frozen=True, gc=False):
    """One statement of a request: what was understood, and the bytes it was understood from."""

    raw: bytes
    """the statement's bytes as they stood in the request, without the white space around them"""
    statement: Statement


def read_statements(
    body: bytes,
    *,
    most: int | None = None,
    single: bool = False,
    version: Version = Version.V1_0,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
) -> list[Received]:
    """The statements of a request's `body`: one JSON object, or an array of any length.

    `most` is how many this LRS takes in one request, if that is limited, `limits` how long
    their texts may be, and `version` the edition that the request speaks. With `single` it
    has to be one object, as in a PUT.

    >>> [received] = read_statements(b'''[ {"id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    ...     "actor": {"mbox": "mailto:siti@example.id"},
    ...     "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    ...     "object": {"id": "https://lms.example/course/7"}} ]''')
    >>> received.statement.verb.id
    'http://adlnet.gov/expapi/verbs/completed'

    Raises :exc:`InvalidStatement` for the first statement that breaks a rule, for two with the
    same id (Communication 2.1.2), and for a body that is something else altogether;
    :exc:`RequestTooLarge`, which is one as well, for more than `most` and `limits` allow.
    """
    try:
        received = _read(body, most, single, version)
        if limits.may_be_broken_by(body):
            _check_lengths(received, body, limits)
        return received
    except InvalidStatement as error:
        raise error.of_version(version) from None


def _read(body: bytes, most: int | None, single: bool, version: Version) -> list[Received]:
    raw = body.strip(_WHITE_SPACE)
    if raw[:1] != b"[":
        return [Received(raw, _only(raw, version))]
    pieces = _cut(_MANY, body)
    if single:
        raise broken("$", body, "is not a single statement, an object", "Communication 2.1.1")
    if most is not None and len(pieces) > most:
        rule = f"statements in one request are more than the {most} that this LRS takes"
        raise RequestTooLarge(None, "$", len(pieces), rule, "Communication 3.2")
    raws = [bytes(piece) for piece in pieces]
    statements = [_decoded(raw, index, version) for index, raw in enumerate(raws)]
    _check_ids(statements)
    if may_repeat_names(body, _ENCODER.encode(statements)):
        for index, raw in enumerate(raws):
            _check_names(raw, index)
    return list(map(Received, raws, statements))


def parse_statement(raw: bytes, *, version: Version | None = Version.V1_0) -> Statement:
    """The one statement in `raw`, held to the same rules as :func:`read_statements` holds it.

    Where it does not matter which edition it is of, as with statements that have been stored,
    `version` is None.
    """
    try:
        return _one(raw, version)
    except InvalidStatement as error:
        raise error.of_version(version or Version.V1_0) from None


def _only(raw: bytes, version: Version) -> Statement:
    """The one statement that a request consists of."""
    try:
        if raw[:1] != b"{":
            rule = "is neither a statement, an object, nor an array of statements"
            raise broken("$", raw, rule, "Communication 2.1.2")
        return _one(raw, version)
    except InvalidStatement:
        _cut(_ONE, raw)  # first of all it is to be JSON
        raise


def _one(raw: bytes, version: Version | None) -> Statement:
    statement = _decoded(raw, None, version)
    if may_repeat_names(raw, _ENCODER.encode(statement)):
        _check_names(raw, None)
    return statement


_WHITE_SPACE: Final = b" \t\n\r"


class _Choice(NamedTuple):
    """The parts that an ``objectType`` can name in some place, and where the standard says so."""

    parts: dict[str, type[Part]]
    default: str
    clause: str


_ACTORS: Final[dict[str, type[Part]]] = {"Agent": Agent, "Group": Group}
_OBJECTS: Final[dict[str, type[Part]]] = {
    "Activity": Activity,
    **_ACTORS,
    "SubStatement": SubStatement,
    "StatementRef": StatementRef,
}
_CHOICES: Final[dict[Any, _Choice]] = {
    Actor: _Choice(_ACTORS, "Agent", "Data 2.4.2"),
    StatementObject: _Choice(_OBJECTS, "Activity", "Data 2.4.4"),
}


def by_object_type(place: type, value: Any) -> Part:
    """The part that `value`, an actor or the object of a statement, is by its ``objectType``."""
    parts, default, clause = _CHOICES[place]
    if type(value) is not dict:
        raise not_a("an object", "$", value, clause)
    name = value.get("objectType", default)
    part = parts.get(name) if type(name) is str else None
    if part is None:
        rule = f"is none of {', '.join(parts)} (they are case-sensitive)"
        raise broken("$.objectType", name, rule, clause)
    try:
        return msgspec.convert(value, part, dec_hook=by_object_type)
    except msgspec.ValidationError as error:
        if part is Activity and "objectType" not in value and not IDENTIFIERS.isdisjoint(value):
            rule = 'lacks "objectType", which an Agent or a Group must have here'
            raise broken("$", value, rule, "Data 2.4.4.2") from None
        raise explained(error, value, clause) from None


class _Usual(Statement, frozen=True, kw_only=True):
    """What nearly every statement is: an Agent doing something to an Activity.

    Typed so closely, it is decoded without choosing a type by ``objectType``, which spares a
    sixth of the time. What does not fit is decoded again as a Statement, or refused as one.
    """

    actor: Agent
    object: Activity


_ONE: Final = msgspec.json.Decoder(msgspec.Raw)
_MANY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_USUAL: Final = msgspec.json.Decoder(_Usual, dec_hook=by_object_type)
_STATEMENT: Final = msgspec.json.Decoder(Statement, dec_hook=by_object_type)
# msgspec looks at a type when that is first used, and crashes if another thread uses it meanwhile.
for _part in _OBJECTS.values():
    msgspec.json.Decoder(_part, dec_hook=by_object_type)
_ENCODER: Final = msgspec.json.Encoder()


def _cut(decoder: msgspec.json.Decoder[_Pieces], body: bytes) -> _Pieces:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error, body) from None


def _decoded(raw: bytes, index: int | None, version: Version | None) -> Statement:
    try:
        try:
            statement: Statement = _USUAL.decode(raw)
        except msgspec.ValidationError:
            statement = _STATEMENT.decode(raw)
        if version is not None:
            check_edition(statement, version)
    except msgspec.ValidationError as error:
        raise explained(error, _plain(raw)).of_statement(index) from None
    except InvalidStatement as error:
        raise error.of_statement(index) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error, raw).of_statement(index) from None
    return statement


def _plain(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return raw  # something else is wrong as well, further on


def _check_names(raw: bytes, index: int | None) -> None:
    try:
        check_names(raw)
    except InvalidStatement as error:
        raise error.of_statement(index) from None


def _check_lengths(received: list[Received], body: bytes, limits: Limits) -> None:
    batch = body.lstrip(_WHITE_SPACE)[:1] == b"["
    for index, one in enumerate(received):
        try:
            check_lengths(one.raw, limits)
        except RequestTooLarge as error:
            raise error.of_statement(index if batch else None) from None


def _check_ids(statements: list[Statement]) -> None:
    places: dict[str, int] = {}
    for index, statement in enumerate(statements):
        if statement.id is UNSET:
            continue
        first = places.setdefault(canonical_uuid(statement.id), index)
        if first != index:
            rule = f"is the id of statement {first} as well"
            raise InvalidStatement(index, "$.id", statement.id, rule, "Communication 2.1.2")
