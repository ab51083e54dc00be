"""Rows by the hundred thousand into either database, as fast as it takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, text

from lms_bridge.store.engine import Store

_AT_ONCE = 20_000

Values = Mapping[str, Any]


def fill(store: Store, table: Table, rows: Iterable[Values]) -> int:
    """Insert `rows`, all with the same columns, what is left out empty; how many there were."""
    count, names = 0, list[str]()
    source = iter(rows)
    with _without_indexes(store, table):
        while some := list(islice(source, _AT_ONCE)):
            names = list(some[0])
            with store.writing() as db:
                _insert(db, table, names, some)
            count += len(some)
    if "id" in names:
        with store.writing() as db:
            _count_on(db, table)
    return count


@contextmanager
def _without_indexes(store: Store, table: Table) -> Iterator[None]:
    """They are made anew in the end, which takes a fraction of the time."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    with store.writing() as db:
        for index in indexes:
            index.drop(db)
    yield
    with store.writing() as db:
        for index in indexes:
            index.create(db)


def _insert(db: Connection, table: Table, names: Sequence[str], rows: Sequence[Values]) -> None:
    columns = ", ".join(names)
    converted = _converter(db, table, names)
    values = [converted(row) for row in rows]
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("PRAGMA cache_size = -400000")
        places = ", ".join("?" for _ in names)
        db.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", values)
        return
    driver: Any = db.connection.driver_connection
    into = f"COPY {table.name} ({columns}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(into) as copy:
        for row in values:
            copy.write_row(row)


def _converter(
    db: Connection, table: Table, names: Sequence[str]
) -> Callable[[Values], tuple[Any, ...]]:
    """From the program's values to the driver's."""
    kinds = [table.c[name].type.dialect_impl(db.dialect) for name in names]
    converters = [kind.bind_processor(db.dialect) for kind in kinds]

    def converted(row: Values) -> tuple[Any, ...]:
        return tuple(
            convert(value) if convert and value is not None else value
            for value, convert in zip(row.values(), converters, strict=True)
        )

    return converted


def _count_on(db: Connection, table: Table) -> None:
    """Have PostgreSQL number on from the ids that were given."""
    if db.dialect.name == "postgresql":
        sequence = db.scalar(text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": table.name})
        if sequence:
            last = f"SELECT setval('{sequence}', (SELECT max(id) FROM {table.name}))"
            db.exec_driver_sql(last)


def analyse(store: Store) -> None:
    """Tell the database what there is by now, as it would find out in time."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("VACUUM ANALYZE")
        else:
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
