"""PostgreSQL stores statements with one call of a function, which places them."""

from __future__ import annotations

import zlib

from alembic import op

revision = "0040"
down_revision = "0021"
branch_labels = None
depends_on = None

# The lock is the one that lms_bridge.store.places.next_place takes. What follows it sees all that
# was committed while it was waited for, since each command in here looks at the database anew.
_FUNCTION = f"""
CREATE FUNCTION place_statements(
    earliest bigint, ids text[], senders text[], raws bytea[], versions text[], authorities bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({zlib.crc32(b"storing statements")});
    SELECT greatest(earliest, max(seq) + 1) INTO first FROM statements;
    INSERT INTO statements (seq, id, sender, raw, version, authority)
    SELECT first + number - 1, id, sender, raw, version, authority
    FROM unnest(ids, senders, raws, versions, authorities) WITH ORDINALITY
        AS new (id, sender, raw, version, authority, number);
END
$$
"""  # noqa: S608


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION place_statements")
