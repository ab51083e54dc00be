"""In which circumstances: the course around it, the instructor, the platform (Data 2.4.6)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import UNSET, UnsetType

from xapi.activity import Activity
from xapi.actor import Actor, Agent, Group
from xapi.errors import broken
from xapi.identifiers import is_iri, is_language_tag, is_uuid
from xapi.part import (
    ByObjectType,
    Extensions,
    Part,
    check_extensions,
    not_a_uuid,
    not_an_iri,
)

Activities: TypeAlias = tuple[Activity, ...]


class StatementRef(Part, ByObjectType, frozen=True):
    """A pointer to another statement, which need not exist here (Data 2.4.4.3)."""

    object_type: Literal["StatementRef"]
    id: str

    def __post_init__(self) -> None:
        if not is_uuid(self.id):
            raise not_a_uuid("$.id", self.id, "Data 2.4.4.3")


class ContextActivities(Part, frozen=True):
    """The Activities around the one that the statement is about (Data 2.4.6.2).

    Each property is an array or, from old senders, a single Activity; read the plural
    properties, which are tuples either way.
    """

    parent: Activities | Activity | UnsetType = UNSET
    grouping: Activities | Activity | UnsetType = UNSET
    category: Activities | Activity | UnsetType = UNSET
    other: Activities | Activity | UnsetType = UNSET

    @property
    def parents(self) -> Activities:
        """What contains the object directly, e.g. the quiz of a question."""
        return _each(self.parent)

    @property
    def groupings(self) -> Activities:
        """What contains it indirectly, e.g. the course of a question."""
        return _each(self.grouping)

    @property
    def categories(self) -> Activities:
        """What kind of statement it is, e.g. which profile defines it."""
        return _each(self.category)

    @property
    def others(self) -> Activities:
        """Whatever else is related."""
        return _each(self.other)


def _each(activities: Activities | Activity | UnsetType) -> Activities:
    if isinstance(activities, Activity):
        return (activities,)
    return activities or ()


class _Relevant(Part, frozen=True, kw_only=True):
    """What context Agents and context Groups share (2.0 only)."""

    relevant_types: tuple[str, ...] | UnsetType = UNSET
    """IRIs that say how whoever it is belongs to the context"""

    def __post_init__(self) -> None:
        if self.relevant_types is UNSET:
            return
        if not self.relevant_types:
            rule = "is empty, and says nothing of how it belongs to the context"
            raise broken("$.relevantTypes", self.relevant_types, rule, "Data 2.4.6")
        for place, iri in enumerate(self.relevant_types):
            if not is_iri(iri):
                raise not_an_iri(f"$.relevantTypes[{place}]", iri, "Data 2.4.6")


class ContextAgent(_Relevant, frozen=True, kw_only=True):
    """An Agent who has to do with what was done, and how (2.0 only; 4.2.2.5)."""

    object_type: Literal["contextAgent"]
    agent: Agent


class ContextGroup(_Relevant, frozen=True, kw_only=True):
    """A Group that has to do with what was done, and how (2.0 only; 4.2.2.5)."""

    object_type: Literal["contextGroup"]
    group: Group


class Context(Part, frozen=True):
    """In which circumstances something was done (Data 2.4.6)."""

    registration: str | UnsetType = UNSET
    """a UUID of the attempt, the session or the enrolment"""
    instructor: Actor | UnsetType = UNSET
    team: Group | UnsetType = UNSET
    context_activities: ContextActivities | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    statement: StatementRef | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    context_agents: tuple[ContextAgent, ...] | UnsetType = UNSET
    """2.0 only"""
    context_groups: tuple[ContextGroup, ...] | UnsetType = UNSET
    """2.0 only"""

    def __post_init__(self) -> None:
        if self.registration is not UNSET and not is_uuid(self.registration):
            raise not_a_uuid("$.registration", self.registration, "Data 2.4.6.1")
        if self.language is not UNSET and not is_language_tag(self.language):
            raise broken(
                "$.language", self.language, "is not an RFC 5646 language tag", "Data 2.4.6"
            )
        if self.extensions:
            check_extensions("$.extensions", self.extensions)
