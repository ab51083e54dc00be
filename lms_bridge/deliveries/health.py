"""The health of each remote as all workers share it: :mod:`.breaker`'s rules on a database row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import breaker
from lms_bridge.deliveries.breaker import Health
from lms_bridge.deliveries.due import IS_OPEN
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.events import journal
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import deliveries, remotes
from lms_bridge.store.types import AnyRow

_READ = select(remotes).where(remotes.c.name == bindparam("remote"))
_LOCKED = _READ.with_for_update()
_NOT_CONFIGURED = "remote_not_configured"


def read(db: Connection, remote: str, *, now: dt.datetime) -> Health:
    """How `remote` is doing; healthy where nothing is known."""
    row = db.execute(_READ, {"remote": remote}).one_or_none()
    return breaker.healthy(now) if row is None else _health(row)


def lock(db: Connection, remote: str, *, now: dt.datetime) -> Health:
    """How `remote` is doing, which nobody else changes until the transaction ends."""
    row = db.execute(_LOCKED, {"remote": remote}).one_or_none()
    if row is None:  # there must be a row for it to be locked
        new = {"name": remote, **_columns(breaker.healthy(now))}
        db.execute(insert(db, remotes).values(new).on_conflict_do_nothing())
        row = db.execute(_LOCKED, {"remote": remote}).one()
    return _health(row)


def read_all(db: Connection) -> dict[str, Health]:
    """How every remote is doing of which anything is known."""
    return {row.name: _health(row) for row in db.execute(select(remotes).order_by("name"))}


def may_claim(db: Connection, remote: str, *, now: dt.datetime, policy: Breaker) -> bool:
    """Whether `remote` may be tried; a probe that is due is given to the first who asks."""
    if not read(db, remote, now=now).is_down:
        return True
    known = lock(db, remote, now=now)
    if not known.may_be_used(now):
        return False
    if known.is_down:
        _write(db, remote, breaker.probing(known, now, policy))
    return True


def note_success(
    db: Connection, remote: str, *, now: dt.datetime, begun_at: dt.datetime | None = None
) -> None:
    """`remote` answered, to what was `begun_at` that time, as a working system does."""
    known = read(db, remote, now=now)
    better = breaker.after_success(known, now, begun_at=begun_at)
    if better is not known:
        _write(db, remote, better)
        if known.is_down:
            journal.note_health(db, remote, now)


class Worse(NamedTuple):
    """How a remote is doing after a failure."""

    health: Health
    went_down: bool
    """and it was not down before"""


def note_failure(
    db: Connection,
    remote: str,
    reason: Reason,
    *,
    now: dt.datetime,
    policy: Breaker,
    certain: bool,
    culprit: str = "",
    retry_after: float | None = None,
    begun_at: dt.datetime | None = None,
) -> Worse:
    """`remote` failed as a whole; how it is doing now."""
    known = lock(db, remote, now=now)
    worse = breaker.after_failure(
        known,
        reason,
        now,
        policy,
        culprit=culprit,
        certain=certain,
        retry_after=retry_after,
        begun_at=begun_at,
    )
    if worse is not known:
        _write(db, remote, worse)
    went_down = worse.is_down and not known.is_down
    if went_down:
        journal.note_health(db, remote, now, down=reason)
    return Worse(worse, went_down)


def note_configured(db: Connection, names: Collection[str], *, now: dt.datetime) -> None:
    """Of all remotes only `names` are in the configuration: what waits for another is to say so.

    How another is doing that nothing waits for is forgotten.
    """
    known = read_all(db)
    waited_for = db.scalars(select(deliveries.c.remote).where(IS_OPEN).distinct()).all()
    for remote in sorted({*known} - {*names} - {*waited_for}):
        # A pause goes with it: who configures it anew wants it to work.
        db.execute(delete(remotes).where(remotes.c.name == remote))
    for remote in sorted({*waited_for} - {*names}):
        _write(db, remote, Health("down", now, reason=Reason(_NOT_CONFIGURED, remote=remote)))
    for remote in sorted({*known} & {*names}):
        reason = known[remote].reason
        if reason is not None and reason.code == _NOT_CONFIGURED:
            reset(db, remote, now=now)


def reset(db: Connection, remote: str, *, now: dt.datetime) -> None:
    """A person says that it works again: try at once."""
    if read(db, remote, now=now).is_down:
        journal.note_health(db, remote, now)
    _write(db, remote, breaker.healthy(now))


def probe_now(db: Connection, remote: str, *, now: dt.datetime) -> bool:
    """A person has mended what kept `remote` down: a probe is due, and with what failed for it.

    False, and nothing changed, if it is not down or is not configured.
    """
    known = lock(db, remote, now=now)
    if known.probe_at is None or not known.is_down:
        return False
    _write(db, remote, msgspec.structs.replace(known, probe_at=now, probes=0))
    if known.reason is not None:
        held = (deliveries.c.remote == remote) & (deliveries.c.state == State.WAITING)
        same = (deliveries.c.reason_code == known.reason.code) & (deliveries.c.due_at > now)
        db.execute(update(deliveries).where(held, same).values(due_at=now))
    return True


def pause(db: Connection, remote: str, *, by: str, why: str, now: dt.datetime) -> bool:
    """Deliver nothing to `remote` until it is resumed; False if it is paused already.

    What is under way is finished, and what was paused is still asked and looked up.
    """
    known = lock(db, remote, now=now)
    if known.paused is not None:
        return False
    values = {"paused_at": now, "paused_by": by, "paused_why": why}
    db.execute(update(remotes).where(remotes.c.name == remote).values(**values))
    return True


def resume(db: Connection, remote: str, *, now: dt.datetime) -> bool:
    """Deliver to `remote` again, from now on; False if it was not paused."""
    known = lock(db, remote, now=now)
    values = {"paused_at": None, "paused_by": None, "paused_why": None}
    db.execute(update(remotes).where(remotes.c.name == remote).values(**values))
    return known.paused is not None


def _health(row: AnyRow) -> Health:
    return Health(
        row.state,
        row.since,
        failures=row.failures,
        culprit=row.culprit,
        probes=row.probes,
        probe_at=row.probe_at,
        reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
        paused=Reason("remote_paused", remote=row.name, by=row.paused_by, why=row.paused_why or "–")
        if row.paused_at
        else None,
    )


def _columns(known: Health) -> dict[str, Any]:
    return {
        "state": known.state,
        "failures": known.failures,
        "culprit": known.culprit,
        "since": known.since,
        "probe_at": known.probe_at,
        "probes": known.probes,
        **reason_columns(known.reason),
    }


def _write(db: Connection, remote: str, known: Health) -> None:
    values = _columns(known)
    db.execute(
        insert(db, remotes)
        .values(name=remote, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
