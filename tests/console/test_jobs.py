"""Sync jobs in the console: how each stands, and run, pause and resume, as rows a worker reads."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs import steering
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import job_requests, job_runs
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor, text_of


def test_a_run_is_asked_for_and_a_pause_is_kept(
    visitor: Callable[[], Visitor], store: Store, audited: Callable[[], list[Entry]]
) -> None:
    budi = visitor().as_(Role.IT)
    for _ in range(2):
        assert budi.post("/jobs/reconcile/run").status_code == 303
    budi.post("/jobs/deliver/pause")
    with store.reading() as db:
        assert db.execute(select(job_requests.c.job, job_requests.c.asked_by)).all() == [
            ("reconcile", "it.x")
        ]
        assert steering.is_paused(db, "deliver")
    page = text_of(budi.get("/jobs"))
    assert "asked for" in page
    assert "paused" in page
    assert "No worker is running" in page
    budi.post("/jobs/deliver/resume")
    with store.reading() as db:
        assert not steering.is_paused(db, "deliver")
    actions = [entry.action for entry in reversed(audited())]
    assert actions == ["job.run", "job.paused", "job.resumed"]


@on_sqlite
def test_runs_are_shown_with_what_they_did_and_how_far_they_are(
    visitor: Callable[[], Visitor], bridge: Bridge, store: Store
) -> None:
    now = utc_now()
    values = {"job": "reconcile", "started_at": now, "finished_at": now}
    with store.writing() as db:
        db.execute(
            job_runs.insert(),
            [values | {"outcome": "done", "counts": {"compared": 1234}}] * 51
            + [values | {"outcome": "idle", "counts": {}}],
        )
        db.execute(
            job_runs.insert().values(
                job="reconcile", started_at=now, outcome="running", done=250, total=1000
            )
        )
    wati = visitor().as_(Role.AUDITOR)
    page = wati.get("/jobs/reconcile").text
    assert '<progress class="bar" max="1000" value="250"' in page
    assert "people compared: 1,234" in page
    assert "state idle" not in page
    assert "Run now" not in page
    assert "before=" in page
    assert "state idle" in wati.get("/jobs/reconcile?idle=1").text
    assert wati.get("/jobs/nothing").status_code == 404
    listed = text_of(wati.get("/jobs"))
    assert "every day at 01:15" in listed
    assert "every 1 s" in listed
    assert "setiap hari pukul 01.15" in text_of(wati.get("/jobs?lang=id"))
