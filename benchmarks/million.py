"""A million statements as a city's LMS would send them, made the same each time.

5,000 learners do 12 things to 400 activities of 40 courses. Most are frequent and some are rare,
as in life: the first verb is half of all and the last one a few in a million, and some account
learns every day while another has come a few times.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert

from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import statements
from webhook.access import authority
from xapi import vocabulary

SENDER = "lms"
HOME = "https://lms.example.go.id"
AUTHORITY = authority("https://bridge.example", SENDER)
FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
APART = dt.timedelta(seconds=20, microseconds=1)
"""between one statement and the next: a million of them are eight months"""

AGENTS, COURSES, ACTIVITIES, INSTRUCTORS = 5_000, 40, 400, 60
VERBS = [
    f"http://adlnet.gov/expapi/verbs/{name}"
    for name in (
        "experienced",
        "interacted",
        "answered",
        "attempted",
        "progressed",
        "completed",
        "passed",
        "failed",
        "registered",
        "scored",
        "commented",
        "attended",
    )
]
_SHARES = [0.5**number for number in range(1, 12)] + [0.00002]
_AT_ONCE = 2_000
_STEP = APART // dt.timedelta(microseconds=1)


class Row(NamedTuple):
    """A statement as it is stored."""

    id: str
    raw: bytes


def account(number: int) -> dict[str, Any]:
    """The learner with this number."""
    nip = f"1987{number:014d}"
    return {
        "objectType": "Agent",
        "name": f"Pegawai {number}",
        "account": {"homePage": HOME, "name": nip},
    }


def instructor(number: int) -> dict[str, Any]:
    """The instructor with this number."""
    return {"name": f"Widyaiswara {number}", "mbox": f"mailto:guru{number}@example.go.id"}


def activity(number: int) -> str:
    """The activity with this number; the first are the courses."""
    kind = "course" if number < COURSES else "mod/page"
    return f"{HOME}/{kind}/view.php?id={number}"


def registration(agent: int, course: int) -> str:
    """Of this learner in this course."""
    return str(uuid.UUID(int=(agent << 64) + course, version=4))


def place(number: int) -> int:
    """At which place the statement with this number, from 1 on, is stored."""
    return place_of(FIRST) + number * _STEP


def rows(count: int, seed: int = 1) -> Iterator[Row]:
    """So many statements."""
    chance = random.Random(seed)
    told: list[str] = []
    for _ in range(count):
        row = _row(chance, told)
        told.append(row.id)
        if len(told) > 1000:
            del told[:500]
        yield row


def fill(store: Store, count: int, *, first: dt.datetime = FIRST, seed: int = 1) -> None:
    """Store so many statements, as from `first` on; they are not indexed yet."""
    place = place_of(first)
    source = rows(count, seed)
    while some := list(islice(source, _AT_ONCE)):
        values = []
        for row in some:
            place += _STEP
            values.append(
                {"seq": place, "id": row.id, "sender": SENDER, "raw": row.raw}
                | {"version": "1.0.3", "authority": AUTHORITY}
            )
        with store.writing() as db:
            db.execute(insert(statements), values)


def _row(chance: random.Random, told: list[str]) -> Row:
    own = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    # Some learn every day, and some have come once.
    agent = int(AGENTS * chance.random() ** 1.5)
    verb = chance.choices(VERBS, _SHARES)[0]
    thing = int(COURSES + (ACTIVITIES - COURSES) * chance.random() ** 2)
    course = thing % COURSES
    statement: dict[str, Any] = {
        "id": own,
        "actor": account(agent),
        "verb": {"id": verb, "display": {"en": verb.rpartition("/")[2], "id": "melakukan"}},
        "object": _thing(thing),
        "context": {
            "registration": registration(agent, course),
            "platform": "Moodle",
            "language": "id",
            "contextActivities": {
                "grouping": [_thing(course), {"id": HOME, "objectType": "Activity"}],
                "category": [{"id": "https://moodle.org/xapi/logstore", "objectType": "Activity"}],
            },
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "event_name": "\\mod_page\\event\\course_module_viewed",
                    "event_function": "\\src\\transformer\\events\\mod_page\\course_module_viewed",
                    "https://moodle.org/": "4.5.2 (Build: 20250210)",
                    "https://github.com/xAPI-vle/moodle-logstore_xapi": "v4.9.0",
                }
            },
        },
        "timestamp": f"2026-01-01T00:00:00.{chance.randrange(1000):03d}+07:00",
    }
    kind = chance.random()
    if kind < 0.15:
        statement["context"]["instructor"] = instructor(int(INSTRUCTORS * chance.random() ** 2))
    elif kind < 0.17:
        members = [account(chance.randrange(AGENTS)) for _ in range(3)]
        statement["context"]["team"] = {"objectType": "Group", "member": members}
    elif kind < 0.19 and told:
        voids = kind < 0.172
        statement["object"] = {"objectType": "StatementRef", "id": chance.choice(told)}
        del statement["context"]["platform"]
        if voids:
            statement["verb"] = {"id": vocabulary.VOIDED}
    elif kind < 0.5:
        score = chance.randrange(100)
        statement["result"] = {
            "score": {"raw": score, "min": 0, "max": 100, "scaled": score / 100},
            "completion": True,
            "success": score > 60,
            "duration": "PT12M34S",
        }
    return Row(own, msgspec.json.encode(statement))


def _thing(number: int) -> dict[str, Any]:
    name = f"Kursus {number}" if number < COURSES else f"Halaman {number}"
    return {
        "objectType": "Activity",
        "id": activity(number),
        "definition": {
            "type": "http://activitystrea.ms/schema/1.0/page",
            "name": {"id": name},
            "description": {"id": f"{name} tentang pelayanan publik yang baik"},
        },
    }
