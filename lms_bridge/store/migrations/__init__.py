"""The history of the schema, and bringing a database up to date with it.

Every command that opens a database brings it up to date first, so that an upgrade of the
program is an upgrade of the data; several processes that start at once do it once. Most find that
there is nothing to do, and do without Alembic, which takes long to load
(:mod:`~lms_bridge.store.migrations.upgrading`).
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from lms_bridge.store.engine import Store

NEWEST = "0097"
"""the schema version that this version of lms-bridge makes: the last link of the chain in
``versions/``, whose order is not that of the numbers; a test holds it against Alembic's word"""

_ADVISORY_LOCK = 7_310_001
"""any number, the same for every bridge on the database"""


class SchemaTooNew(Exception):
    """The database was used by a newer version of lms-bridge."""


def upgrade(store: Store) -> None:
    """Bring the database of `store` to the newest schema. Raises :exc:`SchemaTooNew`."""
    with store.reading() as db:
        if current(db) == NEWEST:
            return
    from lms_bridge.store.migrations import upgrading

    with store.writing() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        version = current(db)
        if version is not None and version not in upgrading.known():
            raise SchemaTooNew(
                f"the database has schema {version}, which this version of lms-bridge does not"
                " know; upgrade lms-bridge"
            )
        upgrading.upgrade(db)


def current(db: Connection) -> str | None:
    """The schema version of the database, None if it has none yet."""
    if not inspect(db).has_table("alembic_version"):
        return None
    version: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
    return version
