"""Of whom, and of what, a sender may speak.

Whoever has the password of a sender can tell whatever they like. So a statement counts only where
it is about people and courses of the sender's own: by what its ``[[senders]]`` says, and where that
says nothing, by whose home pages and addresses are whose. Anything else is kept like every valid
statement, is no completion, and is shown to a person, who either allows it or has found a forgery.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lms_bridge.catalogue.course import Course
from lms_bridge.config.settings import Sender
from lms_bridge.people import keys
from lms_bridge.people.identities import Realms, realm_of
from lms_bridge.reasons import Reason
from xapi import Agent, Group

_PARTS = "/?#&"
"""what parts an address from what belongs to it; not a colon, behind which another host can come"""


class Voice(msgspec.Struct, frozen=True):
    """What a sender is known to be allowed."""

    sender: Sender | None
    """of the configuration; None: a credential"""
    lms: str
    """its own; empty: it is of none in particular"""
    realms: Realms

    def overstepped(
        self, name: str, activity: str, actor: Agent | Group, course: Course | None
    ) -> Reason | None:
        """Why the sender called `name` may not tell of that, if so; `course`, if it is known."""
        if not self._of_activity(activity) or not self._of_course(course):
            return Reason("sender_not_of_course", sender=name, activity=activity)
        if isinstance(actor, Agent) and not self._of_person(actor):
            return Reason("sender_not_of_person", sender=name, actor=keys.label(actor))
        return None

    def _of_person(self, actor: Agent) -> bool:
        sender = self.sender
        if sender is None or not (sender.home_pages or sender.mail_domains):
            realm = realm_of(actor, self.realms)
            return realm is None or self.lms in ("", realm.lms) or not realm.lms
        if actor.account:
            page = keys.home(actor.account.home_page)
            return page in {keys.home(one) for one in sender.home_pages}
        if actor.openid:
            return is_within(actor.openid, sender.home_pages)
        # Of what is only a hash it cannot be told which domain it is of.
        domain = keys.address(actor).rpartition("@")[2].lower()
        return bool(domain) and domain in {one.lower() for one in sender.mail_domains}

    def _of_activity(self, activity: str) -> bool:
        if self.sender and self.sender.activities:
            return is_within(activity, self.sender.activities)
        if not self.lms:
            return True
        pages = [(page, realm.lms) for page, realm in self.realms.items() if realm.lms]
        own = [page for page, lms in pages if lms == self.lms]
        others = [page for page, lms in pages if lms != self.lms]
        return is_within(activity, own) or not is_within(activity, others)

    def _of_course(self, course: Course | None) -> bool:
        named = self.sender.courses if self.sender else ()
        if not named or course is None:
            return True
        return any(
            course.key.startswith(one[:-1]) if one.endswith("*") else course.key == one
            for one in named
        )


def is_within(address: str, beginnings: Iterable[str]) -> bool:
    """Whether `address` is one of `beginnings`, or belongs to what stands there.

    >>> is_within("https://lms.example/course/7", ["https://lms.example"])
    True
    >>> is_within("https://lms.example.org/course/7", ["https://lms.example"])
    False
    """
    whole = keys.home(address)
    for beginning in beginnings:
        start = keys.home(beginning)
        if whole.startswith(start):
            rest = whole[len(start) :]
            if not rest or rest[0] in _PARTS or start.endswith(("/", "?", "#", "&", "=", ":")):
                return True
    return False
