"""Passwords: hashed with argon2id (RFC 9106), held to a length and not to a mixture.

>>> hashed = hash_of("three words or more")
>>> matches(hashed, "three words or more")
True
"""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""characters; NIST SP 800-63B-4 asks for 15 where there is no second factor, and 8 with one"""
LONGEST = 256
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""without what looks alike when it is read out"""
_DRAWN = 100
"""how often one is drawn at most: a username such as ``-`` is in all of them"""

_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)
"""each takes 64 MB while it is computed, and whoever asks need not know anything"""


class Unfit(ValueError):
    """A password that cannot be taken; `code` says why: ``short``, ``long`` or ``name``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hold_to_the_rules(password: str, username: str) -> None:
    """Raises :exc:`Unfit`."""
    if len(password) < SHORTEST:
        raise Unfit("short")
    if len(password) > LONGEST:
        raise Unfit("long")
    if username.casefold() in password.casefold() or len(set(password)) < 5:
        raise Unfit("name")


def hash_of(password: str) -> str:
    """What is kept of it."""
    with _at_once:
        return _hasher.hash(password)


def matches(hashed: str | None, password: str) -> bool:
    """Whether it is that password; takes as long for an account that has none."""
    with _at_once:
        try:
            _hasher.verify(hashed or _nobodys(), password[: LONGEST + 1])
            return hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def made_up(*usernames: str) -> str:
    """A new password that nobody has thought of: 16 characters in fours, 80 bits.

    It can be that of each of `usernames`, of which a short one may be drawn by chance as well.
    """
    password = ""
    for _ in range(_DRAWN):
        drawn = "".join(secrets.choice(_ALPHABET) for _ in range(16))
        password = "-".join(drawn[at : at + 4] for at in range(0, 16, 4))
        with suppress(Unfit):
            for one in usernames:
                hold_to_the_rules(password, one)
            break
    return password


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())
