"""What becomes of the deliveries of a completion that is taken back, whenever that happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.completions import resume, withdraw
from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import leases, queue
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.people.identities import employee_of
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import SITI
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries
from tests.conftest import NOW
from tests.test_completions import PKA, VOIDED, Desk

SETTINGS = Delivery()
REMOTE = "registry.siasn"


@pytest.fixture
def made(desk: Desk) -> int:
    return desk.tell(PKA)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def begin(store: Store, *, minutes: float = 0) -> Work:
    """A worker takes the delivery, some minutes later."""
    now = NOW + dt.timedelta(minutes=minutes)
    with store.writing() as db:
        work = queue.claim(db, REMOTE, owner="worker", now=now, settings=SETTINGS)
    assert work is not None
    return work


def fails(store: Store, work: Work, *, unknown: bool, progress: Mapping[str, Any]) -> None:
    error = DeliveryError(
        Reason("other", text="no answer"), retryable=True, outcome_unknown=unknown
    )
    with store.writing() as db:
        queue.fail(
            db,
            work,
            error,
            queue.Trace(progress),
            now=NOW,
            chance=0.5,
            not_before=None,
            settings=SETTINGS,
        )


def taken_back(store: Store, completion_id: int) -> None:
    with store.writing() as db:
        withdraw(db, completion_id, VOIDED, NOW)


def state(store: Store) -> tuple[str, str]:
    with store.reading() as db:
        row = db.execute(select(deliveries)).one()
    return row.state, row.reason_code


def test_what_is_under_way_is_not_tried_again_after_it_failed(store: Store, made: int) -> None:
    work = begin(store)
    taken_back(store, made)
    assert state(store)[0] == "running"
    fails(store, work, unknown=False, progress={})
    assert state(store) == ("cancelled", "withdrawn")


def test_what_a_dead_worker_was_at_is_not_taken_over(store: Store, made: int) -> None:
    begin(store)
    taken_back(store, made)
    with store.writing() as db:
        leases.release_abandoned(db, now=NOW + dt.timedelta(hours=1))
    assert state(store) == ("cancelled", "withdrawn")


def test_what_may_have_taken_effect_goes_on_to_be_looked_up_and_is_not_wanted(
    store: Store, made: int
) -> None:
    fails(store, begin(store), unknown=True, progress={"sent_at": NOW.isoformat()})
    taken_back(store, made)
    assert state(store)[0] == "retrying"
    assert begin(store, minutes=2).is_wanted is False


def test_what_may_have_taken_effect_while_it_was_taken_back_is_looked_up_too(
    store: Store, made: int
) -> None:
    work = begin(store)
    taken_back(store, made)
    fails(store, work, unknown=True, progress={"sent_at": NOW.isoformat()})
    assert state(store)[0] == "retrying"


def test_what_was_looked_up_and_did_not_take_effect_is_cancelled(store: Store, made: int) -> None:
    fails(store, begin(store), unknown=True, progress={"sent_at": NOW.isoformat()})
    taken_back(store, made)
    fails(store, begin(store, minutes=2), unknown=False, progress={})
    assert state(store) == ("cancelled", "withdrawn")


def test_when_it_is_told_of_again_it_is_looked_up_what_took_effect(store: Store, made: int) -> None:
    fails(store, begin(store), unknown=True, progress={"sent_at": NOW.isoformat()})
    taken_back(store, made)
    with store.writing() as db:
        resume(db, made, NOW)
    work = begin(store, minutes=2)
    assert (work.progress, work.is_wanted) == ({"sent_at": NOW.isoformat()}, True)


def test_a_failure_of_a_completion_that_stands_is_tried_again(store: Store, made: int) -> None:
    fails(store, begin(store), unknown=False, progress={})
    assert state(store)[0] == "retrying"


def test_a_delivery_that_is_done_stays_done(store: Store, made: int) -> None:
    work = begin(store)
    taken_back(store, made)
    with store.writing() as db:
        outcome = queue.Outcome("row-1")
        queue.succeed(db, work, outcome, queue.Trace({}), now=NOW)
        assert employee_of(db, SITI, name="", now=NOW) == work.employee_id
    assert state(store) == ("done", "done")
