"""What an LRS adds to a statement: id, stored, timestamp, authority, version (Data 2.3.1).

A statement is immutable, and goes out byte for byte as it came, but for what the standard has
the LRS do. What is missing is written behind the last property, which touches no byte that was
sent; this is all that nearly every statement needs:

>>> sent = b'{"actor":{"mbox":"mailto:a@b.id"},"verb":{"id":"x:y"},"object":{"id":"x:z"}}'
>>> assigned = Assigned(stored="2026-11-24T06:09:28.000Z", authority=b'{"openid":"x:a"}')
>>> print(completed(sent, "fd41c918-b88b-4b20-a0a5-a4c32391aaa0", assigned)
...     .removeprefix(sent[:-1]).decode())
,"id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","timestamp":"2026-11-24T06:09:28.000Z",\
"stored":"2026-11-24T06:09:28.000Z","authority":{"openid":"x:a"},"version":"1.0.0"}

A few need more: the ``stored`` and ``authority`` that a sender wrote are replaced, a context
Activity that stands alone is put in an array (Data 2.4.6.2), and 2.0 has timestamps told in UTC
(4.2.7). Of these only the objects around the change are framed anew (:mod:`xapi.raw`).
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from xapi.raw import Change, changed, framed, members, text
from xapi.times import format_timestamp, is_utc, parse_timestamp
from xapi.versions import Version


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """What the statements of one request get from the LRS."""

    stored: str
    """when they are stored, as :func:`~xapi.times.format_timestamp` writes it"""
    authority: bytes
    """who vouches for them, by the credentials of the request: an Agent or Group as JSON"""
    version: Version = Version.V1_0
    """the edition that the request speaks"""


def completed(raw: bytes, id: str, assigned: Assigned) -> bytes:
    """The statement `raw` as it is returned in the format ``exact``, complete (Data 2.4).

    It was valid when it was stored, and is not held to the rules again. `id` is what a statement
    becomes that came without one.
    """
    statement = _STATEMENT.decode(raw)
    in_utc = assigned.version is Version.V2_0
    if not _as_sent(statement, in_utc):
        raw = _reframed(raw, statement, in_utc)
    ours = b',"stored":"%b","authority":%b' % (assigned.stored.encode(), assigned.authority)
    return _with_what_is_missing(raw, statement, id, assigned, ours)


def passed_on(raw: bytes, id: str, assigned: Assigned) -> bytes:
    """The statement `raw` as it is sent on to another LRS: as it came, with what it got here.

    But for ``stored`` and ``authority``. Whoever stores the statement sets them, the latter by
    the credentials with which it is sent there (Data 2.4.8, 2.4.9); what a sender wrote in
    their place is only what it claims, and is left out.
    """
    statement = _STATEMENT.decode(raw)
    if statement.stored or statement.authority:
        raw = _without_claims(members(raw))
    return _with_what_is_missing(raw, statement, id, assigned)


def _with_what_is_missing(
    raw: bytes, statement: _Statement, id: str, assigned: Assigned, ours: bytes = b""
) -> bytes:
    return b"%b%b%b%b%b}" % (
        raw[:-1],
        b"" if statement.id else b',"id":"%b"' % id.encode(),
        b"" if statement.timestamp else b',"timestamp":"%b"' % assigned.stored.encode(),
        ours,
        b"" if statement.version else b',"version":"%b"' % assigned.version.of_statements.encode(),
    )


# --- what is looked at ----------------------------------------------------------------------------


class _Seen(msgspec.Struct, gc=False, rename="camel"):
    """The base of what is looked at of a statement; what it does not name is passed over."""


class _Activity(_Seen):
    pass


class _ContextActivities(_Seen):
    parent: list[_Activity] | _Activity | UnsetType = UNSET
    grouping: list[_Activity] | _Activity | UnsetType = UNSET
    category: list[_Activity] | _Activity | UnsetType = UNSET
    other: list[_Activity] | _Activity | UnsetType = UNSET


class _Context(_Seen):
    context_activities: _ContextActivities | UnsetType = UNSET


class _Object(_Seen):
    """The object of a statement; what is looked at only a SubStatement has."""

    object_type: str = ""
    context: _Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET


class _Statement(_Seen):
    object: _Object
    context: _Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    id: Raw = Raw()
    stored: Raw = Raw()
    authority: Raw = Raw()
    version: Raw = Raw()


_STATEMENT: Final = msgspec.json.Decoder(_Statement)


# --- what cannot stay as it was sent --------------------------------------------------------------


def _as_sent(statement: _Statement, in_utc: bool) -> bool:
    """Whether nothing that the sender wrote has to be written otherwise."""
    return (
        not (statement.stored or statement.authority)
        and _stays(statement, in_utc)
        and (statement.object.object_type != "SubStatement" or _stays(statement.object, in_utc))
    )


def _stays(statement: _Statement | _Object, in_utc: bool) -> bool:
    return not (
        (statement.context and _has_lone_activity(statement.context))
        or (in_utc and statement.timestamp and not is_utc(statement.timestamp))
    )


def _has_lone_activity(context: _Context) -> bool:
    around = context.context_activities
    return around is not UNSET and (
        type(around.parent) is _Activity
        or type(around.grouping) is _Activity
        or type(around.category) is _Activity
        or type(around.other) is _Activity
    )


def _reframed(raw: bytes, statement: _Statement, in_utc: bool) -> bytes:
    changes = _changes(in_utc)
    if statement.object.object_type == "SubStatement":
        changes["object"] = lambda inner: changed(inner, _changes(in_utc))
    return _without_claims(members(changed(raw, changes)))


def _without_claims(values: dict[str, msgspec.Raw]) -> bytes:
    values.pop("stored", None)
    values.pop("authority", None)
    return framed(values)


def _changes(in_utc: bool) -> dict[str, Change]:
    changes: dict[str, Change] = {
        "context": lambda context: changed(context, {"contextActivities": _in_arrays})
    }
    if in_utc:
        changes["timestamp"] = _in_utc
    return changes


def _in_arrays(context_activities: bytes) -> bytes:
    return framed(
        {
            kind: activities if bytes(activities)[:1] == b"[" else msgspec.Raw(b"[%b]" % activities)
            for kind, activities in members(context_activities).items()
        }
    )


def _in_utc(timestamp: bytes) -> bytes:
    return b'"%b"' % told_in_utc(text(timestamp)).encode()


def told_in_utc(timestamp: str) -> str:
    """`timestamp` as 2.0 has it told: as RFC 3339 writes it, in UTC (4.2.7).

    >>> told_in_utc("2026-11-24T13:09:27.2504+07:00"), told_in_utc("2026-11-24T06:09:27.25Z")
    ('2026-11-24T06:09:27.250400Z', '2026-11-24T06:09:27.25Z')
    """
    return timestamp if is_utc(timestamp) else format_timestamp(parse_timestamp(timestamp))
