"""Run by Alembic: migrates over the connection that :mod:`.upgrading` hands in."""

from alembic import context

from lms_bridge.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
