"""Finding an employee by name or NIP, and guessing whose an account may be."""

from __future__ import annotations

import re

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.people import keys
from lms_bridge.people import nip as nips
from lms_bridge.store.schema import employees, identities

MOST = 10
_WORD = re.compile(r"[^\W\d_]{3,}")
"""initials and titles say nothing"""
_TITLES = frozenset({"drs", "dra", "spd", "mpd", "skom", "mkom", "ssos", "msi", "amd", "haji"})


class Candidate(msgspec.Struct, frozen=True):
    """Somebody whom an account may be of."""

    id: int
    name: str
    nip: str
    unit: str


def find(db: Connection, words: str, sight: Sight, *, most: int = MOST) -> list[Candidate]:
    """The employees with all of `words` in their names, or with that NIP, present or former."""
    nip = nips.normalise(words)
    if nip is not None:
        known = select(identities.c.employee_id).where(identities.c.key == keys.of_nip(nip))
        return _of(db, employees.c.id.in_(known), sight, most)
    parts = words.split()
    if not parts:
        return []
    has_all = [employees.c.name.icontains(part, autoescape=True) for part in parts]
    return _of(db, and_(*has_all), sight, most)


def guess(db: Connection, name: str, sight: Sight, *, most: int = 5) -> list[Candidate]:
    """Whom somebody called `name` may be: who has all words of it, else most of its long ones."""
    words = [word for word in _WORD.findall(name) if word.casefold() not in _TITLES]
    while words:
        if found := find(db, " ".join(words), sight, most=most):
            return found
        words.remove(min(words, key=len))
    return []


def _of(db: Connection, which: ColumnElement[bool], sight: Sight, most: int) -> list[Candidate]:
    query = select(employees).where(which, sight.sees(employees.c.id))
    rows = db.execute(query.order_by(employees.c.name, employees.c.id).limit(most))
    return [Candidate(row.id, row.name, row.nip, row.unit_name) for row in rows]
