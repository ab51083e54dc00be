"""The story of one completion, from the statement that told of it to the registry and the badge.

It is told in sentences, in the order in which things happened; what is still open comes last, with
why, and what can be done. Nothing is kept for it: it is read from what every step leaves behind.

>>> [one.text for one in tell(db, line, employee_id, "en", now=now, today=today)]
['moodle sent a statement of it, which was stored.',
 'It was recognised: Siti Rahmawati has completed “Pelayanan Publik”.',
 'Recorded in SIASN under the number 4711.']
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from lms_bridge import corrections, reports
from lms_bridge.badges import earned
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.i18n import gettext, mark
from lms_bridge.learner.wording import place
from lms_bridge.reasons import Reason
from lms_bridge.reports import CompletionLine, DeliveryLine
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    completions,
    findings,
    reconciliations,
    sightings,
    statements,
    upload_rows,
    uploads,
    withdrawals,
)
from lms_bridge.wording import word

_TELLERS = 10
"""statements of one completion that are told of"""

_DONE = {
    "record": mark("Recorded in %(place)s."),
    "badge": mark("The badge was issued in %(place)s."),
    "document": mark("The certificate was uploaded to %(place)s."),
    "correct": mark("The correction was made in %(place)s."),
    "undouble": mark("The second row was removed from %(place)s."),
    "unrecord": mark("Removed from %(place)s."),
    "revoke": mark("The badge was taken back in %(place)s."),
    "tell": mark("%(place)s was told of the record."),
    "untell": mark("%(place)s was told of the removal."),
}
_OPEN = {
    "record": mark("It is not in %(place)s yet."),
    "badge": mark("The badge is not issued in %(place)s yet."),
    "document": mark("The certificate is not in %(place)s yet."),
    "correct": mark("The correction is not made in %(place)s yet."),
    "undouble": mark("The second row is not removed from %(place)s yet."),
    "unrecord": mark("It is not removed from %(place)s yet."),
    "revoke": mark("The badge is not taken back in %(place)s yet."),
    "tell": mark("%(place)s is not told of the record yet."),
    "untell": mark("%(place)s is not told of the removal yet."),
}
_GIVEN_UP = mark("%(step)s at %(place)s is not done.")
_IN_FILE = {
    "listed": mark("It stands in file %(number)s for %(place)s."),
    "accepted": mark("%(place)s has taken it from file %(number)s."),
    "refused": mark("%(place)s has refused it in file %(number)s: %(message)s"),
    "dropped": mark("File %(number)s for %(place)s, in which it stood, was discarded."),
    "removed": mark("It was removed from %(place)s by hand."),
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of the story."""

    at: dt.datetime | None
    """None: it is open still"""
    sign: str
    """how it is marked: "done", "waiting", "blocked", "cancelled", or empty"""
    text: str
    why: Reason | None = None
    said: str = ""
    """what a person gave as the reason"""
    statement_id: str = ""
    """the statement that is told of"""


def tell(
    db: Connection,
    line: CompletionLine,
    employee_id: int,
    language: str,
    *,
    now: dt.datetime,
    today: dt.date,
) -> list[Event]:
    """The story of the completion `line`, which is of that employee."""
    teller = _Teller(db, line, language)
    told = [
        *teller.beginning(),
        *teller.corrections(),
        *teller.withdrawals(),
        *teller.files(),
        *(event for one in line.deliveries for event in teller.delivery(one)),
        *teller.awards(employee_id, now, today),
        *teller.findings(employee_id),
    ]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(told, key=lambda one: one.at or last)


class _Teller:
    def __init__(self, db: Connection, line: CompletionLine, language: str) -> None:
        self._db = db
        self._line = line
        self._language = language

    def _say(self, text: str, **details: Any) -> str:
        return gettext(text, self._language) % details

    def beginning(self) -> Iterator[Event]:
        """What told of it, and that it was recognised."""
        line = self._line
        query = (
            select(
                sightings.c.statement_seq,
                sightings.c.decided_at,
                statements.c.id.label("statement_id"),
                statements.c.sender,
            )
            .outerjoin(statements, sightings.c.statement_seq == statements.c.seq)
            .where(sightings.c.completion_id == line.id)
            .order_by(sightings.c.id)
            .limit(_TELLERS)
        )
        for row in self._db.execute(query):
            if row.statement_seq is None:
                said = self._say(mark("The LMS was asked, and lists the course as completed."))
                yield Event(at=row.decided_at, sign="done", text=said)
                continue
            said = self._say(
                mark("%(sender)s sent a statement of it, which was stored."), sender=row.sender
            )
            at = moment_of(row.statement_seq)
            yield Event(at=at, sign="done", text=said, statement_id=row.statement_id)
        made = select(completions.c.created_at).where(completions.c.id == line.id)
        text = (
            mark("It was recognised: %(name)s has taught “%(course)s”.")
            if line.role == "instructor"
            else mark("It was recognised: %(name)s has completed “%(course)s”.")
        )
        name = line.employee or line.nip
        said = self._say(text, name=name, course=line.course)
        yield Event(at=self._db.execute(made).scalar_one(), sign="done", text=said)

    def corrections(self) -> Iterator[Event]:
        """What was corrected, by whom and why."""
        for one in corrections.made(self._db, self._line.id):
            changes = "; ".join(changed(one.before, one.after, self._language))
            text = mark("%(by)s corrected it: %(changes)s.")
            said = self._say(text, by=one.by, changes=changes)
            yield Event(at=one.at, sign="done", text=said, said=one.why)

    def withdrawals(self) -> Iterator[Event]:
        """Each time that it was taken back, what was decided, and that it was told of again."""
        mine = select(withdrawals).where(withdrawals.c.completion_id == self._line.id)
        for row in self._db.execute(mine.order_by(withdrawals.c.id)):
            why = Reason.stored(row.reason_code, row.reason_details) if row.reason_code else None
            said = self._say(mark("It was taken back."))
            yield Event(at=row.withdrawn_at, sign="cancelled", text=said, why=why)
            if row.decision:
                text = (
                    mark("%(by)s decided that what was delivered of it is removed.")
                    if row.decision == "undo"
                    else mark("%(by)s decided that what was delivered of it stays.")
                )
                said = self._say(text, by=row.decided_by)
                yield Event(at=row.decided_at, sign="done", text=said, said=row.decided_why or "")
            if row.ended_at:
                said = self._say(mark("It was told of again, and counts again."))
                yield Event(at=row.ended_at, sign="done", text=said)
        if self._line.question is not None:
            said = self._say(mark("What becomes of what was delivered is to be decided."))
            yield Event(at=None, sign="blocked", text=said, why=self._line.question)

    def files(self) -> Iterator[Event]:
        """The files for registries without an API in which it stood."""
        ids = [one.id for one in self._line.deliveries]
        query = (
            select(upload_rows, uploads.c.number, uploads.c.registry)
            .join(uploads, upload_rows.c.upload_id == uploads.c.id)
            .where(upload_rows.c.delivery_id.in_(ids))
        )
        for row in self._db.execute(query.order_by(upload_rows.c.id)):
            said = self._say(
                _IN_FILE[row.state],
                number=row.number,
                place=place(f"registry.{row.registry}"),
                message=row.message or "–",
            )
            sign = {"accepted": "done", "refused": "blocked"}.get(row.state, "")
            yield Event(at=row.changed_at, sign=sign, text=said)

    def delivery(self, one: DeliveryLine) -> Iterator[Event]:
        """What was tried of a step, and how it stands."""
        there = {"place": place(one.remote)}
        yield from self._tries(one)
        if one.state == State.DONE:
            said = self._say(_DONE[one.step], **there)
            if one.step == "record" and one.result_id:
                text = mark("Recorded in %(place)s under the number %(number)s.")
                said = self._say(text, number=one.result_id, **there)
            unusual = one.reason if one.reason.code != "done" else None
            yield Event(at=one.changed_at, sign="done", text=said, why=unusual)
        elif one.state == State.CANCELLED:
            step = word(one.step, self._language)
            said = self._say(_GIVEN_UP, step=step[:1].upper() + step[1:], **there)
            yield Event(at=one.changed_at, sign="cancelled", text=said, why=one.reason)
        else:
            sign = "blocked" if one.state in FOR_A_PERSON else "waiting"
            said = self._say(_OPEN[one.step], **there)
            yield Event(at=None, sign=sign, text=said, why=one.reason)

    def _tries(self, one: DeliveryLine) -> Iterator[Event]:
        """What failed, those together that failed one after the other for the same reason."""
        same: list[reports.AttemptLine] = []
        for attempt in reports.list_attempts(self._db, one.id):
            if attempt.reason is None or attempt.outcome == "succeed":
                continue
            if same and same[-1].reason != attempt.reason:
                yield self._tried(one, same)
                same = []
            same.append(attempt)
        if same:
            yield self._tried(one, same)

    def _tried(self, one: DeliveryLine, same: list[reports.AttemptLine]) -> Event:
        step = word(one.step, self._language)
        text = (
            mark("%(place)s, %(step)s: tried without success.")
            if len(same) == 1
            else mark("%(place)s, %(step)s: tried %(times)s times without success.")
        )
        said = self._say(text, place=place(one.remote), step=step, times=len(same))
        # What can be done stands with how it is now, and not with each attempt.
        return Event(at=same[-1].finished_at, sign="", text=said, said=self._what(same[-1].reason))

    def _what(self, reason: Reason | None) -> str:
        return reason.what(self._language) if reason else ""

    def awards(self, employee_id: int, now: dt.datetime, today: dt.date) -> Iterator[Event]:
        """The badges that rest on it."""
        for award in earned.list_awards(self._db, now=now, today=today, employee_id=employee_id):
            if all(one.completion_id != self._line.id for one in award.evidence):
                continue
            at = dt.datetime.combine(award.earned_on, dt.time(23, 59), dt.UTC)
            said = self._say(mark("It counts for the badge “%(badge)s”."), badge=award.badge.name)
            yield Event(at=min(at, now), sign="done", text=said)
            if award.revoked_at is not None:
                text = mark("The badge “%(badge)s” was revoked.")
                said = self._say(text, badge=award.badge.name)
                yield Event(at=award.revoked_at, sign="cancelled", text=said, why=award.reason)
            else:
                for one in award.deliveries:
                    yield from self.delivery(one)

    def findings(self, employee_id: int) -> Iterator[Event]:
        """What was found when LMS, bridge and registry were compared, as long as it is so."""
        query = (
            select(findings, reconciliations.c.started_at)
            .join(reconciliations, findings.c.run_id == reconciliations.c.id)
            .where(
                findings.c.employee_id == employee_id,
                findings.c.completion_id == self._line.id,
                findings.c.state.in_(("open", "approved", "repaired", "dismissed")),
            )
        )
        for row in self._db.execute(query.order_by(findings.c.id)):
            said = self._say(mark("LMS, bridge and registry were compared, and are not at one."))
            why = Reason.stored(row.reason_code, row.reason_details)
            is_open = row.state == "open"
            at = None if is_open else row.started_at
            yield Event(at=at, sign="blocked" if is_open else "done", text=said, why=why)


def changed(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> Iterator[str]:
    """Each field of a correction with what it said and what it says now."""
    for field, value in after.items():
        yield f"{word(field, language)} {before.get(field, '–')} → {value}"
