"""Program certificates carried by the machinery of deliveries."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from lms_bridge.deliveries.badge_step import BadgeStep
from lms_bridge.deliveries.revoke_step import RevokeStep
from lms_bridge.deliveries.worker import Worker
from lms_bridge.lms.openedx.client import OpenEdx
from lms_bridge.sandbox.city import SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.openedx import OpenEdxSandbox
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import COURSE, Yard, refuse_illegal_transitions
from tests.openedx.conftest import PROGRAM

LMS = "lms.edx"
LITDIG = {**COURSE, "badge": {"route": "direct", "name": "Literasi Digital", "key": PROGRAM}}


@pytest.mark.parametrize("fault", [Fault.COMMIT_THEN_RESET, Fault.RESET, Fault.UNAVAILABLE])
def test_though_an_answer_is_lost_there_is_one_and_it_can_be_undone(
    store: Store, clock: Clock, lms: OpenEdx, edx: OpenEdxSandbox, fault: Fault
) -> None:
    refuse_illegal_transitions(store)
    yard = Yard(store, clock)
    worker = Worker(
        store,
        {
            (LMS, "badge"): BadgeStep(lms, clock=clock, patience_hours=48),
            (LMS, "revoke"): RevokeStep(lms, store, clock=clock, look_after_minutes=60),
        },
        concurrency={LMS: 1},
        settings=yard.settings,
        owner="elsewhere/x/1:1:worker",
        clock=clock,
        chance=lambda: 0.5,
    )
    edx.faults.force(fault, where="award")
    delivery = yard.plan(nip=SITI, content=LITDIG, remote=LMS, step="badge")
    with capture_logs():
        for _ in range(3):
            worker.drain()
            clock.forward(minutes=10)
        row = yard.row(delivery)
        assert (row.state, row.result_id) == ("done", edx.credentials[0]["uuid"])
        assert row.result_link == edx.credentials[0]["certificate_url"]
        assert (edx.awarded(SITI), len(edx.credentials)) == ([PROGRAM], 1)
        with store.reading() as db:
            kept = str(db.exec_driver_sql("SELECT exchanges FROM attempts").scalars().all())
        assert "1987************01" in kept
        assert SITI not in kept
        assert "sandbox.jwt" not in kept
        yard.take_back(row.completion_id)
        yard.decide(row.completion_id, "undo")
        worker.drain()
    assert (yard.state(delivery), edx.awarded(SITI)) == ("cancelled", [])
