"""One of several workers begins what runs at set times, and another follows when it is gone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import text, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Job as JobSettings
from lms_bridge.config.settings import Jobs, Settings
from lms_bridge.jobs import catalogue, lead, runs, scheduler, steering, under_way
from lms_bridge.jobs.base import Progress
from lms_bridge.jobs.lead import Lead
from lms_bridge.jobs.titles import TITLES
from lms_bridge.operation import workers
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import job_runs, leads
from tests.conftest import DATABASES
from tests.jobs.test_steering import until

OFF = JobSettings(enabled=False, every_seconds=1)
NIGHTLY = Settings(
    jobs=Jobs(**dict.fromkeys(TITLES, OFF) | {"reconcile": JobSettings(cron="0 4 * * 0")})
)
SHARED = pytest.mark.parametrize("database_url", DATABASES[1:], indirect=True)


class Comparing:
    """A job that only says that it was run."""

    exclusive = True
    begun = 0

    def __init__(self, _bridge: Bridge) -> None:
        pass

    def has_work(self) -> bool:
        return True

    def run(self, progress: Progress) -> Counter[str]:
        type(self).begun += 1
        return Counter(done=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    Comparing.begun = 0
    monkeypatch.setitem(catalogue.JOBS, "reconcile", Comparing)
    monkeypatch.setattr(scheduler, "_ATTEND_SECONDS", 0.02)
    monkeypatch.setattr(lead, "_LOOK_SECONDS", 0.02)


@pytest.fixture
def two(store: Store) -> Iterator[tuple[Lead, Lead]]:
    both = Lead(store, "siantar-1/x:1:a"), Lead(store, "siantar-2/x:2:b")
    yield both
    for one in both:
        one.stop()


def lasts(one: Lead, store: Store) -> bool:
    with store.writing() as db:
        return one.lasts(db)


def noted(store: Store, *, outcome: str, days_ago: float, times: int = 1) -> None:
    """The job was run so long ago."""
    begun = utc_now() - dt.timedelta(days=days_ago)
    row = {"job": "reconcile", "started_at": begun, "outcome": outcome, "counts": {}}
    with store.writing() as db:
        db.execute(job_runs.insert(), [row] * times)


@SHARED
def test_another_follows_as_soon_as_the_connection_of_the_active_one_is_gone(
    two: tuple[Lead, Lead], store: Store
) -> None:
    first, second = two
    first.look()
    second.look()
    assert (first.term, second.term) == (1, None)
    with store.writing() as db:
        db.execute(text("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE objsubid = 1"))
    second.look()
    assert second.term == 2
    assert second.before == "siantar-1/x:1:a"
    assert not lasts(first, store)
    first.look()
    first.look()
    assert first.term is None
    assert lasts(second, store)


@SHARED
def test_one_that_is_frozen_is_not_waited_for_and_begins_nothing_when_it_wakes(
    two: tuple[Lead, Lead], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.look()
    second.look()
    second.look()
    assert second.term is None  # the first has just said that it lives
    with store.writing() as db:
        db.execute(update(leads).values(seen_at=utc_now() - dt.timedelta(seconds=7)))
    second.look()
    second.look()
    until(lambda: (second.look(), second.term == 2)[1])
    assert not lasts(first, store)
    monkeypatch.setattr(lead, "_SURE_SECONDS", -1.0)
    second.look()  # the same for who has slept since it asked
    assert second.term is None


@SHARED
def test_who_is_the_active_one_is_shown(two: tuple[Lead, Lead], store: Store) -> None:
    for one in two:
        one.look()
        workers.beat(store, one._owner, now=utc_now())
    with store.reading() as db:
        lines = workers.every(db, now=utc_now())
    assert [line.name for line in lines if line.is_active] == ["siantar-1, 1"]


@SHARED
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("outcome", "days_ago", "times", "made"),
    [
        ("done", 8, 1, 1),
        ("done", 0, 1, 0),
        ("interrupted", 0, 1, 1),
        ("interrupted", 0, 3, 0),  # it may be what ends its processes
    ],
)
def test_what_was_missed_or_cut_off_is_made_once_by_the_active_one(
    store: Store, outcome: str, days_ago: float, times: int, made: int
) -> None:
    noted(store, outcome=outcome, days_ago=days_ago, times=times)
    both = [scheduler.Scheduler(Bridge(NIGHTLY, store)) for _ in range(2)]
    for one in both:
        one.start()
    try:
        until(lambda: any(one._caught_up[0] for one in both))
        until(lambda: Comparing.begun == made)
        for one in both:  # its time comes in both, and the run was made
            one._run("reconcile")
    finally:
        for one in both:
            one.stop()
    assert Comparing.begun == made


def test_a_run_that_others_took_for_dead_does_not_say_what_came_of_it(
    store: Store, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = Bridge(NIGHTLY, store)

    def run(_job: Comparing, _progress: Progress) -> Counter[str]:
        with store.writing() as db:
            under_way.close_of(db, bridge.owner, ["reconcile"])
        return Counter(done=1)

    monkeypatch.setattr(Comparing, "run", run)
    runs.run(bridge, "reconcile")
    with store.reading() as db:
        last = steering.last(db, "reconcile")
    assert last is not None
    assert last.outcome == "interrupted"
