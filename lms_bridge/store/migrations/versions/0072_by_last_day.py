"""Completions by their last day, with what reports add up of them."""

from __future__ import annotations

from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_completions_ends", "completions", ["ends", "id", "hours", "withdrawn_at", "employee_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_completions_ends", "completions")
