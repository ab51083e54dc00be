"""Finding where a completion stands, and who is in a unit now, among very many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_completion_id_state", "deliveries", ["completion_id", "state"])
    op.create_index(
        "ix_postings_unit_now",
        "postings",
        ["registry", "unit_id", "employee_id"],
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_postings_unit_now", table_name="postings")
    op.drop_index("ix_deliveries_completion_id_state", table_name="deliveries")
