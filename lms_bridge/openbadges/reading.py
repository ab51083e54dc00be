"""A credential as a file of any form: JSON, a JWT, a PNG, an SVG; and what it has to have in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lms_bridge.i18n import mark
from lms_bridge.openbadges import baking, proofs
from lms_bridge.openbadges.untrue import Untrue

MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_TEXT: Final = 256 * 1024


def taken_out(content: bytes) -> str:
    """The credential in a file, whatever its form."""
    if len(content) > MOST_BYTES:
        raise Untrue(mark("it is too large"))
    start = content[:1024].lstrip()
    if content.startswith(baking.PNG):
        text = baking.out_of_png(content)
    elif start.startswith((b"<", b"\xef\xbb\xbf<")):
        text = baking.out_of_svg(content)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Untrue(mark("it is neither JSON nor a JWT, and no PNG or SVG")) from None
    if len(text) > _MOST_TEXT:
        raise Untrue(mark("it is too large"))
    return text.strip()


def opened(text: str) -> tuple[dict[str, Any], str, Callable[[Ed25519PublicKey], object]]:
    """What it says, by what it names its key, and how its signature is checked with that key."""
    if not text.startswith("{"):
        header, payload = proofs.unchecked(text)
        method = header.get("kid")
        return payload, str(method), lambda key: proofs.check_jwt(text, key)
    document = parsed(text)
    method = proofs.proof_of(document).get("verificationMethod")
    return document, str(method), lambda key: proofs.check_proof(document, key)


def parsed(text: str | bytes) -> dict[str, Any]:
    """A JSON object in which each name stands once, so that all readers read the same."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise Untrue(mark("a name stands in it twice"))
        return dict(pairs)

    def constant(_: str) -> NoReturn:
        raise ValueError

    try:
        document = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except Untrue:
        raise
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Untrue(mark("it is neither JSON nor a JWT, and no PNG or SVG"))
    return document


def check_form(document: dict[str, Any]) -> None:
    """Raise :exc:`Untrue` unless it is what Open Badges 3.0 calls a credential.

    As far as anybody builds on it; the official schema says more.
    """
    types = document.get("type")
    subject = document.get("credentialSubject")
    achieved = subject.get("achievement") if isinstance(subject, dict) else None
    if not isinstance(types, list) or not {"OpenBadgeCredential", "AchievementCredential"} & {
        one for one in types if isinstance(one, str)
    }:
        raise Untrue(mark("it is no Open Badge of version 3.0"))
    if not isinstance(subject, dict) or not (subject.get("id") or subject.get("identifier")):
        raise Untrue(mark("it does not say whose it is"))
    named = isinstance(achieved, dict) and all(
        achieved.get(name) for name in ("id", "name", "description", "criteria")
    )
    if not named or not isinstance(document.get("id"), str):
        raise Untrue(mark("it does not say what was earned"))


def recipient(document: dict[str, Any]) -> str:
    """Whose it is: the name, or else the id."""
    subject = document["credentialSubject"]
    known = subject.get("identifier")
    for one in known if isinstance(known, list) else [known]:
        if isinstance(one, dict) and one.get("identityType") == "name" and not one.get("hashed"):
            return str(one.get("identityHash"))
    return str(subject.get("id", "?"))
