"""What an LRS tells of an Agent, of an Activity and of itself (Communication 2.4, 2.5 and 2.8).

>>> from xapi.actor import Agent
>>> siti = Agent(name="Siti", mbox="mailto:siti@example.id")
>>> print(person(siti, [Agent(name="Siti R.", mbox="mailto:siti@example.id")]).decode())
{"objectType":"Person","name":["Siti","Siti R."],"mbox":["mailto:siti@example.id"]}
>>> print(activity("act:meeting", b'{"name":{"id":"Rapat"}}').decode())
{"objectType":"Activity","id":"act:meeting","definition":{"name":{"id":"Rapat"}}}
>>> print(about().decode())
{"version":["1.0.0","1.0.1","1.0.2","1.0.3","2.0.0"]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from xapi.actor import Agent
from xapi.part import check_extensions
from xapi.versions import Version, edition

SPOKEN: Final = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")
"""the versions of the standard that are spoken here"""

_OF_A_PERSON: Final = ("name", "mbox", "mbox_sha1sum", "openid", "account")


def person(agent: Agent, known: Iterable[Agent] = ()) -> bytes:
    """The Person object of `agent`, the one who was asked about, as JSON (2.4).

    `known` are the Agents, however they are called and identified, that the LRS takes for the
    same person; of an Agent that it does not know there are none.
    """
    found: dict[str, list[Any]] = {name: [] for name in _OF_A_PERSON}
    for persona in (agent, *known):
        for name, values in found.items():
            value = getattr(persona, name)
            if value is not msgspec.UNSET and value not in values:
                values.append(value)
    told = {name: values for name, values in found.items() if values}
    return msgspec.json.encode({"objectType": "Person", **told})


def activity(id: str, definition: bytes | None = None) -> bytes:
    """The Activity with this `id` as JSON, with its canonical `definition` if it has one (2.5)."""
    told = {} if definition is None else {"definition": msgspec.Raw(definition)}
    return msgspec.json.encode({"objectType": "Activity", "id": id, **told})


def about(extensions: Mapping[str, Any] | None = None, *, version: Version | None = None) -> bytes:
    """What the About resource answers, as JSON (2.8).

    `extensions` tell what else there is to know of this LRS, by IRI. Who asks in the edition
    1.0 is told of that one only: clients that were written before 2.0 refuse to go on where
    they read a version that they do not know.
    """
    spoken = [one for one in SPOKEN if version is not Version.V1_0 or edition(one) is version]
    told: dict[str, Any] = {"version": spoken}
    if extensions:
        check_extensions("$.extensions", dict(extensions))
        told["extensions"] = extensions
    return msgspec.json.encode(told)
