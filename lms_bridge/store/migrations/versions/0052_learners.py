"""What lets a learner in once, and was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms_bridge.store.types import UtcTime

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_once",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        comment="what lets somebody in once and was used, as a hash, until it would have expired",
    )
    op.create_index("ix_used_once_until", "used_once", ["until"])


def downgrade() -> None:
    op.drop_table("used_once")
