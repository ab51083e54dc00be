"""Who is in a unit now stood in two indexes that were the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_postings_unit_now", table_name="postings")


def downgrade() -> None:
    op.create_index(
        "ix_postings_unit_now",
        "postings",
        ["registry", "unit_id", "employee_id"],
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
