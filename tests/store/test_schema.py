"""The schema in the code and the one that the migrations make are the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from lms_bridge.store import migrations
from lms_bridge.store.engine import Store
from lms_bridge.store.migrations import upgrading
from lms_bridge.store.schema import metadata


def test_the_migrations_make_exactly_the_schema_of_the_code(store: Store) -> None:
    with store.reading() as db:
        context = MigrationContext.configure(
            db,
            # SQLite does not keep a default the way it was written.
            opts={"compare_type": True, "compare_server_default": db.dialect.name != "sqlite"},
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_version_is_the_one_at_the_end_of_the_chain_of_migrations() -> None:
    assert upgrading.newest() == migrations.NEWEST
