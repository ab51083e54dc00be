"""How long the texts of a statement may be: limits of this LRS, not of the standard.

What says which one something is (an IRI, a mailbox, the name of an account) is looked up and
compared over and over, and nobody needs it long. Anything else may be long, such as a learner's
answer, or what stands in an extension:

>>> check_lengths(b'{"actor":{"account":{"name":"%b"}}}' % (b"x" * 5000), Limits())
Traceback (most recent call last):
xapi.errors.RequestTooLarge: $.actor.account.name: {"characters":5000} are more than the 4096\
 that this LRS takes of an identifier (xAPI 1.0.3 Communication 3.2)

How deeply a statement may nest is said in :func:`xapi.part.check_extensions`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from xapi.errors import RequestTooLarge, member


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many characters a text may have."""

    identifier: int = 4096
    """what says which one something is"""
    text: int = 1_000_000
    """anything else"""

    def may_be_broken_by(self, raw: bytes) -> bool:
        """Whether `raw` as a whole is longer than some text may be."""
        return len(raw) > self.identifier or len(raw) > self.text


_IDENTIFIERS: Final = frozenset(
    {"id", "mbox", "openid", "homePage", "account.name", "type", "moreInfo", "usageType"}
    | {"fileUrl", "contentType", "relevantTypes", "extensions.*"}
)
_LANGUAGE_MAPS: Final = frozenset({"name", "description", "display"})
"""in these, what is called "id" is Indonesian"""
_FREE: Final = ""
"""the name of whatever stands in an extension"""


def check_lengths(raw: bytes, limits: Limits) -> None:
    """Refuse a valid statement with a text that is too long, by :exc:`RequestTooLarge`.

    Nearly every statement is shorter as a whole than any text may be, and not looked into.
    """
    if limits.may_be_broken_by(raw):
        _check(msgspec.json.decode(raw), "statement", limits)


def _check(value: Any, name: str, limits: Limits) -> None:
    """Check `value`, which the property `name` has."""
    if isinstance(value, str):
        _check_text(value, name, limits)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            try:
                _check(inner, name, limits)
            except RequestTooLarge as error:
                raise error.inside(f"$[{place}]") from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            try:
                _check_text(key, f"{name}.*", limits)
                _check(inner, _within(name, key), limits)
            except RequestTooLarge as error:
                raise error.inside(member("$", key)) from None


def _within(name: str, key: str) -> str:
    if name in ("extensions", _FREE):
        return _FREE
    if name in _LANGUAGE_MAPS:
        return name
    return "account.name" if name == "account" and key == "name" else key


def _check_text(text: str, name: str, limits: Limits) -> None:
    what, most = "a text", limits.text
    if name in _IDENTIFIERS:
        what, most = "an identifier", limits.identifier
    if len(text) > most:
        rule = f"are more than the {most} that this LRS takes of {what}"
        raise RequestTooLarge(None, "$", {"characters": len(text)}, rule, "Communication 3.2")
