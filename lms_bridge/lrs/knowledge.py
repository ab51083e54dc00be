"""What the LRS knows of Agents and Activities from all statements (Communication 2.4 and 2.5)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.many import among
from lms_bridge.store.schema import activities, agents
from xapi.actor import Agent, actor_key


def definition_of(db: Connection, activity: str) -> bytes | None:
    """The canonical definition, as JSON, of the Activity with this id, if any was told (2.5)."""
    found: bytes | None = db.scalar(
        select(activities.c.definition).where(activities.c.key == key(Kind.ACTIVITY, activity))
    )
    return found


def definitions_of(db: Connection, told: Collection[str]) -> dict[str, bytes]:
    """The same of many Activities, by their ids, as far as they have one."""
    ids = {key(Kind.ACTIVITY, activity): activity for activity in told}
    query = select(activities.c.key, activities.c.definition).where(among(activities.c.key, ids))
    return {ids[number]: definition for number, definition in db.execute(query)}


def names_of(db: Connection, agent: Agent) -> list[str]:
    """What `agent` is called in statements, under the same identifier (Communication 2.4)."""
    known_as = actor_key(agent)
    assert known_as is not None, "an Agent has an identifier"
    found: list[str] | None = db.scalar(
        select(agents.c.names).where(agents.c.key == key(Kind.AGENT, known_as))
    )
    return found or []
