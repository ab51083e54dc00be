"""The yardstick of reading: each query as one would write it by hand, and its rows as they are.

The same tables, the same rows, the driver and nothing else. ``python -m benchmarks.by_hand`` serves
it with the web server that the bridge is served with, as a bare WSGI function that takes the query
and joins the rows.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

import psycopg
from sqlalchemy.engine import make_url

from lms_bridge.mendable import listen
from webhook.exchange import Receive, Scope, Send, environ_of
from webhook.in_threads import Body, InThreads
from webhook.serving import Server

DATABASE, PORT = "BY_HAND_DATABASE", "BY_HAND_PORT"

_KEYS = "SELECT seq FROM statement_keys WHERE key = :k"
_THEIR_ROWS = "SELECT s.raw FROM ({}) k JOIN statements s ON s.seq = k.seq ORDER BY k.seq {}"
_ALSO = "EXISTS (SELECT 1 FROM statement_keys o WHERE o.key = :a AND o.seq = k.seq)"
_BOTH_KEYS = f"""
SELECT s.raw FROM statement_keys k JOIN statements s ON s.seq = k.seq
WHERE k.key = :k AND {_ALSO}"""
_UNVOIDED = "NOT EXISTS (SELECT 1 FROM voidings v WHERE v.statement_id = s.id)"
_EITHER_KEY = """
SELECT seq FROM (SELECT seq FROM statement_keys WHERE key = :a ORDER BY seq DESC LIMIT 50) x
UNION
SELECT seq FROM (SELECT seq FROM statement_keys WHERE key = :b ORDER BY seq DESC LIMIT 50) y
ORDER BY seq DESC LIMIT 50"""

# Of several ways to write each, the one that is fast with both databases.
SQL: Mapping[str, str] = {
    "all": f"SELECT s.raw FROM statements s WHERE {_UNVOIDED} ORDER BY s.seq DESC LIMIT 50",
    "all, since a place": f"SELECT s.raw FROM statements s WHERE s.seq > :since AND {_UNVOIDED}"
    " ORDER BY s.seq LIMIT 50",
    "one": f"SELECT s.raw FROM statements s WHERE s.id = :id AND {_UNVOIDED}",
    "key": _THEIR_ROWS.format(f"{_KEYS} ORDER BY seq DESC LIMIT 50", "DESC"),
    "key, until a place": _THEIR_ROWS.format(
        f"{_KEYS} AND seq < :until ORDER BY seq DESC LIMIT 50", "DESC"
    ),
    "either key": _THEIR_ROWS.format(_EITHER_KEY, "DESC"),
    "two keys": f"{_BOTH_KEYS} ORDER BY k.seq DESC LIMIT 50",
    "two keys, since a place": f"{_BOTH_KEYS} AND k.seq > :since ORDER BY k.seq DESC LIMIT 50",
}

Execute = Callable[[str, Mapping[str, Any]], list[Any]]


def connect(database: str) -> Execute:
    """What runs one of :data:`SQL` by the database's driver, and returns its rows."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        lite = sqlite3.connect(url.database or "")
        lite.execute("PRAGMA cache_size = -32000")
        return lambda name, values: lite.execute(SQL[name], values).fetchall()
    sql = {name: re.sub(r":(\w+)", r"%(\1)s", each) for name, each in SQL.items()}
    postgres = psycopg.connect(
        host=url.query["host"], user=url.username, dbname=url.database, autocommit=True
    )
    return lambda name, values: postgres.execute(sql[name], values).fetchall()


_of_thread = threading.local()


def application(environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers a path that is the name of a query and the values for it with its rows."""
    if not hasattr(_of_thread, "execute"):
        _of_thread.execute = connect(os.environ[DATABASE])
    name, values = json.loads(unquote_plus(environ["QUERY_STRING"]))
    body = b"[" + b",".join([row[0] for row in _of_thread.execute(name, values)]) + b"]"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


_in_threads = InThreads(application, threads=16)


async def served(scope: Scope, receive: Receive, send: Send) -> None:
    """:func:`application`, for the server."""
    body = Body(scope, receive, has_more=False)
    await _in_threads(environ_of(scope), body, receive, send)


if __name__ == "__main__":
    Server(served, connections=1000, seconds=20).serve_on(
        listen("127.0.0.1", int(os.environ[PORT]))
    )
