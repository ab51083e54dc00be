"""Making the city, one thing after another, with the time that each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from sqlalchemy import select

from benchmarks.city import Size, When, around, carrying, learning
from benchmarks.city.filling import analyse
from benchmarks.city.people import People
from benchmarks.city.telling import tell
from lms_bridge.config.settings import Settings
from lms_bridge.lrs.indexing import Index
from lms_bridge.people.changed import HOURS
from lms_bridge.people.counting import Counting
from lms_bridge.recognition import in_force
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees


def make(
    store: Store,
    size: Size,
    when: When,
    settings: Settings,
    *,
    seed: int = 1,
    say: Callable[[str], None] = lambda _text: None,
) -> None:
    """Make the city in an empty database, judged by these `settings`."""

    @contextmanager
    def timed(what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        say(f"{what}: {time.perf_counter() - began:.0f} s")

    migrations.upgrade(store)
    with store.writing() as db:
        in_force.compare(db, settings)
    chance = Random(seed)
    with timed("people and courses"):
        people = People.of(size, chance)
        people.put(store, when, chance)
        offers = learning.offered(size, chance)
        ids = learning.put_courses(store, offers, when)
    with timed("completions"):
        done = learning.completed(people, offers, ids, size, when, seed)
        learning.put_completions(store, done)
    with timed("deliveries"):
        found = carrying.delivered(done, when, seed)
        carrying.put_deliveries(store, found, when, seed)
    with timed("histories"):
        carrying.put_histories(store, people, found, size, when, seed)
    with timed("JP of the years"):
        with store.writing() as db:
            HOURS.ask_for(db, select(employees.c.id), when.now)
        Counting(store).run()
    with timed("statements"):
        tell(store, people, done, found, size, when, seed)
    with timed("index of the statements"):
        for _ in Index(store).in_steps():
            pass
    with timed("the rest"):
        around.put_findings(store, found, size, when, seed)
        around.put_runs(store, size, when, seed)
        analyse(store)
