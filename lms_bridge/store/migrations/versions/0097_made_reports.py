"""A file that an errand makes, and how far it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("errands", sa.Column("done", sa.Integer()))
    op.add_column("errands", sa.Column("total", sa.Integer()))
    op.add_column("errands", sa.Column("file_name", sa.Text()))
    op.add_column("errands", sa.Column("content", sa.LargeBinary()))


def downgrade() -> None:
    for name in ("content", "file_name", "total", "done"):
        op.drop_column("errands", name)
