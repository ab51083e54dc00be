"""What a stored statement is about, in outline: only what it is looked up by, and no rules.

It was held to the standard when it came in (:mod:`xapi.reading`), so that a reader who looks at
many of them need not do so again, and all that does not say who or what is passed over. This
takes a fraction of the time:

>>> seen = outline(b'''{"actor": {"mbox": "mailto:siti@example.id"}, "verb": {"id": "act:read"},
...     "object": {"id": "act:book", "definition": {"name": {"id": "Buku"}}}, "result": {}}''')
>>> seen.actor.mbox, seen.verb.id, seen.object.id, bytes(seen.object.definition)
('mailto:siti@example.id', 'act:read', 'act:book', b'{"name": {"id": "Buku"}}')
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType


class _Outline(msgspec.Struct, gc=False, rename="camel"):
    """The base of what is looked at of a statement; what it does not name is passed over."""


class Account(_Outline):
    """An account on a system."""

    home_page: str
    name: str


class Who(_Outline):
    """An Agent or a Group."""

    object_type: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = msgspec.field(default=UNSET, name="mbox_sha1sum")
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Who] | UnsetType = UNSET


class Thing(Who):
    """An Activity, a SubStatement, or anything else that a statement can be about."""

    id: str | UnsetType = UNSET
    definition: Raw | UnsetType = UNSET
    actor: Who | UnsetType = UNSET
    object: Thing | UnsetType = UNSET
    context: Context | UnsetType = UNSET


Activities: TypeAlias = list[Thing] | Thing | UnsetType


class ContextActivities(_Outline):
    """The Activities around the one that a statement is about."""

    parent: Activities = UNSET
    grouping: Activities = UNSET
    category: Activities = UNSET
    other: Activities = UNSET


class ContextAgent(_Outline):
    """An Agent in a context of 2.0."""

    agent: Who


class ContextGroup(_Outline):
    """A Group in a context of 2.0."""

    group: Who


class Context(_Outline):
    """In which circumstances something was done."""

    registration: str | UnsetType = UNSET
    instructor: Who | UnsetType = UNSET
    team: Who | UnsetType = UNSET
    context_activities: ContextActivities | UnsetType = UNSET
    context_agents: list[ContextAgent] | UnsetType = UNSET
    context_groups: list[ContextGroup] | UnsetType = UNSET


class Verb(_Outline):
    """What was done."""

    id: str


class Outline(_Outline):
    """Who did what to what."""

    actor: Who
    verb: Verb
    object: Thing
    context: Context | UnsetType = UNSET


_STATEMENT: Final = msgspec.json.Decoder(Outline)
_WHO: Final = msgspec.json.Decoder(Who)


def outline(raw: bytes) -> Outline:
    """The outline of the statement `raw`, which is known to be valid."""
    return _STATEMENT.decode(raw)


def who(raw: bytes) -> Who:
    """The outline of the Agent or Group `raw`, which is known to be valid."""
    return _WHO.decode(raw)
