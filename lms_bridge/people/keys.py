"""The keys by which people are known: one text for each account, address and NIP.

xAPI compares identifiers letter by letter (Data 2.4.2.3). People do not type them so: the
home page with or without a slash at its end, the address as it is printed on the card. So
what cannot make a difference between two people is left out of a key: the slash, the case
of a host, the case of an e-mail address. The name of an account is left as it is.
"""

from __future__ import annotations

import hashlib
import re

from xapi import Actor, Agent

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")


def home(page: str) -> str:
    """A home page in the form in which home pages are compared.

    >>> home("HTTPS://LMS.Example.go.id/")
    'https://lms.example.go.id'
    """
    return _AUTHORITY.sub(lambda found: found[0].lower(), page.strip(), count=1).rstrip("/")


def of_actor(actor: Actor) -> str | None:
    """The key of `actor`; None for a group without an identifier, which nobody else can name."""
    if actor.account:
        return of_account(actor.account.home_page, actor.account.name)
    if actor.mbox:
        return of_address(address(actor))
    if actor.mbox_sha1sum:
        return f"mbox_sha1sum:{actor.mbox_sha1sum.lower()}"
    return of_openid(actor.openid) if actor.openid else None


def of_account(home_page: str, name: str) -> str:
    """The key of an account as it stands in statements."""
    return f"account:{home(home_page)}|{name}"


def of_address(address: str) -> str:
    """The key of an e-mail address."""
    return f"mbox:mailto:{address.lower()}"


def of_hashed_addresses(address: str) -> set[str]:
    """The keys of actors who show only the hash of `address`, as typed or in lower case."""
    return {f"mbox_sha1sum:{_sha1(f'mailto:{text}')}" for text in (address, address.lower())}


def of_openid(openid: str) -> str:
    """The key of an OpenID."""
    return f"openid:{openid}"


def of_lms_account(lms: str, user_id: str) -> str:
    """The key of an account as the LMS itself numbers it, whatever statements call it."""
    return f"lms:{lms}:{user_id}"


def of_nip(nip: str) -> str:
    """The key of a NIP, the present or a former one."""
    return f"nip:{nip}"


def address(actor: Actor) -> str:
    """The e-mail address of `actor`, as written; empty without one."""
    return actor.mbox.removeprefix("mailto:") if actor.mbox else ""


def label(actor: Agent) -> str:
    """The actor as a person would recognise it, with no more personal data than it shows."""
    if actor.account:
        who = actor.account.name
    else:
        who = address(actor) or actor.openid or actor.mbox_sha1sum or ""
    return f"{actor.name} ({who})" if actor.name else str(who)


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
