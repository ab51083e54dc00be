"""The proxy through which an outside system is reached."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

import urllib3

from lms_bridge.config.remote import ConnectionSettings

WANTS = "the proxy asks for a username and password: proxy, proxy_credentials"

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[\w .-]{0,60})")


class Proxy:
    """The one that the settings name, or none, or what the environment says."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._address = settings.proxy
        self._credentials = settings.proxy_credentials
        self.is_settled = bool(self._address) or not getproxies()
        """whether the environment is not to be asked, which takes a while at each call: the
        settings say it, or the environment says nothing"""

    def authorities(self) -> str:
        """The bundle of certificates that the environment names.

        The library looks there by itself, but only if it may look there for a proxy as well.
        """
        if not self.is_settled:
            return ""
        return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or ""

    def for_requests(self) -> dict[str, str] | None:
        """As the library takes it, with the credentials as they are now.

        Raises :exc:`~lms_bridge.config.secrets.SecretMissing`.
        """
        if self._address in ("", "direct"):
            return None
        address = self._address
        if self._credentials:
            name, _, password = self._credentials.read().strip().partition(":")
            parts = urlsplit(address)
            who = f"{quote(name, safe='')}:{quote(password, safe='')}"
            address = parts._replace(netloc=f"{who}@{parts.netloc}").geturl()
        return {"http": address, "https": address}


def hindrance(causes: Iterable[BaseException]) -> str:
    """In a few words, what hinders at the proxy; empty if it is not the proxy that does."""
    causes = list(causes)
    if not any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes):
        return ""
    said = _TUNNEL.search(" ".join(map(str, causes)))
    if said and said[1].startswith("407"):
        return WANTS
    return f"the proxy answers {said[1].strip()}" if said else "the proxy cannot be reached"
