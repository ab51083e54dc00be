"""What the index has to know of one statement: under which numbers it is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

import msgspec

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.schema import statements
from lms_bridge.store.types import AnyRow
from xapi import vocabulary
from xapi.keys import agent_keys, keys_of
from xapi.outline import Outline, outline, who

COLUMNS: Final = (
    statements.c.seq,
    statements.c.id,
    statements.c.raw,
    statements.c.sender,
    statements.c.authority,
)
"""what :func:`look` needs of a row"""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A statement, looked at."""

    seq: int
    id: str
    outline: Outline
    numbers: frozenset[int]
    """the keys of what it says itself"""
    sender: int
    """the key of who sent it"""
    target: str | None
    """the statement that it refers to"""
    voids: bool
    """whether it voids that"""


def look(row: AnyRow) -> Seen:
    """Look at the statement in `row`, which has the :data:`COLUMNS`."""
    seq, id, raw, sender, authority = row
    about = outline(raw)
    keys = keys_of(about)
    numbers = {_verb(keys.verb)}
    numbers.update(map(_agent, keys.agents))
    numbers.update(map(_related_agent, keys.related_agents))
    numbers.update(map(_activity, keys.activities))
    numbers.update(map(_related_activity, keys.related_activities))
    if keys.registration is not None:
        numbers.add(key(Kind.REGISTRATION, keys.registration))
    if authority is not None:
        numbers |= _of_authority(authority)
    return Seen(
        seq,
        id,
        about,
        frozenset(numbers),
        _sender(sender),
        keys.target,
        keys.verb == vocabulary.VOIDED,
    )


def _remembered(kind: Kind) -> Callable[[str], int]:
    """The keys of this kind; the same few thousand come again and again."""
    return lru_cache(maxsize=10_000)(partial(key, kind))


_verb = _remembered(Kind.VERB)
_agent = _remembered(Kind.AGENT)
_related_agent = _remembered(Kind.RELATED_AGENT)
_activity = _remembered(Kind.ACTIVITY)
_related_activity = _remembered(Kind.RELATED_ACTIVITY)
_sender = _remembered(Kind.SENDER)


@lru_cache(maxsize=200)
def _of_authority(authority: bytes) -> frozenset[int]:
    return frozenset(map(_related_agent, agent_keys(who(authority))))
