"""A person who was given another NIP: what was known of the former one becomes theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.store.schema import completions, deliveries, employees
from tests.people.people import person
from tests.scene import Scene, actor, completed, course, voiding

OLD = "199103052024211005"
NEW = "199103052026031005"


@pytest.fixture
def both(scene: Scene) -> Scene:
    """A person who completed LATSAR under the old NIP and another course under the new one."""
    scene.catalogue(course("OTHER"))
    scene.hear(completed(actor(OLD)), completed(actor(NEW), "OTHER"))
    return scene


def test_the_completions_of_the_former_nip_become_those_of_the_present_one(both: Scene) -> None:
    both.link(person(NEW, former=(OLD,)))
    assert [(one.nip, one.course, one.withdrawn) for one in both.completions()] == [
        (NEW, "DIKLAT-LATSAR-2026", False),
        (NEW, "OTHER", False),
    ]
    assert both.nips() == [NEW]


def test_statements_under_either_nip_are_the_same_persons_from_then_on(both: Scene) -> None:
    both.link(person(NEW, former=(OLD,)))
    both.catalogue(course("THIRD"))
    both.hear(completed(actor(OLD), "THIRD"), completed(actor(NEW), "THIRD"))
    assert [one.nip for one in both.completions()] == [NEW, NEW, NEW]


def test_a_nip_that_nobody_had_met_is_a_former_one_as_well(scene: Scene) -> None:
    scene.link(person(NEW, former=(OLD,)))
    assert scene.nips() == [NEW]
    scene.hear(completed(actor(OLD)))
    assert scene.completion().nip == NEW


def test_a_new_nip_that_nobody_had_met_takes_everything_over(scene: Scene) -> None:
    scene.hear(completed(actor(OLD)))
    scene.link(person(NEW, former=(OLD,)))
    assert (scene.completion().nip, scene.nips()) == (NEW, [NEW])


def test_accounts_of_the_former_nip_are_the_persons(scene: Scene) -> None:
    scene.hear(completed(4))
    scene.link(person(NEW, former=(SITI,)))
    assert {f"nip:{SITI}", f"nip:{NEW}"} < scene.keys(NEW)
    scene.catalogue(course("OTHER"))
    scene.hear(completed(4, "OTHER"))
    assert [one.nip for one in scene.completions()] == [NEW, NEW]


def test_two_people_never_have_calls_under_way_for_one_after_the_merge(both: Scene) -> None:
    both.link(person(NEW, former=(OLD,)))
    with both.store.reading() as db:
        lanes = set(db.execute(select(deliveries.c.lane)).scalars())
        whose = set(db.execute(select(deliveries.c.employee_id)).scalars())
        (employee_id,) = db.execute(select(employees.c.id)).scalars()
    assert lanes == {f"registry.siasn:{employee_id}"}
    assert whose == {employee_id}


def test_what_is_under_way_at_that_moment_goes_on(both: Scene) -> None:
    for one in both.completions():
        both.deliver(one.id, state=State.RUNNING)
    both.link(person(NEW, former=(OLD,)))
    assert {one.nip for one in both.completions()} == {NEW}


# --- the same course under both --------------------------------------------------------------


@pytest.fixture
def twice(scene: Scene) -> Scene:
    """A person whose one completion was told under the old and under the new NIP."""
    scene.hear(completed(actor(OLD)), completed(actor(NEW)))
    return scene


def test_what_was_completed_under_both_is_one_completion(twice: Scene) -> None:
    twice.link(person(NEW, former=(OLD,)))
    assert [(one.nip, one.withdrawn) for one in twice.completions()] == [(NEW, True), (NEW, False)]
    assert [one.steps["registry.siasn"] for one in twice.completions()] == ["cancelled", "waiting"]
    stays = twice.completions()[1].id
    assert [row.completion_id for row in twice.sightings()] == [stays, stays]


def test_it_is_the_one_that_a_registry_has_whichever_nip_it_was_told_under(twice: Scene) -> None:
    twice.deliver(twice.completions()[0].id)
    twice.link(person(NEW, former=(OLD,)))
    assert [(one.nip, one.run, one.withdrawn) for one in twice.completions()] == [
        (NEW, "", False),
        (NEW, f"#{twice.completions()[1].id}", True),
    ]


def test_where_a_registry_has_both_the_second_is_shown_as_withdrawn(twice: Scene) -> None:
    for one in twice.completions():
        twice.deliver(one.id)
    twice.link(person(NEW, former=(OLD,)))
    assert [one.withdrawn for one in twice.completions()] == [True, False]
    assert {one.steps["registry.siasn"] for one in twice.completions()} == {"done"}
    goes, stays = twice.completions()
    (line,) = twice.undecided()
    assert line.id == goes.id
    assert line.withdrawal is not None
    assert line.withdrawal.reason == Reason("told_twice", completion=stays.id)


def test_a_completion_that_is_told_again_is_the_one_that_stayed(twice: Scene) -> None:
    twice.link(person(NEW, former=(OLD,)))
    twice.hear(completed(actor(OLD), at="2026-11-24T02:30:00Z"))
    assert [one.withdrawn for one in twice.completions()] == [True, False]


def test_one_that_was_taken_back_is_taken_up_if_the_other_was_not(scene: Scene) -> None:
    scene.hear(completed(actor(OLD)))
    (told,) = scene.hear(completed(actor(NEW)))
    scene.hear(voiding(told))
    scene.link(person(NEW, former=(OLD,)))
    stays = next(one for one in scene.completions() if one.run == "")
    assert (stays.withdrawn, stays.steps) == (False, {"registry.siasn": "waiting"})


def test_an_employee_who_was_merged_is_not_looked_up_in_the_registry_any_more(both: Scene) -> None:
    both.link(person(NEW, former=(OLD,)))
    with both.store.reading() as db:
        left = db.execute(
            select(completions.c.employee_id).where(
                completions.c.employee_id.not_in(select(employees.c.id))
            )
        ).all()
    assert left == []
    assert both.nips() == [NEW]


def test_a_merge_touches_nobody_else(both: Scene) -> None:
    both.hear(completed(actor(BUDI)))
    both.link(person(NEW, former=(OLD,)))
    assert both.completions()[-1].nip == BUDI
