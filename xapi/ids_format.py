"""The format ``ids``: of a statement only what it takes to know who and what (Communication 2.1.3).

Agents, Groups, Activities and verbs keep what identifies them; of a Group without an identifier
that is its members. All else stays, byte for byte as it was sent:

>>> sent = (b'{"actor":{"name":"Siti","mbox":"mailto:a@b.id"},"result":{"score":{"raw":1.50}},'
...     b'"verb":{"id":"x:y","display":{"en":"read"}},"object":{"id":"x:z","definition":{}}}')
>>> print(with_ids(sent).decode())
{"actor":{"mbox":"mailto:a@b.id"},"verb":{"id":"x:y"},"object":{"id":"x:z"},\
"result":{"score":{"raw":1.50}}}

It is decoded into parts that know nothing but what stays, and so nothing else is left.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType


class _Known(msgspec.Struct, gc=False, omit_defaults=True, rename="camel"):
    """The base of what is left of a part; what its properties are does not matter any more."""


class _ById(_Known):
    id: Raw


class _Actor(_Known):
    object_type: Raw | UnsetType = UNSET
    mbox: Raw | UnsetType = UNSET
    mbox_sha1sum: Raw | UnsetType = msgspec.field(default=UNSET, name="mbox_sha1sum")
    openid: Raw | UnsetType = UNSET
    account: Raw | UnsetType = UNSET
    member: list[_Actor] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not (self.mbox is self.mbox_sha1sum is self.openid is self.account is UNSET):
            self.member = UNSET


class _ContextActivities(_Known):
    parent: list[_ById] | _ById | UnsetType = UNSET
    grouping: list[_ById] | _ById | UnsetType = UNSET
    category: list[_ById] | _ById | UnsetType = UNSET
    other: list[_ById] | _ById | UnsetType = UNSET


class _ContextAgent(_Known):
    object_type: Raw
    agent: _Actor
    relevant_types: Raw | UnsetType = UNSET


class _ContextGroup(_Known):
    object_type: Raw
    group: _Actor
    relevant_types: Raw | UnsetType = UNSET


class _Context(_Known):
    registration: Raw | UnsetType = UNSET
    instructor: _Actor | UnsetType = UNSET
    team: _Actor | UnsetType = UNSET
    context_activities: _ContextActivities | UnsetType = UNSET
    context_agents: list[_ContextAgent] | UnsetType = UNSET
    context_groups: list[_ContextGroup] | UnsetType = UNSET
    revision: Raw | UnsetType = UNSET
    platform: Raw | UnsetType = UNSET
    language: Raw | UnsetType = UNSET
    statement: Raw | UnsetType = UNSET
    extensions: Raw | UnsetType = UNSET


class _Statement(_Known, kw_only=True):
    """A statement or a SubStatement."""

    object_type: Raw | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    actor: _Actor
    verb: _ById
    object: Raw
    result: Raw | UnsetType = UNSET
    context: _Context | UnsetType = UNSET
    timestamp: Raw | UnsetType = UNSET
    stored: Raw | UnsetType = UNSET
    authority: _Actor | UnsetType = UNSET
    version: Raw | UnsetType = UNSET
    attachments: Raw | UnsetType = UNSET


class _Kind(_Known):
    object_type: str = "Activity"


_STATEMENT: Final = msgspec.json.Decoder(_Statement)
_KIND: Final = msgspec.json.Decoder(_Kind)
_BY_ID: Final = msgspec.json.Decoder(_ById)
_ACTOR: Final = msgspec.json.Decoder(_Actor)
_ENCODER: Final = msgspec.json.Encoder()


def with_ids(raw: bytes | Raw) -> bytes:
    """The statement `raw` in the format ``ids``."""
    statement = _STATEMENT.decode(raw)
    statement.object = _known_object(statement.object)
    return _ENCODER.encode(statement)


def _known_object(raw: Raw) -> Raw:
    kind = _KIND.decode(raw).object_type
    if kind == "Activity":
        return Raw(_ENCODER.encode(_BY_ID.decode(raw)))
    if kind == "SubStatement":
        return Raw(with_ids(raw))
    return raw if kind == "StatementRef" else Raw(_ENCODER.encode(_ACTOR.decode(raw)))
