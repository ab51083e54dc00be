"""Lists of deliveries for people to look at, a page at a time however many there are.

Of each state at each remote the newest are at hand by an index, so a page is put together of the
newest of each, whatever is asked for.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Collection, Mapping
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, select

from lms_bridge import reports
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.reports import DeliveryLine, Subject
from lms_bridge.store.many import among
from lms_bridge.store.schema import deliveries, remotes


class Page(NamedTuple):
    """Some deliveries, the newest first."""

    lines: list[DeliveryLine]
    subjects: Mapping[int, Subject]
    """whose each is, by its number"""
    before: int | None
    """the number before which more follow; None: no more do"""


def known_remotes(db: Connection, configured: Collection[str]) -> list[str]:
    """The remotes that are configured, and those to which something was to go once."""
    return list(dict.fromkeys([*configured, *db.scalars(select(remotes.c.name).order_by("name"))]))


def page(
    db: Connection,
    *,
    remotes: Collection[str],
    states: Collection[State],
    cause: str = "",
    before: int | None = None,
    limit: int,
    now: dt.datetime,
    closed: Mapping[str, Reason],
) -> Page:
    """The newest deliveries to `remotes` in `states`, for the `cause` if one is given."""
    parts = []
    for remote in remotes:
        for state in states:
            query = select(deliveries.c.id).where(
                deliveries.c.state == state, deliveries.c.remote == remote
            )
            if cause:
                query = query.where(deliveries.c.reason_code == cause)
            if before is not None:
                query = query.where(deliveries.c.id < before)
            query = query.order_by(deliveries.c.id.desc()).limit(limit + 1)
            parts.append(list(db.scalars(query)))
    ids = list(islice(heapq.merge(*parts, reverse=True), limit + 1))
    shown = ids[:limit]
    where = among(deliveries.c.id, shown)
    lines = reports.list_deliveries(db, now=now, where=where, closed=closed) if shown else []
    lines.sort(key=lambda line: -line.id)
    theirs = reports.subjects(db, lines) if lines else {}
    return Page(lines, theirs, shown[-1] if len(ids) > limit else None)


def one(
    db: Connection, number: int, *, now: dt.datetime, closed: Mapping[str, Reason]
) -> tuple[DeliveryLine, Subject | None] | None:
    """The delivery of that number, and whose it is."""
    found = reports.list_deliveries(db, now=now, where=deliveries.c.id == number, closed=closed)
    if not found:
        return None
    return found[0], reports.subjects(db, found).get(number)
