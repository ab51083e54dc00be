"""Completions that are found are those that one would find by looking at every single one."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pytest
from sqlalchemy import insert

from lms_bridge import reports
from lms_bridge.accounts.sight import EVERYBODY, Unit, of_unit
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.insight import finished, standings
from lms_bridge.insight.finished import Search, Wanted
from lms_bridge.insight.standings import Standing
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, courses, deliveries, withdrawals
from tests.insight.test_figures import FIRST, HEALTH, NOW, SCHOOLS, fill

MANY = 40
DAYS = [NOW - dt.timedelta(days=each) for each in range(8)]
STATES = [State.DONE, State.DONE, State.WAITING, State.RETRYING, State.BLOCKED, State.CANCELLED]
INSIDE = {"U": {1, 2, 3, 4, 5}, SCHOOLS: {1, 2, 3}, FIRST: {2, 3}, HEALTH: {4, 5}}
"""who is in each unit or below it (:func:`tests.insight.test_figures.fill`)"""


@pytest.fixture
def whose(store: Store) -> dict[int, int]:
    """Many completions, by number the employee; some were taken back, many at the same moment."""
    fill(store)
    chance, found = random.Random(7), {}
    with store.writing() as db:
        for number in (1, 2, 3):
            course = {"id": number, "key": f"C-{number}", "source": "file", "content": {"name": ""}}
            db.execute(insert(courses).values(active=True, revision=1, changed_at=NOW, **course))
        for number in range(1, MANY + 1):
            found[number] = chance.randint(1, 5)
            mine = {"employee_id": found[number], "course_id": chance.randint(1, 3)}
            back = chance.random() < 0.3
            ended = chance.choice([None, None, NOW])  # and it was told again
            at = chance.choice(DAYS)
            row = {"run": str(number), "role": "learner", "hours": 4, "lms": "moodle"}
            row |= {"time_source": "timestamp", "certificate_number": "", "created_at": NOW}
            row |= {"starts": at.date(), "ends": at.date(), "completed_at": at}
            db.execute(
                insert(completions).values(
                    id=number, withdrawn_at=NOW if back and not ended else None, **row, **mine
                )
            )
            for step, remote in (("record", "registry.siasn"), ("badge", "lms.moodle")):
                one = {"completion_id": number, "employee_id": mine["employee_id"], "step": step}
                one |= {"remote": remote, "lane": "", "reason_code": "new", "progress": {}}
                times = dict.fromkeys(("due_at", "effort_since", "created_at", "changed_at"), NOW)
                state = chance.choice(STATES)
                db.execute(insert(deliveries).values(state=state, **one, **times))
            if back:
                taken = {"completion_id": number, "withdrawn_at": NOW}
                decision = chance.choice([None, "undo", "keep"])
                db.execute(insert(withdrawals).values(decision=decision, ended_at=ended, **taken))
    return found


@pytest.mark.parametrize(("few", "counted"), [(0, 3), (0, 1000), (150, 1000)])
def test_they_are_all_that_are_as_wanted_in_order_and_no_others(
    store: Store,
    whose: dict[int, int],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    counted: int,
) -> None:
    monkeypatch.setattr(finished, "_FEW", few)
    monkeypatch.setattr(finished, "COUNTED", counted)
    choices = itertools.product(
        ("", SCHOOLS, HEALTH),
        ("", "U", FIRST, HEALTH),
        ("", "C-1"),
        (None, *Standing),
        (None, DAYS[5]),
        (None, DAYS[2]),
    )
    some = random.Random(few + counted).sample(list(choices), 50)
    met = 0
    with store.reading() as db:
        lines = reports.list_completions(db, now=NOW, limit=MANY)
        assert len(lines) == MANY
        for seen, unit, course, standing, since, until in some:
            sight = of_unit(db, Unit("siasn", seen, "")) if seen else EVERYBODY
            wanted = Wanted(
                unit=Unit("siasn", unit, "") if unit else None,
                course=course,
                standing=standing,
                since=since,
                until=until,
            )
            expected = [
                line.id
                for line in sorted(lines, key=lambda one: (one.completed_at, one.id), reverse=True)
                if whose[line.id] in INSIDE[seen or "U"] & INSIDE[unit or "U"]
                and (not course or line.course_key == course)
                and (standing is None or standings.standing_of(line) == standing)
                and (since is None or line.completed_at >= since)
                and (until is None or line.completed_at < until)
            ]
            search = Search(db, sight, wanted)
            found: list[int] = []
            while True:
                page = search.find(after=found[-1] if found else 0, now=NOW, closed={}, limit=7)
                found += [line.id for line in page.lines]
                if not page.is_more:
                    break
            assert found == expected, (seen, wanted)
            assert search.how_many() == min(len(expected), counted + 1), (seen, wanted)
            met += bool(expected)
    assert met > 10
