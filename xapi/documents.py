"""Documents: which one, or which ones, a request is about (Communication 2.2, 2.3, 2.6, 2.7).

There are three resources. A state belongs to an Activity, an Agent and perhaps a registration;
a profile belongs to an Activity or to an Agent. Each document has an id, and a request without
one is about all documents of whom they belong to:

>>> asked = read_document_query(Resource.ACTIVITY_PROFILE, "GET",
...     [("activityId", "https://lms.example/course/7"), ("since", "2026-11-24T06:09:27Z")])
>>> asked.activity, asked.id, asked.since.isoformat()
('https://lms.example/course/7', None, '2026-11-24T06:09:27+00:00')
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Final

import msgspec

from xapi.actor import Agent, actor_key
from xapi.errors import InvalidRequest
from xapi.parameters import Pairs, Reader, actor, agent, iri, string, taken, timestamp, uuid
from xapi.versions import Version


class Resource(enum.Enum):
    """A resource that keeps documents, by where it is."""

    STATE = "activities/state"
    ACTIVITY_PROFILE = "activities/profile"
    AGENT_PROFILE = "agents/profile"

    @property
    def clause(self) -> str:
        """Where the standard describes it."""
        return {
            Resource.STATE: "Communication 2.3",
            Resource.ACTIVITY_PROFILE: "Communication 2.7",
            Resource.AGENT_PROFILE: "Communication 2.6",
        }[self]


class DocumentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents a request is about.

    Values are in the form in which they are compared: an Agent as its
    :func:`~xapi.actor_key`, a registration in lower case.
    """

    resource: Resource
    id: str | None
    """of the document; None for all of them"""
    activity: str | None = None
    agent: str | None = None
    registration: str | None = None
    """only of a state: None is no certain registration, and with an `id` it is none at all"""
    since: dt.datetime | None = None
    """only documents that were stored or changed after it"""


_BELONGS_TO: Final[dict[Resource, dict[str, Reader]]] = {
    Resource.STATE: {"activityId": iri, "agent": agent},
    Resource.ACTIVITY_PROFILE: {"activityId": iri},
    Resource.AGENT_PROFILE: {"agent": agent},
}
_IDS: Final = {
    Resource.STATE: "stateId",
    Resource.ACTIVITY_PROFILE: "profileId",
    Resource.AGENT_PROFILE: "profileId",
}


def read_document_query(
    resource: Resource, method: str, pairs: Pairs, *, version: Version = Version.V1_0
) -> DocumentQuery:
    """Which documents of `resource` a request with this method and these parameters is about.

    Any GET may ask for the ids of all documents, and any DELETE may mean all states; all other
    requests are about a single document. Who a document belongs to is an Agent, and in 2.0 it
    can be an identified Group as well.

    Raises :exc:`InvalidRequest` for parameters that the resource does not have with this
    method, or that are not valid, and if one is missing.
    """
    belongs_to = dict(_BELONGS_TO[resource])
    if version is Version.V2_0 and "agent" in belongs_to:
        belongs_to["agent"] = actor
    readers = {**belongs_to, _IDS[resource]: string}
    required = [*belongs_to]
    if resource is Resource.STATE:
        readers["registration"] = uuid
    if method in ("GET", "HEAD"):
        readers["since"] = timestamp
    elif method != "DELETE" or resource is not Resource.STATE:
        required.append(_IDS[resource])
    values = taken(pairs, readers, required, version=version)
    identifier = values.get(_IDS[resource])
    if identifier is not None and "since" in values:
        rule = f'is not allowed together with "{_IDS[resource]}"'
        since = values["since"].isoformat()
        raise InvalidRequest("query.since", since, rule, resource.clause, version)
    return DocumentQuery(
        resource=resource,
        id=identifier,
        activity=values.get("activityId"),
        agent=actor_key(values["agent"]) if "agent" in values else None,
        registration=values.get("registration"),
        since=values.get("since"),
    )


# --- the resources that tell of an Agent and of an Activity --------------------------------------


def asked_agent(pairs: Pairs, *, version: Version = Version.V1_0) -> Agent:
    """The Agent that a GET to the Agents resource asks about (Communication 2.4)."""
    found: Agent = taken(pairs, {"agent": agent}, ["agent"], version=version)["agent"]
    return found


def asked_activity(pairs: Pairs, *, version: Version = Version.V1_0) -> str:
    """The id of the Activity that a GET to the Activities resource asks about (2.5).

    >>> asked_activity([("activityId", "https://lms.example/course/7")])
    'https://lms.example/course/7'
    """
    found: str = taken(pairs, {"activityId": iri}, ["activityId"], version=version)["activityId"]
    return found
