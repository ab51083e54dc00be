"""How each remote is doing, as all workers share it."""

from __future__ import annotations

import threading

import pytest

from lms_bridge.deliveries import health
from tests.deliveries.yard import LMS, REGISTRY, Yard, dead_token, unavailable


def may(yard: Yard, remote: str = REGISTRY) -> bool:
    with yard.store.writing() as db:
        return health.may_claim(db, remote, now=yard.clock(), policy=yard.settings.breaker)


def configured(yard: Yard, *names: str) -> None:
    with yard.store.writing() as db:
        health.note_configured(db, names, now=yard.clock())


def test_a_remote_that_was_never_heard_of_is_well(yard: Yard):
    assert not yard.health("registry.new").is_down
    assert may(yard, "registry.new")


def test_what_is_known_of_a_remote_is_known_to_all(yard: Yard):
    yard.bring_down(error=dead_token())
    known = yard.health()
    assert known.is_down
    assert known.since == yard.clock()
    assert known.reason == dead_token().reason


def test_one_remote_that_is_down_says_nothing_of_the_other(yard: Yard):
    yard.bring_down(REGISTRY)
    assert not may(yard, REGISTRY)
    assert may(yard, LMS)


def test_a_probe_that_is_due_is_given_to_the_first_who_asks(yard: Yard):
    yard.bring_down()
    yard.clock.forward(seconds=15)
    assert [may(yard) for _ in range(3)] == [True, False, False]


def test_of_many_who_ask_at_the_same_moment_one_makes_the_probe(yard: Yard):
    yard.bring_down()
    yard.clock.forward(seconds=15)
    allowed: list[bool] = []
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        allowed.append(may(yard))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(allowed) == [False, False, False, True]


def test_a_person_who_says_that_it_works_again_is_believed(yard: Yard):
    yard.bring_down()
    with yard.store.writing() as db:
        health.reset(db, REGISTRY, now=yard.clock())
    assert may(yard)
    assert yard.health().failures == 0


def test_failures_of_several_transactions_add_up(yard: Yard):
    for number in range(3):
        with yard.store.writing() as db:
            worse = health.note_failure(
                db,
                REGISTRY,
                unavailable().reason,
                now=yard.clock(),
                policy=yard.settings.breaker,
                certain=False,
                culprit=f"delivery {number}",
            )
        assert worse.health.is_down == worse.went_down == (number == 2)


def test_failures_at_the_same_moment_are_all_counted_and_one_of_them_brings_it_down(yard: Yard):
    for person in range(1, 5):
        yard.plan(person=person)
    under_way = [yard.taken() for _ in range(4)]
    together, went_down = threading.Barrier(4), []

    def fail(number: int) -> None:
        together.wait()
        went_down.append(yard.fail(under_way[number], unavailable()).went_down)

    threads = [threading.Thread(target=fail, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went_down) == [False, False, False, True]
    assert yard.health().failures == 3


def test_what_waits_for_a_remote_that_is_not_configured_says_so(yard: Yard):
    yard.plan(remote="registry.old")
    configured(yard, REGISTRY)
    known = yard.health("registry.old")
    assert known.is_down
    assert known.reason is not None
    assert "not in the configuration" in known.reason.sentence()
    yard.clock.forward(days=400)
    assert not may(yard, "registry.old"), "there is nobody to be probed"


def test_a_remote_that_is_configured_again_may_be_used_again(yard: Yard):
    yard.plan(remote="registry.old")
    configured(yard, REGISTRY)
    configured(yard, REGISTRY, "registry.old")
    assert may(yard, "registry.old")


@pytest.mark.parametrize("state", ["done", "cancelled", "blocked"])
def test_a_remote_that_nothing_waits_for_is_not_missed(yard: Yard, state: str):
    delivery = yard.plan(remote="registry.old")
    if state == "cancelled":
        yard.set(delivery, state=state)
    else:
        work = yard.taken("registry.old")
        yard.set(work.delivery_id, state=state)
    configured(yard, REGISTRY)
    assert not yard.health("registry.old").is_down


def test_being_configured_heals_no_remote_that_is_down_for_a_reason_of_its_own(yard: Yard):
    yard.bring_down(REGISTRY)
    configured(yard, REGISTRY)
    assert yard.health().is_down
