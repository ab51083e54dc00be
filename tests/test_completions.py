"""Completions: made once, numbered without gaps, corrected, withdrawn and taken up again."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from lms_bridge import completions as subject
from lms_bridge import corrections
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import Course
from lms_bridge.completions import SAME_EVENT, Targets, Telling
from lms_bridge.people.identities import Known, employee_of
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, deliveries
from lms_bridge.store.types import AnyRow
from tests.conftest import NOW
from tests.scene import BADGE, course

JAKARTA = ZoneInfo("Asia/Jakarta")
NEW_YEAR = dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)
"""midnight in Pematangsiantar"""


class Desk:
    """Where completions are told of."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.targets = Targets(("siasn",), ("moodle", "lain"))
        with store.writing() as db:
            people = {nip: employee_of(db, nip, name="", now=NOW) for nip in (SITI, BUDI)}
        self.people = people

    def telling(self, db: Connection, known: Course, nip: str = SITI, **more: Any) -> Telling:
        catalogue.put(db, [known], source="csv", now=NOW)
        found = catalogue.current_catalogue(db).courses
        values: dict[str, Any] = {
            "who": Known(self.people[nip]),
            "entry": next(one for one in found if one.course.key == known.key),
            "role": "learner",
            "run": "",
            "completed_at": NOW,
            "time_source": "lms",
            "told_by": "moodle",
        }
        return Telling(**values | more)

    def tell(self, known: Course, nip: str = SITI, **more: Any) -> int:
        with self.store.writing() as db:
            return self.tell_in(db, known, nip, **more)

    def tell_in(self, db: Connection, known: Course, nip: str = SITI, **more: Any) -> int:
        telling = self.telling(db, known, nip, **more)
        return subject.record(db, telling, targets=self.targets, zone=JAKARTA, now=NOW)

    def rows(self) -> list[AnyRow]:
        with self.store.reading() as db:
            return list(db.execute(select(completions).order_by(completions.c.id)))

    def row(self) -> AnyRow:
        (only,) = self.rows()
        return only

    def remotes(self, completion_id: int) -> list[str]:
        query = select(deliveries.c.remote).where(deliveries.c.completion_id == completion_id)
        with self.store.reading() as db:
            return sorted(db.execute(query).scalars())

    def tried(self, completion_id: int) -> None:
        with self.store.writing() as db:
            db.execute(
                deliveries.update()
                .where(deliveries.c.completion_id == completion_id)
                .values(attempts=1)
            )


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


PKA = course("PKA")
VOIDED = Reason("taken_back", by="admin", sender="moodle", statement="?")


# --- once ------------------------------------------------------------------------------------


def test_however_often_it_is_told_of_it_is_one_completion(desk: Desk) -> None:
    assert desk.tell(PKA) == desk.tell(PKA) == desk.tell(PKA, completed_at=NOW + SAME_EVENT)
    assert desk.row().certificate_number == "PKA/2026/00001"


@pytest.mark.parametrize(
    "other", [{"nip": BUDI}, {"known": course("PKB")}, {"run": "2"}, {"role": "instructor"}]
)
def test_another_person_course_run_or_role_is_another_completion(
    desk: Desk, other: dict[str, Any]
) -> None:
    both = course("PKA", instructor_hours=5)
    assert desk.tell(both) != desk.tell(**{"known": both} | other)


def test_each_role_has_its_hours(desk: Desk) -> None:
    both = course("PKA", hours=8, instructor_hours=12)
    desk.tell(both)
    desk.tell(both, role="instructor")
    assert [row.hours for row in desk.rows()] == [8, 12]


# --- certificate numbers ---------------------------------------------------------------------


def test_numbers_count_for_each_organiser_and_year(desk: Desk) -> None:
    other = course("LAN", organiser="LAN")
    desk.tell(PKA)
    desk.tell(course("PKB"))
    desk.tell(other)
    desk.tell(PKA, run="2", completed_at=NEW_YEAR)
    assert [row.certificate_number for row in desk.rows()] == [
        "PKA/2026/00001",
        "PKB/2026/00002",
        "LAN/2026/00001",
        "PKA/2027/00001",
    ]


def test_no_number_is_lost_when_a_transaction_is_undone(desk: Desk) -> None:
    desk.tell(PKA)
    with desk.store.engine.connect() as connection:
        db = connection.execution_options(writes=True)
        with db.begin() as transaction:
            desk.tell_in(db, PKA, run="2")
            transaction.rollback()  # as when the process dies
    desk.tell(PKA, run="3")
    assert [row.certificate_number[-5:] for row in desk.rows()] == ["00001", "00002"]


def test_no_number_is_lost_when_only_one_of_a_batch_is_undone(desk: Desk) -> None:
    with desk.store.writing() as db:
        for number in range(4):
            with db.begin_nested() as step:
                desk.tell_in(db, PKA, run=str(number))
                if number == 1:
                    step.rollback()
    assert [row.certificate_number[-5:] for row in desk.rows()] == ["00001", "00002", "00003"]


def test_a_number_that_was_given_stays_with_its_completion(desk: Desk) -> None:
    first = desk.tell(PKA)
    with desk.store.writing() as db:
        subject.withdraw(db, first, VOIDED, NOW)
    desk.tell(PKA, BUDI)
    desk.tell(PKA)
    assert [row.certificate_number[-5:] for row in desk.rows()] == ["00001", "00002"]


# --- days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "at", "days"),
    [
        ({}, NEW_YEAR, ("2027-01-01", "2027-01-01")),
        ({}, NEW_YEAR - dt.timedelta(seconds=1), ("2026-12-31", "2026-12-31")),
        (
            {"starts": dt.date(2026, 3, 2), "ends": dt.date(2026, 3, 20)},
            NOW,
            ("2026-03-02", "2026-03-20"),
        ),
        ({"starts": dt.date(2026, 3, 2)}, NOW, ("2026-03-02", "2026-11-24")),
        ({"ends": dt.date(2026, 3, 20)}, NOW, ("2026-03-20", "2026-03-20")),
        ({"starts": dt.date(2026, 12, 1)}, NOW, ("2026-11-24", "2026-11-24")),
    ],
)
def test_the_days_are_the_courses_own_or_that_of_the_completion(
    changes: dict[str, Any], at: dt.datetime, days: tuple[str, str]
) -> None:
    starts, ends = course("PKA", **changes).days(at, JAKARTA)
    assert (str(starts), str(ends)) == days


@given(
    starts=st.none() | st.dates(),
    ends=st.none() | st.dates(),
    at=st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
)
def test_a_course_never_ends_before_it_starts(
    starts: dt.date | None, ends: dt.date | None, at: dt.datetime
) -> None:
    if starts and ends and starts > ends:
        return
    first, last = course("PKA", starts=starts, ends=ends).days(at, JAKARTA)
    assert first <= last


# --- each year -------------------------------------------------------------------------------

YEARLY = course("PKA", run="yearly")
LATE, EARLY = NEW_YEAR + dt.timedelta(minutes=5), NEW_YEAR - dt.timedelta(minutes=10)


def test_around_new_year_two_tellings_of_one_event_are_one_completion(desk: Desk) -> None:
    first = desk.tell(YEARLY, run="2026", completed_at=EARLY)
    assert desk.tell(YEARLY, run="2027", completed_at=LATE) == first


def test_a_completion_of_the_next_year_is_another_one(desk: Desk) -> None:
    first = desk.tell(YEARLY, run="2026", completed_at=NOW)
    later = NOW + dt.timedelta(days=300)
    assert desk.tell(YEARLY, run="2027", completed_at=later) != first


def test_one_that_the_cron_run_put_into_the_new_year_goes_back_into_the_old_one(
    desk: Desk,
) -> None:
    """Otherwise the next year's own completion would be taken for it and be lost."""
    first = desk.tell(YEARLY, run="2027", completed_at=LATE)
    assert desk.tell(YEARLY, run="2026", completed_at=EARLY, time_source="criteria") == first
    row = desk.row()
    assert (row.run, str(row.ends), row.time_source) == ("2026", "2026-12-31", "criteria")
    later = NEW_YEAR + dt.timedelta(days=200)
    assert desk.tell(YEARLY, run="2027", completed_at=later) != first


# --- a better time ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        ("bridge", "lms", True),
        ("lms", "learner", True),
        ("learner", "criteria", True),
        ("lms", "lms", False),
        ("criteria", "learner", False),
        ("learner", "lms", False),
    ],
)
def test_a_time_is_corrected_by_whoever_knows_better(
    desk: Desk, before: str, after: str, taken: bool
) -> None:
    desk.tell(PKA, time_source=before)
    better = NOW - dt.timedelta(hours=30)
    desk.tell(PKA, time_source=after, completed_at=better)
    row = desk.row()
    assert (row.completed_at == better, row.time_source) == (taken, after if taken else before)
    assert str(row.ends) == ("2026-11-23" if taken else "2026-11-24")


def test_a_better_time_is_a_correction_when_the_registry_may_have_the_other(desk: Desk) -> None:
    made = desk.tell(PKA, time_source="bridge")
    desk.tried(made)
    better = NOW - dt.timedelta(days=1)
    desk.tell(PKA, time_source="criteria", completed_at=better, told_by="moodle")
    assert desk.row().completed_at == better
    with desk.store.reading() as db:
        (past,) = corrections.made(db, made)
    assert (past.by, past.why) == ("moodle", "criteria")
    assert past.before == {"starts": "2026-11-24", "ends": "2026-11-24"}
    assert past.after == {"starts": "2026-11-23", "ends": "2026-11-23"}


def test_a_course_that_is_done_again_does_not_move_what_counts_once(desk: Desk) -> None:
    desk.tell(PKA)
    desk.tell(PKA, time_source="criteria", completed_at=NOW + dt.timedelta(days=90))
    assert desk.row().completed_at == NOW


# --- where it goes ---------------------------------------------------------------------------

BADGED = course("PKA", badge=BADGE)


def test_a_badge_is_issued_in_the_lms_that_told(desk: Desk) -> None:
    made = desk.tell(BADGED, told_by="lain")
    assert desk.remotes(made) == ["lms.lain", "registry.siasn"]


def test_a_badge_of_a_course_of_one_lms_is_issued_there(desk: Desk) -> None:
    made = desk.tell(course("PKA", badge=BADGE, lms="lain"), told_by="")
    assert desk.remotes(made) == ["lms.lain", "registry.siasn"]


def test_an_account_of_another_lms_is_not_taken_for_one_of_this(desk: Desk) -> None:
    who = Known(desk.people[SITI], "moodle", "4")
    desk.tell(BADGED, who=who, told_by="lain")
    assert (desk.row().lms, desk.row().lms_user_id) == ("lain", "")


def test_where_nobody_can_say_which_lms_it_is_there_is_no_badge_to_issue(desk: Desk) -> None:
    assert desk.remotes(desk.tell(BADGED, told_by="")) == ["registry.siasn"]


def test_an_account_that_is_learned_later_is_kept(desk: Desk) -> None:
    desk.tell(BADGED)
    desk.tell(BADGED, who=Known(desk.people[SITI], "moodle", "4"))
    assert desk.row().lms_user_id == "4"


def test_an_lms_that_is_learned_later_gets_the_badge_to_issue(desk: Desk) -> None:
    made = desk.tell(BADGED, told_by="")
    desk.tell(BADGED, who=Known(desk.people[SITI], "moodle", "4"))
    assert (desk.row().lms, desk.row().lms_user_id) == ("moodle", "4")
    assert desk.remotes(made) == ["lms.moodle", "registry.siasn"]


def test_an_account_that_is_known_is_not_exchanged_for_another(desk: Desk) -> None:
    desk.tell(BADGED, who=Known(desk.people[SITI], "moodle", "4"))
    desk.tell(BADGED, who=Known(desk.people[SITI], "moodle", "9"))
    assert desk.row().lms_user_id == "4"


def test_each_registry_gets_it(desk: Desk) -> None:
    desk.targets = Targets(("siasn", "simpeg"), ())
    assert desk.remotes(desk.tell(BADGED)) == ["registry.siasn", "registry.simpeg"]


def test_an_lms_that_is_told_what_a_registry_has_waits_for_it(desk: Desk) -> None:
    desk.targets = Targets(("siasn",), ("moodle",), told={"moodle": "siasn", "lain": "siasn"})
    made = desk.tell(BADGED)
    assert desk.remotes(made) == ["lms.moodle", "lms.moodle", "registry.siasn"]
    with desk.store.reading() as db:
        tell = db.execute(select(deliveries).where(deliveries.c.step == "tell")).one()
    assert (tell.remote, tell.reason_code) == ("lms.moodle", "waits_for_registry")


# --- withdrawn -------------------------------------------------------------------------------


def states(desk: Desk) -> list[str]:
    with desk.store.reading() as db:
        return sorted(db.execute(select(deliveries.c.state)).scalars())


def test_a_completion_that_nothing_tells_of_is_withdrawn_once(desk: Desk) -> None:
    made = desk.tell(BADGED)
    with desk.store.writing() as db:
        assert subject.withdraw(db, made, VOIDED, NOW) is True
        assert subject.withdraw(db, made, VOIDED, NOW + dt.timedelta(hours=1)) is False
    assert desk.row().withdrawn_at == NOW
    assert states(desk) == ["cancelled", "cancelled"]


def test_one_that_is_told_of_again_goes_on_with_a_fresh_count_of_failures(desk: Desk) -> None:
    made = desk.tell(BADGED)
    with desk.store.writing() as db:
        db.execute(deliveries.update().values(failures=5))
        subject.withdraw(db, made, VOIDED, NOW)
    assert desk.tell(BADGED) == made
    assert desk.row().withdrawn_at is None
    assert states(desk) == ["waiting", "waiting"]
    with desk.store.reading() as db:
        assert set(db.execute(select(deliveries.c.failures)).scalars()) == {0}


def test_what_is_under_way_when_it_is_withdrawn_is_not_interfered_with(desk: Desk) -> None:
    made = desk.tell(PKA)
    with desk.store.writing() as db:
        db.execute(deliveries.update().values(state="running"))
        subject.withdraw(db, made, VOIDED, NOW)
    assert states(desk) == ["running"]


def test_a_run_with_a_name_that_is_too_long_is_still_one_run(desk: Desk) -> None:
    first = desk.tell(PKA, run="sesi-" * 200)
    assert desk.tell(PKA, run="sesi-" * 200) == first
    assert desk.tell(PKA, run="sesi-" * 200 + "2") != first
