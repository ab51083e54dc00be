"""Completions in the order of their times, for pages of them."""

from __future__ import annotations

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_completions_completed_at", "completions", ["completed_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_completions_completed_at", "completions")
