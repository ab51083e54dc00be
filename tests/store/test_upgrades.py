"""What becomes of the data of an older version."""

from __future__ import annotations

import datetime as dt

from alembic import command
from sqlalchemy import text

from lms_bridge.store import marks, migrations
from lms_bridge.store.engine import Store
from lms_bridge.store.migrations import upgrading
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import postings
from tests.conftest import Clock
from tests.deliveries.yard import Yard

THEN = dt.datetime(2026, 11, 1, 3, 0, 0, 123_000, dt.UTC)


def _back_to(store: Store, version: str) -> None:
    with store.writing() as db:
        command.downgrade(upgrading.config(db), version)


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


def test_statements_get_the_place_at_which_they_were_stored(store: Store) -> None:
    _back_to(store, "0010")
    with store.writing() as db:
        for number in (1, 2, 3, 4):
            db.execute(
                text(
                    "INSERT INTO statements (seq, id, sender, stored, raw)"
                    " VALUES (:seq, :id, 'moodle', :stored, :raw)"
                ),
                {
                    "seq": number,
                    "id": f"id-{number}",
                    "raw": b"{}",
                    "stored": _stored(store, number),
                },
            )
            db.execute(text("INSERT INTO sightings (statement_seq) VALUES (:seq)"), {"seq": number})
        for number in (1, 2):
            db.execute(
                text("INSERT INTO statement_keys (key, seq) VALUES (7, :seq)"), {"seq": number}
            )
        db.execute(text("INSERT INTO statement_targets (target, seq) VALUES ('id-1', 2)"))
        db.execute(text("INSERT INTO voidings (statement_id, by_seq) VALUES ('id-1', 2)"))
        db.execute(text("INSERT INTO unindexed (seq) VALUES (3), (4)"))
    migrations.upgrade(store)
    first = place_of(THEN)
    with store.reading() as db:

        def column(name: str, table: str) -> list[int]:
            return list(db.scalars(text(f"SELECT {name} FROM {table} ORDER BY 1")))

        # The first two were stored together, and the clock was put back before the third.
        places = [first, first + 1, first + 2, first + 1_000_000]
        assert column("seq", "statements") == places
        assert column("statement_seq", "sightings") == places
        assert column("seq", "statement_keys") == [], "the index is made anew"
        assert column("seq", "statement_targets") == [places[1]]
        assert column("by_seq", "voidings") == [places[1]]
        assert marks.first_unread(db, "index") == places[0]
        assert marks.first_unread(db, "recognition") is None


def _stored(store: Store, number: int) -> object:
    moment = THEN + dt.timedelta(seconds={3: -60, 4: 1}.get(number, 0))
    is_sqlite = store.engine.dialect.name == "sqlite"
    return moment.replace(tzinfo=None).isoformat(" ") if is_sqlite else moment


def test_where_hr_said_that_people_are_is_their_first_posting(store: Store) -> None:
    _back_to(store, "0040")
    with store.writing() as db:
        for nip, unit, refreshed in (("1", "Dinas", None), ("2", "", None), ("3", "Dinas", THEN)):
            db.execute(
                text(
                    "INSERT INTO employees (nip, name, unit_name, registry_refs, refreshed_at,"
                    " created_at) VALUES (:nip, '', :unit, '{}', :refreshed, :created)"
                ),
                {
                    "nip": nip,
                    "unit": unit,
                    "refreshed": refreshed and _stored(store, 1),
                    "created": _stored(store, 1),
                },
            )
    migrations.upgrade(store)
    with store.reading() as db:
        (posting,) = db.execute(postings.select()).all()
    assert (posting.registry, posting.unit_name) == ("", "Dinas")
    assert (posting.since, posting.until) == (THEN, None)
