"""Whether two serializations are one and the same statement (Data 2.3.1).

A statement never changes, and an LRS that receives an id again compares. Some differences
say nothing, because the standard lets an LRS, or has it, make them on the way; all others
count. :func:`same_statement` lists which are which.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from xapi.identifiers import canonical_mailto, canonical_uuid
from xapi.reading import parse_statement
from xapi.times import comparable_duration, parse_timestamp

_Object = dict[str, Any]


def same_statement(a: bytes, b: bytes) -> bool:
    """Whether the statements `a` and `b` match, by the rules of Data 2.3.1.

    These differences are ignored:

    - ``authority``, ``stored`` and ``version``, and an ``id`` or a ``timestamp`` that only one
      of the two has: an LRS assigns them (a SubStatement's timestamp it does not);
    - the ``display`` of verbs and the ``definition`` of Activities, wherever they stand: they
      describe what the statement refers to and are no part of it;
    - how a timestamp is written (its time zone, its form), and what is finer than the
      millisecond to which an LRS must keep it (Data 4.5);
    - the order of a Group's members: they are no ordered list (Data 2.4.2.2);
    - ``attachments``: they are no part of the statement;
    - the case of what has none: the domain of a mailbox, UUIDs, hashes, language tags;
    - a context Activity that stands alone in one and in an array of one in the other, as an
      LRS must return it (Data 2.4.6.2);
    - what is finer than 0.01 second in a duration (Data 4.6);
    - the order of an object's properties and the spelling of the JSON, a number's included.

    Everything else counts. In particular a duration is a text: PT60S is not PT1M (Data 2.3.1).
    The names of Agents count, an ``objectType`` that is written out in only one of the two
    counts, and so does the order of all arrays but ``member``.

    >>> said = b'{"actor":{"mbox":"mailto:a@EXAMPLE.id"},"verb":{"id":"x:y"},"object":{"id":"x:z"}}'
    >>> same_statement(said, said.replace(b"EXAMPLE", b"example"))
    True

    Raises :exc:`InvalidStatement` if one of them is no statement. The same bytes are the same
    statement without being looked at.
    """
    if a == b:
        return True
    one, other = _decoded(a), _decoded(b)
    for name in ("id", "timestamp"):
        if name not in one or name not in other:
            one.pop(name, None)
            other.pop(name, None)
    return _equal(_statement(one), _statement(other))


def _decoded(raw: bytes) -> _Object:
    parse_statement(raw, version=None)
    decoded: _Object = msgspec.json.decode(raw)
    return decoded


_NOT_COMPARED: Final = frozenset({"authority", "stored", "version", "attachments"})
_COARSEST: Final = dt.timedelta(milliseconds=1)


# --- a statement without the differences that say nothing -------------------------------------


def _statement(statement: _Object) -> _Object:
    told = {name: value for name, value in statement.items() if name not in _NOT_COMPARED}
    told["actor"] = _actor(told["actor"])
    told["verb"] = {"id": told["verb"]["id"]}
    told["object"] = _object(told["object"])
    if "id" in told:
        told["id"] = canonical_uuid(told["id"])
    if "result" in told and "duration" in told["result"]:
        duration = comparable_duration(told["result"]["duration"])
        told["result"] = {**told["result"], "duration": duration}
    if "context" in told:
        told["context"] = _context(told["context"])
    if "timestamp" in told:
        told["timestamp"] = parse_timestamp(told["timestamp"])
    return told


def _actor(actor: _Object) -> _Object:
    told = dict(actor)
    if "mbox" in told:
        told["mbox"] = canonical_mailto(told["mbox"])
    if "mbox_sha1sum" in told:
        told["mbox_sha1sum"] = told["mbox_sha1sum"].lower()
    if "member" in told:
        told["member"] = sorted(map(_actor, told["member"]), key=_sorting)
    return told


def _sorting(member: _Object) -> bytes:
    return msgspec.json.encode(member, order="sorted")


def _object(thing: _Object) -> _Object:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        return _activity(thing)
    if kind == "SubStatement":
        return _statement(thing)
    if kind == "StatementRef":
        return _reference(thing)
    return _actor(thing)


def _activity(activity: _Object) -> _Object:
    return {name: value for name, value in activity.items() if name != "definition"}


def _reference(reference: _Object) -> _Object:
    return {**reference, "id": canonical_uuid(reference["id"])}


def _context(context: _Object) -> _Object:
    told = dict(context)
    if "registration" in told:
        told["registration"] = canonical_uuid(told["registration"])
    if "language" in told:
        told["language"] = told["language"].lower()
    for name in ("instructor", "team"):
        if name in told:
            told[name] = _actor(told[name])
    for name, who in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in told:
            told[name] = [{**related, who: _actor(related[who])} for related in told[name]]
    if "statement" in told:
        told["statement"] = _reference(told["statement"])
    if "contextActivities" in told:
        told["contextActivities"] = {
            kind: [_activity(activity) for activity in _several(activities)]
            for kind, activities in told["contextActivities"].items()
        }
    return told


def _several(activities: _Object | list[_Object]) -> list[_Object]:
    return activities if isinstance(activities, list) else [activities]


# --- equality of what is left -----------------------------------------------------------------


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dt.datetime) and isinstance(b, dt.datetime):
        # Rather closer than a millisecond than equal after cutting: one LRS cuts, one rounds.
        return abs(a - b) < _COARSEST
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b  # to Python, true is 1
    return bool(a == b)
