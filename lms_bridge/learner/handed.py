"""A link that a home-made LMS signs itself, for a learner who is signed in there.

A JWT (RFC 7519), HS256, by a secret that only that LMS and the bridge have::

    {"iss": "elearning", "aud": "https://bridge.example.go.id/learner", "sub": "4711",
     "iat": 1790000000, "exp": 1790000120, "jti": "a random text"}

``iss`` is the name of the ``[lms.NAME]``, ``sub`` the name of the account as it stands in its
statements. It is good once, and for five minutes at the most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import jwt
import msgspec

from lms_bridge.config.secrets import Secret
from lms_bridge.learner.passes import key_of
from lms_bridge.lti.claims import SLACK, UNREADABLE, moment, verified
from lms_bridge.lti.refused import Refused
from lms_bridge.people import nip as nips

LONGEST = dt.timedelta(minutes=5)
_LONGEST_TOKEN = 4096


class Handed(msgspec.Struct, frozen=True):
    """What such a link says."""

    lms: str
    account: str
    id: str
    until: dt.datetime


def read(token: str, links: Mapping[str, Secret], audience: str, now: dt.datetime) -> Handed:
    """What `token` says, if it is to be believed. Raises :exc:`~lms_bridge.lti.refused.Refused`.

    :exc:`~lms_bridge.config.secrets.SecretMissing` where the secret cannot be read.
    """
    if len(token) > _LONGEST_TOKEN:
        raise Refused("token_unreadable")
    lms = _issuer(token)
    if lms not in links:
        raise Refused("wrong_issuer")
    claims = verified(token, key_of(links[lms]), "HS256")
    if claims.get("aud") not in (audience, [audience]):
        raise Refused("wrong_audience")
    made, until, seconds = moment(claims, "iat"), moment(claims, "exp"), now.timestamp()
    if until <= seconds:
        raise Refused("token_expired")
    if made > seconds + SLACK:
        raise Refused("token_from_the_future")
    if until - made > LONGEST.total_seconds():
        raise Refused("token_too_long_good")
    account, number = claims.get("sub"), claims.get("jti")
    if not isinstance(account, str) or not 0 < len(account) <= 255:
        raise Refused("nobody_named")
    if not isinstance(number, str) or not 8 <= len(number) <= 255:
        raise Refused("id_missing")
    return Handed(lms, account, number, dt.datetime.fromtimestamp(until, dt.UTC))


def names_a_nip(handed: Handed) -> bool:
    """Whether the link shows a NIP to whoever sees it: nothing for an address."""
    return nips.normalise(handed.account) is not None


def _issuer(token: str) -> str:
    """Whom it says that it is from; not to be believed yet."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except UNREADABLE:
        raise Refused("token_unreadable") from None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else ""
