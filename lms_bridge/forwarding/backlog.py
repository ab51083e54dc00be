"""What a target is to get next, and what it did not take.

A statement that the target refuses is *blocked*: it has a row that says why, and the others go
on. A person may have it offered again (*waiting*) or give it up (*cancelled*); the words are those
of deliveries (:mod:`lms_bridge.deliveries.lifecycle`). One that the target took has no row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from lms_bridge.config.settings import Forward
from lms_bridge.deliveries import health
from lms_bridge.deliveries.breaker import Health
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.forwarding.outgoing import Enclosed, Outgoing, remote_of
from lms_bridge.forwarding.selecting import Wanted, wanted
from lms_bridge.lrs import attachments
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store import marks
from lms_bridge.store.engine import alone, insert
from lms_bridge.store.places import moment_of, place_of
from lms_bridge.store.schema import statements, unforwarded
from lms_bridge.store.types import AnyRow
from xapi import canonical_uuid
from xapi.attached import told_by
from xapi.completing import Assigned, passed_on
from xapi.times import format_timestamp
from xapi.versions import Version

_AT_ONCE = 500
"""how many statements are looked at for one request, however few of them are wanted"""
_MOST_BYTES = 4 << 20
"""of statements and attachments in one request; a single statement may have more"""

_COLUMNS = (
    statements.c.seq,
    statements.c.id,
    statements.c.sender,
    statements.c.raw,
    statements.c.version,
)


class Batch(NamedTuple):
    """What is next."""

    outgoing: list[Outgoing]
    since: int
    """the mark when it was read"""
    through: int | None
    """up to which statement all have been looked at; None if these are offered again"""


class Overtaken(Exception):
    """Somebody else has moved the mark meanwhile."""


class Backlog:
    """What the target ``[forward.NAME]`` has not got."""

    def __init__(self, name: str, settings: Forward) -> None:
        self.remote = remote_of(name)
        self._settings = settings
        self._is_wanted = wanted(settings)
        self._newest = Version(settings.version)

    def begin(self, db: Connection) -> None:
        """Note where it begins, if that has not been noted yet."""
        from_now = self._settings.start == "now"
        last = db.scalar(select(func.max(statements.c.seq))) if from_now else 0
        marks.begin(db, self.remote, last or 0)

    def is_any(self, db: Connection) -> bool:
        """Whether there is something to look at or to offer again."""
        waiting = select(unforwarded.c.seq).where(_in_state(self.remote, State.WAITING)).limit(1)
        return marks.any_unread(db, self.remote) or db.execute(waiting).first() is not None

    def next(self, db: Connection, *, most: int) -> Batch | None:
        """The next `most` statements, or fewer; None if there is nothing to look at.

        First what is to be offered again, then what came after the mark.
        """
        since = marks.read_through(db, self.remote)
        again = select(unforwarded.c.seq).where(_in_state(self.remote, State.WAITING))
        seqs = db.scalars(again.order_by(unforwarded.c.seq).limit(most)).all()
        if seqs:
            rows = self._read(db, statements.c.seq.in_(seqs), most)
            return Batch(self._gather(db, rows, most, lambda *_: True)[0], since, None)
        rows = self._read(db, marks.is_unread(self.remote), _AT_ONCE)
        if not rows:
            return None
        between = unforwarded.c.seq.between(rows[0].seq, rows[-1].seq)
        apart = select(unforwarded.c.seq).where(unforwarded.c.remote == self.remote, between)
        set_apart = set(db.scalars(apart))
        fresh = [row for row in rows if row.seq not in set_apart]
        outgoing, through = self._gather(db, fresh, most, self._is_wanted)
        return Batch(outgoing, since, rows[-1].seq if through is None else through)

    def _read(self, db: Connection, which: ColumnElement[bool], most: int) -> Sequence[AnyRow]:
        """The first of the statements, not more than are worth being held."""
        sizes = select(statements.c.seq, func.length(statements.c.raw).label("size")).where(which)
        seqs: list[int] = []
        size = 0
        for row in db.execute(sizes.order_by(statements.c.seq).limit(most)).all():
            size += row.size
            if seqs and size > _MOST_BYTES:
                break
            seqs.append(row.seq)
        chosen = select(*_COLUMNS).where(statements.c.seq.in_(seqs))
        return db.execute(chosen.order_by(statements.c.seq)).all()

    def _gather(
        self, db: Connection, rows: Sequence[AnyRow], most: int, is_wanted: Wanted
    ) -> tuple[list[Outgoing], int | None]:
        """What of `rows` goes into one request, and which of them was looked at last.

        None if all were.
        """
        outgoing: list[Outgoing] = []
        size, last = 0, None
        for row in rows:
            if row.raw and is_wanted(row.sender, row.raw):  # else it was removed
                one = self._outgoing(db, row)
                size += one.size
                if outgoing and (
                    len(outgoing) == most
                    or size > _MOST_BYTES
                    or one.version is not outgoing[0].version
                ):
                    return outgoing, last
                outgoing.append(one)
            last = row.seq
        return outgoing, None

    def _outgoing(self, db: Connection, row: AnyRow) -> Outgoing:
        version = Version(row.version)
        assigned = Assigned(
            stored=format_timestamp(moment_of(row.seq)), authority=b"", version=version
        )
        told = {one.sha2: one.content_type for one in told_by(row.raw)}
        lengths = attachments.lengths(db, told)
        return Outgoing(
            seq=row.seq,
            id=row.id,
            raw=passed_on(row.raw, row.id, assigned),
            # Whoever speaks 2.0 knows 1.0 as well; a statement is sent as what it came as.
            version=version if self._newest is Version.V2_0 else self._newest,
            enclosed=tuple(
                Enclosed(sha2, kind, lengths[sha2])
                for sha2, kind in told.items()
                if sha2 in lengths
            ),
        )

    def settle(
        self,
        db: Connection,
        some: Sequence[Outgoing],
        refusal: Reason | None,
        *,
        since: int,
        through: int | None,
        now: dt.datetime,
    ) -> None:
        """The target has `some` statements, or refuses them; go on after `through`.

        Raises :exc:`Overtaken` if the mark is not at `since` any more.
        """
        alone(db, self.remote)
        if marks.read_through(db, self.remote) != since:
            raise Overtaken
        seqs = [one.seq for one in some]
        if refusal is not None:
            _put(db, self.remote, seqs, State.BLOCKED, refusal, now)
        elif seqs:
            mine = and_(unforwarded.c.remote == self.remote, unforwarded.c.seq.in_(seqs))
            db.execute(delete(unforwarded).where(mine))
        if through is not None:
            marks.move(db, self.remote, through)


# --- where it stands ----------------------------------------------------------------------------


class Standing(msgspec.Struct, frozen=True):
    """How far a target has come."""

    name: str
    remote: str
    health: Health
    waiting: int
    """statements that are still to be looked at, or to be offered again"""
    since: dt.datetime | None
    """when the first of them came in that were never looked at"""
    blocked: int
    """that it does not take"""
    cancelled: int
    """that it is not to get"""

    @property
    def concern(self) -> Reason | None:
        """That it does not take some, for a person to see to."""
        if not self.blocked:
            return None
        return Reason(
            "statements_not_taken", remote=self.remote, count=self.blocked, name=self.name
        )


class NotTaken(msgspec.Struct, frozen=True):
    """A statement that a target did not get."""

    id: str
    stored: dt.datetime
    state: State
    reason: Reason
    changed_at: dt.datetime


def standing(db: Connection, names: Iterable[str], *, now: dt.datetime) -> list[Standing]:
    """How far each of the targets with these `names` has come."""
    return [_standing(db, name, now) for name in names]


def _standing(db: Connection, name: str, now: dt.datetime) -> Standing:
    remote = remote_of(name)
    by_state = select(unforwarded.c.state, func.count().label("many"))
    by_state = by_state.where(unforwarded.c.remote == remote).group_by(unforwarded.c.state)
    apart = {row.state: row.many for row in db.execute(by_state)}
    unread = select(func.count(), func.min(statements.c.seq)).where(marks.is_unread(remote))
    count, first = db.execute(unread.select_from(statements)).one()
    return Standing(
        name=name,
        remote=remote,
        health=health.read(db, remote, now=now),
        waiting=count + apart.get(State.WAITING, 0),
        since=None if first is None else moment_of(first),
        blocked=apart.get(State.BLOCKED, 0),
        cancelled=apart.get(State.CANCELLED, 0),
    )


def list_not_taken(db: Connection, remote: str, *, limit: int) -> list[NotTaken]:
    """What the target `remote` did not get, in the order in which it came in."""
    query = (
        select(statements.c.id, unforwarded)
        .join(statements, statements.c.seq == unforwarded.c.seq)
        .where(unforwarded.c.remote == remote)
        .order_by(unforwarded.c.seq)
        .limit(limit)
    )
    return [
        NotTaken(
            id=row.id,
            stored=moment_of(row.seq),
            state=State(row.state),
            reason=Reason.stored(row.reason_code, row.reason_details),
            changed_at=row.changed_at,
        )
        for row in db.execute(query)
    ]


# --- what it did not take -----------------------------------------------------------------------


class NoSuchStatement(Exception):
    """There is no statement with that id, or the target did take it."""


def how_many(db: Connection, remote: str, state: State) -> int:
    """How many statements the target `remote` did not get that are in this state."""
    query = select(func.count()).select_from(unforwarded).where(_in_state(remote, state))
    return db.scalar(query) or 0


def retry(db: Connection, remote: str, ids: Collection[str], *, now: dt.datetime) -> int:
    """Offer again what was refused or given up: those with these `ids`, or all that was refused.

    How many. Raises :exc:`NoSuchStatement`; then nothing has changed.
    """
    which = _in_state(remote, State.BLOCKED)
    if ids:
        which = and_(unforwarded.c.remote == remote, unforwarded.c.seq.in_(_seqs_of(db, ids)))
        known = set(db.scalars(select(unforwarded.c.seq).where(which)))
        for statement_id, seq in zip(ids, _seqs_of(db, ids), strict=True):
            if seq not in known:
                raise NoSuchStatement(f"{remote} did not refuse the statement {statement_id}")
    waits = {"state": State.WAITING, "changed_at": now, **reason_columns(Reason("new"))}
    return db.execute(update(unforwarded).where(which).values(**waits)).rowcount


def skip(
    db: Connection, remote: str, ids: Collection[str], *, by: str, why: str, now: dt.datetime
) -> int:
    """Do not send the statements with these `ids` there, whether they were refused or not yet sent.

    How many. Raises :exc:`NoSuchStatement`; then nothing has changed.
    """
    seqs = _seqs_of(db, ids)
    _put(db, remote, seqs, State.CANCELLED, Reason("cancelled", by=by, why=why), now)
    return len(seqs)


def rewind(db: Connection, remote: str, to: dt.datetime) -> None:
    """Send everything that was stored since `to` once more; what is there is there once."""
    alone(db, remote)
    marks.move(db, remote, place_of(to) - 1)


def _seqs_of(db: Connection, ids: Collection[str]) -> list[int]:
    query = select(statements.c.id, statements.c.seq).where(
        statements.c.id.in_([canonical_uuid(one) for one in ids])
    )
    found = {row.id: row.seq for row in db.execute(query)}
    for one in ids:
        if canonical_uuid(one) not in found:
            raise NoSuchStatement(f"there is no statement {one}")
    return [found[canonical_uuid(one)] for one in ids]


def _put(
    db: Connection,
    remote: str,
    seqs: Collection[int],
    state: State,
    reason: Reason,
    now: dt.datetime,
) -> None:
    values = {"state": state, "changed_at": now, **reason_columns(reason)}
    for seq in seqs:
        put = insert(db, unforwarded).values(remote=remote, seq=seq, **values)
        db.execute(put.on_conflict_do_update(index_elements=["remote", "seq"], set_=values))


def _in_state(remote: str, state: State) -> ColumnElement[bool]:
    return and_(unforwarded.c.remote == remote, unforwarded.c.state == state)
