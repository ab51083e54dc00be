"""Finding what waits for a person by what it waits for.

The state stands first though it is nearly always the same: else SQLite takes the longer way, by the
index of all states.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waiting = sa.text("state IN ('blocked', 'delegated')")
    op.create_index(
        "ix_deliveries_for_a_person",
        "deliveries",
        ["state", "remote", "reason_code", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    _index_sightings(["state", "reason_code", "object_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_for_a_person", "deliveries")
    _index_sightings(["reason_code", "object_id", "id"])


def _index_sightings(columns: list[str]) -> None:
    waiting = sa.text("state = 'attention'")
    op.drop_index("ix_sightings_waiting", "sightings")
    op.create_index(
        "ix_sightings_waiting",
        "sightings",
        columns,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
