"""Which statements a target gets.

What voids another statement passes the filters by verb and by activity whatever they are: it is
not known here whether the target has what it voids, and one that has it must hear of it.
"""

from __future__ import annotations

from collections.abc import Callable

from lms_bridge.config.settings import Forward
from xapi import vocabulary
from xapi.keys import keys_of
from xapi.outline import outline

Wanted = Callable[[str, bytes], bool]
"""asked with who sent a statement, and with the statement as it came"""


def wanted(settings: Forward) -> Wanted:
    """Whether a target with these `settings` is to get a statement."""
    verbs, activities = frozenset(settings.verbs), frozenset(settings.activities)
    senders, not_of = frozenset(settings.senders), frozenset(settings.except_senders)

    def is_wanted(sender: str, raw: bytes) -> bool:
        if sender in not_of or (senders and sender not in senders):
            return False
        if not (verbs or activities):
            return True
        statement = outline(raw)
        if statement.verb.id == vocabulary.VOIDED:
            return True
        if verbs and statement.verb.id not in verbs:
            return False
        if not activities:
            return True
        keys = keys_of(statement)
        return not activities.isdisjoint((*keys.activities, *keys.related_activities))

    return is_wanted
