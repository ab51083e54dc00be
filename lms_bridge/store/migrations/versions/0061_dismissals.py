"""What a person has dismissed, and finding what waits for one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "dismissals",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("key", sa.String(500), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_at", Time),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_dismissals"),
        comment=(
            "accounts that are nobody's, and courses that are not recorded: by whose word, and why"
        ),
    )
    current = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_dismissals_current",
        "dismissals",
        ["kind", "key"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    waiting = sa.text("state = 'attention'")
    op.create_index(
        "ix_sightings_waiting",
        "sightings",
        ["reason_code", "object_id", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_index("ix_sightings_waiting", "sightings")
    op.drop_table("dismissals")
