"""The job that keeps the figures of the whole city."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings
from lms_bridge.jobs import runs
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import kept_figures


def test_it_keeps_them_and_then_rests(store: Store) -> None:
    bridge = Bridge(Settings(), store)
    job = JOBS["count_figures"](bridge)
    assert job.has_work()
    runs.run(bridge, "count_figures")
    assert not job.has_work()
    with bridge.store.reading() as db:
        names = db.scalars(select(kept_figures.c.name)).all()
    # The months of this year and the one before, and of three years the standings and trainings.
    kinds = Counter(name.split()[0] for name in names)
    assert kinds == {"months": 1, "standings": 3, "trainings": 3}
