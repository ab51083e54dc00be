"""What a statement is about: the keys under which each filter finds it (Communication 2.1.3).

>>> from xapi.outline import outline
>>> keys = keys_of(outline(b'''{
...     "actor": {"mbox": "mailto:siti@example.id"}, "verb": {"id": "act:read"},
...     "object": {"id": "https://lms.example/book/7"},
...     "context": {"instructor": {"openid": "https://id.example/budi"},
...                 "contextActivities": {"parent": [{"id": "https://lms.example/course/7"}]}}}'''))
>>> keys.agents, keys.related_agents
(('mbox:mailto:siti@example.id',), ('openid:https://id.example/budi',))
>>> keys.activities, keys.related_activities
(('https://lms.example/book/7',), ('https://lms.example/course/7',))

A filter compares text with text: an Agent is its :func:`~xapi.actor_key`, a UUID in lower case.
:mod:`xapi.query` makes the same texts of what is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec
from msgspec import UNSET

from xapi.actor import actor_key
from xapi.identifiers import canonical_uuid
from xapi.outline import Context, ContextActivities, Outline, Thing, Who

_Found: TypeAlias = dict[str, None]
"""a set that remembers the order in which it was filled, so that the same comes out each time"""


class Keys(msgspec.Struct, frozen=True, gc=False):
    """Under which keys each filter of GET Statements finds a statement."""

    verb: str
    agents: tuple[str, ...]
    """for ``agent``: the actor, the object, and the members of either"""
    related_agents: tuple[str, ...]
    """for ``agent`` with ``related_agents``: these besides"""
    activities: tuple[str, ...]
    """for ``activity``: the object"""
    related_activities: tuple[str, ...]
    """for ``activity`` with ``related_activities``: these besides"""
    registration: str | None
    target: str | None
    """the statement that the object refers to: what finds that one finds this one as well"""


def keys_of(statement: Outline, authority: Iterable[str] = ()) -> Keys:
    """The keys of `statement`; `authority` are the :func:`agent_keys` of who vouches for it.

    The authority that the sender wrote does not count: an LRS puts its own in its place.
    """
    thing, context = statement.object, statement.context
    agents: _Found = {}
    related: _Found = {}
    activities: _Found = {}
    around: _Found = {}
    target = None
    _add_actor(statement.actor, agents)
    if thing.object_type is UNSET or thing.object_type == "Activity":
        _add_activity(thing, activities)
    elif thing.object_type == "StatementRef":
        target = canonical_uuid(thing.id) if thing.id else None
    elif thing.object_type == "SubStatement":
        _add_substatement(thing, related, around)
    else:
        _add_actor(thing, agents)
    if context:
        _add_context(context, related, around)
    for key in authority:
        related[key] = None
    return Keys(
        verb=statement.verb.id,
        agents=tuple(agents),
        related_agents=tuple([key for key in related if key not in agents]),
        activities=tuple(activities),
        related_activities=tuple([key for key in around if key not in activities]),
        registration=canonical_uuid(context.registration)
        if context and context.registration
        else None,
        target=target,
    )


def agent_keys(actor: Who) -> tuple[str, ...]:
    """The keys by which an ``agent`` filter finds `actor`: its own, and those of its members.

    >>> agent_keys(Who(openid="https://id.example/budi"))
    ('openid:https://id.example/budi',)
    """
    found: _Found = {}
    _add_actor(actor, found)
    return tuple(found)


def _add_actor(actor: Who, found: _Found) -> None:
    key = actor_key(actor)
    if key is not None:
        found[key] = None
    for member in actor.member or ():
        _add_actor(member, found)


def _add_activity(activity: Thing, found: _Found) -> None:
    if activity.id:
        found[activity.id] = None


def _add_context(context: Context, agents: _Found, activities: _Found) -> None:
    if context.instructor:
        _add_actor(context.instructor, agents)
    if context.team:
        _add_actor(context.team, agents)
    for with_agent in context.context_agents or ():
        _add_actor(with_agent.agent, agents)
    for with_group in context.context_groups or ():
        _add_actor(with_group.group, agents)
    if context.context_activities:
        _add_context_activities(context.context_activities, activities)


def _add_context_activities(around: ContextActivities, found: _Found) -> None:
    for activities in (around.parent, around.grouping, around.category, around.other):
        if type(activities) is list:
            for activity in activities:
                _add_activity(activity, found)
        elif type(activities) is Thing:
            _add_activity(activities, found)


def _add_substatement(statement: Thing, agents: _Found, activities: _Found) -> None:
    thing = statement.object
    if statement.actor:
        _add_actor(statement.actor, agents)
    if thing:
        if thing.object_type is UNSET or thing.object_type == "Activity":
            _add_activity(thing, activities)
        elif thing.object_type != "StatementRef":
            _add_actor(thing, agents)
    if statement.context:
        _add_context(statement.context, agents, activities)
