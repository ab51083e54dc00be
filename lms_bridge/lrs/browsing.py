"""Statements for people to look at: the newest, those that pass filters, and one with its story.

Unlike a client of the LRS, whoever looks here sees also what was voided, and what the bridge saw in
each statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.config.settings import Settings
from lms_bridge.lrs import attachments
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.lrs.searching import Condition, Search, Span
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.store.engine import Store
from lms_bridge.store.many import among
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import sightings, statements, voidings
from lms_bridge.store.types import AnyRow
from xapi import canonical_uuid
from xapi.attached import told_by

MOST = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; empty: anything."""

    sender: str = ""
    verb: str = ""
    activity: str = ""
    person: str = ""
    """an e-mail address, or the name of an account"""

    @property
    def is_anything(self) -> bool:
        """Whether nothing narrows it down."""
        return not (self.sender or self.verb or self.activity or self.person)


class SeenLine(msgspec.Struct, frozen=True):
    """What was seen of one person in a statement, and what came of it."""

    role: str
    state: str
    reason: Reason | None
    completion_id: int | None
    course: str
    person: str


class StatementLine(msgspec.Struct, frozen=True):
    """A statement in a list."""

    seq: int
    id: str
    sender: str
    stored: dt.datetime
    verb: str
    about: str
    person: str
    seen: list[SeenLine]


class Page(NamedTuple):
    """Some statements, the newest first."""

    lines: list[StatementLine]
    before: int | None
    """the place before which more may follow; None: no more do"""
    is_whole: bool = True
    """whether the search came to its end, or ended where it had come to in the time it had"""


class AttachedLine(msgspec.Struct, frozen=True):
    """An attachment that a statement tells of."""

    sha2: str
    content_type: str
    length: int | None
    """in bytes; None: it is not here, only its address was told"""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """One statement with all that is known of it."""

    id: str
    seq: int
    sender: str
    stored: dt.datetime
    version: str
    raw: bytes
    """empty: it was removed"""
    voided_by: str
    """the id of the statement that voided it; empty: none did"""
    seen: list[SeenLine]
    attachments: list[AttachedLine]


def newest(db: Connection, *, before: int | None = None, limit: int = MOST) -> Page:
    """The statements that came in last, before the place `before`."""
    query = select(statements.c.seq).order_by(statements.c.seq.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(statements.c.seq < before)
    seqs = list(db.scalars(query))
    return Page(_lines(db, seqs[:limit]), seqs[limit - 1] if len(seqs) > limit else None)


def search(
    store: Store, asked: Asked, settings: Settings, *, before: int | None = None, limit: int = MOST
) -> Page:
    """The newest statements that are as `asked`, by the index; voided ones as well."""
    conditions = _conditions(asked, settings)
    if not all(conditions):  # no home page is known, so that no account is
        return Page([], None)
    span = Span() if before is None else Span().beyond(before)
    looking = Search(store, conditions, span)
    found = looking.next(limit)
    with store.reading() as db:
        lines = _lines(db, [row[0] for row in found])
    over_early = looking.is_over and looking.last is not None
    return Page(lines, looking.last, not over_early)


def one(db: Connection, statement_id: str) -> Whole | None:
    """The statement with that id, be it voided or not."""
    try:
        wanted = canonical_uuid(statement_id)
    except ValueError:
        return None
    row = db.execute(select(statements).where(statements.c.id == wanted)).one_or_none()
    if row is None:
        return None
    voiding = select(statements.c.id).join(voidings, voidings.c.by_seq == statements.c.seq)
    told = told_by(row.raw) if row.raw else []
    lengths = attachments.lengths(db, [each.sha2 for each in told])
    return Whole(
        id=row.id,
        seq=row.seq,
        sender=row.sender,
        stored=moment_of(row.seq),
        version=row.version,
        raw=row.raw,
        voided_by=db.scalar(voiding.where(voidings.c.statement_id == row.id)) or "",
        seen=_seen(db, [row.seq]).get(row.seq, []),
        attachments=[
            AttachedLine(each.sha2, each.content_type, lengths.get(each.sha2)) for each in told
        ],
    )


def _conditions(asked: Asked, settings: Settings) -> list[Condition]:
    found: list[Condition] = []
    if asked.person:
        keys = [key(Kind.AGENT, each) for each in _actor_keys(asked.person, settings)]
        found.append(tuple(keys))
    if asked.activity:
        found.append(
            (key(Kind.ACTIVITY, asked.activity), key(Kind.RELATED_ACTIVITY, asked.activity))
        )
    if asked.sender:
        found.append((key(Kind.SENDER, asked.sender),))
    if asked.verb:
        found.append((key(Kind.VERB, asked.verb),))
    return found


def _actor_keys(person: str, settings: Settings) -> list[str]:
    """By what the index may know somebody: an address, or an account of any home page we know."""
    if "@" in person and " " not in person:
        local, _, domain = person.removeprefix("mailto:").rpartition("@")
        return [f"mbox:mailto:{local}@{domain.lower()}", *_accounts(person, settings)]
    return _accounts(person, settings)


def _accounts(name: str, settings: Settings) -> list[str]:
    pages = [one.home_page for one in settings.accounts]
    pages += [page for each in settings.lms.values() if (page := getattr(each, "home_page", ""))]
    pages += [
        url.rstrip("/") for each in settings.lms.values() if (url := getattr(each, "url", ""))
    ]
    return [f"account:{page}|{name}" for page in dict.fromkeys(pages)]


def _lines(db: Connection, seqs: Sequence[int]) -> list[StatementLine]:
    if not seqs:
        return []
    columns = statements.c.seq, statements.c.id, statements.c.sender
    rows = db.execute(select(*columns).where(among(statements.c.seq, seqs)))
    seen = _seen(db, seqs)
    facts = _facts(db, seqs)
    lines = []
    for row in rows:
        first = facts.get(row.seq)
        lines.append(
            StatementLine(
                row.seq,
                row.id,
                row.sender,
                moment_of(row.seq),
                (first.verb if first else None) or "",
                (first and (first.course_name or first.object_id)) or "",
                (first and (first.actor_name or first.actor)) or "",
                seen.get(row.seq, []),
            )
        )
    return sorted(lines, key=lambda line: -line.seq)


def _facts(db: Connection, seqs: Sequence[int]) -> Mapping[int, AnyRow]:
    """What the first sighting of each statement says that it is about."""
    query = select(
        sightings.c.statement_seq,
        sightings.c.verb,
        sightings.c.course_name,
        sightings.c.object_id,
        sightings.c.actor_name,
        sightings.c.actor,
    ).where(among(sightings.c.statement_seq, seqs))
    found: dict[int, AnyRow] = {}
    for row in db.execute(query.order_by(sightings.c.id)):
        found.setdefault(row.statement_seq, row)
    return found


def _seen(db: Connection, seqs: Sequence[int]) -> dict[int, list[SeenLine]]:
    query = select(sightings).where(among(sightings.c.statement_seq, seqs))
    found: dict[int, list[SeenLine]] = {}
    for row in db.execute(query.order_by(sightings.c.id)):
        reason = Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None
        found.setdefault(row.statement_seq, []).append(
            SeenLine(
                row.role or "learner",
                row.state or SightingState.NEW,
                reason,
                row.completion_id,
                row.course_name or row.object_id or "",
                row.actor_name or row.actor or "",
            )
        )
    return found
