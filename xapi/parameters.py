"""The parameters of a request, held to the rules of what they mean (Communication 3.2, Data 2.2).

Each resource says which parameters it has and how each is read. A parameter that it does not
have is refused, also if only its case is wrong, and so is a value that would not be valid as
the same thing in a statement:

>>> taken([("verb", "act:read"), ("limit", "10")], {"verb": iri, "limit": count})
{'verb': 'act:read', 'limit': 10}
>>> taken([("Verb", "act:read")], {"verb": iri})
Traceback (most recent call last):
xapi.errors.InvalidRequest: query.Verb: "act:read" stands under a name that is no parameter here;\
 "verb" is (xAPI 1.0.3 Communication 3.2)
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec

from xapi.actor import Actor, Agent, Group
from xapi.errors import InvalidRequest, InvalidStatement, RequestTooLarge, member
from xapi.explaining import explained, unreadable
from xapi.identifiers import canonical_uuid, is_iri, is_uuid
from xapi.part import not_a_uuid, not_an_iri
from xapi.reading import by_object_type
from xapi.times import parse_timestamp
from xapi.versions import Version
from xapi.wellformed import check_names

Pairs: TypeAlias = Iterable[tuple[str, str]]
"""names and values, decoded, in the order in which they were sent"""

Reader: TypeAlias = Callable[[str, str], Any]
"""what makes of the path and the text of a parameter what it means, or refuses it"""

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MOST_PAIRS: Final = 100
"""how many parameters a request may have; no resource has a fourth of it"""
_LONGEST_QUERY: Final = 32_768
"""how many octets they may have together, with all that is escaped"""


def pairs_in(encoded: bytes, path: str = "query") -> list[tuple[str, str]]:
    """The parameters in `encoded`, a query string or the body of a form (UTF-8, URL-encoded).

    >>> pairs_in(b"verb=act%3Aread&since=&x")
    [('verb', 'act:read'), ('since', ''), ('x', '')]

    Raises :exc:`InvalidRequest` for what is not URL-encoded UTF-8; `path` is where it stands.
    Raises :exc:`RequestTooLarge` for more than any request needs; a form may be long.
    """
    if path == "query" and len(encoded) > _LONGEST_QUERY:
        rule = f"octets of parameters are more than the {_LONGEST_QUERY} that this LRS takes"
        raise RequestTooLarge(None, path, len(encoded), rule, "Communication 3.2")
    if (pairs := encoded.count(b"&") + 1) > _MOST_PAIRS:
        rule = f"parameters are more than the {_MOST_PAIRS} that this LRS takes"
        raise RequestTooLarge(None, path, pairs, rule, "Communication 3.2")
    if _BROKEN_ESCAPE.search(encoded):
        rule = 'is not URL-encoded: "%" stands before two hexadecimal digits only'
        raise InvalidRequest(path, encoded, rule, "Communication 1.4")
    try:
        return [
            (_decoded(name), _decoded(value))
            for name, _, value in (pair.partition(b"=") for pair in encoded.split(b"&") if pair)
        ]
    except UnicodeDecodeError as error:
        rule = f"is not UTF-8: {error.reason}"
        raise InvalidRequest(path, encoded, rule, "Communication 1.4") from None


def _decoded(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode()


def taken(
    pairs: Pairs,
    readers: Mapping[str, Reader],
    required: Collection[str] = (),
    *,
    version: Version = Version.V1_0,
) -> dict[str, Any]:
    """What the parameters in `pairs` mean, by their names, read by the `readers` of a resource.

    Raises :exc:`InvalidRequest` for what the resource does not have, for what stands twice,
    for what is not valid, and for what is `required` and not there.
    """
    try:
        values = _taken(pairs, readers)
        for name in required:
            if name not in values:
                rule = f'lacks the parameter "{name}"'
                raise InvalidRequest("query", list(values), rule, "Communication 3.2")
    except InvalidRequest as error:
        raise error.of_version(version) from None
    return values


def _taken(pairs: Pairs, readers: Mapping[str, Reader]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in pairs:
        path = member("query", name)
        if name in values:
            raise InvalidRequest(path, text, "is given a second time", "Communication 3.2")
        reader = readers.get(name)
        if reader is None:
            rule = "stands under a name that is no parameter here"
            if meant := next((known for known in readers if known.lower() == name.lower()), None):
                rule += f'; "{meant}" is'
            raise InvalidRequest(path, text, rule, "Communication 3.2")
        values[name] = reader(path, text)
    return values


# --- how each kind of parameter is read ---------------------------------------------------------


def string(path: str, text: str) -> str:
    """A String: any text."""
    return text


def uuid(path: str, text: str) -> str:
    """A UUID, in the one spelling that is compared."""
    if not is_uuid(text):
        raise _refused(not_a_uuid(path, text, "Data 4.4"), path)
    return canonical_uuid(text)


def iri(path: str, text: str) -> str:
    """An IRI, as of a verb or an Activity."""
    if not is_iri(text):
        raise _refused(not_an_iri(path, text, "Data 4.3"), path)
    return text


def timestamp(path: str, text: str) -> dt.datetime:
    """A Timestamp, as the moment that it names."""
    try:
        return parse_timestamp(text)
    except ValueError as error:
        rule = f"is not an ISO 8601 date and time: {error}"
        raise InvalidRequest(path, text, rule, "Data 4.5") from None


def boolean(path: str, text: str) -> bool:
    """``true`` or ``false``, as in JSON."""
    if text not in ("true", "false"):
        raise InvalidRequest(path, text, "is neither true nor false", "Communication 2.1.3")
    return text == "true"


def count(path: str, text: str) -> int:
    """A nonnegative integer; what is beyond all that can be counted is as good as the most."""
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest(path, text, "is not a nonnegative integer", "Communication 2.1.3")
    return _MOST if len(text) > len(str(_MOST)) else min(int(text), _MOST)


_MOST: Final = 2**63 - 1


def one_of(*choices: str) -> Reader:
    """One of a few words."""

    def choice(path: str, text: str) -> str:
        if text not in choices:
            rule = f"is none of {', '.join(choices)} (they are case-sensitive)"
            raise InvalidRequest(path, text, rule, "Communication 2.1.3")
        return text

    return choice


_ACTOR: Final = msgspec.json.Decoder(Actor, dec_hook=by_object_type)


def _actor(raw: bytes) -> Agent | Group:
    try:
        found: Agent | Group = _ACTOR.decode(raw)
    except msgspec.ValidationError as error:
        raise explained(error, msgspec.json.decode(raw), "Data 2.4.2") from None
    check_names(raw)
    return found


def actor(path: str, text: str) -> Agent | Group:
    """An Agent or an identified Group, as JSON."""
    raw = text.encode()
    try:
        found = _actor(raw)
    except InvalidStatement as error:
        raise _refused(error, path) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(unreadable(error, raw), path) from None
    if isinstance(found, Group) and found.is_anonymous:
        rule = "is a Group without an identifier, of which nobody can tell which it is"
        raise InvalidRequest(path, text, rule, "Communication 2.1.3")
    return found


def agent(path: str, text: str) -> Agent:
    """An Agent, as JSON, and not a Group."""
    found = actor(path, text)
    if isinstance(found, Group):
        rule = "is a Group; its identifier can be used as that of an Agent"
        raise InvalidRequest(path, text, rule, "Communication 2.6")
    return found


def _refused(error: InvalidStatement, path: str) -> InvalidRequest:
    """The rule that a part of a statement would break, told of the parameter at `path`."""
    place = path + error.path[1:] if error.path.startswith("$") else path
    return InvalidRequest(place, error.value, error.rule, error.clause)
