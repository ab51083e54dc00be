"""Figures of the whole city are kept, so that a page need not wait while they are added up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms_bridge.store.types import UtcTime

revision = "0093"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_figures",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_kept_figures"),
        comment="figures of the whole city as they were a moment ago; nothing of a single person",
    )


def downgrade() -> None:
    op.drop_table("kept_figures")
