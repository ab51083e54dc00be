"""What a statement is about directly stands in the index once: the index is made anew."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM statement_keys")
    op.execute("UPDATE marks SET through = 0 WHERE reader = 'index'")


def downgrade() -> None:
    upgrade()
