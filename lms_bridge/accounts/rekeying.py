"""Another key for what the database keeps encrypted: the secrets of second factors.

The new key becomes ``[console] key`` and the one before it ``[console] old_key``. From then on
either opens what is there, so that nobody is kept out meanwhile, and only the new one encrypts.
:func:`rekey` encrypts all of it with the new one, after which the old one is needed no more.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from lms_bridge.accounts.totp import Vault
from lms_bridge.store.schema import users
from lms_bridge.store.types import AnyRow


class Kept(msgspec.Struct, frozen=True):
    """The usernames of all accounts with a second factor, by the key that opens its secret."""

    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    """neither does; it has to be set up again"""


_FACTORS = (
    select(users.c.id, users.c.username, users.c.totp_secret)
    .where(users.c.totp_secret.is_not(None))
    .order_by(users.c.username)
)
_PUT = update(users).where(users.c.id == bindparam("who")).values(totp_secret=bindparam("locked"))


def kept(db: Connection, vault: Vault) -> Kept:
    """Who needs which key."""
    return _kept(db.execute(_FACTORS).all(), vault)


def rekey(db: Connection, vault: Vault) -> Kept:
    """Encrypt with the new key what the old one opens; who needed which key before.

    All of it or, if the transaction does not come to its end, nothing.
    """
    rows = db.execute(_FACTORS.with_for_update()).all()
    before = _kept(rows, vault)
    for row in rows:
        secret = vault.opened(row.totp_secret) if row.username in before.old else None
        if secret is not None:
            db.execute(_PUT, {"who": row.id, "locked": vault.locked(secret)})
    return before


def _kept(rows: Iterable[AnyRow], vault: Vault) -> Kept:
    found: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for row in rows:
        found[vault.is_new(row.totp_secret)].append(row.username)
    return Kept(tuple(found[True]), tuple(found[False]), tuple(found[None]))
