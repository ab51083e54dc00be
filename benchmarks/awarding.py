"""How long it takes to see who has earned which badge, of 50 badges over 200 courses.

One completion is held against the few indexed queries that it cannot do without, by hand in SQL:
how long it takes from the note that somebody is to be looked at until their awards are as they
should be. How fast everybody is looked at anew is told as a rate.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

from sqlalchemy import text

from benchmarks.comparison import Comparison
from lms_bridge.badges import in_force, reviews
from lms_bridge.badges.badge import Badge
from lms_bridge.badges.reviewing import Reviewing
from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import completions, employees
from tests.badges.hall import SETTINGS, badge
from tests.e2e.crashing import own_database
from tests.scene import course

COURSES, BADGES = 200, 50
_NAMES = ("Integritas", "Kerja Sama", "Komunikasi", "Pelayanan Publik")
_AT_ONCE = 500
BAR = 10
"""by how much longer than the bare queries it may take: it also judges 50 rules"""


def award(
    folder: Path, server: str | None, *, people: int, each: int, tries: int
) -> Iterator[Comparison]:
    """With so many `people` who have completed `each` so many courses, looked at `tries` times."""
    url = own_database(server) if server else f"sqlite:///{folder / 'awarding.db'}"
    store = open_store(url)
    name = "PostgreSQL" if server else "SQLite"
    try:
        migrations.upgrade(store)
        chance = Random(1)
        _fill(store, chance, people, each)
        reviewing = Reviewing(store, SETTINGS, clock=utc_now)
        with store.writing() as db:
            in_force.put(db, [_badge(n, chance) for n in range(BADGES)], by="-", now=utc_now())
        rates = [people / _timed(lambda: _everybody(store, reviewing)) for _ in range(2)]
        what = f"people of {people:,} looked at anew, {each} completions each, {BADGES} rules"
        yield Comparison(name, f"{what}, first with the awards", "/s", rates[:1], "", [])
        yield Comparison(name, what, "/s", rates[1:], "", [])
        ours, theirs = [], []
        for _ in range(tries):
            who = chance.randint(1, people)
            with store.writing() as db:
                reviews.ask(db, who, utc_now())
            ours.append(_timed(reviewing.run))
            theirs.append(_timed(lambda who=who: _by_hand(store, who)))
        yield Comparison(
            name,
            "one completion, p95",
            "ms",
            [1000 * quantiles(ours, n=20)[-1]],
            "its queries by hand, in one transaction",
            [1000 * quantiles(theirs, n=20)[-1]],
            BAR,
            at_most=True,
        )
    finally:
        store.close()


def _timed(do: Callable[[], Any]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def _everybody(store: Store, reviewing: Reviewing) -> None:
    with store.writing() as db:
        reviewing.ask_for_everybody(db)
    reviewing.run()


def _by_hand(store: Store, who: int) -> None:
    """What has to be read and written of one person."""
    with store.writing() as db:
        db.execute(_ASK, {"who": who, "now": utc_now()})
        for query in _QUERIES:
            db.execute(query, {"who": who}).all()
        db.execute(_STRIKE, {"who": who})


_ASK = text("INSERT INTO badge_reviews (employee_id, asked_at) VALUES (:who, :now)")
_STRIKE = text("DELETE FROM badge_reviews WHERE employee_id = :who")
_QUERIES = (
    text("SELECT employee_id FROM badge_reviews ORDER BY asked_at LIMIT 25"),
    text("SELECT max(id), count(ended_at) FROM badge_rules"),
    text("SELECT id FROM employees WHERE id = :who"),
    text("SELECT * FROM awards WHERE employee_id = :who"),
    text(
        "SELECT c.*, w.decision FROM completions c LEFT JOIN withdrawals w"
        " ON w.completion_id = c.id AND w.ended_at IS NULL WHERE c.employee_id = :who"
    ),
    text(
        "SELECT id, key, content FROM courses"
        " WHERE id IN (SELECT course_id FROM completions WHERE employee_id = :who)"
    ),
)


def _fill(store: Store, chance: Random, people: int, each: int) -> None:
    offered = [
        course(
            f"K{n}",
            kind=chance.choice((3, 4, 5, 8, 16)),
            hours=chance.randint(2, 20),
            competencies=({"name": chance.choice(_NAMES), "level": chance.randint(1, 5)},),
        )
        for n in range(COURSES)
    ]
    now = utc_now()
    with store.writing() as db:
        catalogue.put(db, offered, source="csv", now=now)
    for start in range(0, people, _AT_ONCE):
        some = range(start + 1, min(start + _AT_ONCE, people) + 1)
        with store.writing() as db:
            db.execute(employees.insert(), [_employee(n, now) for n in some])
            db.execute(
                completions.insert(),
                [
                    _completion(n, number, chance, now)
                    for n in some
                    for number in chance.sample(range(1, COURSES + 1), each)
                ],
            )


def _employee(number: int, now: dt.datetime) -> dict[str, Any]:
    nip = f"{198000000000000000 + number:018d}"
    return {"nip": nip, "name": f"Pegawai {number}", "registry_refs": {}, "created_at": now}


def _completion(who: int, number: int, chance: Random, now: dt.datetime) -> dict[str, Any]:
    day = dt.date(2022, 1, 1) + dt.timedelta(days=chance.randint(0, 1700))
    return {
        "employee_id": who,
        "course_id": number,
        "run": "",
        "role": "learner",
        "completed_at": now,
        "time_source": "lms",
        "hours": 8,
        "certificate_number": f"K{number}/{who}",
        "starts": day,
        "ends": day,
        "lms": "moodle",
        "lms_user_id": "",
        "created_at": now,
        "public_id": f"{who}-{number}",
    }


def _badge(number: int, chance: Random) -> Badge:
    """One of five kinds of rules."""

    def some(many: int) -> list[str]:
        return [f"K{chance.randrange(COURSES)}" for _ in range(many)]

    rules: tuple[Any, ...] = (
        some(3),
        {"at_least": 2, "of": some(5)},
        {"hours": 40, "within": "year", "families": ["teknis"]},
        {"competency": chance.choice(_NAMES), "level": 4},
        {"all": [{"hours": 60}, {"any": some(2)}]},
    )
    return badge(f"b{number}", rules[number % len(rules)])
