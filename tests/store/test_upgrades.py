"""What becomes of the data of an older version."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from lms_bridge.store import migrations
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import Yard


def _back_to(store: Store, version: str) -> None:
    with store.writing() as db:
        config = migrations._config()
        config.attributes["connection"] = db
        command.downgrade(config, version)


def _set(store: Store, delivery: int, state: str, code: str) -> None:
    with store.writing() as db:
        change = "UPDATE deliveries SET state = :state, reason_code = :code WHERE id = :id"
        db.execute(text(change), {"state": state, "code": code, "id": delivery})


def test_what_was_withdrawn_before_hr_could_decide_is_undecided_or_looked_up(
    store: Store, clock: Clock
) -> None:
    yard = Yard(store, clock)
    delivered, in_doubt = yard.plan(), yard.plan(person=2)
    yard.succeed(yard.taken())
    for delivery in (delivered, in_doubt):
        yard.take_back(yard.row(delivery).completion_id)
    _back_to(store, "0003")
    _set(store, in_doubt, "cancelled", "withdrawn_in_doubt")
    migrations.upgrade(store)
    yard.decide(yard.row(delivered).completion_id, "undo")
    assert (yard.state(delivered), yard.state(in_doubt)) == ("done", "waiting")
    assert [yard.taken().step, yard.taken().step] == ["record", "unrecord"]
