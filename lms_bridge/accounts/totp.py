"""A second factor: six digits that an app shows for half a minute (RFC 6238).

The secret is kept encrypted, with a key from outside of the database.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import secrets
from urllib.parse import quote

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, select, update

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.store.schema import users

SHORTEST_KEY = 32
_STEP = 30
_DIGITS = 6


class Vault:
    """Encrypts and decrypts with the key of ``[console]``.

    Raises :exc:`~lms_bridge.config.secrets.SecretMissing`.
    """

    def __init__(self, secret: Secret) -> None:
        value = secret.read()
        if len(value) < SHORTEST_KEY:
            raise SecretMissing(f"{secret.source()} is shorter than {SHORTEST_KEY} characters")
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lms-bridge console totp 1")
        self._fernet = Fernet(base64.urlsafe_b64encode(kdf.derive(value.encode())))

    def locked(self, secret: bytes) -> str:
        """`secret`, encrypted."""
        return self._fernet.encrypt(secret).decode()

    def opened(self, locked: str) -> bytes | None:
        """The secret; None if it was encrypted with another key."""
        try:
            return self._fernet.decrypt(locked.encode())
        except InvalidToken:
            return None


def new_secret() -> bytes:
    """160 bits, as RFC 4226 recommends."""
    return secrets.token_bytes(20)


def shown(secret: bytes) -> str:
    """The secret as it is typed into an app."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, *, username: str, issuer: str) -> str:
    """The ``otpauth`` address that an app reads from a QR code."""
    label = quote(f"{issuer}:{username}")
    return f"otpauth://totp/{label}?secret={shown(secret)}&issuer={quote(issuer)}"


def step_of(secret: bytes, code: str, now: dt.datetime) -> int | None:
    """The step of time that `code` is right for: this one, the one before or after; else None."""
    given = "".join(code.split())
    if len(given) != _DIGITS or not given.isascii() or not given.isdigit():
        return None
    sha1 = SHA1()  # noqa: S303 - what apps understand, and safe in an HMAC
    totp = TOTP(secret, _DIGITS, sha1, _STEP, enforce_key_length=False)
    this = int(now.timestamp()) // _STEP
    right = [
        step
        for step in (this - 1, this, this + 1)
        if hmac.compare_digest(totp.generate(step * _STEP), given.encode())
    ]
    return right[0] if right else None


def use(db: Connection, user_id: int, vault: Vault, code: str, now: dt.datetime) -> bool:
    """Whether `code` is right for the account, and was not used before."""
    mine = users.c.id == user_id
    row = db.execute(select(users).where(mine).with_for_update()).one()
    secret = vault.opened(row.totp_secret) if row.totp_secret else None
    step = step_of(secret, code, now) if secret else None
    if step is None or (row.totp_step is not None and step <= row.totp_step):
        return False
    db.execute(update(users).where(mine).values(totp_step=step))
    return True
