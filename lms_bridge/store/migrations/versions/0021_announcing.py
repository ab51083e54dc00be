"""Which statement of the bridge says that a delivery is done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_UNANNOUNCED = (
    "step IN ('record', 'badge') AND CASE state WHEN 'done' THEN statement_id IS NULL"
    " WHEN 'cancelled' THEN statement_id IS NOT NULL END"
)
_OWN = "reason_code = 'own_statement'"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("statement_id", sa.String(length=36), nullable=True))
    for name, table, where in (
        ("ix_deliveries_unannounced", "deliveries", _UNANNOUNCED),
        ("ix_sightings_own", "sightings", _OWN),
    ):
        op.create_index(
            name,
            table,
            ["id"],
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    op.drop_index("ix_sightings_own", table_name="sightings")
    op.drop_index("ix_deliveries_unannounced", table_name="deliveries")
    op.drop_column("deliveries", "statement_id")
