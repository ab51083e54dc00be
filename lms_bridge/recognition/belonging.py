"""Where a statement belongs: its sender's LMS, and what that sender means by a registration.

A sender is one of the configuration, or a credential (:mod:`lms_bridge.credentials`).
"""

from __future__ import annotations

from sqlalchemy import Connection

from lms_bridge import credentials
from lms_bridge.catalogue.course import Course
from lms_bridge.config.settings import Settings
from lms_bridge.people.identities import realm_of, realms_of
from lms_bridge.reasons import Reason
from lms_bridge.recognition.seen import Seen
from lms_bridge.recognition.speaking import Voice
from xapi import Agent, Group


class Belonging:
    """What is known of senders and home pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._senders = {sender.name: sender for sender in settings.senders}
        self._lms_of_credentials: dict[str, str] = {}
        self.realms = realms_of(settings)

    def learn(self, db: Connection) -> None:
        """Take notice of the credentials that there are now."""
        self._lms_of_credentials = credentials.lms_by_name(db)

    def lms_of(self, sender: str, seen: Seen) -> str:
        """The LMS that a statement of `sender` belongs to; empty if that cannot be known.

        It is the sender's, or the only one there is; else the one that has the learner's account.
        """
        if lms := self._own_lms(sender):
            return lms
        realm = realm_of(seen.actor, self.realms) if isinstance(seen.actor, Agent) else None
        return realm.lms if realm else ""

    def registration_is_run(self, sender: str, seen: Seen) -> bool:
        """Whether ``context.registration`` tells one attempt from another.

        logstore_xapi makes a new one up with each sending (Moodle facts, section 5).
        """
        known = self._senders.get(sender)
        meant = known.registration_is_run if known else None
        return not seen.from_logstore if meant is None else meant

    def confirms(self, sender: str) -> bool:
        """Whether the LMS is asked of what `sender` tells, before it is recorded."""
        known = self._senders.get(sender)
        return known is not None and known.confirm

    def overstepped(
        self, sender: str, seen: Seen, actor: Agent | Group, course: Course | None
    ) -> Reason | None:
        """Why `sender` may not tell that of `actor`, if so."""
        voice = Voice(self._senders.get(sender), self._own_lms(sender), self.realms)
        return voice.overstepped(sender, seen.object_id, actor, course)

    def _own_lms(self, sender: str) -> str:
        """The LMS that a sender is of; empty if it is of none, or of several."""
        known = self._senders.get(sender)
        return self._settings.lms_of(
            known.lms if known else self._lms_of_credentials.get(sender, "")
        )
