"""What is learned there: the courses, and who completed which, when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from sqlalchemy import select

from benchmarks.city import HOME, LMS, ORGANISER, Size, When, names
from benchmarks.city.filling import Values, fill
from benchmarks.city.people import People, Person
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import STRUCTURAL, Competency, Course
from lms_bridge.lms.base import BadgeAward
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import certificate_counters, completions, courses, withdrawals

WITA = dt.timezone(dt.timedelta(hours=7))
_MONTHS = (4, 6, 9, 8, 8, 7, 6, 8, 10, 11, 10, 3)
"""how much is completed in each month, to the others"""
_LATEST = dt.timedelta(minutes=20)
WITHDRAWN = 0.0006
"""share of the completions that were taken back"""


class Completed(NamedTuple):
    """A completion, numbered in the order in which they were made."""

    id: int
    who: Person
    course: Course
    course_id: int
    run: str
    role: str
    at: dt.datetime
    number: str
    hours: int
    withdrawn_at: dt.datetime | None

    @property
    def day(self) -> dt.date:
        """On which it was completed."""
        return self.at.astimezone(WITA).date()


def offered(size: Size, chance: Random) -> list[Course]:
    """The courses of the catalogue."""
    return [_course(number, chance) for number in range(size.courses)]


def put_courses(store: Store, offers: Sequence[Course], when: When) -> dict[str, int]:
    """Keep them; the number of each."""
    with store.writing() as db:
        catalogue.put(db, offers, source="csv", now=when.first)
        return {row.key: row.id for row in db.execute(select(courses.c.id, courses.c.key))}


def _course(number: int, chance: Random) -> Course:
    edition, place = divmod(number, len(names.SUBJECTS))
    subject, kind, competency = names.SUBJECTS[place]
    hours = 40 if kind == STRUCTURAL else chance.choice((2, 2, 3, 3, 4, 4, 6, 8, 10, 16))
    key = f"{''.join(word[0] for word in subject.split())}-{number:03}".upper()
    badge = BadgeAward(route="competency", competency=f"KMP-{number:03}", name=f"Badge {subject}")
    return Course(
        key=key,
        name=subject + names.EDITIONS[edition % len(names.EDITIONS)],
        organiser=ORGANISER if chance.random() < 0.8 else "BPSDM Provinsi Sumatera Utara",
        kind=kind,
        structural_training="4" if kind == STRUCTURAL else "",
        hours=hours,
        instructor_hours=hours + 4 if kind == 15 else 0,
        run="yearly" if number % 2 else "once",
        activities=(f"{HOME}/course/view.php?id={number + 2}",),
        external_ids=(f"DIKLAT-{key}",),
        competencies=(Competency(competency, 1 + number % 4),) if competency else (),
        badge=badge,
    )


def completed(
    people: People, offers: Sequence[Course], ids: dict[str, int], size: Size, when: When, seed: int
) -> list[Completed]:
    """All completions, in the order in which they were made."""
    chance = Random(seed)
    favour = [chance.paretovariate(1.2) for _ in offers]
    years = range(when.first.year, when.now.year + 1)
    zeal = [one.zeal for one in people.people]
    drawn: dict[tuple[int, str, str, str], tuple[dt.datetime, Person, Course]] = {}
    while len(drawn) < size.completions:
        missing = size.completions - len(drawn)
        whose = chance.choices(people.people, zeal, k=missing)
        which = chance.choices(offers, favour, k=missing)
        for who, course in zip(whose, which, strict=True):
            at = _moment(chance, chance.choice(years))
            if at > when.now - _LATEST:
                continue
            role = "instructor" if course.instructor_hours and chance.random() < 0.1 else "learner"
            run = str(at.year) if course.run == "yearly" else ""
            drawn.setdefault((who.id, course.key, run, role), (at, who, course))
    ordered = sorted(drawn.items(), key=lambda one: one[1][0])
    numbers: Counter[tuple[str, int]] = Counter()
    found = []
    for place, ((_, _, run, role), (at, who, course)) in enumerate(ordered, 1):
        year = at.astimezone(WITA).year
        numbers[course.organiser, year] += 1
        sequence = numbers[course.organiser, year]
        number = course.certificate_number(at.date().replace(year=year), sequence=sequence, run=run)
        gone = at + (when.now - at) * chance.random() if chance.random() < WITHDRAWN else None
        hours = course.hours_of("instructor" if role == "instructor" else "learner")
        found.append(
            Completed(place, who, course, ids[course.key], run, role, at, number, hours, gone)
        )
    return found


def put_completions(store: Store, done: Sequence[Completed]) -> None:
    """Keep them, with the numbers that were given, and what was taken back."""
    fill(
        store,
        completions,
        (
            {
                "id": one.id,
                "employee_id": one.who.id,
                "course_id": one.course_id,
                "run": one.run,
                "role": one.role,
                "completed_at": one.at,
                "time_source": "lms",
                "hours": one.hours,
                "certificate_number": one.number,
                "starts": one.day,
                "ends": one.day,
                "lms": LMS,
                "lms_user_id": str(one.who.account),
                "withdrawn_at": one.withdrawn_at,
                "created_at": one.at + dt.timedelta(seconds=40),
                "public_id": f"c{one.id:021}",
            }
            for one in done
        ),
    )
    numbers = Counter((one.course.organiser, one.day.year) for one in done)
    fill(
        store,
        certificate_counters,
        (
            {"organiser": organiser, "year": year, "last": last}
            for (organiser, year), last in numbers.items()
        ),
    )
    fill(store, withdrawals, _withdrawals(done))


def _withdrawals(done: Sequence[Completed]) -> Iterator[Values]:
    for number, one in enumerate(each for each in done if each.withdrawn_at):
        kept = number % 3 == 0
        yield {
            "completion_id": one.id,
            "withdrawn_at": one.withdrawn_at,
            "reason_code": "taken_back",
            "reason_details": {"by": "admin", "sender": LMS, "statement": f"{one.id:08}"},
            "decision": "keep" if kept else None,
            "decided_at": one.withdrawn_at if kept else None,
            "decided_by": "nurhayati" if kept else None,
            "decided_why": "Sertifikat sah." if kept else None,
        }


def _moment(chance: Random, year: int) -> dt.datetime:
    """Some moment of a working day."""
    month = chance.choices(range(1, 13), _MONTHS)[0]
    day = dt.date(year, month, 1) + dt.timedelta(days=chance.randrange(28))
    if day.weekday() > 4 and chance.random() < 0.8:
        day += dt.timedelta(days=2)
    time = dt.time(7 + min(int(chance.expovariate(0.25)), 14), chance.randrange(60))
    at = dt.datetime.combine(day, time, WITA).astimezone(dt.UTC)
    return at + dt.timedelta(microseconds=chance.randrange(60_000_000))
