"""Whether the database is one that keeps what it was given: its settings, its schema, its pages."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Iterator

from sqlalchemy import Connection, func, select, text

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.checks import Check
from lms_bridge.config.address import names_several_hosts
from lms_bridge.i18n import mark
from lms_bridge.operation.condition import size_in_words, size_of_database
from lms_bridge.store import migrations
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import statements

_SUBJECT = mark("Database")
_APART = dt.timedelta(seconds=5)
"""more than this two clocks should not differ"""


def checks(bridge: Bridge, db: Connection) -> Iterator[Check]:
    """Everything about the database of `bridge`, which answers."""
    schema = _schema(db)
    yield schema
    if schema.verdict != "ok":
        return  # what it holds can be told by the version that made it
    if db.dialect.name == "sqlite":
        yield _sqlite(bridge, db)
        yield _pages(db)
    else:
        yield from _postgresql(bridge, db)
    yield from _clock(db)


def _schema(db: Connection) -> Check:
    found = migrations.current(db)
    details = {"found": found or "–", "newest": migrations.NEWEST}
    if found == migrations.NEWEST:
        return Check(_SUBJECT, "ok", mark("its schema is %(found)s, the newest."), details=details)
    return Check(
        _SUBJECT,
        "warning",
        mark("its schema is %(found)s, and this version has %(newest)s."),
        mark("It is brought up to date when the service starts. Make a backup before."),
        details,
    )


def _sqlite(bridge: Bridge, db: Connection) -> Check:
    details = {"version": sqlite3.sqlite_version, "size": _size(bridge, db)}
    if db.scalar(text("PRAGMA journal_mode")) != "wal":
        return Check(
            _SUBJECT,
            "failed",
            mark("SQLite %(version)s cannot keep its log beside the file, so all wait for each."),
            mark("Put the file on a disk of this machine: no network share can hold it."),
            details,
        )
    says = mark("SQLite %(version)s, %(size)s; each commit is on disk before it is answered.")
    return Check(_SUBJECT, "ok", says, details=details)


def _pages(db: Connection) -> Check:
    begun = time.monotonic()
    found = db.scalar(text("PRAGMA quick_check(1)"))
    if found == "ok":
        details = {"seconds": f"{time.monotonic() - begun:.1f}"}
        says = mark("its pages are sound (looked through in %(seconds)s s).")
        return Check(_SUBJECT, "ok", says, details=details)
    return Check(
        _SUBJECT,
        "failed",
        mark("the file is damaged: %(found)s"),
        mark("Stop the service, keep the file, and restore the last backup: lms-bridge restore."),
        {"found": str(found)[:200]},
    )


def _postgresql(bridge: Bridge, db: Connection) -> Iterator[Check]:
    version = db.scalar(text("SHOW server_version"))
    details = {"version": str(version).partition(" ")[0], "size": _size(bridge, db)}
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if db.scalar(text(f"SHOW {name}")) == "off"
    ]
    if off:
        yield Check(
            _SUBJECT,
            "failed",
            mark("%(settings)s is off, so a power cut can lose what was answered."),
            mark("Set it to on in postgresql.conf and reload the server."),
            {"settings": ", ".join(off)},
        )
    else:
        says = mark("PostgreSQL %(version)s, %(size)s; each commit is on disk when it is answered.")
        yield Check(_SUBJECT, "ok", says, details=details)
    if names_several_hosts(bridge.store.engine.url) and not _waits_for_a_standby(db):
        yield Check(
            _SUBJECT,
            "warning",
            mark("several hosts are named, and this one answers before a standby has it as well."),
            mark(
                "What was answered last is lost if it fails for good. Set"
                " synchronous_standby_names in its postgresql.conf."
            ),
        )
    failures = db.scalar(text("SELECT sum(checksum_failures) FROM pg_stat_database"))
    if failures:
        yield Check(
            _SUBJECT,
            "failed",
            mark("the server has read damaged pages: %(count)s."),
            mark("See the log of PostgreSQL, and restore the last backup if it is this database."),
            {"count": int(failures)},
        )


def _waits_for_a_standby(db: Connection) -> bool:
    names = db.scalar(text("SHOW synchronous_standby_names"))
    return bool(names) and db.scalar(text("SHOW synchronous_commit")) not in ("off", "local")


def _clock(db: Connection) -> Iterator[Check]:
    subject, now = mark("Clock"), utc_now()
    if db.dialect.name == "postgresql":
        theirs = db.scalar(text("SELECT clock_timestamp()"))
        apart = abs(theirs - utc_now()) if theirs else dt.timedelta()
        details = {"seconds": round(apart.total_seconds(), 1)}
        if apart > _APART:
            yield Check(
                subject,
                "failed",
                mark("this machine and the database differ by %(seconds)s s."),
                mark("Have both set their clock by the network: timedatectl set-ntp true."),
                details,
            )
        else:
            says = mark("it agrees with that of the database (%(seconds)s s).")
            yield Check(subject, "ok", says, details=details)
    newest = db.scalar(select(func.max(statements.c.seq)))
    if newest is not None and moment_of(newest) > now + _APART:
        yield Check(
            subject,
            "failed",
            mark("the newest statement was stored at %(moment)s, which is still to come."),
            mark("The clock of this machine was wrong, or is: timedatectl shows it."),
            {"moment": f"{moment_of(newest):%Y-%m-%d %H:%M} UTC"},
        )


def _size(bridge: Bridge, db: Connection) -> str:
    return size_in_words(size_of_database(bridge, db))
