"""Trying an outside system because somebody asks: by a worker, with what it found kept.

It is asked by a row. The worker that begins it says so on the row, so that it is tried once; one
that was begun and never ended is tried again after a while.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.checks import Check, Verdict
from lms_bridge.i18n import gettext
from lms_bridge.redaction import redact
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import remote_checks
from lms_bridge.typed import convert

log = structlog.get_logger(__name__)

_LOST = dt.timedelta(minutes=5)
"""after which one that was begun counts as never begun"""
_SECTIONS = {"registry": "registry", "lms": "lms", "lrs": "forward"}


class Finding(msgspec.Struct, frozen=True):
    """One thing that was proven; to be put in words by :meth:`found_in`."""

    subject: str
    verdict: Verdict
    says: str
    advises: str
    details: dict[str, Any]

    def found_in(self, language: str) -> str:
        """What was found."""
        return redact(gettext(self.says, language) % self.details)

    def remedy_in(self, language: str) -> str:
        """What to do; empty where nothing need be done."""
        return redact(gettext(self.advises, language) % self.details) if self.advises else ""


class Try(msgspec.Struct, frozen=True):
    """The last time that an outside system was to be tried."""

    remote: str
    asked_at: dt.datetime
    asked_by: str
    finished_at: dt.datetime | None
    found: list[Finding]

    @property
    def is_under_way(self) -> bool:
        """Whether its end is still to come."""
        return self.finished_at is None

    @property
    def failed(self) -> bool:
        """Whether something did not work."""
        return any(one.verdict == "failed" for one in self.found)


def ask(db: Connection, remote: str, *, by: str, now: dt.datetime) -> None:
    """Have `remote` tried as soon as a worker sees it."""
    values = {
        "asked_at": now,
        "asked_by": by,
        "begun_at": None,
        "finished_at": None,
        "found": None,
    }
    db.execute(
        insert(db, remote_checks)
        .values(remote=remote, **values)
        .on_conflict_do_update(index_elements=["remote"], set_=values)
    )


def last(db: Connection) -> dict[str, Try]:
    """By remote, what the last try has shown."""
    return {
        row.remote: Try(
            row.remote,
            row.asked_at,
            row.asked_by,
            row.finished_at,
            convert(row.found or [], list[Finding]),
        )
        for row in db.execute(select(remote_checks))
    }


def asked(db: Connection, *, now: dt.datetime) -> list[str]:
    """The remotes that are to be tried now."""
    return list(db.scalars(select(remote_checks.c.remote).where(_is_open(now))))


def carry_out(bridge: Bridge, remote: str) -> None:
    """Try `remote` and keep what was found, unless another process is at it."""
    begun_at = utc_now()
    mine = remote_checks.c.remote == remote
    with bridge.store.writing() as db:
        begin = update(remote_checks).where(mine, _is_open(begun_at)).values(begun_at=begun_at)
        if not db.execute(begin).rowcount:
            return
    found = _tried(bridge, remote)
    with bridge.store.writing() as db:
        still = mine & (remote_checks.c.begun_at == begun_at)
        values = {"finished_at": utc_now(), "found": msgspec.to_builtins(found)}
        db.execute(update(remote_checks).where(still).values(**values))


def _tried(bridge: Bridge, remote: str) -> list[Finding]:
    from lms_bridge.operation.proving import remote_checks as prove  # loads what calls others

    kind, _, name = remote.partition(".")
    try:
        lines = list(prove(bridge, _SECTIONS[kind], name))
    except Exception as error:
        log.exception("could not try a remote", remote=remote)
        lines = [Check(remote, "failed", "%(error)s", details={"error": type(error).__name__})]
    return [
        Finding(
            one.subject,
            one.verdict,
            one.says,
            one.advises,
            {
                name: value if isinstance(value, int) else str(value)[:500]
                for name, value in one.details.items()
            },
        )
        for one in lines
    ]


def _is_open(now: dt.datetime) -> Any:
    begun = remote_checks.c.begun_at
    return remote_checks.c.finished_at.is_(None) & (begun.is_(None) | (begun < now - _LOST))
