"""Statements that nobody has asked for yet are made ready to be found, by a job."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import func, select

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Intake, Origin
from lms_bridge.jobs.index import Index
from lms_bridge.lrs import indexing
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import statement_keys
from tests.conftest import Clock
from xapi import read_statements


def statement(number: int) -> dict[str, Any]:
    return {
        "actor": {"mbox": f"mailto:orang{number}@example.id"},
        "verb": {"id": "act:read"},
        "object": {"id": "act:book"},
    }


def test_the_job_indexes_what_came_in_and_then_has_no_work(
    store: Store, clock: Clock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(indexing, "_AT_ONCE", 3)
    intake = Intake(store, clock=clock)
    body = json.dumps([statement(n) for n in range(7)]).encode()
    intake.store(Origin("moodle"), read_statements(body))
    intake.close()
    job = Index(cast(Bridge, SimpleNamespace(store=store)))
    steps: list[int] = []
    assert job.has_work()
    assert job.run(lambda done, _: steps.append(done)) == {"indexed": 7}
    assert steps == [3, 6, 7]
    assert not job.has_work()
    with store.reading() as db:
        assert not indexing.any_unindexed(db)
        found = select(func.count(func.distinct(statement_keys.c.seq)))
        assert db.scalar(found) == 7
