"""A statement: who did what to what, and all that is told about it (Data 2.4)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from xapi.activity import Activity
from xapi.actor import Actor, Agent, Group
from xapi.attachment import Attachment
from xapi.context import Context, StatementRef
from xapi.errors import InvalidStatement, broken
from xapi.identifiers import is_uuid
from xapi.part import ByObjectType, Part, not_a_uuid
from xapi.result import Result
from xapi.times import parse_timestamp
from xapi.verb import Verb
from xapi.versions import Version, edition
from xapi.vocabulary import VOIDED


class _Told(Part, frozen=True, kw_only=True):
    """What statements and SubStatements have in common."""

    actor: Actor
    verb: Verb
    object: StatementObject
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    """when it happened, as the sender wrote it; see :attr:`occurred_at`"""
    attachments: tuple[Attachment, ...] | UnsetType = UNSET

    def _check_parts_together(self) -> None:
        """Refuse what the parts cannot see of each other (Data 2.3.2, 2.4.6 and 2.4.7)."""
        if self.verb.id == VOIDED and not isinstance(self.object, StatementRef):
            rule = "is not a StatementRef, the only thing that can be voided"
            raise broken("$.object", self.object, rule, "Data 2.3.2")
        if self.context and not isinstance(self.object, Activity):
            for name, value in (
                ("revision", self.context.revision),
                ("platform", self.context.platform),
            ):
                if value is not UNSET:
                    rule = "may only be used when the object is an Activity"
                    raise broken(f"$.context.{name}", value, rule, "Data 2.4.6")
        if self.timestamp is not UNSET:
            _check_timestamp("$.timestamp", self.timestamp)

    @property
    def occurred_at(self) -> dt.datetime | None:
        """When it happened, in UTC, if the sender said so."""
        return parse_timestamp(self.timestamp) if self.timestamp else None


class SubStatement(_Told, ByObjectType, frozen=True, kw_only=True):
    """A statement inside another, about something that need not have happened (Data 2.4.4.3)."""

    object_type: Literal["SubStatement"]

    def __post_init__(self) -> None:
        if isinstance(self.object, SubStatement):
            rule = "is a SubStatement inside a SubStatement"
            raise broken("$.object", self.object, rule, "Data 2.4.4.3")
        self._check_parts_together()


if TYPE_CHECKING:
    StatementObject: TypeAlias = Activity | Agent | Group | SubStatement | StatementRef
else:
    StatementObject = ByObjectType
"""what a statement can be about; without an ``objectType`` it is an Activity (Data 2.4.4)"""


class Statement(_Told, frozen=True, kw_only=True):
    """Who did what to what, and all that is told about it (Data 2.4)."""

    id: str | UnsetType = UNSET
    """a UUID; the LRS gives one to a statement that comes without"""
    stored: str | UnsetType = UNSET
    """when the LRS stored it; what a sender writes there is overwritten"""
    authority: Actor | UnsetType = UNSET
    """who vouches for it"""
    version: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.id is not UNSET and not is_uuid(self.id):
            raise not_a_uuid("$.id", self.id, "Data 2.4.1")
        self._check_parts_together()
        if self.stored is not UNSET:
            _check_timestamp("$.stored", self.stored)
        if self.version is not UNSET and edition(self.version) is None:
            rule = "is not a version 1.0.x, nor 2.0.x"
            raise broken("$.version", self.version, rule, "Data 2.4.10")
        if isinstance(self.authority, Group):
            _check_authority(self.authority)

    @property
    def is_voiding(self) -> bool:
        """Whether it takes another statement back, the one that its object refers to."""
        return self.verb.id == VOIDED


def check_edition(statement: Statement, version: Version) -> None:
    """Refuse what the edition `version` does not know: 1.0.x knows nothing of 2.0 (Data 2.2).

    Edition 2.0 knows all that 1.0.x does, and takes statements that say they are of it.
    """
    if version is not Version.V1_0:
        return
    if statement.version and edition(statement.version) is not Version.V1_0:
        raise broken("$.version", statement.version, "is not a version 1.0.x", "Data 2.4.10")
    context = statement.context
    if context and not (context.context_agents is context.context_groups is UNSET):
        raise _of_2_0("$.context", context)
    if type(statement.object) is SubStatement:
        context = statement.object.context
        if context and not (context.context_agents is context.context_groups is UNSET):
            raise _of_2_0("$.object.context", context)


def _of_2_0(path: str, context: Context) -> InvalidStatement:
    properties = {
        "contextAgents": context.context_agents,
        "contextGroups": context.context_groups,
    }
    name, value = next((name, value) for name, value in properties.items() if value is not UNSET)
    rule = f'is not allowed here: no property is called "{name}" before 2.0'
    return broken(f"{path}.{name}", value, rule, "Data 2.2")


def _check_authority(group: Group) -> None:
    """Refuse a Group that is not an application and a user together (Data 2.4.9)."""
    if not group.is_anonymous:
        rule = "is a Group with an identifier, where only an Agent or two Agents together can vouch"
        raise broken("$.authority", group, rule, "Data 2.4.9")
    members = group.member or ()
    if len(members) != 2:
        rule = f"has {len(members)} members, not the two of an application and its user"
        raise broken("$.authority", group, rule, "Data 2.4.9")
    if not any(agent.account for agent in members):
        rule = 'has no member with an "account", as an OAuth application must'
        raise broken("$.authority", group, rule, "Data 2.4.9")


def _check_timestamp(path: str, text: str) -> None:
    try:
        parse_timestamp(text)
    except ValueError as error:
        raise broken(path, text, f"is not an ISO 8601 date and time: {error}", "Data 4.5") from None
