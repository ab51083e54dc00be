"""Many values at once, in one query; what differs between SQLite and PostgreSQL in that.

>>> db.execute(select(statements).where(among(statements.c.id, ids)))
>>> put_all(db, statement_keys, rows)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Table, Text, TypeDecorator, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class among(FunctionElement[Any]):  # noqa: N801 - it is used as an SQL function
    """Whether `column` is one of `values`, texts or whole numbers, however many these are.

    They are one parameter, so that the query is the same for any number of them.
    """

    type = NullType()  # as Boolean SQLite would be asked whether it is 1, and look at every row
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], values: Collection[str] | Collection[int]):
        super().__init__(column, bindparam(None, values, type_=_Several(), unique=True))


class _Several(TypeDecorator[Collection[Any]]):
    """The values of :class:`among`, as each database takes them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        several = list(value or ())
        return several if dialect.name == "postgresql" else json.dumps(several)


@compiles(among, "postgresql")
def _is_in_array(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    kind = element.clauses.clauses[0].type.compile(compiler.dialect)
    return f"{column} = ANY (CAST({values} AS {kind}[]))"


@compiles(among, "sqlite")
def _is_in_json(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - no outside text


class within(among):  # noqa: N801 - it is used as an SQL function
    """The same for thousands of values: they become rows once, and are looked up as such.

    :class:`among` is the quicker for a few, which PostgreSQL compares with each row it looks at.
    """

    inherit_cache = True


@compiles(within, "postgresql")
def _is_in_rows(element: within, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    kind = element.clauses.clauses[0].type.compile(compiler.dialect)
    return f"{column} IN (SELECT unnest(CAST({values} AS {kind}[])))"


@compiles(within, "sqlite")
def _is_in_json_rows(element: within, compiler: Any, **options: Any) -> str:
    return _is_in_json(element, compiler, **options)


def append(db: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, each with a value for every column of `table`, as the driver takes them."""
    names = ", ".join(column.name for column in table.columns)
    if db.dialect.name == "postgresql":
        _copy(db, table, f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", rows)
    else:
        places = ", ".join("?" for _ in table.columns)
        into = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608
        db.exec_driver_sql(into, list(rows))


def _copy(db: Connection, table: Table, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    import psycopg  # not for everyone: whoever has SQLite need not load it

    kinds = [column.type.compile(db.dialect).partition("(")[0].lower() for column in table.columns]
    driver: Any = db.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types(kinds)
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(into, None, error, psycopg.Error, dialect=db.dialect) from error


def put_all(db: Connection, table: Table, rows: Sequence[tuple[int, ...]]) -> None:
    """Insert `rows` of whole numbers into `table`, except those that are there already.

    Tens of thousands of them take a fraction of the time that they would take one by one.
    """
    if not rows:
        return
    names = [column.name for column in table.columns]
    into = f"INTO {table.name} ({', '.join(names)})"
    if db.dialect.name == "postgresql":
        arrays = ", ".join(f"CAST(%({name})s AS BIGINT[])" for name in names)
        values = {
            name: f"{{{','.join(map(str, column))}}}"
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
        db.exec_driver_sql(
            f"INSERT {into} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608
            values,
        )
    else:
        places = ", ".join("?" for _ in names)
        db.exec_driver_sql(
            f"INSERT OR IGNORE {into} VALUES ({places})",  # noqa: S608
            list(rows),
        )
