"""What became of the completions: deliveries, their attempts, and the rows of the registry."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from benchmarks.city import LMS, REGISTRY, Size, When, names
from benchmarks.city.filling import Values, fill
from benchmarks.city.learning import Completed
from benchmarks.city.people import People
from lms_bridge.catalogue.course import STRUCTURAL
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import attempts, deliveries, history_readings, history_rows

RECORD, BADGE = f"registry.{REGISTRY}", f"lms.{LMS}"
_ATTEMPTS = 0.1
"""share of what is done of which the attempts are kept: those of the last months"""
_OURS = 0.57
"""share of what is recorded that the histories had when they were read"""
_SOON = dt.timedelta(minutes=2)
# What a person has to mend, and how often it happens, to the others.
_REFUSALS = (
    "Data sertifikat sudah ada",
    "Tanggal selesai tidak boleh lebih dari hari ini",
    "PNS tidak berada pada instansi kerja Anda",
    "Jenis diklat tidak sesuai dengan riwayat",
    "Jumlah jam melebihi batas",
)
_CAUSES: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    *(
        ("record", "registry_refused", {"remote": RECORD, "message": text}, 9 - place)
        for place, text in enumerate(_REFUSALS)
    ),
    ("record", "employee_not_in_registry", {"remote": RECORD}, 10),
    ("record", "gave_up", {"attempts": 12, "last": "504 Gateway Time-out"}, 7),
    ("record", "row_vanished", {"remote": RECORD, "row": "8f1b"}, 3),
    ("badge", "lms_account_unknown", {"remote": BADGE}, 8),
    ("badge", "lms_accounts_ambiguous", {"remote": BADGE, "count": 2, "accounts": "1204, 8822"}, 3),
    ("badge", "badge_missing", {"remote": BADGE, "hours": 24, "badge": "Badge Komunikasi"}, 6),
    ("badge", "competency_unknown", {"remote": BADGE, "competency": "KMP-017"}, 5),
    ("badge", "lms_feature_off", {"remote": BADGE, "feature": "Badges", "message": "off"}, 2),
)


class Delivery(NamedTuple):
    """A delivery, numbered in the order in which they were planned."""

    id: int
    of: Completed
    step: str
    remote: str
    state: State
    code: str
    details: dict[str, Any] | None
    tries: int
    changed_at: dt.datetime
    due_at: dt.datetime
    result_id: str | None
    statement_id: str | None


def delivered(done: Sequence[Completed], when: When, seed: int) -> list[Delivery]:
    """Two deliveries of each completion: its row and its badge."""
    chance = Random(f"deliveries {seed}")
    waits = when.now - dt.timedelta(hours=30)
    found = []
    for one in done:
        for step, remote in (("record", RECORD), ("badge", BADGE)):
            if step == "badge" and one.role != "learner":
                continue
            found.append(_delivery(len(found) + 1, one, step, remote, waits, when, chance))
    return found


def _delivery(
    number: int,
    one: Completed,
    step: str,
    remote: str,
    waits: dt.datetime,
    when: When,
    chance: Random,
) -> Delivery:
    state, code, details = State.DONE, "done", None
    drawn = chance.random()
    changed = min(one.at + _SOON + dt.timedelta(seconds=chance.expovariate(1 / 4000)), when.now)
    tries = 1 + int(chance.expovariate(3))
    due = changed
    if drawn < 0.00375:
        causes = [cause for cause in _CAUSES if cause[0] == step]
        _, code, details, _ = chance.choices(causes, [cause[3] for cause in causes])[0]
        details = {**details, "nip": one.who.nip, "delivery": number}
        state = State.BLOCKED
    elif drawn < 0.005:
        state, code = State.CANCELLED, "cancelled"
        details = {"by": "nurhayati", "why": "Sudah diketik oleh OPD."}
    elif drawn < 0.014 or (one.at > waits and drawn < 0.6):
        state, code, tries = State.WAITING, "new", 0
        due = when.now - dt.timedelta(minutes=1)
    elif drawn < 0.021:
        state, code = State.RETRYING, "remote_unavailable"
        details = {"remote": remote, "error": "504 Gateway Time-out"}
        due = when.now + dt.timedelta(minutes=chance.uniform(1, 400))
    elif drawn < 0.028 and step == "badge":
        state, code = State.DELEGATED, "badge_pending"
        details = {"remote": remote, "badge": one.course.badge.name if one.course.badge else ""}
        due = when.now + dt.timedelta(hours=chance.uniform(1, 24))
    finished = state == State.DONE
    key = uuid.UUID(int=chance.getrandbits(128), version=4)
    result = (key.hex if step == "record" else str(number)) if finished else None
    said = str(uuid.UUID(int=chance.getrandbits(128), version=4)) if finished else None
    return Delivery(
        number, one, step, remote, state, code, details, tries, changed, due, result, said
    )


def put_deliveries(store: Store, found: Sequence[Delivery], when: When, seed: int) -> None:
    """Keep them, with the attempts at the newest, and at what is not done."""
    fill(
        store,
        deliveries,
        (
            {
                "id": one.id,
                "completion_id": one.of.id,
                "step": one.step,
                "remote": one.remote,
                "employee_id": one.of.who.id,
                "lane": f"{one.remote}:{one.of.who.id}",
                "state": one.state,
                "due_at": one.due_at,
                "attempts": one.tries,
                "failures": max(one.tries - 1, 0),
                "reason_code": one.code,
                "reason_details": one.details,
                "progress": {},
                "result_id": one.result_id,
                "statement_id": one.statement_id,
                "effort_since": one.of.at,
                "created_at": one.of.at,
                "changed_at": one.changed_at,
            }
            for one in found
        ),
    )
    fill(
        store,
        attempts,
        _attempts(found, seed),
    )


def _attempts(found: Sequence[Delivery], seed: int) -> Iterator[Values]:
    chance = Random(f"attempts {seed}")
    recent = len(found) * (1 - _ATTEMPTS)
    for one in found:
        if one.id < recent and one.state in (State.DONE, State.CANCELLED):
            continue
        for number in range(1, one.tries + 1):
            last = number == one.tries
            at = one.changed_at - dt.timedelta(minutes=7 * (one.tries - number))
            took = chance.expovariate(1 / 2.5)
            good = last and one.state == State.DONE
            outcome = "done" if good else "block" if last else "postpone"
            code = None if good else one.code if last else "remote_unavailable"
            details = one.details if last else {"remote": one.remote, "error": "504"}
            call = {
                "method": "POST",
                "url": f"https://{one.remote}.example/api",
                "status": 200 if last else 504,
                "seconds": round(took, 2),
                "request": {"nipBaru": "1987************01", "namaKursus": one.of.course.name},
                "answer": {"code": 1, "message": "success"} if good else {"code": 0},
            }
            yield {
                "delivery_id": one.id,
                "number": number,
                "started_at": at,
                "finished_at": at + dt.timedelta(seconds=took),
                "outcome": outcome,
                "reason_code": code,
                "reason_details": None if good else details,
                "exchanges": [call],
            }


def put_histories(
    store: Store, people: People, found: Sequence[Delivery], size: Size, when: When, seed: int
) -> None:
    """Keep the histories as the registry has them: rows of ours, and others'."""
    chance = Random(f"histories {seed}")
    fill(
        store,
        history_readings,
        (
            {
                "employee_id": one.id,
                "registry": REGISTRY,
                "tried_at": at,
                "read_at": at if chance.random() < 0.99 else None,
            }
            for one in people.people
            for at in [when.now - dt.timedelta(hours=chance.uniform(1, 160))]
        ),
    )
    fill(store, history_rows, _rows(people, found, size, when, chance))


def _rows(
    people: People, found: Sequence[Delivery], size: Size, when: When, chance: Random
) -> Iterator[Values]:
    for one in found:
        if one.step != "record" or one.state != State.DONE or chance.random() > _OURS:
            continue
        course, day = one.of.course, one.of.day
        yield {
            "employee_id": one.of.who.id,
            "row_id": one.result_id,
            "name": course.name.upper(),
            "organiser": course.organiser,
            "certificate_number": one.of.number,
            "hours": one.of.hours,
            "kind": course.kind,
            "seen_at": one.changed_at,
            **_common(day, structural=course.kind == STRUCTURAL),
        }
    for number in range(size.elsewhere):
        who = chance.choice(people.people)
        name, organiser, kind = chance.choice(names.ELSEWHERE)
        day = (when.now - dt.timedelta(days=chance.triangular(1, 1500, 400))).date()
        hours = chance.choice((2, 3, 4, 6, 8, 20))
        yield {
            "employee_id": who.id,
            "row_id": f"e{number:031}",
            "name": name,
            "organiser": organiser,
            "certificate_number": f"EKS/{number}",
            "hours": hours,
            "kind": kind,
            "seen_at": when.now,
            **_common(day, structural=False),
        }


def _common(day: dt.date, *, structural: bool) -> Values:
    return {
        "registry": REGISTRY,
        "history": "diklat" if structural else "kursus",
        "starts": day,
        "ends": day,
        "year": day.year,
        "structural_training": "",
        "document": True,
    }
