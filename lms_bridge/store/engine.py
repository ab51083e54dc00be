"""Opening the database; all that differs between SQLite and PostgreSQL."""

from __future__ import annotations

import select as polling
import sqlite3
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Select,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Table
from sqlalchemy.sql.functions import FunctionElement

from lms_bridge.config.address import address_of, names_several_hosts
from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DatabaseUnfit
from lms_bridge.store.turnstile import Turnstile
from lms_bridge.store.types import to_json

_BUSY_SECONDS = 60
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
"""seconds until a PostgreSQL that does not answer counts as away, also to who waits for it"""
_NEXT_HOST_SECONDS = 3
"""until the next of several hosts is tried, whose first may be the one that is gone for good"""
_FORSAKEN_SECONDS = 30
"""after which the server ends a transaction of which it hears nothing: one that was frozen in the
middle of it, or cut off, keeps the others waiting for what it has locked no longer"""


class Store:
    """The database, with its two ways in: :meth:`reading` and :meth:`writing`.

    >>> with store.writing() as db:
    ...     db.execute(courses.insert().values(...))
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer at a time, and lets the others wait by sleeping and looking again.
        # The threads of one process queue up here instead, and the next goes on at once; those of
        # several meet at the turnstile.
        self._writer = threading.Lock() if engine.dialect.name == "sqlite" else None
        file = engine.url.database if self._writer else None
        self._turnstile = Turnstile(file) if file else None
        self._glances = (
            engine
            if self._writer
            else engine.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=True)
        )
        self.writers = 1 if self._writer else 4
        """how many transactions of one process are worth writing at once"""
        self.is_shared = self._writer is None
        """whether processes on other hosts may be at the database as well"""
        self._compiled: dict[Select[Any], _Compiled] = {}
        self.is_closed = False
        """for threads that go on by themselves: nobody wants anything of the database any more"""
        self.given: Mapping[str, object] = {}
        """what each connection has in its ``info``"""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and changes nothing."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            connection.info.update(self.given)
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """A connection for queries each of which sees a state of its own.

        For PostgreSQL this is one way there and back, instead of the three of a transaction.
        """
        with self._glances.connect() as connection:
            yield connection

    def ask(self, query: Select[Any], values: Mapping[str, str | int]) -> list[Any]:
        """The rows of `query` with these `values`, just as the driver gives them.

        For the few queries that are asked all the time: past SQLAlchemy, and from PostgreSQL as
        bytes and not as digits, it takes half the time. The `query` is the same object each time,
        and its columns and values are whole numbers and texts, or bytes.
        """
        if query not in self._compiled:
            self._compiled[query] = _Compiled(query, self.engine.dialect)
        compiled = self._compiled[query]
        with closing(self.engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            if self._writer:
                return list(connection.execute(compiled.sql, compiled.bound(values)))
            connection.autocommit = True
            try:
                return list(connection.execute(compiled.sql, compiled.bound(values), binary=True))
            finally:
                if not connection.closed:
                    connection.autocommit = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed, durably, when the block ends; undone if it raises."""
        with self.turn(), self.engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            connection.info.update(self.given)
            with connection.begin():
                yield connection

    @contextmanager
    def turn(self, *, waits: bool = True) -> Iterator[None]:
        """The turn of a thread to write, where only one can at a time.

        Raises :exc:`TimeoutError` when that takes unreasonably long; or, for a thread that never
        `waits`, when somebody else has the turn or waits for it.
        """
        if self._writer is None:
            yield
            return
        seconds = _BUSY_SECONDS if waits else 0
        if not self._writer.acquire(timeout=seconds):
            raise TimeoutError(f"another thread did not end writing within {seconds} seconds")
        try:
            if self._turnstile and waits:
                self._turnstile.enter()
            elif self._turnstile and not self._turnstile.enter_if_free():
                raise TimeoutError("another process is writing")
            yield
        finally:
            if self._turnstile:
                self._turnstile.leave()
            self._writer.release()

    def check_sessions(self) -> None:
        """Refuse a pooler that lends out sessions of PostgreSQL by the transaction.

        What is to hold until the end of a session would hold for others as well, and not for who
        asked for it: what is prepared, and the lock by which one worker is the active one. Raises
        :exc:`~lms_bridge.errors.DatabaseUnfit`.
        """
        if not self.is_shared:
            return
        session = select(func.pg_backend_pid())
        with self.engine.connect() as one:
            was = one.scalar(session)
            one.commit()
            with self.engine.connect() as other:
                theirs = other.scalar(session)  # in a transaction, so that they have it for now
                is_ = one.scalar(session)
        if is_ != was or theirs == was:
            raise DatabaseUnfit(
                "the pooler in front of the database lends its sessions by the transaction; have it"
                " leave each process its own until that ends (PgBouncer: pool_mode = session)"
            )

    def close(self) -> None:
        """Give up every connection."""
        self.is_closed = True
        self.engine.dispose()


class _Compiled:
    """A query as the driver takes it."""

    def __init__(self, query: Select[Any], dialect: Dialect) -> None:
        compiled = query.compile(dialect=dialect)
        self.sql = str(compiled)
        self._constants = compiled.params
        self._positions = compiled.positiontup

    def bound(self, values: Mapping[str, str | int]) -> Sequence[Any] | Mapping[str, Any]:
        """All parameters, in the form and order that the driver wants."""
        every = self._constants | values
        return every if self._positions is None else [every[name] for name in self._positions]


def open_store(url: str, base: Path | None = None, *, pool_size: int = 20) -> Store:
    """The store at `url`, or at the URL that env:NAME or file:PATH holds.

    A relative SQLite file starts from the folder `base`.

    Raises :exc:`ValueError` for an address that is neither SQLite nor PostgreSQL and
    :exc:`~lms_bridge.config.secrets.SecretMissing`.
    """
    address = Secret(url, base).read() if url.startswith(("env:", "file:")) else url
    try:
        parsed = address_of(address)
    except ValueError as error:
        raise ValueError(f"database.url: {error}") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            pool_use_lifo=True,  # the one that was used last has most in its caches
            max_overflow=pool_size,
            connect_args=manner(parsed),
            json_serializer=to_json,
            hide_parameters=True,
        )
        # Before SQLAlchemy asks anything, for it could not read the answer.
        event.listen(engine, "connect", _check_encoding, insert=True)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkout", _check_postgresql)
    elif kind == "sqlite":
        if parsed.database and not Path(parsed.database).is_absolute():
            parsed = parsed.set(database=str((base or Path()) / parsed.database))
        engine = create_engine(
            parsed,
            pool_size=pool_size,
            pool_use_lifo=True,  # the one that was used last has most in its caches
            max_overflow=pool_size,
            connect_args={"timeout": _BUSY_SECONDS, "factory": _SqliteConnection},
            json_serializer=to_json,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        raise ValueError(f"database.url: {kind} is not supported; use sqlite or postgresql")
    return Store(engine)


def manner(url: URL, **own: object) -> dict[str, object]:
    """How to connect to the PostgreSQL at `url`, as far as that does not say so itself.

    Only to a server that can be written to: a standby that was not promoted yet is no database.
    What is `own` comes before all.
    """
    found: dict[str, object] = {"target_session_attrs": "read-write", **_PATIENCE}
    if names_several_hosts(url):
        found["connect_timeout"] = _NEXT_HOST_SECONDS
    return {name: found[name] for name in found.keys() - url.query.keys()} | own


def _check_encoding(connection: Any, _record: object) -> None:
    """A server that was set up without a language (LANG=C) makes databases that know only bytes."""
    found = connection.info.parameter_status("server_encoding")
    if found != "UTF8":
        raise DatabaseUnfit(
            f"the database has the encoding {found}, in which not every name can be kept; drop it"
            " and make it anew: createdb --encoding UTF8 --template template0"
        )


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Whoever has waited for a lock must see what was committed meanwhile. So it is by default;
    # a server can be set up otherwise.
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED")
    connection.execute(f"SET idle_in_transaction_session_timeout = {_FORSAKEN_SECONDS * 1000:.0f}")
    connection.execute(_NEAR)
    connection.commit()


# The server takes it that a row elsewhere on the disk costs four times as much as the next one, and
# so reads a whole table where a hundred rows are wanted. It is not so on an SSD, and not in memory.
_NEAR = (
    "SELECT set_config('random_page_cost', '1.1', false) FROM pg_settings"
    " WHERE name = 'random_page_cost' AND source = 'default'"
)


def _check_postgresql(connection: Any, _record: object, _proxy: object) -> None:
    """Notice that the server has ended a connection, which it says when nobody asks.

    To ask it something each time would cost as much as a small query.
    """
    socket = polling.poll()
    socket.register(connection.fileno(), polling.POLLIN)
    if socket.poll(0):
        raise InvalidatePoolError


class _SqliteConnection(sqlite3.Connection):
    """A connection whose end of a transaction also ends the queries that were not read out.

    An error while rows are being read leaves the cursor open for as long as its traceback is
    kept. SQLite then still counts the connection as reading the old state, and whoever gets
    it from the pool next cannot write: "database is locked", at once and again and again.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def cursor(self, *args: Any, **options: Any) -> Any:
        cursor = super().cursor(*args, **options)
        self._cursors.add(cursor)
        return cursor

    def rollback(self) -> None:
        for cursor in list(self._cursors):
            cursor.close()
        self._cursors.clear()
        super().rollback()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, at the wrong moment; _begin_sqlite does it.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a statement answered 200 survives a power cut
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        "cache_size = -32000",
        # Pages: 32 MB. The index writes to the same pages again and again, and each of them is
        # copied from the log into the file once for all of it.
        "wal_autocheckpoint = 8000",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at the start: one that only reads at first could not get it later
    # without the risk of SQLITE_BUSY, which no time-out cures.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def alone(db: Connection, what: str) -> None:
    """Wait until no other transaction is at `what`; others wait until this one has ended.

    SQLite lets only one transaction write at a time anyway.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(zlib.crc32(what.encode()))))


def vouch(db: Connection) -> None:
    """Have this transaction end only when all that it has read is as safe as what it writes.

    After a crash a PostgreSQL shows what was committed there, also what its standby has not got
    yet. A transaction that only reads waits for no standby; one that writes does, be it only a word
    in the log of the server, and the standby then has all that comes before.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_logical_emit_message(True, "lms-bridge", "")))


class enters(FunctionElement[bool]):  # noqa: N801 - it is used as an SQL function
    """Whether this transaction is the only one at `what`, a column of text, until it ends.

    Unlike :func:`alone` it waits for nobody.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, what: ColumnElement[str]) -> None:
        super().__init__(what)


@compiles(enters, "postgresql")
def _try_lock(element: enters, compiler: Any, **options: Any) -> str:
    (what,) = element.clauses
    key = compiler.process(func.hashtextextended(what, 0), **options)
    return f"pg_try_advisory_xact_lock({key})"


@compiles(enters, "sqlite")
def _is_only_writer(element: enters, compiler: Any, **options: Any) -> str:
    return "1"


def may_pass(error: BaseException) -> bool:
    """Whether the same transaction may go through when it is made again.

    That is when the database was away, or undid the transaction for the sake of another; not
    when it is the transaction itself that cannot be.
    """
    if isinstance(error, TimeoutError | NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in _PASSING_IN_SQLITE
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the driver's own word, not the server's
        return isinstance(error, OperationalError)
    return bool(state.startswith(_PASSING_IN_POSTGRESQL))


_PASSING_IN_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,  # another process was stopped while it had a lock of the log
}
_PASSING_IN_POSTGRESQL = (
    "08",  # connection
    "25006",  # a standby, to which a pooler or an address leads that is to lead to the other one
    "25P03",  # too long silent in the middle of it
    "40",  # deadlock and the like: undone for another's sake
    "53",  # no room, no memory, too many connections
    "57P",  # shut down, or not up yet
)


def insert(db: Connection, table: Table) -> Any:
    """An INSERT that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return _INSERTS[db.dialect.name](table)


def in_dialects(make: Callable[[Callable[[Table], Any]], Any]) -> Callable[[Connection], Any]:
    """Gives the statement that `make` makes of such an INSERT, made once for each database.

    For what is executed all the time: to make a statement takes several times as long as to
    execute one that was executed before, with other values.
    """
    made = {dialect: make(maker) for dialect, maker in _INSERTS.items()}
    return lambda db: made[db.dialect.name]


_INSERTS: Mapping[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
