"""The resources that tell what the LRS knows: Agents, Activities and About.

Whoever and whatever is asked about, there is an answer: of what the LRS has never heard of it
tells what the request said (Communication 2.4, 2.5 and 2.8).
"""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, g, request

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.lrs.indexing import PATIENCE_SECONDS
from lms_bridge.lrs.knowledge import definition_of, names_of
from webhook.lrs import PREFIX
from webhook.peer import address
from webhook.readers import Readers
from xapi import actor_key, describing
from xapi.documents import asked_activity, asked_agent
from xapi.negotiation import HEADER
from xapi.parameters import pairs_in, taken
from xapi.versions import edition


def resources(bridge: Bridge, readers: Readers) -> Blueprint:
    """The three resources, which tell what the database of `bridge` has."""
    blueprint = Blueprint("descriptions", __name__, url_prefix=PREFIX)
    store, index = bridge.store, bridge.index

    @blueprint.get("/agents", strict_slashes=False)
    def agents() -> Response:
        """The Person that an Agent is, with every name that statements gave it (2.4)."""
        agent = asked_agent(pairs_in(request.query_string), version=g.version)
        readers.note(g.grant, address(), actor_key(agent))
        index.catch_up(utc_now(), seconds=PATIENCE_SECONDS)
        with store.reading() as db:
            names = names_of(db, agent)
        known = (msgspec.structs.replace(agent, name=name) for name in names)
        return _told(describing.person(agent, known))

    @blueprint.get("/activities", strict_slashes=False)
    def activities() -> Response:
        """An Activity, with all that statements told of it (2.5)."""
        activity = asked_activity(pairs_in(request.query_string), version=g.version)
        index.catch_up(utc_now(), seconds=PATIENCE_SECONDS)
        with store.reading() as db:
            definition = definition_of(db, activity)
        return _told(describing.activity(activity, definition))

    @blueprint.get("/about", strict_slashes=False)
    def about() -> Response:
        """Which versions are spoken here (2.8); it needs neither credentials nor a version."""
        taken(pairs_in(request.query_string), {}, version=g.version)
        return _told(describing.about(version=edition(request.headers.get(HEADER, ""))))

    return blueprint


def _told(value: bytes) -> Response:
    return Response(value, mimetype="application/json")
