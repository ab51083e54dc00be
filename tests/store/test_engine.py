"""The ways into the database."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import Integer, bindparam, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from lms_bridge.errors import DatabaseUnfit
from lms_bridge.mendable import sentence_of
from lms_bridge.store import engine, marks
from lms_bridge.store.engine import Store, may_pass, open_store
from lms_bridge.store.many import among, put_all
from lms_bridge.store.schema import statement_keys, statements
from lms_bridge.store.watched import connect
from tests import cheaper
from tests.pooler import pooled

RAW = b'{"name":"\xc3\xa9\\u0000"}'

_BY_PLACE = select(statements.c.id, statements.c.raw, statements.c.authority).where(
    statements.c.seq == bindparam("place", type_=Integer)
)


def put(store: Store, place: int) -> None:
    with store.writing() as db:
        values = {"seq": place, "id": f"id-{place}", "sender": "lms", "raw": RAW}
        db.execute(statements.insert().values(values))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_is_on_the_disk_before_a_transaction_counts_as_committed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_prepare_sqlite", cheaper.as_in_earnest)
    store = open_store(database_url)
    with store.reading() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
    store.close()


def test_what_is_asked_comes_as_it_was_stored_and_up_to_date(store: Store) -> None:
    for place in (7, 8):
        assert store.ask(_BY_PLACE, {"place": place}) == []
        put(store, place)
        assert [tuple(row) for row in store.ask(_BY_PLACE, {"place": place})] == [
            (f"id-{place}", RAW, None)
        ]


def test_who_asked_can_write_with_the_same_connection(store: Store) -> None:
    put(store, 1)
    assert store.ask(_BY_PLACE, {"place": 1})
    with store.writing() as db:
        db.execute(statements.delete())
        db.rollback()
    assert store.ask(_BY_PLACE, {"place": 1}), "it was undone"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_the_server_has_ended_is_not_used_again(
    store: Store, database_url: str
) -> None:
    assert store.ask(marks.LAST_UNREAD, {"reader": "index"}) == [(None,)]
    others = text(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()"
    )
    for _ in range(2):
        with create_engine(database_url).connect() as other:
            assert other.scalar(others)
        assert store.ask(marks.LAST_UNREAD, {"reader": "index"}) == [(None,)]
    with create_engine(database_url).connect() as other:
        other.execute(others)
    put(store, 1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_cannot_be_written_to_counts_as_one_that_is_away(database_url: str) -> None:
    standby = f"{database_url}&options=-c%20default_transaction_read_only%3Don"
    store = open_store(standby)
    with pytest.raises(DBAPIError, match="read-only") as refused, store.reading():
        pass
    assert may_pass(refused.value)
    with pytest.raises(DBAPIError, match="read-only"):
        connect(store)
    store.close()
    led_astray = open_store(f"{standby}&target_session_attrs=any")  # as by a pooler
    with pytest.raises(DBAPIError) as refused:
        put(led_astray, 1)
    assert may_pass(refused.value)
    led_astray.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("form", ["postgresql://postgres@{nowhere},{host}/{name}", "{url}"])
def test_of_several_hosts_the_one_that_leads_is_taken(
    database_url: str, form: str, tmp_path: Path
) -> None:
    host = str(make_url(database_url).query["host"])
    named = database_url.replace(host, f"{tmp_path},{host}")
    quoted = {"nowhere": quote(str(tmp_path), safe=""), "host": quote(host, safe="")}
    store = open_store(form.format(url=named, name=make_url(database_url).database, **quoted))
    put(store, 1)
    with connect(store) as watched:
        assert watched.scalar(select(statements.c.id)) == "id-1"
    store.close()


def test_many_values_are_one_parameter(store: Store) -> None:
    with store.writing() as db:
        put_all(db, statement_keys, [])
        put_all(db, statement_keys, [(-(2**63), 1), (2**63 - 1, 2)])
        put_all(db, statement_keys, [(2**63 - 1, 2), *((key, 3) for key in range(40_000))])
        query = select(statement_keys).order_by(statement_keys.c.key)
        some = query.where(among(statement_keys.c.key, [-(2**63), 5, 2**63 - 1]))
        assert [tuple(row) for row in db.execute(some)] == [
            (-(2**63), 1),
            (5, 3),
            (2**63 - 1, 2),
        ]
        assert len(db.execute(query.where(among(statement_keys.c.key, range(40_000)))).all())
        assert db.execute(query.where(among(statement_keys.c.key, []))).all() == []
        by_text = select(statements.c.id).where(among(statements.c.id, ["'", '"', "}", "\\", "é"]))
        assert db.execute(by_text).all() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_falls_silent_in_a_transaction_keeps_nobody_waiting_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_FORSAKEN_SECONDS", 0.2)
    store = open_store(database_url)
    with store.engine.connect() as frozen:
        engine.alone(frozen, "something")
        with store.writing() as db:
            engine.alone(db, "something")  # comes as soon as the server has ended the other
        with pytest.raises(DBAPIError) as ended:
            frozen.execute(text("SELECT 1"))
    assert engine.may_pass(ended.value)
    store.close()


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR_WRITE, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_PROTOCOL, True),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, False),
        (sqlite3.SQLITE_CORRUPT, False),
    ],
)
def test_what_the_machine_does_to_sqlite_may_pass_and_what_is_wrong_in_itself_does_not(
    code: int, passes: bool
) -> None:
    error = sqlite3.OperationalError("said so")
    error.sqlite_errorcode = code
    assert may_pass(DBAPIError("INSERT", None, error)) is passes


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_pooler_that_lends_sessions_by_the_transaction_is_refused_with_what_to_do(
    database_url: str, store: Store
) -> None:
    store.check_sessions()
    with pooled(database_url) as address, closing(open_store(address)) as unfit:
        with pytest.raises(DatabaseUnfit, match="pool_mode = session") as refused:
            unfit.check_sessions()
        assert sentence_of(refused.value) == str(refused.value)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_cannot_keep_every_name_is_refused_with_what_to_do(
    database_url: str,
) -> None:
    name = f"bytes_{uuid.uuid4().hex}"
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        unfit = open_store(str(make_url(database_url).set(database=name)))
        try:
            with pytest.raises(DatabaseUnfit, match="createdb --encoding UTF8") as refused:
                unfit.reading().__enter__()
            assert sentence_of(refused.value) == str(refused.value)
        finally:
            unfit.close()
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
