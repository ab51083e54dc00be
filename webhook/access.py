"""Who may come in, and what for: by HTTP Basic credentials (Communication 4.0).

There are two kinds. The senders of the configuration may do everything; the credentials of
the database (:mod:`lms_bridge.credentials`) what their scopes say. Either is a :class:`Grant`:

>>> access.grant_of("Basic bW9vZGxlOnJhaGFzaWE=").name
'moodle'

Credentials are kept in memory, so that a request costs no query. What is older than
:data:`SECONDS` is read again before it is used, so that none is taken for longer than that
after it was revoked. When the database cannot be read none of them is taken.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Sender, Settings
from lms_bridge.credentials import Credential, Key, Scope, in_force
from lms_bridge.lrs.authority import authority
from lms_bridge.store.engine import Store

SECONDS = 2.0
"""how long what was read of the credentials is good"""

_MOST_REMEMBERED = 1000
_EVERYTHING = frozenset({Scope.READ, Scope.ALL_READ, Scope.ALL})
_NOBODYS = Key("0" * 64)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was let in, and what they may do."""

    name: str
    """the sender of what they send"""
    scopes: frozenset[Scope]
    origins: frozenset[str] = frozenset()
    """the pages that may use it within a browser; empty: it is not for browsers"""
    per_minute: int | None = None
    authority: bytes
    """the Agent, as JSON, who vouches for what they send (Data 2.4.9)"""

    @property
    def reads_only_its_own(self) -> bool:
        """Whether, of all statements, only those that it sent itself are to be shown."""
        return not self.scopes & _EVERYTHING


class Access:
    """Everybody who may come in."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._senders = Senders(settings.senders)
        self._home_page = settings.web.home_page
        self._of_senders = {
            sender.name: Grant(
                name=sender.name,
                scopes=frozenset({Scope.ALL}),
                authority=authority(self._home_page, sender.name),
            )
            for sender in settings.senders
        }
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known = _Known({}, frozenset())
        self._good_until = float("-inf")
        self._remembered: dict[str, tuple[Grant, float]] = {}

    def grant_of(self, authorization: str | None) -> Grant | None:
        """Whoever has the credentials that stand in the ``Authorization`` header, else None.

        Raises :exc:`~lms_bridge.config.secrets.SecretMissing` as :meth:`Senders.of` does.
        """
        if authorization is None:
            return None
        sender = self._senders.of(authorization)
        if sender is not None:
            grant = self._of_senders[sender.name]
            self._remember(authorization, grant, self._seconds() + SECONDS)
            return grant
        pair = credentials(authorization)
        if pair is None:
            return None
        username, secret = pair
        known = self._up_to_date().by_username.get(username)
        # Also for a username that nobody has, so that the time does not tell who there is.
        key, whose = known or (_NOBODYS, None)
        if not key.fits(secret, self._clock()) or whose is None:
            return None
        self._remember(authorization, whose, self._good_until)
        return whose

    def remembered(self, authorization: str) -> Grant | None:
        """What :meth:`grant_of` answered to just this header, if that is still good."""
        grant, until = self._remembered.get(authorization, (None, 0.0))
        return grant if self._seconds() < until else None

    def was_right(self, authorization: str | None) -> bool:
        """Whether just this header was let in before, by this process."""
        return authorization in self._remembered

    def _remember(self, authorization: str, grant: Grant, until: float) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[authorization] = grant, until

    def origins(self) -> Collection[str]:
        """The pages whose content may use some credential within a browser."""
        return self._up_to_date().origins

    def _up_to_date(self) -> _Known:
        with self._lock:
            now = self._seconds()
            if now >= self._good_until:
                with self._store.reading() as db:
                    found = in_force(db)
                self._known = _Known(
                    {one.username.encode(): (key, self._grant(one)) for one, key in found},
                    frozenset(origin for one, _ in found for origin in one.origins),
                )
                self._good_until = now + SECONDS
            return self._known

    def _grant(self, one: Credential) -> Grant:
        return Grant(
            name=one.name,
            scopes=frozenset(one.scopes),
            origins=frozenset(one.origins),
            per_minute=one.per_minute,
            authority=authority(self._home_page, one.name),
        )


class _Known(msgspec.Struct, frozen=True):
    by_username: dict[bytes, tuple[Key, Grant]]
    origins: frozenset[str]


class Senders:
    """The configured senders, looked up by what a request carries."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self._by_username = {sender.username.encode(): sender for sender in senders}

    def of(self, authorization: str | None) -> Sender | None:
        """The sender whose credentials stand in the ``Authorization`` header, else None.

        Raises :exc:`~lms_bridge.config.secrets.SecretMissing` when there is such a sender and
        its password cannot be read, so that it can neither be admitted nor sent away.
        """
        pair = credentials(authorization)
        if pair is None:
            return None
        username, password = pair
        sender = self._by_username.get(username)
        expected = sender.password.read().encode() if sender else b""
        # Also for a username that nobody has, so that the time does not tell who there is.
        right = same(password, expected)
        return sender if right else None


def credentials(authorization: str | None) -> tuple[bytes, bytes] | None:
    """Username and password of an ``Authorization`` header, if it carries some (RFC 7617).

    >>> credentials("Basic bW9vZGxlOnJhaGFzaWE=")
    (b'moodle', b'rahasia')
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return None
    username, colon, password = decoded.partition(b":")
    return (username, password) if colon else None


def same(given: bytes, expected: bytes) -> bool:
    """Whether a password is the right one, in a time that tells nothing, not even its length."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected).digest())
