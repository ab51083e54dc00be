"""A second factor: six digits that an app shows for half a minute (RFC 6238).

The secret is kept encrypted, with a key from outside of the database.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import secrets
from urllib.parse import quote

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, select, update

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.config.settings import Console
from lms_bridge.store.schema import users

log = structlog.get_logger(__name__)

SHORTEST_KEY = 32
_STEP = 30
_DIGITS = 6


class Vault:
    """Encrypts with the key of ``[console]``, and opens also what its old key has encrypted.

    Raises :exc:`~lms_bridge.config.secrets.SecretMissing`; not for an `old` key, without which it
    opens what it can.
    """

    def __init__(self, secret: Secret, old: Secret | None = None) -> None:
        self._new = _fernet(secret)
        self._old = None
        if old is not None:
            try:
                self._old = _fernet(old)
            except SecretMissing as error:
                log.warning("the old key of the console cannot be used", reason=str(error))

    def locked(self, secret: bytes) -> str:
        """`secret`, encrypted."""
        return self._new.encrypt(secret).decode()

    def opened(self, locked: str) -> bytes | None:
        """The secret; None if it was encrypted with a key that is not here."""
        found = _decrypted(self._new, locked)
        return _decrypted(self._old, locked) if found is None else found

    def is_new(self, locked: str) -> bool | None:
        """Whether the new key opens it; False: only the old one does; None: neither."""
        if _decrypted(self._new, locked) is not None:
            return True
        return None if _decrypted(self._old, locked) is None else False


def vault_of(settings: Console) -> Vault | None:
    """What opens secrets by these `settings`; None without a key that can be used."""
    if settings.key is None:
        return None
    try:
        return Vault(settings.key, settings.old_key)
    except SecretMissing as error:
        log.error("the second factor cannot be used", reason=str(error))
        return None


def _fernet(secret: Secret) -> Fernet:
    value = secret.read()
    if len(value) < SHORTEST_KEY:
        raise SecretMissing(f"{secret.source()} is shorter than {SHORTEST_KEY} characters")
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lms-bridge console totp 1")
    return Fernet(base64.urlsafe_b64encode(kdf.derive(value.encode())))


def _decrypted(key: Fernet | None, locked: str) -> bytes | None:
    try:
        return key.decrypt(locked.encode()) if key else None
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
