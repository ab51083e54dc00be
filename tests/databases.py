"""PostgreSQL databases with the schema in them, for one test after another.

To make a copy, and to be the first to connect to it, costs the server a tenth of a second; to
empty the one that the last test had costs a tenth of that. So a database goes from test to test
for as long as nothing but rows was changed in it. Each test knows it by another name, so that
whatever the last one left running does not find it.

>>> databases = Databases(server, migrate)
>>> with databases.one() as url:
...     store = open_store(url)
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

MOST_ROWS = 2_000
"""A table with more rows than these is not left to others: rows that are gone slow it down."""

_TEMPLATE = "template_of_tests"
_CATALOGUE = {
    "class": "oid",
    "attribute": "attrelid",
    "constraint": "oid",
    "trigger": "oid",
    "proc": "oid",
    "statistic": "starelid",
}
# The server's own objects have lower numbers.
_SHAPE = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM pg_{name} WHERE {number} >= 16384"
    for name, number in _CATALOGUE.items()
)
"""says something else as soon as anything but rows was changed, or there are statistics"""


class Databases:
    """Databases of the `server` with the schema that `migrate` brings into the one at a URL."""

    def __init__(self, server: str, migrate: Callable[[str], None]) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._db = self._connect("postgres")
        self._db.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate(self._url(_TEMPLATE))
        with self._connect(_TEMPLATE) as db:
            self._emptying = _emptying(db)
            (self._newest,) = db.execute("SELECT max(oid)::bigint FROM pg_proc").fetchone() or (0,)
            self._shape = db.execute(_SHAPE).fetchall()

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a database in which is only what `migrate` has put there."""
        name = self._free.pop() if self._free else self._copied()
        yield self._url(name)
        name = self._renamed(name)
        with self._connect(name) as db:
            as_new = self._empty(db)
        if as_new:
            self._free.append(name)
        else:
            self._db.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._db.close()

    def _copied(self) -> str:
        name = self._name()
        # Past the log of the server, which would write every page twice.
        self._db.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        return name

    def _renamed(self, name: str) -> str:
        """The new name of a database, to which nobody is connected any more."""
        everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        while self._db.execute(everybody, [name]).fetchall():
            time.sleep(0.001)  # the server's own ways to wait for them look each 0.1 s
        new = self._name()
        self._db.execute(f"ALTER DATABASE {name} RENAME TO {new}")
        return new

    def _name(self) -> str:
        return f"test_{os.getpid()}_{next(self._numbers)}"

    def _empty(self, db: psycopg.Connection) -> bool:
        """Take out what a test has put in; whether the database is now as a new one."""
        gone = 0
        try:
            cursor = db.execute(self._emptying)
        except psycopg.Error:  # a table is not there, or not as it was
            return False
        while cursor.nextset():
            gone = max(gone, cursor.rowcount)
        made = "SELECT oid::regprocedure FROM pg_proc WHERE oid > %s"
        for (function,) in db.execute(made, [self._newest]).fetchall():
            db.execute(f"DROP FUNCTION {function} CASCADE")  # with the triggers that it was for
        return gone <= MOST_ROWS and db.execute(_SHAPE).fetchall() == self._shape

    def _url(self, name: str) -> str:
        return self._server.replace("/postgres?", f"/{name}?")

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self._url(name).replace("+psycopg", ""), autocommit=True)


def _emptying(db: psycopg.Connection) -> str:
    """What brings a copy of this database back to the state in which it is now."""
    db.execute("CREATE SCHEMA kept")
    steps = ["SET session_replication_role = replica"]  # deletes in any order, and what it was told
    for (table,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        steps.append(f"DELETE FROM {table}")
        if db.execute(f"CREATE TABLE kept.{table} AS TABLE {table}").rowcount:
            steps.append(f"INSERT INTO {table} TABLE kept.{table}")
    steps.append("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence")
    return ";".join(steps)
