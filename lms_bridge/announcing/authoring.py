"""The statements that the bridge makes, with tincan.

The learner *earned* a badge, or a certificate: the number under which the registry has the
training. The verb and the type "certificate" are those of the registry of Rustici's Tin Can API
(registry.tincanapi.com), and "badge" is Activity Streams', as in the Open Badges recipe there. Its
extensions link to a hosted assertion and badge class, which are not known here.

The learner is who the statement that told of the completion said; a NIP stands in no statement of
the bridge that stood not in that one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import msgspec
import tincan

from lms_bridge.lrs.authority import BRIDGE, authority
from xapi import is_iri, vocabulary


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The statement that told of a completion."""

    id: str
    activity: str
    """what was completed"""


class Achievement(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is done, as far as it is to be spoken of."""

    learner: dict[str, Any]
    """an Agent, as in JSON"""
    step: str
    remote: str
    completion_id: int | None
    award: str = ""
    """public id of the award that was earned by a rule; empty for the badge of a course"""
    course: str
    badge: str
    hours: int
    certificate_number: str
    link: str
    at: dt.datetime
    told: Told | None
    """None if no statement told of the completion, and the LMS was asked"""


class Author:
    """The bridge whose address is `home_page`, as the author of statements."""

    def __init__(self, home_page: str) -> None:
        self._home_page = home_page
        self.authority = authority(home_page, BRIDGE)

    def earned(self, one: Achievement, statement_id: str) -> bytes:
        """That the learner earned the badge, or the certificate that the registry has."""
        around: dict[str, Any] = {}
        if one.told:
            course = tincan.ActivityDefinition(name=_named(one.course), type=vocabulary.COURSE)
            around["grouping"] = [tincan.Activity(id=one.told.activity, definition=course)]
        if one.step == "record":
            around["category"] = [self._place(one.remote)]
        return _bytes(
            tincan.Statement(
                id=statement_id,
                actor=tincan.Agent.from_json(msgspec.json.encode(one.learner).decode()),
                verb=_verb(vocabulary.EARNED, en="earned", id="memperoleh"),
                object=self._badge(one) if one.step == "badge" else self._certificate(one),
                context=tincan.Context(
                    platform=BRIDGE,
                    statement=tincan.StatementRef(id=one.told.id) if one.told else None,
                    context_activities=tincan.ContextActivities(**around),
                ),
                timestamp=one.at,
            )
        )

    def took_back(self, target: str, statement_id: str, at: dt.datetime) -> bytes:
        """That its statement `target` is not so any more (Data 2.3.2)."""
        return _bytes(
            tincan.Statement(
                id=statement_id,
                actor=tincan.Agent.from_json(self.authority.decode()),
                verb=_verb(vocabulary.VOIDED, en="voided", id="membatalkan"),
                object=tincan.StatementRef(id=target),
                timestamp=at,
            )
        )

    def _badge(self, one: Achievement) -> tincan.Activity:
        definition = tincan.ActivityDefinition(name=_named(one.badge), type=vocabulary.BADGE)
        here = f"{self._home_page}/completions/{one.completion_id}/badge"
        if one.award:
            here = f"{self._home_page}/badges/{one.award}"
        link = one.link if is_iri(one.link) else here
        return tincan.Activity(id=link, definition=definition)

    def _certificate(self, one: Achievement) -> tincan.Activity:
        return tincan.Activity(
            id=f"{self._home_page}/certificates/{quote(one.certificate_number, safe='')}",
            definition=tincan.ActivityDefinition(
                name=_named(one.course),
                description=_named(f"{one.certificate_number}, {one.hours} JP"),
                type=vocabulary.CERTIFICATE,
            ),
        )

    def _place(self, remote: str) -> tincan.Activity:
        """The registry that has it, so that all that it has can be asked for."""
        kind, _, name = remote.partition(".")
        definition = tincan.ActivityDefinition(name=_named(name))
        return tincan.Activity(id=f"{self._home_page}/{kind}/{name}", definition=definition)


def _verb(verb: str, **display: str) -> tincan.Verb:
    return tincan.Verb(id=verb, display=tincan.LanguageMap(display))


def _named(text: str) -> tincan.LanguageMap:
    return tincan.LanguageMap({"id": text})


def _bytes(statement: tincan.Statement) -> bytes:
    return str(statement.to_json()).encode()
