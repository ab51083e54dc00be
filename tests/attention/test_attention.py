"""What waits for a person, and what becomes of it when one has acted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import EVERYBODY, Sight, Unit
from lms_bridge.attention import acting, bulk, dismissing, linking, outcome, overview
from lms_bridge.attention.groups import Cause, Group, Kind
from lms_bridge.catalogue import editing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.people import postings
from lms_bridge.people.identities import realms_of
from lms_bridge.recognition.recogniser import Recogniser
from lms_bridge.recognition.sightings import carries_a_mark_of
from lms_bridge.store.schema import audit_entries, employees
from tests.scene import SITE, Scene, actor, completed, course, voiding

HR = Actor(name="ratna", role="hr", user_id=None)
NIP = "198703152010012001"
OTHER = "199001012015011001"


class Office:
    """What HR does in a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.store = scene.store

    def groups(self, sight: Sight = EVERYBODY) -> dict[Kind, list[Group]]:
        with self.store.reading() as db:
            return {one.kind: list(one.groups) for one in overview.look(db, sight)}

    def only(self, kind: Kind) -> Group:
        (group,) = self.groups()[kind]
        return group

    def act(self, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with self.store.writing() as db:
            return what(db, *args, actor=HR, now=self.scene.clock(), **more)

    def judge(self) -> None:
        Recogniser(self.store, self.scene.settings, {}, clock=self.scene.clock).judge()

    def members(self, cause: Cause, sight: Sight = EVERYBODY) -> list[str]:
        with self.store.reading() as db:
            return [one.person for one in overview.members(db, cause, sight)]

    def log(self) -> list[tuple[str, Any]]:
        query = select(audit_entries.c.action, audit_entries.c.details)
        with self.store.reading() as db:
            return [(row.action, row.details) for row in db.execute(query)]

    def employee(self, nip: str) -> int:
        with self.store.reading() as db:
            return int(
                db.execute(select(employees.c.id).where(employees.c.nip == nip)).scalar_one()
            )


@pytest.fixture
def office(scene: Scene) -> Office:
    return Office(scene)


def learner(nip: str, number: str, **more: Any) -> dict[str, Any]:
    """Somebody whose account is called by the NIP has completed the course of that number."""
    activity = f"{SITE}/course/view.php?id={number}"
    return completed(actor(nip), f"K-{number}", activity=activity, **more)


def test_an_unknown_course_is_one_group_and_is_mended_by_adding_it(office: Office) -> None:
    office.scene.tell(learner(NIP, "70"), learner(OTHER, "70"), learner(NIP, "71"))
    office.scene.recognise()
    first, second = office.groups()[Kind.COURSE]
    assert (first.count, second.count) == (2, 1)
    assert office.members(first.cause) == [NIP, OTHER]
    with office.store.reading() as db:
        wanted = course("K-70", external_ids=("K-70",))
        seen = editing.preview(db, wanted, None)
    assert (seen.waiting, seen.people, seen.existing) == (2, 2, 0)
    since = office.scene.clock()
    office.act(editing.save, wanted, None)
    office.judge()
    assert [one.course for one in office.scene.completions()] == ["K-70", "K-70"]
    with office.store.reading() as db:
        came = outcome.read(db, carries_a_mark_of(wanted), since=since)
        assert (came.recognised, came.left, list(came.others)) == (2, 0, [])
        assert overview.find(db, first.cause, EVERYBODY).count == 0  # type: ignore[union-attr]
    assert office.only(Kind.COURSE).title == second.title
    assert office.log()[0][0] == "course.added"


def test_an_account_is_linked_to_somebody_and_its_completions_follow(office: Office) -> None:
    office.scene.tell(completed(actor(NIP)))
    stranger = actor("budi", "https://elsewhere.example", "Budi")
    office.scene.tell(completed(stranger), completed(stranger, "X"))
    office.scene.recognise()
    group = office.only(Kind.PERSON)
    assert (group.title, group.count) == ("Budi", 1)
    realms = realms_of(office.scene.settings)
    more = {"realms": realms, "sight": EVERYBODY}
    with pytest.raises(linking.CannotLink):
        office.act(linking.link, group.cause.member, 10_000, **more)
    who = office.employee(NIP)
    assert office.act(linking.link, group.cause.member, who, **more) == 2
    office.judge()
    assert Kind.PERSON not in office.groups()
    assert ("person.linked", {"sighting": group.cause.member, "names": 1}) in office.log()


def test_what_is_dismissed_stays_so_and_can_be_taken_back(office: Office) -> None:
    tester = actor("tester", "https://elsewhere.example", "Tester")
    office.scene.hear(completed(tester))
    group = office.only(Kind.PERSON)
    count = office.act(dismissing.dismiss, group.cause, most=100, why="a test account")
    assert count == 1
    office.scene.hear(completed(tester))  # the same again, another time
    assert office.groups() == {}
    assert set(office.scene.states()) == {"dismissed: dismissed"}
    with office.store.reading() as db:
        (standing,) = dismissing.standing(db, EVERYBODY)
        assert (standing.title, standing.by, standing.why) == ("Tester", "ratna", "a test account")
        assert standing.count == len(dismissing.dismissed(db, EVERYBODY)) == 2
    assert office.act(dismissing.take_back, standing.id, most=100) == 2
    office.judge()
    assert office.only(Kind.PERSON).count == 2


def test_some_of_a_group_are_dismissed_and_no_others(office: Office) -> None:
    office.scene.tell(learner(NIP, "70"), learner(OTHER, "70"))
    office.scene.recognise()
    group = office.only(Kind.COURSE)
    office.act(dismissing.dismiss_some, [group.cause.member, 10_000], why="typed in by hand")
    assert office.members(Cause(Kind.COURSE, group.cause.member)) == [OTHER]
    office.act(dismissing.take_back_some, [group.cause.member])
    office.judge()
    assert office.only(Kind.COURSE).count == 2


def stop(scene: Scene, completion_id: int, message: str) -> None:
    scene.deliver(
        completion_id,
        state=State.BLOCKED,
        reason_code="registry_refused",
        reason_details={"remote": "registry.siasn", "message": message, "delivery": "?"},
        changed_at=scene.clock(),
    )


def test_deliveries_are_grouped_by_what_the_registry_said_and_sent_again(office: Office) -> None:
    scene = office.scene
    scene.tell(*(learner(f"1987031520100120{at:02}", "3") for at in range(1, 6)))
    scene.catalogue(course("K-3"))
    scene.recognise()
    for line in scene.completions():
        stop(scene, line.id, "no such institution" if line.id > 1 else "date is in the future")
    second, first = office.groups()[Kind.DELIVERY]  # where most waits is told first
    assert (first.count, second.count, second.title) == (1, 4, "registry.siasn")
    begun = scene.clock()
    more: dict[str, Any] = {"begun": begun, "actor": HR, "now": scene.clock.forward(seconds=1)}

    def some(db: Any, most: int) -> int:
        return acting.retry(db, second.cause, most=most, **more)

    assert bulk.in_batches(office.store, some, at_once=3) == 4
    assert bulk.in_batches(office.store, some, at_once=3) == 0  # to repeat it does no harm
    assert office.only(Kind.DELIVERY) == first
    assert office.act(acting.cancel_some, [first.cause.member, 10_000], why="by hand") == 1
    assert office.groups() == {}
    assert [name for name, _ in office.log()] == [
        "delivery.retried",
        "delivery.retried",
        "delivery.cancelled",
    ]


def test_a_withdrawal_is_decided(office: Office) -> None:
    scene = office.scene
    (told,) = scene.hear(completed(4))
    scene.deliver(1)
    scene.hear(voiding(told))
    group = office.only(Kind.WITHDRAWAL)
    assert group.count == 1
    assert office.act(acting.decide, [1, 2], "keep", why="it was right") == 1
    assert office.groups() == {}


def test_an_officer_sees_what_concerns_people_of_the_unit(office: Office) -> None:
    scene = office.scene
    scene.hear(learner(NIP, "3"), learner(OTHER, "3"))
    scene.catalogue(course("K-3"))
    scene.hear(learner(NIP, "70"), learner(OTHER, "70"))
    scene.hear(completed(actor("budi", "https://elsewhere.example")))
    for line in scene.completions():
        stop(scene, line.id, "no such institution")
    with scene.store.writing() as db:
        postings.note(db, office.employee(NIP), "siasn", "U1", "Dinas", scene.clock())
    officer = Sight((Unit("siasn", "U1", "Dinas"), frozenset({"U1"})))
    seen = office.groups(officer)
    assert {kind: [one.count for one in groups] for kind, groups in seen.items()} == {
        Kind.COURSE: [1],
        Kind.DELIVERY: [1],
    }
    assert office.members(seen[Kind.DELIVERY][0].cause, officer) != []
    stranger = office.only(Kind.PERSON).cause
    with scene.store.reading() as db:
        assert overview.find(db, stranger, officer) is None
        assert overview.members(db, stranger, officer) == []


def test_what_came_while_a_course_was_looked_at_is_judged_by_it(office: Office) -> None:
    wanted = course("K-70", verbs=("http://example.org/attended",))
    attended = learner(NIP, "70", verb="http://example.org/attended")
    office.scene.hear(attended)  # no completion by the usual verbs
    with office.store.reading() as db:
        found = editing.candidates(db, wanted)
    office.scene.hear(learner(OTHER, "70", verb="http://example.org/attended"))
    office.act(editing.save, wanted, None, candidates=found)
    office.judge()
    assert [one.nip for one in office.scene.completions()] == [NIP, OTHER]
