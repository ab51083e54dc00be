"""Who may work on which delivery, and how what came of it is written down."""

from __future__ import annotations

import msgspec
import pytest

from lms_bridge import reports
from lms_bridge.deliveries import health, leases, queue
from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.step import Outcome
from tests.deliveries.yard import (
    COURSE,
    LMS,
    REGISTRY,
    UNANSWERED,
    Yard,
    dead_token,
    passing,
    refused,
    unavailable,
    unknown,
)

# --- taking


def test_what_is_due_longest_is_taken_first(yard: Yard):
    later, sooner = yard.plan(person=1, due_in=-5), yard.plan(person=2, due_in=-50)
    assert [yard.taken().delivery_id for _ in range(2)] == [sooner, later]


def test_nothing_is_taken_before_its_time(yard: Yard):
    yard.plan(due_in=10)
    assert yard.claim() is None
    yard.clock.forward(seconds=10)
    assert yard.claim() is not None


def test_nothing_is_taken_twice(yard: Yard):
    yard.plan()
    assert yard.claim() is not None
    assert yard.claim(owner="another") is None


def test_of_one_person_only_one_is_under_way_at_a_remote(yard: Yard):
    first, second = yard.plan(person=1), yard.plan(person=1)
    work = yard.taken()
    assert work.delivery_id == first
    assert yard.claim() is None
    yard.succeed(work)
    assert yard.taken().delivery_id == second


def test_a_person_who_is_being_served_keeps_nobody_else_waiting(yard: Yard):
    yard.plan(person=1)
    yard.plan(person=1)
    other = yard.plan(person=2)
    yard.taken()
    assert yard.taken().delivery_id == other


def test_one_person_s_record_and_badge_may_be_under_way_together(yard: Yard):
    yard.plan(person=1, badge_too=True)
    assert yard.taken(REGISTRY).remote == REGISTRY
    assert yard.taken(LMS).remote == LMS


def test_what_goes_elsewhere_is_left_to_others(yard: Yard):
    yard.plan(remote=LMS, step="badge")
    assert yard.claim(REGISTRY) is None


def test_what_is_taken_brings_all_that_a_step_needs(yard: Yard):
    delivery = yard.plan(person=3, lms_user_id="17")
    work = yard.taken()
    assert (work.delivery_id, work.attempt, work.failures) == (delivery, 1, 0)
    assert work.course.name == "Literasi Digital ASN"
    assert work.nip == "198703152010012003"
    assert work.lms_user_id == "17"
    assert work.certificate_number == "LITDIG-2026/2026/00001"


def test_a_course_that_cannot_be_read_any_more_keeps_nobody_else_from_the_queue(yard: Yard):
    yard.plan(person=1, content={**COURSE, "key": "BROKEN", "kind": "no number"})
    healthy = yard.plan(person=2)
    assert yard.claim() is not None
    assert yard.taken().delivery_id == healthy


# --- a remote that is down


def test_nothing_is_taken_while_the_remote_is_paused_and_it_says_so(yard: Yard):
    number = yard.plan()
    with yard.store.writing() as db:
        assert health.pause(db, REGISTRY, by="budi", why="pindah server", now=yard.clock())
        assert not health.pause(db, REGISTRY, by="wati", why="", now=yard.clock())
        health.note_success(db, REGISTRY, now=yard.clock())  # what was under way has ended
    assert yard.claim() is None
    with yard.store.reading() as db:
        assert not queue.with_work(db, [REGISTRY], now=yard.clock())
        (line,) = reports.list_deliveries(db, now=yard.clock())
    assert line.reason.what("en") == (
        f"budi has paused what is delivered to {REGISTRY}: pindah server"
    )
    assert "menjeda" in line.reason.what("id")
    with yard.store.writing() as db:
        assert health.resume(db, REGISTRY, now=yard.clock())
        assert not health.resume(db, REGISTRY, now=yard.clock())
    assert yard.taken().delivery_id == number


def test_nothing_is_taken_while_the_remote_is_down(yard: Yard):
    yard.plan()
    yard.bring_down()
    assert yard.claim() is None


def test_one_delivery_is_taken_as_a_probe_when_one_is_due(yard: Yard):
    yard.plan(person=1)
    yard.plan(person=2)
    yard.bring_down()
    yard.clock.forward(seconds=15)
    assert yard.claim() is not None
    assert yard.claim() is None


def test_a_probe_is_not_spent_while_there_is_nothing_to_probe_with(yard: Yard):
    yard.bring_down()
    yard.clock.forward(seconds=15)
    assert yard.claim() is None
    yard.plan()
    assert yard.claim() is not None


def test_a_probe_that_succeeds_opens_the_remote_for_all(yard: Yard):
    yard.plan(person=1)
    yard.plan(person=2)
    yard.bring_down()
    yard.clock.forward(seconds=15)
    yard.succeed(yard.taken())
    assert yard.claim() is not None


def test_the_next_probe_is_made_with_another_delivery(yard: Yard):
    """One that the remote cannot digest would else keep it down for all."""
    poison, other = yard.plan(person=1, due_in=-100), yard.plan(person=2, due_in=-1)
    yard.bring_down()
    yard.clock.forward(seconds=15)
    work = yard.taken()
    assert work.delivery_id == poison
    yard.fail(work, unavailable())
    assert yard.state(poison) == "waiting"
    yard.clock.forward(seconds=300)
    assert yard.taken().delivery_id == other


def test_a_delivery_that_comes_in_while_poison_keeps_the_remote_down_is_probed_next(yard: Yard):
    for person in (1, 2, 3):
        yard.plan(person=person)
    for _ in range(3):
        yard.fail(yard.taken(), unavailable())
    assert yard.health().is_down
    yard.clock.forward(seconds=10)
    fresh = yard.plan(person=4)
    yard.clock.forward(seconds=5)
    assert yard.taken().delivery_id == fresh


def test_a_poison_that_is_alone_is_given_up_in_the_end_and_not_held_for_ever(yard: Yard):
    patience = msgspec.structs.replace(yard.settings.retry, give_up_after_days=0.2)
    yard.settings = msgspec.structs.replace(yard.settings, retry=patience)
    poison = yard.plan()
    for _ in range(20):
        if yard.state(poison) == "blocked":
            break
        yard.clock.forward(seconds=max(yard.due_in(poison), 0))
        yard.fail(yard.taken(), unavailable())
        assert not yard.health().is_down
    assert yard.reason(poison).code == "gave_up"


def test_a_dead_token_is_noticed_once_and_nobody_else_tries(yard: Yard):
    first = yard.plan(person=1)
    yard.plan(person=2)
    failed = yard.fail(yard.taken(), dead_token())
    assert failed.went_down
    assert yard.state(first) == "waiting"
    assert yard.claim() is None


def test_that_a_remote_goes_down_is_told_once(yard: Yard):
    for person in range(1, 6):
        yard.plan(person=person)
    under_way = [yard.taken() for _ in range(5)]
    assert [yard.fail(work, dead_token()).went_down for work in under_way] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_what_fails_with_a_remote_that_goes_down_keeps_its_patience(yard: Yard):
    deliveries = [yard.plan(person=person) for person in range(1, 5)]
    under_way = [yard.taken() for _ in range(4)]
    for work in under_way:
        yard.fail(work, unavailable())
    assert [yard.row(one).failures for one in deliveries] == [1, 1, 0, 0]
    assert [yard.state(one) for one in deliveries] == [
        "retrying",
        "retrying",
        "waiting",
        "waiting",
    ]


# --- what came of it


def test_what_is_confirmed_is_done_with_the_id_that_the_remote_gave_it(yard: Yard):
    delivery = yard.plan()
    yard.succeed(yard.taken(), "A5EB03E2")
    row = yard.row(delivery)
    assert (row.state, row.result_id, row.lease_owner) == ("done", "A5EB03E2", None)
    assert yard.attempts(delivery) == ["done"]


def test_an_id_of_any_length_is_kept(yard: Yard):
    delivery = yard.plan()
    yard.succeed(yard.taken(), "x" * 500)
    assert yard.row(delivery).result_id == "x" * 500


def test_what_failed_says_why_and_when_it_is_tried_again(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), passing())
    assert yard.state(delivery) == "retrying"
    assert yard.due_in(delivery) == 30
    assert yard.reason(delivery).code == "collision"
    assert yard.attempts(delivery) == ["postpone"]


def test_each_attempt_is_kept_with_what_was_said(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), unknown())
    yard.clock.forward(hours=1)
    yard.succeed(yard.taken())
    assert yard.attempts(delivery) == ["unknown", "done"]


def test_what_is_refused_waits_for_a_person(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), refused())
    assert yard.state(delivery) == "blocked"
    yard.clock.forward(days=1)
    assert yard.claim() is None


def test_a_refusal_shows_that_the_remote_is_well(yard: Yard):
    yard.plan()
    yard.bring_down(error=unavailable())
    yard.clock.forward(seconds=15)
    yard.fail(yard.taken(), refused())
    assert not yard.health().is_down


@pytest.mark.parametrize("exchanges", [(), (UNANSWERED,)])
def test_a_failure_at_which_the_remote_said_nothing_shows_nothing_of_it(yard: Yard, exchanges):
    """The bridge itself failed, or what was sent has not settled yet."""
    yard.plan()
    yard.bring_down(error=unavailable())
    yard.clock.forward(seconds=15)
    yard.fail(yard.taken(), passing(), exchanges=exchanges)
    assert yard.health().is_down


def test_a_success_makes_the_count_of_failures_begin_anew(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), passing())
    yard.clock.forward(minutes=1)
    yard.fail(yard.taken(), passing())
    assert yard.row(delivery).failures == 2
    yard.clock.forward(minutes=5)
    yard.succeed(yard.taken())
    assert yard.row(delivery).failures == 0


def test_patience_is_counted_from_the_first_failure(yard: Yard):
    delivery = yard.plan()
    yard.clock.forward(days=40)
    yard.fail(yard.taken(), passing())
    assert yard.state(delivery) == "retrying"
    yard.clock.forward(days=31)
    yard.fail(yard.taken(), passing())
    assert yard.reason(delivery).code == "gave_up"


def test_an_outage_of_months_uses_up_no_patience(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), passing())
    yard.bring_down()
    yard.clock.forward(days=90)
    yard.fail(yard.taken(), dead_token())
    assert yard.state(delivery) == "waiting"
    yard.clock.forward(seconds=300)
    yard.fail(yard.taken(), passing())
    assert yard.state(delivery) == "retrying"


# --- leases and fences


def test_what_a_step_has_begun_is_known_to_whoever_comes_next(yard: Yard):
    yard.plan()
    yard.note(yard.taken(), sent_at="then")
    yard.clock.forward(minutes=5)
    yard.take_over()
    assert yard.taken().progress == {"sent_at": "then"}


def test_writing_something_down_gives_the_whole_lease_anew(yard: Yard):
    yard.plan()
    work = yard.taken()
    yard.clock.forward(seconds=119)
    yard.note(work, sent_at="then")
    yard.clock.forward(seconds=119)
    assert yard.take_over() == 0


def test_nothing_is_begun_with_a_lease_that_has_run_out(yard: Yard):
    yard.plan()
    work = yard.taken()
    yard.clock.forward(seconds=120)
    with pytest.raises(LeaseLost):
        yard.note(work, sent_at="then")


@pytest.mark.parametrize("word", ["succeed", "fail", "note"])
def test_the_late_word_of_a_worker_that_was_taken_over_from_does_not_count(yard: Yard, word):
    delivery = yard.plan()
    silent = yard.taken()
    yard.clock.forward(seconds=121)
    yard.take_over()
    successor = yard.taken(owner="successor")
    with pytest.raises(LeaseLost):
        {
            "succeed": lambda: yard.succeed(silent),
            "fail": lambda: yard.fail(silent, refused()),
            "note": lambda: yard.note(silent, sent_at="then"),
        }[word]()
    row = yard.row(delivery)
    assert (row.state, row.lease_owner, row.progress) == ("running", "successor", {})
    yard.succeed(successor)
    assert yard.attempts(delivery) == ["interrupted", "done"]


def test_the_same_worker_s_word_of_an_earlier_attempt_does_not_count_either(yard: Yard):
    yard.plan()
    earlier = yard.taken(owner="one")
    yard.clock.forward(seconds=121)
    yard.take_over()
    yard.taken(owner="one")
    with pytest.raises(LeaseLost):
        yard.succeed(earlier)


def test_a_word_that_does_not_count_says_nothing_of_the_remote_either(yard: Yard):
    yard.plan()
    silent = yard.taken()
    yard.clock.forward(seconds=121)
    yard.take_over()
    with pytest.raises(LeaseLost):
        yard.fail(silent, dead_token())
    assert not yard.health().is_down


def test_a_late_word_counts_as_long_as_nobody_has_taken_over(yard: Yard):
    delivery = yard.plan()
    work = yard.taken()
    yard.clock.forward(hours=1)
    yard.succeed(work)
    assert yard.state(delivery) == "done"


# --- whether there is anything to do


def anything(yard: Yard, *remotes: str) -> bool:
    with yard.store.reading() as db:
        found = queue.with_work(db, remotes or (REGISTRY, LMS), now=yard.clock())
        return bool(found) or leases.is_anything_abandoned(db, now=yard.clock())


def test_there_is_something_to_do_when_something_is_due(yard: Yard):
    assert not anything(yard)
    yard.plan(due_in=10)
    assert not anything(yard)
    yard.clock.forward(seconds=10)
    assert anything(yard)


def test_there_is_nothing_to_do_while_the_remote_is_down_until_a_probe_is_due(yard: Yard):
    yard.plan()
    yard.bring_down()
    assert not anything(yard)
    yard.clock.forward(seconds=15)
    assert anything(yard)


def test_there_is_nothing_to_do_for_remotes_that_are_not_configured(yard: Yard):
    yard.plan(remote="registry.old")
    assert not anything(yard)


def test_there_is_nothing_to_do_while_another_is_at_the_same_person(yard: Yard):
    yard.plan(person=1)
    yard.plan(person=1)
    yard.taken()
    assert not anything(yard)


def test_there_is_something_to_do_when_a_worker_has_fallen_silent(yard: Yard):
    yard.plan()
    yard.taken()
    assert not anything(yard)
    yard.clock.forward(seconds=120)
    assert anything(yard)


def test_an_outcome_may_leave_something_to_be_remembered(yard: Yard):
    delivery = yard.plan()
    work = yard.taken()
    with yard.store.writing() as db:
        outcome = Outcome("row-1", "https://lms.example/badge", found=True)
        queue.succeed(db, work, outcome, queue.Trace({"old": 1}), now=yard.clock())
    row = yard.row(delivery)
    assert row.progress == {"old": 1, "found": True}
    assert row.result_link == "https://lms.example/badge"


def test_one_delivery_can_be_taken_and_no_other(yard: Yard) -> None:
    first, second, same_person = yard.plan(), yard.plan(person=2), yard.plan(person=2)
    later = yard.plan(person=3, due_in=60)

    def taken(only: int) -> int | None:
        with yard.store.writing() as db:
            work = queue.claim(
                db,
                REGISTRY,
                owner="elsewhere/x/1:1:a",
                now=yard.clock(),
                settings=yard.settings,
                only=only,
            )
        return work.delivery_id if work else None

    assert taken(second) == second
    assert taken(second) is None  # somebody is at it
    assert taken(same_person) is None
    assert taken(later) is None
    yard.bring_down()
    yard.clock.forward(minutes=10)
    assert taken(first) is None  # not even as a probe
    assert yard.state(first) == "waiting"
