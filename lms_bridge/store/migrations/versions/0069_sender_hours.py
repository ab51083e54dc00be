"""How many requests of each sender were taken and refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sender_hours",
        sa.Column("sender", sa.String(40), nullable=False),
        sa.Column("hour", Time, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("refused_at", Time),
        sa.PrimaryKeyConstraint("sender", "hour", name="pk_sender_hours"),
        comment=(
            "how many requests of each sender were taken and refused in an hour, and why the last"
        ),
    )


def downgrade() -> None:
    op.drop_table("sender_hours")
