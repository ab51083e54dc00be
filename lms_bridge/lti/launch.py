"""The token by which a platform says who is at the browser, held to the specification.

The order is that of trust: nothing that a token says is looked at before its signature is verified,
but the name of the key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lms_bridge.config.settings import Platform
from lms_bridge.lms.base import UserField
from lms_bridge.lti.claims import SLACK, UNREADABLE, moment, verified
from lms_bridge.lti.refused import Refused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_OLDEST = 600.0
"""seconds since a token was made"""
_LONGEST_TOKEN = 32_768
_LONGEST_NAME = 255


class Keys(Protocol):
    """Where the keys of the platform are from."""

    def key(self, kid: str) -> RSAPublicKey:
        """The key with that id. Raises :exc:`~lms_bridge.lti.refused.Refused`."""


class Who(msgspec.Struct, frozen=True):
    """Who it is, as the platform says it: the account at the LMS whose `field` is `value`."""

    field: UserField
    value: str


def read(token: str, platform: Platform, nonce: str, keys: Keys, now: dt.datetime) -> Who:
    """Whom `token` names. Raises :exc:`~lms_bridge.lti.refused.Refused`."""
    claims = _verified(token, keys)
    judge(claims, platform, nonce, now)
    return who(claims, platform)


def judge(claims: Mapping[str, Any], platform: Platform, nonce: str, now: dt.datetime) -> None:
    """That `claims` are for us, now, in answer to our question (SEC 5.1.3; LTI 1.3, 5.3).

    Raises :exc:`~lms_bridge.lti.refused.Refused`.
    """
    if claims.get("iss") != platform.issuer:
        raise Refused("wrong_issuer")
    audience, party = claims.get("aud"), claims.get("azp")
    several = audience if isinstance(audience, list) else [audience]
    if platform.client_id not in several:
        raise Refused("wrong_audience")
    if party != platform.client_id and (party is not None or len(several) > 1):
        raise Refused("wrong_party")
    seconds = now.timestamp()
    if moment(claims, "exp") <= seconds - SLACK:
        raise Refused("token_expired")
    made = moment(claims, "iat")
    if made > seconds + SLACK:
        raise Refused("token_from_the_future")
    if made < seconds - _OLDEST:
        raise Refused("token_too_old")
    if claims.get("nonce") != nonce:
        raise Refused("wrong_nonce")
    if claims.get(CLAIM + "version") != "1.3.0":
        raise Refused("wrong_version")
    if claims.get(CLAIM + "message_type") != "LtiResourceLinkRequest":
        raise Refused("wrong_message_type")
    if claims.get(CLAIM + "deployment_id") not in platform.deployments:
        raise Refused("wrong_deployment")


def who(claims: Mapping[str, Any], platform: Platform) -> Who:
    """Whom they name. Raises :exc:`~lms_bridge.lti.refused.Refused`, also if it is nobody."""
    fields: dict[str, tuple[UserField, Any]] = {
        "sub": ("id", claims.get("sub")),
        "username": ("username", _within(claims, "ext").get("user_username")),
        "number": ("number", _within(claims, "lis").get("person_sourcedid")),
        "email": ("email", claims.get("email")),
    }
    field, value = fields[platform.person]
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_NAME:
        raise Refused("nobody_named")
    return Who(field, value.strip())


def _verified(token: str, keys: Keys) -> Mapping[str, Any]:
    """The claims of `token`, signed with RS256 by a key of the platform, and with nothing else."""
    if len(token) > _LONGEST_TOKEN:
        raise Refused("token_unreadable")
    try:
        header = jwt.get_unverified_header(token)
    except UNREADABLE:
        raise Refused("token_unreadable") from None
    if header.get("alg") != "RS256":
        raise Refused("wrong_algorithm")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise Refused("key_unknown")
    return verified(token, keys.key(kid), "RS256")


def _within(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(CLAIM + name)
    return value if isinstance(value, dict) else {}
