"""Nothing that comes in stands in the way of anything else."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import DBAPIError

from lms_bridge import completions
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.recognition import reading, sightings
from lms_bridge.recognition.recogniser import Recogniser
from lms_bridge.sandbox.city import SITI
from lms_bridge.sandbox.residents import many_people
from lms_bridge.store import schema
from lms_bridge.store.engine import Store, open_store
from tests.people.people import person
from tests.scene import SITE, Scene, actor, completed, course, voiding
from xapi import vocabulary


def spoil(scene: Scene, statement_id: str) -> None:
    """Let the statement be one that an older version took in and this one cannot read."""
    table = schema.statements
    with scene.store.writing() as db:
        db.execute(update(table).where(table.c.id == statement_id).values(raw=b'{"actor": 7}'))


def test_a_statement_that_can_no_longer_be_read_keeps_no_other_waiting(scene: Scene) -> None:
    first, _ = scene.tell(completed(4), completed(5))
    spoil(scene, first)
    scene.recognise()
    assert scene.states() == ["attention: judging_failed", "recognised"]


def test_one_that_can_no_longer_be_read_keeps_nobody_from_being_asked_about(scene: Scene) -> None:
    scene.site.maintenance = True
    first, _ = scene.hear(completed(4), completed(5))
    scene.site.maintenance = False
    spoil(scene, first)
    scene.clock.forward(minutes=10)
    scene.recognise()
    assert scene.states() == ["attention: judging_failed", "recognised"]


def test_trouble_of_the_database_is_none_of_the_statement(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> int:
        raise DBAPIError("INSERT", None, Exception("it went away"), connection_invalidated=True)

    with monkeypatch.context() as patch:
        patch.setattr(completions, "record", fails)
        with pytest.raises(DBAPIError):
            scene.hear(completed(4))
    scene.recognise()
    assert scene.states() == ["recognised"]


def test_what_could_not_be_judged_leaves_nothing_behind(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> int:
        made(*args, **kwargs)
        raise RuntimeError("a defect of ours")

    made = completions.record
    with monkeypatch.context() as patch:
        patch.setattr(completions, "record", fails)
        scene.hear(completed(4))
    assert scene.completions() == []
    assert scene.states() == ["attention: judging_failed"]
    scene.clock.forward(hours=1)
    scene.recognise()
    assert scene.completion().number.endswith("/00001")


def test_what_could_not_be_judged_says_which_statement_it_is(scene: Scene) -> None:
    (told,) = scene.tell(completed(4))
    spoil(scene, told)
    scene.recognise()
    assert scene.reason().details == {"statement": told}


VALID: list[dict[str, Any]] = [
    completed(actor("n" * 4000)),
    completed(4, "x" * 4000),
    completed(4, short_id="x" * 4000, external_id=""),
    completed(4, activity=f"{SITE}/{'a/b?c=' * 600}"),
    completed(4, verb=f"{SITE}/{'v' * 4000}"),
    completed(actor("siti\x00rahmawati")),
    completed(4, "DIKLAT\x00-LATSAR"),
    completed({**actor(4), "name": "Siti \x00\x07 \u202e Rahmawati" + "i" * 4000}),
    completed(4, context={"extensions": {f"{SITE}/x": [None, {"a": [1e300, True]}]}}),
    completed(4, context={"extensions": {vocabulary.SOURCE_EVENT: None}}),
    completed(4, context={"extensions": {vocabulary.SOURCE_EVENT: {"event_name": None}}}),
    completed(4, result={"score": {"raw": 0, "min": -1e308, "max": 1e308}}),
    completed(4, at="0001-01-01T00:00:00Z"),
    completed(4, at="9999-12-31T23:59:59Z"),
    {**completed(4), "object": {"objectType": "Agent", **actor(5)}},
    {
        **completed(4),
        "object": {"objectType": "SubStatement", **completed(5)},
    },
    voiding("00000000-0000-4000-8000-000000000000"),
]


def test_whatever_a_valid_statement_holds_it_is_judged(scene: Scene) -> None:
    scene.catalogue(course("SCORED", external_ids=("S",), minimum_score=0.5))
    scene.hear(*VALID, completed(5))
    assert "judging_failed" not in " ".join(scene.states())
    assert scene.states()[-1] == "recognised"
    assert {row.state for row in scene.sightings()} == {"recognised", "attention", "none"}


def test_a_mark_that_is_too_long_for_an_index_is_still_found_again(scene: Scene) -> None:
    endless = f"{SITE}/{'bagian/' * 500}"
    scene.hear(completed(4, "", activity=endless, kind=vocabulary.ADL_MODULE))
    scene.catalogue(course("LONG", external_ids=(), activities=(endless,)))
    scene.recognise()
    assert scene.completion().course == "LONG"


def test_marks_that_begin_alike_are_kept_apart_however_long_they_are(scene: Scene) -> None:
    endless = f"{SITE}/{'bagian/' * 500}"
    for session in ("1", "2"):
        around = {"contextActivities": {"grouping": [{"id": f"{SITE}/series"}]}}
        scene.hear(completed(4, "", activity=endless + session, context=around))
    scene.catalogue(
        course("SERIES", external_ids=(), activities=(f"{SITE}/series",), run="session")
    )
    scene.recognise()
    assert len(scene.completions()) == 2


# --- several processes -----------------------------------------------------------------------


class Processes:
    """Several recognisers at once, each with its own connections, as in several processes."""

    def __init__(self, scene: Scene, database_url: str) -> None:
        self._scene = scene
        self._url = database_url

    def run(self, how_many: int) -> list[BaseException]:
        """Let them judge at once; what went wrong."""
        failures: list[BaseException] = []
        start = threading.Barrier(how_many)

        def one() -> None:
            store: Store = open_store(self._url)
            try:
                settings = self._scene.settings
                lms = {name: Moodle(name, each) for name, each in settings.lms.items()}
                recogniser = Recogniser(store, settings, lms, clock=self._scene.clock)
                start.wait()
                recogniser.run()
            except BaseException as failure:
                failures.append(failure)
            finally:
                store.close()

        threads = [threading.Thread(target=one) for _ in range(how_many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failures


@pytest.fixture
def processes(scene: Scene, database_url: str) -> Processes:
    return Processes(scene, database_url)


def test_several_processes_that_judge_at_once_make_each_completion_once(
    scene: Scene, processes: Processes
) -> None:
    people = many_people(40)
    scene.city.settle(people)
    told = [completed(actor(one.user_id)) for one in people]
    scene.tell(*told, *told)
    assert processes.run(3) == []
    made = scene.completions()
    assert sorted(one.nip for one in made) == sorted(one.nip for one in people)
    assert sorted(int(one.number[-5:]) for one in made) == list(range(1, 41))
    assert scene.states() == ["recognised"] * 80


def test_a_course_that_is_imported_while_statements_are_judged_misses_none_of_them(
    scene: Scene, processes: Processes
) -> None:
    people = many_people(60)
    scene.city.settle(people)
    scene.tell(*(completed(actor(one.nip), "ARSIP-2026") for one in people))
    importer = threading.Thread(target=lambda: scene.catalogue(course("ARSIP-2026")))
    importer.start()
    assert processes.run(2) == []
    importer.join()
    scene.recognise()
    assert len(scene.completions()) == 60


def test_a_person_who_is_linked_while_statements_are_judged_misses_none_of_them(
    scene: Scene, processes: Processes
) -> None:
    scene.tell(*(completed(8, at=f"2026-11-{day:02}T02:00:00Z") for day in range(1, 25)))
    importer = threading.Thread(target=lambda: scene.link(person(SITI, account=(SITE, "8"))))
    importer.start()
    assert processes.run(2) == []
    importer.join()
    scene.recognise()
    assert scene.states() == ["recognised"] * 24


# --- a backlog -------------------------------------------------------------------------------


def test_a_batch_is_read_without_sorting_the_backlog(scene: Scene) -> None:
    asked: list[tuple[str, Any]] = []
    with scene.store.reading() as db:
        event.listen(db, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        reading.read(db, reading.first(100, sightings.IS_NEW))
        query, parameters = asked[-1]
        explain = "EXPLAIN QUERY PLAN " if db.dialect.name == "sqlite" else "EXPLAIN "
        if db.dialect.name == "postgresql":
            for off in ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin"):
                db.exec_driver_sql(f"SET {off} = off")  # as with many rows, which it has not
        plan = str(db.exec_driver_sql(explain + query, parameters).all())
    assert "ix_sightings_state_due_at_id" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_batch_is_read_in_the_order_in_which_it_came(scene: Scene) -> None:
    told = scene.tell(*(completed(user) for user in (4, 5, 6)))
    with scene.store.writing() as db:
        sightings.see_what_came(db, most=3)
        batch = reading.read(db, reading.first(2, sightings.IS_NEW))
    assert [one.statement_id for one in batch] == list(told[:2])
