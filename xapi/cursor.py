"""Where the next page of statements begins: the token in a ``more`` link (Data 2.5).

The token holds all that is needed to go on, so that nothing has to be remembered and it is
good forever: what was asked, and the place of the statement that was told last. Pages that are
read one after the other therefore fit together, whatever arrives in the meantime:

>>> cursor = Cursor(StatementsQuery(verb="act:read", limit=50), after=1234)
>>> Cursor.of(cursor.token()) == cursor
True
>>> Cursor.of("?").after
Traceback (most recent call last):
xapi.errors.InvalidRequest: query.more: "?" is not a link that this LRS has given\
 (xAPI 1.0.3 Data 2.5)

A token is opaque but no secret: whoever has it asks with their own credentials, as if they
wrote the query themselves. With a `key`, only tokens that were made with it are accepted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final, Self, cast

import msgspec

from xapi.errors import InvalidRequest
from xapi.query import StatementsQuery

_FORM: Final = b"\1"
"""the form of the token, so that another form can follow"""
_TAG: Final = 9
"""how many octets of the hash are kept; they tell a token that was cut or changed by accident"""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """How far the answer to a query has been told."""

    query: StatementsQuery
    after: int
    """the place, in the order in which statements were stored, of the one that was told last"""

    def token(self, key: bytes = b"") -> str:
        """This as a text that can stand in a query string as it is."""
        told = _FORM + _ENCODER.encode(self)
        return base64.urlsafe_b64encode(_tag(told, key) + told).rstrip(b"=").decode()

    @classmethod
    def of(cls, token: str, key: bytes = b"") -> Self:
        """What `token` tells; raises :exc:`InvalidRequest` for what is no token."""
        try:
            padded = token.encode() + b"=" * (-len(token) % 4)
            decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
            tag, told = decoded[:_TAG], decoded[_TAG:]
            if hmac.compare_digest(tag, _tag(told, key)) and told[:1] == _FORM:
                return cast(Self, _DECODER.decode(told[1:]))
        except (ValueError, msgspec.DecodeError):
            pass  # refused below, like one of another form
        rule = "is not a link that this LRS has given"
        raise InvalidRequest("query.more", token, rule, "Data 2.5")


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Cursor)


def _tag(told: bytes, key: bytes) -> bytes:
    return hmac.digest(key, told, hashlib.sha256)[:_TAG]
