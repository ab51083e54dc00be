"""Letting go of what was kept for long enough, and of nothing that is still needed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Forward, Retention
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.forwarding.backlog import Backlog
from lms_bridge.insight import story
from lms_bridge.lrs.finding import Reader
from lms_bridge.lrs.indexing import Index
from lms_bridge.recognition import sightings
from lms_bridge.reports import list_completions
from lms_bridge.retention.lengths import before
from lms_bridge.retention.sweeping import Sweeper
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from tests.conftest import NOW, Clock
from tests.eventful import SITIS_ID, an_eventful_scene
from tests.scene import SITE, TOKEN, Scene, completed

PUSAT = Forward(
    url="https://pusat.example", username=Secret("env:KEY"), password=Secret("env:SECRET")
)


@pytest.fixture
def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with an_eventful_scene(store, clock) as scene:
        scene.change(retention=Retention(statements="1 year"))
        yield scene


def _later(scene: Scene, *, indexed: bool = True) -> None:
    if indexed:
        for _ in Index(scene.store).in_steps():
            pass
    scene.clock.forward(days=730)


def _sweep(scene: Scene, **more: Any) -> Counter[str]:
    return Sweeper(scene.store, scene.settings, clock=scene.clock).run(**more)


def _texts(scene: Scene) -> list[bool]:
    """Of each statement, in the order in which they came, whether its text is there."""
    with scene.store.reading() as db:
        query = select(schema.statements.c.raw).order_by(schema.statements.c.seq)
        return [bool(raw) for raw in db.scalars(query)]


def test_what_is_over_goes_and_what_waits_for_anything_stays(scene: Scene) -> None:
    """Yuni's is blocked, Sahat's waits for the registry, Agus's for a course in the catalogue."""
    _announce(scene)
    _later(scene)
    assert _sweep(scene)["statements"] == 4, "Siti's two, and what the bridge said of the first"
    assert _texts(scene) == [False, True, True, True, False, *[False] * (len(_texts(scene)) - 5)]
    reader = Reader(scene.store, b"{}")
    assert reader.one(SITIS_ID, voided=False) is None
    assert _sweep(scene) == Counter()


def _announce(scene: Scene) -> None:
    """Have all that is done said in statements of the bridge's own."""
    scene.bridge.announcer.announce()
    scene.recognise()


def test_what_was_not_said_yet_keeps_its_statement(scene: Scene) -> None:
    _later(scene)
    _sweep(scene)
    assert _texts(scene)[0], "the announcer reads in it who it is"


def test_what_no_reader_has_come_to_stays(scene: Scene) -> None:
    _announce(scene)
    _later(scene, indexed=False)
    assert _sweep(scene) == Counter(), "the index has read nothing"
    for _ in Index(scene.store).in_steps():
        pass
    scene.change(forward={"pusat": PUSAT})
    assert _sweep(scene) == Counter(), "nothing was forwarded"
    with scene.store.writing() as db:
        Backlog("pusat", PUSAT).begin(db)
    assert _sweep(scene)["statements"] == 4


def test_what_another_lrs_refused_stays_until_it_is_given_up(scene: Scene) -> None:
    _announce(scene)
    _later(scene)
    scene.change(forward={"pusat": PUSAT})
    first = select(func.min(schema.statements.c.seq))
    with scene.store.writing() as db:
        Backlog("pusat", PUSAT).begin(db)
        row = {"remote": "lrs.pusat", "seq": db.scalar(first), "state": State.BLOCKED}
        more = {"reason_code": "new", "changed_at": NOW}
        db.execute(schema.unforwarded.insert().values(**row, **more))
    _sweep(scene)
    assert _texts(scene)[0]
    with scene.store.writing() as db:
        db.execute(update(schema.unforwarded).values(state=State.CANCELLED))
    _sweep(scene)
    assert not _texts(scene)[0]


def test_what_is_young_or_kept_for_ever_stays(scene: Scene) -> None:
    _announce(scene)
    _later(scene)
    scene.change(retention=Retention(statements="3 years"))
    assert _sweep(scene)["statements"] == 0
    scene.change(retention=Retention(statements="forever"))
    assert _sweep(scene)["statements"] == 0


def test_the_story_of_a_completion_is_told_without_the_statement(scene: Scene) -> None:
    _announce(scene)
    _later(scene)
    _sweep(scene)
    number = scene.completions()[0].id
    with scene.store.reading() as db:
        (line,) = list_completions(db, now=scene.clock(), ids=[number])
        told = story.tell(db, line, 1, "en", now=scene.clock(), today=scene.clock().date())
    texts = [one.text for one in told]
    assert "moodle sent a statement of it, which was stored." in texts
    assert any("Recorded in" in one for one in texts)


def test_nothing_is_judged_anew_of_which_the_text_is_gone(scene: Scene) -> None:
    _announce(scene)
    _later(scene)
    _sweep(scene)
    with scene.store.writing() as db:
        sightings.judge_all(db)
        sightings.judge_moved(db)
    scene.recognise()
    assert len(scene.completions()) == 4
    assert "new" not in scene.states()


def test_the_same_statement_once_more_is_not_taken_for_a_new_one(scene: Scene) -> None:
    _announce(scene)
    _later(scene)
    _sweep(scene)
    many = len(_texts(scene))
    scene.hear({**completed(4), "id": SITIS_ID})
    assert len(_texts(scene)) == many


def test_a_run_that_is_stopped_goes_on_the_next_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_bridge.retention.sweeping._AT_ONCE", 2)
    for number in range(4):
        scene.tell(completed(4, f"X-{number}", activity=f"{SITE}/{number}", verb="https://x/seen"))
    scene.recognise()
    _announce(scene)
    _later(scene)
    first = _sweep(scene, go_on=lambda done: False)["statements"]
    assert first == 2
    assert first + _sweep(scene)["statements"] == 8


def test_rows_of_other_tables_go_by_their_age(scene: Scene) -> None:
    with scene.store.writing() as db:
        one = {"at": NOW, "by": "budi", "role": "hr", "what": "page", "employee_id": 1}
        db.execute(schema.accesses.insert(), [one] * 450)
        run = {"job": "index", "started_at": NOW}
        db.execute(schema.job_runs.insert().values(outcome="done", **run))
        db.execute(schema.job_runs.insert().values(outcome="running", **run))
        of = select(schema.deliveries.c.id, schema.deliveries.c.state)
        for number, _ in db.execute(of).all():
            tried = {"delivery_id": number, "number": 1, "outcome": "done"}
            times = {"started_at": NOW, "finished_at": NOW}
            db.execute(schema.attempts.insert().values(**tried, **times))
        settled = sum(state in ("done", "cancelled") for _, state in db.execute(of))
    scene.clock.forward(days=3 * 366)
    counts = _sweep(scene)
    assert (counts["accesses"], counts["job_runs"], counts["attempts"]) == (450, 1, settled)
    assert settled > 0


@given(st.integers(1, 9999), st.sampled_from(["days", "months", "years"]), st.datetimes())
def test_a_length_leads_to_a_day_that_is_not_later(number: int, unit: str, at: dt.datetime) -> None:
    now = max(at.replace(tzinfo=dt.UTC), dt.datetime(1971, 1, 1, tzinfo=dt.UTC))
    found = before(f"{number} {unit}", now)
    assert found is not None
    assert dt.datetime(1970, 1, 1, tzinfo=dt.UTC) <= found < now


def test_a_month_back_from_the_last_day_is_a_last_day() -> None:
    now = dt.datetime(2026, 3, 31, 5, tzinfo=dt.UTC)
    assert before("1 month", now) == dt.datetime(2026, 2, 28, 5, tzinfo=dt.UTC)
    assert before("forever", now) is None
