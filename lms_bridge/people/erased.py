"""Those who were erased, and that they stay so.

What they were known by, their NIPs and accounts, is kept as keyed hashes. Whatever tells of one of
them afterwards, a statement that is sent once more or the list of an LMS that is asked each night,
is not taken for somebody new. The key is ``[privacy] key`` and stands outside of the database: a
NIP is not long, and without a key whoever has the database could try all there are.

>>> erased.is_any(db, ["nip:198703152010012001"])
True
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, select

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.i18n import mark
from lms_bridge.store.engine import insert
from lms_bridge.store.many import among
from lms_bridge.store.schema import employees, erasures

ERASED: Final = "erased_person"
"""code of the reason why something is not recorded of them"""
_SHORTEST_KEY = 32
_KEY: Final = "erasure_key"
_ANY = select(erasures.c.key_hash).limit(1)
_NIP: Final = "00000000"
"""how what stands in place of a NIP begins; one begins with the day of a birth"""

IS_SOMEBODY = employees.c.nip.not_like(f"{_NIP}%")
"""that an employee was not erased"""


class Erased(Exception):
    """Whoever is meant was erased, and is not to come back; the message is a marked sentence."""

    def __init__(self) -> None:
        super().__init__(
            mark("Whoever has this NIP was erased at the bridge, and is not taken up again.")
        )


class KeyMissing(Exception):
    """``[privacy] key`` is needed, and there is none; the message says what to do."""


def kept_by(key: Secret | None) -> dict[str, object]:
    """What the connections of a store are given, so that those who were erased are known."""
    return {_KEY: key}


def is_any(db: Connection, names: Collection[str]) -> bool:
    """Whether somebody who was erased was known by one of the keys `names`.

    Raises :exc:`KeyMissing`.
    """
    if not names or db.scalar(_ANY) is None:
        return False
    known = select(erasures.c.key_hash).where(among(erasures.c.key_hash, _hashes(db, names)))
    return db.execute(known.limit(1)).first() is not None


def note(db: Connection, employee_id: int, names: Collection[str], now: dt.datetime) -> None:
    """From now on nobody who is known by one of `names` comes back. Raises :exc:`KeyMissing`."""
    put = insert(db, erasures).on_conflict_do_nothing()
    rows = [
        {"key_hash": each, "employee_id": employee_id, "erased_at": now}
        for each in _hashes(db, names)
    ]
    if rows:
        db.execute(put, rows)


def nip_of(employee_id: int) -> str:
    """What stands in place of the NIP of somebody who was erased: 18 digits, as one has."""
    return f"{_NIP}{employee_id:010}"


def check(db: Connection) -> None:
    """See that there is a key, if somebody was erased. Raises :exc:`KeyMissing`."""
    if db.scalar(_ANY) is not None:
        _key(db)


def check_key(db: Connection) -> None:
    """See that there is a key. Raises :exc:`KeyMissing`."""
    _key(db)


def _hashes(db: Connection, names: Collection[str]) -> list[str]:
    key = _key(db)
    return [hmac.new(key, name.encode(), hashlib.sha256).hexdigest() for name in sorted(set(names))]


def _key(db: Connection) -> bytes:
    secret: Secret | None = db.info.get(_KEY)
    if secret is None:
        raise KeyMissing(
            "[privacy] key is not set: by it those who are erased are known again; set it to a"
            " secret of 32 characters or more, and never change it"
        )
    try:
        key: str = secret.read()
    except SecretMissing as error:
        raise KeyMissing(f"[privacy] key: {error}") from None
    if len(key) < _SHORTEST_KEY:
        raise KeyMissing(f"[privacy] key has fewer than {_SHORTEST_KEY} characters")
    return key.encode()
