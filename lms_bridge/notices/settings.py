"""The settings of ``[email]`` and ``[[notices]]``; docs/notices.md explains them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from lms_bridge.config.remote import ConnectionSettings, Seconds
from lms_bridge.config.secrets import Secret

Told = Literal["attention", "remotes", "tokens", "jobs"]

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def is_address(text: str) -> bool:
    """Whether `text` is an e-mail address, and nothing that could be a header besides.

    >>> is_address("sdm@siantarkota.go.id"), is_address("a@b.id\\nBcc: c@d.id")
    (True, False)
    """
    return len(text) <= 254 and bool(_ADDRESS.fullmatch(text)) and text.isascii()


class Email(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server by which messages are sent."""

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``starttls`` (port 587), ``tls`` from the first byte (port 465), or none at all"""
    username: str = ""
    password: Secret | None = None
    sender: str
    """address from which the messages come"""
    sender_name: str = "lms-bridge"
    domains: tuple[str, ...] = ()
    """of addresses to which reports may be mailed, beside that of whoever has them mailed"""
    ca_bundle: str = ""
    """path of a PEM file with the certificate authorities to trust; empty: the usual ones"""
    timeout_seconds: Seconds = 30

    def __post_init__(self) -> None:
        if not is_address(self.sender):
            raise ValueError("sender: is no e-mail address")
        if "\n" in self.sender_name or "\r" in self.sender_name:
            raise ValueError("sender_name: has a line break in it")
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password: one needs the other")
        if self.username and self.security == "none":
            raise ValueError('security: a password is not sent with security = "none"')

    def may_go_to(self, address: str) -> bool:
        """Whether a report may be mailed to that address, whoever's it is."""
        domain = address.rpartition("@")[2].casefold()
        return is_address(address) and domain in {one.casefold() for one in self.domains}


class Notices(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is told things, by e-mail or by webhook."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    email: tuple[str, ...] = ()
    """addresses"""
    webhook: str = ""
    """address that gets signed webhooks (Standard Webhooks)"""
    secret: Secret | None = None
    """of the webhook: ``whsec_`` and 24 to 64 random bytes in base64"""
    former_secret: Secret | None = None
    """by which each webhook is signed as well, while the receiver changes from it to `secret`"""
    language: Literal["id", "en"] = "id"
    tells: tuple[Told, ...] = ("attention", "remotes", "tokens", "jobs")
    """of what: something waits for a person, an outside system is down, a token expires, a job
    fails"""
    digest: str = "07:00"
    """when the summary of the day before is sent; empty: never"""
    gather_minutes: Annotated[float, msgspec.Meta(ge=5, le=1440)] = 30
    """how long after a notice the next one is held back, so as to have all in it"""
    most_per_hour: Annotated[int, msgspec.Meta(ge=1, le=60)] = 4
    """messages in an hour, whatever happens; the rest is in the next"""
    names: bool = False
    """whether courses and accounts that something waits for are named, and not only counted"""

    def __post_init__(self) -> None:
        if bool(self.email) == bool(self.webhook):
            raise ValueError("needs email or webhook, and not both")
        for one in self.email:
            if not is_address(one):
                raise ValueError("email: one of them is no e-mail address")
        if bool(self.webhook) != (self.secret is not None):
            raise ValueError("secret: is needed with webhook, and with nothing else")
        if self.webhook and not self.webhook.startswith(("https://", "http://")):
            raise ValueError("webhook: is no address")
        if self.digest and not _HOUR.fullmatch(self.digest):
            raise ValueError('digest: is no time such as "07:00"')

    @property
    def url(self) -> str:
        """The address, as what sends webhooks calls it."""
        return self.webhook
