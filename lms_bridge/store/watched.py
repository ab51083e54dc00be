"""A connection to PostgreSQL that one thread keeps for itself, and whose end it learns of soon.

What a session holds, such as an advisory lock, is gone with its connection. So the wait for an
answer over it is short, and a server that cannot be reached is one that is away.
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from lms_bridge.store.engine import Store, manner

PATIENCE_SECONDS = 4


def connect(store: Store) -> Connection:
    """A new connection to the database of `store`, outside of its pool; each query is committed.

    Raises what SQLAlchemy raises when the database does not answer.
    """
    engine = create_engine(
        store.engine.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=manner(
            store.engine.url,
            connect_timeout=PATIENCE_SECONDS,
            # In milliseconds: how long sent bytes may lie without the other host saying it has them
            tcp_user_timeout=PATIENCE_SECONDS * 1000,
        ),
        hide_parameters=True,
    )
    connection = engine.connect()
    connection.execute(text(f"SET statement_timeout = {PATIENCE_SECONDS * 1000}"))
    return connection
