"""Judging again what is judged by something else now: nothing is there twice by that."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.attention import bulk, dismissing, judging, overview
from lms_bridge.attention.groups import Act
from lms_bridge.recognition.recogniser import Recogniser
from lms_bridge.store.schema import audit_entries, completions, deliveries, sightings, statements
from tests.scene import SITE, Scene, actor, completed, course

IT = Actor(name="budi", role="it")


def tell(scene: Scene, *numbers: str, of: str = "70") -> None:
    """Those accounts, called by NIPs, have completed a course that is not in the catalogue."""
    activity = f"{SITE}/course/view.php?id={of}"
    people = [actor(f"1987031520100120{one}") for one in numbers]
    told = [completed(one, f"K-{of}", activity=activity) for one in people]
    scene.tell(*told)
    scene.recognise()


def become_known(scene: Scene, of: str = "70") -> None:
    """The course is in the catalogue now, and nobody has had judged again what waits for it."""
    waiting = update(sightings).values(state="attention", decided_at=scene.clock())
    before = select(sightings.c.id).where(sightings.c.state == "attention")
    with scene.store.writing() as db:
        ids = db.scalars(before).all()
    scene.catalogue(course(f"K-{of}", activities=[f"{SITE}/course/view.php?id={of}"]))
    with scene.store.writing() as db:
        db.execute(waiting.where(sightings.c.id.in_(ids)))


def counted(scene: Scene) -> tuple[int, int]:
    with scene.store.reading() as db:
        return tuple(  # type: ignore[return-value]
            db.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (completions, deliveries)
        )


def judge(scene: Scene) -> None:
    Recogniser(scene.store, scene.settings, {}, clock=scene.clock).judge()


def test_a_group_is_judged_again_and_nothing_is_there_twice(scene: Scene) -> None:
    tell(scene, "01", "02", "03")
    become_known(scene)
    with scene.store.reading() as db:
        [section] = overview.look(db, EVERYBODY)
    [group] = section.groups
    assert Act.JUDGE in group.acts
    more: dict[str, Any] = {"actor": IT, "now": scene.clock()}

    def again() -> int:
        begun = scene.clock()
        return bulk.in_batches(
            scene.store,
            lambda db, most: judging.judge_group(db, group.cause, most=most, begun=begun, **more),
            at_once=2,
        )

    assert again() == 3
    judge(scene)
    found = counted(scene)
    assert found[0] == 3
    assert again() == 0
    scene.recognise()
    assert counted(scene) == found
    with scene.store.reading() as db:
        noted = db.execute(select(audit_entries.c.action, audit_entries.c.details)).all()
    assert [one.action for one in noted] == ["statement.judged"] * 2


def test_what_a_statement_became_stays_and_what_was_dismissed_too(scene: Scene) -> None:
    tell(scene, "01", "02")
    with scene.store.reading() as db:
        ids = db.scalars(select(sightings.c.id).order_by(sightings.c.id)).all()
        names = db.scalars(select(statements.c.id).order_by(statements.c.seq)).all()
    with scene.store.writing() as db:
        dismissing.dismiss_some(db, [ids[0]], actor=IT, why="uji coba", now=scene.clock())

    def again(name: str) -> int:
        with scene.store.writing() as db:
            return judging.judge_statement(db, name, actor=IT, now=scene.clock())

    assert again(names[0]) == 0
    assert again(names[1]) == 1
    judge(scene)
    assert again(names[1]) == 1  # it waits for the course still
    scene.catalogue(course("K-70", activities=[f"{SITE}/course/view.php?id=70"]))
    scene.recognise()
    assert counted(scene)[0] == 1
    assert again(names[1]) == 0
