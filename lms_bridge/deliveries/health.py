"""The health of each remote as all workers share it: :mod:`.breaker`'s rules on a database row."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, bindparam, select

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import breaker
from lms_bridge.deliveries.breaker import Health
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import remotes

_READ = select(remotes).where(remotes.c.name == bindparam("remote"))
_LOCKED = _READ.with_for_update()


def read(db: Connection, remote: str, *, now: dt.datetime, lock: bool = False) -> Health:
    """How `remote` is doing; healthy where nothing is known."""
    row = db.execute(_LOCKED if lock else _READ, {"remote": remote}).one_or_none()
    if row is None:
        return breaker.healthy(now)
    return Health(
        row.state,
        row.since,
        failures=row.failures,
        probes=row.probes,
        probe_at=row.probe_at,
        reason=Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None,
    )


def may_claim(db: Connection, remote: str, *, now: dt.datetime, policy: Breaker) -> bool:
    """Whether a delivery may be tried; a probe that is due is given to the first who asks."""
    known = read(db, remote, now=now)
    if known.state == "up":
        return True
    known = read(db, remote, now=now, lock=True)
    if not known.may_be_used(now):
        return False
    if known.state == "down":
        _write(db, remote, breaker.probing(known, now, policy))
    return True


def note_success(db: Connection, remote: str, *, now: dt.datetime) -> None:
    """`remote` answered as a working system does."""
    known = read(db, remote, now=now)
    better = breaker.after_success(known, now)
    if better is not known:
        _write(db, remote, better)


def note_failure(
    db: Connection, remote: str, reason: Reason, *, now: dt.datetime, policy: Breaker, certain: bool
) -> Health:
    """`remote` failed as a whole; how it is doing now."""
    known = read(db, remote, now=now, lock=True)
    worse = breaker.after_failure(known, reason, now, policy, certain=certain)
    _write(db, remote, worse)
    return worse


def reset(db: Connection, remote: str, *, now: dt.datetime) -> None:
    """A person says that it works again: try at once."""
    _write(db, remote, breaker.healthy(now))


def _write(db: Connection, remote: str, known: Health) -> None:
    values = {
        "state": known.state,
        "failures": known.failures,
        "since": known.since,
        "probe_at": known.probe_at,
        "probes": known.probes,
        "reason_code": known.reason.code if known.reason else None,
        "reason_details": known.reason.details if known.reason else None,
    }
    db.execute(
        insert(db, remotes)
        .values(name=remote, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
