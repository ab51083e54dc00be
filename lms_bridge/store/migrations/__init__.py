"""The history of the schema, and bringing a database up to date with it.

Every command that opens a database brings it up to date first, so that an upgrade of the
program is an upgrade of the data; several processes that start at once do it once.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from lms_bridge.store.engine import Store

_ADVISORY_LOCK = 7_310_001
"""any number, the same for every bridge on the database"""


class SchemaTooNew(Exception):
    """The database was used by a newer version of lms-bridge."""


def upgrade(store: Store) -> None:
    """Bring the database of `store` to the newest schema. Raises :exc:`SchemaTooNew`."""
    with store.reading() as db:
        if current(db) == newest():
            return
    with store.writing() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        version = current(db)
        known = {script.revision for script in _scripts().walk_revisions()}
        if version is not None and version not in known:
            raise SchemaTooNew(
                f"the database has schema {version}, which this version of lms-bridge does not"
                " know; upgrade lms-bridge"
            )
        config = _config()
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def current(db: Connection) -> str | None:
    """The schema version of the database, None if it has none yet."""
    return MigrationContext.configure(db).get_current_revision()


def newest() -> str | None:
    """The schema version that this version of lms-bridge makes."""
    return _scripts().get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
