"""Who looked at whose data, and when: in the console, over the API, by command.

The page of a person leaves an entry with the number of the employee, a list or a report of many
one with what was listed. Neither a name nor a NIP stands in an entry, so that the log can be kept
when somebody is erased. What somebody looks at again within :data:`AGAIN` leaves no second entry:
an auditor asks whether a person was looked at, and not how often a page was reloaded; and most
requests write nothing.

>>> looks = Looks(store, clock=utc_now)
>>> looks.note(actor, "page", 12)
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts.audit import Actor, newest
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import accesses

AGAIN = dt.timedelta(minutes=10)
_REMEMBERED = 10_000
"""looks that a process remembers, to leave no second entry"""


class Access(msgspec.Struct, frozen=True):
    """That somebody looked."""

    id: int
    at: dt.datetime
    by: str
    role: str
    address: str
    what: str
    """``page``, ``completion``, ``certificate``, ``list``, ``report``, ``export``"""
    employee_id: int | None
    """whose it was; None: a list or a report of many"""
    details: dict[str, Any]


class Looks:
    """Writes down who looks, for one process."""

    def __init__(self, store: Store, *, clock: Callable[[], dt.datetime]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[tuple[Any, ...], dt.datetime] = {}

    def note(self, actor: Actor, what: str, employee_id: int | None = None, **details: Any) -> None:
        """`actor` is shown `what` of that employee, or of many; returns after the commit."""
        self.note_all([(actor, employee_id)], what, **details)

    def note_all(
        self, shown: Iterable[tuple[Actor, int | None]], what: str, **details: Any
    ) -> None:
        """The same of several, each of whom is shown `what` of an employee, or of many."""
        now = self._clock()
        about = (what, *sorted(details.items()))
        new: dict[tuple[Any, ...], tuple[Actor, int | None]] = {}
        with self._lock:
            for actor, employee_id in shown:
                which = (actor.name, actor.address, employee_id, *about)
                last = self._noted.get(which)
                if last is None or now - last >= AGAIN:
                    new[which] = actor, employee_id
            if len(self._noted) + len(new) > _REMEMBERED:
                self._noted.clear()
        if not new:
            return
        with self._store.writing() as db:
            for actor, employee_id in new.values():
                note(db, actor, what, employee_id=employee_id, details=details, now=now)
        with self._lock:
            self._noted |= dict.fromkeys(new, now)


def note(
    db: Connection,
    actor: Actor,
    what: str,
    *,
    employee_id: int | None,
    details: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Write it down in this transaction."""
    db.execute(
        accesses.insert(),
        {
            "at": now,
            "user_id": actor.user_id,
            "by": actor.name,
            "role": actor.role,
            "address": actor.address,
            "what": what,
            "employee_id": employee_id,
            "details": dict(details),
        },
    )


def entries(
    db: Connection,
    *,
    by: str = "",
    employee_id: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    before: int | None = None,
    limit: int | None = 100,
) -> list[Access]:
    """The newest entries, before the one numbered `before`.

    Of whose name begins with `by`, about one employee, from `since` on and before `until`.
    """
    query = newest(accesses, since=since, until=until, before=before, limit=limit)
    if by:
        query = query.where(accesses.c.by.startswith(by, autoescape=True))
    if employee_id is not None:
        query = query.where(accesses.c.employee_id == employee_id)
    return [
        Access(
            row.id,
            row.at,
            row.by,
            row.role,
            row.address,
            row.what,
            row.employee_id,
            row.details or {},
        )
        for row in db.execute(query)
    ]
