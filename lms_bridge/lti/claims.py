"""The claims of a JWT (RFC 7519): the signature is verified here, and nothing else.

Times, issuer, audience and the rest are judged by who reads them, by the clock of the bridge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lms_bridge.lti.refused import Refused

SLACK = 60.0
"""seconds by which clocks may differ"""
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, RecursionError)
"""what reading a token raises that is none"""


def verified(token: str, key: bytes | RSAPublicKey, algorithm: str) -> Mapping[str, Any]:
    """What `token` says, signed by `key` with that algorithm and with no other.

    Raises :exc:`~lms_bridge.lti.refused.Refused`.
    """
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidAlgorithmError:
        raise Refused("wrong_algorithm") from None
    except jwt.InvalidSignatureError:
        raise Refused("wrong_signature") from None
    except UNREADABLE:
        raise Refused("token_unreadable") from None
    return claims


def moment(claims: Mapping[str, Any], name: str) -> float:
    """The time that the claim `name` is, in seconds since 1970. Raises Refused if it is none."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Refused("token_unreadable")
    return float(value)
