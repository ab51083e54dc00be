"""Taking over from workers that are no more, and keeping what living ones are at."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import select

from lms_bridge.deliveries import leases
from lms_bridge.deliveries.ownership import new_owner
from lms_bridge.store.schema import attempts
from tests.deliveries.yard import Yard


def renew(yard: Yard, owner: str, *held: int) -> None:
    with yard.store.writing() as db:
        leases.renew(db, owner, held, now=yard.clock(), lease_seconds=yard.settings.lease_seconds)


@pytest.fixture(scope="module")
def killed() -> str:
    """A worker of this machine that is no more."""
    code = "from lms_bridge.deliveries.ownership import new_owner; print(new_owner())"
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


def test_what_a_silent_worker_holds_is_released_when_its_lease_has_run_out(yard: Yard):
    delivery = yard.plan()
    yard.taken()
    yard.clock.forward(seconds=119)
    assert yard.take_over() == 0
    yard.clock.forward(seconds=1)
    assert yard.take_over() == 1
    assert yard.state(delivery) == "retrying"
    assert yard.reason(delivery).code == "interrupted"
    assert yard.due_in(delivery) == 0


def test_what_a_killed_worker_held_is_released_at_once(yard: Yard, killed: str):
    delivery = yard.plan()
    yard.taken(owner=killed)
    assert yard.take_over() == 1
    assert yard.state(delivery) == "retrying"


def test_what_a_worker_elsewhere_holds_is_left_to_it_until_its_lease_runs_out(yard: Yard):
    yard.plan()
    yard.taken(owner="another-host/another-kernel/1:1:abcd")
    assert yard.take_over() == 0


def test_what_a_living_worker_is_at_is_never_taken_over(yard: Yard):
    delivery = yard.plan()
    owner = new_owner()
    yard.taken(owner=owner)
    for _ in range(10):
        yard.clock.forward(seconds=100)
        renew(yard, owner, delivery)
        assert yard.take_over() == 0


def test_only_what_it_is_really_at_is_kept_for_it(yard: Yard):
    """A claim whose commit broke off may have gone through without anybody knowing."""
    orphan, held = yard.plan(person=1), yard.plan(person=2)
    owner = new_owner()
    yard.taken(owner=owner)
    yard.taken(owner=owner)
    yard.clock.forward(seconds=119)
    renew(yard, owner, held)
    yard.clock.forward(seconds=1)
    assert yard.take_over() == 1
    assert (yard.state(orphan), yard.state(held)) == ("retrying", "running")


def test_a_lease_cannot_be_renewed_by_another(yard: Yard):
    delivery = yard.plan()
    yard.taken(owner="elsewhere/x/1:1:a")
    yard.clock.forward(seconds=119)
    renew(yard, "elsewhere/x/1:1:b", delivery)
    yard.clock.forward(seconds=1)
    assert yard.take_over() == 1


def test_the_attempt_that_was_cut_off_is_kept_from_when_it_began(yard: Yard):
    delivery = yard.plan()
    began = yard.clock()
    yard.taken()
    yard.clock.forward(minutes=3)
    yard.take_over()
    with yard.store.reading() as db:
        row = db.execute(select(attempts)).one()
    assert (row.delivery_id, row.number, row.outcome) == (delivery, 1, "interrupted")
    assert (row.started_at, row.finished_at) == (began, yard.clock())


def test_taking_over_uses_up_no_patience(yard: Yard):
    delivery = yard.plan()
    for _ in range(5):
        yard.taken()
        yard.clock.forward(minutes=3)
        yard.take_over()
    assert yard.row(delivery).failures == 0


def test_all_that_was_dropped_is_taken_over_together(yard: Yard, killed: str):
    for person in range(1, 8):
        yard.plan(person=person)
        yard.taken(owner=killed)
    assert yard.take_over() == 7
    assert yard.take_over() == 0
