"""The numbers under which the LRS looks things up: a hash of what kind of thing it is, and which.

An index of numbers is a tenth of one of IRIs, and has room for an IRI of any length:

>>> key(Kind.VERB, "http://adlnet.gov/expapi/verbs/completed")
3340314929048072309

They stand in the database, so that neither a :class:`Kind` nor the hash may ever change.
"""

from __future__ import annotations

import enum
import hashlib


class Kind(enum.StrEnum):
    """As what a thing is looked up; the same text has another key as each."""

    VERB = "verb"
    AGENT = "agent"
    ACTIVITY = "activity"
    REGISTRATION = "registration"
    RELATED_AGENT = "related_agent"
    """an Agent in whatever place is none of those for which there is ``AGENT``"""
    RELATED_ACTIVITY = "related_activity"
    """the same of an Activity"""
    SENDER = "sender"
    TOLD_AGENT = "told_agent"
    TOLD_ACTIVITY = "told_activity"


def key(kind: Kind, text: str) -> int:
    """The key of the thing of this `kind` that `text` identifies: a signed integer of 64 bits.

    `text` is in the form in which such things are compared: a verb's or an Activity's IRI, an
    Agent's :func:`~xapi.actor_key`, a registration in lower case (Communication 2.1.3).
    """
    named = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(named, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
