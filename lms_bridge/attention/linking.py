"""Saying whose an account is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection, select, update

from lms_bridge.accounts import audit
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import Sight
from lms_bridge.people import keys
from lms_bridge.people.identities import Known, Realms, remember
from lms_bridge.recognition import dismissals, sightings
from lms_bridge.store.schema import employees, identities
from lms_bridge.store.schema import sightings as table


class CannotLink(Exception):
    """There is no such account or employee; nothing was changed."""


def link(
    db: Connection,
    sighting_id: int,
    employee_id: int,
    *,
    realms: Realms,
    actor: Actor,
    sight: Sight,
    now: dt.datetime,
) -> int:
    """The account of that sighting is the employee's: it goes before what any LMS says.

    What waited for it is judged again; how many sightings that are. Raises :exc:`CannotLink`.
    """
    sightings.hold(db)
    key = db.execute(select(table.c.actor).where(table.c.id == sighting_id)).scalar()
    mine = select(employees.c.id).where(employees.c.id == employee_id, sight.sees(employees.c.id))
    if not key or db.execute(mine).first() is None:
        raise CannotLink
    names = list(dict.fromkeys(_names(key, realms)))
    who = Known(employee_id, *_lms_account(key))
    for name in names:
        remember(db, name, who, source="import", now=now)
        dismissals.end(db, "person", name, by=actor.name, now=now)
    if who.lms:
        theirs = (identities.c.lms == who.lms) & (identities.c.lms_user_id == who.lms_user_id)
        values = {"employee_id": employee_id, "source": "import"}
        db.execute(update(identities).where(theirs).values(**values))
    audit.note(
        db,
        actor,
        "person.linked",
        f"employee:{employee_id}",
        {"sighting": sighting_id, "names": len(names)},
        now=now,
    )
    return sightings.judge_waiting_of(db, names) + sightings.judge_moved(db, names)


def _names(key: str, realms: Realms) -> Iterator[str]:
    """All by which the account of `key` is named as well, as far as that can be told from it."""
    yield key
    if key.startswith("mbox:"):
        yield from sorted(keys.of_hashed_addresses(key.removeprefix("mbox:mailto:")))
    lms, user_id = _lms_account(key)
    for page, realm in realms.items():
        name = key.removeprefix(keys.of_account(page, ""))
        if realm.lms and realm.lms == lms and realm.holds_ids(user_id):
            yield keys.of_account(page, user_id)
        elif realm.lms and name != key and realm.holds_ids(name):
            yield keys.of_lms_account(realm.lms, name)


def _lms_account(key: str) -> tuple[str, str]:
    """The LMS and its number of the account, where the key is made of these."""
    kind, _, rest = key.partition(":")
    lms, _, user_id = rest.partition(":")
    return (lms, user_id) if kind == "lms" else ("", "")
