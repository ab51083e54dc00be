"""What a person may do to a delivery."""

from __future__ import annotations

import pytest

from lms_bridge.deliveries import actions
from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition
from tests.deliveries.yard import LMS, REGISTRY, Yard, passing, refused, unknown


def retry(yard: Yard, *ids: int) -> int:
    with yard.store.writing() as db:
        return actions.retry(db, ids, now=yard.clock())


def retry_all(yard: Yard, remote: str = "") -> int:
    with yard.store.writing() as db:
        return actions.retry_all(db, remote=remote, now=yard.clock())


def cancel(yard: Yard, *ids: int) -> int:
    with yard.store.writing() as db:
        return actions.cancel(db, ids, by="ani", why="typed twice", now=yard.clock())


@pytest.fixture
def blocked(yard: Yard) -> int:
    delivery = yard.plan()
    yard.fail(yard.taken(), refused())
    return delivery


def test_what_is_blocked_can_be_tried_again_at_once(yard: Yard, blocked: int):
    yard.clock.forward(days=3)
    assert retry(yard, blocked) == 1
    assert (yard.state(blocked), yard.reason(blocked).code) == ("waiting", "new")
    assert yard.taken().delivery_id == blocked


def test_the_new_effort_has_all_the_patience_of_the_first(yard: Yard, blocked: int):
    retry(yard, blocked)
    yard.fail(yard.taken(), passing())
    assert yard.due_in(blocked) == 30
    assert yard.row(blocked).attempts == 2


def test_what_waits_for_its_time_can_be_tried_now(yard: Yard):
    delivery = yard.plan()
    yard.fail(yard.taken(), passing())
    retry(yard, delivery)
    assert yard.due_in(delivery) == 0


def test_what_was_cancelled_can_be_taken_up_again(yard: Yard, blocked: int):
    cancel(yard, blocked)
    retry(yard, blocked)
    assert yard.state(blocked) == "waiting"


def test_what_an_attempt_may_have_set_off_is_remembered(yard: Yard):
    delivery = yard.plan()
    work = yard.taken()
    yard.note(work, sent_at="then")
    yard.fail(work, unknown(), pages={"sent_at": "then"})
    retry(yard, delivery)
    assert yard.row(delivery).progress == {"sent_at": "then"}


def test_a_remote_that_counted_as_down_is_tried_at_once(yard: Yard, blocked: int):
    yard.bring_down()
    retry(yard, blocked)
    assert yard.taken().delivery_id == blocked


def test_what_is_being_worked_on_cannot_be_tried_again(yard: Yard):
    delivery = yard.plan()
    yard.taken()
    with pytest.raises(IllegalTransition, match=f"delivery {delivery} is running"):
        retry(yard, delivery)


def test_what_is_done_cannot_be_tried_again(yard: Yard):
    delivery = yard.plan()
    yard.succeed(yard.taken())
    with pytest.raises(IllegalTransition, match=f"delivery {delivery} is done"):
        retry(yard, delivery)
    assert yard.state(delivery) == "done"


def test_of_several_of_which_one_cannot_be_tried_again_none_is(yard: Yard, blocked: int):
    done = yard.plan(person=2)
    yard.succeed(yard.taken())
    with pytest.raises(IllegalTransition):
        retry(yard, blocked, done)
    assert yard.state(blocked) == "blocked"


def test_a_number_that_no_delivery_has_is_named(yard: Yard, blocked: int):
    with pytest.raises(NoSuchDelivery, match="there is no delivery 4711"):
        retry(yard, blocked, 4711)
    assert yard.state(blocked) == "blocked"


def test_all_that_is_blocked_can_be_tried_again_together(yard: Yard):
    for person in (1, 2):
        yard.plan(person=person)
        yard.fail(yard.taken(), refused())
    yard.plan(person=3, remote=LMS, step="badge")
    yard.fail(yard.taken(LMS), refused())
    waits = yard.plan(person=4, due_in=60)
    assert retry_all(yard, REGISTRY) == 2
    assert retry_all(yard) == 1
    assert yard.due_in(waits) == 60, "what only waits is left alone"


def test_trying_all_again_opens_the_remotes_that_were_down(yard: Yard, blocked: int):
    yard.bring_down()
    assert retry_all(yard) == 1
    assert not yard.health().is_down
    assert blocked == yard.taken().delivery_id


@pytest.mark.parametrize("state", ["waiting", "retrying", "blocked"])
def test_what_is_not_done_can_be_given_up(yard: Yard, state: str):
    delivery = yard.plan()
    if state != "waiting":
        yard.fail(yard.taken(), refused() if state == "blocked" else passing())
    assert yard.state(delivery) == state
    assert cancel(yard, delivery) == 1
    assert yard.state(delivery) == "cancelled"
    assert yard.reason(delivery).what() == "Cancelled by ani: typed twice"
    yard.clock.forward(days=1)
    assert yard.claim() is None


@pytest.mark.parametrize("state", ["running", "done", "cancelled"])
def test_what_is_under_way_or_over_cannot_be_given_up(yard: Yard, state: str):
    delivery = yard.plan()
    if state == "cancelled":
        cancel(yard, delivery)
    else:
        work = yard.taken()
        if state == "done":
            yard.succeed(work)
    with pytest.raises(IllegalTransition, match="cannot be cancelled"):
        cancel(yard, delivery)
    assert yard.state(delivery) == state


def test_the_remotes_of_some_deliveries_are_known(yard: Yard):
    one, two = yard.plan(), yard.plan(remote=LMS, step="badge")
    with yard.store.reading() as db:
        assert actions.remotes_of(db, [one, two]) == {REGISTRY, LMS}
