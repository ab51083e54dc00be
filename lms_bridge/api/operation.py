"""How the bridge works: deliveries with their attempts, and how the outside systems are.

Of people it has their numbers only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection

from lms_bridge import reports
from lms_bridge.api import paging
from lms_bridge.api.completions import Step, step_of
from lms_bridge.api.paging import Page, Paged, Text
from lms_bridge.api.why import Why, why
from lms_bridge.deliveries import breaker, health, listing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.redaction import redact_fields
from lms_bridge.reports import DeliveryLine
from lms_bridge.store.schema import deliveries


class DeliveriesAsked(Paged, frozen=True, kw_only=True):
    """Which deliveries are asked for."""

    state: State | None = None
    remote: Annotated[Text, msgspec.Meta(description="`registry.NAME` or `lms.NAME`.")] = ""


class Delivery(Step, frozen=True, kw_only=True):
    """One thing that is done at one place, and of what."""

    completion: int | None
    """number of the completion; null: it is of a badge that was earned by a rule"""
    award: int | None
    """number of that badge's award"""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a delivery."""

    number: int
    started_at: dt.datetime
    finished_at: dt.datetime
    outcome: str
    reason: Why | None
    exchanges: list[Any]
    """what was sent and answered, without secrets and personal data"""


class DeliveryInFull(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with its attempts."""

    delivery: Delivery
    attempts: list[Attempt]


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """An outside system, and whether it can be used."""

    name: str
    state: Literal["up", "down"]
    since: dt.datetime | None
    """since when it is down; null: it is up"""
    reason: Why | None
    next_probe_at: dt.datetime | None
    """when it is tried again"""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether all goes well."""

    database: Literal["up"]
    remotes: list[Remote]


def listed(
    db: Connection,
    asked: DeliveriesAsked,
    *,
    remotes: Sequence[str],
    language: str,
    now: dt.datetime,
    closed: Mapping[str, Reason],
) -> Page[Delivery]:
    """The deliveries that are asked for, the newest first; `remotes` are those configured.

    Raises :exc:`~lms_bridge.api.paging.BadCursor`.
    """
    found = listing.page(
        db,
        remotes=[asked.remote] if asked.remote else listing.known_remotes(db, remotes),
        states=[asked.state] if asked.state else list(State),
        before=paging.number_of(asked.next),
        limit=asked.limit,
        now=now,
        closed=closed,
    )
    return Page(
        items=[_told(line, language) for line in found.lines],
        next=None if found.before is None else paging.cursor_of(found.before),
    )


def in_full(
    db: Connection,
    delivery_id: int,
    *,
    language: str,
    now: dt.datetime,
    closed: Mapping[str, Reason],
) -> DeliveryInFull | None:
    """The delivery with that number."""
    which = deliveries.c.id == delivery_id
    lines = reports.list_deliveries(db, now=now, where=which, closed=closed)
    if not lines:
        return None
    return DeliveryInFull(
        delivery=_told(lines[0], language),
        attempts=[
            Attempt(
                number=one.number,
                started_at=one.started_at,
                finished_at=one.finished_at,
                outcome=one.outcome,
                reason=why(one.reason, language) if one.reason else None,
                exchanges=redact_fields(one.exchanges),
            )
            for one in reports.list_attempts(db, delivery_id)
        ],
    )


def how_it_is(db: Connection, remotes: list[str], *, language: str, now: dt.datetime) -> Health:
    """Whether each of `remotes` can be used."""
    known = health.read_all(db)
    return Health(
        database="up",
        remotes=[
            _remote(name, known.get(name, breaker.healthy(now)), language) for name in remotes
        ],
    )


def _remote(name: str, known: breaker.Health, language: str) -> Remote:
    return Remote(
        name=name,
        state="down" if known.is_down else "up",
        since=known.since if known.is_down else None,
        reason=why(known.reason, language) if known.is_down and known.reason else None,
        next_probe_at=known.probe_at if known.is_down else None,
    )


def _told(line: DeliveryLine, language: str) -> Delivery:
    step = msgspec.structs.asdict(step_of(line, language))
    return Delivery(**step, completion=line.completion_id, award=line.award_id)
