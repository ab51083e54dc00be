"""The secret that was replaced, taken for a while beside the new one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credentials", sa.Column("old_hash", sa.String(length=64), nullable=True))
    op.add_column("credentials", sa.Column("old_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("credentials") as batch:
        batch.drop_column("old_until")
        batch.drop_column("old_hash")
