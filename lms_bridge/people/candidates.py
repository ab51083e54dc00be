"""Finding an employee by name or NIP, and guessing whose an account may be."""

from __future__ import annotations

import re

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from lms_bridge.accounts.sight import Sight
from lms_bridge.people import keys
from lms_bridge.people import nip as nips
from lms_bridge.store.schema import employees, identities

MOST = 10
_WORD = re.compile(r"[^\W\d_]{3,}")
"""initials and titles say nothing"""
_WORDS = 3
_LOOKED_AT = 300
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
    """Whom somebody called `name` may be: who has most of its long words, titles left out."""
    words = {word.casefold() for word in _WORD.findall(name)} - _TITLES
    words = set(sorted(words, key=len, reverse=True)[:_WORDS])
    if not words:
        return []
    has_any = [employees.c.name.icontains(word, autoescape=True) for word in words]
    found = _of(db, or_(*has_any), sight, _LOOKED_AT)

    def alike(one: Candidate) -> int:
        theirs = one.name.casefold()
        return sum(word in theirs for word in words)

    best = max(map(alike, found), default=0)
    return [one for one in found if alike(one) == best][:most]


def _of(db: Connection, which: ColumnElement[bool], sight: Sight, most: int) -> list[Candidate]:
    query = select(employees).where(which, sight.sees(employees.c.id))
    rows = db.execute(query.order_by(employees.c.name, employees.c.id).limit(most))
    return [Candidate(row.id, row.name, row.nip, row.unit_name) for row in rows]
