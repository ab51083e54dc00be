"""Whether a backup is made, and is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from lms_bridge.backup.making import READER, newest
from lms_bridge.bridge import Bridge
from lms_bridge.checks import Check
from lms_bridge.i18n import mark
from lms_bridge.store import marks
from lms_bridge.store.places import moment_of

_SUBJECT = mark("Backup")
_WHY = mark("lms-bridge jobs runs backup says why none was made.")
_OLD = dt.timedelta(days=2)
"""as the alert of ``examples/alerts.yml`` has it: one night may fail"""


def checks(bridge: Bridge, db: Connection, now: dt.datetime) -> Iterator[Check]:
    """What is in no backup, wherever they are made; and the newest file, if it is kept here."""
    settings = bridge.settings.backup
    first = marks.first_unread(db, READER)
    if first is not None and now - moment_of(first) > _OLD:
        yield Check(
            _SUBJECT,
            "warning",
            mark("what came in since %(time)s is in no backup."),
            _WHY
            if settings.folder
            else mark(
                "Name a folder under [backup] in the configuration, or make one: lms-bridge backup."
            ),
            {"time": _shown(moment_of(first))},
        )
        return
    if not settings.folder:
        return
    folder = Path(settings.folder)
    details = {"folder": str(folder)}
    try:
        found = newest(folder)
    except FileNotFoundError:
        found = None
    except OSError as error:
        details["error"] = error.strerror or type(error).__name__
        advises = mark("Give the folder to the user of the service: chown.")
        yield Check(_SUBJECT, "failed", mark("%(folder)s: %(error)s"), advises, details)
        return
    if found is None:
        says = mark("there is none in %(folder)s on this machine.")
        advises = mark("lms-bridge jobs run backup makes one now, unless another machine does.")
        yield Check(_SUBJECT, "warning", says, advises, details)
        return
    details["time"] = _shown(found)
    says = mark("the newest in %(folder)s was made at %(time)s.")
    if now - found > _OLD:
        yield Check(_SUBJECT, "warning", says, _WHY, details)
        return
    yield Check(_SUBJECT, "ok", says, details=details)


def _shown(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
