"""The acts of the play: what comes in, what people do, and when there is work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from lms_bridge.accounts import users
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Role
from lms_bridge.attention import repairs
from lms_bridge.bridge import Bridge
from lms_bridge.lrs import attachments
from lms_bridge.lrs.attachments import Spool, Spooled
from lms_bridge.reporting import saved
from lms_bridge.reporting.report import Report
from lms_bridge.store import schema
from lms_bridge.store.schema import reconciliations, uploads
from tests.chaos import late
from tests.chaos.life import Life
from tests.e2e.town import statement

ID = "6f0c0000-0000-4000-8000-0000000000{:02d}"
SITI, BUDI, DEWI, NOBODY = 4, 5, 7, 77
"""user ids; the last is of nobody that the LMS knows"""
FILM = bytes(range(256)) * 20_000
"""takes more than one transaction"""


def told(user: int, number: int) -> dict[str, Any]:
    """That somebody has completed the course, as it was told with this number of a statement."""
    return statement(user, statement_id=ID.format(number)) | {
        "context": {"registration": ID.format(number + 50), "platform": "Moodle"}
    }


def _voiding(number: int) -> dict[str, Any]:
    return {
        "id": ID.format(number + 20),
        "actor": {"mbox": "mailto:admin@example.go.id"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": ID.format(number)},
        "timestamp": "2026-11-24T07:09:27.000Z",
    }


def _export(life: Life) -> None:
    """Whoever finds that nothing is to be exported takes the batch that lies there."""
    made = life.say("registry", "export", "bkd", "--output", "batch.csv", "--json")
    if made is None or made["batch"] is None:
        number = life.one(select(func.max(uploads.c.number)))
        (life.folder / "batch.csv").unlink(missing_ok=True)
        life.say("registry", "batch", "bkd", str(number), "--output", "batch.csv")


def _results(life: Life) -> None:
    heading, *rows = (life.folder / "batch.csv").read_text("utf-8-sig").splitlines()
    lines = [heading + ";Status", *(f"{row};berhasil" for row in rows)]
    (life.folder / "results.csv").write_text("\n".join(lines), "utf-8")
    life.say("registry", "results", "bkd", "1", "results.csv", "--apply", "--json")


def _survey(life: Life) -> None:
    begun = life.one(select(func.max(schema.backfills.c.id)))
    again = ("--continue", str(begun)) if begun else ("--lms", "moodle")
    life.say("backfill", "plan", *again, "--json")


def _repair(life: Life, kind: str) -> None:
    run = str(life.one(select(func.max(reconciliations.c.id))))
    life.say("reconcile", "repair", run, "--kind", kind, "--why", "so", "--json")


def _approve(life: Life, kind: str) -> None:
    """The same on a page of the console, after which a worker does it."""
    bridge = Bridge.open(life.config)
    try:
        with bridge.store.reading() as db:
            mine = select(schema.findings.c.id).where(schema.findings.c.kind == kind)
            ids = db.scalars(mine).all()
            how = repairs.offered(db, ids)
        if how:
            actor = Actor(name="ani", role=Role.HR)
            now = late.now()
            repairs.approve(bridge.store, ids, how[0], actor=actor, why="so", now=now)
    finally:
        bridge.close()


def _people(life: Life) -> None:
    rows = "nip;home_page;account\n198511202009011003;https://moodle.example;77\n"
    (life.folder / "people.csv").write_text(rows, "utf-8")
    life.say("employees", "import", "people.csv", "--json")


def _with_attachment() -> dict[str, Any]:
    described = {
        "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
        "display": {"id": "Sertifikat"},
        "contentType": "application/pdf",
        "length": len(FILM),
        "sha2": sha256(FILM).hexdigest(),
    }
    return told(DEWI, 7) | {"attachments": [described]}


def _attach(life: Life) -> None:
    """What becomes of the data of a request before its statements are stored."""
    bridge = Bridge.open(life.config)
    try:
        with Spool() as spool:
            arrived = Spooled(spool, sha256(FILM).hexdigest(), "application/pdf", 0)
            arrived.write(FILM)
            attachments.store(bridge.store, [arrived], clock=late.now)
    finally:
        bridge.close()


def _save_report(life: Life) -> None:
    """HR keeps a report, and has it mailed each month."""
    bridge, now = Bridge.open(life.config), late.now()
    try:
        with bridge.store.writing() as db:
            if db.scalar(select(func.count()).select_from(schema.saved_reports)):
                return
            user = users.create(
                db, username="ani", role=Role.HR, email="ani@siantar.example", now=now
            )
            number = saved.keep(db, user, "JP", Report(kind="lacking"), now)
            how = saved.Mailing(to=("ani@siantar.example",), language="en")
            zone = ZoneInfo(bridge.settings.time_zone)
            saved.mail(db, user, number, how, email=bridge.settings.email, zone=zone, now=now)
    finally:
        bridge.close()


Step = Callable[[Life], object]

ACTS: dict[str, list[Step]] = {
    "statements come in and are carried out": [
        lambda life: life.tell(told(SITI, 1), told(BUDI, 2), told(NOBODY, 3)),
        lambda life: life.tell(told(SITI, 1), told(SITI, 4)),  # some of it again
        lambda life: life.work(),
    ],
    "a file is made, uploaded, and its result read": [
        _export,
        lambda life: life.say("registry", "uploaded", "bkd", "1"),
        _results,
        lambda life: life.work(),
    ],
    "a completion is corrected": [
        lambda life: life.say("completions", "correct", "1", "--hours", "24", "--why", "typing"),
        lambda life: life.work(),
    ],
    "a completion is taken back, and undone": [
        lambda life: life.tell(_voiding(2)),
        lambda life: life.work(),
        lambda life: life.say("completions", "undo", "--all-undecided", "--json"),
        lambda life: life.work(),
    ],
    "it is completed after all": [
        lambda life: life.tell(told(BUDI, 5)),
        lambda life: life.work(),
    ],
    "who somebody is becomes known": [
        _people,
        lambda life: life.work(),
    ],
    "a badge with a rule is put in force": [
        lambda life: life.say("badges", "apply", "--yes", "--json"),
        lambda life: life.work(),
    ],
    "what nobody told is asked for": [
        lambda life: life.work("pull_completions"),
    ],
    "what was completed before is taken in": [
        _survey,
        lambda life: life.say(
            "backfill", "decide", "1", "--all", "conflict", "--how", "take", "--why", "so"
        ),
        lambda life: life.say("backfill", "run", "1", "--per-hour", "90000", "--no-wait"),
        lambda life: life.work(),
    ],
    "employees and their histories are read": [
        lambda life: late.put_forward(late.now() + dt.timedelta(hours=13)),
        lambda life: life.work("refresh_employees", "read_histories", "watch_tokens"),
    ],
    "what is amiss elsewhere is found and repaired": [
        lambda life: life.say("reconcile", "--fresh", "--json"),
        lambda life: _repair(life, "vanished"),
        lambda life: _approve(life, "untold"),
        lambda life: life.work(),
        lambda life: life.work("reconcile"),
    ],
    "others do not answer for a while": [
        lambda life: late.put_forward(late.now() + dt.timedelta(hours=13)),
        lambda life: life.tell(told(DEWI, 6)),
        lambda life: life.work("pull_completions", "read_histories"),
    ],
    "an attachment comes": [
        _attach,
        lambda life: life.tell(_with_attachment()),
        lambda life: life.work(),
    ],
    "a report is mailed": [
        _save_report,
        lambda life: late.put_forward(late.now() + dt.timedelta(days=32)),
        lambda life: life.work("send_reports"),
    ],
}
