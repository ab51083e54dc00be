"""The completions of some people, by time, without looking at the rows."""

from __future__ import annotations

from alembic import op

revision = "0101"
down_revision = "0096"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_completions_employee_id",
        "completions",
        ["employee_id", "completed_at", "id"],
    )


def downgrade() -> None:
    op.drop_index("ix_completions_employee_id", table_name="completions")
