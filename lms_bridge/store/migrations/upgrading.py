"""The migrations as Alembic sees and runs them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def known() -> set[str]:
    """Every schema version that there has been."""
    return {script.revision for script in _scripts().walk_revisions()}


def newest() -> str | None:
    """The one at the end of the chain."""
    return _scripts().get_current_head()


def upgrade(db: Connection) -> None:
    """Bring a database to the newest, within the transaction of `db`."""
    command.upgrade(config(db), "head")


def config(db: Connection | None = None) -> Config:
    """What Alembic is told: where the migrations are, and the connection that they run over."""
    told = Config()
    told.set_main_option("script_location", str(Path(__file__).parent))
    told.attributes["connection"] = db
    return told


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())
