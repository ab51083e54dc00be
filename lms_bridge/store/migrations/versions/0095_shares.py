"""How many calls each process may have under way at an outside system."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("remote", sa.String(60), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("wants", sa.Integer(), nullable=False),
        sa.Column("has", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("remote", "owner", name="pk_shares"),
        comment="how many of the calls that a remote bears at once are each process's",
    )


def downgrade() -> None:
    op.drop_table("shares")
