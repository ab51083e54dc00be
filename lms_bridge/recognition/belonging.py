"""Where a statement belongs: its sender's LMS, and what that sender means by a registration."""

from __future__ import annotations

from lms_bridge.config.settings import Settings
from lms_bridge.people.identities import realm_of, realms_of
from lms_bridge.recognition.seen import Seen
from xapi import Agent


class Belonging:
    """What the configuration says of senders and home pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._senders = {sender.name: sender for sender in settings.senders}
        self.realms = realms_of(settings)

    def lms_of(self, sender: str, seen: Seen) -> str:
        """The LMS that a statement of `sender` belongs to; empty if that cannot be known.

        It is the sender's, or the only one there is; else the one that has the learner's account.
        """
        known = self._senders.get(sender)
        if lms := self._settings.lms_of(known.lms if known else ""):
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
