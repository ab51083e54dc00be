"""Passes: that whoever has one may see the page of one employee, until a time.

A pass is ``EMPLOYEE.UNTIL.SIGNATURE``: the number of a row, seconds since 1970, and an HMAC-SHA256
in base64url. The signature also covers what the pass does not show: for what it is, and the NIP. So
a link is no session; and a pass is worth nothing when the person gets another NIP, or the number
should ever be another's. Nothing is kept of it: it ends by itself, or with the key.

>>> token = issue(LINK, 17, "198703152010012001", until, key)
>>> holder(db, token, LINK, key, now).name
'SITI RAHMAWATI, S.E.'
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from typing import Literal, TypeAlias

from sqlalchemy import Connection, bindparam, select

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.openbadges.encoding import base64url
from lms_bridge.store.schema import employees
from lms_bridge.store.types import AnyRow

Purpose: TypeAlias = Literal["link", "session"]

SHORTEST_KEY = 32
"""characters; of hexadecimal digits those are 128 bits"""

_FORM = re.compile(r"([1-9][0-9]{0,17})\.([1-9][0-9]{0,11})\.([0-9A-Za-z_-]{43})")
_EMPLOYEE = select(employees).where(employees.c.id == bindparam("employee"))


def key_of(secret: Secret) -> bytes:
    """The key that signs. Raises :exc:`~lms_bridge.config.secrets.SecretMissing`."""
    value = secret.read()
    if len(value) < SHORTEST_KEY:
        raise SecretMissing(f"{secret.source()} is shorter than {SHORTEST_KEY} characters")
    return value.encode()


def issue(purpose: Purpose, employee_id: int, nip: str, until: dt.datetime, key: bytes) -> str:
    """A pass for `purpose`."""
    seconds = int(until.timestamp())
    return f"{employee_id}.{seconds}.{_signature(purpose, employee_id, nip, seconds, key)}"


def holder(
    db: Connection, token: str, purpose: Purpose, key: bytes, now: dt.datetime
) -> AnyRow | None:
    """The row of the employee whose page `token` opens; None if it opens none (any more)."""
    read = _FORM.fullmatch(token)
    if read is None:
        return None
    employee_id, until = int(read[1]), int(read[2])
    if until <= now.timestamp():
        return None
    row = db.execute(_EMPLOYEE, {"employee": employee_id}).one_or_none()
    # Signed also where there is nobody, so that the time it takes does not say who there is.
    right = _signature(purpose, employee_id, row.nip if row else "", until, key)
    return row if row and hmac.compare_digest(right, read[3]) else None


def ends(token: str) -> dt.datetime:
    """Until when a pass is good that was found to hold."""
    return dt.datetime.fromtimestamp(int(token.split(".")[1]), dt.UTC)


def _signature(purpose: Purpose, employee_id: int, nip: str, until: int, key: bytes) -> str:
    said = f"lms-bridge learner 1\n{purpose}\n{employee_id}\n{nip}\n{until}".encode()
    return base64url(hmac.digest(key, said, hashlib.sha256))
